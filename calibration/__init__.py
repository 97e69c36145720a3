"""What makes the numbers mean something: the rendered figure and, on top of it, the fitted maps and calibrations."""
