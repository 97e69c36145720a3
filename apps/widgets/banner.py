"""A sentence over everything else: what is wrong, and a button for what to do about it."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget


class Banner(QWidget):
    """Hidden until there is something to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._act: Callable[[], None] = lambda: None
        self.setObjectName("banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(
            "#banner { background: #5a3a00; border-left: 6px solid #e69f00; } #banner QLabel { color: #ffffff; }"
        )
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton()
        self._button.clicked.connect(self._press)
        self._close = QToolButton()
        self._close.setText("\N{MULTIPLICATION SIGN}")
        self._close.setStyleSheet("color: #ffffff; border: none; font-size: 18px;")
        self._close.setAccessibleName("Dismiss the message")
        self._close.setToolTip("Dismiss")
        self._close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        for widget, stretch in ((self._text, 1), (self._button, 0), (self._close, 0)):
            row.addWidget(widget, stretch)
        self.hide()

    @property
    def text(self) -> str:
        """What is said; empty where nothing is."""
        return "" if self.isHidden() else self._text.text()

    def _press(self) -> None:
        self._act()

    def say(self, sentence: str, action: str = "", act: Callable[[], None] = lambda: None) -> None:
        """Show a sentence.

        Args:
            sentence: what is wrong and what to do; hides the banner where empty.
            action: what the button does, in a word or two; no button where empty.
            act: called when the button is pressed.
        """
        sentence = sentence[:1].upper() + sentence[1:]
        self._text.setText(sentence)
        self._text.setToolTip(sentence)
        self.setAccessibleName(sentence)
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self._act = act
        self.setVisible(bool(sentence))
