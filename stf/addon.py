"""Add-ons: one `.safetensors` file of actions that somebody taught a checkpoint, beside that checkpoint.

The examples are kept as skeletons, with what was learned from them: an add-on can be listed, taken apart, merged with
another one and learned anew, and holds no picture of anybody.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, from_numpy

from stf.atomic import output_file, write_errors
from stf.checkpoint import find_model
from stf.datasets.clip import Clip, to_layout
from stf.errors import UserError
from stf.network import Rows
from stf.recogniser import Recogniser
from stf.skeleton import get_layout
from stf.teaching import Action

_KEY = "stf add-on"


@dataclass(frozen=True, slots=True)
class AddOn:
    """What a checkpoint has been taught.

    Attributes:
        model: what the checkpoint is called.
        base: SHA-256 of its file: to no other network do the rows mean anything.
        actions: what was shown.
        learned: names of those actions that were learned, in the order of the rows.
        rows: stream name -> what was learned.
    """

    model: str
    base: str
    actions: tuple[Action, ...] = ()
    learned: tuple[str, ...] = ()
    rows: Mapping[str, Rows] = field(default_factory=dict)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Example(_Strict):
    name: str
    fps: PositiveFloat


class _Action(_Strict):
    name: str = Field(min_length=1)
    examples: tuple[_Example, ...]


class _Header(_Strict):
    version: Literal[1] = 1
    model: str
    base: str
    layout: str
    actions: tuple[_Action, ...]
    learned: tuple[str, ...]


def fingerprint(model: str | Path) -> str:
    """SHA-256 of a checkpoint's file, in hexadecimal.

    Raises:
        UserError: if there is no such model.
    """
    path = find_model(model)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror})") from error


def save_addon(path: Path, addon: AddOn, layout: str) -> None:
    """Write an add-on, whole or not at all.

    Args:
        path: where to.
        addon: what was taught.
        layout: name of the recogniser's layout, in which the clips are kept.

    Raises:
        UserError: if the file cannot be written.
    """
    actions = tuple(
        _Action(name=action.name, examples=tuple(_Example(name=clip.name, fps=clip.fps) for clip in action.clips))
        for action in addon.actions
    )
    header = _Header(model=addon.model, base=addon.base, layout=layout, actions=actions, learned=addon.learned)
    tensors: dict[str, Tensor] = {
        f"example.{number}.{place}": from_numpy(to_layout(clip, get_layout(layout)).joints)
        for number, action in enumerate(addon.actions)
        for place, clip in enumerate(action.clips)
    }
    for stream, rows in addon.rows.items():
        known = {"weight": rows.weight, "bias": rows.bias, "typical": rows.typical}
        tensors |= {f"{stream}.{name}": tensor for name, tensor in known.items() if tensor is not None}
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    with output_file(path) as temporary, write_errors(path):
        temporary.write_bytes(save(contiguous, metadata={_KEY: header.model_dump_json()}))


def load_addon(path: Path) -> AddOn:
    """Read an add-on.

    Raises:
        UserError: if the file is missing, damaged or no add-on.
    """
    if not path.is_file():
        raise UserError(f"there is no file {path} of taught actions; make one with stf teach")
    try:
        with safe_open(path, framework="pt") as file:
            header = _Header.model_validate_json((file.metadata() or {})[_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        layout = get_layout(header.layout)
        actions = tuple(
            Action(
                action.name,
                tuple(
                    Clip(tensors.pop(f"example.{number}.{place}").numpy(), example.fps, layout, name=example.name)
                    for place, example in enumerate(action.examples)
                ),
            )
            for number, action in enumerate(header.actions)
        )
        streams = {name.partition(".")[0] for name in tensors}
        rows = {
            stream: Rows(tensors[f"{stream}.weight"], tensors[f"{stream}.bias"], tensors.get(f"{stream}.typical"))
            for stream in streams
        }
    except (SafetensorError, OSError, ValidationError, KeyError, ValueError, UserError) as error:
        raise UserError(f"{path} is damaged, or not a file of actions that stf teach wrote") from error
    if any(len(part.bias) != len(header.learned) for part in rows.values()) or bool(rows) != bool(header.learned):
        raise UserError(f"{path} is damaged: it has not learned what it says; learn it anew with stf actions learn")
    return AddOn(header.model, header.base, actions, header.learned, rows)


def load_taught(model: str | Path, addon: Path, *, device: str = "auto") -> Recogniser:
    """Load a checkpoint together with what it has been taught.

    Args:
        model: name of a shipped model, or a file.
        addon: of that very model.
        device: as of `Recogniser.load`.

    Raises:
        UserError: if one of the two cannot be had, or the add-on was made for another checkpoint.
    """
    recogniser = Recogniser.load(model, device=device)
    taught = load_addon(addon)
    check_base(taught, model, addon)
    if not taught.learned:
        raise UserError(f"{addon} has learned nothing yet; show it more examples with stf teach")
    return recogniser.extended(taught.learned, taught.rows, addon)


def check_base(addon: AddOn, model: str | Path, path: Path) -> None:
    """See that an add-on is of a model.

    Raises:
        UserError: if it is of another one.
    """
    if addon.base != fingerprint(model):
        raise UserError(
            f"{path} was taught to another model ('{addon.model}') than '{model}'; teach this one the same, or use that"
        )


def find_action(addon: AddOn, name: str, path: Path) -> Action:
    """An action by its name.

    Raises:
        UserError: if there is none.
    """
    for action in addon.actions:
        if action.name == name:
            return action
    known = ", ".join(action.name for action in addon.actions) or "none"
    raise UserError(f"{path} knows no action '{name}'; it knows {known}")


def merge(addons: Sequence[AddOn]) -> tuple[Action, ...]:
    """The actions of several add-ons of one model; those of one name become one, the same example counted once."""
    merged: dict[str, dict[bytes, Clip]] = {}
    for action in (action for addon in addons for action in addon.actions):
        merged.setdefault(action.name, {}).update({clip.joints.tobytes(): clip for clip in action.clips})
    return tuple(Action(name, tuple(clips.values())) for name, clips in merged.items())
