"""A segment seen again, in a small loop over the corner of the picture."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from apps.live.memory import Memory, Moment
from apps.live.render import Scene, render
from apps.live.wishes import Look
from apps.widgets.video_view import VideoView
from stf.prediction import Segment
from stf.skeleton import SkeletonLayout

_SIZE = 320, 270
_PAUSE_MS = 600  # between the end and the beginning


class Replay(QFrame):
    """Hidden until there is something to see again; drawn in the interface thread, from small pictures.

    Signals:
        moved: the moment that is shown, in seconds; -1 once it has ended.

    Attributes:
        segment: the one that is or was seen again.
    """

    moved = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setFrameShape(QFrame.Shape.Panel)
        self.setAutoFillBackground(True)
        self.setAccessibleName("Replay")
        self._view = VideoView(self)
        self._title = QLabel()
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        close = QToolButton()
        close.setText("\N{MULTIPLICATION SIGN}")
        close.setAccessibleName("End the replay")
        close.setToolTip("End the replay (Esc)")
        close.clicked.connect(self.end)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 6)
        column.addLayout(head)
        column.addWidget(self._view, 1)
        self.segment: Segment | None = None
        self._moments: list[Moment] = []
        self._place = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._advance)
        self.hide()

    def play(self, segment: Segment, memory: Memory, layout: SkeletonLayout, look: Look) -> bool:
        """Show a segment again and again; False where its frames are forgotten."""
        moments = memory.moments(segment)
        if not moments:
            return False
        self._moments, self._place = moments, -1
        self.segment, self._memory, self._layout, self._look = segment, memory, layout, look
        words = f"{segment.label} ({segment.confidence:.0%}), {segment.start:.1f} s to {segment.end:.1f} s"
        self._title.setText(words)
        self._title.setToolTip(words)
        self.settle()
        self.show()
        self.raise_()
        self._advance()
        return True

    def end(self) -> None:
        """Show nothing again."""
        if self._moments:
            self._moments = []
            self._timer.stop()
            self.hide()
            self.moved.emit(-1.0)

    @property
    def playing(self) -> bool:
        """Whether something is shown."""
        return bool(self._moments)

    def settle(self) -> None:
        """Take the right lower corner of the parent, as large as there is room."""
        within = self._over.size()
        width, height = min(_SIZE[0], within.width() - 16), min(_SIZE[1], within.height() - 16)
        self.setGeometry(within.width() - width - 8, within.height() - height - 8, width, height)

    def _advance(self) -> None:
        self._place = (self._place + 1) % len(self._moments)
        moment = self._moments[self._place]
        if self.segment is None:
            return
        ratio = self.devicePixelRatioF()
        size = round(self._view.width() * ratio), round(self._view.height() * ratio)
        people = self._memory.annotations(moment, self.segment, self._layout)
        look = Look(self._look.overlay, self._look.mirror, size)
        self._view.set_picture(render(Scene(moment.image(), people, self._layout), look))
        self.moved.emit(moment.time)
        last = self._place + 1 == len(self._moments)
        wait = _PAUSE_MS if last else round(1000 * (self._moments[self._place + 1].time - moment.time))
        self._timer.start(max(wait, 5))
