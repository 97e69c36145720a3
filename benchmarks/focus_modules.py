"""Which module's focus can be trusted: deletion and insertion of joints at moments, by focus and at random.

    python benchmarks/focus_modules.py UTD_MHAD_FOLDER

For clips of the training subjects, the fifth of all joints x moments with the most focus is frozen at the joint's mean
position (deletion: the lower the probability that is left, the better) or is all that moves (insertion: the higher the
better). `joints` is the spread of the focus between joints as a share of its spread over everything: 0 means that all
joints of a moment look alike. The last line compares the shipped choice with random cells.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from stf.datasets import open_corpus
from stf.datasets.clip import to_layout
from stf.datasets.corpus import read_clips
from stf.datasets.utd_mhad import TRAIN_SUBJECTS
from stf.focus import normalise_focus, project_to_input
from stf.models import STF
from stf.recogniser import Recogniser
from stf.sampling import sample_clip
from stf.streams import make_stream
from stf.transforms import normalise_body

SHARE = 0.2


def windows(folder: Path, recogniser: Recogniser, every: int) -> Tensor:
    """The middle windows of every n-th training clip, normalised: (N, 3, T, V, 1)."""
    clips = [
        to_layout(c, recogniser.layout)
        for c in read_clips(open_corpus(folder, "utd_mhad"))
        if c.subject in TRAIN_SUBJECTS
    ][::every]
    sampling = recogniser.sampling
    joints = [sample_clip(c.joints, c.fps, sampling, (c.seconds - sampling.span) / 2) for c in clips]
    x = torch.from_numpy(np.concatenate(joints)).permute(0, 3, 1, 2)[..., None]
    return normalise_body(x, recogniser.layout)


def probability_left(network: STF, x: Tensor, keep: Tensor, classes: Tensor) -> float:
    """Mean probability of `classes` when only the cells in `keep` (N, T, V) move."""
    frozen = x.mean(dim=2, keepdim=True).expand_as(x)
    with torch.no_grad():
        scores = network(torch.where(keep[:, None, :, :, None], x, frozen)).softmax(dim=1)
    return float(scores.gather(1, classes[:, None]).mean())


def measure(network: STF, x: Tensor, volume: Tensor, classes: Tensor) -> tuple[float, float, float]:
    """Deletion, insertion, and the share of the spread that lies between joints."""
    cells = volume.flatten(1)
    chosen = volume > cells.quantile(1 - SHARE, dim=1)[:, None, None]
    between = volume.mean(dim=1).std(dim=1) / cells.std(dim=1)
    deletion = probability_left(network, x, ~chosen, classes)
    return deletion, probability_left(network, x, chosen, classes), float(between.mean())


def main() -> None:
    """Print a table per stream and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="utd-mhad-27")
    parser.add_argument("--every", type=int, default=4, help="use every n-th clip")
    arguments = parser.parse_args()
    recogniser = Recogniser.load(arguments.model, device="cpu")
    joints = windows(arguments.folder, recogniser, arguments.every)
    print(f"{len(joints)} clips of training subjects, shipped module {recogniser.header.focus_module}")
    ratios = []
    for stream, network in recogniser.networks.items():
        x = make_stream(stream, joints, recogniser.layout)
        with torch.no_grad():
            classes = network(x).argmax(dim=1)
        random = torch.rand(len(x), x.shape[2], x.shape[3], generator=torch.Generator().manual_seed(0))
        by_chance = measure(network, x, random, classes)
        print(f"{stream:6} random              deletion {by_chance[0]:.3f}  insertion {by_chance[1]:.3f}")
        for module in range(len(network.stages)):
            for method in ("pooled", "elementwise"):
                output = network.run_for_focus(x, module)
                focus = network.focus_of(output, classes, module=module, method=method).detach()
                left, alone, between = measure(
                    network, x, project_to_input(normalise_focus(focus), x.shape[2]), classes
                )
                print(
                    f"{stream:6} module {module} {method:11} deletion {left:.3f}  insertion {alone:.3f}"
                    f"  joints {between:.2f}"
                )
                shipped = recogniser.header.focus_module % len(network.stages)
                if (module, method) == (shipped, "pooled"):
                    ratios.append(left / by_chance[0])
    print(f"ratio: {sum(ratios) / len(ratios):.2f}")


if __name__ == "__main__":
    main()
