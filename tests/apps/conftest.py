"""The `stf` command as a person starts it: in this process, or in one of its own."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest

from apps.cli import app

if TYPE_CHECKING:
    from inspecting import Inspecting
    from viewing import RecordedEngine, Viewer

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "apps" / "assets" / "demo.mp4"
SHORT_FRAMES = 180


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one sentence of a user error; asserts that it is one, and that nothing else was said."""
        assert self.code == 2, self
        assert self.out == "", self
        assert re.fullmatch(r"stf: [^\n]{20,400}\n", self.err), self
        return self.err


Command = Callable[..., Outcome]


@pytest.fixture
def stf(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command in this process, with the test's own folder as the working directory."""
    monkeypatch.chdir(tmp_path)

    def run(*args: object) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            app([str(arg) for arg in args], prog_name="stf")
        return Outcome(int(end.value.code or 0), *capfd.readouterr())

    return run


@pytest.fixture
def start(tmp_path: Path, pose_model: Path) -> Callable[..., subprocess.Popen[str]]:  # noqa: ARG001 - fetched before
    """Starts a command in a process of its own, with the test's own folder as the working directory."""
    return lambda *args, **env: start_process(tmp_path, *args, **env)


def start_process(folder: Path, *args: object, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "apps", *map(str, args)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], timeout: float = 120) -> Outcome:
    """Wait for a process to end."""
    out, err = process.communicate(timeout=timeout)
    return Outcome(process.returncode, out, err)


def names(folder: Path) -> set[str]:
    """Everything in a folder, hidden or not; nothing where there is no folder."""
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def read_lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def copy_video(source: Path, target: Path, frames: int, *, slower: int = 1) -> None:
    """The first frames of a video as they are coded, in an MP4 whose index comes first; that many times slower."""
    with av.open(str(source)) as video, av.open(str(target), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream_from_template(video.streams.video[0])
        for packet in islice(video.demux(video.streams.video[0]), frames):
            if packet.dts is None:  # the end
                break
            packet.stream = stream
            packet.pts, packet.dts, packet.duration = (slower * n for n in (packet.pts, packet.dts, packet.duration))
            out.mux(packet)


@dataclass(frozen=True)
class Labelled:
    """A video, the folder `stf label --format csv,jsonl,npz` wrote, and what it said."""

    video: Path
    folder: Path
    outcome: Outcome

    @property
    def poses(self) -> Path:
        return self.folder / f"{self.video.stem}.poses.npz"

    @property
    def windows(self) -> Path:
        return self.folder / f"{self.video.stem}.windows.jsonl"

    @property
    def segments(self) -> Path:
        return self.folder / f"{self.video.stem}.segments.csv"


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory, pose_model: Path) -> Labelled:  # noqa: ARG001 - fetched before
    """The first seconds of the demo clip, labelled by a process of its own."""
    folder = tmp_path_factory.mktemp("labelled")
    video = folder / "short.mp4"
    copy_video(DEMO, video, SHORT_FRAMES)
    outcome = finish(start_process(folder, "label", video, "-o", "out", "--format", "csv,jsonl,npz"))
    return Labelled(video, folder / "out", outcome)


@pytest.fixture(scope="session")
def recorded_engine(labelled: Labelled) -> "RecordedEngine":
    """The shipped recogniser, with the poses of the labelled video."""
    from viewing import RecordedEngine  # noqa: PLC0415

    from stf.checkpoint import DEFAULT_MODEL  # noqa: PLC0415
    from stf.recogniser import Recogniser  # noqa: PLC0415

    recogniser = Recogniser.load(device="cpu")
    return RecordedEngine(DEFAULT_MODEL, "cpu", loaded=recogniser, poses=labelled.poses)


def our_threads() -> list[str]:
    """The names of the threads that this program has started and not ended."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("stf")]


@pytest.fixture
def make_viewer(
    qapp: object,  # noqa: ARG001 - there must be one before there is a window
    recorded_engine: "RecordedEngine",
    tmp_path: Path,
) -> "Iterator[Callable[..., Viewer]]":
    """Makes windows on recorded poses, and sees to it that they leave no thread behind."""
    from viewing import make_viewer  # noqa: PLC0415

    from realtime.sources import open_source  # noqa: PLC0415

    viewers = []

    def make(opener: Callable[..., object] = open_source, cameras: tuple[int, ...] = ()) -> "Viewer":
        viewers.append(make_viewer(recorded_engine, tmp_path, opener, list(cameras)))
        return viewers[-1]

    yield make
    for viewer in viewers:
        viewer.window.close()
        assert viewer.controller.join(patience=10)
    assert not our_threads()


@pytest.fixture
def running(make_viewer: "Callable[..., Viewer]", labelled: Labelled) -> "Viewer":
    """The labelled video, being watched."""
    from apps.live.events import Shown  # noqa: PLC0415

    viewer = make_viewer()
    viewer.controller.open(str(labelled.video))
    viewer.wait_for(Shown, 3)
    return viewer


@pytest.fixture
def make_inspecting(
    qapp: object,  # noqa: ARG001 - there must be one before there is a window
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> "Iterator[Callable[..., Inspecting]]":
    """Makes inspectors with a cache of their own, and sees to it that they leave no thread behind.

    By default they have the engine of the labelled video, which is labelled only where that is so.
    """
    from inspecting import Inspecting  # noqa: PLC0415

    from apps.inspect.model import Inspector  # noqa: PLC0415
    from apps.inspect.window import InspectWindow  # noqa: PLC0415

    monkeypatch.setenv("STF_CACHE", str(tmp_path / "cache"))
    made = []

    def make(engine: object = None, *, given: bool = False) -> "Inspecting":
        inspector = Inspector(engine or request.getfixturevalue("recorded_engine"), given=given)
        made.append(Inspecting(InspectWindow(inspector), inspector))
        return made[-1]

    yield make
    for inspecting in made:
        inspecting.window.close()
        assert inspecting.inspector.join(patience=20)
    assert not our_threads()


@pytest.fixture
def inspecting(make_inspecting: "Callable[..., Inspecting]", labelled: Labelled) -> "Inspecting":
    """The labelled video in an inspector that can be asked."""
    inspecting = make_inspecting()
    inspecting.open(labelled.folder / "short.stf.json")
    inspecting.wait(lambda: inspecting.asking.answer is not None)
    return inspecting
