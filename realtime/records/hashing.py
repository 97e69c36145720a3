"""What tells one recording from another, whatever it is called: the SHA-256 of its content."""

import hashlib
from pathlib import Path

from realtime.sources.images import find_images
from stf.errors import UserError


def hash_file(path: Path) -> str:
    """SHA-256 of a file's content, as 64 hexadecimal digits.

    Raises:
        UserError: if the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): make it readable") from error


def hash_recording(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a video file, or of the names and contents of a folder's images in order.

    Raises:
        UserError: if it cannot be read.
    """
    if not path.is_dir():
        digest = hash_file(path)
        return path.stat().st_size, digest
    images = find_images(path)
    lines = [f"{hash_file(image)} {image.name}\n" for image in images]
    return sum(image.stat().st_size for image in images), hashlib.sha256("".join(lines).encode()).hexdigest()
