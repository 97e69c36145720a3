"""A rendered human figure with known joints: any clip, seen by any camera, as a video whose truth is known.

`render.Renderer` draws single moments, `motion.render_clip` a whole clip; `camera.Camera` says from where and
`appearance.Appearance` what it looks like. Everything is numpy and the same arguments give the same pixels.
"""
