"""`stf doctor`: what the program needs from this machine, a line each: ok, or a problem and what to do."""

import importlib.metadata
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.table import Column, Table
from rich.text import Text

from apps.console import make_console
from apps.screen import missing_screen
from stf.errors import UserError


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        subject: what was looked at.
        state: what was found.
        remedy: what to do; empty where all is well.
        fatal: whether the program cannot do its main job like this.
    """

    subject: str
    state: str
    remedy: str = ""
    fatal: bool = False

    @property
    def mark(self) -> Text:
        """What the line begins with: ok, note or problem."""
        if self.fatal:
            return Text("problem", style="red")
        return Text("note", style="yellow") if self.remedy else Text("ok", style="green")


def run_doctor() -> int:
    """Print the report.

    Returns:
        The exit code: 0, or 1 where something essential is missing.
    """
    table = Table("", "what", Column("found", overflow="fold"), "what to do")
    findings = [finding for check in CHECKS for finding in run_check(check)]
    for finding in findings:
        table.add_row(finding.mark, finding.subject, finding.state, finding.remedy)
    make_console().print(table)
    return 1 if any(finding.fatal for finding in findings) else 0


def run_check(check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """A check's findings; a check that fails is a finding itself."""
    try:
        return list(check())
    except UserError as error:
        state, remedy = str(error), "as it says"
    except Exception as error:  # noqa: BLE001 - whatever is wrong with this machine, the other checks still help
        state = f"{type(error).__name__}: {error}"
        remedy = "install the system library it names, or the program again in a fresh virtual environment"
    return [Finding(check.__name__.removeprefix("check_").replace("_", " "), state, remedy, fatal=True)]


def check_python() -> Iterator[Finding]:
    """Interpreter and system."""
    version = platform.python_version()
    old = sys.version_info < (3, 11)
    yield Finding("Python", f"{version} on {platform.platform()}", "use Python 3.11 or newer" if old else "", fatal=old)


def check_torch() -> Iterator[Finding]:
    """Torch, and where it can compute."""
    import torch  # noqa: PLC0415

    yield Finding("torch", f"{torch.__version__}, {torch.get_num_threads()} threads")
    if torch.cuda.is_available():
        yield Finding("GPU", ", ".join(torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())))
    else:
        yield Finding("GPU", "none that torch can use; the recogniser runs on the processor")


def check_opencv() -> Iterator[Finding]:
    """OpenCV, its two packages and its Qt plugins."""
    from realtime.opencv import cv2, qt_clash  # noqa: PLC0415

    yield Finding("OpenCV", cv2.__version__)
    versions = {name: _version(name) for name in ("opencv-python", "opencv-contrib-python")}
    found = {version for version in versions.values() if version}
    if len(found) > 1:
        state = ", ".join(f"{name} {version}" for name, version in versions.items())
        yield Finding("OpenCV packages", state, "they share one folder: install both in the same version")
    clash = qt_clash()
    yield Finding("Qt plugins", "clash" if clash else "no clash between OpenCV and PySide6", clash or "")


def check_mediapipe() -> Iterator[Finding]:
    """MediaPipe's version."""
    version = _version("mediapipe")
    yield Finding("MediaPipe", version or "missing", "" if version else "pip install mediapipe", fatal=not version)


def check_pose_models() -> Iterator[Finding]:
    """The pose models in the cache, and whether the default one works."""
    from realtime.pose import MediaPipePose  # noqa: PLC0415
    from realtime.pose_models import cache_folder, list_models  # noqa: PLC0415

    models = list_models()
    cached = [info.name for info in models if info.cached]
    yield Finding("model cache", f"{cache_folder()}: {', '.join(cached) or 'no pose model'}")
    if "full" in cached:
        MediaPipePose("full").close()
        yield Finding("pose estimator", "starts")
    else:
        yield Finding("pose estimator", "its model is not here yet", "stf models fetch full (stf demo fetches it too)")


def check_recogniser() -> Iterator[Finding]:
    """The shipped recogniser."""
    from stf.recogniser import Recogniser  # noqa: PLC0415

    recogniser = Recogniser.load(device="cpu")
    yield Finding("recogniser", f"{len(recogniser.classes)} actions, {recogniser.layout.name}")


def check_video() -> Iterator[Finding]:
    """The video codecs that come with PyAV."""
    import av  # noqa: PLC0415

    h264 = "libx264" in av.codecs_available
    remedy = "" if h264 else "annotated videos need H.264: install PyAV from PyPI (pip install --force-reinstall av)"
    yield Finding("video", f"PyAV {av.__version__}, H.264 {'can be written' if h264 else 'cannot be written'}", remedy)


def check_cameras() -> Iterator[Finding]:
    """Cameras that answer."""
    from realtime.sources import list_cameras  # noqa: PLC0415

    cameras = list_cameras()
    state = ", ".join(str(camera) for camera in cameras) or "none"
    yield Finding("cameras", state, "" if cameras else "plug one in, or use stf live FILE or an address")


def check_screen() -> Iterator[Finding]:
    """Whether a window can be shown."""
    missing = missing_screen()
    yield Finding("screen", missing or "there", "use stf live --no-window, and stf label" if missing else "")


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_python,
    check_torch,
    check_opencv,
    check_mediapipe,
    check_pose_models,
    check_recogniser,
    check_video,
    check_cameras,
    check_screen,
)
