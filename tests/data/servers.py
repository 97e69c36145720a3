"""Small servers on 127.0.0.1 that send video as badly as a test wants it."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer


@dataclass(frozen=True)
class Answer:
    """To one HTTP request: sends `body` or its first `cut` bytes, waits `stall` seconds, hangs up."""

    body: bytes = b""
    cut: int | None = None
    stall: float = 0.0
    announce_length: bool = True
    content_type: str = "application/octet-stream"
    status: int = 200


@contextmanager
def http_server(answer: Callable[[int], Answer]) -> Iterator[str]:
    """Serve `answer(n)` to the n-th request; yields the address, without a path."""
    count = 0
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            nonlocal count
            reply = answer(count)
            count += 1
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            if reply.announce_length:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            with suppress(OSError):  # the client may go away, as clients do
                self.wfile.write(reply.body[: reply.cut])
                self.wfile.flush()
                stop.wait(reply.stall)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stop.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def silent_server() -> Iterator[int]:
    """Accepts connections and never says a word; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


class RtspHandler(StreamRequestHandler):
    """One connection to a camera: RTP over RTSP's own TCP connection (RFC 2326, 10.12), carrying MPEG-TS (RFC 2250)."""

    server: "RtspServer"

    def handle(self) -> None:
        with suppress(OSError):  # the client may go away, as clients do
            while request := self.rfile.readline().decode():
                headers = {}
                while line := self.rfile.readline().decode().strip():
                    key, _, value = line.partition(":")
                    headers[key.lower()] = value.strip()
                method = request.split()[0]
                self.reply(method, headers["cseq"])
                if method == "PLAY":
                    self.play()
                    if self.server.drop_after is not None:
                        return

    def reply(self, method: str, sequence: str) -> None:
        extra = {
            "OPTIONS": "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n",
            "DESCRIBE": "Content-Type: application/sdp\r\n",
            "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n",
        }.get(method, "")
        body = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:video\r\n"
        body = body if method == "DESCRIBE" else ""
        head = f"RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
        self.wfile.write((head + body).encode())

    def play(self) -> None:
        begin = time.monotonic()
        data = self.server.transport_stream
        packets = [data[i : i + 7 * 188] for i in range(0, len(data), 7 * 188)]
        for number, packet in enumerate(packets):
            due = self.server.seconds * number / len(packets)
            late = self.server.drop_after is not None and due > self.server.drop_after
            if late or self.server.stop.wait(max(0.0, begin + due - time.monotonic())):
                return
            rtp = struct.pack("!BBHII", 0x80, 33, number & 0xFFFF, int(due * 90000), 1) + packet
            self.wfile.write(struct.pack("!cBH", b"$", 0, len(rtp)) + rtp)


class RtspServer(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, transport_stream: bytes, seconds: float, drop_after: float | None) -> None:
        super().__init__(("127.0.0.1", 0), RtspHandler)
        self.transport_stream, self.seconds, self.drop_after = transport_stream, seconds, drop_after
        self.stop = threading.Event()


@contextmanager
def rtsp_server(transport_stream: bytes, seconds: float, drop_after: float | None = None) -> Iterator[str]:
    """A camera that plays an MPEG-TS once per connection, at its true speed; yields the address.

    Args:
        transport_stream: what it plays.
        seconds: how long that is.
        drop_after: seconds of it after which it hangs up; None: it falls silent at the end and stays connected.
    """
    server = RtspServer(transport_stream, seconds, drop_after)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"rtsp://127.0.0.1:{server.server_address[1]}/live"
    finally:
        server.stop.set()
        server.shutdown()
        thread.join()
        server.socket.close()  # not server_close(), which would wait for clients that have not hung up
