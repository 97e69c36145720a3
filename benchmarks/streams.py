"""Who does what when, in streams rather than clips: segment F1, edit score, delay, and false segments while idling.

    python benchmarks/streams.py EVERYDAY/clean PRECOG --model everyday-3d.safetensors
    python benchmarks/streams.py EVERYDAY/clean PRECOG --model everyday-3d.safetensors --tune

EVERYDAY is the folder of `stf data build-default`, PRECOG the dataset. Skeletons as they were recorded go through the
windows and segments of the live pipeline. The first command measures the defaults on the people to test on; its table
goes to docs/results/streams.csv. The second measures lengths of windows and thresholds on the people to train on, and
nobody else; its table goes to docs/results/streams-tuning.csv.
"""

import argparse
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from _machine import describe
from _seeds import write_table
from _streams import Stream, idle_streams, joined_streams, precog_streams, subjects_of

from calibration.everyday.made import is_made
from realtime.segments import Segmenter, SegmentSpec
from realtime.window import WindowSpec, seen_since, windows_of
from stf.checkpoint import DEFAULT_MODEL
from stf.datasets import open_corpus
from stf.datasets.corpus import Part, read_clips
from stf.prediction import NONE, Prediction, Segment
from stf.recogniser import Recogniser
from stf.segment_metrics import OVERLAPS, Matches, detection_delay, edit_score, match_segments

UNDER_WAY = 0.5  # seconds from the start of an action until it is clearly under way
IN_TIME = 0.7  # seconds from then until it is to be announced
BATCH = 32

ENTER, SMOOTH, MIN_SECONDS = (0.3, 0.4, 0.5), (0.3, 0.6), (0.3, 0.5, 0.8)  # what is tried

Seen = Sequence[tuple[Prediction, float]]


@dataclass
class Tally:
    """What is counted over the streams of one kind."""

    streams: int = 0
    minutes: float = 0.0
    found: int = 0
    matches: list[Matches] = field(default_factory=lambda: [Matches()] * len(OVERLAPS))
    edits: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    def add(
        self, minutes: float, found: Sequence[Segment], said: Sequence[tuple[float, str]], true: Sequence[Segment]
    ) -> None:
        """Count one stream."""
        self.streams += 1
        self.minutes += minutes
        self.found += len(found)
        counts = (match_segments(found, true, overlap) for overlap in OVERLAPS)
        self.matches = [one + two for one, two in zip(self.matches, counts, strict=True)]
        self.edits.append(edit_score(found, true))
        self.delays += [detection_delay(said, segment) - UNDER_WAY for segment in true]

    def row(self) -> dict[str, object]:
        """Its figures; of people who idle only how much was found."""
        row: dict[str, object] = {
            "streams": self.streams,
            "minutes": f"{self.minutes:.1f}",
            "actions": len(self.delays),
            "found_per_minute": f"{self.found / self.minutes:.2f}",
        }
        if not self.delays:
            return row | dict.fromkeys(("f1_10", "f1_25", "f1_50", "edit", "delay", "delay_p90", "in_time"), "")
        f1 = {f"f1_{100 * k:.0f}": f"{100 * one.f1:.1f}" for k, one in zip(OVERLAPS, self.matches, strict=True)}
        middle, late = (np.quantile(self.delays, share, method="lower") for share in (0.5, 0.9))
        return (
            row
            | f1
            | {
                "edit": f"{100 * np.mean(self.edits):.1f}",
                "delay": f"{middle:.2f}",
                "delay_p90": f"{late:.2f}",
                "in_time": f"{100 * np.mean(np.array(self.delays) <= IN_TIME):.1f}",
            }
        )


def look(recogniser: Recogniser, stream: Stream, window: WindowSpec) -> Seen:
    """What is said of each window, and since when the person was then in view."""
    windows = windows_of(stream.times, stream.joints, window.shown_to(recogniser))
    seen: list[tuple[Prediction, float]] = []
    for batch in (windows[first : first + BATCH] for first in range(0, len(windows), BATCH)):
        scores, focus = recogniser.recognise(np.stack([one.joints for one in batch]))
        for one, row, spot in zip(batch, scores, focus, strict=True):
            best = int(row.argmax())
            said = Prediction(one.start, one.end, 0, row, recogniser.classes[best], float(row[best]), spot)
            seen.append((said, seen_since(one)))
    return seen


def follow(seen: Seen, classes: Sequence[str], spec: SegmentSpec) -> tuple[list[Segment], list[tuple[float, str]]]:
    """The segments, and at the end of each window what seemed to go on."""
    segmenter, found, said = Segmenter(classes, spec), [], []
    for prediction, since in seen:
        found += segmenter.add(prediction, since)
        current = segmenter.current(0)
        said.append((prediction.end, NONE if current is None else current.label))
    return found + segmenter.flush(), said


def measure(
    streams: Sequence[Stream], seen: Sequence[Seen], classes: Sequence[str], spec: SegmentSpec
) -> dict[str, Tally]:
    """Kind of truth -> what is counted."""
    tallies: dict[str, Tally] = {}
    for stream, predictions in zip(streams, seen, strict=True):
        found, said = follow(predictions, classes, spec)
        for kind, true in stream.truth.items():
            tallies.setdefault(kind, Tally()).add(stream.minutes, found, said, true)
    return tallies


def tune(recogniser: Recogniser, streams: Sequence[Stream]) -> Iterator[Mapping[str, object]]:
    """A row for each setting; its first F1@50 is the mean of that of PRECOG and that of clips in a row."""
    for seconds, stride in itertools.product(arguments.seconds, arguments.stride):
        window = WindowSpec(seconds=seconds, stride=stride)
        seen = [look(recogniser, stream, window) for stream in streams]
        for enter, smooth, least in itertools.product(ENTER, SMOOTH, MIN_SECONDS):
            spec = replace(SegmentSpec.above(enter), smooth=smooth, min_seconds=least)
            tallies = measure(streams, seen, recogniser.classes, spec)
            strikes, clips = tallies["PRECOG"].row(), tallies["clips in a row"].row()
            yield {
                "seconds": f"{seconds:.2f}",
                "stride": f"{stride:.3f}",
                "enter": enter,
                "smooth": smooth,
                "min_seconds": least,
                "f1_50": f"{(float(str(strikes['f1_50'])) + float(str(clips['f1_50']))) / 2:.1f}",
                **{f"precog_{name}": strikes[name] for name in ("f1_50", "edit", "delay", "in_time")},
                **{f"clips_{name}": clips[name] for name in ("f1_50", "edit", "delay", "in_time")},
            }


words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
words.add_argument("everyday", type=Path, help="the everyday clips")
words.add_argument("precog", type=Path, help="the streams of PRECOG")
words.add_argument("--model", default=DEFAULT_MODEL, help="the recogniser: a shipped model or a file")
words.add_argument("--per-label", type=int, default=3, help="clips of each label, one after the other")
words.add_argument("--seed", type=int, default=0)
words.add_argument("--train", action="store_true", help="the people to train on, for comparison")
words.add_argument("--tune", action="store_true", help="try lengths and thresholds, on the people to train on")
words.add_argument("--seconds", type=float, nargs="+", default=[1.0, 1.2, 1.6, 63 / 30], help="windows to try")
words.add_argument("--stride", type=float, nargs="+", default=[WindowSpec().stride], help="from one to the next")
arguments = words.parse_args()

describe(arguments.everyday, arguments.precog)
recogniser = Recogniser.load(arguments.model, device="cpu")
part = Part.TRAIN if arguments.train or arguments.tune else Part.TEST
corpus = open_corpus(arguments.everyday)
clips = [clip for clip in read_clips(corpus) if subjects_of(part)(clip) and not is_made(clip)]
random = np.random.default_rng(arguments.seed)
streams = [
    *precog_streams(arguments.precog, part),
    *joined_streams(corpus, clips, arguments.per_label, random),
    *(() if arguments.tune else idle_streams(corpus, clips, random)),
]
print(f"{len(streams)} streams of the {part} side, {sum(stream.minutes for stream in streams):.1f} minutes", flush=True)
if arguments.tune:
    rows = list(tune(recogniser, streams))
    write_table("streams-tuning", rows)
    for row in sorted(rows, key=lambda row: -float(str(row["f1_50"])))[:20]:
        print(", ".join(f"{name} {value}" for name, value in row.items()))
else:
    seen = [look(recogniser, stream, WindowSpec()) for stream in streams]
    tallies = measure(streams, seen, recogniser.classes, SegmentSpec())
    rows = [{"side": part.value, "streams_of": kind, **tally.row()} for kind, tally in tallies.items()]
    write_table(f"streams-{part.value}" if arguments.train else "streams", rows)
    for row in rows:
        print(", ".join(f"{name} {value}" for name, value in row.items()))
