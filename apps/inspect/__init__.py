"""`stf inspect`: why did it say that, at any moment of a labelled video or of a clip of a dataset.

`Inspector` owns what is known and answers questions; it knows nothing of widgets. Pictures, answers and files come from
threads of their own (`apps.live.errands`), so that the interface waits for neither model nor disk.
"""
