"""`stf teach` and `stf actions`: a model learns somebody's own actions, from videos or before the camera."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from apps.console import FrameProgress, make_console, say
from apps.engine import Engine, read_span
from apps.skeletons import see_skeletons
from realtime.clip import clip_of
from stf.addon import AddOn, check_base, find_action, fingerprint, load_addon, merge, save_addon
from stf.checkpoint import find_model, load_checkpoint, save_checkpoint
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Part, find_split, read_clips
from stf.errors import UserError
from stf.evaluation import match_classes, on_side
from stf.motion import moving_part
from stf.recogniser import Recogniser
from stf.teaching import LEAST_EXAMPLES, REMEMBERED, Action, Lesson, remember, teach

_MOST_SECONDS = 8.0  # of an example; a window sees two of them
_DOUBTFUL = 1 / 3  # share of an action's examples that may be taken for something else before that is said


@dataclass(frozen=True, slots=True)
class Take:
    """A part of a video that shows an example.

    Attributes:
        video: the file.
        span: from when to when, in seconds; None for where something moves.
    """

    video: Path
    span: tuple[float, float] | None = None

    def __str__(self) -> str:
        return self.video.name if self.span is None else f"{self.video.name} ({self.span[0]:g} to {self.span[1]:g} s)"


def find_takes(videos: Sequence[Path], spans: Sequence[str]) -> list[Take]:
    """Which parts of which videos are meant: each video's own span, or several spans of one video.

    Raises:
        UserError: if a span cannot be read, or there are neither as many spans as videos nor one video.
    """
    if not spans:
        return [Take(video) for video in videos]
    read = [read_span(text) for text in spans]
    if len(videos) == 1:
        return [Take(videos[0], span) for span in read]
    if len(videos) != len(read):
        raise UserError(f"{len(read)} span(s) for {len(videos)} videos; give one for each, or several for one video")
    return [Take(video, span) for video, span in zip(videos, read, strict=True)]


def run_teach(name: str, takes: Sequence[Take], addon: Path, engine: Engine, *, more: bool) -> None:
    """Teach an action from videos, together with those that the add-on holds already.

    Args:
        name: of the action.
        takes: what shows it.
        addon: the file, made where it is missing.
        engine: the model that is taught, and the pose estimator.
        more: add to the examples of an action that is there already.

    Raises:
        UserError: if the name is taken, a take shows no single person, or the add-on is of another model; nothing is
            changed then.
    """
    recogniser, before = open_lesson(name, addon, engine, more=more)
    with FrameProgress(make_console(stderr=True)) as progress:
        clips = tuple(_example(take, engine, recogniser, progress) for take in takes)
    learn(make_console(), recogniser, with_examples(before, name, clips), addon)


def open_lesson(name: str, addon: Path, engine: Engine, *, more: bool) -> tuple[Recogniser, AddOn]:
    """The model, and what it has been taught so far.

    Raises:
        UserError: if the action's name is no good, or the add-on is of another model.
    """
    before = _open(addon, engine)
    known = any(action.name == name for action in before.actions)
    if not name.strip():
        raise UserError("an action needs a name")
    if known and not more:
        raise UserError(f"{addon} has '{name}' already; --more adds to its examples, another name is another action")
    if more and not known:
        find_action(before, name, addon)
    recogniser = engine.recogniser()
    if name in recogniser.classes:
        raise UserError(f"the model knows '{name}' already; give the action another name")
    return recogniser, before


def with_examples(addon: AddOn, name: str, clips: Sequence[Clip]) -> AddOn:
    """The add-on with more examples of an action, which are not learned yet; without any, the action is not there."""
    shown = {action.name: action.clips for action in addon.actions}
    shown[name] = (*shown.get(name, ()), *clips)
    return replace(addon, actions=tuple(Action(action, examples) for action, examples in shown.items() if examples))


def _open(path: Path, engine: Engine) -> AddOn:
    """The add-on, or an empty one of this model."""
    if path.suffix.lower() != ".safetensors":
        raise UserError(f"the file of taught actions {path} must be a .safetensors file")
    if not path.exists():
        return AddOn(Path(engine.model).stem, fingerprint(engine.model))
    return _existing(path, engine)


def _example(take: Take, engine: Engine, recogniser: Recogniser, progress: FrameProgress) -> Clip:
    """The skeletons of a take, cut to where something moves unless a span was given."""
    start, end = take.span or (0.0, None)
    two = replace(engine, people=2)  # to tell whether there is somebody else
    seen = see_skeletons(take.video, two, recogniser, progress, what=str(take), start=start, end=end)
    clip = clip_of(seen, recogniser.layout, str(take))
    first, behind = (0, clip.joints.shape[1]) if take.span else moving_part(clip)
    clip = replace(clip, joints=clip.joints[:, first:behind])
    if clip.seconds > _MOST_SECONDS:
        raise UserError(f"{take} shows {clip.seconds:.0f} s of motion; an example shows the action once, see --span")
    return clip


def learn(console: Console, recogniser: Recogniser, addon: AddOn, path: Path) -> None:
    """Learn the actions that have examples enough, write everything, and say how sure what was learned is."""
    ready = [action for action in addon.actions if len(action.clips) >= LEAST_EXAMPLES]
    lesson = teach(recogniser, ready) if ready else Lesson({}, {})
    learned = replace(addon, learned=tuple(lesson.taken_for), rows=lesson.rows)
    save_addon(path, learned, recogniser.layout.name)
    for action in addon.actions:
        if action.name in lesson.taken_for:
            _judge(console, action.name, lesson.taken_for[action.name])
        else:
            count = len(action.clips)
            words = f"{action.name}: {count} example(s); with {LEAST_EXAMPLES - count} more it can be learned"
            say(console, words, style="yellow")
    say(console, f"{len(ready)} action(s) learned in {path}" + (f"; use them by --with {path}" if ready else ""))


def _judge(console: Console, name: str, taken_for: Sequence[str]) -> None:
    right = sum(other == name for other in taken_for)
    say(console, f"{name}: {right} of {len(taken_for)} examples recognised by what was learned from the others")
    for other in sorted(set(taken_for) - {name}):
        count = taken_for.count(other)
        if count > _DOUBTFUL * len(taken_for):
            say(
                console,
                f"{name} and {other} look the same: {count} of {len(taken_for)} examples are taken for the other; "
                "show what tells them apart, or give up one of them",
                style="yellow",
            )


def run_list(path: Path) -> None:
    """Say what an add-on holds."""
    addon = load_addon(path)
    table = Table("action", "examples", "seconds", "", title=f"Taught to {addon.model}", title_justify="left")
    for action in addon.actions:
        seconds = sum(clip.seconds for clip in action.clips)
        table.add_row(
            action.name,
            str(len(action.clips)),
            f"{seconds:.1f}",
            "" if action.name in addon.learned else "not learned yet",
        )
    make_console().print(table)


def run_learn(path: Path, engine: Engine) -> None:
    """Learn anew what an add-on has been shown."""
    learn(make_console(), engine.recogniser(), _existing(path, engine), path)


def run_remove(path: Path, name: str, engine: Engine) -> None:
    """Take an action out, and learn the others anew, which no longer compete with it."""
    addon = _existing(path, engine)
    gone = find_action(addon, name, path)
    left = replace(addon, actions=tuple(action for action in addon.actions if action is not gone))
    learn(make_console(), engine.recogniser(), left, path)


def run_merge(paths: Sequence[Path], output: Path, engine: Engine) -> None:
    """Put the actions of several add-ons into one, and learn them together."""
    if output.exists():
        raise UserError(f"{output} exists; move it away, or give another place with -o")
    addons = [_existing(path, engine) for path in paths]
    learn(make_console(), engine.recogniser(), replace(_open(output, engine), actions=merge(addons)), output)


def run_prepare(model: str, data: Path, form: str | None, output: Path) -> None:
    """Let a checkpoint remember clips of its classes, as one does that is trained today.

    Args:
        model: name of a shipped model, or a file.
        data: a dataset with the model's classes, and others perhaps, of whose usual split the training side is
            remembered.
        form: the dataset's format; found out by default.
        output: the checkpoint to write.

    Raises:
        UserError: if model or data cannot be had, a class is not in the data, or the file cannot be written.
    """
    recogniser = Recogniser.load(model, device="cpu")
    corpus = open_corpus(data, form)
    match = match_classes(recogniser.classes, corpus.classes, shared=True)
    if len(match.columns) < len(recogniser.classes):
        missing = next(name for place, name in enumerate(recogniser.classes) if place not in match.columns)
        raise UserError(f"{data} shows nobody who does '{missing}', which the model knows")
    _, side = find_split(corpus, None)
    clips = [
        replace(clip, label=match.labels[clip.label])
        for clip in on_side(read_clips(corpus), side, Part.TRAIN)
        if clip.label in match.labels
    ]
    header, states = load_checkpoint(find_model(model))
    for stream, memory in remember(recogniser, clips).items():
        states[stream]["memory"] = memory
    save_checkpoint(output, header, states)
    say(make_console(), f"{output} remembers {REMEMBERED} windows of each class; it can be taught")


def _existing(path: Path, engine: Engine) -> AddOn:
    addon = load_addon(path)
    check_base(addon, engine.model, path)
    return addon
