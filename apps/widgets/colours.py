"""Colours of the widgets, and pictures as Qt draws them."""

import numpy as np
from jaxtyping import Float32
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QPixmap

from realtime.drawing.canvas import Colour, person_colour
from realtime.drawing.skeleton import focus_colours
from realtime.frames import Image


def colour_of(person: int) -> QColor:
    """The colour of a person's id, as it is drawn in the picture."""
    return qt_colour(person_colour(person))


def qt_colour(colour: Colour) -> QColor:
    """A colour of the drawings, which is blue, green, red."""
    blue, green, red = colour
    return QColor(red, green, blue)


def qt_image(image: Image) -> QImage:
    """A picture for Qt, which looks at the same memory: the array must outlive it."""
    height, width = image.shape[:2]
    return QImage(image.data, width, height, image.strides[0], QImage.Format.Format_BGR888)


def focus_image(focus: Float32[np.ndarray, "H W"]) -> QImage:
    """Focus values in [0, 1] as a picture in the colours of the legend, one pixel each."""
    colours = focus_colours(np.clip(np.nan_to_num(focus), 0, 1).ravel())
    return qt_image(np.ascontiguousarray(colours.reshape(*focus.shape, 3))).copy()


def clear_pixmap(size: QSize, ratio: float) -> QPixmap:
    """A transparent picture of so many of a widget's pixels, each of them `ratio` of the screen's long."""
    clear = QPixmap(size * ratio)
    clear.setDevicePixelRatio(ratio)
    clear.fill(Qt.GlobalColor.transparent)
    return clear
