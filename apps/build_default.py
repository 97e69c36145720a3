"""`stf data build-default`: the training data of the default models."""

import os
from pathlib import Path

from apps.console import FrameProgress, make_console, say
from calibration.everyday.build import CLEAN, SEEN, film_round, write_clean, write_seen
from stf.datasets.corpus import BrokenClipError


def run_build_default(data: Path, output: Path, rounds: int, workers: int) -> None:
    """Merge the datasets, film them, and write stores of what was seen; what is there already is kept.

    Args:
        data: the folder that holds the datasets' folders.
        output: the folder to make or to go on with.
        rounds: how many rounds of shots there shall be.
        workers: how many processes film.

    Raises:
        UserError: if a dataset is missing, there is no shot, or something cannot be written.
    """
    console = make_console()
    broken: list[BrokenClipError] = []
    with FrameProgress(make_console(stderr=True), "clips/s") as progress:
        progress.begin("merging the datasets", None)
        if count := write_clean(data, output, broken.append):
            say(console, f"{count} clean clips in {output / CLEAN}{os.sep}, {len(broken)} broken ones left out")
        for number in range(rounds):
            remaining = film_round(output, number, workers=workers)
            progress.begin(f"filming, round {number + 1} of {rounds}", next(remaining))
            for _ in remaining:
                progress.advance()
    seen = write_seen(output)
    say(
        console,
        f"{seen.clips} clips as the pose estimator sees them in {' and '.join(str(output / name) for name in SEEN)}; "
        f"it finds somebody in {seen.found / seen.frames:.1%} of {seen.frames} frames",
    )
