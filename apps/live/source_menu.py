"""The menu of what can be watched: cameras by name with a picture, files, addresses."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtGui import QAction, QIcon, QPixmap
from PySide6.QtWidgets import QMenu, QProxyStyle, QStyle, QStyleOption, QWidget

from apps.live.controller import Controller
from apps.live.events import CameraFound, CamerasFound
from apps.widgets.colours import qt_image
from realtime.opencv import cv2
from realtime.sources import Camera, list_cameras
from stf.errors import UserError

_THUMBNAIL = 96, 72


class SourceMenu(QMenu):
    """Looks for cameras, off the interface thread, each time it opens.

    Args:
        controller: opens what is chosen.
        actions: of the window, by name.
    """

    def __init__(self, controller: Controller, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Source", parent)
        self._controller = controller
        self.setToolTipsVisible(True)
        self.setStyle(_LargeIcons())
        self._cameras: list[QAction] = []
        self._looking = self.addAction("Looking for cameras...")
        self._looking.setEnabled(False)
        self.addSeparator()
        for name in ("open", "folder", "address", "demo"):
            self.addAction(actions[name])
        self.addSeparator()
        for name in ("retry", "stop"):
            self.addAction(actions[name])
        self.aboutToShow.connect(self.look)

    def look(self) -> None:
        """Look for cameras; `set_cameras` is told."""
        opened = self._controller.opened
        in_use = opened.source if opened and opened.live else None
        self._looking.setText("Looking for cameras...")
        self._controller.errands.do(lambda: CamerasFound(tuple(find_cameras(in_use))))

    def set_cameras(self, found: CamerasFound) -> None:
        """Offer these cameras."""
        for action in self._cameras:
            self.removeAction(action)
            action.deleteLater()
        self._cameras = []
        for camera in found.cameras:
            action = QAction(camera.name, self)
            if camera.thumbnail is not None:
                action.setIcon(QIcon(QPixmap.fromImage(qt_image(camera.thumbnail).copy())))
            action.triggered.connect(lambda _checked=False, index=camera.index: self._controller.open(str(index)))
            self.insertAction(self._looking, action)
            self._cameras.append(action)
        self._looking.setText("" if found.cameras else "No camera was found; plug one in")
        self._looking.setVisible(not found.cameras)


class _LargeIcons(QProxyStyle):
    """Icons as large as a thumbnail."""

    def pixelMetric(  # noqa: N802 - Qt's name
        self,
        metric: QStyle.PixelMetric,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
    ) -> int:
        """A thumbnail's width for an icon, and what is usual for everything else."""
        small = metric == QStyle.PixelMetric.PM_SmallIconSize
        return _THUMBNAIL[0] if small else super().pixelMetric(metric, option, widget)


def find_cameras(in_use: str | None, look: Callable[[], list[int]] = list_cameras) -> list[CameraFound]:
    """Every camera with its name and what it sees; the one in use keeps its picture to itself."""
    found = []
    indices = set(look()) | ({int(in_use)} if in_use is not None and in_use.isdecimal() else set())
    for index in sorted(indices):
        thumbnail = None
        if str(index) != in_use:
            try:
                with Camera(index) as camera:
                    thumbnail = cv2.resize(next(iter(camera)).image, _THUMBNAIL, interpolation=cv2.INTER_AREA)
            except (UserError, StopIteration):
                continue
        found.append(CameraFound(index, camera_name(index), thumbnail))
    return found


def camera_name(index: int) -> str:
    """What a camera's maker calls it, where the system says so."""
    if sys.platform == "linux":
        facts = Path(f"/sys/class/video4linux/video{index}/name")
        if facts.exists():
            return f"{index}: {facts.read_text(encoding='utf-8', errors='replace').strip()}"
    return f"Camera {index}"
