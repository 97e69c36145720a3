"""A picture of each state of the inspector: `python -m apps.inspect.screenshots -o FOLDER`, without a screen.

Those of the clips of a dataset are of UTD-MHAD, and are left out where STF_DATA names no folder that has it.
"""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from apps.batch.worker import Job
from apps.cli.options import Show
from apps.engine import Engine
from apps.evaluate import EvaluateOptions, run_evaluate
from apps.inspect import changes
from apps.inspect.data import Why
from apps.inspect.model import Inspector
from apps.inspect.opening import Request
from apps.inspect.window import InspectWindow
from apps.label import Run, run_label
from apps.live.worker import DEMO
from apps.photographer import Photographer, prepare
from stf.checkpoint import DEFAULT_MODEL


class InspectPhotographer(Photographer):
    """Drives an inspector.

    Args:
        application: the one there is.
        folder: where the pictures go.
    """

    def __init__(self, application: QApplication, folder: Path) -> None:
        self.inspector = Inspector(Engine(DEFAULT_MODEL), given=False)
        self.window = InspectWindow(self.inspector)
        super().__init__(application, self.window, folder)

    def answered(self) -> None:
        """Wait for the answer to what is asked now."""
        asking = self.inspector.asking
        self.until(
            lambda: asking.answer is not None and (asking.answer.why, asking.answer.edits) == (asking.why, asking.edits)
        )


def take_questions(photographer: InspectPhotographer, record: Path) -> None:
    """A labelled video, and what is asked about it."""
    window, inspector = photographer.window, photographer.inspector
    photographer.shoot("empty")
    window.open(Request(record))
    photographer.until(lambda: inspector.asking.answer is not None)
    inspector.cursor.go(13.6)
    photographer.answered()
    photographer.shoot("opened")
    inspector.asking.wonder(Why("tennis serve", "throw"))
    photographer.until(lambda: inspector.asking.share == 1.0)
    photographer.answered()
    window.actions_by_name["loop"].trigger()
    inspector.cursor.show(11.0, 16.0)
    window.actions_by_name["trust"].trigger()
    photographer.until(lambda: not window.why.curves.isHidden())
    photographer.shoot("why")
    window.actions_by_name["space"].trigger()
    photographer.shoot("space")
    window.actions_by_name["space"].trigger()
    window.actions_by_name["loop"].trigger()


def take_changes(photographer: InspectPhotographer) -> None:
    """What if, and corrected labels."""
    window, inspector = photographer.window, photographer.inspector
    layout = inspector.subject.layout if inspector.subject else None
    window.tabs.setCurrentIndex(1)
    inspector.asking.wonder(Why())
    if layout:
        inspector.asking.change((changes.switch_off(layout, layout.limbs["right arm"]), changes.mirror()))
    photographer.answered()
    photographer.shoot("try")
    inspector.asking.change(())
    window.tabs.setCurrentIndex(2)
    window.actions_by_name["beginning"].trigger()
    window.labels.table.selectRow(1)
    window.labels.label.setCurrentText("sit down")
    window.labels.teach.setChecked(True)
    window.labels.buttons["Change"].click()
    photographer.rest(1.0)
    photographer.shoot("labels")


def take_graph(photographer: InspectPhotographer) -> None:
    """The adjacency of a module, as a matrix and on the skeleton."""
    window, inspector = photographer.window, photographer.inspector
    inspector.cursor.go(13.6)
    photographer.answered()
    window.tabs.setCurrentIndex(3)
    photographer.until(lambda: window.graph.graph is not None)
    window.graph.kind.setCurrentIndex(1)
    window.graph.kind.activated.emit(1)
    window.actions_by_name["space"].trigger()
    photographer.shoot("graph")
    window.actions_by_name["space"].trigger()


def take_mean(photographer: InspectPhotographer, scratch: Path) -> None:
    """What is looked at on average, and a film of it."""
    window, inspector = photographer.window, photographer.inspector
    inspector.cursor.go(13.6)
    photographer.answered()
    window.actions_by_name["mean_span"].trigger()
    photographer.until(lambda: window.mean.mean is not None)
    photographer.shoot("mean")
    window.actions_by_name["mean_all"].trigger()
    photographer.until(lambda: window.mean.mean is not None and window.mean.mean.found.clips > 1)
    photographer.shoot("mean-all")
    film = scratch / "serve.mp4"
    inspector.explain(lambda found: inspector.keep(film, found))
    photographer.until(lambda: bool(window.progress.text))
    photographer.shoot("film")
    photographer.until(film.exists)


def take_labelling(photographer: InspectPhotographer, video: Path) -> None:
    """A video that has no record yet."""
    window, inspector = photographer.window, photographer.inspector
    before = inspector.subject
    window.open(Request(video))
    photographer.until(lambda: window.progress.text == f"Labelling {video.name}" and window.progress.bar.value() > 0)
    photographer.shoot("labelling")
    window.actions_by_name["cancel"].trigger()
    photographer.until(window.progress.isHidden)
    if inspector.subject is not before:
        raise RuntimeError("what was open before is not there any more")


def take_rival(photographer: InspectPhotographer) -> None:
    """Another model, asked the same, as the window is and mirrored; in both colour schemes."""
    window, inspector = photographer.window, photographer.inspector
    inspector.rival.choose("utd-mhad-27")
    window.actions_by_name["against"].trigger()
    other = inspector.rival.asking
    photographer.until(lambda: other.answer is not None and other.share == 1.0)
    photographer.shoot("compare")
    inspector.asking.change((changes.mirror(),))
    photographer.answered()
    photographer.until(lambda: other.answer is not None and other.answer.edits == other.edits == inspector.asking.edits)
    photographer.in_the_dark("dark-compare")
    inspector.asking.change(())
    inspector.rival.choose("")


def some_clips(dataset: Path, scratch: Path) -> Path:
    """A folder with what one person of UTD-MHAD does twice."""
    folder = scratch / "utd_mhad"
    folder.mkdir()
    for clip in (*dataset.glob("*_s2_t1_*.mat"), *dataset.glob("*_s2_t2_*.mat")):
        (folder / clip.name).symlink_to(clip.resolve())
    return folder


def take_clips(photographer: InspectPhotographer, dataset: Path) -> None:
    """Where two models differ over a dataset, and a confusion from which to walk to its clips."""
    window, inspector = photographer.window, photographer.inspector
    results = dataset.with_name("results")
    run_evaluate(["utd-mhad-27"], dataset, results, EvaluateOptions(part=None))
    inspector.rival.choose("utd-mhad-27")
    window.open(Request(dataset))
    photographer.until(lambda: bool(inspector.clips) and inspector.rival.asking.answer is not None)
    window.actions_by_name["differ"].trigger()
    photographer.until(lambda: inspector.listing.share == 1.0)
    window.actions_by_name["next_listed"].trigger()
    photographer.until(lambda: inspector.rival.asking.answer is None)
    photographer.until(lambda: inspector.rival.asking.share == 1.0)
    photographer.shoot("differ")
    inspector.listing.read([results])
    photographer.until(
        lambda: inspector.listing.comparison is not None and len(inspector.listing.comparison.models) == 1
    )
    window.clips.kind.setCurrentIndex(2)
    window.clips.kind.activated.emit(2)
    photographer.shoot("confusion")
    photographer.in_the_dark("dark-confusion")


def take_around(photographer: InspectPhotographer, record: Path) -> None:
    """Keys, sizes, colours, and a video that is gone."""
    window = photographer.window
    window.tabs.setCurrentIndex(0)
    window.actions_by_name["keys"].trigger()
    photographer.shoot("keys")
    window.actions_by_name["keys"].trigger()
    usual = window.size()
    for name, size in (("small", (800, 600)), ("large", (1900, 1060))):
        photographer.resize(*size)
        photographer.shoot(name)
    window.resize(usual)
    photographer.in_the_dark("dark")
    window.tabs.setCurrentIndex(1)
    photographer.in_the_dark("dark-try")
    window.tabs.setCurrentIndex(0)
    gone = record.parent / "demo.mp4"
    gone.rename(gone.with_name("moved.mp4"))
    window.open(Request(record))
    photographer.until(lambda: bool(photographer.inspector.lost))
    photographer.shoot("lost")


def main() -> None:
    """Take the pictures."""
    application, folder = prepare(__doc__)
    application.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    with TemporaryDirectory() as scratch:
        video = Path(shutil.copy(DEMO, scratch))
        run_label([video], Job(Path(scratch), Engine(DEFAULT_MODEL), ("npz",)), Run(show=Show.NOTHING))
        photographer = InspectPhotographer(application, folder)
        record = Path(scratch) / "demo.stf.json"
        take_questions(photographer, record)
        take_changes(photographer)
        take_graph(photographer)
        take_mean(photographer, Path(scratch))
        take_labelling(photographer, Path(shutil.copy(DEMO, Path(scratch) / "walk.mp4")))
        take_rival(photographer)
        take_around(photographer, record)
        if "STF_DATA" in os.environ:
            take_clips(photographer, some_clips(Path(os.environ["STF_DATA"]) / "utd_mhad", Path(scratch)))
        photographer.window.close()
        photographer.inspector.join(30)


if __name__ == "__main__":
    main()
