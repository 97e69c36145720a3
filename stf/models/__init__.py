"""Recognisers. `build_model` makes one by name; adding one touches this table and its own file."""

from collections.abc import Mapping
from dataclasses import fields

from pydantic import TypeAdapter, ValidationError

from stf.errors import UserError
from stf.models.stf import STF, STFConfig
from stf.skeleton import SkeletonLayout

__all__ = ["MODELS", "STF", "STFConfig", "build_model"]

MODELS: Mapping[str, tuple[type[STF], type[STFConfig]]] = {"stf": (STF, STFConfig)}
"""Name -> (network, its configuration)."""


def build_model(name: str, *, layout: SkeletonLayout, num_classes: int, **options: object) -> STF:
    """Build a recogniser with random weights.

    Args:
        name: a key of `MODELS`.
        layout: skeleton layout of the input.
        num_classes: K.
        options: fields of the model's configuration.

    Returns:
        A module taking (N, C, T, V, M) and returning logits (N, K), with `.focus(...)`.

    Raises:
        UserError: if the name or an option is unknown, or K is not positive.
    """
    if name not in MODELS:
        raise UserError(f"there is no model '{name}'; known are {', '.join(MODELS)}")
    if num_classes < 1:
        raise UserError(f"a model needs at least one class, not {num_classes}")
    network, config = MODELS[name]
    known = [field.name for field in fields(config)]
    if unknown := sorted(options.keys() - set(known)):
        raise UserError(f"model '{name}' has no option '{unknown[0]}'; known are {', '.join(known)}")
    try:
        shape = TypeAdapter(config).validate_python(options)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"model '{name}', option {first['loc'][0]}: {first['msg']}") from error
    return network(layout, num_classes, shape)
