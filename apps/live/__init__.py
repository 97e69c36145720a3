"""`stf live`: a window that shows who does what and why while it happens, or a line of JSON per prediction.

The controller and the worker know nothing of widgets: what happens comes from the worker's thread as frozen events
over one queued signal, what the person wants goes back through `Wishes`. The interface thread waits for neither
camera, model nor disk.
"""
