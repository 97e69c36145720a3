"""`stf focus`: which joints at which moments speak for a class, in a table, a file of numbers and a figure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from apps.console import FrameProgress, make_console, say
from apps.engine import Engine, read_span
from apps.evaluate import sound_clips
from apps.focus_figure import check_figure, draw_focus
from apps.focus_film import draw_film, is_film, moments_of
from apps.skeletons import see_skeletons
from realtime.clip import clip_of
from realtime.frames import SkeletonFrame
from realtime.records import ENDING, Record, check_model, open_record
from realtime.records.skeletons import skeletons_of
from stf.datasets import IMPORTERS, open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Corpus, Part, find_split
from stf.errors import UserError
from stf.evaluation import on_side
from stf.explanation import Explanation, Question, average, explain, find_class
from stf.recogniser import Recogniser

_LISTED = 6  # joints and moments in the table


@dataclass(frozen=True, slots=True)
class FocusOptions:
    """What the command line says beside the input and the model.

    Attributes:
        question: what is asked.
        clip: the clip of a dataset; without it all those of the class.
        form: the dataset's format; found out by default.
        split: whose `part` the clips of a class are taken from; see `stf.datasets.corpus.find_split`.
        part: the side of the split; None for both.
        skip_broken: leave broken clips out rather than refuse the dataset.
        span: seconds from and to, as in `3.2-5.0`.
        segment: of a record, counted from 1.
        person: of a video or a record; by default who is seen for longest.
        output: the file of numbers.
        figure: the picture, or the moving one.
    """

    question: Question
    clip: str | None = None
    form: str | None = None
    split: str | None = None
    part: Part | None = Part.TEST
    skip_broken: bool = False
    span: str | None = None
    segment: int | None = None
    person: int | None = None
    output: Path | None = None
    figure: Path | None = None


def run_focus(source: Path, engine: Engine, options: FocusOptions) -> None:
    """Explain what a model says of a clip, a video, a label record, or the clips of a class.

    Args:
        source: a dataset, a recording or a record.
        engine: the model, and the pose estimator for recordings.
        options: the rest.

    Raises:
        UserError: if there is no such input or class, or nobody is seen.
    """
    _check_outputs(options)
    console = make_console()
    recogniser = engine.recogniser()
    for name in (options.question.label, options.question.contrast):
        if name is not None:
            find_class(recogniser.classes, name)
    found = _explain(source, recogniser, engine, options, console)
    about = _about(found, recogniser)
    if options.output:
        found.save(options.output)
    if options.figure:
        _draw(options.figure, found, about)
    say(console, " \u00b7 ".join(about))
    if found.module == found.depth and options.question.module is None:
        say(
            console,
            "the last module's focus is nearly the same for every joint; an earlier --module tells them apart",
            "yellow",
        )
    if not options.output:
        _print(console, found)
    for path in (options.output, options.figure):
        if path:
            say(console, f"wrote {path}")


def _check_outputs(options: FocusOptions) -> None:
    if options.figure:
        check_figure(options.figure)
    if options.output and options.output.suffix.lower() != ".npz":
        raise UserError(f"the file of numbers {options.output} must be a .npz file")


def _draw(path: Path, found: Explanation, about: tuple[str, str]) -> None:
    """A figure, or a film."""
    if not is_film(path):
        draw_focus(path, found, about)
        return
    with FrameProgress(make_console(stderr=True)) as progress:
        progress.begin(path.name, len(moments_of(path, found)))
        draw_film(path, found, progress.advance)


def _explain(
    source: Path, recogniser: Recogniser, engine: Engine, options: FocusOptions, console: Console
) -> Explanation:
    if source.name.endswith(ENDING):
        _refuse(options, "a label record", ("clip", "form", "split"))
        return _of_record(open_record(source), recogniser, options)
    if options.form or (source.exists() and any(known.recognises(source) for known in IMPORTERS.values())):
        _refuse(options, "a dataset", ("segment", "person"))
        return _of_dataset(open_corpus(source, options.form), recogniser, options, console)
    _refuse(options, "a video", ("clip", "form", "split", "segment"))
    return _of_video(source, recogniser, engine, options)


def _refuse(options: FocusOptions, what: str, names: Sequence[str]) -> None:
    for name in names:
        if getattr(options, name) is not None:
            raise UserError(f"{what} has no --{'format' if name == 'form' else name}; leave that option out")


# Datasets


def _of_dataset(corpus: Corpus, recogniser: Recogniser, options: FocusOptions, console: Console) -> Explanation:
    if options.clip is not None:
        return _of_span(corpus.clip(options.clip), 0.0, recogniser, options)
    name = options.question.label
    if name is None:
        raise UserError(
            f"say which clip of {corpus.origin.name} to explain (--clip NAME), or which class (--class NAME)"
        )
    if options.span is not None:
        raise UserError("a span of time is one clip's; say which by --clip")
    number = find_class(corpus.classes, name, "the dataset")
    clips = sound_clips(corpus, console, skip_broken=options.skip_broken)
    split, side = ("", lambda _: None) if options.part is None else find_split(corpus, options.split)
    chosen = [clip for clip in on_side(clips, side, options.part) if clip.label == number]
    where = f"the {options.part} side of {split}" if options.part else corpus.origin.name
    if not chosen:
        raise UserError(f"there is no clip of '{name}' on {where}; --part train or all has others perhaps")
    with FrameProgress(make_console(stderr=True), "clips/s") as progress:
        progress.begin(f"{corpus.origin.name}: {name}", len(chosen))
        found = []
        for clip in chosen:
            found.append(explain(recogniser, clip, options.question))
            progress.advance()
    right = sum(one.top(1)[0][0] == name for one in found)
    say(console, f"{len(found)} clips of '{name}' in {where}, {right} of them recognised as that")
    return average(found)


def _of_span(clip: Clip, start: float, recogniser: Recogniser, options: FocusOptions) -> Explanation:
    """Explain a clip that begins at `start` seconds, or a part of it."""
    if options.span is not None:
        first, last = read_span(options.span)
        frames = np.arange(clip.joints.shape[1]) / clip.fps + start
        kept = np.flatnonzero((frames >= first - 1e-6) & (frames <= last + 1e-6))
        if len(kept) < 2:
            raise UserError(
                f"'{clip.name}' lasts for {clip.seconds:.2f} s and shows nothing from {first:g} to {last:g} s"
            )
        clip, start = replace(clip, joints=clip.joints[:, kept]), float(frames[kept[0]])
    found = explain(recogniser, clip, options.question)
    return replace(found, times=found.times + start)


# Recordings


def _of_video(video: Path, recogniser: Recogniser, engine: Engine, options: FocusOptions) -> Explanation:
    start, end = (0.0, None) if options.span is None else read_span(options.span)
    with FrameProgress(make_console(stderr=True)) as progress:
        seen = see_skeletons(video, engine, recogniser, progress, what=video.name, start=start, end=end)
    return _of_person(seen, _named(video, options.span), recogniser, options)


def _of_record(record: Record, recogniser: Recogniser, options: FocusOptions) -> Explanation:
    check_model(record, recogniser)
    span = None if options.span is None else read_span(options.span)
    if options.segment is not None:
        if span:
            raise UserError("--segment says from when to when already; leave out --span")
        if not 1 <= options.segment <= len(record.segments):
            raise UserError(f"{record.path} has no segment {options.segment}; it has {len(record.segments)}")
        one = record.segments[options.segment - 1]
        span = one.start, one.end
        label = options.question.label or (one.label if one.label in recogniser.classes else None)
        options = replace(options, person=one.person, question=replace(options.question, label=label))
    first, last = span or (-np.inf, np.inf)
    seen = [[one for one in frame if first <= one.time <= last] for frame in skeletons_of(record)]
    name = f"{record.facts.video.name}" + (f" ({first:g} to {last:g} s)" if span else "")
    return _of_person(seen, name, recogniser, options)


def _named(video: Path, span: str | None) -> str:
    return video.name if span is None else f"{video.name} ({span.replace('-', ' to ')} s)"


def _of_person(
    seen: Sequence[Sequence[SkeletonFrame]], name: str, recogniser: Recogniser, options: FocusOptions
) -> Explanation:
    """Explain what the one person who is asked about does."""
    counts = Counter(one.person for frame in seen for one in frame)
    if not counts:
        raise UserError(f"nobody is seen in {name}, so there is nothing to explain")
    person = counts.most_common(1)[0][0] if options.person is None else options.person
    if person not in counts:
        raise UserError(f"person {person} is not seen in {name}; there: {', '.join(map(str, sorted(counts)))}")
    alone = [[one for one in frame if one.person == person] for frame in seen]
    clip = clip_of(alone, recogniser.layout, name)
    start = next(frame[0].time for frame in alone if frame)
    return _of_span(clip, start, recogniser, replace(options, span=None))


# What is said


def _about(found: Explanation, recogniser: Recogniser) -> tuple[str, str]:
    """The scores, and what was asked of whom."""
    named = dict(found.top(2)) | {name: found.score(name) for name in (found.label, found.contrast) if name}
    order = sorted(named, key=lambda name: (name != found.label, name != found.contrast, -named[name]))
    scores = ", ".join(f"{name} {100 * named[name]:.1f} %" for name in order)
    model = recogniser.path.stem if recogniser.path else "model"
    what = f"mean of {found.clips} clips, shown on {found.name}" if found.clips > 1 else found.name
    how = f"module {found.module} of {found.depth}, {' + '.join(found.streams)}, {found.method}"
    return scores, f"{what} \u00b7 {model}, {how}"


def _print(console: Console, found: Explanation) -> None:
    """The joints with the most focus, and the moments."""
    unit, scale, digits = ("%", 100, 0) if found.clips > 1 else ("s", 1, 2)
    several = len(found.focus) > 1
    names = [
        joint.replace("_", " ") + (f", person {person + 1}" if several else "")
        for person in range(len(found.focus))
        for joint in found.layout.joints
    ]
    rows = found.focus.transpose(1, 0, 2).reshape(len(found.times), -1)
    joints = Table("joint", "focus, mean", f"most at, {unit}")
    for number in np.argsort(-rows.mean(axis=0), kind="stable")[:_LISTED]:
        peak = scale * found.times[rows[:, number].argmax()]
        joints.add_row(names[number], f"{rows[:, number].mean():.3f}", f"{peak:.{digits}f}")
    moments = Table(f"moment, {unit}", "focus, mean", "most in")
    for moment in found.moments(_LISTED):
        most = ", ".join(names[number] for number in np.argsort(-rows[moment], kind="stable")[:3])
        moments.add_row(f"{scale * found.times[moment]:.{digits}f}", f"{rows[moment].mean():.3f}", most)
    for table in (joints, moments):
        table.columns[1].justify = "right"
        console.print(table)
