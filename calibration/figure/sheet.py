"""The picture of the figure in the docs: `python -m calibration.figure.sheet DATA -o docs/images/figure.jpg`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from jaxtyping import Float64, UInt8

from calibration.figure.appearance import Appearance, Backdrop
from calibration.figure.camera import Camera
from calibration.figure.motion import facing, placed, studio_motion
from calibration.figure.occlusion import Occlusion
from calibration.figure.proportions import Proportions
from calibration.figure.render import Renderer, Rendering
from realtime.opencv import cv2
from stf.atomic import output_file, write_errors
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.errors import UserError
from stf.skeleton import SkeletonLayout

_BGR = {
    Occlusion.NONE: (60, 220, 60),
    Occlusion.OWN_BODY: (50, 50, 235),
    Occlusion.OTHER_PERSON: (230, 60, 230),
    Occlusion.OUT_OF_PICTURE: (255, 255, 255),
}
_SUBPIXEL_BITS = 3


def draw_sheet(data: Path) -> UInt8[np.ndarray, "480 960 3"]:
    """Six people of four datasets in six surroundings, BGR.

    Args:
        data: the folder that holds utd_mhad, hdm05_11, ui_prmd and precog16.

    Raises:
        UserError: if a dataset or a clip of it is not there.
    """
    utd, hdm = _clip(data / "utd_mhad", "a13_s8_t1"), _clip(data / "hdm05_11", "HDM_tr_kickLFront1Reps")
    prmd, precog = _clip(data / "ui_prmd", "m04"), _clip(data / "precog16", "Seq3_11")
    swing, kick, squat, walk = map(studio_motion, (utd, hdm, prmd, precog))
    middle = len(swing) // 2
    pair = np.stack([placed(swing[middle], at=(-0.25, -0.35)), placed(swing[middle], at=(0.25, 0.45), turn=0.4)])
    tall = Proportions(stature=1.1, legs=1.1, shoulders=1.15).applied(squat[len(squat) // 2], prmd.layout)
    child = Proportions(stature=0.85, legs=0.9).applied(swing[20], utd.layout)
    short_trousers = replace(Appearance.random(8), trousers_to=0.8)
    pictures = [
        _render(utd.layout, swing[middle], 0.4, [Appearance()]).image,
        _marked(
            hdm.layout, kick[int(0.45 * len(kick))], facing(kick, hdm.layout) + 0.7, [_look(11, Backdrop.OUTDOORS)]
        ),
        _marked(prmd.layout, tall, 0.2, [_look(5, Backdrop.STUDIO)]),
        _marked(utd.layout, pair, 0.1, [short_trousers, Appearance.random(21)]),
        _marked(precog.layout, walk[len(walk) // 2], -1.2, [_look(9, Backdrop.CLUTTER, (0.9, 0.8, 0.7))]),
        _marked(utd.layout, child, 1.57, [replace(_look(14, Backdrop.ROOM, (0.2, 0.18, 0.14)), noise=5)]),
    ]
    return np.asarray(np.vstack([np.hstack(pictures[:3]), np.hstack(pictures[3:])]))


def _clip(folder: Path, name: str) -> Clip:
    for entry in open_corpus(folder).entries:
        if entry.name.startswith(name):
            return entry.read()
    raise UserError(f"{folder} has no clip {name}")


def _look(seed: int, backdrop: Backdrop, brightness: tuple[float, float, float] = (1, 1, 1)) -> Appearance:
    return replace(Appearance.varied(seed), backdrop=backdrop, brightness=brightness)


def _render(
    layout: SkeletonLayout, joints: Float64[np.ndarray, "*M V 3"], yaw: float, looks: Sequence[Appearance]
) -> Rendering:
    camera = Camera(size=(320, 240), focal=262, yaw=yaw, pitch=0.08, distance=1.0).framing(joints, margin=0.22)
    return Renderer(layout, camera, *looks, supersample=2).render(joints)


def _marked(
    layout: SkeletonLayout, joints: Float64[np.ndarray, "*M V 3"], yaw: float, looks: Sequence[Appearance]
) -> UInt8[np.ndarray, "240 320 3"]:
    """A render with a dot at each joint, in the colour of what hides it."""
    rendering = _render(layout, joints, yaw, looks)
    image = rendering.image.copy()
    one = 1 << _SUBPIXEL_BITS
    for (u, v), hidden in zip(rendering.joints_2d.reshape(-1, 2), rendering.occlusion.reshape(-1), strict=True):
        centre = round(float(u) * one), round(float(v) * one)
        cv2.circle(image, centre, 3 * one, _BGR[Occlusion(hidden)], -1, cv2.LINE_AA, _SUBPIXEL_BITS)
    return image


def main(
    data: Annotated[Path, typer.Argument(help="The folder that holds utd_mhad, hdm05_11, ui_prmd and precog16.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The picture to write.")],
) -> None:
    """Draw the figure's variety."""
    try:
        _, content = cv2.imencode(".jpg", draw_sheet(data), [cv2.IMWRITE_JPEG_QUALITY, 84])
        with output_file(output) as temporary, write_errors(output):
            temporary.write_bytes(content.tobytes())
    except UserError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    typer.run(main)
