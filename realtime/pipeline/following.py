"""`Follower`: poses in, and out who is where, frame after frame, and windows of what each of them does."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from realtime.body import Body, BodyKeeper
from realtime.camera import Camera
from realtime.frames import SkeletonFrame, TrackedPose, Window
from realtime.mapping import get_mapping
from realtime.pipeline.batches import Work
from realtime.pipeline.events import FrameResult, Posed
from realtime.root_motion import RootTracker
from realtime.smoothing import Smoother
from realtime.tracking import Tracker
from realtime.window import Windowers, WindowSpec
from stf.recogniser import Recogniser


class Follower:
    """What it says of a frame is the same to the last bit whether frames come one by one or many at a time.

    Args:
        recogniser: for which the windows are.
        window: how motion is cut into windows, as far as the recogniser takes them.
        camera: what takes the pictures.
        body: whose bone lengths every skeleton is to have.

    Raises:
        UserError: if the recogniser's layout cannot be had from the estimator's landmarks, or is not the body's.

    Attributes:
        places: whether the recogniser is shown where people are, rather than only how they hold themselves.
    """

    def __init__(
        self, recogniser: Recogniser, window: WindowSpec | None, camera: Camera | None, body: Body | None
    ) -> None:
        self._mapping = get_mapping(recogniser.layout)
        # A model that is shown the ways people go needs them placed; image coordinates are placed already.
        self.places = recogniser.header.normalisation == "clip" and self._mapping.source == "world"
        self._tracker = Tracker()
        self._smoother = Smoother(self._mapping.coordinates)
        self._keeper = BodyKeeper(body, recogniser.layout) if body else None
        self._roots = RootTracker(camera, scale=body.scale if body else 1.0)
        self._windowers = Windowers((window or WindowSpec()).shown_to(recogniser))

    def follow(self, posed: Sequence[Posed]) -> tuple[list[FrameResult], list[Work]]:
        """Who is where in the next frames, and the windows that each of them completes."""
        results = []
        for _, group in groupby(posed, key=lambda one: one.frame.image.shape):
            results += self._see([*group])
        works = []
        for one in results:
            shown = (skeleton.placed() for skeleton in one.skeletons) if self.places else one.skeletons
            works.append(Work(self._windowers.update(shown, one.frame.time), one.frame.time, one.clock))
        return results, works

    def flush(self) -> list[Window]:
        """The windows that are complete once no frame follows."""
        return self._windowers.flush()

    def _see(self, posed: list[Posed]) -> list[FrameResult]:
        """Frames of one size."""
        people = [self._tracker.update(one.found) for one in posed]
        return [
            FrameResult(one.frame, one.found, persons, skeletons, one.clock)
            for one, persons, skeletons in zip(posed, people, self._skeletons_of(posed, people), strict=True)
        ]

    def _skeletons_of(
        self, posed: list[Posed], people: list[tuple[TrackedPose, ...]]
    ) -> list[tuple[SkeletonFrame, ...]]:
        """Everybody's skeletons, frame by frame: mapped, smoothed, given the body's lengths, and where they are."""
        height, width = posed[0].frame.image.shape[:2]
        poses = [one.pose for persons in people for one in persons]
        mapped = zip(*self._mapping.map_poses(poses), self._roots.find(poses, (width, height)), strict=True)
        skeletons = []
        for one, persons in zip(posed, people, strict=True):
            seen = []
            for tracked, (joints, visibility, root) in zip(persons, mapped, strict=False):
                skeleton = self._smoother.smooth(SkeletonFrame(one.frame.time, tracked.person, joints, visibility))
                if self._keeper:
                    skeleton = self._keeper.keep(skeleton)
                seen.append(replace(skeleton, root=self._roots.follow(root, one.frame.time, tracked.person)))
            skeletons.append(tuple(seen))
        return skeletons
