"""`stf teach` before the camera: a countdown, a look, and again until there are examples enough."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from apps.console import make_console, say
from apps.engine import Engine
from apps.interrupt import on_interrupt
from apps.teach import learn, open_lesson, with_examples
from realtime.clip import clip_of
from realtime.drawing import Annotation, draw_people
from realtime.drawing.canvas import DARK, WHITE, Box, draw_text, fill_box, text_width, unit
from realtime.frames import Image, SkeletonFrame
from realtime.pipeline import FrameResult, Pipeline
from realtime.sources import open_source
from stf.addon import save_addon
from stf.datasets.clip import Clip
from stf.errors import UserError
from stf.motion import moving_part
from stf.skeleton import SkeletonLayout

_KEYS = "u: once more the last one; q: enough"


@dataclass(slots=True)
class Rehearsal:
    """Counts down, looks for a while, and counts down again; knows nothing of windows or cameras.

    Attributes:
        examples: how many are wanted.
        seconds: how long one look lasts.
        countdown: seconds before each look.
        kept: the examples so far.
        trouble: why the last look gave none.
    """

    examples: int
    seconds: float
    countdown: float = 3.0
    kept: list[Clip] = field(default_factory=list)
    trouble: str = ""
    _begun: float | None = None
    _seen: list[Sequence[SkeletonFrame]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether there are examples enough."""
        return len(self.kept) >= self.examples

    def see(self, time: float, skeletons: Sequence[SkeletonFrame], layout: SkeletonLayout) -> bool:
        """Take a frame.

        Args:
            time: seconds, as of the source.
            skeletons: who is in it.
            layout: of the skeletons.

        Returns:
            Whether it completed an example.
        """
        self._begun = time if self._begun is None else self._begun
        if time - self._begun >= self.countdown:
            self._seen.append(skeletons)
        if time - self._begun < self.countdown + self.seconds:
            return False
        seen, self._seen, self._begun = self._seen, [], time
        try:
            clip = clip_of(seen, layout, f"example {len(self.kept) + 1}")
            first, behind = moving_part(clip)
        except UserError as error:
            self.trouble = str(error)
            return False
        self.kept.append(replace(clip, joints=clip.joints[:, first:behind]))
        self.trouble = ""
        return True

    def undo(self) -> None:
        """Forget the last example, and what is being looked at; count down again."""
        self.kept = self.kept[:-1]
        self._seen, self._begun, self.trouble = [], None, ""

    def caption(self, time: float) -> str:
        """What to do now."""
        waited = 0.0 if self._begun is None else time - self._begun
        number = f"example {len(self.kept) + 1} of {self.examples}"
        if waited >= self.countdown:
            return f"now: {number}"
        return f"{number} in {self.countdown - waited:.0f} s"


def run_rehearsal(name: str, spec: str, path: Path, engine: Engine, rehearsal: Rehearsal, *, more: bool) -> None:
    """Record examples, each written as soon as it is there, and learn them.

    Args:
        name: of the action.
        spec: the camera, or any other source.
        path: the add-on, made where it is missing.
        engine: the model that is taught, and the pose estimator.
        rehearsal: how often and how long.
        more: add to the examples of an action that is there already.

    Raises:
        UserError: as of `apps.teach.run_teach`; if the camera cannot be opened, or nothing was recorded.
    """
    from apps.picture_window import PictureWindow  # noqa: PLC0415 - brings Qt, which pydantic must come before

    console = make_console()
    recogniser, before = open_lesson(name, path, engine, more=more)
    two = replace(engine, people=2)  # to tell whether there is somebody else
    with (
        two.estimator(partial(say, make_console(stderr=True))) as estimator,
        open_source(spec) as source,
        on_interrupt(source.close),
        Pipeline(source, estimator, recogniser) as pipeline,
    ):
        window = PictureWindow(f"{name} - stf teach")
        for event in pipeline:
            if not isinstance(event, FrameResult):
                continue
            skeletons = [s.placed() for s in event.skeletons] if pipeline.places else event.skeletons
            if rehearsal.see(event.frame.time, skeletons, recogniser.layout):
                save_addon(path, with_examples(before, name, rehearsal.kept), recogniser.layout.name)
            picture = event.frame.image.copy()
            draw_people(picture, [Annotation(tracked) for tracked in event.people])
            _write(picture, [rehearsal.caption(event.frame.time), rehearsal.trouble or _KEYS])
            if rehearsal.done or not window.draw(picture):
                break
            if "u" in window.take_keys():
                rehearsal.undo()
                save_addon(path, with_examples(before, name, rehearsal.kept), recogniser.layout.name)
        window.close()
    if not rehearsal.kept:
        raise UserError(f"nothing was recorded of '{name}'; {rehearsal.trouble or 'wait for the countdown to end'}")
    learn(console, recogniser, with_examples(before, name, rehearsal.kept), path)


def _write(image: Image, lines: Sequence[str]) -> None:
    """Large words in the upper left corner, small ones below."""
    top = 6 * unit(image)
    for words, height in zip(lines, (22 * unit(image), 9 * unit(image)), strict=True):
        wide, high = text_width(words, height) + 2 * height, 1.8 * height
        fill_box(image, Box(0, round(top), round(wide), round(high)), DARK, 0.6)
        draw_text(image, words, (height, top + 1.4 * height), height, WHITE)
        top += high
