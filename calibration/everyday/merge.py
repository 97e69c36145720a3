"""Five datasets as one: clips in NTU25 at 30 Hz, labels in plain words, subjects nobody shares, one split."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from calibration.everyday.labels import LABELS, TABLE, Cut
from calibration.everyday.spans import cut_span, read_spans
from stf.datasets import IMPORTERS, cmu, hdm05, precog, ui_prmd, utd_mhad
from stf.datasets.clip import Clip, Joints, to_layout
from stf.datasets.corpus import BrokenClipError, Corpus, OnBroken, Origin, by_subject, read_clips
from stf.errors import UserError
from stf.prediction import NONE
from stf.sampling import Sampling, sample_clip
from stf.skeleton import NTU25

RATE_HZ = 30.0
"""Frames per second of every clip."""

_LEAST_SECONDS = 0.3
"""Shorter clips are left out: four of PRECOG's strikes, of one to seven frames."""

Report = Callable[[BrokenClipError], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset that goes into the everyday data.

    Attributes:
        form: its format, a key of `stf.datasets.IMPORTERS`.
        origin: as of `Corpus`.
        folder: where it lies in the folder of datasets.
        first: what is added to its own subject numbers.
        test: its own numbers of those on the test side.
        names: a pattern that the names of clips match; all others are left out.
    """

    form: str
    origin: Origin
    folder: str
    first: int
    test: frozenset[int]
    names: str = ".*"


SOURCES: tuple[Source, ...] = (
    Source("utd_mhad", utd_mhad.ORIGIN, "utd_mhad", 100, frozenset(range(2, 9, 2))),
    Source("hdm05", hdm05.ORIGIN, "hdm05_11", 200, frozenset({4, 5})),
    Source("precog", precog.ORIGIN, "precog16", 300, frozenset(range(2, 13, 2))),
    Source("ui_prmd", ui_prmd.ORIGIN, "ui_prmd", 400, frozenset(range(6, 11)), r".*_e(01|04|07|10)(_inc)?"),
    Source("cmu", cmu.ORIGIN, "cmu_subset", 1000, frozenset(range(2, 145, 2))),
)
"""The test sides are those of the datasets' usual splits; of CMU, which has none, people of even numbers are tested on.
Of the ten repetitions of an exercise in UI-PRMD, which are much the same, four are used."""

TEST_SUBJECTS = frozenset(source.first + subject for source in SOURCES for subject in source.test)
"""Whose clips are on the test side."""

MERGED = Corpus(
    Origin(
        "everyday actions",
        "; ".join(f"{source.origin.name}: {source.origin.licence}" for source in SOURCES),
        "; ".join(source.origin.citation for source in SOURCES),
        shippable=all(source.origin.shippable for source in SOURCES),
    ),
    LABELS,
    NTU25,
    (),
    {"cross-subject": by_subject(TEST_SUBJECTS)},
)
"""What the clips of `merged_clips` are a dataset of."""


def merged_clips(data: Path, report: Report = lambda _: None) -> Iterator[Clip]:
    """Every clip of the everyday data.

    Args:
        data: the folder that holds the folders of the datasets.
        report: told of each clip that cannot be read and is skipped.

    Yields:
        Clips of one person in NTU25, called `DATASET-CLIP-...` in letters that any file system takes.

    Raises:
        UserError: if a dataset is not there.
    """
    if missing := [source.folder for source in SOURCES if not (data / source.folder).exists()]:
        needed = ", ".join(source.folder for source in SOURCES)
        raise UserError(f"{data} lacks {', '.join(missing)}; the everyday data is made of the folders {needed} in it")
    for source in SOURCES:
        for label, clip in _read(source, data / source.folder, report):
            name = re.sub(r"\W+", "-", f"{source.form}-{clip.name}").strip("-")
            if clip.seconds >= _LEAST_SECONDS:
                yield replace(clip, label=LABELS.index(label), subject=source.first + clip.subject, name=name)


def _read(source: Source, folder: Path, report: Report) -> Iterator[tuple[str, Clip]]:
    """Labels and clips of a dataset, in NTU25 at the common rate."""
    corpus = IMPORTERS[source.form].open(folder)
    clips = read_clips(corpus, on_broken=OnBroken.SKIP, report=report)
    if source.form == "cmu":
        spans = read_spans()
        for trial in clips:
            for span in spans:
                if span.trial == trial.name.partition(" ")[0]:
                    yield from ((span.label, common(clip)) for clip in cut_span(trial, span))
        return
    table = TABLE[source.form]
    for clip in clips:
        if re.fullmatch(source.names, clip.name):
            for number, part in enumerate(table[corpus.classes[clip.label]]):
                yield part.label, replace(cut(clip, part), name=f"{clip.name}-{number}")
    if source.form == "precog":
        yield from ((NONE, common(clip)) for clip in precog.read_pauses(folder))


def cut(clip: Clip, part: Cut) -> Clip:
    """A part of a clip, as `common` makes it."""
    frames = clip.joints.shape[1]
    start, stop = round(part.start * frames), max(round(part.stop * frames), round(part.start * frames) + 2)
    return common(replace(clip, joints=clip.joints[:, start:stop], fps=clip.fps / part.slowed))


def common(clip: Clip) -> Clip:
    """The same clip in NTU25 at the common rate."""
    return replace(clip, joints=at_rate(to_layout(clip, NTU25).joints, clip.fps, RATE_HZ), fps=RATE_HZ, layout=NTU25)


def at_rate(joints: Joints, fps: float, rate_hz: float) -> Joints:
    """Joints (M, T, V, C) at another frame rate, from the first frame on, by linear interpolation.

    Args:
        joints: T frames, `fps` a second.
        fps: of what is given.
        rate_hz: of what is wanted.
    """
    samples = int((joints.shape[1] - 1) * rate_hz / fps + 1e-6) + 1
    return sample_clip(joints, fps, Sampling(samples, rate_hz), 0.0)
