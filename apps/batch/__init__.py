"""Labelling many videos: what there is to do, what is done already, by whom, and how it went.

Importing this imports neither torch nor Qt: a run says what it is about to do before it loads what does it.
"""
