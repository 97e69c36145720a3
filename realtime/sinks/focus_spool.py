"""Focus volumes set aside on disk while a video is labelled, to be drawn in a second pass in constant memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np
from jaxtyping import Float32

from stf.atomic import write_errors
from stf.prediction import Prediction


class FocusSpool:
    """Remembers each prediction's focus in a temporary file; every person's predictions come in order of time.

    Args:
        file: an empty file, open for reading and writing.
        folder: the folder the file is in, to be named where the disk refuses.
    """

    def __init__(self, file: BinaryIO, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self._middles: dict[int, list[float]] = {}
        self._places: dict[int, list[int]] = {}
        self._shape: tuple[int, ...] = ()

    def write(self, prediction: Prediction) -> None:
        """Set aside the focus of one prediction.

        Raises:
            UserError: if the disk refuses.
        """
        self._shape = prediction.focus.shape
        self._middles.setdefault(prediction.person, []).append((prediction.start + prediction.end) / 2)
        with write_errors(self._folder):
            self._places.setdefault(prediction.person, []).append(self._file.seek(0, 2))
            self._file.write(prediction.focus.astype(np.float16).tobytes())
        self._span = prediction.end - prediction.start

    def focus_at(self, person: int, time: float) -> Float32[np.ndarray, " V"] | None:
        """A person's focus at one moment, from the window whose middle is nearest to it.

        Args:
            person: the person's id.
            time: seconds.

        Returns:
            (V,) in [0, 1], or None where no window of this person holds the moment.
        """
        middles = self._middles.get(person)
        if not middles:
            return None
        after = int(np.searchsorted(middles, time))
        nearest = min((n for n in (after - 1, after) if 0 <= n < len(middles)), key=lambda n: abs(middles[n] - time))
        share = (time - middles[nearest]) / self._span + 0.5
        if not 0 <= share <= 1:
            return None
        moments, joints = self._shape
        row = round(share * (moments - 1))
        self._file.seek(self._places[person][nearest] + row * joints * 2)
        return np.frombuffer(self._file.read(joints * 2), np.float16).astype(np.float32)


@contextmanager
def focus_spool(folder: Path) -> Iterator[FocusSpool]:
    """A `FocusSpool` in `folder`, gone when the block ends.

    Raises:
        UserError: if the folder cannot be written.
    """
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = TemporaryFile(dir=folder)  # noqa: SIM115 - closed below, outside the translation of errors
    with file:
        yield FocusSpool(file, folder)
