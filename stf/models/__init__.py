"""Recognisers. Each file of this folder is one, called by the file's name, and says what its NETWORK and CONFIG are."""

from dataclasses import fields
from importlib import import_module
from pkgutil import iter_modules

from pydantic import TypeAdapter, ValidationError

from stf.errors import UserError
from stf.models.stf import STF, STFConfig
from stf.network import Network
from stf.skeleton import SkeletonLayout

__all__ = ["STF", "STFConfig", "build_model", "model_names"]


def model_names() -> tuple[str, ...]:
    """The names that `build_model` knows."""
    return tuple(module.name for module in iter_modules(__path__))


def build_model(name: str, *, layout: SkeletonLayout, num_classes: int, **options: object) -> Network:
    """Build a recogniser with random weights.

    Args:
        name: one of `model_names()`.
        layout: skeleton layout of the input.
        num_classes: K.
        options: fields of the model's configuration.

    Returns:
        A module taking (N, C, T, V, M) and returning logits (N, K), with `.focus(...)`.

    Raises:
        UserError: if the name or an option is unknown or wrong, or K is not positive.
    """
    if name not in model_names():
        raise UserError(f"there is no model '{name}'; known are {', '.join(model_names())}")
    if num_classes < 1:
        raise UserError(f"a model needs at least one class, not {num_classes}")
    model = import_module(f"{__name__}.{name}")
    known = [field.name for field in fields(model.CONFIG)]
    if unknown := sorted(options.keys() - set(known)):
        raise UserError(f"model '{name}' has no option '{unknown[0]}'; known are {', '.join(known)}")
    try:
        config = TypeAdapter(model.CONFIG).validate_python(options)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"model '{name}', option {first['loc'][0]}: {first['msg']}") from error
    network: Network = model.NETWORK(layout, num_classes, config)
    return network
