"""Streams of skeletons of which is known who did what when: real ones, clips one after the other, and people idling."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32

from calibration.everyday.labels import TABLE
from calibration.everyday.merge import RATE_HZ, TEST_SUBJECTS
from stf.datasets import precog
from stf.datasets.clip import Clip, to_layout
from stf.datasets.corpus import BrokenClipError, Corpus, Part
from stf.motion import moving_part
from stf.prediction import NONE, Segment
from stf.skeleton import NTU25
from stf.transforms import normalise_body

Joints = Float32[np.ndarray, "T V C"]

_BRIDGE = round(0.2 * RATE_HZ)  # frames from one clip to the next
_IDLE = (1.0, 3.0)  # seconds between two clips
_IN_A_STREAM = 10  # clips
_SAME = 0.5  # seconds; two strikes of one label no further apart are one
_MINUTE = round(60 * RATE_HZ)


@dataclass(frozen=True, slots=True)
class Stream:
    """One person for a while.

    Attributes:
        joints: (T, V, C) in NTU25, at `RATE_HZ`.
        truth: kind of truth -> what is to be found; the kind says what the stream is, too.
    """

    joints: Joints
    truth: Mapping[str, Sequence[Segment]]

    @property
    def times(self) -> Float32[np.ndarray, " T"]:
        """Of the frames, in seconds."""
        return np.arange(len(self.joints)) / RATE_HZ

    @property
    def minutes(self) -> float:
        """How long it is."""
        return len(self.joints) / _MINUTE


def precog_streams(folder: Path, part: Part) -> Iterator[Stream]:
    """The streams of PRECOG's people of one side, its strikes called what the everyday data calls them.

    Strikes of one label with no more than half a second between them are one thing that is done; the other truth is
    that each strike is a segment of its own.
    """
    for path in sorted(folder.rglob("Seq*.csv")):
        try:
            clip, numbers = precog.read_stream(path)
        except BrokenClipError:
            continue
        if (clip.subject in precog.TRAIN_SUBJECTS) is (part is Part.TEST) or np.isnan(clip.joints).all():
            continue
        edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
        strikes: list[Segment] = []
        done: list[Segment] = []
        for start, stop in pairwise(edges):
            if numbers[start] == precog.NO_STRIKE:
                continue
            (cut,) = TABLE["precog"][precog.CLASSES[numbers[start]]]
            strikes.append(Segment(start / RATE_HZ, stop / RATE_HZ, 0, cut.label, 1.0))
            if done and done[-1].label == cut.label and strikes[-1].start - done[-1].end <= _SAME:
                done[-1] = replace(done[-1], end=strikes[-1].end)
            else:
                done.append(strikes[-1])
        yield Stream(to_layout(clip, NTU25).joints[0], {"PRECOG": done, "PRECOG, each strike": strikes})


def joined_streams(
    corpus: Corpus, clips: Sequence[Clip], per_label: int, random: np.random.Generator
) -> Iterator[Stream]:
    """Clips of the everyday data one after the other, ten to a stream, with people of UTD-MHAD at rest between them.

    What is to be found of a clip is where something moves in it (`stf.motion`). Everybody is brought to the same size,
    place and direction, as a recogniser does with a window, and 0.2 s lie between a clip and the rest beside it.

    Args:
        corpus: the everyday data.
        clips: of one side; those of PRECOG, which has streams of its own, are left out.
        per_label: how many clips of each label at most.
        random: chooses.
    """
    rests = [_shape(clip) for clip in clips if _is_rest(corpus, clip)]
    chosen = []
    for number, label in enumerate(corpus.classes):
        of_label = [clip for clip in clips if clip.label == number and not clip.name.startswith("precog")]
        if label != NONE:
            chosen += [of_label[place] for place in random.permutation(len(of_label))[:per_label]]
    order = random.permutation(len(chosen))
    for first in range(0, len(order), _IN_A_STREAM):
        parts, truth = [_rest(rests, random)], []
        for clip in (chosen[place] for place in order[first : first + _IN_A_STREAM]):
            begin = sum(map(len, parts)) + len(parts) * _BRIDGE
            start, stop = ((begin + frame) / RATE_HZ for frame in moving_part(clip))
            truth.append(Segment(start, stop, 0, corpus.classes[clip.label], 1.0))
            parts += [_shape(clip), _rest(rests, random)]
        yield Stream(_join(parts), {"clips in a row": truth})


def idle_streams(corpus: Corpus, clips: Sequence[Clip], random: np.random.Generator) -> Iterator[Stream]:
    """Half a minute of each person who does nothing, and all of each who does something that has no label.

    Of UTD-MHAD that is standing at rest and of PRECOG what people do between strikes, a person's clips in any order,
    each forwards and backwards; of CMU it is mopping, laughing and so on.
    """
    kinds: dict[str, Callable[[Clip], bool]] = {
        "standing at rest": lambda clip: _is_rest(corpus, clip),
        "between strikes": lambda clip: _is_none(corpus, clip) and clip.name.startswith("precog"),
        "other doings": lambda clip: _is_none(corpus, clip) and clip.name.startswith("cmu"),
    }
    for kind, belongs in kinds.items():
        mine = [clip for clip in clips if belongs(clip)]
        for subject in sorted({clip.subject for clip in mine}):
            shapes = [_shape(clip) for clip in mine if clip.subject == subject]
            parts = shapes if kind == "other doings" else list(_to_and_fro(shapes, random))
            yield Stream(_join(parts), {kind: ()})


def _to_and_fro(shapes: Sequence[Joints], random: np.random.Generator) -> Iterator[Joints]:
    frames = 0
    while frames < _MINUTE / 2:
        shape = shapes[random.integers(len(shapes))]
        yield from (shape, shape[::-1])
        frames += 2 * len(shape)


def _is_none(corpus: Corpus, clip: Clip) -> bool:
    return corpus.classes[clip.label] == NONE


def _is_rest(corpus: Corpus, clip: Clip) -> bool:
    return _is_none(corpus, clip) and clip.name.startswith("utd_mhad")


def _rest(rests: Sequence[Joints], random: np.random.Generator) -> Joints:
    frames = round(random.uniform(*_IDLE) * RATE_HZ)
    shape = rests[random.integers(len(rests))]
    return np.concatenate([shape, shape[::-1]] * -(-frames // (2 * len(shape))))[:frames]


def _shape(clip: Clip) -> Joints:
    """A clip as everybody's place, size and direction are taken away."""
    x = torch.from_numpy(clip.joints[:1]).permute(3, 1, 2, 0)[None].nan_to_num()
    return np.ascontiguousarray(normalise_body(x, clip.layout)[0].permute(3, 1, 2, 0)[0].numpy())


def _join(parts: Iterable[Joints]) -> Joints:
    """One after the other, with a straight way of `_BRIDGE` frames from each to the next."""
    first, *others = parts
    whole = [first]
    share = np.linspace(0, 1, _BRIDGE + 2, dtype=np.float32)[1:-1, None, None]
    for part in others:
        whole += [(1 - share) * whole[-1][-1] + share * part[0], part]
    return np.concatenate(whole)


def subjects_of(part: Part) -> Callable[[Clip], bool]:
    """Whether a clip of the everyday data is of somebody on that side."""
    return lambda clip: (clip.subject in TEST_SUBJECTS) is (part is Part.TEST)
