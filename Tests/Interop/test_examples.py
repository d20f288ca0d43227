"""The two programs of Sources/Examples, each on one permanent session, while their backend comes and goes."""

import json
import os
import pty
import select
import subprocess
from urllib.error import URLError

import pytest
from probe import eventually, get
from relay import TOP
from server_process import ServerProcess
from upstream import quiet_port

EUROPE = {"data": {"continent": {"name": "Europe"}}}


class Backend:
    """The demo's made-up server, always on the same port."""

    def __init__(self, binary, directory):
        self.directory = directory
        self.port = quiet_port()
        self.url = f"ws://127.0.0.1:{self.port}/graphql"
        addresses = ["--listen", "127.0.0.1:0", "--upstream-listen", f"127.0.0.1:{self.port}"]
        self.command = [binary, "demo", *addresses]
        self.process = None

    def start(self):
        self.process = ServerProcess("backend", self.command, self.directory)

    def kill(self):
        if self.process:
            self.process.kill()


@pytest.fixture
def backend(binary, tmp_path):
    backend = Backend(binary, tmp_path)
    yield backend
    backend.kill()


def start_example(name, *arguments, **streams):
    """The examples come with every debug build; a test of release products builds that too."""
    return subprocess.Popen([TOP / ".build/debug" / name, *map(str, arguments)], **streams)


def next_line(terminal):
    line = b""
    while not line.endswith(b"\n"):
        assert select.select([terminal], [], [], 20)[0], f"no line after {line}"
        line += os.read(terminal, 1)
    return line.decode().strip()


def test_the_console_answers_and_survives_a_restart(backend):
    backend.start()
    # Output to a terminal comes line by line.
    terminal, output = pty.openpty()
    process = start_example("ContinentConsole", backend.url, stdin=subprocess.PIPE, stdout=output)
    os.close(output)

    def ask(question):
        process.stdin.write(question.encode() + b"\n")
        process.stdin.flush()

    try:
        assert "Ctrl-D" in next_line(terminal)
        ask("eu")
        assert json.loads(next_line(terminal)) == EUROPE
        ask('{ continent(code: "AF") { code } }')
        assert json.loads(next_line(terminal)) == {"data": {"continent": {"code": "AF"}}}
        ask("{ nope }")
        error = next_line(terminal)
        assert error.startswith("error: ") and "nope" in error
        backend.kill()
        ask("EU")
        backend.start()
        assert json.loads(next_line(terminal)) == EUROPE
        process.stdin.close()
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


async def test_the_service_answers_503_while_its_backend_is_away(backend):
    port = quiet_port()
    url = f"http://127.0.0.1:{port}/continent"
    process = start_example("ContinentService", backend.url, port, stdout=subprocess.DEVNULL)

    def status(query="?code=EU"):
        try:
            return get(url + query)[0]
        except URLError:
            return None

    try:
        # It may be there before its backend.
        backend.start()
        await eventually(lambda: status() == 200, "the first answer", deadline=20)
        assert json.loads(get(f"{url}?code=EU")[1]) == EUROPE
        assert json.loads(get(f"{url}?code=XX")[1]) == {"data": {"continent": None}}
        for query in ("", "?code=", "?code=EUR", "?code=E%22"):
            assert status(query) == 400
        backend.kill()
        assert status() == 503
        backend.start()
        await eventually(lambda: status() == 200, "answers again", deadline=20)
    finally:
        process.kill()
        process.wait()
