"""Which model a record was made by, and whether a recogniser is that one."""

from typing import TYPE_CHECKING

from realtime.records.hashing import hash_file
from realtime.records.record import Record
from realtime.records.schema import ModelFacts
from stf.errors import UserError

if TYPE_CHECKING:
    from stf.recogniser import Recogniser  # torch; a record is read without it


def describe_model(recogniser: "Recogniser") -> ModelFacts:
    """The facts of a recogniser that was loaded from a file.

    Raises:
        ValueError: if it was not.
    """
    if recogniser.path is None:
        raise ValueError("the recogniser was not loaded from a file")
    return ModelFacts(
        name=recogniser.path.stem,
        sha256=hash_file(recogniser.path),
        addon_sha256=None if recogniser.addon is None else hash_file(recogniser.addon),
        layout=recogniser.layout.name,
        classes=recogniser.classes,
    )


def check_model(record: Record, recogniser: "Recogniser") -> None:
    """See to it that a recogniser can be asked about what a record keeps.

    Raises:
        UserError: if another one made the record, or it is shown where people are.
    """
    theirs, ours = record.facts.model, describe_model(recogniser)
    if (theirs.sha256, theirs.addon_sha256) != (ours.sha256, ours.addon_sha256):
        raise UserError(
            f"{record.path} was made by another model, '{theirs.name}', than '{ours.name}': give that one by --model "
            "(and --with)"
        )
    check_shown(recogniser)


def check_shown(recogniser: "Recogniser") -> None:
    """See to it that a record keeps what a recogniser is shown, whoever made the record.

    Raises:
        UserError: if it is shown where people are.
    """
    if recogniser.header.normalisation == "clip":
        raise UserError(
            f"'{describe_model(recogniser).name}' is shown where people are, which a record does not keep: give stf "
            "focus the video itself"
        )
