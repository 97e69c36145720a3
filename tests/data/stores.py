"""Servers on 127.0.0.1 that take files: of FTP, and an object store like Amazon's."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FTP = """
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_user("me", "secret", sys.argv[1], perm="elradfmwMT")
FTPHandler.authorizer.add_user("guest", "secret", sys.argv[1], perm="elr")
server = FTPServer(("127.0.0.1", 0), FTPHandler)
print(server.address[1], flush=True)
server.serve_forever()
"""
_OBJECTS = """
import threading
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
threading.Event().wait()
"""


@contextmanager
def ftp_server(folder: Path) -> Iterator[int]:
    """Serve a folder to `me`, who may write, and `guest`, who may not, both by the word `secret`; yields the port."""
    with _serving(_FTP, folder) as port:
        yield port


@contextmanager
def object_store() -> Iterator[int]:
    """Keep objects in memory, for whoever comes; yields the port."""
    with _serving(_OBJECTS) as port:
        yield port


@contextmanager
def _serving(code: str, *arguments: object) -> Iterator[int]:
    """A server in a process of its own, by the port that it says."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()
