"""An upstream server as a process, and the port that outlives it."""

import random
import socket
import sys
from pathlib import Path

from probe import get_json
from server_process import ServerProcess

SERVERS = Path(__file__).parent / "upstreams"


def quiet_port():
    """A free port below the ephemeral range.

    While the upstream is down the relay dials its port again and again. Were it an ephemeral one, the
    kernel could one day pick it as the dialling socket's own port, and the socket would reach itself.
    """
    for port in random.sample(range(12000, 32000), 100):
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


class Upstream:
    """Starts, ends and restarts one of the servers in `upstreams/` on the same port."""

    def __init__(self, library, directory, *options):
        self.library = library
        self.directory = directory
        self.port = quiet_port()
        self.server = None
        self.start(*options)

    def start(self, *options):
        command = [sys.executable, SERVERS / f"{self.library}_upstream.py", "--port", self.port, *options]
        self.server = ServerProcess(self.library, command, self.directory)

    def kill(self):
        self.server.kill()

    @property
    def graphql_url(self):
        return f"ws://127.0.0.1:{self.port}/graphql"

    @property
    def stats(self):
        return get_json(f"{self.server.url}/stats")
