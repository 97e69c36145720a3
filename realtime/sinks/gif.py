"""Moving pictures as a GIF, which plays wherever a picture can be shown."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.filter import Graph

from realtime.frames import Image
from stf.atomic import output_file, write_errors
from stf.errors import UserError

TIME_BASE = Fraction(1, 100)
"""Seconds per tick of a GIF."""


class GifWriter:
    """Writes pictures into a GIF, which repeats for ever, that appears when the `with` block ends well.

    The 256 colours are chosen for all pictures together by FFmpeg, which keeps every one of them until then: for some
    seconds of small pictures.

    Args:
        path: the file; replaced where it exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack = ExitStack()
        self._graph: Graph | None = None
        self._start = 0.0
        self._ticks = -1

    def __enter__(self) -> Self:
        self._stack.enter_context(self._file())
        return self

    def write(self, image: Image, time: float) -> None:
        """Append one picture.

        Args:
            image: (H, W, 3) uint8, BGR; all of one size.
            time: seconds on any clock; one that does not move forward is put a tick after the last.
        """
        if self._graph is None:
            self._start = time
            self._graph = _choose_colours(image)
        self._ticks = max(round((time - self._start) / TIME_BASE), self._ticks + 1)
        frame = av.VideoFrame.from_ndarray(image, "bgr24")
        frame.pts, frame.time_base = self._ticks, TIME_BASE
        self._graph.push(frame)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @contextmanager
    def _file(self) -> Iterator[None]:
        with output_file(self._path) as temporary:
            yield
            if self._graph is None:
                raise UserError(f"{self._path} would hold no picture: give a span of time that has some")
            self._graph.push(None)
            with write_errors(self._path), av.open(str(temporary), "w", format="gif", options={"loop": "0"}) as file:
                stream = None
                for frame in _pull(self._graph):
                    if stream is None:
                        stream = file.add_stream("gif")
                        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "pal8"
                        stream.time_base = stream.codec_context.time_base = TIME_BASE
                    file.mux(stream.encode(frame))
                if stream:
                    file.mux(stream.encode(None))


def _pull(graph: Graph) -> Iterator[av.VideoFrame]:
    """Everything that comes out of a graph into which nothing more will be put."""
    with suppress(av.EOFError):
        while True:
            yield graph.vpull()


def _choose_colours(image: Image) -> Graph:
    """Pictures in; the same with few colours out, once there are no more."""
    height, width = image.shape[:2]
    graph = Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("bgr24"), time_base=TIME_BASE)
    split, palette = graph.add("split"), graph.add("palettegen", "stats_mode=full")
    use, sink = graph.add("paletteuse", "dither=bayer:bayer_scale=4:diff_mode=rectangle"), graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(palette, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph
