"""`Corpus`: a dataset on disk, opened but not yet read; what every importer gives."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Protocol, overload

from stf.datasets.clip import Clip
from stf.errors import UserError
from stf.skeleton import SkeletonLayout


class Part(StrEnum):
    """The two sides of a split."""

    TRAIN = "train"
    TEST = "test"


Split = Callable[[Clip], Part | None]
"""Which side of a split a clip is on; None where the split leaves it out."""


class BrokenClipError(UserError):
    """One clip of a dataset cannot be used; the message names it and says why."""


class OnBroken(StrEnum):
    """What to do about a broken clip."""

    REFUSE = "refuse"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Entry:
    """A clip that has been found but not read.

    Attributes:
        name: what the dataset calls it.
        read: reads it; raises `BrokenClipError` where that cannot be done.
    """

    name: str
    read: Callable[[], Clip] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a dataset comes from, and on what terms.

    Attributes:
        name: as its authors call it.
        licence: its terms, in a few words.
        citation: whom to cite.
        shippable: whether weights trained on it may be given away.
    """

    name: str
    licence: str
    citation: str
    shippable: bool = False


@dataclass(frozen=True, slots=True)
class Corpus:
    """A dataset on disk, opened but not yet read.

    Attributes:
        origin: where it comes from, and on what terms.
        classes: the K class names by label.
        layout: skeleton layout of its clips.
        entries: its clips, in an order that does not depend on the machine.
        splits: its published splits by name, the usual one first; may be empty.
        mapped: whether reading a clip again costs next to nothing, so that none need be kept in memory.
    """

    origin: Origin
    classes: tuple[str, ...]
    layout: SkeletonLayout
    entries: Sequence[Entry] = field(repr=False)
    splits: Mapping[str, Split] = field(default_factory=dict, repr=False)
    mapped: bool = False

    def split(self, name: str) -> Split:
        """The published split called `name`.

        Raises:
            UserError: if there is none.
        """
        try:
            return self.splits[name]
        except KeyError:
            known = ", ".join(self.splits) or "none"
            raise UserError(f"{self.origin.name} has no split '{name}'; known are {known}") from None

    def clip(self, name: str) -> Clip:
        """Read the clip called `name`.

        Raises:
            UserError: if there is none, or it is broken.
        """
        for entry in self.entries:
            if entry.name == name:
                return entry.read()
        names = [entry.name for entry in self.entries]
        nearest = [*(one for one in names if one.startswith(name)), *get_close_matches(name, names, 1, 0)][0]
        raise UserError(f"{self.origin.name} has no clip '{name}'; did you mean '{nearest}'?")

    def without(self, names: AbstractSet[str]) -> "Corpus":
        """The dataset as if it did not know some of its classes: clips of these have no label.

        Raises:
            UserError: if it has no such class.
        """
        for name in names - set(self.classes):
            nearest = get_close_matches(name, self.classes, 1, 0)[0]
            raise UserError(f"{self.origin.name} has no class '{name}' to leave out; did you mean '{nearest}'?")
        kept = tuple(name for name in self.classes if name not in names)
        number = {old: kept.index(name) for old, name in enumerate(self.classes) if name in kept}
        entries = [Entry(entry.name, partial(_relabelled, entry.read, number)) for entry in self.entries]
        return replace(self, classes=kept, entries=entries)


def _relabelled(read: Callable[[], Clip], number: Mapping[int, int]) -> Clip:
    clip = read()
    return replace(clip, label=number.get(clip.label, -1))


class Importer(Protocol):
    """How one format of dataset is found and opened; every importer's module has one as `IMPORTER`.

    Attributes:
        name: what the command line calls the format (`nucla`).
    """

    name: str

    def recognises(self, path: Path) -> bool:
        """Whether what lies at `path` looks like this format, from names and first bytes alone."""
        ...

    def open(self, path: Path) -> Corpus:
        """Find the clips at `path` without reading them.

        Raises:
            UserError: if this is not such a dataset.
        """
        ...


def read_entries(
    corpus: Corpus, *, on_broken: OnBroken = OnBroken.REFUSE, report: Callable[[BrokenClipError], None] = lambda _: None
) -> Iterator[tuple[Entry, Clip]]:
    """Every clip of a dataset, in order, beside its entry.

    Args:
        corpus: the dataset.
        on_broken: refuse the whole dataset for a broken clip, or skip that clip.
        report: told of each clip that is skipped.

    Raises:
        BrokenClipError: if a clip is broken and broken clips are refused.
    """
    for entry in corpus.entries:
        try:
            clip = entry.read()
        except BrokenClipError as error:
            if on_broken is OnBroken.REFUSE:
                raise
            report(error)
        else:
            yield entry, clip


def read_clips(
    corpus: Corpus, *, on_broken: OnBroken = OnBroken.REFUSE, report: Callable[[BrokenClipError], None] = lambda _: None
) -> Iterator[Clip]:
    """Every clip of a dataset, in order; arguments and errors as of `read_entries`."""
    return (clip for _, clip in read_entries(corpus, on_broken=on_broken, report=report))


class UnreadClips(Sequence[Clip]):
    """Clips that are read each time they are asked for: more of them than memory holds.

    Args:
        entries: where to read them.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, item: int) -> Clip: ...

    @overload
    def __getitem__(self, item: slice) -> "UnreadClips": ...

    def __getitem__(self, item: int | slice) -> "Clip | UnreadClips":
        return UnreadClips(self._entries[item]) if isinstance(item, slice) else self._entries[item].read()


def by_subject(test: frozenset[int]) -> Split:
    """The split that tests on the clips of some subjects and trains on everybody else's."""
    return lambda clip: Part.TEST if clip.subject in test else Part.TRAIN


def by_camera(test: frozenset[int]) -> Split:
    """The split that tests on the clips from some cameras and trains on all others."""
    return lambda clip: Part.TEST if clip.camera in test else Part.TRAIN


def by_name(train: AbstractSet[str], test: AbstractSet[str]) -> Split:
    """The split into clips of these names; None for any other."""
    return lambda clip: Part.TRAIN if clip.name in train else Part.TEST if clip.name in test else None


def find_split(corpus: Corpus, split: str | None) -> tuple[str, Split]:
    """Name and sides of a split.

    Args:
        corpus: the dataset.
        split: the name of a published one, or `subject=2,4` or `camera=3` for whose clips are on the test side; the
            dataset's usual one by default.

    Raises:
        UserError: if the dataset has no such split, or none at all and none was given.
    """
    if split is None and not corpus.splits:
        raise UserError(f"{corpus.origin.name} publishes no split; say who is tested on, as in --split subject=1,2")
    name = split or next(iter(corpus.splits))
    by, equals, listed = name.partition("=")
    if not equals:
        return name, corpus.split(name)
    kinds = {"subject": by_subject, "camera": by_camera}
    numbers = listed.split(",")
    if by not in kinds or not all(number.strip().isdecimal() for number in numbers):
        raise UserError(f"the split '{name}' is neither a published one nor like subject=2,4 or camera=3")
    return name, kinds[by](frozenset(map(int, numbers)))
