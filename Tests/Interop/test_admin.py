"""The operators' own listener, and what the clients' port still says."""

import asyncio
import http.client
import json
import re
import signal
import socket
import subprocess
from contextlib import ExitStack, closing

import pytest
from certificate import Certificate
from issuer import HTTPSource
from probe import eventually, get
from relay import TICK, relay_binary
from server_process import ServerProcess
from test_auth_hook import Hook
from test_listeners import Passing, activated
from websockets.asyncio.client import connect

ADMIN = "admin-admin-admin-admin"
READER = "reader-reader-reader"
OPERATOR = "operator-operator-operator"
PLACE = re.compile(r", for operators on (https?)://[\d.]+:(\d+)")


@pytest.fixture
def serve(upstream, tmp_path):
    """Starts a relay whose operators come to some address: `serve("127.0.0.1:0")`."""
    with ExitStack() as ending:

        def start(*addresses, options=()):
            command = [relay_binary(), "serve", "--upstream", upstream.graphql_url, "--topic", f"tick={TICK}"]
            command += ["--drain-window", "100ms", "--listen", "127.0.0.1:0", *options]
            for address in addresses:
                command += ["--admin-listen", address]
            relay = ServerProcess("relay", command, tmp_path)
            ending.callback(relay.kill)
            if place := PLACE.search(relay.output):
                relay.admin = f"{place[1]}://127.0.0.1:{place[2]}"
            return relay

        yield start


def fetch(url, token=None, context=None):
    """Status, body and fields."""
    scheme, place, path = re.match(r"(https?)://([^/]+)(.*)", url).groups()
    kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}[scheme]
    with closing(kind(place, timeout=10, **({"context": context} if context else {}))) as connection:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers


async def first_event(url, **arguments):
    async with asyncio.timeout(10), connect(url, subprotocols=["fanout.v1.json"], **arguments) as socket:
        while json.loads(message := await socket.recv())["type"] != "event":
            pass
        return message


def drained(relay):
    relay.terminate()
    assert relay.wait() == 0


async def test_operators_have_what_the_clients_port_has_not(serve):
    relay = serve("127.0.0.1:0")
    await eventually(lambda: get(f"{relay.admin}/readyz") == (200, "ready\n"), "the relay is ready")
    assert get(f"{relay.url}/readyz") == (200, "")
    for path, clients, operators in [
        ("/metrics", 404, 200), ("/", 404, 200), ("/topics", 404, 200), ("/healthz", 200, 200),
        ("/topics/tick", 426, 426), ("/graphql", 426, 404),
    ]:
        assert (get(relay.url + path)[0], get(relay.admin + path)[0]) == (clients, operators), path
    assert await first_event(relay.admin.replace("http", "ws") + "/topics/tick?lag=latest")
    assert await first_event(relay.websocket_url + "/topics/tick")
    command = ["curl", "-sN", "--noproxy", "*", "-H", "Accept: text/event-stream", f"{relay.admin}/topics/tick"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as events:
        assert any(line.startswith('data: {"type":"event"') for line in events.stdout)
        events.terminate()
    assert "\nfanout_clients_opened_total 3\n" in get(f"{relay.admin}/metrics")[1]
    drained(relay)


async def test_a_crowd_of_clients_keeps_no_operator_out(serve):
    relay = serve("127.0.0.1:0", options=["--max-connections", "2", "--accept-rate", "3"])
    with ExitStack() as crowd:
        for _ in range(4):
            crowd.enter_context(socket.create_connection(("127.0.0.1", relay.port)))
        for _ in range(3):
            assert get(f"{relay.admin}/metrics")[0] == 200
    drained(relay)


def test_operators_can_have_tls_of_their_own(serve, tmp_path):
    certificate = Certificate(tmp_path, "operators")
    relay = serve(f"127.0.0.1:0,tls-certificate={certificate.path},tls-key={certificate.key}")
    assert relay.scheme == "http" and relay.admin.startswith("https:")
    port = relay.admin.rpartition(":")[2]
    assert fetch(f"https://localhost:{port}/metrics", context=certificate.trust)[0] == 200
    certificate.become(Certificate(tmp_path, "renewed"))
    relay.process.send_signal(signal.SIGHUP)
    while "read the TLS certificate anew" not in relay.log:
        assert relay.running
    assert fetch(f"https://localhost:{port}/metrics", context=certificate.trust)[0] == 200
    drained(relay)


def test_an_address_that_others_reach_is_refused_without_tokens():
    command = [relay_binary(), "serve", "--upstream", "ws://localhost:1", "--topic", f"tick={TICK}", "--open"]
    done = subprocess.run([*command, "--admin-listen", "0.0.0.0:0"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 64, done
    assert "--admin-listen 0.0.0.0:0: others could see what operators see; allowed: with " in done.stderr


@pytest.fixture
def guarded(serve, tmp_path):
    clients, operators = tmp_path / "clients", tmp_path / "operators"
    clients.write_text(f"{ADMIN} subject=ann scopes=subscribe,admin\n{READER} subject=ben\n")
    operators.write_text(f"# on call\n{OPERATOR} subject=ops\n")
    relay = serve("0.0.0.0:0", options=["--token-file", str(clients), "--admin-token-file", str(operators)])
    relay.operators = operators
    return relay


async def test_operators_show_a_token(guarded):
    line = next(line for line in guarded.output.splitlines() if line.startswith("listening on "))
    assert line.endswith(" (with a token)")
    for token, status in [(None, 401), ("wrong-wrong-wrong", 401), (READER, 403), (ADMIN, 200), (OPERATOR, 200)]:
        assert fetch(f"{guarded.admin}/healthz", token)[0] == fetch(f"{guarded.admin}/", token)[0] == 200
        for path in ("/metrics", "/topics", "/state"):
            answer, _, fields = fetch(guarded.admin + path, token)
            assert answer == status, (path, token)
            assert ("WWW-Authenticate" in fields) == (status >= 400)
    url = guarded.admin.replace("http", "ws") + "/topics/tick"
    assert await first_event(url, additional_headers={"Authorization": f"Bearer {OPERATOR}"})
    with pytest.raises(Exception, match="401"):
        await first_event(url)
    assert fetch(f"{guarded.url}/topics/tick", OPERATOR)[0] == 426
    drained(guarded)


def test_sighup_reads_the_operators_tokens_again(guarded):
    assert fetch(f"{guarded.admin}/metrics", OPERATOR)[0] == 200
    guarded.operators.write_text("renewed-renewed-renewed\n")
    guarded.process.send_signal(signal.SIGHUP)
    while "read the operators' tokens anew" not in guarded.log:
        assert guarded.running
    for token, status in ((OPERATOR, 401), ("renewed-renewed-renewed", 200)):
        assert fetch(f"{guarded.admin}/metrics", token)[0] == status
    guarded.operators.write_text("renewed-renewed-renewed scopes=admin\n")
    guarded.process.send_signal(signal.SIGHUP)
    while "kept the former settings" not in guarded.log:
        assert guarded.running
    assert "word 2 isn't known; allowed: subject=NAME" in guarded.log
    assert fetch(f"{guarded.admin}/metrics", "renewed-renewed-renewed")[0] == 200
    drained(guarded)


def test_files_of_tokens_are_read_by_check_and_at_the_start(tmp_path):
    file = tmp_path / "tokens"
    file.write_text("short\n")
    flags = ["--upstream", "ws://localhost:1", "--topic", f"tick={TICK}", "--admin-listen", "127.0.0.1:0"]
    for command in ("serve", "check"):
        done = subprocess.run(
            [relay_binary(), command, *flags, "--admin-token-file", str(file)],
            capture_output=True, text=True, timeout=20,
        )
        assert done.returncode == 78 and "--admin-token-file" in done.stderr and "line 1:" in done.stderr, done


async def test_a_hook_says_who_is_an_operator(serve):
    hook = Hook()
    hook.answers["boss"] = {"allow": True, "scopes": ["admin", "subscribe"]}
    hook.answers["clerk"] = {"allow": True, "scopes": ["subscribe"]}
    with HTTPSource(hook) as source:
        relay = serve("0.0.0.0:0", options=["--auth-hook", source.url])
        for token, status in [("boss", 200), ("clerk", 403), ("nobody", 403), (None, 401)]:
            assert (await asyncio.to_thread(fetch, f"{relay.admin}/metrics", token))[0] == status, token
        url = relay.admin.replace("http", "ws") + "/topics/tick"
        assert await first_event(url, additional_headers={"Authorization": "Bearer boss"})
        # A WebSocket waits for the decision after its handshake.
        with pytest.raises(Exception, match="4403|403"):
            await first_event(url + "?last=1", additional_headers={"Authorization": "Bearer clerk"})
        drained(relay)


def start_passed(upstream, sockets, *flags):
    command = [*activated(sockets, "web:ops"), str(relay_binary()), "serve", "--upstream", upstream.graphql_url]
    return subprocess.Popen(
        [*command, "--topic", f"tick={TICK}", "--drain-window", "100ms", *flags],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, close_fds=False, preexec_fn=Passing(sockets),
    )


def test_sockets_that_are_passed_are_told_apart_by_name(upstream, tmp_path):
    path = tmp_path / "passed"
    with closing(socket.create_server(("127.0.0.1", 0))) as port, closing(socket.socket(socket.AF_UNIX)) as unix:
        unix.bind(str(path))
        unix.listen()
        process = start_passed(upstream, [port, unix], "--listen", "systemd:web", "--admin-listen", "systemd:ops")
        try:
            line = f"listening on http://127.0.0.1:{port.getsockname()[1]}, for operators on unix:{path}\n"
            assert process.stdout.readline() == line
            process.terminate()
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.communicate()
        process = start_passed(upstream, [port, unix], "--listen", "systemd", "--admin-listen", "systemd:ops")
        _, error = process.communicate(timeout=20)
        assert process.returncode == 64 and f"--admin-listen unix:{path}: --listen has this socket too" in error, error
