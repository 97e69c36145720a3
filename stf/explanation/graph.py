"""The adjacency of one module: fixed, learned, of the input, and what the focus asks of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float32

from stf.errors import UserError
from stf.explanation.answer import Question, find_class
from stf.explanation.ask import find_module, find_streams
from stf.explanation.windows import fill_windows
from stf.losses import focus_adjacency
from stf.models.stf import STFModule
from stf.recogniser import Recogniser
from stf.skeleton import SkeletonLayout
from stf.streams import make_stream


@dataclass(frozen=True, slots=True)
class Link:
    """The way from one joint into another, and its weight."""

    source: int
    target: int
    weight: float


@dataclass(frozen=True, slots=True)
class ModuleGraph:
    """What joints a module gathers from.

    Attributes:
        layout: names the V joints.
        module: counted from 1.
        stream: whose network it is of.
        label: the class whose focus is meant.
        matrices: by kind, (V, V); entry [i, j] weighs the way from joint i into joint j. `fixed` and `learned` are sums
            over the subsets of the partition, `instance` is G of this window (columns sum to one), `asked` what the
            focus of the class asks of it: colnorm(S^T S) (ours, see `stf.losses.AdjacencyConsistency`).
    """

    layout: SkeletonLayout
    module: int
    stream: str
    label: str
    matrices: Mapping[str, Float32[np.ndarray, "V V"]] = field(repr=False)

    def strongest(self, kind: str, count: int = 8) -> list[Link]:
        """The links between two different joints that weigh most, either sign, the heaviest first."""
        matrix = self.matrices[kind].copy()
        np.fill_diagonal(matrix, 0)
        order = np.argsort(-np.abs(matrix), axis=None, kind="stable")[:count]
        places = zip(*np.unravel_index(order, matrix.shape), strict=True)
        return [Link(int(i), int(j), float(matrix[i, j])) for i, j in places if matrix[i, j]]


def module_graph(
    recogniser: Recogniser, joints: Float32[np.ndarray, "M T V C"], question: Question | None = None, person: int = 0
) -> ModuleGraph:
    """The adjacency of a module for a window.

    Args:
        recogniser: of modules that have one, such as stf.
        joints: a window as `ask_windows` takes them.
        question: whose module, stream (the first one by default) and class are meant.
        person: which one of the window's.

    Raises:
        UserError: if there is no such module or class, the person is not seen, or the model's graph is always the same.
    """
    asked = question or Question()
    networks, _ = find_streams(recogniser, asked.stream)
    stream, network = next(iter(networks.items()))
    number = find_module(asked.module, len(network.stages), recogniser)
    module = network.stages[number - 1]
    if not isinstance(module, STFModule):
        name = recogniser.header.architecture
        raise UserError(
            f"the modules of '{name}' have no learned adjacency; choose a model of another kind, such as stf"
        )
    x = make_stream(stream, fill_windows(recogniser, joints[None]), recogniser.layout)
    output = network.run_for_focus(x, number - 1, asked.method)
    present = output.present[0].nonzero()[:, 0].tolist()
    if person not in present:
        raise UserError("this person is not seen in this window; choose another one or another moment")
    row = present.index(person)
    label = int(output.logits.argmax()) if asked.label is None else find_class(recogniser.classes, asked.label)
    classes = torch.tensor([label], device=x.device)
    rival = None
    if asked.contrast is not None:
        rival = torch.tensor([find_class(recogniser.classes, asked.contrast)], device=x.device)
    focus = network.focus_of(output, classes, contrast=rival, module=number - 1, method=asked.method).detach()
    matrices = {"fixed": module.fixed.sum(dim=0), "learned": module.learned.sum(dim=0)}
    if output.adjacency:
        matrices["instance"] = output.adjacency[number - 1][row]
    matrices["asked"] = focus_adjacency(focus[row : row + 1])[0]
    return ModuleGraph(
        recogniser.layout,
        number,
        stream,
        recogniser.classes[label],
        {kind: matrix.detach().cpu().numpy() for kind, matrix in matrices.items()},
    )
