"""Windows that show pictures as large as they fit."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QImage, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from realtime.frames import Image


class PictureWidget(QWidget):
    """Shows one picture after the other, until q, Escape or its cross is pressed."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self.resize(960, 720)

    def set_picture(self, picture: Image) -> None:
        """Show a picture from the next time on that Qt draws."""
        height, width = picture.shape[:2]
        self._image = QImage(picture.data, width, height, 3 * width, QImage.Format.Format_BGR888).copy()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the picture, its aspect kept."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), Qt.GlobalColor.black)
        if self._image.isNull():
            return
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        painter.translate((self.width() - size.width()) / 2, (self.height() - size.height()) / 2)
        smooth = Qt.TransformationMode.SmoothTransformation
        painter.drawImage(0, 0, self._image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Close on q or Escape."""
        if event.key() in (Qt.Key.Key_Q, Qt.Key.Key_Escape):
            self.close()


class PictureWindow(PictureWidget):
    """A window for loops that have no Qt of their own.

    Args:
        title: of the window.

    Attributes:
        closed: whether the person has had enough.
    """

    def __init__(self, title: str) -> None:
        self._application = QApplication.instance() or QApplication([title])
        super().__init__()
        self.closed = False
        self._pressed = ""
        self.setWindowTitle(title)
        self.show()

    def draw(self, picture: Image) -> bool:
        """Show a picture, and say whether the window is still open after what was pressed meanwhile."""
        self.set_picture(picture)
        self._application.processEvents()
        return not self.closed

    def take_keys(self) -> str:
        """The letters that were pressed since they were last asked for."""
        pressed, self._pressed = self._pressed, ""
        return pressed

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Remember letters."""
        self._pressed += event.text()
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Remember it."""
        self.closed = True
        super().closeEvent(event)
