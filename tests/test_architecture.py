"""The house stands: imports point one way, joint numbers and threads stay where they belong, import stays light."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = ("stf", "realtime", "calibration", "apps")
FORBIDDEN = {
    "stf": {"cv2", "mediapipe", "PySide6", "pyqtgraph", "av"},
    "realtime": {"PySide6", "pyqtgraph"},
    "calibration": {"PySide6", "pyqtgraph"},
    "apps": set[str](),
}
MODULES = [path for package in ORDER for path in sorted((ROOT / package).rglob("*.py"))]


def imported_packages(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_never_point_towards_the_apps(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    later = set(ORDER[ORDER.index(package) + 1 :])
    assert not imported_packages(path) & (later | FORBIDDEN[package])


def test_threads_live_in_the_pipeline_in_the_viewer_and_in_processes_that_film() -> None:
    assert folders_with(r"\bThread\(|ThreadPool") == {"realtime/pipeline", "apps/live", "calibration/landmarks"}


def test_only_filming_and_labelling_start_processes() -> None:
    assert folders_with(r"ProcessPool|multiprocessing") == {"calibration/landmarks", "apps/batch"}


def folders_with(pattern: str) -> set[str]:
    """The folders of the modules that hold `pattern`."""
    return {p.relative_to(ROOT).parent.as_posix() for p in MODULES if re.search(pattern, p.read_text(encoding="utf-8"))}


def test_every_module_says_what_it_is() -> None:
    silent = [path for path in MODULES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert not silent


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("stf", {"torch", "numpy", "cv2", "mediapipe", "scipy", "lightning", "av"}),
        ("stf.recogniser", {"cv2", "mediapipe", "scipy", "lightning", "av", "matplotlib"}),
        ("apps.live.window", {"torch", "scipy", "mediapipe", "matplotlib"}),
        ("apps.inspect.window", {"torch", "scipy", "mediapipe", "matplotlib"}),
    ],
)
def test_nobody_waits_for_what_is_needed_later_or_never(module: str, heavy: set[str]) -> None:
    if module.endswith("window"):
        pytest.importorskip("PySide6.QtWidgets", reason="Qt cannot be loaded", exc_type=ImportError)
    command = f"import sys, {module}; print(' '.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert not heavy & set(loaded.split())
