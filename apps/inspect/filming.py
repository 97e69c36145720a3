"""A span of a labelled video as a film: its pictures with the people, their focus, and what is said of them."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apps.focus_film import draw_film, moments_of, size_of, write_film
from apps.inspect.bodies import Bodies
from apps.inspect.painter import annotate
from apps.inspect.pictures import Pictures
from apps.inspect.subject import RecordSubject, Subject
from apps.live.render import Scene, render
from apps.live.wishes import Look
from apps.steps import Steps
from realtime.drawing import focus_on_landmarks
from realtime.frames import Image
from stf.prediction import Segment

if TYPE_CHECKING:
    from stf.explanation import Explanation

_FRAMES = 60  # in which people are looked for at a time


def film_span(
    path: Path, found: "Explanation", subject: Subject, segments: Sequence[Segment], person: int, steps: Steps
) -> None:
    """Write a film of an explanation, on the pictures of its video or, where there are none, on plain ground.

    Args:
        path: an .mp4 or .gif file.
        found: whose focus glows.
        subject: what it is about.
        segments: what is said in the pictures.
        person: who is explained.
        steps: told of every picture; what they raise ends the film.

    Raises:
        UserError: if the file cannot be written, or is too long for a GIF.
    """
    moments = moments_of(path, found)
    steps.begin(f"Writing {path.name}", len(moments))
    if found.clips > 1 or not isinstance(subject, RecordSubject) or subject.video is None:
        draw_film(path, found, steps.advance)
        return
    track, number = subject.track(person), found.classes.index(found.label)

    def score_at(moment: float) -> float:
        window = track.nearest(moment)
        return found.score(found.label) if window is None else float(track.scores[window, number])

    drawn = draw_pictures(found, subject, segments, person, moments.tolist(), size_of(path))
    with closing(drawn):
        write_film(path, found, drawn, score_at, steps.advance)


def draw_pictures(
    found: "Explanation",
    subject: RecordSubject,
    segments: Sequence[Segment],
    person: int,
    moments: Sequence[float],
    size: tuple[int, int],
) -> Generator[tuple[float, Image]]:
    """Pictures of a video with the people, what they are said to do, and the focus of an explanation.

    Args:
        found: whose focus glows.
        subject: whose video is here.
        segments: what is said.
        person: who is explained.
        moments: seconds, in order.
        size: pixels that the pictures fit into.
    """
    if subject.video is None:
        return
    pictures, bodies = Pictures(subject.video), Bodies(subject.record, subject.folder)
    try:
        for moment in moments:
            frame = pictures.at(moment)
            if frame is None:
                continue
            while not bodies.complete and bodies.until <= frame.time:
                bodies.find(_FRAMES)
            focus = focus_on_landmarks(found.focus[0, int(np.abs(found.times - moment).argmin())], subject.layout)
            people = [
                annotate(one, segments, frame.time, subject, person, None) for one in bodies.people_at(frame.time)
            ]
            people = [replace(one, focus=focus) if one.tracked.person == person else one for one in people]
            height, width = frame.image.shape[:2]
            look = Look(size=(min(width, size[0]), min(height, size[1])))
            yield moment, render(Scene(frame.image, people, subject.layout), look).image
    finally:
        pictures.close()
        bodies.close()
