"""Label records: everything that was found in one video and how, from which every other file can be made again."""

from realtime.records.hashing import hash_recording
from realtime.records.record import Record, open_record
from realtime.records.schema import LabelRecord, Processing, Settings, VideoFacts, json_schema
from realtime.records.writer import ENDING, RecordWriter, program_version, relative

__all__ = [
    "ENDING",
    "LabelRecord",
    "Processing",
    "Record",
    "RecordWriter",
    "Settings",
    "VideoFacts",
    "hash_recording",
    "json_schema",
    "open_record",
    "program_version",
    "relative",
]
