"""A page about one span of time to send to a colleague: one file, nothing outside it, with a slider through time."""

import base64
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from realtime.drawing.skeleton import focus_colours
from realtime.frames import Image
from realtime.opencv import cv2
from stf.atomic import output_text
from stf.explanation import Explanation

_QUALITY = 80
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1c2530; margin: 1.5rem auto; max-width: 1000px; padding: 0 1rem; }
h1 { font-size: 1.35rem; margin: 0; } p { margin: .2rem 0; color: #5b6673; } .row { display: flex; gap: 1rem; }
.row { align-items: center; flex-wrap: wrap; } .row > * { min-width: 0; } .row > figure:first-child { flex: 1 1 20rem; }
img, canvas { width: 100%; display: block; border-radius: 4px; } figure { margin: .6rem 0; }
#body { width: 21rem; max-width: 100%; margin: auto; } #colours { width: 8rem; height: .7rem; display: inline-block; }
input { margin: .6rem 0 .2rem 11.5%; width: 88.5%; } .line { display: flex; justify-content: space-between; }
table { border-collapse: collapse; flex: 0 1 15rem; } td { padding: .1rem .5rem .1rem 0; } td.n { text-align: right; }
@media (prefers-color-scheme: dark) { body { background: #16191d; color: #e4e8ec; } p { color: #9aa5b1; } }
"""
_SCRIPT = """
const by = id => document.getElementById(id);
const data = JSON.parse(by("data").textContent), moments = data.times.length;
const wide = 960, left = 0.115 * wide, row = 13, cell = (wide - left) / moments;
const ink = () => getComputedStyle(document.body).color;
const colour = value => "rgb(" + data.colours[Math.round(255 * value)].join(",") + ")";

function penOf(canvas, width, height) {
  const pen = canvas.getContext("2d"), sharp = Math.max(window.devicePixelRatio || 1, 1.5);
  canvas.width = width * sharp;
  canvas.height = height * sharp;
  pen.scale(sharp, sharp);
  return pen;
}

function drawMap(now) {
  const tall = row * data.rows.length, pen = penOf(by("map"), wide, tall + 4);
  pen.font = "10px system-ui";
  pen.textAlign = "right";
  data.rows.forEach((joint, place) => {
    pen.fillStyle = ink();
    pen.fillText(data.joints[joint], left - 6, place * row + 10);
    for (let moment = 0; moment < moments; moment++) {
      pen.fillStyle = colour(data.focus[moment][joint]);
      pen.fillRect(left + moment * cell, place * row, cell + 1, row - 1);
    }
  });
  for (const [colour, width] of [["black", 4], ["white", 2]]) {
    pen.fillStyle = colour;
    pen.fillRect(left + (now + 0.5) * cell - width / 2, 0, width, tall);
  }
}

function drawColours() {
  const pen = penOf(by("colours"), 256, 20);
  for (let value = 0; value < 256; value++) {
    pen.fillStyle = colour(value / 255);
    pen.fillRect(value, 0, 2, 20);
  }
}

function drawBody(now) {
  const pen = penOf(by("body"), 420, 420), focus = data.focus[now];
  const places = data.places[now].map(place => place && [210 + 180 * place[0], 210 + 180 * place[1]]);
  pen.strokeStyle = "#8a94a0";
  pen.lineWidth = 4;
  for (const [child, parent] of data.edges) {
    if (!places[child] || !places[parent]) continue;
    pen.beginPath();
    pen.moveTo(...places[child]);
    pen.lineTo(...places[parent]);
    pen.stroke();
  }
  pen.strokeStyle = ink();
  pen.lineWidth = 1;
  for (const joint of data.joints.map((_, number) => number).sort((a, b) => focus[a] - focus[b])) {
    if (!places[joint]) continue;
    pen.beginPath();
    pen.arc(...places[joint], 4 + 7 * focus[joint], 0, 7);
    pen.fillStyle = colour(focus[joint]);
    pen.fill();
    pen.stroke();
  }
}

function show(now) {
  drawMap(now);
  drawBody(now);
  by("now").textContent = data.times[now].toFixed(2) + " s";
  const before = data.pictures.filter(moment => moment <= data.times[now] + 0.001).length;
  if (data.pictures.length) by("picture").src = by("p" + Math.max(before - 1, 0)).textContent;
}

const slider = by("time");
slider.max = moments - 1;
slider.oninput = () => show(Number(slider.value));
by("map").onclick = event => {
  const box = event.target.getBoundingClientRect();
  const moment = Math.floor(((event.clientX - box.left) / box.width * wide - left) / cell);
  slider.value = Math.min(Math.max(moment, 0), moments - 1);
  show(Number(slider.value));
};
drawColours();
show(0);
"""


def write_page(path: Path, found: Explanation, about: Sequence[str], pictures: Sequence[tuple[float, Image]]) -> None:
    """Write the page.

    Args:
        path: the .html file.
        found: what is explained; its first person is shown.
        about: lines on what was asked and of whom.
        pictures: (H, W, 3) and their moments in seconds, in order; none for a clip without pictures.

    Raises:
        UserError: if the file cannot be written.
    """
    title = f"Why {found.label}" + (f" and not {found.contrast}" if found.contrast else "") + "?"
    scores = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{100 * score:.1f} %</td></tr>' for name, score in found.top(6)
    )
    with output_text(path) as write:
        write(f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n')
        write('<meta name="viewport" content="width=device-width, initial-scale=1">\n')
        write(f"<style>{_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n")
        write("".join(f"<p>{escape(line)}</p>\n" for line in about))
        shown = '<figure><img id="picture" alt="the video"></figure>' if pictures else ""
        write(f'<div class="row">{shown}<figure><canvas id="body"></canvas></figure>')
        write(f"<table>{scores}</table></div>\n")
        write('<input id="time" type="range" min="0" value="0" aria-label="time">\n')
        write('<div class="line"><p id="now"></p><p>focus: low <canvas id="colours"></canvas> high</p></div>\n')
        write('<canvas id="map"></canvas>\n')
        for number, (_, image) in enumerate(pictures):
            write(f'<script type="text/plain" id="p{number}">{_as_url(image)}</script>\n')
        content = json.dumps(_data(found, [moment for moment, _ in pictures]), allow_nan=False).replace("<", "\\u003c")
        write(f'<script type="application/json" id="data">{content}</script>\n')
        write(f"<script>{_SCRIPT}</script></body></html>\n")


def _data(found: Explanation, moments: Sequence[float]) -> dict[str, object]:
    layout, focus = found.layout, found.focus[0]
    colours = focus_colours(np.linspace(0, 1, 256))[:, ::-1]
    return {
        "times": np.round(found.times, 3).tolist(),
        "focus": np.round(focus, 2).tolist(),
        "joints": [name.replace("_", " ") for name in layout.joints],
        "rows": [joint for limb in layout.limbs.values() for joint in limb],
        "edges": [list(edge) for edge in layout.edges],
        "places": _places(found),
        "colours": colours.tolist(),
        "pictures": [round(moment, 3) for moment in moments],
    }


def _places(found: Explanation) -> list[list[list[float] | None]]:
    """Where joints are drawn, in [-1, 1]: as the sensor sees them."""
    joints = found.joints[0][..., :2].astype(np.float64)
    sign = (-1, -1) if found.layout.num_coordinates == 3 else (1, 1)
    known = np.isfinite(joints).all(axis=2)
    flat = joints[known] * sign
    low, high = (flat.min(axis=0), flat.max(axis=0)) if len(flat) else (np.zeros(2), np.ones(2))
    middle, half = (low + high) / 2, max(float((high - low).max()) / 2, 1e-6)
    places = np.round((joints * sign - middle) / half, 3)
    return [
        [place.tolist() if seen else None for place, seen in zip(*moment, strict=True)]
        for moment in zip(places, known, strict=True)
    ]


def _as_url(image: Image) -> str:
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")
