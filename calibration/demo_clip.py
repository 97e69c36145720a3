"""Make the demo clip: one person of UTD-MHAD performs several actions, rendered, with the true spans beside it.

Run as `python -m calibration.demo_clip UTD_MHAD_FOLDER -o apps/assets`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Float64

from calibration.everyday.labels import TABLE
from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera
from calibration.figure.motion import studio_motion
from calibration.figure.render import Renderer
from realtime.sinks.video import VideoWriter
from stf.atomic import output_text
from stf.datasets.clip import Clip
from stf.datasets.utd_mhad import CLASSES, FPS, read_clip
from stf.errors import UserError
from stf.skeleton import KINECT20

ACTIONS = ("clap", "squat", "boxing", "tennis serve", "lunge", "bowling", "walk")
_FADE = 0.5
_PAUSE = 0.7
_CAMERA = Camera(yaw=0.2, pitch=0.06, distance=2.0)

Motion = Float64[np.ndarray, "T V 3"]


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled piece of the demo: seconds from its beginning, and one of the labels of the everyday data."""

    start: float
    end: float
    label: str


def _everyday(action: str) -> str:
    """What the shipped model calls an action of UTD-MHAD."""
    (cut, *_) = TABLE["utd_mhad"][action]
    return cut.label


def choreograph(clips: Sequence[Clip]) -> tuple[Motion, list[Span]]:
    """Join clips to one motion that starts, ends and changes from one to the next standing still.

    Args:
        clips: one person's clips, all in one layout at one frame rate.

    Returns:
        The motion in studio coordinates, and where in it each clip lies.
    """
    fps = clips[0].fps
    pause = round(_PAUSE * fps)
    ramp = np.linspace(0, 1, round(_FADE * fps) + 2)[1:-1, None, None]
    ramp = ramp * ramp * (3 - 2 * ramp)
    pieces: list[Motion] = []
    spans: list[Span] = []
    for clip in clips:
        motion = studio_motion(clip)
        if pieces:
            pieces.append((1 - ramp) * pieces[-1][-1] + ramp * motion[0])
        pieces.append(np.repeat(motion[:1], pause, axis=0))
        start = sum(map(len, pieces))
        pieces.append(motion)
        spans.append(Span(start / fps, (start + len(motion)) / fps, _everyday(CLASSES[clip.label])))
    pieces.append(np.repeat(pieces[-1][-1:], pause, axis=0))
    return np.concatenate(pieces), spans


def make_demo(
    folder: Path,
    output: Path,
    *,
    actions: Sequence[str] = ACTIONS,
    subject: int = 8,
    trial: int = 1,
    appearance: Appearance | None = None,
) -> None:
    """Render `demo.mp4` and write `demo.json` beside it.

    Args:
        folder: UTD-MHAD.
        output: folder to write to; made if missing.
        actions: names from `stf.datasets.utd_mhad.CLASSES`, in the order performed.
        subject: whose clips; the even ones are not trained on.
        trial: which of each action's trials.
        appearance: the figure; that of the README if None.

    Raises:
        UserError: if an action, subject or trial does not exist.
    """
    if unknown := [action for action in actions if action not in CLASSES]:
        raise UserError(f"UTD-MHAD has no action {', '.join(unknown)}; it has {', '.join(CLASSES)}")
    paths = [folder / f"a{CLASSES.index(action) + 1}_s{subject}_t{trial}_skeleton.mat" for action in actions]
    motion, spans = choreograph([read_clip(path) for path in paths])
    camera = _CAMERA.framing(motion)
    renderer = Renderer(KINECT20, camera, appearance or Appearance(), supersample=2)
    with VideoWriter(output / "demo.mp4", quality=22, preset="slow") as video:
        for number, joints in enumerate(motion):
            video.write(renderer.render(joints).image, number / FPS)
    facts = {
        "source": "UTD-MHAD skeletons (C. Chen, R. Jafari, N. Kehtarnavaz, ICIP 2015), drawn by calibration.demo_clip",
        "subject": subject,
        "segments": [{"start": round(s.start, 3), "end": round(s.end, 3), "label": s.label} for s in spans],
    }
    with output_text(output / "demo.json") as write:
        write(json.dumps(facts, indent=2) + "\n")


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of UTD-MHAD skeletons.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for demo.mp4 and demo.json.")],
    actions: Annotated[str, typer.Option(help="Action names, comma-separated, in order.")] = ",".join(ACTIONS),
    subject: Annotated[int, typer.Option(help="Whose clips.")] = 8,
    trial: Annotated[int, typer.Option(help="Which of each action's trials.")] = 1,
    seed: Annotated[int | None, typer.Option(help="A random figure and room; without it, the README's.")] = None,
) -> None:
    """Render the demo clip from UTD-MHAD motion capture."""
    appearance = None if seed is None else Appearance.random(seed)
    names = [name.strip() for name in actions.split(",")]
    try:
        make_demo(folder, output, actions=names, subject=subject, trial=trial, appearance=appearance)
    except (UserError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    typer.run(main)
