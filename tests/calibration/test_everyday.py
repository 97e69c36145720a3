"""The everyday data: five datasets under one list of labels, filmed as webcams film."""

from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gestures import swipe

from calibration.everyday.build import CLEAN, SEEN, SHOTS, film_round, plan_round, write_clean, write_seen
from calibration.everyday.labels import LABELS, TABLE, UPPER_BODY, Cut
from calibration.everyday.made import is_made
from calibration.everyday.merge import MERGED, SOURCES, TEST_SUBJECTS, common, cut, merged_clips
from calibration.everyday.spans import WINDOW, read_spans
from stf.datasets import IMPORTERS, hdm05, open_corpus, precog, ui_prmd, utd_mhad
from stf.datasets.clip import Clip
from stf.datasets.corpus import Part, read_clips
from stf.datasets.store import write_store
from stf.errors import UserError
from stf.prediction import NONE
from stf.skeleton import KINECT20, KINETICS18, NTU25

SHORT = Cut("swipe left", 0.4, 0.6)
SPANS_BY_LABEL = {
    "bend down": 16, "circle arms": 10, "climb": 15, "dance": 108, "elbow to knee": 6, "jump": 50, "jumping jack": 11,
    "kick": 19, "none of these": 82, "punch": 34, "run": 62, "shoot a basketball": 2, "sit down": 16, "sit still": 16,
    "sneak": 1, "squat": 8, "stand up": 12, "twist": 6, "walk": 118,
}  # fmt: skip


# Labels


@pytest.mark.parametrize("form", TABLE)
def test_every_class_of_every_dataset_has_a_label(form: str) -> None:
    classes = {module.IMPORTER.name: module.CLASSES for module in (utd_mhad, hdm05, precog, ui_prmd)}[form]
    assert set(TABLE[form]) == set(classes)
    assert {part.label for parts in TABLE[form].values() for part in parts} <= set(LABELS)


def test_every_label_is_used_and_none_twice() -> None:
    used = {part.label for classes in TABLE.values() for parts in classes.values() for part in parts}
    assert used | {span.label for span in read_spans()} == set(LABELS)
    assert len(set(LABELS)) == len(LABELS)
    assert set(LABELS) > UPPER_BODY


# CMU


def test_spans_of_cmu_lie_in_their_trials_and_are_as_many_as_were_marked(cmu: Path) -> None:
    seconds = {clip.name.partition(" ")[0]: clip.seconds for clip in read_clips(open_corpus(cmu))}
    spans = read_spans()
    assert all(0 <= span.start < span.stop <= seconds[span.trial] + 0.05 for span in spans)
    assert Counter(span.label for span in spans) == SPANS_BY_LABEL


def test_long_spans_become_clips_of_a_useful_length(clips: list[Clip]) -> None:
    of_cmu = [clip for clip in clips if clip.subject >= 1000]
    assert len(of_cmu) == 718
    assert len({clip.name for clip in of_cmu}) == len(of_cmu)
    assert all(0.7 < clip.seconds < 1.5 * WINDOW + 0.1 for clip in of_cmu)


def hips(clip: Clip) -> np.ndarray:
    return clip.joints[0, :, NTU25.index("spine_base")]


def test_in_cmu_people_do_what_their_label_says(clips: list[Clip]) -> None:
    found = defaultdict(list)
    for clip in clips:
        if clip.subject >= 1000:
            found[LABELS[clip.label]].append(clip)

    def speeds(label: str) -> np.ndarray:
        return np.array([np.linalg.norm((hips(c)[-1] - hips(c)[0])[[0, 2]]) / c.seconds for c in found[label]])

    def rises(label: str) -> np.ndarray:
        return np.array([hips(c)[-5:, 1].mean() - hips(c)[:5, 1].mean() for c in found[label]])

    assert np.median(speeds("walk")) == pytest.approx(1.1, abs=0.3)
    assert np.median(speeds("run")) > 2.5
    assert speeds("sit still").max() < 0.3
    assert (rises("sit down") < -0.05).all()
    assert (rises("stand up") > 0.05).all()
    assert all(np.ptp(hips(clip)[:, 1]) > 0.15 for clip in found["jump"])
    wrists = NTU25.indices("left_wrist", "right_wrist")
    for clip in found["jumping jack"]:
        assert (clip.joints[0, :, wrists, 1].min(axis=0) > clip.joints[0, :, NTU25.index("neck"), 1]).any()


# All together


def test_clips_are_ntu25_at_one_rate_with_names_for_files_and_subjects_of_their_own(clips: list[Clip]) -> None:
    assert all(clip.layout is NTU25 for clip in clips)
    assert {clip.fps for clip in clips} == {30.0}
    assert len({clip.name for clip in clips}) == len(clips)
    assert all(clip.name.replace("-", "").replace("_", "").isalnum() for clip in clips)
    numbers = [range(source.first, source.first + (100 if source.first < 1000 else 200)) for source in SOURCES]
    for clip in clips:
        (own,) = [source for source, span in zip(SOURCES, numbers, strict=True) if clip.subject in span]
        assert clip.name.startswith(own.form)


def test_a_stream_gives_strikes_and_what_is_between_them(clips: list[Clip]) -> None:
    stream = [clip for clip in clips if clip.name.startswith("precog-Seq1_1")]
    assert {LABELS[clip.label] for clip in stream} == {"punch", "kick", NONE}


def test_sitting_down_and_standing_up_are_told_apart_where_a_dataset_has_them_in_one(clips: list[Clip]) -> None:
    down, up = (clip for clip in clips if clip.name.startswith("ui_prmd-m05_s06_e01"))
    assert (LABELS[down.label], LABELS[up.label]) == ("sit down", "stand up")
    assert hips(down)[-5:, 1].mean() < hips(down)[:5, 1].mean() - 0.2
    assert hips(up)[-5:, 1].mean() > hips(up)[:5, 1].mean() + 0.2
    assert not [clip for clip in clips if "_e02" in clip.name]  # of ten repetitions, four are enough


def test_who_has_just_stood_up_stands_still_and_sat_still_before(clips: list[Clip]) -> None:
    up, seated, standing = (clip for clip in clips if clip.name.startswith("utd_mhad-a24"))
    assert [LABELS[clip.label] for clip in (up, seated, standing)] == ["stand up", "sit still", NONE]
    assert min(seated.seconds, standing.seconds) > 1
    assert hips(seated)[:, 1].max() < hips(standing)[:, 1].min() - 0.2


@pytest.mark.parametrize("fps", [10.0, 30.0, 120.0])
def test_a_clip_keeps_its_course_at_the_common_rate(fps: float) -> None:
    joints = np.zeros((1, round(2 * fps) + 1, 20, 3), np.float32)
    joints[0, :, :, 0] = np.arange(joints.shape[1])[:, None] / fps
    clip = common(Clip(joints, fps, KINECT20))
    np.testing.assert_allclose(clip.joints[0, :, 4, 0], np.arange(61) / 30, atol=1e-4)


def test_the_split_is_that_of_each_dataset(few: Path, clips: list[Clip]) -> None:
    side = MERGED.split("cross-subject")
    for source in SOURCES:
        corpus = IMPORTERS[source.form].open(few / source.folder)
        own = next(iter(corpus.splits.values()), lambda clip: Part.TRAIN if clip.subject % 2 else Part.TEST)
        of_source = [clip for clip in clips if clip.name.startswith(source.form)]
        assert of_source
        for clip in of_source:
            assert side(clip) is own(replace(clip, subject=clip.subject - source.first))


def test_a_missing_dataset_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lacks utd_mhad, hdm05_11, precog16, ui_prmd, cmu_subset"):
        next(merged_clips(tmp_path))


# On disk


def test_a_round_has_as_many_shots_of_each_label_and_the_next_goes_on_with_other_clips_or_views(
    clips: list[Clip],
) -> None:
    rounds = [plan_round(clips, number, {Part.TRAIN: 4, Part.TEST: 2}) for number in range(3)]
    counts = Counter((look.clip.label, look.clip.subject in TEST_SUBJECTS) for look in rounds[0])
    assert all(
        count == (2 if test else 4) * (3 if LABELS[label] == NONE else 1) for (label, test), count in counts.items()
    )
    names = [look.name for looks in rounds for look in looks]
    assert len(names) == len(set(names))
    walks = [look.clip.subject for look in rounds[0] if LABELS[look.clip.label] == "walk"]
    assert len(set(walks)) == len(walks)


def test_half_of_the_shots_of_a_round_are_of_recorded_clips_where_more_are_made(utd_mhad: Path) -> None:
    recorded = swipe(utd_mhad, subject=1)
    made = [replace(recorded, name=f"{recorded.name}-{number}-waving") for number in range(5)]
    rounds = [plan_round([recorded, *made], number, {Part.TRAIN: 4, Part.TEST: 2}) for number in range(3)]
    for looks in rounds:
        assert [is_made(look.clip) for look in looks].count(True) == 2
    names = [look.name for looks in rounds for look in looks]
    assert len(names) == len(set(names))
    assert {look.clip.name for looks in rounds for look in looks} == {recorded.name, *(clip.name for clip in made)}


@pytest.mark.slow
@pytest.mark.usefixtures("pose_model")
def test_clips_are_filmed_once_and_seen_in_both_layouts(utd_mhad: Path, tmp_path: Path) -> None:
    write_store(tmp_path / CLEAN, MERGED, [cut(swipe(utd_mhad, subject), SHORT) for subject in (1, 2)])
    once = {Part.TRAIN: 1, Part.TEST: 1}
    assert list(film_round(tmp_path, 0, per_label=once, workers=1)) == [2, 1, 0]
    shots = {path.name: path.stat().st_mtime_ns for path in (tmp_path / SHOTS).iterdir()}
    assert list(film_round(tmp_path, 0, per_label=once, workers=1)) == [0]
    (tmp_path / SHOTS / min(shots)).unlink()
    assert list(film_round(tmp_path, 0, per_label=once, workers=1)) == [1, 0]
    seen = write_seen(tmp_path)
    assert seen == write_seen(tmp_path)
    assert seen.clips == 2
    assert 0 < seen.found <= seen.frames
    for name, layout in SEEN.items():
        store = open_corpus(tmp_path / name)
        assert (store.layout, store.classes) == (layout, LABELS)
        side = store.split("cross-subject")
        assert [side(clip) for clip in read_clips(store)] == [Part.TRAIN, Part.TEST]
        assert [LABELS[clip.label] for clip in read_clips(store)] == ["swipe left", "swipe left"]
    assert layout is KINETICS18


def test_clean_clips_are_merged_once(few: Path, tmp_path: Path) -> None:
    broken: list[object] = []
    assert write_clean(few, tmp_path / "out", broken.append) > 700
    assert len(broken) == 5  # the stream of zeros
    assert write_clean(few, tmp_path / "out") == 0
