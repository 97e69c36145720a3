"""Labelling a video from within the window, in a process of its own, which leaves the window its time."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from apps.batch.inputs import Failure, Video, output_name
from apps.batch.lock import only_run
from apps.batch.outcome import Done
from apps.batch.processes import Processes
from apps.batch.worker import Advanced, Began, Job, Lost, Said, Unusable
from apps.engine import Engine
from apps.inspect.chores import Chore, Chores
from apps.inspect.opening import Unlabelled
from apps.inspect.work import Work
from apps.live.events import Notice
from stf.atomic import remove_leftovers
from stf.errors import UserError

_PATIENCE = 0.2  # seconds until it is noticed that nobody waits any more


class Labelling(QObject):
    """Labels one video after the other.

    Signals:
        labelled: the `Unlabelled` that has its record now.
        failed: a `Notice` of why one has none.

    Args:
        engine: recogniser and pose estimator.
        chores: where this is one of.
    """

    labelled = Signal(object)
    failed = Signal(object)

    def __init__(self, engine: Engine, chores: Chores) -> None:
        super().__init__()
        self._engine = engine
        self._chores = chores
        self._work = Work("stf-inspector-labels")
        self._work.failed.connect(self.failed)

    def begin(self, unlabelled: Unlabelled) -> None:
        """Label this, as soon as nothing else is being labelled."""

        def work() -> Path | None:
            with self._chores.chore() as chore:
                return label(unlabelled, self._engine, chore)
            return None

        def done(record: Path | None) -> None:
            if record:
                self.labelled.emit(unlabelled)
            else:
                self.failed.emit(Notice(f"{unlabelled.video.name} is not labelled: it was cancelled"))

        self._work.do(work, done)

    def end(self) -> None:
        """Begin nothing more; `Chores.close` cancels what is under way."""
        self._work.end()

    def join(self, timeout: float) -> bool:
        """Wait until the thread has ended; whether it has."""
        return self._work.join(timeout)


def label(unlabelled: Unlabelled, engine: Engine, chore: Chore) -> Path:
    """Label a video; what is cancelled leaves no record, and begins where it was after the last whole minute.

    Args:
        unlabelled: the video, and where its record goes.
        engine: recogniser and pose estimator.
        chore: told of every frame.

    Returns:
        The record.

    Raises:
        UserError: if the video, the model or the folder cannot be used, or another run is writing to the folder.
        CancelledError: if that is to be the end.
    """
    video, folder = unlabelled.video, unlabelled.record.parent
    chore.begin(f"Labelling {video.name}: loading the model", None)
    try:
        with only_run(folder), Processes(1, Job(folder, engine, ("npz",))) as crew:
            crew.give(0, Video(video, Path(output_name(video))))
            while True:
                chore.check()
                for _, message in crew.hear(_PATIENCE):
                    match message:
                        case Began(_, frames):
                            chore.begin(f"Labelling {video.name}", frames)
                        case Advanced(frames):
                            chore.advance(frames)
                        case Said(sentence):
                            chore.begin(sentence, None)
                        case Done():
                            return message.record
                        case Failure(_, reason) | Unusable(reason):
                            raise UserError(f"'{video.name}' cannot be labelled: {reason}")
                        case Lost(how):
                            raise UserError(f"what labelled '{video.name}' ended ({how}); open the video again")
    finally:
        remove_leftovers(folder, own=False)  # not the film that may be being saved there meanwhile
