"""`stf demo`: the whole chain, with nothing to set up."""

import json
from pathlib import Path

import av
import pytest
from conftest import DEMO, Command, Outcome, finish, names, start_process

from apps.demo import overlap
from realtime.formats.segments_csv import read_segments
from realtime.pipeline.statistics import STAGES
from realtime.records import open_record
from stf.prediction import Segment


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, pose_model: Path) -> tuple[Outcome, Path]:  # noqa: ARG001 - fetched before
    """What `stf demo` says, and the folder it was started in."""
    folder = tmp_path_factory.mktemp("demo")
    return finish(start_process(folder, "demo")), folder


@pytest.mark.slow
def test_it_leaves_an_annotated_video_and_label_files_and_nothing_else(demo: tuple[Outcome, Path]) -> None:
    outcome, folder = demo
    assert (outcome.code, outcome.err) == (0, "")
    assert names(folder) == {"stf-demo"}
    assert names(folder / "stf-demo") == {"demo.annotated.mp4", "demo.stf.json", "demo.stf.npz", "demo.segments.csv"}
    with av.open(str(DEMO)) as source, av.open(str(folder / "stf-demo" / "demo.annotated.mp4")) as drawn:
        assert drawn.streams.video[0].frames == source.streams.video[0].frames
    assert open_record(folder / "stf-demo" / "demo.stf.json").facts.windows.windows > 90


@pytest.mark.slow
def test_at_least_five_actions_come_out_as_their_own_label_over_most_of_their_span(demo: tuple[Outcome, Path]) -> None:
    found = read_segments(demo[1] / "stf-demo" / "demo.segments.csv")
    truth = json.loads(DEMO.with_suffix(".json").read_text())["segments"]
    assert len({span["label"] for span in truth}) >= 6
    shares = {
        span["label"]: sum(overlap(s, span["start"], span["end"]) for s in found if s.label == span["label"])
        / (span["end"] - span["start"])
        for span in truth
    }
    assert sum(share > 0.5 for share in shares.values()) >= 5, shares


@pytest.mark.slow
def test_it_prints_what_was_recognised_and_how_fast_each_stage_ran(demo: tuple[Outcome, Path]) -> None:
    outcome, folder = demo
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in outcome.out.splitlines() if line[:1] == "│"]
    stages = {row[0]: row for row in rows if row[0] in STAGES}
    assert set(stages) == set(STAGES) - {"latency"}
    assert all(float(row[1].removesuffix(" ms")) > 0 for row in stages.values())
    segments = (folder / "stf-demo" / "demo.segments.csv").read_text().splitlines()[1:]
    assert len([row for row in rows if row[3].endswith("%")]) == len(segments) > 0
    assert {span["label"] for span in json.loads(DEMO.with_suffix(".json").read_text())["segments"]} <= {
        row[4] for row in rows if len(row) == 5
    }
    assert "stf-demo/demo.annotated.mp4" in outcome.out


def test_a_result_folder_that_cannot_be_made(stf: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in stf("demo", "-o", "file/demo").sentence


def test_overlap_is_the_shared_time() -> None:
    segment = Segment(1.0, 3.0, 0, "wave", 0.9)
    assert [overlap(segment, *span) for span in ((0, 2), (2, 9), (0, 9), (3, 4), (5, 6))] == [1, 1, 2, 0, 0]
