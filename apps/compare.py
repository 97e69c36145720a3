"""`stf compare`: where two models say different things of the clips of a dataset."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from apps.console import FrameProgress, make_console, say
from apps.evaluate import EvaluateOptions, clips_of_side
from apps.tables import write_csv
from stf.atomic import output_file, write_errors
from stf.checkpoint import find_model
from stf.comparison import Comparison, Said, Verdict, ask_clips, compare, read_said
from stf.datasets import open_corpus
from stf.errors import UserError
from stf.recogniser import Recogniser

_PREDICTIONS = ".npz"
_TITLES = "clip", "true", "first", "first_confidence", "second", "second_confidence", "right"
_SHOWN = 20  # clips in the terminal; the file has all


def run_compare(models: tuple[str, str], data: Path | None, output: Path | None, options: EvaluateOptions) -> None:
    """Say how often two models differ and who is then right, and list the clips.

    Args:
        models: names or files of checkpoints, or the predictions of such that `stf evaluate` kept (`.npz`).
        data: the dataset; not needed where both are predictions.
        output: the table to write (`.csv`); none by default.
        options: the side of the split, and the rest.

    Raises:
        UserError: if a model cannot be shown the dataset, there is nothing to compare, or the table cannot be written.
    """
    if output and output.suffix.lower() != ".csv":
        raise UserError(f"the list of clips {output} must be a .csv file")
    console = make_console()
    asked = [model for model in models if not model.endswith(_PREDICTIONS)]
    if asked and data is None:
        raise UserError(f"say what to show to {asked[0]}: --data DATASET, or give its predictions (.npz)")
    found = {model: read_said(Path(model)) for model in models if model not in asked}
    if asked and data:
        found |= _ask(asked, data, options, console)
    several = [found[model] for model in models]
    if options.shared:
        classes = [name for name in several[0].classes if name in several[1].classes]
        if len(classes) < 2:
            raise UserError(f"{models[0]} and {models[1]} share fewer than two classes; leave out --shared-classes")
        several = [said.among(classes) for said in several]
    compared = compare(several)
    names = compared.models if len(set(compared.models)) == len(models) else models
    _print(console, names, compared)
    if output:
        with output_file(output) as part, write_errors(output):
            write_csv(part, _TITLES, _rows(compared))
        say(console, f"wrote {output}: first is {names[0]}, second {names[1]}")


def _ask(models: Sequence[str], data: Path, options: EvaluateOptions, console: Console) -> dict[str, Said]:
    recognisers = {model: Recogniser.load(model, device=options.device) for model in models}
    corpus = open_corpus(data, options.form)
    _, where, clips = clips_of_side(corpus, options, console)
    if not clips:
        raise UserError(f"there is no labelled clip to compare on in {where}")
    say(console, f"{where}: {len(clips)} clips")
    truths = [corpus.classes[clip.label] for clip in clips]
    found = {}
    with FrameProgress(make_console(stderr=True), "clips/s") as progress:
        for model, recogniser in recognisers.items():
            progress.begin(Path(model).name, len(clips))
            name = find_model(model).stem
            found[model] = ask_clips(recogniser, name, clips, truths, lambda _: progress.advance())
    return found


def _print(console: Console, names: Sequence[str], compared: Comparison) -> None:
    first, second = names
    different, every = compared.differing, len(compared.verdicts)
    same = every - len(different)
    known = [verdict.right for verdict in compared.verdicts if verdict.truth]
    both, one, other, none = (known.count(pair) for pair in ((True, True), (True, False), (False, True), (False,) * 2))
    say(console, f"{first} and {second} say the same of {same} of {every} clips and differ on {len(different)}")
    say(console, f"right: both {both}, only {first} {one}, only {second} {other}, neither {none}")
    if not different:
        return
    table = Table("clip", "true", first, second, title_justify="left")
    table.title = "Where they differ, the surest first" + (
        f": {_SHOWN} of {len(different)}" * (len(different) > _SHOWN)
    )
    for verdict in different[:_SHOWN]:
        table.add_row(verdict.name, verdict.truth, *(_words(verdict, number) for number in range(2)))
    console.print(table)


def _words(verdict: Verdict, number: int) -> str:
    return f"{verdict.said[number]} {verdict.confidence[number]:.0%}{' (right)' * verdict.right[number]}"


def _rows(compared: Comparison) -> list[tuple[object, ...]]:
    """The clips on which the models differ, as the table has them."""
    whose = {(True, False): "first", (False, True): "second", (False, False): "neither"}
    return [
        (one.name, one.truth, *sum(zip(one.said, one.confidence, strict=True), ()), whose[one.right[0], one.right[1]])
        for one in compared.differing
    ]
