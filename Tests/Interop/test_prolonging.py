"""Clients whose token expires: they come back with a fresh one, or show it before, and lose nothing."""

import asyncio
import json
import time
import urllib.request

import pytest
import websockets
from conversation import Conversation
from gql import Client, gql
from gql.transport.exceptions import TransportConnectionFailed
from gql.transport.websockets import WebsocketsTransport
from probe import DIRECT
from relay import TICK
from test_access import SECRET, fetch, jwt
from test_tokens import ASK, Resumer, next_payload, subscribe


@pytest.fixture
def relay(start_relay, upstream, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    options = [("--jwt-key-file", str(secret)), ("--jwt-leeway", "0s"), ("--token-cookie", "session")]
    return start_relay(upstream, {"tick": TICK}, [*options, ("--allow-origin", "https://app.example")])


def token(seconds, subject="ann", **claims):
    return jwt(sub=subject, exp=time.time() + seconds, **claims)


async def begin(talk, credential, identifier="1"):
    await talk.say({"type": "connection_init", "payload": {"token": credential}})
    assert (await talk.hear())["type"] == "connection_ack"
    await talk.subscribe(identifier)


async def pong(talk, payload):
    await talk.say({"type": "ping", "payload": payload})
    return (await talk.hear_until("pong"))[-1]


@pytest.mark.parametrize("form", ["Bearer {}", "{}"])
async def test_a_ping_with_a_fresh_token_prolongs_a_connection(relay, form):
    async with Conversation(relay.graphql_url) as talk:
        await begin(talk, token(3))
        end = time.monotonic() + 5
        assert await pong(talk, {"authorization": form.format(token(60))}) == {"type": "pong"}
        while time.monotonic() < end:
            assert (await talk.hear())["type"] == "next"
        # And once more, until a nearer end: what lasts less long than the former isn't taken.
        assert await pong(talk, {"authorization": token(1)}) == {"type": "pong"}
        end = time.monotonic() + 2
        while time.monotonic() < end:
            assert (await talk.hear())["type"] == "next"


@pytest.mark.parametrize(
    "credential",
    [
        lambda: token(60, subject="ben"),
        lambda: jwt(exp=time.time() + 60),
        lambda: token(-1),
        lambda: token(60) + "x",
        lambda: "no token",
        # It doesn't permit what runs.
        lambda: token(60, topics=["other"]),
    ],
)
async def test_another_credential_prolongs_nothing_and_is_not_echoed(relay, credential):
    async with Conversation(relay.graphql_url) as talk:
        await begin(talk, token(3))
        assert await pong(talk, {"authorization": credential()}) == {"type": "pong"}
        assert await talk.closed() == 4403


async def test_a_ping_without_a_credential_is_echoed_as_ever(relay):
    async with Conversation(relay.graphql_url) as talk:
        # Before the first message, too.
        assert await pong(talk, {"a": [1]}) == {"type": "pong", "payload": {"a": [1]}}
        assert await pong(talk, {"token": token(60)}) == {"type": "pong"}
        await begin(talk, token(60))
        assert await pong(talk, {"a": [1]}) == {"type": "pong", "payload": {"a": [1]}}


async def test_only_ten_that_are_no_good_are_looked_at(relay):
    async with Conversation(relay.graphql_url) as talk:
        await begin(talk, token(4))
        for _ in range(10):
            await pong(talk, {"token": "no token"})
        await pong(talk, {"token": token(60)})
        assert await talk.closed() == 4403


async def test_who_comes_back_with_a_fresh_token_and_its_place_loses_nothing(relay):
    resumer = Resumer()
    for _ in range(3):
        async with Conversation(relay.graphql_url) as talk:
            await talk.say({"type": "connection_init", "payload": ASK | {"token": token(2)}})
            assert (await talk.hear())["type"] == "connection_ack"
            await (subscribe(talk, after=resumer.token) if resumer.token else subscribe(talk))
            count = len(resumer.numbers)
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    resumer.take(await next_payload(talk))
            assert talk.connection.close_code == 4403
            assert talk.connection.close_reason == "Forbidden: token expired"
            assert len(resumer.numbers) > count
    # `take` has checked that each follows the one before.
    assert not resumer.gaps
    assert resumer.numbers == list(range(resumer.numbers[0], resumer.numbers[0] + len(resumer.numbers)))


async def untold_gaps(relay):
    _, text = await fetch(f"{relay.url}/metrics", token(60, scope="admin"))
    samples = [line for line in text.splitlines() if line.startswith("fanout_untold_gaps_total")]
    return sum(float(sample.split()[-1]) for sample in samples)


async def test_a_standard_client_that_comes_back_is_counted(relay):
    """It has nothing to go on with, so that nobody can say what it missed: gql, as its users would do it."""
    seen = []
    for ends in range(1, 3):
        transport = WebsocketsTransport(url=relay.graphql_url, init_payload={"token": token(2)})
        with pytest.raises(TransportConnectionFailed):
            async with Client(transport=transport) as session:
                async for result in session.subscribe(gql(TICK)):
                    seen.append(result["tick"]["n"])
        assert await untold_gaps(relay) == ends
    assert seen == sorted(set(seen))


async def test_a_reader_with_a_cookie_comes_back_and_loses_nothing(relay):
    def read(last):
        headers = {"Accept": "text/event-stream", "Cookie": f"session={token(2)}"}
        if last:
            headers["Last-Event-ID"] = last
        numbers, identifier = [], last
        request = urllib.request.Request(f"{relay.url}/topics/tick", headers=headers)
        with DIRECT.open(request, timeout=20) as stream:
            for line in stream:
                if line.startswith(b"id: "):
                    identifier = line[4:].decode().strip()
                # States have no number.
                if line.startswith(b"data: ") and b'"n":' in line:
                    numbers.append(json.loads(line[6:])["payload"]["data"]["tick"]["n"])
        return numbers, identifier

    numbers, last = [], None
    for _ in range(3):
        more, last = await asyncio.to_thread(read, last)
        assert more
        numbers += more
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
