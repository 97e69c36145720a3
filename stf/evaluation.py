"""What a recogniser says of the clips of a dataset."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float32

from stf.datasets.clip import Clip, to_layout
from stf.recogniser import Recogniser
from stf.streams import make_stream
from stf.transforms import NORMALISATIONS
from stf.windows import ClipWindows, SpanWindows, collate_clips

Logits = Float32[np.ndarray, "N K"]


@torch.no_grad()
def score_clips(recogniser: Recogniser, clips: Sequence[Clip], *, batch: int = 64) -> dict[str, Logits]:
    """Logits of each stream for each clip, by the protocol that the recogniser was trained for.

    A recogniser of whole clips looks at as many parts of a clip as its header says, and their logits are averaged;
    one of spans of time looks at the middle window of a clip.

    Args:
        recogniser: what is asked.
        clips: N clips; converted to the recogniser's layout.
        batch: how many clips are computed at once.

    Returns:
        Stream name -> (N, K).
    """
    header = recogniser.header
    window = (
        ClipWindows(samples=header.samples, looks=header.looks)
        if header.whole_clips
        else SpanWindows(samples=header.samples, rate_hz=header.rate_hz)
    )
    rows: dict[str, list[Logits]] = {stream: [] for stream in recogniser.networks}
    for begin in range(0, len(clips), batch):
        clip_batch = collate_clips([to_layout(clip, recogniser.layout) for clip in clips[begin : begin + batch]])
        views = [
            NORMALISATIONS[header.normalisation](view.to(recogniser.device), recogniser.layout)
            for view in window.views(clip_batch)
        ]
        for stream, network in recogniser.networks.items():
            logits = [network(make_stream(stream, view, recogniser.layout)) for view in views]
            rows[stream].append(torch.stack(logits).mean(dim=0).float().cpu().numpy())
    return {stream: np.concatenate(parts) for stream, parts in rows.items()}


def fuse(logits: dict[str, Logits], weights: dict[str, float]) -> Logits:
    """The sum of the streams' logits, each times its weight."""
    fused: Logits = np.sum([np.float32(weights[stream]) * rows for stream, rows in logits.items()], axis=0)
    return fused
