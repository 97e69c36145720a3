import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data.records import CLASSES, MOMENTS, placed, predict, write_windows

from realtime.records.windows import Windows
from stf.prediction import Prediction
from stf.skeleton import NTU25


def windows(path: Path) -> Windows:
    return Windows(path, CLASSES, MOMENTS, NTU25.num_joints)


def test_windows_read_back_as_they_were_written_the_focus_to_a_255th(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    written = [predict(rng, start, person) for start in (-1.1, 0.3, 3600.1) for person in (0, 2)]
    written[1] = placed(written[1])
    with windows(write_windows(tmp_path / "w.npz", written)) as table:
        assert len(table) == 6
        for read, prediction in zip(table, written, strict=True):
            same = replace(read, scores=prediction.scores, focus=prediction.focus)
            assert same == prediction
            assert (read.scores == prediction.scores).all()
            assert np.abs(read.focus - prediction.focus).max() <= 0.5 / 255 + 1e-6
            assert read.top(5) == prediction.top(5)


def test_numpy_reads_the_documented_arrays_without_pickle(tmp_path: Path) -> None:
    written = [predict(np.random.default_rng(1), start) for start in range(3)]
    with np.load(write_windows(tmp_path / "w.npz", written), allow_pickle=False) as arrays:
        assert set(arrays) == {"start", "end", "person", "scores", "focus", "root", "facts"}
        assert (arrays["scores"] == [prediction.scores for prediction in written]).all()
        assert arrays["focus"].shape == (3, MOMENTS, 25)
        assert np.isnan(arrays["root"]).all()


def ramp(start: float, person: int, value: float) -> Prediction:
    focus = np.zeros((MOMENTS, 25), np.float32)
    focus[:, 7] = value * np.linspace(0, 1, MOMENTS)
    return replace(predict(np.random.default_rng(0), start, person), focus=focus)


def test_the_focus_at_a_moment_is_that_of_the_window_around_it(tmp_path: Path) -> None:
    written = []
    for number, start in enumerate((0.0, 0.5, 1.0)):
        written += [ramp(start, 0, (number + 1) / 4), ramp(start, 1, 0.01)]
    with windows(write_windows(tmp_path / "w.npz", written)) as table:
        middle, early, late = (table.focus_at(0, time) for time in (0.5 + 1.05, 0.1, 3.0))
        assert middle[7] == pytest.approx(0.25, abs=0.02)
        assert early[7] == pytest.approx(0.25 * 0.1 / 2.1, abs=0.02)
        assert late[7] == pytest.approx(0.75 * 2.0 / 2.1, abs=0.03)
        assert [table.focus_at(0, time) for time in (-0.1, 3.2)] == [None, None]
        assert table.focus_at(2, 1.0) is None


def test_a_number_that_is_not_finite_is_never_written(tmp_path: Path) -> None:
    bad = predict(np.random.default_rng(0))
    bad.focus[3, 4] = np.nan
    with pytest.raises(ValueError, match="not every number of the window"):
        write_windows(tmp_path / "w.npz", [bad])


def test_no_window_is_a_file_too(tmp_path: Path) -> None:
    with windows(write_windows(tmp_path / "w.npz", [])) as table:
        assert list(table) == []
        assert table.focus_at(0, 1.0) is None


def test_memory_does_not_grow_with_the_number_of_windows(tmp_path: Path) -> None:
    """An hour of one person in few joints and moments: 7 MB on disk, a quarter of that in memory to write and read."""
    prediction = predict(np.random.default_rng(0))
    tracemalloc.start()
    try:
        path = write_windows(tmp_path / "w.npz", [prediction] * 13_500)
        with windows(path) as table:
            assert sum(1 for _ in table) == 13_500
        assert tracemalloc.get_traced_memory()[1] < 1.8e6
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 6e6
