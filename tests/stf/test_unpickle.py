"""Every pickle here that could run something would leave a mark; none may."""

import importlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sentences import refused

from stf.datasets.unpickle import PickledArray, load_plain

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


class Call:
    """Pickles as a call of `function`."""

    def __init__(self, function, *arguments) -> None:
        self._call = (function, arguments)

    def __reduce__(self):
        return self._call


def opened(value: object) -> object:
    """The same with every array made one."""
    if isinstance(value, PickledArray):
        return value.numpy()
    if isinstance(value, dict):
        return {key: opened(item) for key, item in value.items()}
    return type(value)(map(opened, value)) if isinstance(value, list | tuple) else value


def load(folder: Path, content: bytes) -> object:
    path = folder / "a.pkl"
    path.write_bytes(content)
    return load_plain(path)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("core", ["core", "_core"])
@settings(max_examples=25)
@given(
    array=arrays.arrays(
        st.sampled_from(["f2", "f4", "f8", ">f4", "i8", "u1", "?", "U3"]), arrays.array_shapes(max_dims=4, max_side=3)
    ),
    order=st.sampled_from(["C", "F", "K"]),
)
def test_arrays_of_every_protocol_before_and_after_numpy_2_come_out_as_they_went_in(
    tmp_path_factory, protocol: int, core: str, array: np.ndarray, order: str
) -> None:
    array = array.swapaxes(0, -2) if order == "K" and array.ndim > 2 else np.asarray(array, order=order)
    content = pickle.dumps([array], protocol)
    if protocol < 4:  # from 4 on the name's length stands before it
        content = content.replace(b"numpy._core.", f"numpy.{core}.".encode())
    (read,) = opened(load(tmp_path_factory.mktemp("pickle"), content))
    assert read.dtype == array.dtype
    assert np.array_equal(read, array, equal_nan=array.dtype.kind == "f")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_containers_and_scalars_come_out_as_python_s_own(tmp_path: Path, protocol: int) -> None:
    plain = {"a": [1, 2.5, None, True, "ü", b"\x00\xff", b""], ("b", 3): {1, 2}, "c": frozenset({"d"}), "e": 2**70}
    assert load(tmp_path, pickle.dumps(plain, protocol)) == plain
    scalars = load(tmp_path, pickle.dumps([np.int64(3), np.float32(0.5), np.str_("ab"), np.bool_(1)], protocol))
    assert scalars == [3, 0.5, "ab", True]
    assert [type(scalar) for scalar in scalars] == [int, float, str, bool]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda mark: Call(os.system, f"touch {mark}"), r"posix\.system|nt\.system"),
        (lambda mark: Call(eval, f"open({str(mark)!r}, 'w')"), r"\.eval"),
        (lambda mark: Call(exec, f"open({str(mark)!r}, 'w')"), r"\.exec"),
        (lambda mark: Call(getattr, Path(mark), "touch"), r"\.getattr|pathlib\.PosixPath"),
        (lambda mark: Call(open, str(mark), "w"), r"io\.open"),
        (lambda mark: Call(Path.touch, mark), r"\.getattr|pathlib\.Path"),
        (lambda mark: Call(subprocess.check_call, ["touch", str(mark)]), r"\.check_call"),
        (lambda _: Call(importlib.import_module, "antigravity"), r"importlib\.import_module"),
        (lambda mark: Call(np.load, str(mark), None), r"numpy\.load"),
        (lambda mark: Call(np.save, str(mark), 1), r"numpy\.save"),
        (lambda mark: Call(np.fromfile, str(mark)), r"numpy.*\.fromfile"),
        (lambda mark: Call(np.memmap, str(mark)), r"numpy.*memmap"),
        (lambda mark: Call(np.vectorize, mark), r"numpy\.vectorize|pathlib"),
        (lambda _: Call(bytearray, 10), r"\.bytearray"),
        (lambda _: np.ma.zeros(2), r"numpy\.ma"),
        (lambda _: np.datetime64("2020-01-01"), "M8"),
        (lambda _: np.zeros(2, [("a", "f4")]), "V4"),
        (lambda _: np.array([1, "a"], object), "O8"),
        (lambda _: 1j, r"\.complex"),
        (lambda _: type, r"\.type"),
    ],
)
def test_a_pickle_that_would_run_anything_is_refused_by_its_name_and_runs_nothing(
    tmp_path: Path, protocol: int, call, named: str
) -> None:
    mark = tmp_path / "mark"
    content = pickle.dumps({"annotations": [call(mark)]}, protocol)
    assert "antigravity" not in sys.modules
    with refused(tmp_path / "a.pkl", rf"wants .*({named}).*; it is refused"):
        load(tmp_path, content)
    assert not mark.exists()
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    "content",
    [
        b"cos\nsystem\n(S'touch {mark}'\ntR.",
        b"(S'touch {mark}'\nios\nsystem\n.",
        b"(cos\nsystem\nS'touch {mark}'\no.",
        b"c__builtin__\ngetattr\n(c__builtin__\nset\nS'__class__'\ntR.",
        b"\x80\x04\x8c\x08builtins\x8c\x0dset.__class__\x93.",
        b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.",
        b"\x80\x04\x8c\x08numpy.os\x8c\x06system\x93.",
        b"cnumpy\nf2py\n.",
        b"Pmark\n.",
        b"\x80\x02U\x04markQ.",
    ],
)
def test_names_given_by_hand_are_refused(tmp_path: Path, content: bytes) -> None:
    mark = tmp_path / "mark"
    with refused(tmp_path / "a.pkl", "wants .*; it is refused"):
        load(tmp_path, content.replace(b"{mark}", str(mark).encode()))
    assert not mark.exists()


@pytest.mark.parametrize(
    "name",
    [b"numpy\nndarray", b"numpy\ndtype", b"_codecs\nencode", b"numpy._core.multiarray\nscalar", b"builtins\nset"],
)
@pytest.mark.parametrize("state", [b"}S'numpy'\nNs", b"(N}S'numpy'\nNst"])
def test_a_pickle_cannot_change_what_its_names_stand_for(tmp_path: Path, name: bytes, state: bytes) -> None:
    before = pickle.dumps(np.arange(3), 2)
    with refused(tmp_path / "a.pkl", "is missing, damaged or no pickle"):
        load(tmp_path, b"c" + name + b"\n" + state + b"b.")
    assert np.array_equal(opened(load(tmp_path, before)), np.arange(3))


@pytest.mark.parametrize(
    "state",
    [
        (1, (4,), np.dtype("f8"), False, b"12345678"),
        (1, (10**15,), np.dtype("f8"), False, b"12345678"),
        (1, (-1,), np.dtype("f8"), False, b"12345678"),
        (1, (0,), np.dtype("f8"), False, b""),
        (1, 3, np.dtype("f8"), False, b"12345678"),
        (1, (1,), None, False, b"12345678"),
        (1, (1,), np.dtype("f8"), False, [1]),
    ],
)
def test_an_array_that_does_not_fit_its_data_is_none(tmp_path: Path, state: tuple) -> None:
    class Forged:
        def __reduce__(self):
            return (np.zeros(1).__reduce__()[0], (np.ndarray, (0,), b"b"), state)

    read = load(tmp_path, pickle.dumps(Forged(), 4))
    assert isinstance(read, PickledArray)
    with pytest.raises((TypeError, ValueError, OverflowError)):
        read.numpy()


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    with refused(tmp_path / "a.pkl", "damaged"):
        load(tmp_path, b"c_codecs\nencode\n(S'a'\nS'zlib'\ntR.")


def test_a_truncated_pickle_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    content = pickle.dumps({"a": np.arange(5), "b": ["c"] * 3, "d": np.int64(3)}, 4)
    for length in range(len(content)):
        with refused(tmp_path / "a.pkl", "is missing, damaged or no pickle; fetch it again"):
            load(tmp_path, content[:length])
    with refused(tmp_path / "nothing.pkl", "is missing, damaged"):
        load_plain(tmp_path / "nothing.pkl")


@given(place=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_a_damaged_pickle_is_read_or_refused_but_never_ends_otherwise(tmp_path_factory, place: int, byte: int) -> None:
    content = bytearray(pickle.dumps({"a": np.arange(5), "b": [np.int64(3), "c"]}, 4))
    content[place % len(content)] = byte
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "a.pkl").write_bytes(content)
    try:
        load_plain(folder / "a.pkl")
    except Exception:  # noqa: BLE001
        with refused(folder / "a.pkl", "damaged|wants"):
            load_plain(folder / "a.pkl")
