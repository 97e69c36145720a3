"""Pickles read as data: containers, numbers, text and arrays come out, and nothing in the file is ever run.

A pickle is a program that names the functions it wants called. Here every name leads to a stand-in of ours or is
refused. Not even NumPy's own constructors are called: a forged dtype could make them read any memory.
"""

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from stf.errors import UserError


def load_plain(path: Path) -> object:
    """Read a pickle of plain containers and NumPy arrays; arrays come out as `PickledArray`.

    Raises:
        UserError: if it cannot be read, or names anything else.
    """
    try:
        with path.open("rb") as file:
            return _Unpickler(file).load()
    except UserError as error:
        raise UserError(f"{path} wants {error}; it is refused, as only plain containers and arrays are read") from None
    except Exception as error:  # a damaged pickle can end in a dozen ways, with nothing in common
        raise UserError(f"{path} is missing, damaged or no pickle; fetch it again") from error


class _Standin:
    """What a name in a pickle leads to; a state set on the class itself fails for want of an instance."""

    __slots__ = ()

    def __setstate__(self, state: tuple[object, ...]) -> None:
        raise TypeError


class _DType(_Standin):
    """A dtype of booleans, numbers or text."""

    __slots__ = ("_code", "_order")
    _code: str
    _order: str

    def __new__(cls, code: str, *_: object) -> Self:
        if not re.fullmatch(r"(b1|[iu][1248]|f[248]|U\d{1,6})", code):
            raise UserError(f"an array of type {code[:40]!a}")
        dtype = super().__new__(cls)
        dtype._code, dtype._order = code, "="
        return dtype

    def __setstate__(self, state: tuple[object, ...]) -> None:
        if state[1] not in {"<", ">", "|", "="}:
            raise ValueError
        self._order = str(state[1])

    def numpy(self) -> np.dtype[Any]:
        return np.dtype(self._code).newbyteorder(self._order)  # type: ignore[arg-type]


class PickledArray(_Standin):
    """An array as it lies in the pickle; `numpy` makes it one, without copying."""

    __slots__ = ("_axes", "_data", "_dtype", "_fortran", "_shape")
    _axes: Any

    def __new__(cls, *_: object) -> Self:
        """An array of nothing, which a state is to follow."""
        array = super().__new__(cls)
        array.__setstate__((1, None, None, None, None))
        return array

    def __setstate__(self, state: tuple[object, ...]) -> None:
        _, self._shape, self._dtype, self._fortran, self._data, *axes = state
        self._axes = axes[0] if axes else None

    def numpy(self) -> np.ndarray:
        """The array.

        Raises:
            TypeError, ValueError, OverflowError: if shape, type and data are none or do not fit, or it is empty.
        """
        shape, dtype, data = self._shape, self._dtype, self._data
        if not (isinstance(shape, tuple) and isinstance(dtype, _DType) and isinstance(data, bytes | bytearray)):
            raise TypeError
        if not all(type(n) is int and n > 0 for n in shape):
            raise ValueError
        array = np.frombuffer(data, dtype.numpy()).reshape(shape, order="F" if self._fortran else "C")
        return array if self._axes is None else array.transpose(self._axes)


class _FromBuffer(_Standin):
    """NumPy's way to rebuild an array in protocol 5; since 2.3 with the order of the axes in memory."""

    __slots__ = ()

    def __new__(  # type: ignore[misc]
        cls, data: object, dtype: object, shape: object, order: object, axes: object = None
    ) -> PickledArray:
        array = PickledArray()
        array.__setstate__((1, shape, dtype, order == "F", data, axes if order == "K" else None))
        return array


class _Scalar(_Standin):
    """A NumPy scalar, which comes out as Python's own."""

    __slots__ = ()

    def __new__(cls, dtype: _DType, data: bytes) -> object:  # type: ignore[misc]
        (value,) = np.frombuffer(data, dtype.numpy()).tolist()
        return value


class _Bytes(_Standin):
    """Bytes in protocol 2 and before: nothing, or text to be encoded as Latin-1."""

    __slots__ = ()

    def __new__(cls, text: str = "", encoding: str = "latin1") -> bytes:  # type: ignore[misc]
        if encoding not in {"latin1", "latin-1"}:
            raise ValueError
        return text.encode("latin1")


_ADMITTED: Mapping[tuple[str, str], type] = {
    ("numpy", "ndarray"): PickledArray,
    ("numpy", "dtype"): _DType,
    ("_codecs", "encode"): _Bytes,
    **{
        (f"numpy.{core}.{module}", name): standin
        for core in ("core", "_core")  # before and after NumPy 2
        for module, name, standin in (
            ("multiarray", "_reconstruct", PickledArray),
            ("multiarray", "scalar", _Scalar),
            ("numeric", "_frombuffer", _FromBuffer),
        )
    },
    **{
        (builtins, standin.__name__.strip("_").lower()): standin
        for builtins in ("builtins", "__builtin__")  # in Python 3 and 2
        for standin in (set, frozenset, _Bytes)
    },
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type:
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise UserError(ascii(f"{module[:40]}.{name[:40]}")) from None

    def persistent_load(self, _pid: object) -> object:
        raise UserError("an object that lies outside the file")
