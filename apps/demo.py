"""`stf demo`: the whole chain on a clip that comes with the program, with nothing to set up."""

import json
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path

from rich.table import Table

from apps.batch.options import LabelOptions
from apps.console import FrameProgress, make_console, say
from apps.engine import Engine
from apps.label_video import Report, label_video, record_path
from realtime.formats import FORMATS
from stf.prediction import Segment


def run_demo(output: Path, engine: Engine) -> int:
    """Label the demo clip, print what was found beside what is true, and how fast each stage ran.

    Args:
        output: folder for the annotated video and the label files.
        engine: recogniser and pose estimator.

    Returns:
        The exit code: 0, or 130 after Ctrl-C.
    """
    assets = files("apps") / "assets"
    segments = json.loads((assets / "demo.json").read_text(encoding="utf-8"))["segments"]
    truth = [(s["start"], s["end"], s["label"]) for s in segments]
    recogniser = engine.recogniser()
    with (
        as_file(assets / "demo.mp4") as video,
        FrameProgress(make_console(stderr=True)) as progress,
        engine.estimator(partial(say, progress.console)) as estimator,
    ):
        path = record_path(video, output)
        options = LabelOptions([FORMATS["csv"], FORMATS["mp4"]])
        report = label_video(video, path, recogniser, estimator, options, progress)
    console = make_console()
    console.print(_segment_table(report, truth), _stage_table(report), sep="\n")
    frames, took = report.statistics.frames, report.took
    say(console, f"The stages run side by side: {frames} frames in {took:.1f} s, {frames / took:.1f} a second.")
    for note in report.notes:
        say(console, note, style="yellow")
    say(console, "The figure is rendered from motion capture of a person the recogniser was not trained on.")
    say(console, f"Its labels are in {output / 'demo.segments.csv'}; stf export {path} makes more of them.")
    if report.interrupted:
        return 130
    say(console, f"Look at {output / 'demo.annotated.mp4'}.", style="bold")
    return 0


def overlap(segment: Segment, start: float, end: float) -> float:
    """Seconds that a segment shares with a span."""
    return max(0.0, min(segment.end, end) - max(segment.start, start))


def _segment_table(report: Report, truth: list[tuple[float, float, str]]) -> Table:
    """Every segment beside the action it shares most time with, and every action that shares time with none."""
    rows = []
    for segment in report.segments:
        start, end, name = max(truth, key=lambda span: overlap(segment, span[0], span[1]))
        known = name if overlap(segment, start, end) else "-"
        rows.append((segment.start, segment.end, segment.label, f"{segment.confidence:.0%}", known))
    for start, end, name in truth:
        if not any(overlap(segment, start, end) for segment in report.segments):
            rows.append((start, end, "-", "", name))
    table = Table("from", "to", "label", "confidence", "what it is", title="What was recognised", title_justify="left")
    for start, end, label, confidence, known in sorted(rows):
        style = "green" if label == known else "yellow"
        table.add_row(f"{start:.1f} s", f"{end:.1f} s", label, confidence, known, style=style)
    return table


def _stage_table(report: Report) -> Table:
    table = Table("stage", "median", "95 %", "runs", title="How fast each stage ran", title_justify="left")
    for name, times in report.statistics.stages.items():
        if name != "latency":
            median, high = times.percentile_ms(50), times.percentile_ms(95)
            table.add_row(name, f"{median:.1f} ms", f"{high:.1f} ms", str(times.count))
    return table
