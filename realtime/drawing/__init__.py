"""What is drawn on a frame: people with their focus and labels, and a timeline of the segments."""

from realtime.drawing.focus import focus_at, focus_on_landmarks
from realtime.drawing.heat import draw_heat
from realtime.drawing.people import Annotation, draw_people
from realtime.drawing.timeline import draw_timeline

__all__ = ["Annotation", "draw_heat", "draw_people", "draw_timeline", "focus_at", "focus_on_landmarks"]
