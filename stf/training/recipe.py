"""`Recipe`: everything that decides what a training run does, as one YAML file."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from stf.datasets.clip import Clip
from stf.datasets.corpus import Corpus, OnBroken, Part, Split, find_split
from stf.errors import UserError
from stf.focus import GradientMethod
from stf.losses import AdjacencyConsistency, Coherence, Divergence, Exploration, FocusLoss, FocusLosses
from stf.mixing import Mixing
from stf.skeleton import SkeletonLayout, get_layout
from stf.streams import get_stream
from stf.transforms import Augmentation, Normalisation
from stf.windows import ClipWindows, Share, SpanWindows, WindowKind


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class NumberSplit(_Strict):
    """A split by numbers of one's own.

    Attributes:
        by: what is numbered.
        test: whose clips are tested on.
        train: whose clips are trained on; everybody else's by default.
    """

    by: Literal["subject", "camera"]
    test: frozenset[int] = Field(min_length=1)
    train: frozenset[int] | None = None

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if both := self.test & (self.train or frozenset()):
            raise ValueError(f"{self.by} {min(both)} is on both sides of the split")
        return self

    def __str__(self) -> str:
        test = f"{self.by}={','.join(map(str, sorted(self.test)))}"
        return test if self.train is None else f"{test}, trained on {','.join(map(str, sorted(self.train)))}"

    def __call__(self, clip: Clip) -> Part | None:
        """Which side a clip is on."""
        number = clip.subject if self.by == "subject" else clip.camera
        if number in self.test:
            return Part.TEST
        return Part.TRAIN if self.train is None or number in self.train else None


class DataSource(_Strict):
    """A dataset to train on.

    Attributes:
        path: the folder or file; `--data` on the command line replaces it.
        format: a key of `stf.datasets.IMPORTERS`; found out by default.
        split: as of `stf.datasets.corpus.find_split`, or one by numbers; the dataset's usual one by default.
        on_broken: refuse a dataset with a broken clip, or skip such clips and say so.
        share: share of the training clips of each class that is used, at least one clip; chosen by the seed.
        without: classes to train without, as if the dataset did not know them.
        estimated: whether a pose estimator has seen the clips already, so that the recipe's noise is not for them.
    """

    path: Path | None = None
    format: str | None = None
    split: str | NumberSplit | None = None
    on_broken: OnBroken = OnBroken.REFUSE
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    without: frozenset[str] = frozenset()
    estimated: bool = False

    def find_split(self, corpus: Corpus) -> tuple[str, Split]:
        """Name and sides of the split.

        Raises:
            UserError: if the dataset has no such split, or none at all and none was given.
        """
        if isinstance(self.split, NumberSplit):
            return str(self.split), self.split
        return find_split(corpus, self.split)


class Losses(_Strict):
    """Which focus losses are added to the cross-entropy; none by default.

    Attributes:
        exploration, coherence, divergence, adjacency: the losses, see `stf.losses`.
        method: how the focus is computed, see `stf.focus`.
        second_order: see `stf.losses.FocusState`.
    """

    exploration: Exploration | None = None
    coherence: Coherence | None = None
    divergence: Divergence | None = None
    adjacency: AdjacencyConsistency | None = None
    method: GradientMethod = "pooled"
    second_order: bool = True

    def build(self) -> FocusLosses:
        """The losses as one."""
        given: Sequence[FocusLoss | None] = (self.exploration, self.coherence, self.divergence, self.adjacency)
        return FocusLosses([loss for loss in given if loss is not None], self.method, self.second_order)


class ModelChoice(BaseModel):
    """The model by name, with its own options beside the name.

    Attributes:
        name: one of `stf.models.model_names()`.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str = "stf"

    @property
    def options(self) -> dict[str, Any]:
        """What was given beside the name."""
        return dict(self.__pydantic_extra__ or {})


class Recipe(_Strict):
    """Every knob of a training run.

    Attributes:
        data: what to train on; all of the same classes.
        layout: the skeleton layout of the network.
        normalisation: a key of `stf.transforms.NORMALISATIONS`.
        window: how windows are cut from clips.
        streams: stream name -> weight of its logits in the fusion; a network is trained for each.
        model: name and options of the model.
        start: a shipped model's name or a checkpoint of the same kind, whose weights are begun with rather than random
            ones; its classes may be others (`stf.training.start`).
        blend: share of what training made of them in the weights that result; the rest is what was begun with.
        focus_module: number of the module whose focus is shown, see `stf.checkpoint.Header`.
        noise: a pose estimator of `stf.noise.NOISES`, for clips of motion capture to be seen as if through it, from
            random sides, before the augmentation; only for ntu25 in windows of seconds. Data that is `estimated` stays
            as it is.
        augmentation: random changes to the skeletons.
        mixing: other people's arms and legs, for classes that are told without them; only for normalisation body.
        mirror: whether every second clip is mirrored, with the label of its mirror image.
        losses: focus losses beside the cross-entropy.
        epochs: passes over the clips.
        repeat: how often each clip comes up in an epoch.
        batch: windows per step and device.
        learning_rate: the peak.
        warm_up: share of the run over which the learning rate rises to the peak; then it falls along a cosine
            (OneCycleLR).
        weight_decay: AdamW's.
        label_smoothing: share of the target spread over all classes.
        gradient_clip: largest norm of the gradient.
        ema: decay of the exponential moving average of the weights that becomes the result; 0 for none.
        precision: Lightning's; `bf16-mixed` helps where the processor has bfloat16 arithmetic.
        workers: processes that read clips ahead, beside the one that trains.
        devices, nodes: GPUs of a machine, and machines; more than one train by Lightning's DDP.
        seed: of everything random.
    """

    data: tuple[DataSource, ...] = Field(default=(DataSource(),), min_length=1)
    layout: str = "ntu25"
    normalisation: Normalisation = "body"
    window: WindowKind = SpanWindows()
    streams: dict[str, PositiveFloat] = Field(default={"joint": 1.0}, min_length=1)
    model: ModelChoice = ModelChoice()
    start: str | None = None
    blend: Annotated[float, Field(gt=0, le=1)] = 1.0
    focus_module: int = -1
    noise: Literal["mediapipe"] | None = None
    augmentation: Augmentation = Augmentation()
    mixing: Mixing | None = None
    mirror: bool = True
    losses: Losses = Losses()
    epochs: PositiveInt = 40
    repeat: PositiveInt = 1
    batch: PositiveInt = 32
    learning_rate: PositiveFloat = 2e-3
    warm_up: Share = 0.3
    weight_decay: NonNegativeFloat = 0.05
    label_smoothing: Share = 0.1
    gradient_clip: PositiveFloat = 1.0
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    workers: NonNegativeInt = 0
    devices: PositiveInt = 1
    nodes: PositiveInt = 1
    seed: int = 0

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        get_layout(self.layout)
        for stream in self.streams:
            get_stream(stream)
        return self

    @model_validator(mode="after")
    def _noise_is_known(self) -> Self:
        known = self.layout == "ntu25" and self.normalisation == "body" and isinstance(self.window, SpanWindows)
        if self.noise and not known:
            raise ValueError("noise is known for layout ntu25, normalisation body and a window of: span only")
        return self

    @model_validator(mode="after")
    def _mixed_alike(self) -> Self:
        if self.mixing is not None and self.normalisation != "body":
            raise ValueError("mixing is for people of one size who face one way: normalisation body")
        return self

    @model_validator(mode="after")
    def _looks_can_be_turned(self) -> Self:
        turned = isinstance(self.window, ClipWindows) and self.window.turn > 0
        if turned and not (self.normalisation == "box" and self.skeleton.num_coordinates == 3):
            raise ValueError("window.turn is for people in space whom nothing turns to the front: normalisation box")
        return self

    @model_validator(mode="after")
    def _blend_of_two(self) -> Self:
        if self.blend < 1 and self.start is None:
            raise ValueError("blend is for training that starts from a model; name it as start")
        return self

    @property
    def skeleton(self) -> SkeletonLayout:
        """The skeleton layout of the network."""
        return get_layout(self.layout)


def recipe_names() -> dict[str, Path]:
    """The recipes that come with the program, by name."""
    folder = Path(str(files("stf"))) / "recipes"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_recipe(recipe: str | Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        recipe: name of one that comes with the program, or a YAML file.
        changes: `key=value` or `key.key=value`, values in YAML, in place of what the file says.

    Raises:
        UserError: if there is no such recipe, or something in it is not right.
    """
    known = recipe_names()
    path = known.get(str(recipe), Path(recipe))
    if not path.is_file():
        raise UserError(f"there is no recipe '{recipe}': neither a file nor one of {', '.join(known)}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for change in changes:
            _change(content, change)
        return Recipe.model_validate(content or {})
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path} is not a YAML file: {reason}") from error
    except ValidationError as error:
        raise UserError(f"{path}: {explain(error, Recipe, content)}") from error


def _change(content: dict[str, Any], change: str) -> None:
    key, equals, value = change.partition("=")
    if not equals:
        raise UserError(f"'{change}' is not of the form key=value")
    *above, last = key.split(".")
    for name in above:
        content = content.setdefault(name, {})
        if not isinstance(content, dict):
            raise UserError(f"'{change}' does not fit the recipe: '{name}' holds no further keys")
    content[last] = yaml.safe_load(value)


def explain(error: ValidationError, model: type[BaseModel], content: object) -> str:
    """What is wrong first, in a few words, with the nearest right name for an unknown key.

    Args:
        error: what validating `content` raised.
        model: what it was validated as.
        content: dictionaries and lists, as they stand in the file.
    """
    unknown = [e for e in error.errors() if e["type"] in {"extra_forbidden", "unexpected_keyword_argument"}]
    told = [e for e in error.errors() if not e["type"].endswith("_type")]  # a wrong type may be of another alternative
    first = (unknown or told or error.errors())[0]
    written = _written(first["loc"], content)
    place = ".".join(map(str, written)) or "the recipe"
    if unknown:
        *above, last = written
        nearest = get_close_matches(str(last), _keys(model, above), n=1, cutoff=0.0)
        return f"there is no key '{place}'" + (f"; did you mean '{nearest[0]}'?" if nearest else "")
    return f"{place}: {first['msg'].removeprefix('Value error, ')}"


def _written(location: Sequence[int | str], content: object) -> tuple[int | str, ...]:
    """The parts of pydantic's location that stand in the file; the others name the alternatives of a union."""
    kept: list[int | str] = []
    here: Any = content
    for part in location:
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            continue
        kept.append(part)
    return tuple(kept)


def _keys(model: type[BaseModel], above: Sequence[int | str]) -> list[str]:
    """The keys that may stand in a recipe below the keys `above`."""
    schema: Mapping[str, Any] = model.model_json_schema()
    definitions = schema.get("$defs", {})
    here: list[Mapping[str, Any]] = [schema]
    for part in above:
        below = []
        for node in here:
            if isinstance(part, int):
                below.append(node.get("items", {}))
            else:
                below.append(node.get("properties", {}).get(part, {}))
        here = [leaf for node in below for leaf in _leaves(node, definitions)] or here
    return sorted({key for node in here for key in node.get("properties", {})})


def _leaves(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A schema node with references and alternatives resolved."""
    if "$ref" in node:
        return _leaves(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
    choices = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
    if choices:
        return [leaf for choice in choices for leaf in _leaves(choice, definitions)]
    if "items" in node:
        return [node, *_leaves(node["items"], definitions)]
    return [node]
