"""`ImageFiles`: numbered pictures played as a video."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from realtime.frames import Frame, Image
from realtime.opencv import cv2
from realtime.sources.base import Closable
from stf.errors import UserError

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


class ImageFiles(Closable):
    """Images in the order given, evenly spaced in time; one that cannot be read leaves a gap and is named in `problem`.

    Grey, alpha and 16-bit images become 8-bit BGR (alpha is dropped), and EXIF orientation is applied.

    Args:
        paths: the images, in order.
        name: what to call them.
        fps: frames per second.
        start: seconds; earlier images are left out.
        end: seconds; images from there on are left out.

    Raises:
        UserError: where none of them can be read.
    """

    live = False

    def __init__(
        self, paths: Sequence[Path], *, name: str, fps: float = 30.0, start: float = 0.0, end: float | None = None
    ) -> None:
        super().__init__()
        if not fps > 0:
            raise UserError(f"images cannot be played at {fps:g} frames per second; give a positive number")
        self.name = name
        self.problem: str | None = None
        self.fps = fps
        self._timed = [
            (i / fps, path) for i, path in enumerate(paths) if start <= i / fps and (end is None or i / fps < end)
        ]
        first = next((image for _, path in self._timed if (image := read_image(path)) is not None), None)
        if first is None:
            raise UserError(
                f"none of the {len(self._timed)} images in '{name}' can be read; check that they are images"
            )
        self.size = first.shape[1::-1]
        self.frame_count = len(self._timed)
        self.duration = len(self._timed) / fps

    def __iter__(self) -> Iterator[Frame]:
        self.problem = None
        unreadable: list[str] = []
        index = 0
        for time, path in self._timed:
            if self._closed.is_set():
                return
            image = read_image(path)
            if image is None:
                unreadable.append(path.name)
                self.problem = _left_out(unreadable)
                continue
            yield Frame(index, time, image)
            index += 1


def read_image(path: Path) -> Image | None:
    """The image as (H, W, 3) uint8 BGR, or None where it cannot be read."""
    try:
        # Not cv2.imread: it logs what it cannot read, and on Windows it cannot open a path beyond ASCII.
        return cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None


def find_images(spec: Path) -> list[Path]:
    """The images in a folder, or those that match a glob pattern, with img2 before img10."""
    if spec.is_dir():
        found = spec.iterdir()
    else:
        pattern = spec.expanduser()
        found = Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
    return sorted((p for p in found if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".")), key=_natural)


def _natural(path: Path) -> list[str | int]:
    """Digits compare as numbers; the list alternates between text and numbers, so like is compared with like."""
    return [int(part) if i % 2 else part.casefold() for i, part in enumerate(re.split(r"(\d+)", str(path)))]


def _left_out(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"{len(names)} of the images could not be read and were left out: {shown}"
