"""How far a long piece of work has come, whoever shows it."""

from typing import Protocol


class Steps(Protocol):
    """What is told how far a piece of work has come."""

    def begin(self, what: str, frames: int | None) -> None:
        """Begin a pass over `frames` frames, where that is known."""

    def advance(self) -> None:
        """One more frame is done."""
