"""The landmarks of every frame (`.npz`, see `realtime.pose.recorded`): a copy of those that were kept."""

import shutil
from pathlib import Path

from realtime.formats.base import Format, at_once
from realtime.records import Record
from stf.atomic import output_file, write_errors


def write_poses(record: Record, path: Path) -> None:
    """Copy the landmarks that belong to a record.

    Raises:
        UserError: if there are none, or the disk refuses.
    """
    poses = record.poses()
    with output_file(path) as temporary, write_errors(path):
        shutil.copyfile(poses, temporary)


FORMAT = Format("npz", ".poses.npz", at_once(write_poses))
