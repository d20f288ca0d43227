"""Several addresses at once: ports, Unix sockets, sockets that a service manager passes; TLS on some of them."""

import asyncio
import http.client
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
from contextlib import ExitStack, closing

import pytest
from certificate import Certificate
from relay import TICK, relay_binary
from server_process import ServerProcess
from websockets.asyncio.client import connect, unix_connect

# Takes the place of systemd: descriptors from 3 on, and whose they are.
ACTIVATION = """
import os, sys
names, count = sys.argv[1], int(sys.argv[2])
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(count))
if names:
    os.environ["LISTEN_FDNAMES"] = names
os.execv(sys.argv[3], sys.argv[3:])
"""


class UnixConnection(http.client.HTTPConnection):
    """A connection to a Unix socket, over TLS if it is given a context."""

    def __init__(self, path, context=None):
        super().__init__("localhost", timeout=10)
        self.path, self.context = path, context

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(str(self.path))
        if self.context:
            self.sock = self.context.wrap_socket(self.sock, server_hostname="localhost")


@pytest.fixture
def serve(upstream, tmp_path):
    """Starts a relay on some addresses: `serve("127.0.0.1:0", "unix:s")`."""
    with ExitStack() as ending:

        def start(*addresses, before=(), options=(), **settings):
            command = [*before, relay_binary(), "serve", "--upstream", upstream.graphql_url, "--topic", f"tick={TICK}"]
            command += ["--drain-window", "100ms", *options]
            for address in addresses:
                command += ["--listen", address]
            relay = ServerProcess("relay", command, tmp_path, **settings)
            ending.callback(relay.kill)
            return relay

        yield start


def ports(relay):
    """The ports of the start line, in its order."""
    line = next(line for line in relay.output.splitlines() if line.startswith("listening on "))
    parts = line.removeprefix("listening on ").split(" and ")
    return [int(part.split()[0].rpartition(":")[2]) for part in parts if "://" in part]


def drained(relay):
    relay.terminate()
    assert relay.wait() == 0


async def first_event(connection):
    async with asyncio.timeout(10):
        while json.loads(await connection.recv())["type"] != "event":
            pass


async def test_a_unix_socket_serves_what_a_port_does(serve, tmp_path):
    path = tmp_path / "s"
    relay = serve("127.0.0.1:0", f"unix:{path},mode=0600")
    assert f" and unix:{path}\n" in relay.output
    mode = path.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
    async with (
        unix_connect(str(path), "ws://localhost/topics/tick") as local,
        connect(relay.websocket_url + "/topics/tick") as other,
    ):
        await first_event(local)
        await first_event(other)
    with closing(UnixConnection(path)) as connection:
        for _ in range(3):
            connection.request("GET", "/topics", headers={"Host": "localhost"})
            answer = connection.getresponse()
            assert answer.status == 200 and b"tick" in answer.read()
    with closing(UnixConnection(path)) as connection:
        connection.request("GET", "/topics/tick", headers={"Accept": "text/event-stream"})
        answer = connection.getresponse()
        assert answer.status == 200
        while not answer.readline().startswith(b"data: "):
            pass
    drained(relay)
    assert not path.exists()


def test_a_socket_left_behind_is_replaced_and_one_in_use_is_not(serve, tmp_path):
    path = tmp_path / "s"
    first = serve("127.0.0.1:0", f"unix:{path}")
    first.kill()
    assert path.exists()
    second = serve("127.0.0.1:0", f"unix:{path}")
    third = subprocess.run(
        [relay_binary(), "serve", "--upstream", "ws://localhost:1", "--topic", f"tick={TICK}", "--listen", f"unix:{path}"],
        capture_output=True, text=True, timeout=20,
    )
    assert third.returncode == 71 and f"can't listen on unix:{path}" in third.stderr, third
    drained(second)


def shown(port):
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))


def written(certificate):
    return ssl.PEM_cert_to_DER_cert(certificate.path.read_text())


def test_each_port_shows_its_certificate_and_reads_it_again(serve, tmp_path):
    folders = [tmp_path / "common", tmp_path / "own"]
    for folder in folders:
        folder.mkdir()
    common, own = [Certificate(folder) for folder in folders]
    path = tmp_path / "s"
    relay = serve(
        "127.0.0.1:0,tls=off",
        "127.0.0.1:0",
        f"127.0.0.1:0,tls-certificate={own.path},tls-key={own.key}",
        f"unix:{path}",
        options=[str(part) for pair in common.options for part in pair],
    )
    plain, first, second = ports(relay)
    assert f"listening on http://127.0.0.1:{plain} and https://127.0.0.1:{first} and https://" in relay.output
    assert (shown(first), shown(second)) == (written(common), written(own))
    for connection in (http.client.HTTPConnection("127.0.0.1", plain), UnixConnection(path)):
        with closing(connection):
            connection.request("GET", "/healthz")
            assert connection.getresponse().read() == b"ok\n"
    former = written(common), written(own)
    common, own = [Certificate(folder) for folder in folders]
    relay.process.send_signal(signal.SIGHUP)
    while "read the TLS certificate anew" not in relay.log:
        assert relay.running
    assert (shown(first), shown(second)) == (written(common), written(own)) != former
    own.key.write_text("nothing")
    relay.process.send_signal(signal.SIGHUP)
    while "kept the former settings" not in relay.log:
        assert relay.running
    assert "--listen tls-key: can't use the file" in relay.log
    assert (shown(first), shown(second)) == (written(common), written(own))
    drained(relay)


def activated(sockets, names):
    """A command that passes sockets on, and what the process needs for it."""
    return [sys.executable, "-c", ACTIVATION, names, str(len(sockets))]


class Passing:
    """Puts sockets at the descriptors from 3 on while a process is started."""

    def __init__(self, sockets):
        self.sockets = sockets

    def __call__(self):
        copies = [os.dup2(each.fileno(), 50 + index) for index, each in enumerate(self.sockets)]
        for index, copy in enumerate(copies):
            os.dup2(copy, 3 + index)
            os.set_inheritable(3 + index, True)


@pytest.fixture
def passed(upstream, tmp_path):
    """A port and a Unix socket that this process listens on."""
    path = tmp_path / "passed"
    with closing(socket.create_server(("127.0.0.1", 0))) as port, closing(socket.socket(socket.AF_UNIX)) as unix:
        unix.bind(str(path))
        unix.listen()
        yield port, unix, path


def start_activated(upstream, sockets, names, *addresses):
    command = [*activated(sockets, names), str(relay_binary()), "serve", "--upstream", upstream.graphql_url]
    command += ["--topic", f"tick={TICK}", "--drain-window", "100ms"]
    for address in addresses:
        command += ["--listen", address]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, close_fds=False,
        preexec_fn=Passing(sockets),
    )


def test_passed_sockets_are_served_and_stay(upstream, passed):
    port, unix, path = passed
    process = start_activated(upstream, [port, unix], "web:local", "systemd")
    try:
        address = port.getsockname()[1]
        assert process.stdout.readline() == f"listening on http://127.0.0.1:{address} and unix:{path}\n"
        for connection in (http.client.HTTPConnection("127.0.0.1", address), UnixConnection(path)):
            with closing(connection):
                connection.request("GET", "/healthz")
                assert connection.getresponse().read() == b"ok\n"
        process.terminate()
        assert process.wait(10) == 0
        # They are the service manager's.
        assert path.exists()
    finally:
        process.kill()
        process.communicate()


def test_passed_sockets_are_taken_by_name(upstream, passed):
    port, unix, path = passed
    process = start_activated(upstream, [port, unix], "web:local", "127.0.0.1:0", "systemd:local")
    try:
        line = process.stdout.readline()
        assert f" and unix:{path}\n" in line and f":{port.getsockname()[1]}" not in line
    finally:
        process.kill()
        process.communicate()
    process = start_activated(upstream, [port, unix], "web:local", "systemd:admin")
    _, error = process.communicate(timeout=20)
    assert process.returncode == 64 and "--listen systemd:admin: no socket was passed with the name" in error


@pytest.mark.parametrize("access", [["--open"], []])
def test_check_names_all_addresses_and_complains_as_serve_would(upstream, tmp_path, access):
    certificate = Certificate(tmp_path)
    result = subprocess.run(
        [
            relay_binary(), "check", "--upstream", upstream.graphql_url, "--topic", f"tick={TICK}",
            "--listen", f"0.0.0.0:1,tls-certificate={certificate.path},tls-key={certificate.key}",
            "--listen", "unix:/nowhere/s", *access,
        ],
        capture_output=True, text=True, timeout=30,
    )
    if not access:
        assert result.returncode == 64 and "everybody who reaches it would get every topic" in result.stderr, result
        return
    assert result.returncode == 0, result
    lines = result.stdout.splitlines()
    assert lines[:2] == ["--listen 0.0.0.0:1: TLS, open to other machines", "--listen unix:/nowhere/s: plaintext"]
    assert any(line.startswith("topic tick: ") for line in lines), lines
