"""Skeletons in space with their focus, seen from anywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from apps.widgets.colours import colour_of, qt_colour
from realtime.drawing.skeleton import focus_colours
from stf.skeleton import SkeletonLayout

_TURN = 0.01  # radians a pixel
_STEEPEST = 1.4  # radians; from above or below
_NEAR = 14.0  # pixels from a joint within which the pointer is on it
_LEAST = 0.5  # of a body, in metres or heights of the picture, so that a point does not fill the view


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """What is shown.

    Attributes:
        layout: names the V joints.
        joints: person -> (V, C); missing joints are NaN.
        focus: person -> (V,) in [0, 1]; NaN where nothing is known.
        off: joints that are switched off, drawn hollow.
        links: pairs of joints to tie together, and how strongly, in [0, 1].
    """

    layout: SkeletonLayout
    joints: Mapping[int, Float[np.ndarray, "V C"]]
    focus: Mapping[int, Float[np.ndarray, " V"]] = field(default_factory=dict)
    off: frozenset[int] = frozenset()
    links: Sequence[tuple[int, int, float]] = ()


class BodyView(QWidget):
    """A parallel projection: a drag turns it, the wheel brings it nearer, a double click puts it back.

    Skeletons in the image plane are shown as they lie there.

    Signals:
        joint_hovered: the number of the joint under the pointer, -1 once it has left.
        joint_clicked: the number of the joint.
    """

    joint_hovered = Signal(int)
    joint_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bodies: Bodies | None = None
        self._yaw, self._pitch, self._zoom = np.radians(20), 0.0, 1.0
        self._held: tuple[QPointF, bool] | None = None  # where the button was pressed, and whether it has moved since
        self._hovered = -1
        self._marked = -1
        self._frame: tuple[Float[np.ndarray, " C"], tuple[float, float]] | None = None
        self._message = ""
        self.setMouseTracking(True)
        self.setMinimumSize(120, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Skeleton in space")
        self.setToolTip("Drag to turn, wheel to come nearer, double click to see it from the front")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Upright."""
        return QSize(320, 360)

    def set_message(self, message: str) -> None:
        """What to say where there is nobody."""
        self._message = message
        self.update()

    def set_frame(self, joints: Float[np.ndarray, "*n V C"]) -> None:
        """Keep what is seen still over many moments: the view holds all of these joints."""
        flat = joints.reshape(-1, joints.shape[-1])
        known = flat[np.isfinite(flat).all(axis=1)]
        self._frame = None
        if len(known):
            low, high = known.min(axis=0), known.max(axis=0)
            wide, tall = max(float((high - low)[[0, -1]].max()), _LEAST), max(float(high[1] - low[1]), _LEAST)
            self._frame = (low + high) / 2, (wide, tall)
        self.update()

    def set_bodies(self, bodies: Bodies | None) -> None:
        """Show another moment."""
        self._bodies = bodies
        self.update()

    def mark(self, joint: int) -> None:
        """Put a ring around a joint; -1 for none."""
        if joint != self._marked:
            self._marked = joint
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw links, bones and joints, what is far first."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().base())
        bodies = self._bodies
        if bodies is None or not bodies.joints:
            painter.setPen(self.palette().windowText().color())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for person, joints in bodies.joints.items():
            self._draw_body(painter, bodies, person, self._project(joints))
        if (joint := self._hovered if self._hovered >= 0 else self._marked) >= 0:
            painter.setPen(self.palette().windowText().color())
            painter.drawText(8, self.height() - 8, bodies.layout.joints[joint].replace("_", " "))

    def _draw_body(self, painter: QPainter, bodies: Bodies, person: int, points: Float[np.ndarray, "V 3"]) -> None:
        known = np.isfinite(points).all(axis=1)
        text = self.palette().windowText().color()
        for source, target, strength in bodies.links:
            if known[source] and known[target]:
                shade = qt_colour((0, 94, 213))
                shade.setAlphaF(0.25 + 0.75 * strength)
                painter.setPen(QPen(shade, 1 + 4 * strength))
                painter.drawLine(QPointF(*points[source, :2]), QPointF(*points[target, :2]))
        line = QColor(colour_of(person))
        for child, parent in bodies.layout.edges:
            if known[child] and known[parent]:
                painter.setPen(QPen(line, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawLine(QPointF(*points[child, :2]), QPointF(*points[parent, :2]))
        focus = np.nan_to_num(bodies.focus.get(person, np.zeros(len(points))))
        colours = focus_colours(np.clip(focus, 0, 1))
        for joint in np.argsort(points[:, 2]):
            if not known[joint]:
                continue
            blue, green, red = (int(value) for value in colours[joint])
            hollow = joint in bodies.off
            painter.setBrush(Qt.BrushStyle.NoBrush if hollow else QColor(red, green, blue))
            painter.setPen(QPen(text, 2 if joint in (self._hovered, self._marked) else 0.7))
            size = 3.5 + 5 * float(focus[joint])
            painter.drawEllipse(QPointF(*points[joint, :2]), size, size)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin to turn."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = event.position(), False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """A button that has not moved was a click."""
        held, self._held = self._held, None
        joint = self._joint_at(event.position())
        if held and not held[1] and joint >= 0:
            self.joint_clicked.emit(joint)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """See it as at first."""
        self._yaw, self._pitch, self._zoom = np.radians(20), 0.0, 1.0
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Turn, or say which joint the pointer is on."""
        if self._held:
            place, moved = self._held
            by = event.position() - place
            if moved or by.manhattanLength() > 4:
                self._yaw += _TURN * by.x()
                self._pitch = min(max(self._pitch + _TURN * by.y(), -_STEEPEST), _STEEPEST)
                self._held = event.position(), True
                self.update()
            return
        joint = self._joint_at(event.position())
        if joint != self._hovered:
            self._hovered = joint
            self.joint_hovered.emit(joint)
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Come nearer."""
        self._zoom = min(max(self._zoom * 1.1 ** (event.angleDelta().y() / 120), 0.3), 8.0)
        self.update()

    def _project(self, joints: Float[np.ndarray, "V C"]) -> Float[np.ndarray, "V 3"]:
        """Places in pixels, and how near each is."""
        bodies = self._bodies
        flat = bodies is not None and bodies.layout.num_coordinates == 2
        places = joints[:, :3].astype(np.float64)
        if flat:
            places = np.column_stack([joints[:, :2], np.zeros(len(joints))])
            places[~np.isfinite(joints[:, :2]).all(axis=1)] = np.nan
        middle, (wide, tall) = self._frame or (np.zeros(joints.shape[1]), (2.0, 2.0))
        centre = np.array([middle[0], middle[1], 0.0 if flat else middle[2]])
        x, y, z = (places - centre).T
        if not flat:  # Kinect's axes: x to the sensor's left, y up, z away from it
            cos, sin = np.cos(self._yaw), np.sin(self._yaw)
            x, z = -(cos * x - sin * z), -(sin * x + cos * z)
            cos, sin = np.cos(self._pitch), np.sin(self._pitch)
            y, z = -(cos * y - sin * z), sin * y + cos * z
        scale = 0.8 * self._zoom * min(self.width() / wide, self.height() / tall)
        return np.column_stack([self.width() / 2 + scale * x, self.height() / 2 + scale * y, z])

    def _joint_at(self, place: QPointF) -> int:
        best, nearest = -1, _NEAR
        for joints in self._bodies.joints.values() if self._bodies else ():
            away = np.hypot(*(self._project(joints)[:, :2] - (place.x(), place.y())).T)
            joint = int(np.nan_to_num(away, nan=np.inf).argmin())
            if away[joint] < nearest:
                best, nearest = joint, float(away[joint])
        return best
