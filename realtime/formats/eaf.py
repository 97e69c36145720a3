"""ELAN annotation files (`.eaf`, EAF 3.0): a tier per person, below each one for the confidence, labels to choose from.

The format is that of http://www.mpi.nl/tools/elan/EAFv3.0.xsd. A correction in ELAN picks another label from the
controlled vocabulary, or drags the edges of an annotation.
"""

import mimetypes
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from realtime.formats.base import Format, at_once, in_order, one_line
from realtime.records import Record, relative
from stf.atomic import output_text
from stf.errors import UserError
from stf.prediction import Segment

_REMEDY = "give an ELAN annotation file (.eaf), as 'stf export --format eaf' writes it"
_LANGUAGE = {
    "LANG_ID": "und",
    "LANG_DEF": "http://cdb.iso.org/lg/CDB-00130975-001",
    "LANG_LABEL": "undetermined (und)",
}
_PERSON = re.compile(r"person (\d+)")
_CONFIDENCE = " confidence"


def write_eaf(record: Record, path: Path) -> None:
    """Write the segments, linked to the video."""
    root = ET.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "stf",
            "DATE": "1970-01-01T00:00:00+00:00",  # required, and the same record is to give the same file
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
        },
    )
    header = ET.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    _link_video(header, record, path)
    used = ET.SubElement(header, "PROPERTY", NAME="lastUsedAnnotationId")
    used.text = str(2 * len(record.segments))
    slots = ET.SubElement(root, "TIME_ORDER")
    labels = [one_line(label) for label in record.facts.model.classes]
    entries = {label: f"cve{number}" for number, label in enumerate(labels)}
    for person in sorted({segment.person for segment in record.segments} or {0}):  # a tier to begin with, at least
        _add_tiers(root, slots, person, record, entries)
    slots[:] = sorted(slots, key=lambda slot: int(slot.get("TIME_VALUE", 0)))
    ET.SubElement(
        root,
        "LINGUISTIC_TYPE",
        LINGUISTIC_TYPE_ID="action",
        TIME_ALIGNABLE="true",
        GRAPHIC_REFERENCES="false",
        CONTROLLED_VOCABULARY_REF="actions",
    )
    ET.SubElement(
        root,
        "LINGUISTIC_TYPE",
        LINGUISTIC_TYPE_ID="confidence",
        TIME_ALIGNABLE="false",
        GRAPHIC_REFERENCES="false",
        CONSTRAINTS="Symbolic_Association",
    )
    ET.SubElement(root, "LANGUAGE", _LANGUAGE)
    ET.SubElement(
        root,
        "CONSTRAINT",
        STEREOTYPE="Symbolic_Association",
        DESCRIPTION="1-1 association with a parent annotation",
    )
    vocabulary = ET.SubElement(root, "CONTROLLED_VOCABULARY", CV_ID="actions")
    for label, entry in entries.items():
        element = ET.SubElement(vocabulary, "CV_ENTRY_ML", CVE_ID=entry)
        ET.SubElement(element, "CVE_VALUE", LANG_REF="und", DESCRIPTION="").text = label
    ET.indent(root, "    ")
    with output_text(path) as write:
        write('<?xml version="1.0" encoding="UTF-8"?>\n')
        write(ET.tostring(root, encoding="unicode") + "\n")


def _link_video(header: ET.Element, record: Record, path: Path) -> None:
    """Name the video by where it is, and by the way there if there is one; ELAN cannot play a folder of images."""
    video = record.video_at or record.path.parent / record.facts.video.path
    if not video.is_dir():
        way = relative(video, path.parent)
        media = {"MEDIA_URL": video.resolve().as_uri(), "MIME_TYPE": mimetypes.guess_type(video.name)[0] or "video/*"}
        if not Path(way).is_absolute():
            media["RELATIVE_MEDIA_URL"] = quote(way if way.startswith("../") else f"./{way}")
        ET.SubElement(header, "MEDIA_DESCRIPTOR", media)


def _add_tiers(root: ET.Element, slots: ET.Element, person: int, record: Record, entries: Mapping[str, str]) -> None:
    """A person's labels, and below each its confidence; their time slots are added to the others."""
    name = f"person {person}"
    actions = ET.SubElement(root, "TIER", TIER_ID=name, PARTICIPANT=name, LINGUISTIC_TYPE_REF="action")
    confidences = ET.SubElement(
        root,
        "TIER",
        TIER_ID=name + _CONFIDENCE,
        PARTICIPANT=name,
        LINGUISTIC_TYPE_REF="confidence",
        PARENT_REF=name,
    )
    for number, segment in enumerate(record.segments):
        if segment.person != person:
            continue
        identity, label = f"a{2 * number + 1}", one_line(segment.label)
        begin, end = f"ts{2 * number + 1}", f"ts{2 * number + 2}"
        for slot, seconds in ((begin, segment.start), (end, segment.end)):
            ET.SubElement(slots, "TIME_SLOT", TIME_SLOT_ID=slot, TIME_VALUE=str(round(1000 * seconds)))
        chosen = {"CVE_REF": entries[label]} if label in entries else {}
        about = {"ANNOTATION_ID": identity, "TIME_SLOT_REF1": begin, "TIME_SLOT_REF2": end, **chosen}
        annotation = ET.SubElement(ET.SubElement(actions, "ANNOTATION"), "ALIGNABLE_ANNOTATION", about)
        ET.SubElement(annotation, "ANNOTATION_VALUE").text = label
        about = {"ANNOTATION_ID": f"a{2 * number + 2}", "ANNOTATION_REF": identity}
        annotation = ET.SubElement(ET.SubElement(confidences, "ANNOTATION"), "REF_ANNOTATION", about)
        ET.SubElement(annotation, "ANNOTATION_VALUE").text = f"{segment.confidence:.4f}"


def read_eaf(path: Path) -> list[Segment]:
    """The annotations in an ELAN file: those of a tier `person 3` are person 3's, any other tier is a person more.

    Tiers below another one say something about it, and are not read but for the confidences of ours.

    Raises:
        UserError: if it is no such file.
    """
    try:
        root = ET.parse(path).getroot()  # noqa: S314 - expat itself stops entities that grow without bounds
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): {_REMEDY}") from error
    except (ET.ParseError, ValueError) as error:
        raise UserError(f"{path} is not an ELAN annotation file ({error}): {_REMEDY}") from error
    if root.tag != "ANNOTATION_DOCUMENT":
        raise UserError(f"{path} is not an ELAN annotation file: {_REMEDY}")
    try:
        return in_order(list(_segments(root)))
    except (KeyError, ValueError) as error:
        raise UserError(f"{path} is a damaged ELAN annotation file ({error}): {_REMEDY}") from error


def _segments(root: ET.Element) -> Iterator[Segment]:
    times = {slot.attrib["TIME_SLOT_ID"]: slot.get("TIME_VALUE") for slot in root.iterfind("TIME_ORDER/TIME_SLOT")}
    confidences = {
        annotation.attrib["ANNOTATION_REF"]: float(annotation.findtext("ANNOTATION_VALUE") or "nan")
        for tier in root.iterfind("TIER")
        if tier.attrib["TIER_ID"] == tier.get("PARENT_REF", "") + _CONFIDENCE
        for annotation in tier.iterfind("ANNOTATION/REF_ANNOTATION")
    }
    tiers = [tier for tier in root.iterfind("TIER") if "PARENT_REF" not in tier.attrib]
    for person, tier in _numbered(tiers):
        for annotation in tier.iterfind("ANNOTATION/ALIGNABLE_ANNOTATION"):
            start, end = (times[annotation.attrib[f"TIME_SLOT_REF{side}"]] for side in (1, 2))
            label = (annotation.findtext("ANNOTATION_VALUE") or "").strip()
            confidence = confidences.get(annotation.attrib["ANNOTATION_ID"], 1.0)
            if start is None or end is None or not int(start) < int(end) or not 0 <= confidence <= 1:
                raise ValueError(f"its annotation {annotation.attrib['ANNOTATION_ID']} has no time or no confidence")
            if label:
                yield Segment(int(start) / 1000, int(end) / 1000, person, label, confidence)


def _numbered(tiers: list[ET.Element]) -> list[tuple[int, ET.Element]]:
    """Each tier with its person: the number in its name, or one that is free."""
    names = [_PERSON.fullmatch(tier.attrib["TIER_ID"]) for tier in tiers]
    taken = {int(name[1]) for name in names if name}
    free = iter(number for number in range(len(tiers) + len(taken)) if number not in taken)
    return [(int(name[1]) if name else next(free), tier) for name, tier in zip(names, tiers, strict=True)]


FORMAT = Format("eaf", ".eaf", at_once(write_eaf), read=read_eaf)
