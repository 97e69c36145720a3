"""The recogniser: a checkpoint made ready to be asked about windows."""

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Self

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, Int64
from torch import Tensor

from stf.checkpoint import DEFAULT_MODEL, Header, VectorScaling, find_model, load_checkpoint
from stf.errors import UserError
from stf.focus import FocusMethod, normalise_focus, project_to_input
from stf.models import build_model
from stf.network import Network, NetworkOutput, Rows
from stf.prediction import NONE
from stf.sampling import Sampling
from stf.skeleton import get_layout
from stf.streams import get_stream, make_stream
from stf.transforms import NORMALISATIONS


def choose_device(name: str) -> torch.device:
    """The torch device that `auto`, `cpu` or `cuda` (or `cuda:1`, `mps`) means here.

    Raises:
        UserError: if the device is unknown or not present.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError, ImportError) as error:
        raise UserError(f"the device '{name}' cannot be used here; use --device auto or cpu") from error
    return device


class Recogniser:
    """Class probabilities and focus of skeleton windows, streams fused.

    Attributes:
        header: what the checkpoint says about itself.
        layout: skeleton layout of the windows.
        classes: the K class names.
        networks: the network of each stream, as it computes fastest; copies, not what was given.
        sampling: samples and rate of the windows.
        device: where it computes.
        path: the checkpoint file; None where there is none.
        addon: the file of what it has been taught; None where there is none.
    """

    def __init__(
        self, header: Header, networks: Mapping[str, Network], device: torch.device, path: Path | None = None
    ) -> None:
        self.device = device
        self.path = path
        self.addon: Path | None = None
        self.networks = {name: network.for_inference().to(device) for name, network in networks.items()}
        self._take(header)

    def _take(self, header: Header) -> None:
        self.header = header
        self.layout = get_layout(header.layout)
        self.classes = header.classes
        self._vector: tuple[Tensor, Tensor] | None = None
        if header.vector is not None:
            factors, offsets = header.vector.factors, header.vector.offsets
            self._vector = torch.tensor(factors, device=self.device), torch.tensor(offsets, device=self.device)

    @classmethod
    def load(cls, model: str | Path = DEFAULT_MODEL, *, device: str = "auto") -> Self:
        """Load a checkpoint.

        Args:
            model: name of a shipped model, or a file.
            device: `auto`, `cpu`, `cuda`.

        Raises:
            UserError: if model or device cannot be had, or the weights do not fit the header.
        """
        path = find_model(model)
        header, states = load_checkpoint(path)
        try:
            networks = {stream: _build_network(header, stream, state) for stream, state in states.items()}
        except UserError as error:
            raise UserError(f"{path} cannot be used: {error}") from error
        return cls(header, networks, choose_device(device), path)

    def extended(self, names: Sequence[str], rows: Mapping[str, Rows], addon: Path | None = None) -> Self:
        """This recogniser with k classes more, behind its own; probabilities are scaled for them as they come.

        Args:
            names: of the k classes.
            rows: stream name -> what its network needs to know of them.
            addon: the file that this is from.
        """
        vector = self.header.vector and VectorScaling(
            factors=(*self.header.vector.factors, *[1.0] * len(names)),
            offsets=(*self.header.vector.offsets, *[0.0] * len(names)),
        )
        other = copy(self)
        other.addon = addon
        other.networks = {stream: network.extended(rows[stream]) for stream, network in self.networks.items()}
        other._take(self.header.model_copy(update={"classes": (*self.classes, *names), "vector": vector}))  # noqa: SLF001 - a copy of this one
        return other

    @property
    def sampling(self) -> Sampling:
        """Samples and rate of the windows this recogniser was trained on."""
        return self.header.sampling

    def fuse(self, logits: Mapping[str, Float[Tensor, "N K"]]) -> Float[Tensor, "N K"]:
        """The logits that `probabilities` are of: fused and scaled as the header says."""
        weights = self.header.streams
        fused = sum((weights[stream] * rows for stream, rows in logits.items()), start=torch.zeros(()))
        scaled = fused.float() / self.header.temperature
        return scaled if self._vector is None else scaled * self._vector[0] + self._vector[1]

    def probabilities(self, logits: Float[Tensor, "N K"]) -> Float[Tensor, "N K"]:
        """Class probabilities: the softmax of the logits, less what the energy leaves to `NONE` (ours).

        Where the header has a threshold for the energy, -log sum_k exp(logit_k): with minus the threshold as one logit
        more, the softmax gives that one more than a half just where the energy is above the threshold. What it gets is
        the probability of `NONE`: it is added to the class of that name, and where there is none, rows lack it of one.

        Args:
            logits: (N, K) as `fuse` gives them.
        """
        unknown = self.header.unknown
        if unknown is None or unknown.energy is None:
            return logits.softmax(dim=1)
        with_unknown = torch.cat([logits, torch.full_like(logits[:, :1], -unknown.energy)], dim=1).softmax(dim=1)
        classes, none = with_unknown[:, :-1], with_unknown[:, -1]
        if NONE in self.classes:
            classes[:, self.classes.index(NONE)] += none
        return classes

    @torch.no_grad()
    def recognise(
        self, joints: Float32[np.ndarray, "N T V C"]
    ) -> tuple[Float32[np.ndarray, "N K"], Float32[np.ndarray, "N T V"]]:
        """Class probabilities, and the focus for the most probable class, of windows of one person each.

        Logits are fused over the streams with the checkpoint's weights and scaled as it says. Each stream's focus is
        divided by its maximum, fused with the same weights, and divided by its maximum again (ours).

        Args:
            joints: (N, T, V, C) windows in the checkpoint's layout, at its rate; missing samples are zero. Of windows
                shorter than its own the first and last sample are held before and after, as for short clips in
                training (`stf.windows.SpanWindows`).

        Returns:
            Probabilities (N, K) as of `probabilities`, and focus (N, T, V) in [0, 1].
        """
        methods = {name: _method(network) for name, network in self.networks.items()}
        outputs = self._run(joints, methods)
        probabilities = self.probabilities(self.fuse({name: output.logits for name, output in outputs.items()}))
        focus = self._focus(outputs, probabilities.argmax(dim=1), methods, joints.shape[1])
        return probabilities.cpu().numpy(), focus.cpu().numpy()

    @torch.no_grad()
    def explain(
        self, joints: Float32[np.ndarray, "N T V C"], classes: Int64[np.ndarray, " N"]
    ) -> Float32[np.ndarray, "N T V"]:
        """The focus of chosen classes, by the elementwise gradient: the method that tells classes apart.

        What `recognise` gives is made for speed and is nearly the same for every class (docs/decisions/0005); this
        takes a backward pass. It is fused and normalised as there.

        Args:
            joints: (N, T, V, C) as in `recognise`.
            classes: (N,) the class to explain of each window.

        Returns:
            (N, T, V) in [0, 1].
        """
        methods: dict[str, FocusMethod] = dict.fromkeys(self.networks, "elementwise")
        outputs = self._run(joints, methods)
        return self._focus(outputs, torch.from_numpy(classes).to(self.device), methods, joints.shape[1]).cpu().numpy()

    def _run(
        self, joints: Float32[np.ndarray, "N T V C"], methods: Mapping[str, FocusMethod]
    ) -> dict[str, NetworkOutput]:
        """What the network of each stream says of windows, with what a focus by these methods will ask for."""
        before, after = self._beside(joints.shape[1])
        held = np.pad(joints, ((0, 0), (before, after), (0, 0), (0, 0)), mode="edge")
        x = torch.from_numpy(held).to(self.device).permute(0, 3, 1, 2)[..., None]
        x = NORMALISATIONS[self.header.normalisation](x, self.layout)
        module = self.header.focus_module
        return {
            name: network.run_for_focus(make_stream(name, x, self.layout), module, methods[name])
            for name, network in self.networks.items()
        }

    def _focus(
        self,
        outputs: Mapping[str, NetworkOutput],
        classes: Int[Tensor, " N"],
        methods: Mapping[str, FocusMethod],
        frames: int,
    ) -> Float[Tensor, "N T V"]:
        """The streams' focus volumes, each in [0, 1], weighted as their logits are, and brought to [0, 1] again.

        What was held beside the `frames` samples that were given is left out.
        """
        module, weights = self.header.focus_module, self.header.streams
        before, after = self._beside(frames)
        volume: Tensor = torch.zeros(())
        for name, output in outputs.items():
            rows = self.networks[name].focus_of(output, classes, module=module, method=methods[name])
            volume = volume + weights[name] * project_to_input(normalise_focus(rows), before + frames + after)
        return normalise_focus(volume[:, before : before + frames])

    def _beside(self, frames: int) -> tuple[int, int]:
        """How many samples are held before and after that many, to fill a window."""
        missing = max(self.sampling.samples - frames, 0)
        return missing // 2, missing - missing // 2


def _method(network: Network) -> FocusMethod:
    """A typical focus costs next to nothing; without weights for it, the exact one."""
    return "pooled" if network.typical_weights is None else "typical"


def _build_network(header: Header, stream: str, state: dict[str, Tensor]) -> Network:
    get_stream(stream)
    layout = get_layout(header.layout)
    network = build_model(header.architecture, layout=layout, num_classes=len(header.classes), **header.options)
    return network.load(state)
