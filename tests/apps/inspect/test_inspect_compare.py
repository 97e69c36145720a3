"""Two models side by side in the inspector: one clip or one video, one cursor, one question."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from inspecting import Inspecting
from untrained import write_checkpoint
from viewing import RecordedEngine

from apps.engine import Engine
from apps.inspect import changes
from apps.inspect.data import Why
from stf.checkpoint import DEFAULT_MODEL
from stf.explanation import Question, ask_windows
from stf.recogniser import Recogniser

Maker = Callable[..., Inspecting]
