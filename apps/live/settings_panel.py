"""The settings that the models depend on; they take effect half a second after the last change."""

from dataclasses import replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QLabel,
    QPushButton,
    QSpinBox,
    QWidget,
)

from apps.live.settings import Settings

_SETTLE_MS = 500
_OTHER = "Other file..."


class SettingsPanel(QGroupBox):
    """A form.

    Signals:
        changed: the new `Settings`.

    Args:
        settings: what to begin with.
        models: the recognisers to choose from, the one in use first.
    """

    changed = Signal(object)

    def __init__(self, settings: Settings, models: list[str], parent: QWidget | None = None) -> None:
        super().__init__("Settings", parent)
        self._settings = settings
        self._model = QComboBox()
        self._model.addItems([*dict.fromkeys(models), _OTHER])
        self._model.setMinimumContentsLength(10)
        self._model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._model.activated.connect(self._choose_model)
        self._people = QSpinBox()
        self._people.setRange(1, 8)
        self._people.setValue(settings.people)
        self._stride = _spin(0.1, 5.0, 0.05, " s", settings.stride, "usual")
        self._threshold = _spin(0.05, 0.95, 0.05, "", settings.threshold, "the model's own")
        self._folder = QPushButton()
        self._folder.clicked.connect(self._choose_folder)
        self._window = QLabel("-")
        form = QFormLayout(self)
        rows: tuple[tuple[str, QWidget, str], ...] = (
            ("&Model", self._model, "The recogniser"),
            ("&People", self._people, "How many people to look for at most; more than one takes more time"),
            ("&Window", self._window, "How much a prediction looks at; the model's own, as it was trained on that"),
            ("&Stride", self._stride, "Seconds from one prediction to the next"),
            ("&Threshold", self._threshold, "Below this confidence nothing is said"),
            ("&Folder", self._folder, "Where recordings and pictures go"),
        )
        for label, widget, tip in rows:
            form.addRow(label, widget)
            widget.setToolTip(tip)
            widget.setAccessibleName(label.replace("&", ""))
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._tell)
        for spin in (self._people, self._stride, self._threshold):
            spin.valueChanged.connect(lambda _value: self._settle.start())
        self._name_folder()

    def set_window(self, seconds: float) -> None:
        """Say how much a prediction looks at."""
        self._window.setText(f"{seconds:.1f} s")

    def _tell(self) -> None:
        settings = replace(
            self._settings,
            people=self._people.value(),
            stride=round(self._stride.value(), 3) if self._stride.value() > self._stride.minimum() else 0.0,
            threshold=round(self._threshold.value(), 3) if self._threshold.value() > self._threshold.minimum() else 0.0,
        )
        if settings != self._settings:
            self._settings = settings
            self.changed.emit(settings)

    def _choose_model(self, _row: int) -> None:
        name = self._model.currentText()
        if name == _OTHER:
            name, _ = QFileDialog.getOpenFileName(self, "Choose a recogniser", "", "Recognisers (*.safetensors)")
            if name:
                self._model.insertItem(0, name)
            self._model.setCurrentIndex(0)
        if name and name != self._settings.model:
            self._settings = replace(self._settings, model=name)
            self.changed.emit(self._settings)

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Where recordings and pictures go", str(self._settings.output))
        if folder:
            self._settings = replace(self._settings, folder=folder)
            self._name_folder()
            self.changed.emit(self._settings)

    def _name_folder(self) -> None:
        self._folder.setText(self._settings.output.name)
        self._folder.setToolTip(f"Recordings and pictures go to {self._settings.output}")


def _spin(least: float, most: float, step: float, unit: str, value: float, usual: str) -> QDoubleSpinBox:
    """A number, or the usual one where it stands one step below the least."""
    spin = QDoubleSpinBox()
    spin.setDecimals(2)
    spin.setSingleStep(step)
    spin.setRange(least - step, most)
    spin.setSuffix(unit)
    spin.setSpecialValueText(usual)
    spin.setValue(value or least - step)
    return spin
