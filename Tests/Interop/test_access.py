"""Clients with credentials: static tokens and JSON Web Tokens, through programs of other people."""

import asyncio
import base64
import hashlib
import hmac
import json
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest
import websockets
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from probe import DIRECT, eventually, get, readiness
from relay import TICK, Relay

ADMIN = "admin-admin-admin-admin"
READER = "reader-reader-reader"
SECRET = "a secret of more than thirty-two bytes"


def jwt(**claims):
    """A token by HS256, which any library would make so."""

    def encode(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    signed = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return signed + "." + encode(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest())


async def fetch(url, token):
    """Status and body of what is behind a token."""

    def ask():
        try:
            request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
            with DIRECT.open(request, timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()

    return await asyncio.to_thread(ask)


@pytest.fixture
def guarded(start_relay, upstream, tmp_path):
    tokens, secret = tmp_path / "tokens", tmp_path / "secret"
    tokens.write_text(f"# the operators\n{ADMIN} subject=ops scopes=subscribe,admin\n{READER} topics=tick\n")
    # As an editor of another system ends a line.
    secret.write_bytes(SECRET.encode() + b"\r\n")
    options = [("--token-file", str(tokens)), ("--jwt-key-file", str(secret)), ("--token-cookie", "session")]
    relay = start_relay(upstream, {"tick": TICK}, [*options, ("--allow-origin", "https://app.example")])
    relay.tokens = tokens
    return relay


async def first_event(relay, **arguments):
    transport = WebsocketsTransport(url=relay.graphql_url, **arguments)
    async with Client(transport=transport) as session:
        async for result in session.subscribe(gql(TICK)):
            return result


@pytest.mark.parametrize(
    "arguments",
    [
        {"headers": {"Authorization": f"Bearer {READER}"}},
        {"init_payload": {"Authorization": f"Bearer {READER}"}},
        {"init_payload": {"headers": {"authorization": READER}}},
        {"headers": {"Cookie": f"a=b; session={READER}"}},
    ],
)
async def test_gql_enters_with_a_token_wherever_it_puts_it(guarded, arguments):
    assert "tick" in await first_event(guarded, **arguments)


async def test_gql_enters_with_a_json_web_token_and_leaves_with_it(guarded):
    token = jwt(sub="ann", exp=time.time() + 60, topics=["tick"])
    assert "tick" in await first_event(guarded, init_payload={"token": token})
    # The leeway of 30 s prolongs it.
    ending = jwt(sub="ann", exp=time.time() - 27)
    async with websockets.connect(
        guarded.topic_url("tick"), additional_headers={"Authorization": f"Bearer {ending}"}
    ) as socket:
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await asyncio.wait_for(socket.recv(), 20)
        assert socket.close_code == 4403 and socket.close_reason == "Forbidden: token expired"


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"exp": 1},
        {"exp": 9e9, "nbf": 8e9},
        {"exp": 9e9, "aud": "somebody else"},
        {"exp": "soon"},
    ],
)
async def test_a_token_that_is_no_good_is_refused_at_each_door(guarded, claims):
    token = jwt(sub="ann", **claims)
    with pytest.raises(websockets.InvalidStatus) as refusal:
        headers = {"Authorization": f"Bearer {token}"}
        await websockets.connect(guarded.topic_url("tick"), additional_headers=headers)
    assert refusal.value.response.status_code in (401, 403)
    assert "Bearer error=" in refusal.value.response.headers["WWW-Authenticate"]
    with pytest.raises(Exception, match="Unauthorized: |Forbidden: "):
        await first_event(guarded, init_payload={"token": token})
    async with websockets.connect(guarded.graphql_url, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"token": token}}))
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 10)
        assert socket.close_code == (4403 if claims.get("exp") == 1 else 4401)


@pytest.mark.parametrize("end", [1e300, 1.7e308, 9.3e18, 1e15])
async def test_a_token_may_end_at_any_time_at_all(guarded, end):
    for claims in ({"exp": end}, {"exp": time.time() + 60, "expire_at": end}):
        assert "tick" in await first_event(guarded, init_payload={"token": jwt(**claims)})


async def test_curl_reads_events_with_a_ticket_only_for_a_few_minutes(guarded):
    def curl(ticket):
        url = f"{guarded.url}/topics/tick?ticket={ticket}"
        command = ["curl", "-sN", "--max-time", "3", "-H", "Accept: text/event-stream", "-w", "%{http_code}", url]
        return subprocess.run(command, capture_output=True, text=True).stdout

    assert "event: status" in await asyncio.to_thread(curl, jwt(exp=time.time() + 60))
    assert (await asyncio.to_thread(curl, jwt(exp=time.time() + 3600))).endswith("401")
    assert (await asyncio.to_thread(curl, READER)).endswith("401")


async def test_sighup_reads_tokens_again_and_keeps_the_former_ones_if_it_cannot(guarded):
    status, _ = await fetch(f"{guarded.url}/metrics", "another-another-another")
    assert status == 401
    guarded.tokens.write_text("another-another-another scopes=admin\n")
    guarded.process.send_signal(signal.SIGHUP)
    await eventually(lambda: guarded.log_lines("read the tokens and keys anew"), "the tokens are read")
    status, body = await fetch(f"{guarded.url}/metrics", "another-another-another")
    assert status == 200 and 'fanout_credentials_refused_total{reason="unknown_token"} 1' in body
    guarded.tokens.write_text("short\n")
    guarded.process.send_signal(signal.SIGHUP)
    await eventually(lambda: guarded.log_lines("kept the former settings"), "the complaint")
    status, _ = await fetch(f"{guarded.url}/metrics", "another-another-another")
    assert status == 200
    assert "another-another" not in guarded.log


async def test_a_ticket_begins_streams_and_nothing_else(start_relay, upstream, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    options = [("--jwt-key-file", str(secret)), ("--allow-execute",), ("--named-query", "hello=query { hello }")]
    relay = start_relay(upstream, {"tick": TICK}, options)
    await eventually(lambda: readiness(relay) == 200, "ready")
    ticket = jwt(exp=time.time() + 60, scope="subscribe execute admin")

    async def status(path, token):
        return (await fetch(f"{relay.url}{path}", token))[0]

    for path in ("/metrics", "/queries/hello", "/graphql?query=%7Bhello%7D"):
        assert await status(path, ticket) == 200, path
        address = f"{path}{'&' if '?' in path else '?'}ticket={ticket}"
        assert await status(address, ticket) == 400, path
        with pytest.raises(urllib.error.HTTPError) as refusal:
            await asyncio.to_thread(DIRECT.open, f"{relay.url}{address}")
        assert refusal.value.code == 403, path


async def test_a_handshake_that_has_expired_is_not_acknowledged(guarded):
    # The leeway of 30 s prolongs it.
    headers = {"Authorization": f"Bearer {jwt(exp=time.time() - 27.5)}"}
    async with websockets.connect(
        guarded.graphql_url, subprotocols=["graphql-transport-ws"], additional_headers=headers
    ) as socket:
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 10)
        assert (socket.close_code, socket.close_reason) == (4403, "Forbidden: token expired")


def test_the_demo_asks_for_tokens_too(binary, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{ADMIN} scopes=admin\n")
    demo = Relay(["demo", "--listen", "127.0.0.1:0", "--token-file", str(tokens)], tmp_path)
    try:
        assert get(f"{demo.url}/metrics")[0] == 401
    finally:
        demo.stop()
    ended = subprocess.run([binary, "demo", "--listen", "0.0.0.0:0"], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 64 and "everybody who reaches it" in ended.stderr


def run(binary, *arguments):
    command = [binary, "serve", "--upstream", "ws://127.0.0.1:9/", "--topic", "t=subscription { t }", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def test_what_everybody_could_reach_has_to_be_opened(binary):
    ended = run(binary, "--listen", "0.0.0.0:0")
    assert ended.returncode == 64
    assert "--listen 0.0.0.0:0: everybody who reaches it would get every topic" in ended.stderr
    ended = run(binary, "--listen", "0.0.0.0:0", "--open", "--token-file", "x")
    assert ended.returncode == 64 and "--open" in ended.stderr


@pytest.mark.parametrize(
    "flag, text, words",
    [
        ("--token-file", "short\n", "line 1"),
        ("--token-file", f"{READER} colour=red\n", "line 1"),
        ("--jwt-key-file", "too short", "--jwt-key-file"),
        ("--jwt-key-file", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "--jwt-key-file"),
        ("--jwks-file", "[]", "--jwks-file"),
    ],
)
def test_a_file_that_is_no_good_is_named(binary, tmp_path, flag, text, words):
    path = tmp_path / "file"
    path.write_text(text)
    ended = run(binary, flag, str(path))
    assert ended.returncode == 78, ended.stderr
    assert words in ended.stderr and str(path) in ended.stderr and len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "flags",
    [
        ("--jwt-issuer", "x"),
        ("--token-cookie", "x"),
        ("--token-cookie", "x", "--jwks-file", "x", "--allow-origin", "*"),
        ("--token-topics-claim", "x"),
        ("--jwt-algorithms", "none", "--jwks-file", "x"),
        ("--jwt-algorithms", "", "--jwks-file", "x"),
        ("--jwt-leeway", "1h", "--jwks-file", "x"),
        ("--jwks-ca", "x"),
        ("--jwks-url", "http://example.org/keys"),
        ("--jwks-url", "ftp://127.0.0.1/keys"),
        ("--jwks-url", "https://user@example.org/keys"),
        ("--open", "--jwks-url", "http://127.0.0.1:9/keys"),
    ],
)
def test_flags_without_effect_are_refused(binary, flags):
    ended = run(binary, *flags)
    assert ended.returncode == 64 and flags[0] in ended.stderr, ended.stderr
