"""The skeletons that a label record was made from, by way of the landmarks that were kept."""

from collections.abc import Iterator

from realtime.body import BodyKeeper
from realtime.frames import PoseFrame, SkeletonFrame, TrackedPose
from realtime.mapping import get_mapping
from realtime.pose.recorded import RecordedPose
from realtime.records.record import Record
from realtime.smoothing import Smoother
from realtime.tracking import Tracker


def skeletons_of(record: Record) -> Iterator[list[SkeletonFrame]]:
    """Everybody in each frame by id, as the pipeline had them, but for where they are.

    Raises:
        UserError: if the landmarks were not kept, or are others by now.
    """
    with RecordedPose(record.poses()) as poses:
        for _, _, skeletons in people_of(record, poses):
            yield skeletons


def people_of(
    record: Record, poses: RecordedPose
) -> Iterator[tuple[PoseFrame, tuple[TrackedPose, ...], list[SkeletonFrame]]]:
    """Each frame of a record's landmarks, and everybody in it in order of id: in the picture, and as skeletons."""
    mapping, body = get_mapping(record.layout), record.facts.settings.body
    keeper = BodyKeeper(body, record.layout) if body else None
    tracker, smoother = Tracker(), Smoother(mapping.coordinates)
    for found in poses:
        people = tracker.update(found)
        skeletons = [smoother.smooth(mapping.map_pose(one.pose, found.time, one.person)) for one in people]
        yield found, people, [keeper.keep(skeleton) for skeleton in skeletons] if keeper else skeletons
