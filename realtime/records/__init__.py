"""Label records: everything that was found in one video and how, from which every other file can be made again."""

from realtime.records.hashing import hash_recording
from realtime.records.record import NewerRecordError, Record, open_record
from realtime.records.schema import LabelRecord, Processing, Settings, VideoFacts, json_schema
from realtime.records.writer import ENDING, RecordWriter, describe_model, program_version, relative

__all__ = [
    "ENDING",
    "LabelRecord",
    "NewerRecordError",
    "Processing",
    "Record",
    "RecordWriter",
    "Settings",
    "VideoFacts",
    "describe_model",
    "hash_recording",
    "json_schema",
    "open_record",
    "program_version",
    "relative",
]
