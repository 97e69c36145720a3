"""A sentence in one line, cut where there is no room for all of it."""

from PySide6.QtWidgets import QLabel, QSizePolicy


class Line(QLabel):
    """Takes the width that there is; the whole sentence is in its tip."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Say another sentence."""
        super().setText(text)
        self.setToolTip(text)
