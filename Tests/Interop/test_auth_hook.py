"""A program of the operator's that the relay asks who may enter."""

import asyncio
import json
import threading
import time

import pytest
import websockets
from certificate import Certificate
from conversation import Conversation
from issuer import HTTPSource, reply
from probe import eventually
from relay import TICK
from test_access import ADMIN, fetch, first_event, run


class Hook:
    """Says of each credential what the test says; others are refused."""

    def __init__(self):
        self.answers = {}
        self.status = 200
        self.gate = threading.Event()
        self.gate.set()
        self.asked = []

    def __call__(self, handler, body):
        self.asked.append(json.loads(body))
        self.gate.wait(20)
        answer = self.answers.get(self.asked[-1]["credential"], {"allow": False})
        reply(json.dumps(answer).encode(), self.status)(handler, body)


@pytest.fixture
def hook():
    hook = Hook()
    with HTTPSource(hook) as source:
        hook.url = source.url
        yield hook
        hook.gate.set()


@pytest.fixture
def start(start_relay, upstream, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{ADMIN} scopes=admin,subscribe\n")

    def go(url, *options):
        return start_relay(upstream, {"tick": TICK}, [("--token-file", str(tokens)), ("--auth-hook", url), *options])

    return go


async def status(relay, token, path="/topics"):
    return (await fetch(f"{relay.url}{path}", token))[0]


def listen(relay, token):
    return websockets.connect(relay.topic_url("tick"), additional_headers={"Authorization": f"Bearer {token}"})


async def ending(client):
    with pytest.raises(websockets.ConnectionClosed):
        while True:
            await asyncio.wait_for(client.recv(), 20)
    return client.close_code


async def calls(relay, result):
    text = (await fetch(f"{relay.url}/metrics", ADMIN))[1]
    name = f'fanout_auth_hook_calls_total{{result="{result}"}} '
    return next(int(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name))


async def test_who_is_let_in_gets_events(start, hook):
    hook.answers["ann"] = {"allow": True, "subject": "ann", "topics": ["tick"], "variables": {"tenant": 7}}
    relay = start(hook.url)
    assert "tick" in await first_event(relay, init_payload={"token": "ann", "tenant": 7})
    assert hook.asked[-1]["payload"] == {"token": "ann", "tenant": 7}
    assert hook.asked[-1]["kind"] == "connection_init"
    assert "tick" in await first_event(relay, headers={"Authorization": "Bearer ann"})
    async with listen(relay, "ann") as client:
        await asyncio.wait_for(client.recv(), 10)
    assert hook.asked[-1] == {
        "credential": "ann",
        "kind": "bearer",
        "path": "/topics/tick",
        "origin": None,
        "peer": "127.0.0.1",
        "topics": ["tick"],
        "payload": None,
    }
    assert await status(relay, "ann", "/metrics") == 403
    assert await calls(relay, "allowed") >= 3


async def test_who_is_not_let_in_is_told(start, hook):
    relay = start(hook.url)
    assert await status(relay, "eve") == 403
    with pytest.raises(Exception, match="Forbidden: "):
        await first_event(relay, init_payload={"token": "eve"})
    hook.status = 401
    assert await status(relay, "mallory") == 401
    async with listen(relay, "trudy") as client:
        assert await ending(client) == 4401
    assert await calls(relay, "refused") >= 3


@pytest.mark.parametrize("way", ["slow", "dead", "status", "garbage"])
async def test_without_an_answer_nobody_gets_in_and_clients_come_back(start, hook, way):
    hook.answers["ann"] = {"allow": True}
    relay = start("http://127.0.0.1:1/" if way == "dead" else hook.url, ("--auth-hook-timeout", "300ms"))
    if way == "slow":
        hook.gate.clear()
    if way == "status":
        hook.status = 500
    if way == "garbage":
        hook.answers["ann"] = ["allow"]
    assert await status(relay, "ann") == 503
    async with listen(relay, "ann") as client:
        assert await ending(client) == 1013
    result = {"slow": "timeout", "dead": "unreachable", "garbage": "malformed"}.get(way, way)
    assert await calls(relay, result) == 2
    await eventually(lambda: len(relay.log_lines("the hook gives no answer")) == 1, "it is logged once")
    # Whom the relay knows itself needs no hook.
    assert await status(relay, ADMIN, "/metrics") == 200
    if way != "dead":
        hook.gate.set()
        hook.status = 200
        hook.answers["ann"] = {"allow": True}
        assert await status(relay, "ann") == 200
        await eventually(lambda: relay.log_lines("the hook answers again"), "the good news")


async def test_an_answer_ends_a_connection_when_it_says(start, hook):
    hook.answers["ann"] = {"allow": True, "expires": 3}
    relay = start(hook.url)
    async with listen(relay, "ann") as client:
        begun = time.monotonic()
        assert await ending(client) == 4403
        assert 1.5 < time.monotonic() - begun < 8


async def test_it_decides_over_who_wants_to_stay(start, hook):
    hook.answers["ann"] = {"allow": True, "subject": "ann", "expires": 3}
    relay = start(hook.url)
    async with Conversation(relay.graphql_url) as talk:
        await talk.initialise({"token": "ann"})
        await talk.subscribe("1")
        hook.answers["ann"]["expires"] = 60
        end = time.monotonic() + 5
        await talk.say({"type": "ping", "payload": {"token": "ann"}})
        assert (await talk.hear_until("pong"))[-1] == {"type": "pong"}
        while time.monotonic() < end:
            assert (await talk.hear())["type"] == "next"
    assert (hook.asked[-1]["kind"], hook.asked[-1]["origin"]) == ("ping", None)


async def test_a_revoked_credential_lets_nobody_in_after_five_seconds(start, hook):
    hook.answers["ann"] = {"allow": True, "topics": ["tick"], "cache": "credential", "expires": 3600}
    relay = start(hook.url)
    assert await status(relay, "ann") == 200
    del hook.answers["ann"]
    # It is known for its credential, whatever is asked for.
    assert await status(relay, "ann", "/graphql?query=%7Ba%7D") != 403
    begun = time.monotonic()
    while await status(relay, "ann") != 403:
        assert time.monotonic() - begun < 8
        await asyncio.sleep(0.1)
    # A refusal isn't for ever either.
    hook.answers["ann"] = {"allow": True}
    begun = time.monotonic()
    while await status(relay, "ann") != 200:
        assert time.monotonic() - begun < 8
        await asyncio.sleep(0.1)


async def test_it_is_trusted_by_the_authorities_that_are_named(start, hook, tmp_path):
    hook.answers["ann"] = {"allow": True}
    certificate = Certificate(tmp_path, "hook")
    with HTTPSource(hook, certificate=certificate) as source:
        relay = start(source.url, ("--auth-hook-ca", str(certificate.path)))
        assert await status(relay, "ann") == 200
        distrusting = start(source.url)
        assert await status(distrusting, "ann") == 503
    assert len(hook.asked) == 1


async def test_two_clients_with_one_credential_are_one_call(start, hook):
    hook.answers["ann"] = {"allow": True}
    hook.gate.clear()
    relay = start(hook.url, ("--shards", "2"))
    async with listen(relay, "ann") as one, listen(relay, "ann") as other:
        await eventually(lambda: len(hook.asked) == 1, "the call")
        hook.gate.set()
        for client in (one, other):
            await asyncio.wait_for(client.recv(), 10)
    assert len(hook.asked) == 1


async def test_a_cookie_is_shown_to_it(start, hook):
    hook.answers["ann"] = {"allow": True}
    relay = start(hook.url, ("--token-cookie", "session"), ("--allow-origin", "https://app.example"))
    headers = {"Cookie": "session=ann"}
    async with websockets.connect(
        relay.topic_url("tick"), additional_headers=headers, origin="https://app.example"
    ) as client:
        await asyncio.wait_for(client.recv(), 10)
    assert (hook.asked[-1]["kind"], hook.asked[-1]["origin"]) == ("cookie", "https://app.example")


@pytest.mark.parametrize(
    "flags",
    [
        ("--auth-hook", "http://example.org/"),
        ("--auth-hook-ca", "x"),
        ("--auth-hook-timeout", "1s"),
        ("--auth-hook-timeout", "1ms", "--auth-hook", "http://127.0.0.1:1/"),
        ("--auth-hook-concurrency", "0", "--auth-hook", "http://127.0.0.1:1/"),
        ("--auth-hook-cache", "2h", "--auth-hook", "http://127.0.0.1:1/"),
        ("--open", "--auth-hook", "http://127.0.0.1:1/"),
    ],
)
def test_flags_that_make_no_sense_are_refused(binary, flags):
    ended = run(binary, *flags)
    assert ended.returncode == 64 and flags[0] in ended.stderr, ended.stderr


async def test_a_hook_alone_is_enough_to_listen_anywhere(start_relay, upstream, hook):
    hook.answers[None] = {"allow": True, "topics": ["tick"]}
    relay = start_relay(upstream, {"tick": TICK}, [("--auth-hook", hook.url)])
    async with websockets.connect(relay.topic_url("tick")) as client:
        await asyncio.wait_for(client.recv(), 10)
    assert hook.asked[-1]["credential"] is None and hook.asked[-1]["kind"] is None
