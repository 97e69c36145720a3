"""Where the MediaPipe pose model comes from: an explicit file, the user's cache, Google, or the mediapipe wheel.

A model is a MediaPipe bundle: a zip (stored) of a person detector and a landmark network. MediaPipe >= 1.0 ships none.
Once a model is in the cache everything works offline. Reading a bundle checks the CRC of both its members, so a
damaged cache is noticed and fetched again.
"""

import http.client
import os
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from realtime.pose_bundle import BUILT_FROM, WHEEL, build, damage, is_built
from stf.atomic import output_file
from stf.errors import UserError

Say = Callable[[str], None]

GOOGLE = "https://storage.googleapis.com/mediapipe-models/pose_landmarker"
CONNECT_SECONDS = 4.0
MAX_BYTES = 100_000_000  # the largest bundle, heavy, has 31 MB


class PoseModel(StrEnum):
    """The three sizes of MediaPipe's pose model."""

    LITE = "lite"
    FULL = "full"
    HEAVY = "heavy"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of one model without fetching anything.

    Attributes:
        name: lite, full or heavy.
        cached: whether a sound copy lies in the cache.
        path: where that copy lies, or would lie.
        source: where a cached copy came from; where a fetched one would come from.
        size_bytes: of the cached copy; 0 where there is none.
    """

    name: PoseModel
    cached: bool
    path: Path
    source: str
    size_bytes: int


def cache_folder() -> Path:
    """The folder the models are kept in: `$STF_CACHE`, else the user's cache folder of this system."""
    return Path(os.environ.get("STF_CACHE") or platformdirs.user_cache_path("stf"))


def where(model: PoseModel) -> Path:
    """The place of `model` in the cache, whether it is there or not."""
    return cache_folder() / f"pose_landmarker_{model}.task"


def list_models() -> list[ModelInfo]:
    """All models, those in the cache and those that could be fetched."""
    models = []
    for model in PoseModel:
        path = where(model)
        cached = path.is_file() and damage(path) is None
        built = cached and is_built(path)
        models.append(
            ModelInfo(model, cached, path, BUILT_FROM if built else GOOGLE, path.stat().st_size if cached else 0)
        )
    return models


def resolve(model: str | Path, *, say: Say = lambda _: None, base: str = GOOGLE) -> Path:
    """The bundle for `model`, fetched into the cache only where it is not there yet.

    Args:
        model: lite, full or heavy, or the path of a `.task` bundle.
        say: called with one sentence before anything that takes time or goes over the network.
        base: the address that Google's bundles lie under.

    Returns:
        The path of a bundle whose members were read and checked.

    Raises:
        UserError: if there is no such file or model, if the file is no pose bundle, or as `fetch` does.
    """
    if str(model) not in list(PoseModel):
        return _explicit(Path(model))
    name = PoseModel(str(model))
    path = where(name)
    if path.is_file():
        fault = damage(path)
        if fault is None:
            return path
        say(f"the pose model '{name}' in {path} is damaged ({fault}); fetching it again")
    return fetch(name, say=say, base=base)


def fetch(model: str | PoseModel, *, say: Say = lambda _: None, base: str = GOOGLE) -> Path:
    """Put `model` into the cache, replacing what is there: from Google or, for full, built from the mediapipe wheel.

    Args:
        model: lite, full or heavy.
        say: as in `resolve`.
        base: as in `resolve`.

    Returns:
        The path in the cache; nothing lies there half-written, also where two processes fetch at once.

    Raises:
        UserError: if neither way leads to the model, or if the cache cannot be written.
    """
    if model not in list(PoseModel):
        raise UserError(f"there is no pose model '{model}'; known are {', '.join(PoseModel)}")
    name = PoseModel(model)
    path = where(name)
    host = urlsplit(base).netloc
    say(f"fetching the pose model '{name}' from {host}")
    try:
        bundle = _download(f"{base}/pose_landmarker_{name}/float16/1/pose_landmarker_{name}.task")
    except _UnreachableError as error:
        if name is not PoseModel.FULL:
            raise UserError(
                f"the pose model '{name}' cannot be fetched from {host} ({error}); fetch it where that is possible and "
                "give its path, or use 'full', which can be built from a Python package"
            ) from None
        say(f"{host} does not give the pose model ({error}); building it from {WHEEL} with pip (36 MB)")
        bundle = build()
    _write(path, bundle)
    return path


class _UnreachableError(Exception):
    """Google's bundle cannot be had; the message is the reason, a few words long."""


def _explicit(path: Path) -> Path:
    if not path.is_file():
        raise UserError(f"there is no pose model '{path}'; give {', '.join(PoseModel)} or the path of a .task file")
    fault = damage(path)
    if fault is not None:
        raise UserError(f"'{path}' is not a MediaPipe pose bundle ({fault}); give another .task file or 'full'")
    return path


def _write(path: Path, content: bytes) -> None:
    """Let `path` hold `content` in one step, whatever other processes do to it at the same time."""
    try:
        with output_file(path) as part:
            part.write_bytes(content)
    except (OSError, UserError) as error:
        reason = getattr(error.__cause__ or error, "strerror", None) or error
        raise UserError(
            f"the pose model cannot be kept in {path.parent} ({reason}); "
            "set STF_CACHE to a folder that can be written and has 40 MB free"
        ) from None


def _download(url: str) -> bytes:
    """The bundle at `url`, checked; the address it redirects to, if any, must have the same scheme (https)."""
    try:
        # An opener of its own: urlopen keeps, for the life of the process, the proxies of its first call.
        with urllib.request.build_opener().open(url, timeout=CONNECT_SECONDS) as reply:
            if urlsplit(reply.url).scheme != urlsplit(url).scheme:
                raise _UnreachableError(f"it redirects to {reply.url}")
            bundle: bytes = reply.read(MAX_BYTES)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise _UnreachableError(getattr(reason, "strerror", None) or str(reason)) from None
    fault = damage(BytesIO(bundle))
    if fault is not None:
        raise _UnreachableError(f"what it sends is not a pose bundle: {fault}")
    return bundle
