"""ELAN files: what ELAN's schema asks for, what pympi reads, what annotators make of them."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pympi
import pytest
from data.records import CLASSES, SEGMENTS, make_record, video_facts
from lxml import etree

from realtime.formats.eaf import read_eaf, write_eaf
from stf.prediction import Segment

ORDER = ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "LANGUAGE", "CONSTRAINT", "CONTROLLED_VOCABULARY"]


@pytest.fixture
def eaf(tmp_path: Path) -> Path:
    (tmp_path / "labels").mkdir()
    write_eaf(make_record(tmp_path / "walk.stf.json"), tmp_path / "labels" / "walk.eaf")
    return tmp_path / "labels" / "walk.eaf"


def test_elements_stand_in_the_order_of_the_schema_and_every_reference_leads_somewhere(eaf: Path) -> None:
    root = ET.parse(eaf).getroot()
    assert (root.tag, root.get("FORMAT")) == ("ANNOTATION_DOCUMENT", "3.0")
    assert list(dict.fromkeys(child.tag for child in root)) == ORDER
    slots = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")}
    assert list(slots.values()) == sorted(slots.values())
    tiers = {tier.get("TIER_ID"): tier for tier in root.iter("TIER")}
    types = {kind.get("LINGUISTIC_TYPE_ID"): kind for kind in root.iter("LINGUISTIC_TYPE")}
    entries = {entry.get("CVE_ID"): entry.findtext("CVE_VALUE") for entry in root.iter("CV_ENTRY_ML")}
    assert list(entries.values()) == list(CLASSES)
    annotations = [annotation[0] for annotation in root.iter("ANNOTATION")]
    names = [annotation.get("ANNOTATION_ID") for annotation in annotations]
    assert len(set(names)) == len(names) == 2 * len(SEGMENTS)
    for tier in tiers.values():
        assert tier.get("PARENT_REF", tier.get("TIER_ID")) in tiers
        assert tier.get("LINGUISTIC_TYPE_REF") in types
    for annotation in annotations:
        if annotation.tag == "ALIGNABLE_ANNOTATION":
            assert slots[annotation.get("TIME_SLOT_REF1")] < slots[annotation.get("TIME_SLOT_REF2")]
            assert entries[annotation.get("CVE_REF")] == annotation.findtext("ANNOTATION_VALUE")
        else:
            assert annotation.get("ANNOTATION_REF") in names


@pytest.mark.parametrize("segments", [SEGMENTS, ()])
def test_it_validates_against_elans_own_schema(
    segments: tuple[Segment, ...], elan_schema: Path, tmp_path: Path
) -> None:
    write_eaf(make_record(tmp_path / "walk.stf.json", segments), tmp_path / "walk.eaf")
    schema = etree.XMLSchema(etree.parse(elan_schema))
    assert schema.validate(etree.parse(tmp_path / "walk.eaf")), schema.error_log


def test_pympi_finds_a_tier_per_person_and_one_for_the_confidence(eaf: Path) -> None:
    found = pympi.Elan.Eaf(str(eaf))
    assert sorted(found.get_tier_names()) == ["person 0", "person 0 confidence", "person 1", "person 1 confidence"]
    assert found.get_annotation_data_for_tier("person 0")[0] == (0, 1500, "wave")
    assert found.get_ref_annotation_data_for_tier("person 1 confidence") == [
        (1750, 3600500, "0.2500", 'say "hi", twice')
    ]
    (media,) = found.get_linked_files()
    assert media["RELATIVE_MEDIA_URL"] == "../walk.mp4"


def test_the_video_is_linked_relatively_whatever_it_is_called(tmp_path: Path) -> None:
    name = "a b & 'ü'.mkv"
    write_eaf(make_record(tmp_path / "a.stf.json", video=video_facts(name, name)), tmp_path / "a.eaf")
    (media,) = ET.parse(tmp_path / "a.eaf").getroot().iter("MEDIA_DESCRIPTOR")
    assert media.get("RELATIVE_MEDIA_URL") == "./a%20b%20%26%20%27%C3%BC%27.mkv"


def test_what_an_annotator_changes_and_adds_is_read(eaf: Path) -> None:
    found = pympi.Elan.Eaf(str(eaf))
    found.remove_annotation("person 0", 10)
    found.add_annotation("person 0", 100, 900, "jog")
    found.add_tier("Anna", "action")
    found.add_annotation("Anna", 0, 40, "clap")
    found.to_file(str(eaf))
    labels = read_eaf(eaf)
    assert Segment(0.1, 0.9, 0, "jog", 1.0) in labels
    assert Segment(0.0, 0.04, 2, "clap", 1.0) in labels  # the first number that nobody has
    assert SEGMENTS[0] not in labels
    assert set(SEGMENTS[1:]) <= set(labels)


def test_nobody_found_gives_a_tier_to_begin_with(tmp_path: Path) -> None:
    write_eaf(make_record(tmp_path / "a.stf.json", ()), tmp_path / "a.eaf")
    assert read_eaf(tmp_path / "a.eaf") == []
    assert sorted(pympi.Elan.Eaf(str(tmp_path / "a.eaf")).get_tier_names()) == ["person 0", "person 0 confidence"]
