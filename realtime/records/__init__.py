"""Label records: everything that was found in one video and how, from which every other file can be made again."""

from realtime.records.hashing import hash_recording
from realtime.records.model import check_model, check_shown, describe_model
from realtime.records.record import ENDING, LostVideoError, NewerRecordError, Record, open_record
from realtime.records.schema import LabelRecord, Processing, Settings, VideoFacts, json_schema
from realtime.records.writer import RecordWriter, mirrors, program_version, relative

__all__ = [
    "ENDING",
    "LabelRecord",
    "LostVideoError",
    "NewerRecordError",
    "Processing",
    "Record",
    "RecordWriter",
    "Settings",
    "VideoFacts",
    "check_model",
    "check_shown",
    "describe_model",
    "hash_recording",
    "json_schema",
    "mirrors",
    "open_record",
    "program_version",
    "relative",
]
