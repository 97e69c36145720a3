"""Segments as a Parquet table: the rows of one video, or of all videos one behind the other."""

from collections.abc import Sequence
from pathlib import Path

from realtime.formats.base import Format, at_once
from realtime.records import Record
from stf.atomic import output_file, write_errors


def write_table(records: Sequence[Record], path: Path) -> None:
    """Write `video`, `sha256` (of the video), `start`, `end`, `person`, `label`, `confidence`: a row group per record.

    Raises:
        UserError: if the disk refuses.
    """
    import pyarrow as pa  # noqa: PLC0415 - an extra
    from pyarrow import parquet  # noqa: PLC0415

    text, number = pa.dictionary(pa.int32(), pa.string()), pa.float64()
    names = ("video", "sha256", "start", "end", "person", "label", "confidence")
    kinds = (text, text, number, number, pa.int32(), text, number)
    schema = pa.schema(list(zip(names, kinds, strict=True)))
    with output_file(path) as temporary, write_errors(path), parquet.ParquetWriter(temporary, schema) as writer:
        for record in records:
            video = record.facts.video
            rows = [
                (video.name, video.sha256, one.start, one.end, one.person, one.label, one.confidence)
                for one in record.segments
            ]
            columns = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(kinds)]
            writer.write_table(pa.table(columns, schema=schema))


FORMAT = Format(
    "parquet",
    ".parquet",
    at_once(lambda record, path: write_table([record], path)),
    write_table,
    extra=("pyarrow", "tables"),
)
