"""One recogniser out of several: networks of single streams side by side, with weights for the sum of their logits.

Weights chosen on clips that the networks were trained on would favour what overfits, and chosen on the test side they
would make its figures worthless. So they are chosen on clips of the training side that *sibling* networks, trained
without those clips by the same recipe, have predicted: the folds of a cross-validation inside the training side.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.optimize import minimize
from scipy.special import log_softmax

from stf.checkpoint import Header
from stf.datasets.corpus import Part
from stf.errors import UserError
from stf.evaluation import Labels, Logits, Predictions

LARGEST = 100.0
"""Of a weight over the temperature; reached where streams are right about every clip, which makes T go to zero."""

NEGLIGIBLE = 1e-3
"""A share of the weights below this is taken as none."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What is known of held-out clips.

    Attributes:
        logits: stream name -> (N, K).
        labels: (N,) true classes.
    """

    logits: Mapping[str, Logits]
    labels: Labels


_OWN = frozenset({"streams", "temperature", "vector", "unknown", "accuracy", "recipe", "data"})


def choose_weights(held: HeldOut) -> tuple[dict[str, float], float]:
    """The weights w_s >= 0 and the temperature T with the least negative log-likelihood (ours).

    What is minimised is the mean of -log softmax(sum_s a_s z_s)_y over a_s = w_s / T in [0, LARGEST], which is convex;
    then the w_s are made to sum to one.

    Args:
        held: z_s and y of clips that the networks were not trained on.

    Returns:
        Stream name -> w_s, zero where a stream is of no use, and T.

    Raises:
        UserError: if equal probabilities for all classes are better than anything the streams say.
    """
    z = np.stack([rows.astype(np.float64) for rows in held.logits.values()])
    labels = held.labels
    true = z[:, np.arange(len(labels)), labels]

    def loss(a: Float64[np.ndarray, " S"]) -> tuple[float, Float64[np.ndarray, " S"]]:
        log_p = log_softmax(np.tensordot(a, z, 1), axis=1)
        slope = np.einsum("nk,snk->s", np.exp(log_p), z) - true.sum(axis=1)
        return -log_p[np.arange(len(labels)), labels].mean(), slope / len(labels)

    start = np.full(len(z), 1 / len(z))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, LARGEST)] * len(z)).x
    total = found.sum()
    if total == 0:
        raise UserError(
            "on the held-out clips no stream is better than guessing, so there is no weight or temperature to choose"
        )
    shares = found / total
    weights = {stream: float(w) if w >= NEGLIGIBLE else 0.0 for stream, w in zip(held.logits, shares, strict=True)}
    return weights, float(1 / total)


def join_predictions(several: Mapping[str, Predictions], header: Header, sides: Mapping[str, Part | None]) -> HeldOut:
    """The predictions of several models for clips to choose weights on, such as the folds of each stream.

    Args:
        several: what to call each file in a message -> predictions, for some of the clips and some of the streams.
        header: of the fused checkpoint, which says the classes and streams.
        sides: name of each clip of the dataset -> its side of the split that is tested on.

    Returns:
        The logits and labels of all clips.

    Raises:
        UserError: if a clip is on the test side or was not held out, or a stream is missing for a clip or there twice.
    """
    rows: dict[str, dict[str, Logits]] = {stream: {} for stream in header.streams}
    labels: dict[str, int] = {}
    for file, predictions in several.items():
        _check(file, predictions, header, sides)
        labels |= dict(zip(predictions.names, predictions.labels.tolist(), strict=True))
        for stream in rows.keys() & predictions.logits.keys():
            if twice := rows[stream].keys() & set(predictions.names):
                raise UserError(
                    f"{file} predicts clip '{min(twice)}' for the stream '{stream}' again; give each fold once"
                )
            rows[stream] |= dict(zip(predictions.names, predictions.logits[stream], strict=True))
    for stream, known in rows.items():
        if missing := labels.keys() - known.keys():
            raise UserError(
                f"the stream '{stream}' is not predicted for {len(missing)} of {len(labels)} clips, such as "
                f"'{min(missing)}'; weights need every stream of every clip"
            )
    logits = {stream: np.stack([known[name] for name in labels]) for stream, known in rows.items()}
    return HeldOut(logits, np.array(list(labels.values()), np.int64))


def _check(file: str, predictions: Predictions, header: Header, sides: Mapping[str, Part | None]) -> None:
    if predictions.classes != header.classes:
        raise UserError(f"{file} holds predictions of other classes than the models")
    if predictions.part != Part.TEST:
        raise UserError(
            f"{file} holds predictions for clips that its model was trained on; evaluate a model that was trained "
            "without them, as the test side of its own split (--split subject=7)"
        )
    for name in predictions.names:
        if name not in sides:
            raise UserError(f"{file} holds a clip '{name}' that the dataset does not have; name the dataset it is from")
        if sides[name] is not Part.TRAIN:
            raise UserError(
                f"{file} holds clip '{name}', which is not on the training side of the split; weights chosen on clips "
                "that are tested on are no result, so choose them on held-out clips of the training side"
            )


def fuse_headers(headers: Mapping[str, Header]) -> Header:
    """The header of a checkpoint that holds the streams of several, all with the same weight.

    Args:
        headers: what to call each checkpoint in a message -> its header.

    Raises:
        UserError: if two have the same stream, or differ in anything that one recogniser has only one of.
    """
    (first_name, first), *others = headers.items()
    streams: dict[str, float] = dict.fromkeys(first.streams, 1.0)
    for name, header in others:
        if other := [key for key in Header.model_fields.keys() - _OWN if getattr(header, key) != getattr(first, key)]:
            raise UserError(f"{name} and {first_name} cannot be fused: they differ in {', '.join(sorted(other))}")
        if twice := streams.keys() & header.streams.keys():
            raise UserError(f"{name} has the stream '{min(twice)}', which is there already; fuse different streams")
        streams |= dict.fromkeys(header.streams, 1.0)
    everything = headers.values()
    return first.model_copy(
        update={
            "streams": {stream: 1 / len(streams) for stream in streams},
            "temperature": 1.0,
            "vector": None,
            "unknown": None,
            "accuracy": (),
            "data": tuple(dict.fromkeys(data for header in everything for data in header.data)),
            "recipe": "; ".join(f"{', '.join(header.streams)}: {header.recipe}" for header in everything),
        }
    )
