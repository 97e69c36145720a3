"""What several test packages share: where the real data lies, and small files of each kind."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from realtime import cores
from realtime.pose.landmarker import ignore_profiling_timer
from realtime.pose_models import resolve
from stf.errors import UserError

try:
    import PySide6.QtWidgets  # noqa: F401
except ImportError:  # without libraries of the system that Qt needs, pytest-qt would end every test
    pytest_plugins = []
else:
    pytest_plugins = ["pytestqt.plugin"]

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: the pose estimator's threads want the other core

if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # else two pose estimators may keep to one core, the other idle
    cores.settle(int(worker.removeprefix("gw")))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as under nohup; the commands that tests start would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

ignore_profiling_timer()

settings.register_profile("untimed", deadline=None)  # speed is measured in benchmarks/, on idle machines
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let pytest-qt watch over the tests of windows only: elsewhere Python itself may complain of damaged input.

    Files with slow tests come first, so that at the end no process waits for the other's long file.
    """
    for item in items:
        if "apps" not in item.path.parts:
            item.add_marker("qt_no_exception_capture")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("STF_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def utd_mhad() -> Path:
    """The UTD-MHAD folder; skips where it is absent."""
    return _real("utd_mhad")


@pytest.fixture(scope="session")
def penn_action() -> Path:
    """The Penn Action folder; skips where it is absent."""
    return _real("penn_action")


@pytest.fixture(scope="session")
def nucla() -> Path:
    """The Northwestern-UCLA folder; skips where it is absent."""
    return _real("nucla")


@pytest.fixture(scope="session")
def hdm05() -> Path:
    """The HDM05 folder; skips where it is absent."""
    return _real("hdm05_11")


@pytest.fixture(scope="session")
def precog() -> Path:
    """The PRECOG folder; skips where it is absent."""
    return _real("precog16")


@pytest.fixture(scope="session")
def ui_prmd() -> Path:
    """The UI-PRMD folder; skips where it is absent."""
    return _real("ui_prmd")


@pytest.fixture(scope="session")
def cmu() -> Path:
    """The CMU motion capture folder; skips where it is absent."""
    return _real("cmu_subset")


@pytest.fixture(scope="session")
def videos() -> Path:
    """The folder of real videos; skips where it is absent."""
    return _real("videos")


@pytest.fixture(scope="session")
def elan_schema() -> Path:
    """ELAN's own schema of its files, mpi.nl/tools/elan/EAFv3.0.xsd; skips where its folder is absent."""
    return _real("elan") / "EAFv3.0.xsd"


@pytest.fixture(scope="session")
def pose_model() -> Path:
    """The full pose model, from the user's cache; fetched into it once, and skips where it cannot be had."""
    try:
        return resolve("full")
    except UserError as error:
        pytest.skip(str(error))


def _real(name: str) -> Path:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"the real data in {folder} is not here (set STF_DATA to the folder that holds {name}/)")
    return folder
