"""Programs of other people at every door: curl, Java's HttpClient and a browser, in plaintext and over TLS."""

import asyncio
import json
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from browser import CHROMIUM, tab
from certificate import Certificate
from probe import eventually, readiness
from relay import TICK

QUERY = json.dumps({"query": "{ hello }"})
ANSWER = '{"data":{"hello":"hello"}}'
OWN = ["-H", "Content-Type: application/json", "-d"]
HANDSHAKE = [
    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + 22 * "A" + "==",
]  # fmt: skip
JAVA = Path(__file__).with_name("HttpClientDoors.java")
DOORS = """(async () => {
    const events = new Promise((done, fail) => {
        const source = new EventSource('/topics/tick'), ids = [];
        source.onmessage = event => { if (ids.push(event.lastEventId) == 3) { source.close(); done(ids.length); } };
        source.onerror = fail;
    });
    const socket = (path, subprotocol, begin) => new Promise((done, fail) => {
        const url = location.origin.replace('http', 'ws') + path;
        const socket = subprotocol ? new WebSocket(url, subprotocol) : new WebSocket(url);
        const payload = { query: SUBSCRIPTION };
        let count = 0;
        socket.onopen = () => { if (subprotocol) socket.send('{"type":"connection_init"}'); };
        socket.onmessage = ({ data }) => {
            if (data.includes('connection_ack')) socket.send(JSON.stringify({ type: begin, id: '1', payload }));
            if (data.includes('"tick":{') && ++count == 3) socket.close(1000, 'bye');
        };
        socket.onclose = ({ code, reason, wasClean }) => done([socket.protocol, code, reason, wasClean]);
        socket.onerror = fail;
    });
    const headers = { 'Content-Type': 'application/json' };
    const post = () => fetch('/graphql', { method: 'POST', headers, body: QUERY });
    return {
        health: [(await fetch('/healthz')).status, (await fetch('/healthz')).status],
        posts: [await (await post()).json(), await (await post()).json()],
        events: await events,
        plain: await socket('/topics/tick'),
        socket: await socket('/graphql', 'graphql-transport-ws', 'subscribe'),
        legacy: await socket('/graphql', 'graphql-ws', 'start'),
    };
})()"""


@pytest.fixture(params=["plaintext", "TLS"])
def transport(request):
    return request.param


@pytest.fixture
def certificate(transport, tmp_path):
    return Certificate(tmp_path) if transport == "TLS" else None


@pytest.fixture
def relay(start_relay, upstream, certificate):
    options = [("--allow-execute",), *(certificate.options if certificate else [])]
    return start_relay(upstream, options=options)


def curl(certificate, *arguments):
    trust = ["--cacert", certificate.path] if certificate else []
    return ["curl", "-sS", "-N", "--noproxy", "*", "--max-time", "30", *trust, *arguments]


def run(relay, certificate, paths, *arguments):
    """What curl prints for each path, asked for on one connection if it may be kept: body, status, connections made."""
    urls = [f"{relay.url}{path}" for path in paths]
    written = ["-w", "|%{http_code}|%{num_connects}\n"]
    done = subprocess.run(curl(certificate, *arguments, *written, *urls), capture_output=True, text=True)
    assert done.returncode == 0, done
    return [tuple(line.rsplit("|", 2)) for line in done.stdout.replace("\n|", "|").splitlines()]


def first_events(relay, certificate, *arguments):
    """The first three events that curl prints."""
    command = curl(certificate, "-H", "Accept: text/event-stream", *arguments)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = (line for line in process.stdout if line.startswith("data: ") and '"n":' in line)
            return [next(lines)[6:] for _ in range(3)]
        finally:
            process.kill()


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2"])
async def test_curl_is_served_at_every_door(version, relay, certificate):
    await eventually(lambda: readiness(relay) == 200, "ready")
    keeps = version != "--http1.0"
    for path, arguments, body in [("/healthz", [], "ok"), ("/graphql", [*OWN, QUERY], ANSWER)]:
        answers = run(relay, certificate, 3 * [path], version, *arguments)
        assert answers == [(body, "200", "0" if keeps and number else "1") for number in range(3)]
    # Its request for HTTP/2 is in the way of nothing, wherever it stands on the connection.
    mixed = run(relay, certificate, ["/healthz", "/graphql?query={hello}", "/nothing", "/healthz"], version, "-g")
    assert [status for _, status, _ in mixed] == ["200", "200", "404", "200"]
    large = QUERY + " " * 50_000
    assert run(relay, certificate, ["/graphql"], version, *OWN, large) == [(ANSWER, "200", "1")]
    events = first_events(relay, certificate, version, f"{relay.url}/topics/tick")
    assert all(json.loads(event)["type"] == "event" for event in events)
    events = first_events(relay, certificate, version, *OWN, json.dumps({"query": TICK}), f"{relay.url}/graphql")
    assert all(json.loads(event)["data"]["tick"] for event in events)


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
async def test_curl_may_open_a_websocket(version, relay, certificate, transport):
    if (version, transport) == ("--http2", "plaintext"):
        pytest.skip("curl takes the 101 for one to HTTP/2, which it asks for, too")
    headers = [part for header in HANDSHAKE for part in ("-H", header)]
    command = curl(certificate, version, "-i", *headers, f"{relay.url}/topics/tick")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"HTTP/1.1 101 Switching Protocols\r\n"
            seen = b""
            while seen.count(b'"type":"event"') < 3:
                seen += process.stdout.read1()
        finally:
            process.kill()


async def test_http2_without_asking_is_refused_at_once(start_relay, upstream):
    relay = start_relay(upstream)
    command = curl(None, "--http2-prior-knowledge", f"{relay.url}/healthz")
    assert subprocess.run(command, capture_output=True).returncode not in (0, 28)
    with socket.create_connection(("127.0.0.1", relay.port), timeout=20) as peer, peer.makefile("rb") as answer:
        peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\4" + bytes(5))
        assert answer.read().startswith(b"HTTP/1.1 505 ")


async def test_a_body_that_is_refused_costs_nobody_the_answer(relay, certificate):
    """The relay reads on for a while: a client that still writes would be told of that end, and not why."""
    head = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    chunks = b"10\r\n0123456789abcdef\r\n" * 5000
    for length, body, status in [
        (b"Transfer-Encoding: chunked", chunks + b"0\r\n\r\n", b"411"),
        (b"Content-Length: 20000000", bytes(500_000), b"413"),
    ]:
        with socket.create_connection(("127.0.0.1", relay.port), timeout=20) as plain:
            peer = certificate.trust.wrap_socket(plain, server_hostname="localhost") if certificate else plain
            with peer:
                peer.sendall(head + length + b"\r\n\r\n")
                first = await asyncio.to_thread(peer.recv, 12)
                assert first == b"HTTP/1.1 " + status
                for start in range(0, len(body), 50_000):
                    peer.sendall(body[start : start + 50_000])


@pytest.mark.skipif(not shutil.which("java"), reason="there is no java")
@pytest.mark.parametrize("version", ["HTTP_1_1", "HTTP_2"])
async def test_java_is_served_at_every_door(version, relay, certificate):
    await eventually(lambda: readiness(relay) == 200, "ready")
    trust = [certificate.path] if certificate else []
    command = ["java", "-XX:TieredStopAtLevel=1", JAVA, relay.url, version, *trust]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=50)
    lines = [tuple(line.split(": ", 1)) for line in done.stdout.splitlines()]
    refusal = "411 " + json.dumps(
        {"errors": [{"message": "a body needs a Content-Length here", "extensions": {"code": "BAD_REQUEST"}}]},
        separators=(",", ":"),
    )
    assert lines == [
        *3 * [("health", "200 ok"), ("post", f"200 {ANSWER}")],
        ("together", "[200]"),
        ("large", f"200 {ANSWER}"),
        ("expecting", f"200 {ANSWER}"),
        ("chunked", refusal),
        ("topic events", "200 3"),
        ("operation events", "200 3"),
        ("plain socket", "[] closed 1000 bye"),
        ("socket", "[graphql-transport-ws] closed 1000 bye"),
        ("legacy socket", "[graphql-ws] closed 1000 bye"),
        ("health", "200 ok"),
    ], done.stderr


@pytest.mark.skipif(not CHROMIUM, reason="there is no browser")
async def test_a_browser_is_served_at_every_door(relay, tmp_path):
    await eventually(lambda: readiness(relay) == 200, "ready")
    async with tab("data:text/html,", tmp_path / "browser") as page:
        await page.call("Security.enable")
        await page.call("Security.setIgnoreCertificateErrors", ignore=True)
        await page.call("Page.navigate", url=f"{relay.url}/")
        await page.becomes(f"location.origin === '{relay.url}' && document.readyState === 'complete'", "it is loaded")
        script = DOORS.replace("SUBSCRIPTION", json.dumps(TICK)).replace("QUERY", json.dumps(QUERY))
        assert await page.value(script) == {
            "health": [200, 200],
            "posts": 2 * [json.loads(ANSWER)],
            "events": 3,
            "plain": ["", 1000, "bye", True],
            "socket": ["graphql-transport-ws", 1000, "bye", True],
            "legacy": ["graphql-ws", 1000, "bye", True],
        }
