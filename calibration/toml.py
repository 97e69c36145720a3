"""Reads the small TOML files that calibration leaves behind, and says in a sentence what is wrong with one."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from stf.errors import UserError

T = TypeVar("T")


def read_toml(path: Path, kind: type[T], name: str) -> T:
    """Read and check a file.

    Args:
        path: the file.
        kind: the dataclass that its content describes.
        name: the word for that, which is also the command that makes it: `stf calibrate NAME`.

    Raises:
        UserError: if there is no such file, or it does not describe one.
    """
    try:
        return TypeAdapter(kind).validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UserError(f"there is no {name} file {path}; make one with stf calibrate {name}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path} is not a readable TOML file ({error}); run stf calibrate {name} again") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise no_such(path, name, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def no_such(path: Path, name: str, reason: str) -> UserError:
    """What to raise where a file can be read but what it says cannot be."""
    return UserError(f"{path} does not describe a {name} ({reason}); run stf calibrate {name} again")
