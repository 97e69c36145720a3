"""`stf data`: what a dataset holds, whether its clips are sound, and converting it into a store."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Column, Table

from apps.console import FrameProgress, make_console, say
from realtime.drawing.contact_sheet import SheetRow, draw_contact_sheet
from realtime.opencv import cv2
from stf.atomic import output_file, write_errors
from stf.datasets import open_corpus
from stf.datasets.check import checked, fingerprint, suspicions
from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Part
from stf.datasets.store import write_store
from stf.errors import UserError
from stf.skeleton import get_layout

_EXAMPLES = 3  # clips per class on the contact sheet


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept of a clip that has been read.

    Attributes:
        entry: reads it again.
        part: its side of the split that is shown.
    """

    entry: Entry
    label: int
    subject: int
    camera: int
    persons: int
    frames: int
    fps: float
    part: Part | None


@dataclass(slots=True)
class Survey:
    """What reading a whole dataset told.

    Attributes:
        split: which of the published splits is shown; None where there is none.
        clips: those that can be used.
        broken: why each of the others cannot.
    """

    split: str | None
    clips: list[Facts] = field(default_factory=list)
    broken: list[BrokenClipError] = field(default_factory=list)


def run_info(path: Path, form: str | None, split: str | None, sheet: Path | None) -> None:
    """Print what a dataset holds, per class and side of a split; draw a contact sheet if wanted.

    Args:
        path: of the dataset.
        form: its format; found out by default.
        split: the published split to show; the usual one by default.
        sheet: the PNG file to draw.

    Raises:
        UserError: if there is no such dataset or split, or the sheet cannot be written.
    """
    if sheet and sheet.suffix.lower() != ".png":
        raise UserError(f"the contact sheet {sheet} must be a .png file")
    corpus = checked(open_corpus(path, form))
    console = make_console()
    found = _survey(corpus, split or next(iter(corpus.splits), None))
    _print_facts(console, corpus, found)
    _print_classes(console, corpus, found)
    if found.broken:
        say(console, f"stf data check {path} names the broken clips", style="yellow")
    if sheet and found.clips:
        _write_sheet(sheet, corpus, found.clips)
        say(console, f"contact sheet in {sheet}")


def run_convert(path: Path, output: Path, form: str | None, layout: str | None, *, skip_broken: bool) -> None:
    """Write a dataset as a store, and say what is in it and what is not.

    Args:
        path: of the dataset.
        output: the folder to make.
        form: the dataset's format; found out by default.
        layout: name of the layout to convert the skeletons to; as they are by default.
        skip_broken: leave broken clips out; the first one ends the conversion by default.

    Raises:
        UserError: if there is no such dataset, a clip is broken and refused, or the store cannot be written.
    """
    corpus = checked(open_corpus(path, form))
    broken: list[BrokenClipError] = []

    def sound() -> Iterator[Clip]:
        for _, clip in _read_all(corpus, "converting"):
            if not isinstance(clip, BrokenClipError):
                yield clip
            elif skip_broken:
                broken.append(clip)
            else:
                raise UserError(f"{clip} (--skip-broken leaves broken clips out)") from clip

    count = write_store(output, corpus, sound(), layout=get_layout(layout) if layout else None)
    console = make_console()
    _print_broken(console, broken)
    left_out = f", {len(broken)} broken ones left out" if broken else ""
    say(console, f"{count} clips of {corpus.origin.name} in {output}{os.sep}{left_out}")


def run_check(path: Path, form: str | None) -> int:
    """Read every clip and name those that are broken or suspicious, with the reason.

    Args:
        path: of the dataset.
        form: its format; found out by default.

    Returns:
        The exit code: 1 where a clip is broken.

    Raises:
        UserError: if there is no such dataset.
    """
    corpus = checked(open_corpus(path, form))
    broken: list[BrokenClipError] = []
    doubts: dict[str, list[str]] = {}
    split = next(iter(corpus.splits), None)
    side = corpus.split(split) if split else lambda _: None
    first: dict[bytes, tuple[str, Part | None]] = {}
    across = 0
    for entry, clip in _read_all(corpus, "checking"):
        if isinstance(clip, BrokenClipError):
            broken.append(clip)
            continue
        doubt = list(suspicions(clip))
        part = side(clip)
        name, before = first.setdefault(fingerprint(clip), (entry.name, part))
        if {part, before} == set(Part):
            across += 1
            doubt.append(f"the same joints as '{name}', on the other side of split {split}")
        elif name != entry.name:
            doubt.append(f"the same joints as '{name}'")
        if doubt:
            doubts[entry.name] = doubt
    good = len(corpus.entries) - len(doubts) - len(broken)
    console = make_console()
    _print_broken(console, broken)
    for name, doubt in doubts.items():
        say(console, f"suspicious: clip '{name}': {'; '.join(doubt)}", style="yellow")
    if across:
        say(console, f"clips that are on both sides of split {split}, to be learned by heart: {across}", "yellow")
    say(console, f"{len(corpus.entries)} clips: {good} good, {len(doubts)} suspicious, {len(broken)} broken")
    return 1 if broken else 0


def _print_broken(console: Console, broken: Sequence[BrokenClipError]) -> None:
    for error in broken:
        say(console, f"broken: {error}", style="red")


def _read_all(corpus: Corpus, what: str) -> Iterator[tuple[Entry, Clip | BrokenClipError]]:
    """Every clip, or why there is none, with a progress bar."""
    with FrameProgress(make_console(stderr=True), "clips/s") as progress:
        progress.begin(f"{corpus.origin.name}: {what}", len(corpus.entries))
        for entry in corpus.entries:
            try:
                clip = entry.read()
            except BrokenClipError as error:
                yield entry, error
            else:
                yield entry, clip
            progress.advance()


def _survey(corpus: Corpus, split: str | None) -> Survey:
    side = corpus.split(split) if split else lambda _: None
    found = Survey(split)
    for entry, clip in _read_all(corpus, "reading"):
        if isinstance(clip, BrokenClipError):
            found.broken.append(clip)
        else:
            persons, frames = clip.joints.shape[:2]
            part = side(clip)
            found.clips.append(Facts(entry, clip.label, clip.subject, clip.camera, persons, frames, clip.fps, part))
    return found


def _print_facts(console: Console, corpus: Corpus, found: Survey) -> None:
    layout, clips = corpus.layout, found.clips
    table = Table(Column(style="bold"), Column(overflow="fold"), show_header=False)
    table.add_row("dataset", corpus.origin.name)
    table.add_row("cite", corpus.origin.citation)
    table.add_row("licence", corpus.origin.licence)
    table.add_row("weights trained on it", "may be given away" if corpus.origin.shippable else "stay here")
    table.add_row("clips", f"{len(clips)}, and {len(found.broken)} broken" if found.broken else str(len(clips)))
    table.add_row("skeleton", f"{layout.name}: {layout.num_joints} joints, {' '.join(layout.channels)}")
    table.add_row("persons", _numbers(clip.persons for clip in clips))
    table.add_row("frames per second", ", ".join(f"{fps:g}" for fps in sorted({clip.fps for clip in clips})))
    table.add_row("frames", _span([clip.frames for clip in clips], 0))
    table.add_row("seconds", _span([clip.frames / clip.fps for clip in clips], 1))
    table.add_row("subjects", _numbers(clip.subject for clip in clips))
    table.add_row("cameras", _numbers(clip.camera for clip in clips))
    table.add_row("published splits", ", ".join(corpus.splits) or "none")
    console.print(table)


def _print_classes(console: Console, corpus: Corpus, found: Survey) -> None:
    """One row per class; a column per side of the split."""
    parts = {"train": Part.TRAIN, "test": Part.TEST, "in neither": None} if found.split else {}
    if None not in {clip.part for clip in found.clips}:
        parts.pop("in neither", None)
    title = f"Clips by class, split {found.split}" if found.split else "Clips by class"
    table = Table("label", "class", "clips", *parts, "seconds", title=title, title_justify="left", show_footer=True)
    for column in (table.columns[0], *table.columns[2:]):
        column.justify = "right"
    groups = _by_class(found.clips)
    for label in [*range(len(corpus.classes)), *([-1] if -1 in groups else [])]:
        clips = groups.get(label, [])
        counts = Counter(clip.part for clip in clips)
        seconds = f"{median(clip.frames / clip.fps for clip in clips):.1f}" if clips else ""
        sides = (str(counts[part]) for part in parts.values())
        table.add_row(str(label), _class_name(corpus, label), str(len(clips)), *sides, seconds)
    totals = Counter(clip.part for clip in found.clips)
    for column, total in zip(table.columns[2:], [len(found.clips), *(totals[p] for p in parts.values())], strict=False):
        column.footer = str(total)
    table.columns[1].footer = "all"
    console.print(table)


def _by_class(clips: Sequence[Facts]) -> dict[int, list[Facts]]:
    groups = defaultdict(list)
    for clip in clips:
        groups[clip.label].append(clip)
    return groups


def _class_name(corpus: Corpus, label: int) -> str:
    return corpus.classes[label] if label >= 0 else "(no label)"


def _span(values: Sequence[float], digits: int) -> str:
    if not values:
        return ""
    low, middle, high = (f"{value:.{digits}f}" for value in (min(values), median(values), max(values)))
    return f"{low} to {high}, median {middle}"


def _numbers(values: Iterable[int]) -> str:
    """Different numbers in order, runs of them in short: `1-8, 12`; -1 stands for none."""
    runs: list[list[int]] = []
    for number in sorted(set(values) - {-1}):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs) or "not given"


def _write_sheet(path: Path, corpus: Corpus, clips: Sequence[Facts]) -> None:
    """Draw a few clips of each class, spread over the dataset's order and so over its subjects."""
    rows = []
    for label, group in sorted(_by_class(clips).items()):
        last = len(group) - 1
        chosen = sorted({round(place * last / (_EXAMPLES - 1)) for place in range(_EXAMPLES)})
        examples = [group[place].entry.read() for place in chosen]
        rows.append(SheetRow(_class_name(corpus, label), f"{len(group)} clips", examples))
    title = f"{corpus.origin.name}: {len(clips)} clips of {len(rows)} classes"
    picture = cv2.imencode(".png", draw_contact_sheet(title, rows))[1]
    with output_file(path) as temporary, write_errors(path):
        temporary.write_bytes(picture.tobytes())
