"""Training: windows of dataset clips, one network per stream, Lightning's Trainer, one checkpoint at the end."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import lightning
import numpy as np
import torch
from jaxtyping import Float, Int
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from stf.datasets.clip import Clip, to_layout
from stf.models import STF, STFConfig, build_model
from stf.sampling import Outside, Sampling, sample_clip
from stf.skeleton import NTU25, SkeletonLayout
from stf.streams import make_stream
from stf.transforms import Augmentation, mirrored_labels, normalise_body, random_mirror

NOTHING = -1
"""The label of a window in which a person does nothing."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every knob of a training run.

    Attributes:
        epochs: passes over the clips; each pass draws `windows_per_clip` windows of every clip.
        windows_per_clip: see `epochs`.
        batch: windows per step.
        learning_rate: peak of AdamW's one-cycle schedule.
        weight_decay: AdamW's.
        label_smoothing: share of the target spread over all classes.
        shift: seconds by which a window's middle may lie beside its clip's middle, at most; limited for every clip so
            that at least half of the clip (or of the window, where that is shorter) is seen.
        speed: largest relative change of speed.
        still: probability that a window shows the clip's first or last frame throughout: a person doing nothing, for
            whom all classes shall be equally probable (after Outlier Exposure, Hendrycks et al., ICLR 2019).
        missing: probability that samples beyond the clip's ends are missing rather than its first and last frame.
        augmentation: random changes to the skeletons.
        precision: Lightning's; `bf16-mixed` halves the time where the processor has bfloat16 arithmetic.
        seed: of everything random.
    """

    epochs: int = 40
    windows_per_clip: int = 1
    batch: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    shift: float = 1.0
    speed: float = 0.25
    still: float = 0.1
    missing: float = 0.25
    augmentation: Augmentation = field(default_factory=Augmentation)
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    seed: int = 0


class ClipWindows(Dataset[tuple[Float[Tensor, "C T V M"], int]]):
    """Windows at random places of clips, `recipe.windows_per_clip` of each.

    Args:
        clips: what to draw from; all of one layout.
        sampling: samples and rate of a window.
        recipe: how to draw.
    """

    def __init__(self, clips: Sequence[Clip], sampling: Sampling, recipe: Recipe) -> None:
        self._clips = clips
        self._sampling = sampling
        self._recipe = recipe

    def __len__(self) -> int:
        return len(self._clips) * self._recipe.windows_per_clip

    def __getitem__(self, item: int) -> tuple[Float[Tensor, "C T V M"], int]:
        clip = self._clips[item % len(self._clips)]
        tempo, place, end, still = torch.rand(4).tolist()
        speed = 1 + self._recipe.speed * (2 * tempo - 1)
        span = self._sampling.span * speed
        half_seen = abs(span - clip.seconds) / 2 + min(span, clip.seconds) / 2
        start = (clip.seconds - span) / 2 + min(self._recipe.shift, half_seen) * (2 * place - 1)
        nothing = still < self._recipe.still
        if nothing:
            start = -2 * span if place < 0.5 else clip.seconds + span
        outside: Outside = "missing" if end < self._recipe.missing and not nothing else "hold"
        window = sample_clip(clip.joints, clip.fps, self._sampling, start, speed=speed, outside=outside)
        return torch.from_numpy(np.nan_to_num(window)).permute(3, 1, 2, 0), NOTHING if nothing else clip.label


class Training(lightning.LightningModule):
    """Cross-entropy training of one stream's network."""

    def __init__(self, network: STF, stream: str, classes: Sequence[str], recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self._stream = stream
        self._recipe = recipe
        self.register_buffer("_mirrored", torch.tensor(mirrored_labels(classes)), persistent=False)
        self._mirrored: Tensor

    def training_step(self, batch: tuple[Float[Tensor, "N C T V M"], Int[Tensor, " N"]]) -> Tensor:
        """Loss of a batch of raw windows."""
        x, labels = batch
        x = self._recipe.augmentation(normalise_body(x, self.network.layout))
        x, labels = random_mirror(x, labels, self.network.layout, self._mirrored)
        x = make_stream(self._stream, normalise_body(x, self.network.layout), self.network.layout)
        logits = self.network(x)
        loss = functional.cross_entropy(logits, self._targets(labels, logits.shape[1]))
        correct = (logits.argmax(dim=1) == labels)[labels != NOTHING].float().mean()
        self.log_dict({"loss": loss, "top1": correct}, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def _targets(self, labels: Int[Tensor, " N"], num_classes: int) -> Float[Tensor, "N K"]:
        """Class probabilities to aim at: smoothed labels, and equal ones where nothing happens."""
        smoothing = self._recipe.label_smoothing
        smoothed = (1 - smoothing) * functional.one_hot(labels.clamp(min=0), num_classes) + smoothing / num_classes
        return torch.where((labels == NOTHING)[:, None], 1 / num_classes, smoothed)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW with a one-cycle schedule."""
        recipe = self._recipe
        optimizer = torch.optim.AdamW(self.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.learning_rate, total_steps=steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def train_stream(
    clips: Sequence[Clip],
    classes: Sequence[str],
    stream: str,
    *,
    recipe: Recipe,
    sampling: Sampling,
    config: STFConfig,
    log_folder: Path,
    layout: SkeletonLayout = NTU25,
    progress: bool = True,
) -> STF:
    """Train the network of one stream from random weights.

    Args:
        clips: training clips; converted to `layout`.
        classes: the K class names.
        stream: a key of `stf.streams.STREAMS`.
        recipe: every knob.
        sampling: samples and rate of the input window.
        config: shape of the network.
        log_folder: where the CSV log goes.
        layout: skeleton layout of the network.
        progress: whether to show a progress bar.

    Returns:
        The trained network, in evaluation mode on the CPU.
    """
    lightning.seed_everything(recipe.seed, verbose=False)
    network = build_model("stf", layout=layout, num_classes=len(classes), **asdict(config))
    module = Training(network, stream, classes, recipe)
    windows = ClipWindows([to_layout(clip, layout) for clip in clips], sampling, recipe)
    loader = DataLoader(windows, batch_size=recipe.batch, shuffle=True, drop_last=len(windows) > recipe.batch)
    trainer = lightning.Trainer(
        max_epochs=recipe.epochs,
        logger=CSVLogger(log_folder, name=stream),
        precision=recipe.precision,
        gradient_clip_val=1.0,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=progress,
        log_every_n_steps=1,
    )
    trainer.fit(module, loader)
    return network.cpu().eval()


def measure_top1(
    clips: Sequence[Clip], sampling: Sampling, recognise: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
) -> float:
    """Share of clips whose most probable class is their label, one middle window each.

    Args:
        clips: clips of one person in the recogniser's layout.
        sampling: samples and rate of the input window.
        recognise: `stf.recogniser.Recogniser.recognise`.
    """
    right = 0
    for clip in clips:
        start = (clip.seconds - sampling.span) / 2
        window = np.nan_to_num(sample_clip(clip.joints[:1], clip.fps, sampling, start))
        right += int(recognise(window)[0][0].argmax() == clip.label)
    return right / len(clips)
