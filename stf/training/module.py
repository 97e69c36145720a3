"""One training step, as Lightning runs it."""

from collections.abc import Sequence

import lightning
import torch
from jaxtyping import Float, Int
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.nn import functional

from stf.network import Network
from stf.noise import EstimatorNoise
from stf.streams import make_stream
from stf.training.recipe import Recipe
from stf.transforms import AFTER, BEFORE, NORMALISATIONS, mirrored_labels, random_mirror
from stf.windows import NOTHING, ClipBatch, SpanWindows


class Training(lightning.LightningModule):
    """Training of one stream's network: cross-entropy and the recipe's focus losses.

    Args:
        network: what is trained.
        stream: a key of `stf.streams.STREAMS`.
        classes: the K class names.
        recipe: every knob.
    """

    def __init__(self, network: Network, stream: str, classes: Sequence[str], recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self._stream = stream
        self._recipe = recipe
        self._losses = recipe.losses.build()
        self._noise = EstimatorNoise.load(recipe.noise) if recipe.noise else None
        self._mix = recipe.mixing.among(classes, network.layout) if recipe.mixing else None
        self._normalise = NORMALISATIONS[recipe.normalisation]
        self.register_buffer("_mirrored", torch.tensor(mirrored_labels(classes)), persistent=False)
        self._mirrored: Tensor

    def training_step(self, batch: ClipBatch) -> Tensor:
        """The loss of a batch of clips; what is random in a step follows from its number, as a resumed run needs it."""
        torch.manual_seed(hash((self._recipe.seed, self.global_step, self.global_rank)) % 2**63)
        x, labels = self.prepare(batch)
        output = self.network.run(x)
        entropy = functional.cross_entropy(output.logits, self.targets(labels, output.logits.shape[1]))
        extra, losses = self._losses(self.network, x, output, self.global_step, self._steps)
        loss = entropy + extra
        correct = (output.logits.argmax(dim=1) == labels)[labels != NOTHING].float().mean()
        shown = {"loss": loss, "top1": correct}
        self.log_dict(shown, on_step=False, on_epoch=True, prog_bar=True, batch_size=len(labels))
        self.log_dict({"cross_entropy": entropy, **losses}, on_step=False, on_epoch=True, batch_size=len(labels))
        return loss

    def prepare(self, batch: ClipBatch) -> tuple[Float[Tensor, "N C S V M"], Int[Tensor, " N"]]:
        """The network's input: random windows of the clips, normalised and augmented, as this stream; and labels."""
        layout, recipe = self.network.layout, self._recipe
        x, labels = recipe.window.draw(batch)
        if recipe.normalisation in BEFORE:
            x = self._normalise(x, layout)
        if self._noise is not None and isinstance(recipe.window, SpanWindows):
            noisy = self._normalise(self._noise(x, layout, recipe.window.rate_hz), layout)
            x = torch.where(batch.estimated[:, None, None, None, None], x, noisy)
        if self._mix is not None:
            x = self._mix(x, labels)
        x = recipe.augmentation(x, layout)
        if recipe.mirror:
            x, labels = random_mirror(x, labels, layout, self._mirrored)
        if recipe.normalisation in AFTER:
            x = self._normalise(x, layout)
        return make_stream(self._stream, x, layout), labels

    def targets(self, labels: Int[Tensor, " N"], num_classes: int) -> Float[Tensor, "N K"]:
        """Class probabilities to aim at: smoothed labels, and equal ones where nothing happens."""
        smoothing = self._recipe.label_smoothing
        smoothed = (1 - smoothing) * functional.one_hot(labels.clamp(min=0), num_classes) + smoothing / num_classes
        return torch.where((labels == NOTHING)[:, None], 1 / num_classes, smoothed)

    @property
    def _steps(self) -> int:
        return int(self.trainer.estimated_stepping_batches)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW; the learning rate rises over the warm-up and falls along a cosine."""
        recipe = self._recipe
        optimizer = torch.optim.AdamW(self.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, recipe.learning_rate, total_steps=self._steps, pct_start=recipe.warm_up
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
