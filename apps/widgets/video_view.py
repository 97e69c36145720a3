"""A picture as large as it fits, with the people in it to point at."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from apps.widgets.colours import qt_image
from apps.widgets.data import Picture, Spot

_NEAR = 18.0  # pixels from a joint within which the pointer is on it
_RING = 9.0  # pixels; radius of the ring around a joint that is pointed at


class VideoView(QWidget):
    """Shows one picture after the other, aspect kept, at any size.

    Signals:
        spot_hovered: a `Spot`, or None once the pointer has left it.
        person_clicked: the id of the person that was clicked.
        painted: a picture that was new has reached the screen.
        resized: the size of the view in device pixels, which is what a picture is best drawn at.
    """

    spot_hovered = Signal(object)
    person_clicked = Signal(int)
    painted = Signal()
    resized = Signal(QSize)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Picture | None = None
        self._image = QImage()
        self._fresh = False
        self._stale = False
        self._message = ""
        self._spot: Spot | None = None
        self._highlight: Spot | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(160, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Video")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As large as a webcam's picture."""
        return QSize(640, 480)

    @property
    def picture(self) -> Picture | None:
        """What is shown."""
        return self._picture

    def set_picture(self, picture: Picture | None) -> None:
        """Show a picture from the next time on that Qt draws; the newest one wins."""
        self._picture = picture
        self._image = qt_image(picture.image) if picture else QImage()
        self._fresh = picture is not None
        self.update()

    def set_message(self, message: str) -> None:
        """What to say where there is no picture."""
        self._message = message
        self.update()

    def set_stale(self, *, stale: bool) -> None:
        """Grey the picture, as what it shows is no longer so."""
        self._stale = stale
        self.update()

    def highlight(self, spot: Spot | None) -> None:
        """Put a ring around a joint, until another one is named."""
        self._highlight = spot
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the picture between black bars."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), Qt.GlobalColor.black)
        if self._image.isNull():
            painter.setPen(Qt.GlobalColor.white)
            area = self.rect().adjusted(24, 24, -24, -24)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
            return
        place = self._place()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self._image)
        if self._stale:
            painter.fillRect(place, QColor(90, 90, 90, 170))
        self._draw_rings(painter, place)
        if self._fresh:
            self._fresh = False
            self.painted.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Say which joint the pointer is on."""
        self._hover(self._spot_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """The pointer is on no joint."""
        self._hover(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Say which person is nearest to the click."""
        spot = self._spot_at(event.position(), within=np.inf)
        if spot is not None and event.button() == Qt.MouseButton.LeftButton:
            self.person_clicked.emit(spot.person)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Say how large a picture is best drawn."""
        super().resizeEvent(event)
        self.resized.emit(self.size() * self.devicePixelRatio())

    def _place(self) -> QRectF:
        """Where the picture is."""
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(
            (self.width() - size.width()) // 2, (self.height() - size.height()) // 2, size.width(), size.height()
        )

    def _draw_rings(self, painter: QPainter, place: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for spot in {self._highlight, self._spot} - {None}:
            point = self._point_of(spot, place) if spot else None
            if point is not None:
                for colour, width in ((Qt.GlobalColor.black, 5), (Qt.GlobalColor.white, 2)):
                    painter.setPen(QPen(colour, width))
                    painter.drawEllipse(point, _RING, _RING)

    def _point_of(self, spot: Spot, place: QRectF) -> QPointF | None:
        joints = self._picture.joints.get(spot.person) if self._picture else None
        if joints is None or not np.isfinite(joints[spot.joint]).all():
            return None
        x, y = joints[spot.joint].tolist()
        return QPointF(place.x() + x * place.width(), place.y() + y * place.height())

    def _spot_at(self, point: QPointF, within: float = _NEAR) -> Spot | None:
        if self._picture is None or self._image.isNull():
            return None
        place = self._place()
        best, nearest = None, within
        for person, joints in self._picture.joints.items():
            away = joints * (place.width(), place.height()) - (point.x() - place.x(), point.y() - place.y())
            distance = np.nan_to_num(np.hypot(away[:, 0], away[:, 1]), nan=np.inf)
            joint = int(distance.argmin())
            if distance[joint] < nearest:
                best, nearest = Spot(person, joint), float(distance[joint])
        return best

    def _hover(self, spot: Spot | None) -> None:
        if spot != self._spot:
            self._spot = spot
            self.spot_hovered.emit(spot)
            self.update()
