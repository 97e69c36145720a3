from pathlib import Path

import numpy as np
import pytest

from realtime.sinks.focus_spool import focus_spool
from stf.errors import UserError
from stf.prediction import Prediction


def prediction(start: float, person: int, value: float) -> Prediction:
    focus = np.zeros((64, 25), np.float32)
    focus[:, 7] = value * np.linspace(0, 1, 64)
    return Prediction(start, start + 2.1, person, np.ones(1, np.float32), "a", 1.0, focus)


def test_the_focus_at_a_moment_is_that_of_the_window_around_it(tmp_path: Path) -> None:
    with focus_spool(tmp_path) as spool:
        for number, start in enumerate((0.0, 0.5, 1.0)):
            spool.write(prediction(start, 0, (number + 1) / 4))
            spool.write(prediction(start, 1, 0.01))
        middle = spool.focus_at(0, 0.5 + 1.05)
        assert middle is not None
        assert middle[7] == pytest.approx(0.25, abs=0.01)
        early, late = spool.focus_at(0, 0.1), spool.focus_at(0, 3.0)
        assert early is not None
        assert late is not None
        assert early[7] == pytest.approx(0.25 * 0.1 / 2.1, abs=0.01)
        assert late[7] == pytest.approx(0.75 * 2.0 / 2.1, abs=0.02)


def test_moments_and_people_without_a_window_have_no_focus(tmp_path: Path) -> None:
    with focus_spool(tmp_path) as spool:
        spool.write(prediction(0.0, 0, 1.0))
        assert spool.focus_at(0, 2.2) is None
        assert spool.focus_at(0, -0.1) is None
        assert spool.focus_at(1, 1.0) is None


def test_nothing_is_left_on_disk(tmp_path: Path) -> None:
    with focus_spool(tmp_path / "new") as spool:
        spool.write(prediction(0.0, 0, 1.0))
    assert list((tmp_path / "new").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file"), focus_spool(tmp_path / "file" / "folder"):
        pass
