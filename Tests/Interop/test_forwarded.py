"""Clients behind a proxy that names them in X-Forwarded-For or Forwarded."""

import asyncio
import json
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
import websockets
from certificate import Certificate
from issuer import HTTPSource, reply
from probe import eventually, metric, readiness
from relay import TICK, relay_binary

X = "x-forwarded-for"
REFUSED = "fanout_connections_refused_total"
EVENTS = [("Accept", "text/event-stream")]


def request(method="GET", path="/healthz", fields=(), body=""):
    """A request as a proxy writes it; `fields` are pairs, several of which may have one name."""
    length = [("Content-Length", str(len(body)))] if method == "POST" else []
    lines = "".join(f"{name}: {value}\r\n" for name, value in [("Host", "localhost"), *length, *fields])
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n{body}".encode()


def connected(relay, source="127.0.0.1"):
    connection = socket.socket()
    connection.settimeout(10)
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", relay.port))
    return connection


def received(connection):
    """All that comes until the end."""
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data.decode()


def status(relay, fields=(), *, source="127.0.0.1", **arguments):
    with closing(connected(relay, source)) as connection:
        connection.sendall(request(fields=[("Connection", "close"), *fields], **arguments))
        return int(received(connection).split(" ")[1])


def stream(relay, fields):
    """A reader of server-sent events, with the head of its answer."""
    connection = connected(relay)
    connection.sendall(request(path="/topics/tick", fields=[*EVENTS, *fields]))
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1)
    return connection, head.decode()


def listen(relay, fields=(), **options):
    return websockets.connect(relay.topic_url("tick"), additional_headers=list(fields), **options)


async def refusal(relay, fields):
    """The answer to a handshake that is refused."""
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with listen(relay, fields):
            pass
    return caught.value.response


def by(header, *more):
    opening = [] if any(option[0] == "--auth-hook" for option in more) else [("--open",)]
    return [("--trusted-proxy", "127.0.0.1"), ("--forwarded-header", header), *opening, *more]


def of(client):
    return [("X-Forwarded-For", client)]


class Hook:
    """Lets everybody in, and keeps whose address it was told."""

    def __init__(self):
        self.peers = []

    def __call__(self, handler, body):
        self.peers.append(json.loads(body)["peer"])
        reply(json.dumps({"allow": True, "scopes": ["subscribe", "execute"]}).encode())(handler, body)


# The chosen header, the fields, and the address that is told by them.
ADDRESSES = {
    "one": (X, of("192.0.2.1"), "192.0.2.1"),
    "behind forged ones": (X, of("6.6.6.6, 127.0.0.1, 192.0.2.1"), "192.0.2.1"),
    "several lines": (X, [*of("6.6.6.6"), *of("192.0.2.1"), *of("127.0.0.1")], "192.0.2.1"),
    "IPv6": (X, of("[2001:DB8:0::1]:4711"), "2001:db8::1"),
    "IPv4 in IPv6": (X, of("::ffff:192.0.2.1"), "192.0.2.1"),
    "nobody": (X, [], "127.0.0.1"),
    "unknown": (X, of("192.0.2.1, unknown"), "127.0.0.1"),
    "the other header, forged": (X, [("Forwarded", "for=6.6.6.6"), *of("192.0.2.1")], "192.0.2.1"),
    "behind a name that is easily misread": (X, [*of("6.6.6.6"), ("X-Auth", "a"), *of("192.0.2.1")], "192.0.2.1"),
    "much in front": (X, of("1.1.1.1," * 1200 + "192.0.2.1"), "192.0.2.1"),
    "the standard one": ("forwarded", [("Forwarded", 'for="[2001:db8::1]:80";proto=https')], "2001:db8::1"),
    "the standard one, several": (
        "forwarded",
        [("Forwarded", 'for=6.6.6.6;x="'), ("Forwarded", 'for=192.0.2.1, for="127.0.0.1:80";by=_x'), *of("6.6.6.6")],
        "192.0.2.1",
    ),
    "the standard one, hidden": ("forwarded", [("Forwarded", "for=6.6.6.6, for=_hidden")], "127.0.0.1"),
    "none": ("none", [("Forwarded", "for=6.6.6.6"), *of("6.6.6.6")], "127.0.0.1"),
}


@pytest.mark.parametrize(("header", "fields", "client"), ADDRESSES.values(), ids=ADDRESSES.keys())
async def test_the_hook_is_told_the_client_at_every_door(header, fields, client, start_relay, upstream):
    hook = Hook()
    with HTTPSource(hook) as source:
        options = by(header, ("--auth-hook", source.url), ("--named-query", "hello={ hello }"), ("--allow-execute",))
        relay = start_relay(upstream, options=options)
        await eventually(lambda: readiness(relay) == 200, "ready")
        hook.peers.clear()

        def credential(name):
            # Each door another one, so that no answer is known already.
            return [("Authorization", f"Bearer {name}"), *fields]

        async with listen(relay, credential("socket")) as client_socket:
            assert await client_socket.recv()
        reader, head = await asyncio.to_thread(stream, relay, credential("stream"))
        reader.close()
        assert head.startswith("HTTP/1.1 200 ")
        post = {"method": "POST", "path": "/graphql", "body": '{"query":"{ hello }"}'}
        media = ("Content-Type", "application/json")
        assert await asyncio.to_thread(lambda: status(relay, [media, *credential("post")], **post)) == 200
        assert await asyncio.to_thread(lambda: status(relay, credential("get"), path="/queries/hello")) == 200
        assert hook.peers == [client] * 4


async def test_strangers_are_not_believed(start_relay, upstream):
    relay = start_relay(upstream, options=by(X, ("--max-connections-per-address", "1")))
    with closing(connected(relay, "127.0.0.2")) as stranger:
        stranger.sendall(request(fields=of("192.0.2.1")))
        head = stranger.recv(65536).decode()
        assert head.startswith("HTTP/1.1 200 ") and "connection: close" not in head.lower()
        # Its own address counts, whatever it says.
        assert status(relay, of("192.0.2.2"), source="127.0.0.2") == 429
        assert status(relay, of("192.0.2.1")) == 200
    assert metric(relay, "fanout_forwarded_requests_total", origin="client") == 1


async def test_limits_count_what_each_client_has_open(start_relay, upstream):
    relay = start_relay(upstream, options=by(X, ("--max-connections-per-address", "2"), ("--allow-execute",)))
    await eventually(lambda: readiness(relay) == 200, "ready")
    async with listen(relay, of("192.0.2.1")) as first:
        reader, head = await asyncio.to_thread(stream, relay, of("192.0.2.1"))
        with closing(reader):
            assert head.startswith("HTTP/1.1 200 ")
            answer = await refusal(relay, of("6.6.6.6, 192.0.2.1"))
            assert answer.status_code == 429 and answer.headers["Retry-After"] == "5"
            other, head = await asyncio.to_thread(stream, relay, of("192.0.2.1"))
            other.close()
            assert head.startswith("HTTP/1.1 429 ") and "\r\nRetry-After: 5\r\n" in head
            body = '{"query":"{ hello }"}'
            post = {"method": "POST", "path": "/graphql", "body": body}
            media = ("Content-Type", "application/json")
            assert status(relay, [media, *of("192.0.2.1")], **post) == 429
            # Others, and the proxy itself, go on.
            assert status(relay, [media, *of("192.0.2.2")], **post) == 200
            async with listen(relay, of("2001:db8::1")), listen(relay, of("2001:db8::2")):
                assert (await refusal(relay, of("2001:db8::3"))).status_code == 429
            for _ in range(4):
                assert status(relay) == 200
        assert await first.recv()
        # What has ended doesn't count any more.
        await eventually(lambda: status(relay, of("192.0.2.1")) == 200, "a place is free")
    assert metric(relay, REFUSED, reason="address") >= 4


async def test_rates_count_each_client(start_relay, upstream):
    relay = start_relay(upstream, options=by(X, ("--accept-rate-per-address", "1")))
    statuses = [status(relay, of("192.0.2.1")) for _ in range(5)]
    assert statuses[0] == 200 and 429 in statuses[1:]
    assert status(relay, of("192.0.2.2")) == 200
    for _ in range(5):
        assert status(relay) == 200
    assert metric(relay, REFUSED, reason="address_rate") >= 1


class ProxyConnection:
    """A connection that a proxy keeps, over which it passes on requests of any client."""

    def __init__(self, relay):
        self.socket = connected(relay)
        self.file = self.socket.makefile("rb")

    def ask(self, *arguments, **options):
        """The status, the fields with their names in lower case, and the body."""
        self.socket.sendall(request(*arguments, **options))
        code = int(self.file.readline().split()[1])
        fields = {}
        while (line := self.file.readline().strip()) != b"":
            name, value = line.decode().split(": ", 1)
            fields[name.lower()] = value
        return code, fields, self.file.read(int(fields.get("content-length", 0)))

    def close(self):
        self.file.close()
        self.socket.close()


async def test_two_clients_behind_one_proxy_are_never_taken_for_one(start_relay, upstream):
    hook = Hook()
    with HTTPSource(hook) as source:
        options = by(X, ("--auth-hook", source.url), ("--allow-execute",), ("--max-connections-per-address", "1"))
        relay = start_relay(upstream, options=options)
        await eventually(lambda: readiness(relay) == 200, "ready")
        hook.peers.clear()
        with closing(ProxyConnection(relay)) as proxy:

            def ask(number, client, *before):
                fields = [("Content-Type", "application/json"), ("Authorization", f"Bearer {number}"), *before]
                post = {"path": "/graphql", "body": '{"query":"{ hello }"}'}
                return proxy.ask("POST", fields=[*fields, *of(client)], **post)

            for number in range(20):
                # What a client sends to hide the line behind it, or to be taken for another, changes nothing.
                forged = [*of("6.6.6.6"), ("X-Auth", "a")] if number % 3 else []
                answer = await asyncio.to_thread(ask, number, f"192.0.2.{number % 2}", *forged)
                assert answer[0] == 200 and json.loads(answer[2]) == {"data": {"hello": "hello"}}
                assert answer[1].get("connection") != "close"
            assert hook.peers == ["192.0.2.0", "192.0.2.1"] * 10
            # The limit is that of each client: the one who listens has its place, the other one goes on. It isn't the one who
            # asked last, whose place is free only a moment after the answer.
            listening = [*of("192.0.2.0"), ("Authorization", "Bearer listening")]
            async with listen(relay, listening) as listener:
                assert await listener.recv()
                assert (await asyncio.to_thread(ask, 20, "192.0.2.1"))[0] == 200
                answer = await asyncio.to_thread(ask, 21, "192.0.2.0")
                assert answer[0] == 429 and answer[1]["retry-after"] == "5" and answer[1]["connection"] == "close"


async def test_a_connection_that_is_kept_for_long_costs_nothing(start_relay, upstream):
    relay = start_relay(upstream, options=by(X))
    files = Path(f"/proc/{relay.process.pid}/fd")
    with closing(ProxyConnection(relay)) as proxy:
        assert proxy.ask(fields=of("192.0.2.1"))[0] == 200
        before = len(list(files.iterdir()))
        for number in range(2000):
            assert proxy.ask(fields=of(f"192.0.2.{number % 250}"))[0] == 200
        await eventually(lambda: len(list(files.iterdir())) <= before, "no descriptor is left over")
    assert metric(relay, "fanout_connections_accepted_total") == 2
    assert metric(relay, "fanout_forwarded_requests_total", origin="client") == 2001


async def test_a_request_that_is_sent_ahead_comes_again_on_another_connection(start_relay, upstream):
    relay = start_relay(upstream, options=by(X))
    with closing(connected(relay)) as proxy:
        proxy.sendall(request(fields=of("192.0.2.1")) + request(fields=of("192.0.2.2")))
        answers = received(proxy)
        assert answers.count("HTTP/1.1 ") == 1 and "\r\nConnection: close\r\n" in answers
    assert metric(relay, "fanout_forwarded_requests_total", origin="client") == 1


async def test_pages_behind_a_proxy_with_tls_are_the_relays_own(start_relay, upstream):
    header = "x-forwarded-for,x-forwarded-host,x-forwarded-proto"
    relay = start_relay(upstream, options=by(header, ("--allow-host", "app.example")))
    told = [*of("192.0.2.1"), ("X-Forwarded-Host", "app.example"), ("X-Forwarded-Proto", "https")]
    async with listen(relay, told, origin="https://app.example") as page:
        assert await page.recv()
    for origin, fields in [
        ("http://app.example", told),
        ("https://evil.example", told),
        ("https://app.example", of("192.0.2.1")),
        ("https://evil.example", [*of("192.0.2.1"), ("X-Forwarded-Host", "evil.example")]),
    ]:
        assert status(relay, [("Origin", origin), *fields], path="/topics") == 403, (origin, fields)
    assert status(relay, [("Origin", "https://app.example"), *told], path="/topics") == 200
    assert status(relay, [("Origin", "https://app.example"), *told], path="/topics", source="127.0.0.2") == 403


def serve(upstream, *arguments):
    command = [relay_binary(), "serve", "--upstream", upstream.graphql_url, "--topic", f"tick={TICK}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize("value", ["x-real-ip", "forwarded,x-forwarded-for", ""])
def test_what_is_no_header_is_refused(value, upstream):
    result = serve(upstream, "--trusted-proxy", "10.0.0.0/8", "--forwarded-header", value)
    assert result.returncode == 64 and "--forwarded-header" in result.stderr
    assert "allowed: none, forwarded, or x-forwarded-for" in result.stderr


def test_who_comes_through_a_proxy_is_asked_for_a_token_unless_that_isnt_meant(upstream, tmp_path):
    trusting = ["--trusted-proxy", "127.0.0.1"]
    unix = f"unix:{tmp_path}/clients"
    for flags in (
        [*trusting, "--forwarded-header", "forwarded"],
        [*trusting, "--listen", "127.0.0.1:0,proxy-protocol"],
        ["--listen", unix, "--forwarded-header", "forwarded"],
        ["--listen", f"{unix},proxy-protocol"],
    ):
        result = serve(upstream, *flags)
        assert result.returncode == 64 and result.stderr.count("\n") == 1, result
        assert "everybody who reaches the proxy in front of it would get every topic" in result.stderr
        assert "--open" in result.stderr


def test_without_trusted_proxies_or_in_tls_alone_no_header_is_taken(upstream, tmp_path):
    result = serve(upstream, "--forwarded-header", "forwarded")
    assert result.returncode == 64 and result.stderr.count("\n") == 1, result
    assert "--forwarded-header forwarded: allowed: together with --trusted-proxy" in result.stderr
    certificate = Certificate(tmp_path)
    tls = ["--tls-certificate", certificate.path, "--tls-key", certificate.key]
    result = serve(upstream, "--trusted-proxy", "10.0.0.0/8", "--forwarded-header", "forwarded", *tls)
    assert result.returncode == 64 and result.stderr.count("\n") == 1, result
    assert "--forwarded-header forwarded: allowed: with an address without TLS" in result.stderr
