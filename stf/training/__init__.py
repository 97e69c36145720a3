"""Training: clips in, one network per stream out, by Lightning's Trainer and a recipe."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import lightning
import torch
import yaml
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only
from torch.utils.data import DataLoader, DistributedSampler

from stf.atomic import output_text, write_errors
from stf.datasets.clip import Clip, to_layout
from stf.errors import UserError
from stf.models import build_model
from stf.network import Network
from stf.training.module import Training
from stf.training.recipe import Recipe, load_recipe
from stf.training.start import blend, take_over
from stf.windows import ClipDataset, collate_clips

__all__ = ["Recipe", "leads", "train_stream"]


def leads() -> bool:
    """Whether this process measures, writes and speaks; of several that train together the first one does."""
    return int(getattr(rank_zero_only, "rank", 0)) == 0


def train_stream(
    clips: Sequence[Clip],
    classes: Sequence[str],
    stream: str,
    recipe: Recipe,
    log_folder: Path,
    *,
    resume: bool = False,
    progress: bool = True,
) -> Network:
    """Train the network of one stream, from random weights, an earlier model's, or where an earlier run stopped.

    Args:
        clips: training clips; converted to the recipe's layout.
        classes: the K class names.
        stream: a key of `stf.streams.STREAMS`.
        recipe: every knob.
        log_folder: where the state after each epoch (`STREAM/last.ckpt`) and the CSV and TensorBoard logs of each
            attempt (`STREAM/attempt-1`) go, with the recipe beside them.
        resume: go on from the state in `log_folder`, if there is one; the result is the same as of an unbroken run.
        progress: whether to show a progress bar.

    Returns:
        The trained network, of the last epoch, in evaluation mode on the CPU.

    Raises:
        UserError: if there is no clip to train on, `log_folder` holds another run, or `recipe.start` does not fit.
        SystemExit: after Ctrl-C; what Lightning makes of it.
    """
    if not clips:
        raise UserError("there is no clip to train on; check the split and its share")
    with _quiet():
        return _fit(clips, classes, stream, recipe, log_folder, resume=resume, progress=progress)


def _fit(
    clips: Sequence[Clip],
    classes: Sequence[str],
    stream: str,
    recipe: Recipe,
    log_folder: Path,
    *,
    resume: bool,
    progress: bool,
) -> Network:
    lightning.seed_everything(recipe.seed, verbose=False)
    layout = recipe.skeleton
    network = build_model(recipe.model.name, layout=layout, num_classes=len(classes), **recipe.model.options)
    module = Training(network, stream, classes, recipe)
    to_layout(clips[0], layout)  # refused here rather than in the first epoch
    loader = _loader(clips, recipe)
    folder = log_folder / stream
    state = folder / "last.ckpt"
    resumed = resume and state.is_file()
    if recipe.start and not resumed:
        take_over(network, stream, classes, recipe, recipe.start)
    if leads():
        _claim(folder, recipe, resume=resume)
    attempt = f"attempt-{1 + len(list(folder.glob('attempt-*')))}"
    trainer = lightning.Trainer(
        max_epochs=recipe.epochs,
        devices=recipe.devices if recipe.devices > 1 else "auto" if torch.cuda.is_available() else 1,
        num_nodes=recipe.nodes,
        logger=[kind(log_folder, name=stream, version=attempt) for kind in (CSVLogger, TensorBoardLogger)],
        callbacks=_callbacks(recipe, folder),
        precision=recipe.precision,
        gradient_clip_val=recipe.gradient_clip,
        enable_model_summary=False,
        enable_progress_bar=progress,
        log_every_n_steps=1,
    )
    trainer.fit(module, loader, ckpt_path=state if resumed else None, weights_only=False)
    network.cpu()
    if recipe.start and recipe.blend < 1:
        blend(network, stream, classes, recipe, recipe.start)
    return network.eval()


def _loader(clips: Sequence[Clip], recipe: Recipe) -> DataLoader[Clip]:
    """Batches of clips, in an order that follows from the seed and the number of the epoch."""
    dataset = ClipDataset(clips, recipe.skeleton, recipe.repeat)
    processes = recipe.devices * recipe.nodes
    alone = processes == 1  # else Lightning puts in the sampler that divides the work
    sampler: DistributedSampler[Clip] | None = (
        DistributedSampler(dataset, 1, 0, shuffle=True, seed=recipe.seed) if alone else None
    )
    return DataLoader(
        dataset,
        recipe.batch,
        shuffle=None if alone else True,
        sampler=sampler,
        num_workers=recipe.workers,
        collate_fn=collate_clips,
        drop_last=len(dataset) > recipe.batch * processes,
    )


def _callbacks(recipe: Recipe, folder: Path) -> list[Callback]:
    callbacks: list[Callback] = [ModelCheckpoint(folder, filename="last", enable_version_counter=False)]
    if recipe.ema:
        callbacks.append(EMAWeightAveraging(decay=recipe.ema))
    return callbacks


def _claim(folder: Path, recipe: Recipe, *, resume: bool) -> None:
    """Write the recipe into the folder of a run, which must be new or, to be resumed, of the same recipe."""
    note = folder / "recipe.yaml"
    kept = recipe.model_dump(mode="json")
    if note.exists():
        if not resume:
            raise UserError(f"{folder} holds an earlier run; resume it, or move it away")
        if load_recipe(note) != Recipe.model_validate(kept):  # as it is meant: a set is written in any order
            raise UserError(f"the run in {folder} is of another recipe (see {note}); resume it with that one")
        return
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with output_text(note) as write:
        write(yaml.safe_dump(kept, sort_keys=False))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advertisements and advice to itself: what it trains with is decided here."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\..*")
            warnings.filterwarnings("ignore", message="Grad strides do not match bucket view strides")  # of DDP
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
