"""Video in, predictions out, in time: sources, pose, mapping, smoothing, tracking, windows, segments, pipeline."""
