"""`stf calibrate landmarks`: from the pose estimator's landmarks to a skeleton, fitted on rendered motion capture."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from apps.console import FrameProgress, make_console, say
from apps.landmark_charts import band_names, draw_detection, draw_joint_errors, draw_yaw_errors
from calibration.landmarks.film import Plan, film_corpus, require_depth
from calibration.landmarks.fit import BODY, Fit, fit_map, table
from calibration.landmarks.measure import Quality, bone_variation, by_yaw, detection, jitter, measure
from calibration.landmarks.pairs import Pairs, pair, unseen_camera
from calibration.landmarks.shots import read_shots
from calibration.noise import fit_noise, save_noise
from realtime.mapping import save_mapping
from stf.atomic import output_file, write_errors
from stf.datasets import open_corpus
from stf.datasets.corpus import Corpus, Part, find_split, read_clips
from stf.errors import UserError
from stf.noise import EstimatorNoise
from stf.skeleton import NTU25


@dataclass(frozen=True, slots=True)
class LandmarkOptions:
    """What the command line says beside dataset and output.

    Attributes:
        form: the dataset's format; found out by default.
        split: see `stf.datasets.corpus.find_split`; people of its test side are measured on.
        views: how often each clip is filmed.
        workers: how many processes film.
    """

    form: str | None = None
    split: str | None = None
    views: int = 1
    workers: int = 2


@dataclass(frozen=True, slots=True)
class Sides:
    """Frames with all of somebody in the picture: to fit on, and of people and cameras held out."""

    fitted: Pairs
    held: Pairs


def run_landmarks(data: Path, output: Path, options: LandmarkOptions) -> None:
    """Film a dataset, or go on where that stopped; fit the map on one side of its split and measure it on the other.

    Raises:
        UserError: if the dataset is no motion capture, holds nobody out, or is too small.
    """
    console = make_console()
    corpus = open_corpus(data, options.form)
    require_depth(corpus)
    split, tested = _tested(corpus, options.split)
    _film(corpus, output / "shots", options)
    shots = read_shots(output / "shots")
    sides = _sides(pair(shots), tested)
    fit = fit_map(sides.fitted)
    noise = fit_noise([shot for shot in shots if shot.subject not in tested], fit.mapping)
    before, after = measure(sides.held, table()), measure(sides.held, fit.weights)
    tilted = measure(_sides(pair(shots, level=False), tested).held, table())
    frames = sum(len(shot.truth) for shot in shots)
    say(
        console,
        f"{corpus.origin.name}, {split}: {frames} rendered frames of {len(shots)} clips; fitted on "
        f"{len(sides.fitted)}, measured on {len(sides.held)} of other people and other cameras",
    )
    _print(console, sides.held, fit, (before, after), tilted)
    seen = detection(shots)
    found, large = seen.large
    if large:
        say(
            console,
            f"found in {found} of {large} frames ({found / large:.2%}) that show all of somebody over 25 % high",
        )
    _print_noise(console, noise)
    _draw_all(output, f"{corpus.origin.name}, rendered; people and cameras not fitted on", sides.held, before, after)
    _draw(output / "detection.png", lambda path: draw_detection(path, "Somebody wholly in the picture is found", seen))
    about = _about(corpus, split, frames, sides, fit, (before, after))
    save_mapping(output / "ntu25.npz", fit.mapping, about)
    save_noise(output / "noise.npz", noise, about)
    say(console, f"map in {output / 'ntu25.npz'}, noise in {output / 'noise.npz'}, pictures beside them")


def _tested(corpus: Corpus, split: str | None) -> tuple[str, frozenset[int]]:
    """The split's name and the people on its test side."""
    name, side = find_split(corpus, split)
    subjects: dict[Part | None, set[int]] = {part: set() for part in (*Part, None)}
    for clip in read_clips(corpus):
        subjects[side(clip)].add(clip.subject)
    held, fitted = subjects[Part.TEST], subjects[Part.TRAIN]
    if not held - fitted or not fitted:
        raise UserError(
            f"the split '{name}' of {corpus.origin.name} holds nobody out; say who, as in --split subject=1,2"
        )
    return name, frozenset(held - fitted)


def _film(corpus: Corpus, folder: Path, options: LandmarkOptions) -> None:
    with FrameProgress(make_console(stderr=True), "clips/s") as progress:
        for view in range(options.views):
            remaining = film_corpus(corpus, folder, Plan(view=view), workers=options.workers)
            progress.begin(f"filming, view {view + 1} of {options.views}", next(remaining))
            for _ in remaining:
                progress.advance()


def _sides(pairs: Pairs, tested: frozenset[int]) -> Sides:
    unseen = unseen_camera(pairs)
    test = np.isin(pairs.subject, list(tested))
    fitted, held = pairs[~test & ~unseen & pairs.whole], pairs[test & unseen & pairs.whole]
    if not len(held):
        raise UserError("no frame shows somebody held out, whole, from a camera held out; film more clips")
    return Sides(fitted, held)


def _print(console: Console, held: Pairs, fit: Fit, both: tuple[Quality, Quality], tilted: Quality) -> None:
    before, after = both
    chosen = fit.chosen
    say(
        console,
        f"chosen: {chosen.form}, strength {chosen.strength:g}: {100 * chosen.error:.1f} cm "
        f"\u00b1 {100 * chosen.deviation:.1f} on one person after the other of those fitted on",
    )
    rows = Table("cm", "table", "fitted")
    for joint in BODY:
        rows.add_row(NTU25.joints[joint], *(f"{100 * quality.errors[:, joint].mean():.1f}" for quality in both))
    rows.add_section()
    rows.add_row("mean of 20 joints", *(f"{100 * quality.mean:.1f}" for quality in both))
    near = (held.yaw <= np.radians(60)) & (held.distance >= 2) & (held.distance <= 4)
    if near.any():
        cells = (f"{100 * quality.errors[near][:, BODY].mean():.1f}" for quality in both)
        rows.add_row("up to 60\u00b0 aside, 2 to 4 m", *cells)
    rows.add_section()
    bones, shakes = 100 * bone_variation(held.truth, held), 1000 * jitter(held.truth, held)
    rows.add_row(f"bones vary, % (truth {bones:.1f})", *(f"{100 * quality.bones:.1f}" for quality in both))
    rows.add_row(f"jitter, mm (truth {shakes:.1f})", *(f"{1000 * quality.jitter:.1f}" for quality in both))
    rows.add_row("sides exchanged, % of frames", *(f"{100 * quality.swaps:.1f}" for quality in both))
    console.print(rows)
    say(
        console,
        f"{1 - after.mean / before.mean:.0%} less error than the table; {1 - after.mean / tilted.mean:.0%} less than "
        f"the table has in the axes of the camera ({100 * tilted.mean:.1f} cm)",
    )


def _print_noise(console: Console, noise: EstimatorNoise) -> None:
    bands = Table("torsos, mean over joints", *band_names(np.degrees(noise.edges.numpy().astype(np.float64)), "\u00b0"))
    for name, values in (("bias", noise.bias.abs()), ("lasts a clip", noise.offset), ("wavers", noise.motion)):
        for axis, number in (("across", 0), ("up", 1), ("depth", 2)):
            bands.add_row(f"{name}, {axis}", *(f"{value:.3f}" for value in values[:, list(BODY), number].mean(dim=1)))
    say(console, "Noise after mapping and smoothing, by how far to the side the person is seen from")
    console.print(bands)
    first, second = noise.regression
    say(
        console,
        f"wavering follows itself by {first:.2f} and {second:.2f} of the last two of {noise.rate_hz:g} steps a second; "
        f"lost {60 * noise.lost.rate:.1f} times a minute for {noise.lost.seconds:.2f} s, sides exchanged "
        f"{60 * noise.exchanged.rate:.1f} times for {noise.exchanged.seconds:.2f} s",
    )


def _about(
    corpus: Corpus, split: str, frames: int, sides: Sides, fit: Fit, both: tuple[Quality, Quality]
) -> dict[str, object]:
    """Where a map comes from, to be kept in its file."""
    return {
        "data": corpus.origin.name,
        "licence": corpus.origin.licence,
        "split": split,
        "fitted_on": {"subjects": np.unique(sides.fitted.subject).tolist(), "frames": len(sides.fitted)},
        "rendered_frames": frames,
        "form": str(fit.chosen.form),
        "strength": fit.chosen.strength,
        "held_out_error_cm": [round(100 * quality.mean, 2) for quality in both],
    }


def _draw_all(output: Path, title: str, held: Pairs, before: Quality, after: Quality) -> None:
    front = held.truth[held.yaw < np.radians(45)] if (held.yaw < np.radians(45)).any() else held.truth
    middle = np.median(front, axis=0)
    pose = (middle + middle[NTU25.mirror, :] * (-1, 1, 1)) / 2
    panels = {
        f"{name}: {100 * quality.mean:.1f} cm": quality.errors.mean(axis=0)
        for name, quality in (("table", before), ("fitted", after))
    }
    _draw(output / "error_by_joint.png", lambda path: draw_joint_errors(path, title, pose, panels))
    series = {"table": by_yaw(held, before.errors), "fitted": by_yaw(held, after.errors)}
    _draw(output / "error_by_yaw.png", lambda path: draw_yaw_errors(path, title, series))


def _draw(picture: Path, draw: Callable[[Path], None]) -> None:
    with output_file(picture) as temporary, write_errors(picture):
        draw(temporary)
