"""Dataset importers, one per file; each opens a `Corpus`, whose clips are `Clip`."""

from collections.abc import Mapping
from pathlib import Path

from stf.datasets import cmu, ctr_gcn, hdm05, kinetics, ntu, nucla, penn_action, precog, pyskl, store, ui_prmd, utd_mhad
from stf.datasets.corpus import Corpus, Importer
from stf.errors import UserError

__all__ = ["IMPORTERS", "open_corpus"]

IMPORTERS: Mapping[str, Importer] = {
    module.IMPORTER.name: module.IMPORTER
    for module in (
        *(store, nucla, utd_mhad, hdm05, precog, ui_prmd, cmu, penn_action),
        *(ntu, ctr_gcn, pyskl, kinetics),
    )
}
"""Format -> importer."""


def open_corpus(path: Path, form: str | None = None) -> Corpus:
    """Open the dataset at `path` without reading its clips.

    Args:
        path: a folder or a file.
        form: a key of `IMPORTERS`; found out from what lies there by default.

    Raises:
        UserError: if there is nothing, or nothing of that format.
    """
    if not path.exists():
        raise UserError(f"there is no dataset {path}")
    if form is not None:
        if form not in IMPORTERS:
            raise UserError(f"there is no dataset format '{form}'; known are {', '.join(IMPORTERS)}")
        return IMPORTERS[form].open(path)
    fitting = [importer for importer in IMPORTERS.values() if importer.recognises(path)]
    if not fitting:
        raise UserError(f"{path} is no dataset of a known format ({', '.join(IMPORTERS)})")
    return fitting[0].open(path)
