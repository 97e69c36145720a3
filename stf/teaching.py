"""Teaching: new classes for a trained recogniser, from a few examples of each, without forgetting the old ones (ours).

The networks stay as they are. The linear head of each stream gets one more row for each new class, and only these rows
are trained: on features of the examples, seen in many ways, against features of the old classes' training clips, which
the checkpoint remembers. An old class loses no more than a new one takes from it, and a second of arithmetic is enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Self

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int64
from scipy.optimize import minimize
from scipy.special import log_softmax
from torch import Tensor

from stf.datasets.clip import Clip, to_layout
from stf.errors import UserError
from stf.evaluation import typical_weights
from stf.network import Rows
from stf.recogniser import Recogniser
from stf.streams import make_stream
from stf.transforms import AFTER, BEFORE, NORMALISATIONS, Augmentation, mirrored_labels, random_mirror
from stf.windows import ClipWindows, SpanWindows, collate_clips

REMEMBERED = 12
"""Features of each old class that a checkpoint remembers, from as many windows of its training clips."""

LEAST_EXAMPLES = 3

_BATCH = 64
_LOOKS = 40  # windows of each example
_STRENGTH = 0.003  # of the pull of the new rows towards zero; this and the next chosen on training people
_SHRINKAGE = 0.1

Features = Float[Tensor, "N C"]


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody taught.

    Attributes:
        name: of the new class.
        clips: the examples.
    """

    name: str
    clips: tuple[Clip, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """N windows of clips.

    Attributes:
        features: stream name -> (N, C).
        labels: (N,) the classes they show.
        clip: (N,) of which clip each is.
    """

    features: Mapping[str, Features]
    labels: Int64[np.ndarray, " N"]
    clip: Int64[np.ndarray, " N"]

    def where(self, chosen: Bool[np.ndarray, " N"]) -> Self:
        """Some of the windows."""
        features = {stream: rows[torch.from_numpy(chosen)] for stream, rows in self.features.items()}
        return type(self)(features, self.labels[chosen], self.clip[chosen])


def remember(recogniser: Recogniser, clips: Sequence[Clip], seed: int = 0) -> dict[str, Float[Tensor, "K R C"]]:
    """Features of the classes' training clips, for `Network.memory`: what a class taught later must not take.

    Args:
        recogniser: whose features.
        clips: training clips with labels; a class without any remembers zeros.
        seed: of everything random.

    Returns:
        Stream name -> (K, `REMEMBERED`, C).
    """
    random = np.random.default_rng(seed)
    labels = np.array([clip.label for clip in clips])
    chosen: list[Clip] = []
    for number in range(len(recogniser.classes)):
        of_class = random.permutation(np.flatnonzero(labels == number)).tolist()
        chosen += [clips[place] for place in islice(cycle(of_class), 2 * REMEMBERED)]
    seen = _look(recogniser, chosen, recogniser.classes, 1, seed)
    memory = {}
    for stream, rows in seen.features.items():
        memory[stream] = rows.new_zeros(len(recogniser.classes), REMEMBERED, rows.shape[1])
        for number, place in enumerate(memory[stream]):
            of_class = np.flatnonzero(seen.labels == number)
            if len(of_class):
                place[:] = rows[np.resize(of_class, REMEMBERED)]
    return memory


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned, and how sure that is.

    Attributes:
        rows: stream name -> what to add to the heads, in the order of the actions.
        taken_for: action -> for each example, the class it is taken for by what was learned from all the others.
    """

    rows: Mapping[str, Rows]
    taken_for: Mapping[str, tuple[str, ...]]


def teach(recogniser: Recogniser, actions: Sequence[Action], seed: int = 0) -> Lesson:
    """Learn new classes; the same actions give the same lesson.

    Args:
        recogniser: as it comes from its checkpoint, with a memory.
        actions: what to learn; all that is to be told apart is learned together.
        seed: of everything random.

    Raises:
        UserError: if there are too few examples of an action, two actions have one name, or a class of the recogniser
            has that name, or the recogniser has no memory.
    """
    _check(recogniser, actions)
    classes = (*recogniser.classes, *(action.name for action in actions))
    known = len(recogniser.classes)
    clips = [replace(clip, label=known + n) for n, action in enumerate(actions) for clip in action.clips]
    seen = _look(recogniser, clips, classes, _LOOKS, seed)
    learned = {stream: _rows(recogniser, stream, seen, len(actions)) for stream in recogniser.networks}
    names = tuple(action.name for action in actions)
    if recogniser.header.focus_module != -1:
        typical = typical_weights(recogniser.extended(names, learned), clips)
        learned = {stream: replace(rows, typical=typical[stream][known:]) for stream, rows in learned.items()}
    place = [number for action in actions for number in range(len(action.clips))]
    taken = _left_out(recogniser, seen, np.array(place), len(actions))
    by_action = np.split(taken, np.cumsum([len(action.clips) for action in actions])[:-1])
    return Lesson(
        learned,
        {name: tuple(classes[number] for number in found) for name, found in zip(names, by_action, strict=True)},
    )


def _rows(recogniser: Recogniser, stream: str, seen: _Seen, new: int) -> Rows:
    """What one stream learns from windows of examples beside its memory."""
    network = recogniser.networks[stream]
    known, remembered, _ = network.memory.shape
    x = torch.cat([network.memory.flatten(0, 1), seen.features[stream]])
    given = network.head(x).cpu().numpy().astype(np.float64)
    labels = np.concatenate([np.repeat(np.arange(known), remembered), seen.labels])
    scale = _whitening(network.memory.cpu().numpy().astype(np.float64))
    weight, bias = _fit(x.cpu().numpy().astype(np.float64), scale, given, labels, new)
    return Rows(torch.from_numpy(weight).float(), torch.from_numpy(bias).float())


def _left_out(recogniser: Recogniser, seen: _Seen, place: Int64[np.ndarray, " n"], new: int) -> Int64[np.ndarray, " n"]:
    """The class that each example is taken for by what is learned from the others.

    Args:
        recogniser: what learns.
        seen: windows of n examples.
        place: (n,) number of each example among those of its action; those of one number are left out together.
        new: how many actions there are.
    """
    taken = np.empty_like(place)
    for number in range(int(place.max()) + 1):
        out = place[seen.clip] == number
        rest = seen.where(~out)
        logits: Tensor = torch.zeros(())
        for stream, network in recogniser.networks.items():
            rows = _rows(recogniser, stream, rest, new)
            windows = network.extended(rows).head(seen.features[stream][torch.from_numpy(out)])
            logits = logits + recogniser.header.streams[stream] * windows
        of = seen.clip[out]
        for clip in np.unique(of).tolist():
            taken[clip] = int(logits[torch.from_numpy(of == clip)].mean(dim=0).argmax())
    return taken


def _check(recogniser: Recogniser, actions: Sequence[Action]) -> None:
    names = [action.name for action in actions]
    for action in actions:
        if action.name in recogniser.classes:
            raise UserError(f"the model knows '{action.name}' already; give the action another name")
        if names.count(action.name) > 1:
            raise UserError(f"two actions are called '{action.name}'; give one of them another name")
        if len(action.clips) < LEAST_EXAMPLES:
            raise UserError(
                f"'{action.name}' has {len(action.clips)} example(s); it takes {LEAST_EXAMPLES}, and five are better"
            )
    if any(network.memory is None for network in recogniser.networks.values()):
        raise UserError("the model remembers no examples of its own classes and cannot be taught; train it again")


@torch.no_grad()
def _look(recogniser: Recogniser, clips: Sequence[Clip], classes: Sequence[str], looks: int, seed: int) -> _Seen:
    """Features of random windows of clips, turned, stretched, shifted and mirrored, and the classes they then show.

    Args:
        recogniser: whose features.
        clips: n clips with labels among the classes.
        classes: names; a mirrored clip may show another one than before (see `mirrored_labels`).
        looks: windows of each clip; N = looks * n.
        seed: of everything random.
    """
    header, layout = recogniser.header, recogniser.layout
    generator = torch.Generator().manual_seed(seed)
    window = (
        ClipWindows(samples=header.samples)
        if header.whole_clips
        else SpanWindows(samples=header.samples, rate_hz=header.rate_hz, still=0)
    )
    normalise, augment = NORMALISATIONS[header.normalisation], Augmentation()
    mirrored = torch.tensor(mirrored_labels(classes))
    features: dict[str, list[Features]] = {stream: [] for stream in recogniser.networks}
    labels, of = [], []
    for begin in range(0, len(clips), _BATCH):
        batch = collate_clips([to_layout(clip, layout) for clip in clips[begin : begin + _BATCH]])
        for _ in range(looks):
            x, shown = window.draw(batch, generator)
            x = augment(normalise(x, layout) if header.normalisation in BEFORE else x, layout, generator)
            x, shown = random_mirror(x, shown, layout, mirrored, generator)
            x = (normalise(x, layout) if header.normalisation in AFTER else x).to(recogniser.device)
            for stream, network in recogniser.networks.items():
                features[stream].append(network.run(make_stream(stream, x, layout)).pooled)
            labels.append(shown.numpy())
            of.append(np.arange(begin, begin + len(shown)))
    found = {stream: torch.cat(rows) for stream, rows in features.items()}
    return _Seen(found, np.concatenate(labels), np.concatenate(of))


def _whitening(memory: Float64[np.ndarray, "K R C"]) -> Float64[np.ndarray, "C C"]:
    """What features are multiplied by so that within a class they spread alike in every direction.

    Within the old classes people differ from each other and from one time to the next: a direction in which they differ
    much tells little, though five examples of one person may agree in it. The covariance is drawn to a multiple of the
    identity, as there are fewer windows than it has numbers.
    """
    inside = (memory - memory.mean(axis=1, keepdims=True)).reshape(-1, memory.shape[-1])
    covariance = inside.T @ inside / len(inside)
    even = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    shrunk = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * even + 1e-9 * np.eye(len(covariance))
    return np.asarray(np.linalg.inv(np.linalg.cholesky(shrunk)).T)


def _fit(
    x: Float64[np.ndarray, "N C"],
    scale: Float64[np.ndarray, "C C"],
    given: Float64[np.ndarray, "N K"],
    labels: Int64[np.ndarray, " N"],
    new: int,
) -> tuple[Float64[np.ndarray, "k C"], Float64[np.ndarray, " k"]]:
    """Weights and biases of the new rows, by logistic regression beside the given logits of the old ones.

    Each class weighs the same, however many windows there are of it. For z = (x - mean) scale, the mean of
    -log softmax([given, z W' + b])_y over classes plus strength |W|^2 / 2 is least, which is convex.
    """
    centre = x.mean(axis=0)
    z = (x - centre) @ scale
    known = given.shape[1]
    count = np.bincount(labels, minlength=known + new)
    share = 1 / (count[labels] * np.count_nonzero(count))
    truth = np.eye(known + new)[labels][:, known:]

    def loss(flat: Float64[np.ndarray, " P"]) -> tuple[float, Float64[np.ndarray, " P"]]:
        weight, bias = flat[:-new].reshape(new, -1), flat[-new:]
        log_p = log_softmax(np.concatenate([given, z @ weight.T + bias], axis=1), axis=1)
        surplus = share[:, None] * (np.exp(log_p[:, known:]) - truth)
        value = -(share * log_p[np.arange(len(labels)), labels]).sum() + _STRENGTH * np.square(weight).sum() / 2
        slope = surplus.T @ z + _STRENGTH * weight
        return float(value), np.concatenate([slope.ravel(), surplus.sum(axis=0)])

    start = np.zeros(new * x.shape[1] + new)
    flat = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    weight, bias = flat[:-new].reshape(new, -1) @ scale.T, flat[-new:]
    return weight, bias - weight @ centre
