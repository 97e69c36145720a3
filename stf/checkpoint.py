"""Checkpoints: one `.safetensors` file whose header holds everything needed to use it, and no pickle."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, ValidationError, model_validator
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from stf.atomic import output_file, write_errors
from stf.errors import UserError
from stf.sampling import Sampling
from stf.transforms import Normalisation

DEFAULT_MODEL = "everyday-3d"
"""The checkpoint that is used where none is named."""

_KEY = "stf"


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TrainingData(_Facts):
    """A dataset that a checkpoint was trained on."""

    name: str
    licence: str
    citation: str


class Accuracy(_Facts):
    """One measured figure.

    Attributes:
        data: what it was measured on.
        split: which part, and how that part was held out.
        clips: how many clips.
        top1: share of clips whose most probable class is right, in [0, 1].
    """

    data: str
    split: str
    clips: int
    top1: float


class VectorScaling(_Facts):
    """A factor and an offset for the logit of each class (Guo et al., ICML 2017, section 4.2).

    Attributes:
        factors: (K,) what the logits are multiplied by.
        offsets: (K,) what is then added to them.
    """

    factors: tuple[NonNegativeFloat, ...]
    offsets: tuple[float, ...]


class Unknown(_Facts):
    """When a window is to be taken as "unknown".

    Attributes:
        energy: above this energy, -log sum_k exp(logit_k) of the scaled logits (Liu et al., NeurIPS 2020, equation 4);
            None where there were too few clips to choose one, and in checkpoints that go by `below`.
        below: below this confidence, in checkpoints calibrated before there was `energy`; zero in others.
        false_alarms: the share of clips of known classes that it was chosen to call unknown at most, in [0, 1].
    """

    energy: float | None = None
    below: float = Field(default=0.0, ge=0, le=1)
    false_alarms: float = Field(ge=0, le=1)


class Header(_Facts):
    """What a checkpoint says about itself.

    Attributes:
        version: of this header's schema.
        architecture: a name `stf.models.build_model` knows.
        options: that architecture's configuration.
        layout: name of the skeleton layout.
        classes: the K class names in the order of the scores.
        samples, rate_hz: the input window, see `stf.sampling.Sampling`.
        whole_clips: whether the window shows a clip as a whole, however long it is (`stf.windows.ClipWindows`); at
            `rate_hz` the window is then about as long as the clips it was trained on.
        looks: how many parts of a clip were looked at for the figures in `accuracy`.
        turn: radians by which the clip was turned for them, see `stf.windows.ClipWindows`.
        streams: stream name -> weight of its logits in the fusion; each stream has a network of its own.
        normalisation: how joints are prepared, a key of `stf.transforms.NORMALISATIONS`.
        focus_module: number of the module whose focus is shown; the last one's costs nothing, an earlier one's tells
            joints apart more sharply and costs a backward pass.
        temperature: what the fused logits are divided by before the softmax.
        vector: what is done to the logit of each class after that; nothing by default.
        unknown: when a window is to be taken as "unknown"; never by default.
        data: training datasets with their licences.
        recipe: how it was trained, in a sentence.
        accuracy: measured figures.
    """

    version: Literal[1] = 1
    architecture: str
    options: dict[str, Any]
    layout: str
    classes: tuple[str, ...] = Field(min_length=1)
    samples: int = Field(gt=0)
    rate_hz: float = Field(gt=0)
    whole_clips: bool = False
    looks: int = Field(default=1, gt=0)
    turn: NonNegativeFloat = 0.0
    streams: dict[str, PositiveFloat] = Field(min_length=1)
    normalisation: Normalisation = "body"
    focus_module: int = -1
    temperature: float = Field(default=1.0, gt=0)
    vector: VectorScaling | None = None
    unknown: Unknown | None = None
    data: tuple[TrainingData, ...] = ()
    recipe: str = ""
    accuracy: tuple[Accuracy, ...] = ()

    @model_validator(mode="after")
    def _scales_each_class(self) -> Self:
        if self.vector and {len(self.vector.factors), len(self.vector.offsets)} != {len(self.classes)}:
            raise ValueError("the vector scaling is of another number of classes")
        return self

    @property
    def sampling(self) -> Sampling:
        """The input window."""
        return Sampling(self.samples, self.rate_hz)


def save_checkpoint(path: Path, header: Header, states: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Write a checkpoint; floating point weights are stored in half precision.

    Args:
        path: where to; written whole or not at all.
        header: what the checkpoint says about itself.
        states: stream name -> state dict of that stream's network.

    Raises:
        UserError: if a weight is not finite in half precision, or the file cannot be written.
    """
    tensors = {
        f"{stream}.{name}": (tensor.half() if tensor.is_floating_point() else tensor).contiguous().cpu()
        for stream, state in states.items()
        for name, tensor in state.items()
    }
    if name := _not_finite(tensors):
        raise UserError(
            f"{path} was not written: not every number of {name} is finite in half precision, as happens when training "
            "diverges, so train again with a lower learning rate"
        )
    with output_file(path) as temporary, write_errors(path):
        temporary.write_bytes(save(tensors, metadata={_KEY: header.model_dump_json()}))


def load_checkpoint(path: Path) -> tuple[Header, dict[str, dict[str, Tensor]]]:
    """Read a checkpoint.

    Returns:
        The header, and stream name -> state dict in single precision.

    Raises:
        UserError: if the file is missing, damaged or not one of ours.
    """
    if not path.is_file():
        raise UserError(f"there is no model file {path}")
    try:
        with safe_open(path, framework="pt") as file:
            header = Header.model_validate_json((file.metadata() or {})[_KEY])
            tensors = {name: _single(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{path} is not a readable .safetensors file ({error}); fetch or train the model again"
        ) from error
    except KeyError as error:
        raise UserError(f"{path} is a .safetensors file, but not a checkpoint of this program") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "as a whole"
        raise UserError(
            f"the header of {path} does not fit this version of the program ({place}: {first['msg']}); "
            "update the program or fetch the model again"
        ) from error
    if name := _not_finite(tensors):
        raise UserError(f"{path} is damaged: not every number of its tensor {name} is finite; fetch or train it again")
    states: dict[str, dict[str, Tensor]] = {stream: {} for stream in header.streams}
    for name, tensor in tensors.items():
        stream, _, key = name.partition(".")
        if stream not in states:
            raise UserError(f"{path} holds weights of a stream '{stream}' that its header does not name")
        states[stream][key] = tensor
    return header, states


def _single(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _not_finite(tensors: Mapping[str, Tensor]) -> str | None:
    """The name of the first tensor that holds NaN or infinity."""
    return next((name for name, tensor in tensors.items() if not tensor.isfinite().all()), None)


def shipped_models() -> dict[str, Path]:
    """The checkpoints that come with the program, by name."""
    folder = Path(str(files("stf"))) / "weights"
    return {path.stem: path for path in sorted(folder.glob("*.safetensors"))}


def find_model(model: str | Path) -> Path:
    """The checkpoint file that a name or a path means; a shipped model's name means that model before any file.

    Raises:
        UserError: if there is no such model.
    """
    path = Path(model)
    shipped = shipped_models()
    if str(model) in shipped:
        return shipped[str(model)]
    if path.is_file():
        return path
    known = ", ".join(shipped) or "none"
    raise UserError(
        f"there is no model '{model}': neither a file nor one of the models that come with the program ({known})"
    )
