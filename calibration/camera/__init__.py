"""Camera calibration: pictures of a board -> `realtime.camera.Camera`.

`board` finds the corners, `fit.calibrate` turns them into a camera and says how far to trust it, `views` says what is
missing, `capture` picks moments from a video at which the board is held still, `files` keeps cameras by name, and
`picture` draws what happened.
"""
