"""STF, the recogniser: skeletons in, class scores and a joint x time focus out.

This package knows torch and numpy; it knows no camera, no window system and no pose estimator.
Importing it imports nothing heavy: reach for the submodules (`stf.skeleton`, `stf.models`, `stf.recogniser`).
"""
