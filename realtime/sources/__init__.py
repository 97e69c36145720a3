"""Everything that yields `realtime.frames.Frame`: cameras, streams, video files, folders of images."""

import re
from pathlib import Path

from realtime.sources.base import Source
from realtime.sources.camera import Camera, list_cameras
from realtime.sources.images import IMAGE_SUFFIXES, ImageFiles, find_images
from realtime.sources.stream import SCHEMES, NetworkStream, without_secrets
from realtime.sources.video import VideoFile
from stf.errors import UserError

__all__ = ["Camera", "ImageFiles", "NetworkStream", "Source", "VideoFile", "list_cameras", "open_source"]


def open_source(
    spec: str | int | Path, *, start: float = 0.0, end: float | None = None, image_fps: float = 30.0
) -> Source:
    """Open whatever yields frames.

    Args:
        spec: a number ("0") or /dev/videoN: that camera, even where a file has that name ("./0" is the file);
            an rtsp, rtmp or http(s) address; a video file; an image, a folder of images, or a glob pattern of images
            (one that names an existing file is that file).
        start: seconds; what comes before is left out. For recordings on disk only.
        end: seconds; what comes from there on is left out. For recordings on disk only.
        image_fps: frames per second of images.

    Returns:
        The source, opened and known to yield at least one frame.

    Raises:
        UserError: where that is not possible; says why.
    """
    text = str(spec).strip()
    if not text:
        raise UserError("no source was given; give a camera number, an address, a video file or a folder of images")
    if start < 0.0 or (end is not None and end <= start):
        raise UserError(
            f"no part of a video lies between {start:g} s and {end} s; give a start from 0 on and a later end"
        )
    camera = re.fullmatch(r"(?:/dev/video)?(\d+)", text)
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]+)://", text)
    if (camera or (scheme and scheme[1].lower() != "file")) and (start > 0.0 or end is not None):
        raise UserError(
            f"only a part of a file can be asked for, not one of {without_secrets(text)}; leave out start and end"
        )
    if camera:
        return Camera(int(camera[1]))
    if scheme and scheme[1].lower() in SCHEMES:
        return NetworkStream(text)
    if scheme and scheme[1].lower() != "file":
        raise UserError(
            f"{without_secrets(text)} cannot be opened; give an address that begins with {', '.join(SCHEMES)}"
        )
    return _open_recording(Path(text.removeprefix("file://")).expanduser(), start, end, image_fps)


def _open_recording(path: Path, start: float, end: float | None, image_fps: float) -> Source:
    is_pattern = not path.exists() and any(character in str(path) for character in "*?[")
    if is_pattern or path.is_dir():
        images = find_images(path)
        if not images:
            what = "no image matches" if is_pattern else "there is no image in"
            raise UserError(
                f"{what} '{path}'; images end in {', '.join(sorted(IMAGE_SUFFIXES))}, and videos are given one by one"
            )
        return ImageFiles(images, name=str(path), fps=image_fps, start=start, end=end)
    if path.is_file() and path.suffix.lower() in IMAGE_SUFFIXES:
        return ImageFiles([path], name=path.name, fps=image_fps, start=start, end=end)
    return VideoFile(path, start=start, end=end)
