"""The skeletons that a label record was made from, by way of the landmarks that were kept."""

from collections.abc import Iterator

from realtime.body import BodyKeeper
from realtime.frames import PoseFrame, SkeletonFrame, TrackedPose
from realtime.mapping import SkeletonMapping, get_mapping
from realtime.pose.recorded import RecordedPose
from realtime.records.record import Record
from realtime.smoothing import Smoother
from realtime.tracking import Tracker
from stf.skeleton import SkeletonLayout


def skeletons_of(record: Record) -> Iterator[list[SkeletonFrame]]:
    """Everybody in each frame by id, as the pipeline had them, but for where they are.

    Raises:
        UserError: if the landmarks were not kept, or are others by now.
    """
    with RecordedPose(record.poses()) as poses:
        for _, _, skeletons in people_of(record, poses):
            yield skeletons


def people_of(
    record: Record, poses: RecordedPose, layout: SkeletonLayout | None = None
) -> Iterator[tuple[PoseFrame, tuple[TrackedPose, ...], list[SkeletonFrame]]]:
    """Each frame of a record's landmarks, and everybody in it in order of id: in the picture, and as skeletons.

    Args:
        record: says who is who.
        poses: its landmarks.
        layout: of the skeletons; by default the one that its model was shown.

    Raises:
        UserError: if landmarks give no such skeletons.
    """
    wanted = layout or record.layout
    body = record.facts.settings.body
    return _people(poses, get_mapping(wanted), BodyKeeper(body, wanted) if body else None)


def _people(
    poses: RecordedPose, mapping: SkeletonMapping, keeper: BodyKeeper | None
) -> Iterator[tuple[PoseFrame, tuple[TrackedPose, ...], list[SkeletonFrame]]]:
    tracker, smoother = Tracker(), Smoother(mapping.coordinates)
    for found in poses:
        people = tracker.update(found)
        skeletons = [smoother.smooth(mapping.map_pose(one.pose, found.time, one.person)) for one in people]
        yield found, people, [keeper.keep(skeleton) for skeleton in skeletons] if keeper else skeletons
