"""`stf train`: train the recogniser that comes with the program, measure it, write its checkpoint."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryFile

import torch

from apps.console import make_console, say
from calibration.seen import read_seen
from stf.atomic import write_errors
from stf.checkpoint import Accuracy, Header, TrainingData, save_checkpoint
from stf.datasets import open_corpus
from stf.datasets.clip import Clip, to_layout
from stf.datasets.corpus import read_clips
from stf.datasets.utd_mhad import CLASSES, TRAIN_SUBJECTS
from stf.models import STFConfig
from stf.recogniser import Recogniser
from stf.sampling import Sampling
from stf.skeleton import NTU25
from stf.training import Recipe, measure_top1, train_stream

_CONFIG = STFConfig(widths=(48, 48, 96, 96, 192, 192), dropout=0.2)
_STREAMS = {"joint": 1.0, "bone": 1.0}
_FOCUS_MODULE = 2  # docs/decisions/0003-focus-module.md
_DATA = TrainingData(
    name="UTD-MHAD",
    licence="public domain dataset (its authors' words; no licence text)",
    citation="C. Chen, R. Jafari, N. Kehtarnavaz, UTD-MHAD, ICIP 2015",
)


def run_train(
    dataset: Path, output: Path, *, seen: Path | None, epochs: int, seed: int, threads: int, bfloat16: bool
) -> None:
    """Train both streams on odd subjects, measure on even ones, write the checkpoint.

    Args:
        dataset: the folder of UTD-MHAD skeletons.
        output: the checkpoint to write; the losses on the way go into a folder beside it.
        seen: clips seen through the pose estimator (`calibration.seen`), to be trained on beside the clean ones.
        epochs: passes over the training clips.
        seed: of everything random.
        threads: threads of one operation; 0 leaves it to torch.
        bfloat16: compute in bfloat16.

    Raises:
        UserError: if there is no such data, or the checkpoint cannot be written: said before hours of training.
        KeyboardInterrupt: after Ctrl-C.
    """
    console = make_console()
    with write_errors(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=output.parent).close()
    if threads:
        torch.set_num_threads(threads)
    groups = {"clean skeletons": [to_layout(clip, NTU25) for clip in read_clips(open_corpus(dataset, "utd_mhad"))]}
    if seen:
        groups["rendered figure through MediaPipe"] = read_seen(seen)
    training = [clip for clips in groups.values() for clip in clips if clip.subject in TRAIN_SUBJECTS]
    recipe = Recipe(epochs=epochs, seed=seed)
    recipe = replace(recipe, precision="bf16-mixed" if bfloat16 else recipe.precision)
    sampling = Sampling()
    log = output.with_name(f"{output.stem}-log")
    try:
        networks = {
            stream: train_stream(
                training, CLASSES, stream, recipe=recipe, sampling=sampling, config=_CONFIG, log_folder=log
            )
            for stream in _STREAMS
        }
    except SystemExit:  # what Lightning makes of Ctrl-C
        raise KeyboardInterrupt from None
    header = Header(
        architecture="stf",
        options=asdict(_CONFIG),
        layout=NTU25.name,
        classes=CLASSES,
        samples=sampling.samples,
        rate_hz=sampling.rate_hz,
        streams=_STREAMS,
        focus_module=_FOCUS_MODULE,
        data=(_DATA,),
        recipe=f"{' + '.join(groups)} of odd subjects; {recipe}",
    )
    recogniser = Recogniser(header, networks, torch.device("cpu"))
    accuracy = tuple(figure for kind, clips in groups.items() for figure in _measure(kind, clips, recogniser))
    states = {stream: network.state_dict() for stream, network in networks.items()}
    save_checkpoint(output, header.model_copy(update={"accuracy": accuracy}), states)
    for figure in accuracy:
        say(console, f"{figure.top1:.1%} top-1: {figure.data}, {figure.split}, {figure.clips} clips")
    say(console, f"wrote {output}; the losses are in {log}")


def _measure(kind: str, clips: Sequence[Clip], recogniser: Recogniser) -> list[Accuracy]:
    held_out = [clip for clip in clips if clip.subject not in TRAIN_SUBJECTS]
    if not held_out:
        return []
    top1 = measure_top1(held_out, recogniser.sampling, recogniser.recognise)
    split = "subjects odd -> even, one middle window per clip, last epoch"
    return [Accuracy(data=f"UTD-MHAD, {kind}", split=split, clips=len(held_out), top1=top1)]
