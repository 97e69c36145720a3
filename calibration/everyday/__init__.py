"""The everyday data: five datasets under one list of plain words, clean and as seen through the pose estimator.

`labels` says what the datasets' classes are called here, `spans` what happens when in the trials of CMU, `merge` makes
one dataset of it all, `scenes` decides from where and whom a webcam sees, `build` puts it on disk.
"""
