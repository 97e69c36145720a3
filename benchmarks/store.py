"""Seconds to open a store of many clips, and to open it and read 1000 of them beside the importer of their dataset.

The many clips are those of the dataset again and again. `ratio: R` says how many times as fast the store is.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from _machine import describe, parser, spread

from stf.datasets import open_corpus
from stf.datasets.check import checked
from stf.datasets.clip import Clip
from stf.datasets.corpus import Corpus, OnBroken, read_clips
from stf.datasets.store import write_store

OPENING = 1.0
READ = 1000


def repeated(corpus: Corpus, count: int) -> Iterator[Clip]:
    """So many clips, each of a name of its own."""
    clips = list(read_clips(checked(corpus), on_broken=OnBroken.SKIP))
    for number in range(count):
        clip = clips[number % len(clips)]
        yield replace(clip, name=f"{clip.name}_{number}")


def read(path: Path, random: np.random.Generator) -> tuple[float, float]:
    """Open a dataset and read some clips at random: seconds for the opening alone, and for both."""
    begun = time.perf_counter()
    corpus = open_corpus(path)
    opened = time.perf_counter()
    for place in random.integers(len(corpus.entries), size=READ):
        corpus.entries[place].read()
    return opened - begun, time.perf_counter() - begun


words = parser(__doc__)
words.add_argument("dataset", type=Path, help="a folder of clips")
words.add_argument("--clips", type=int, default=100_000, help="in the store")
arguments = words.parse_args()

random = np.random.default_rng(0)
with TemporaryDirectory() as folder:
    path = Path(folder) / "clips"
    corpus = open_corpus(arguments.dataset)
    begun = time.perf_counter()
    count = write_store(path, corpus, repeated(corpus, arguments.clips))
    took = time.perf_counter() - begun
    size = sum(file.stat().st_size for file in path.iterdir())
    describe(f"{corpus.origin.name}, {len(corpus.entries)} clips; the store {count} clips, {size / 1e9:.2f} GB")
    print(f"written in {took:.1f} s, reading the dataset included")
    rounds = [(read(path, random), read(arguments.dataset, random)) for _ in range(arguments.repeats)]
opening = [store for (store, _), _ in rounds]
print(f"opening the store: {spread(opening, 3)} s; promised: under {OPENING:g} s")
print(f"opening it and reading {READ} clips: {spread([store for (_, store), _ in rounds], 3)} s")
print(f"the same with the importer of the dataset: {spread([importer for _, (_, importer) in rounds], 3)} s")
print(f"ratio: {median(importer / store for (_, store), (_, importer) in rounds):.1f}")
