"""Accuracy of a recipe over seeds: trains each, measures the last epoch on the test side, keeps a table of it.

    python benchmarks/accuracy.py nucla --data NUCLA_FOLDER --seeds 0 1 2
    python benchmarks/accuracy.py nucla --data NUCLA_FOLDER --name nucla-st_gcn --set "model={name: st_gcn}"
    python benchmarks/accuracy.py nucla --data NUCLA_FOLDER --beside nucla-front-motion     # which was a --name

Interrupted or not, a second call goes on where the first one stopped. One row per seed and stream goes into
docs/results/NAME.csv; the networks and their logs stay in runs/accuracy/.
"""

import argparse
from pathlib import Path
from statistics import mean, stdev

from _machine import describe
from _seeds import Trained, kept, measure, write_table

words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
words.add_argument("recipe", help="a recipe that comes with the program, or a file")
words.add_argument("--data", type=Path, required=True, help="the dataset")
words.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
words.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="in place of what the recipe says")
words.add_argument("--name", help="of the table; the recipe's name by default")
words.add_argument(
    "--beside",
    action="append",
    default=[],
    metavar="NAME",
    help="another table, whose networks' streams take the place of these in one more row",
)
arguments = words.parse_args()
name = arguments.name or Path(arguments.recipe).stem

describe(str(arguments.data.name))
trained = Trained(arguments.recipe, arguments.data, name, arguments.set)
clips = trained.held_out()
rows = [
    {"seed": seed, **row}
    for seed in arguments.seeds
    for row in measure(trained.train(seed), clips, {other: kept(other, seed) for other in arguments.beside})
]
write_table(name, rows)
counts = {"top1": f"{len(clips)} clips"}
if not clips.new.all():
    counts["top1_new"] = f"the {clips.new.sum()} clips that are no copies of training clips"
for stream in dict.fromkeys(str(row["stream"]) for row in rows):
    for column, count in counts.items():
        figures = [100 * float(str(row[column])) for row in rows if row["stream"] == stream]
        spread = f" +- {stdev(figures):.1f}" if len(figures) > 1 else ""
        print(f"{stream}: {mean(figures):.1f}{spread} % top-1 of {count}, {len(figures)} seed(s), last epoch")
