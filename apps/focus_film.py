"""A focus as a moving picture to take away: people with their focus, the class, its score and the time."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from realtime.drawing.body import draw_bodies, plain_ground
from realtime.drawing.canvas import DARK, WHITE, draw_text, text_width, unit
from realtime.drawing.labels import draw_legend
from realtime.drawing.skeleton import focus_colours
from realtime.formats.base import Advance
from realtime.frames import Image
from realtime.sinks.gif import GifWriter
from realtime.sinks.video import VideoWriter
from stf.errors import UserError

if TYPE_CHECKING:
    from stf.explanation import Explanation  # torch, for which a window does not wait

FORMATS = (".gif", ".mp4")

_LONGEST = 20.0  # seconds of a GIF
_GIF_RATE, _RATE = 12.5, 30.0  # pictures a second, at most
_GIF_SIZE, _SIZE = (480, 360), (1280, 720)  # pixels that the picture fits into
_PLAIN = 4 / 3  # width by height of a picture without video
_MEAN = 3.0  # seconds that a mean over clips plays for
_LETTERS = 9.0  # units; height of the capitals below the picture
_FILL = 0.84  # of a picture, for people

Pictures = Iterable[tuple[float, Image]]
"""Moments as `Explanation.times` counts them, and (H, W, 3) uint8 with everything drawn in."""


def is_film(path: Path) -> bool:
    """Whether the name is one of a moving picture."""
    return path.suffix.lower() in FORMATS


def size_of(path: Path) -> tuple[int, int]:
    """The width and height that a picture of a film fits into, in pixels."""
    return _GIF_SIZE if path.suffix.lower() == ".gif" else _SIZE


def moments_of(path: Path, found: "Explanation") -> Float[np.ndarray, " n"]:
    """The moments that a film shows, no more of them than there are.

    Raises:
        UserError: if that is too long for a GIF.
    """
    small = path.suffix.lower() == ".gif"
    lasts = _seconds(found, float(found.times[-1])) - _seconds(found, float(found.times[0]))
    if small and lasts > _LONGEST:
        raise UserError(
            f"{path.name} would be a GIF of {lasts:.0f} s, and more than {_LONGEST:g} s make a huge one: "
            "choose a shorter span, or save it as .mp4"
        )
    count = min(len(found.times), round(lasts * (_GIF_RATE if small else _RATE)) + 1)
    return np.linspace(found.times[0], found.times[-1], max(count, 2))


def draw_film(path: Path, found: "Explanation", advance: Advance = lambda: None) -> None:
    """Write a film of the skeletons on plain ground, as `write_film`."""
    write_film(path, found, _plain_pictures(path, found), advance=advance)


def write_film(
    path: Path,
    found: "Explanation",
    pictures: Pictures,
    score_at: Callable[[float], float] | None = None,
    advance: Advance = lambda: None,
) -> None:
    """Write a film; what is asked, the score, the focus over time and the moment stand below each picture.

    Args:
        path: an .mp4 or .gif file; it appears when it is complete.
        found: what is shown.
        pictures: in order.
        score_at: the probability of the class at a moment; that of all of it by default.
        advance: called after every picture; what it raises ends the film.

    Raises:
        UserError: if the file cannot be written, or is too long for a GIF.
    """
    with GifWriter(path) if path.suffix.lower() == ".gif" else VideoWriter(path) as writer:
        for moment, image in pictures:
            score = found.score(found.label) if score_at is None else score_at(moment)
            writer.write(np.vstack([image, _caption(image, found, moment, score)]), _seconds(found, moment))
            advance()


def _seconds(found: "Explanation", moment: float) -> float:
    return _MEAN * moment if found.clips > 1 else moment


def _caption(image: Image, found: "Explanation", moment: float, score: float) -> Image:
    """What goes below a picture: two lines, of which the second is the focus over time."""
    width = image.shape[1]
    letters = _LETTERS * unit(image)
    line = 2.2 * letters
    band = np.full((round(2.4 * line), width, 3), DARK, np.uint8)
    question = f"why {found.label}" + (f" and not {found.contrast}?" if found.contrast else "?")
    if found.clips > 1:
        question += f"  mean of {found.clips}"
    answer = f"{found.label} {score:.0%}"
    room = width - text_width(answer, letters) - 4 * letters
    fitted = letters * min(1.0, room / max(text_width(question, letters), 1))
    draw_text(band, question, (letters, line), fitted, WHITE)
    draw_text(band, answer, (width - letters - text_width(answer, letters), line), letters, WHITE)
    clock = f"{moment:.0%}" if found.clips > 1 else f"{moment:.2f} s"
    left, right = round(letters), round(width - 2 * letters - text_width("00:00.00 s", letters))
    draw_text(band, clock, (width - letters - text_width(clock, letters), 2 * line), letters, WHITE)
    strength = found.focus.sum(axis=(0, 2))
    first, last = found.times[0], found.times[-1]
    over = np.interp(np.linspace(first, last, right - left), found.times, strength / max(strength.max(), 1e-9))
    top, bottom = round(2 * line - letters), round(2 * line)
    band[top:bottom, left:right] = focus_colours(over)[None]
    now = left + round((right - left - 1) * float((moment - first) / (last - first)))
    reach = round(0.4 * letters)
    band[top - reach : bottom + reach, max(now - 1, 0) : now + 1] = WHITE
    return band


def _plain_pictures(path: Path, found: "Explanation") -> Iterator[tuple[float, Image]]:
    """The skeletons in space."""
    from apps.focus_figure import places_of  # noqa: PLC0415 - matplotlib, which a film of a video does without

    height = size_of(path)[1]
    width = round(_PLAIN * height)
    places = places_of(found) * (1, -1)
    known = places[np.isfinite(places[..., 0])]
    low, high = known.min(axis=0), known.max(axis=0)
    scale = _FILL * min(width / max(high[0] - low[0], 1e-9), height / max(high[1] - low[1], 1e-9))
    points = (places - (low + high) / 2) * scale + (width / 2, height / 2)
    for moment in moments_of(path, found):
        number = int(np.abs(found.times - moment).argmin())
        image = plain_ground(width, height)
        draw_bodies(image, found.layout, points[:, number], found.focus[:, number])
        draw_legend(image)
        yield float(moment), image
