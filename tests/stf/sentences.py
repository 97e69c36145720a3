"""What holds for every message that a person using the program is meant to read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stf.errors import UserError


@contextmanager
def refused(path: Path, reason: str = "") -> Iterator[None]:
    """The block must raise a UserError of one sentence that names `path` and matches `reason`."""
    with pytest.raises(UserError, match=reason) as caught:
        yield
    message = str(caught.value)
    assert str(path) in message
    assert len(message) < len(str(path)) + 300
    assert "\n" not in message
    assert not re.search(r"\. [A-Z]|[.:] *$", message.replace(str(path), ""))
