"""A long labelled video: the demo clip, again and again, with a label record of what was found in it each time."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av

from realtime.frames import PoseFrame
from realtime.opencv import cv2
from realtime.pose import PoseRecorder, RecordedPose
from realtime.records import RecordWriter, hash_recording, open_record
from stf.recogniser import Recogniser


def write_repeated(folder: Path, record_of_demo: Path, recogniser: Recogniser, seconds: float) -> Path:
    """Write video, landmarks and record, without recognising anything again.

    Args:
        folder: where they go.
        record_of_demo: what `stf label --format npz` wrote about the demo.
        recogniser: that made it.
        seconds: about how long the video is to be.

    Returns:
        The record.
    """
    record = open_record(record_of_demo)
    length = record.facts.video.seconds + 1 / 30
    times = round(seconds / length)
    video = _repeat_video(folder / "long.mp4", record.video(), length, times)
    poses = folder / "long.poses.npz"
    with RecordedPose(record.poses()) as demo, PoseRecorder(poses, video=video, estimator=demo.facts) as recorder:
        for number in range(times):
            for frame in demo:
                recorder.write(PoseFrame(frame.index + number * len(demo), frame.time + number * length, frame.persons))
    path = folder / "long.stf.json"
    facts, size = record.facts, hash_recording(video)
    with RecordWriter(path, recogniser, facts.windows.moments) as writer, record.windows() as windows:
        for number in range(times):
            for window in windows:
                by = number * length
                writer.write(replace(window, start=window.start + by, end=window.end + by))
        writer.finish(
            facts.video.model_copy(
                update={
                    "name": video.name,
                    "path": video.name,
                    "size_bytes": size[0],
                    "sha256": size[1],
                    "width": 1280,
                    "height": 720,
                    "frames": facts.video.frames * times,
                    "seconds": facts.video.seconds + (times - 1) * length,
                }
            ),
            facts.settings,
            [
                replace(one, start=one.start + number * length, end=one.end + number * length)
                for number in range(times)
                for one in record.segments
            ],
            facts.processing,
            poses,
        )
    return path


def _repeat_video(path: Path, demo: Path, length: float, times: int) -> Path:
    """The demo in 1280x720, encoded once and copied again and again."""
    base = Fraction(1, 90_000)
    with av.open(str(_widen(demo))) as source, av.open(str(path), "w") as out:
        coded = source.streams.video[0]
        packets = [packet for packet in source.demux(coded) if packet.pts is not None and packet.dts is not None]
        copied = [(bytes(packet), packet.pts, packet.dts, packet.is_keyframe) for packet in packets]
        scale = coded.time_base / base
        stream = out.add_stream_from_template(coded)
        for number in range(times):
            for data, pts, dts, key in copied:
                packet = av.Packet(data)
                packet.pts, packet.dts = (round(stamp * scale + number * length / base) for stamp in (pts, dts))
                packet.time_base, packet.stream, packet.is_keyframe = base, stream, key
                out.mux(packet)
    return path


def _widen(demo: Path) -> Path:
    """The demo in 1280x720."""
    path = demo.with_name("wide.mp4")
    with av.open(str(demo)) as source, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for number, frame in enumerate(source.decode(video=0)):
            wide = cv2.resize(frame.to_ndarray(format="bgr24"), (1280, 720))
            picture = av.VideoFrame.from_ndarray(wide, format="bgr24")
            picture.pts, picture.time_base = number, Fraction(1, 30)
            out.mux(stream.encode(picture))
        out.mux(stream.encode())
    return path
