from collections.abc import Callable
from pathlib import Path

import pytest

from stf.datasets.clip import Clip
from stf.errors import UserError
from stf.losses import Schedule
from stf.models import build_model
from stf.training.recipe import NumberSplit, Recipe, load_recipe, recipe_names
from stf.windows import ClipWindows, SpanWindows


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., Recipe]:
    def load(text: str, *changes: str) -> Recipe:
        path = tmp_path / "recipe.yaml"
        path.write_text(text)
        return load_recipe(path, changes)

    return load


@pytest.mark.parametrize("name", recipe_names())
def test_recipes_that_come_with_the_program_are_right_and_build_their_network(name: str) -> None:
    known = load_recipe(name)
    build_model(known.model.name, layout=known.skeleton, num_classes=3, **known.model.options)


def test_an_empty_recipe_is_the_default(recipe) -> None:
    assert recipe("") == Recipe()


def test_a_recipe_says_everything_in_plain_words(recipe) -> None:
    given = recipe(
        """
        streams: {joint: 1.0, bone: 0.5}
        model: {name: stf, widths: [8, 8], strides: [1, 1]}
        window: {of: clip, samples: 32}
        augmentation: {yaw: 0.3}
        losses: {coherence: {schedule: {weight: 0.01, every: 3}}, method: elementwise}
        data: [{path: here, split: {by: camera, test: [3]}}]
        """
    )
    assert given.streams == {"joint": 1.0, "bone": 0.5}
    assert (given.model.name, given.model.options) == ("stf", {"widths": [8, 8], "strides": [1, 1]})
    assert given.window == ClipWindows(samples=32)
    assert given.augmentation.yaw == 0.3
    (loss,) = given.losses.build().losses
    assert (loss.name, loss.schedule) == ("coherence", Schedule(0.01, every=3))
    assert given.data[0].split == NumberSplit(by="camera", test={3})


def test_what_the_command_line_says_replaces_what_the_recipe_says(recipe) -> None:
    given = recipe("epochs: 5\nwindow: {of: span, samples: 16}", "epochs=7", "window.samples=32", "augmentation.yaw=0")
    assert (given.epochs, given.window, given.augmentation.yaw) == (7, SpanWindows(samples=32), 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch: 5", r"no key 'epoch'; did you mean 'epochs'\?"),
        ("window: {of: clip, sample: 5}", r"no key 'window\.sample'; did you mean 'samples'\?"),
        ("augmentation: {yav: 5}", r"no key 'augmentation\.yav'; did you mean 'yaw'\?"),
        ("losses: {coherense: {}}", r"did you mean 'coherence'\?"),
        (
            "losses: {coherence: {schedule: {wait: 1}}}",
            r"no key 'losses.coherence.schedule.wait'; did you mean 'weight'\?",
        ),
        ("data: [{pth: here}]", r"no key 'data\.0\.pth'; did you mean 'path'\?"),
        ("epochs: many", r"epochs: Input should be a valid integer"),
        ("epochs: -1", "greater than 0"),
        ("ema: 1.0", "less than 1"),
        ("layout: ntu26", "no skeleton layout 'ntu26'"),
        ("streams: {bones: 1}", "no stream 'bones'"),
        ("data: [{split: {by: subject, test: [1, 2], train: [2, 3]}}]", "subject 2 is on both sides of the split"),
        ("{normalisation: body, window: {of: clip, turn: 1}}", "window.turn is for people in space"),
        ("- 1", "dictionary"),
        ("a: [", "not a YAML file"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_the_nearest_right_name(recipe, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        recipe(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", ["epochs", "epochs.more=1"])
def test_a_change_that_does_not_fit_is_refused(recipe, change: str) -> None:
    with pytest.raises(UserError, match=r"form key=value|holds no further keys"):
        recipe("epochs: 5", change)


def test_an_unknown_recipe_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no recipe 'nuclear'.*nucla"):
        load_recipe("nuclear")


def test_a_split_by_numbers_leaves_out_who_is_on_neither_side() -> None:
    split = NumberSplit(by="subject", test={2}, train={1})
    clips = [Clip.__new__(Clip) for _ in range(3)]
    for number, clip in enumerate(clips, 1):
        object.__setattr__(clip, "subject", number)
    assert [split(clip) for clip in clips] == ["train", "test", None]
    assert NumberSplit(by="subject", test={2})(clips[2]) == "train"
