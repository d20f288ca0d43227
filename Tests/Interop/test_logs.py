"""What the log says, in both formats, and what it never says."""

import asyncio
import json
import re
import signal
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime

import pytest
import websockets
from clients import PlainSubscriber
from conversation import Conversation
from issuer import HTTPSource, reply
from probe import DIRECT, eventually, get, readiness
from relay import TICK, TOP
from test_access import ADMIN, SECRET, fetch, jwt

ORDERS = "subscription Orders($user: ID!) { orders(userId: $user) { user n } }"
FIXED = 'subscription { orders(userId: "marker-topic-argument") { user n } }'
NAMED = "query Me($user: ID!) { me(userId: $user) }"
PAGE = TOP / "Sources" / "FanoutRelay" / "FanoutRelay.docc" / "Logs.md"
STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4} (trace|debug|info|notice|warning|error|critical) ")


def entries(relay):
    return [json.loads(line) for line in relay.log.splitlines()]


def entry(relay, message):
    return next(each for each in entries(relay) if each["message"] == message)


async def test_json_is_an_object_a_line(upstream, start_relay):
    relay = start_relay(upstream, options=[("--log-format", "json"), ("--log-level", "trace")])
    async with PlainSubscriber(relay.topic_url("tick")) as subscriber:
        await subscriber.events_arrive(1)
    await eventually(lambda: relay.log_lines('"client left"'), "the client's end is logged")
    for each in entries(relay):
        assert each.keys() - {"metadata"} == {"time", "level", "label", "component", "message"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each["time"])
        assert abs(datetime.fromisoformat(each["time"]).timestamp() - datetime.now().timestamp()) < 60
    started = entry(relay, "started")["metadata"]
    assert started["upstream"] == upstream.graphql_url.replace("localhost", "127.0.0.1")
    assert started["listeners"] == [relay.url]
    assert started["topics"] == 1 and started["open"] == ["clients without a token", "metrics at the clients' addresses"]
    assert started["limits"]["connections"] == 10_000 and started["limits"]["memory_bytes"] > 32 << 20
    assert "settings" not in started


async def test_text_has_milliseconds(upstream, start_relay):
    relay = start_relay(upstream, options=[("--log-level", "trace")])
    await eventually(lambda: readiness(relay) == 200, "the upstream is connected")
    assert all(STAMP.match(line) for line in relay.log.splitlines()), relay.log


async def test_a_client_s_life(upstream, start_relay):
    relay = start_relay(upstream, options=[("--log-format", "json"), ("--log-level", "debug")])
    async with Conversation(relay.graphql_url) as talk:
        await talk.initialise()
        await talk.subscribe("mine\n" + "x" * 100)
        await talk.hear()
        await talk.say({"id": "mine\n" + "x" * 100, "type": "complete"})
        await eventually(lambda: relay.log_lines("subscription ended"), "the end is logged")
        await talk.connection.close(4321, "had enough")
    await eventually(lambda: relay.log_lines('"client left"'), "the client's end is logged")
    came, admitted, subscribed, ended, left = [
        entry(relay, message)["metadata"]
        for message in (
            "client came", "client admitted", "client subscribed", "client's subscription ended", "client left"
        )
    ]
    assert {came["path"], came["protocol"], came["peer"]} == {"/graphql", "graphql-transport-ws", "127.0.0.1"}
    assert len({each["client"] for each in (came, admitted, subscribed, ended, left)}) == 1
    assert subscribed["topic"] == "tick" and subscribed["operation"] == ended["operation"] == "mine " + "x" * 59
    assert ended["by"] == "client"
    assert left["by"] == "client" and left["closure"] == "close code 4321: had enough"


async def test_who_ends_a_client(upstream, start_relay):
    options = [("--log-format", "json"), ("--log-level", "debug"), ("--init-timeout", "200ms")]
    relay = start_relay(upstream, options=options)
    async with Conversation(relay.graphql_url) as talk:
        assert await talk.closed() == 4408
    await eventually(lambda: relay.log_lines('"by":"relay"'), "the relay ends it")
    async with PlainSubscriber(relay.topic_url("tick")) as subscriber:
        await subscriber.events_arrive(1)
        subscriber._task.cancel()
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(f"{relay.websocket_url}/nowhere-marker")
    await eventually(lambda: relay.log_lines('"client refused"'), "the refusal is logged")
    assert entry(relay, "client refused")["metadata"]["status"] == 404
    assert "nowhere-marker" not in relay.log
    relay.stop()
    assert len({each["metadata"]["client"] for each in entries(relay) if each["message"] == "client came"}) == 2


async def test_an_outage_is_a_warning_and_a_summary(upstream, start_relay):
    relay = start_relay(upstream, options=[("--log-format", "json")])
    await eventually(lambda: readiness(relay) == 200, "the upstream is connected")
    async with PlainSubscriber(relay.topic_url("tick")) as subscriber:
        await subscriber.events_arrive(1)
        upstream.kill()
        await eventually(lambda: relay.log_lines("unreachable: "), "an attempt fails")
        await asyncio.sleep(1)
        upstream.start("--start", "1000000")
        await eventually(lambda: relay.log_lines("after an outage"), "the summary is there")
    warnings = [each for each in entries(relay) if each["message"] == "upstream not connected"]
    assert {each["level"] for each in warnings} == {"warning"}
    reasons = [each["metadata"]["reason"] for each in warnings]
    assert len(reasons) == len(set(reasons)) and len(reasons) <= 4
    assert warnings[0]["metadata"]["link"] == 1 and "link" not in warnings[1]["metadata"]
    summary = entry(relay, "upstream connected after an outage")
    assert summary["level"] == "notice"
    told = summary["metadata"]
    assert told["link"] == 2 and told["topics"] == 1 and told["attempts"] >= 3
    assert 500 < told["lasted_ms"] < 60_000
    assert told["first_reason"] == reasons[0] and told["last_reason"] in reasons


@pytest.mark.parametrize("form", ["text", "json"])
async def test_no_credential_and_no_payload_is_ever_logged(form, start_upstream, start_relay, tmp_path):
    """Everything is done that may go wrong, with marked words in whatever isn't for a log."""
    upstream = start_upstream("strawberry", "--token", "marker-init")
    good, bad = jwt(sub="ann", exp=4_000_000_000, marker="marker-claim"), jwt(sub="bob", exp=1, marker="marker-claim")
    tokens, secret = tmp_path / "tokens", tmp_path / "secret"
    tokens.write_text(f"{ADMIN} subject=ops scopes=subscribe,admin,own,execute\nmarker-static-token topics=tick\n")
    secret.write_text(SECRET)
    with HTTPSource(reply(b'{"allow": false, "marker-hook-answer": 1}', 403)) as hook:
        relay = start_relay(
            upstream,
            {"tick": TICK, "fixed": FIXED, "wrong": "subscription { missing }"},
            [
                ("--log-level", "trace"), ("--log-format", form), ("--fatal-pause", "200ms"),
                ("--upstream", f"{upstream.graphql_url}?key=marker-url"),
                ("--header", "Authorization: Bearer marker-upstream-header"),
                ("--init-payload", '{"token":"marker-init"}'),
                ("--token-file", str(tokens)), ("--jwt-key-file", str(secret)), ("--token-cookie", "session"),
                ("--allow-origin", "https://app.example"), ("--auth-hook", f"{hook.url}?key=marker-hook-url"),
                ("--allow-any-subscription",), ("--allow-execute",), ("--named-query", f"me={NAMED}"),
                ("--subscribe-rate", "5"),
            ],
        )
        await eventually(lambda: relay.log_lines("upstream connected"), "the upstream is connected")
        # Every door, with every kind of credential, good and bad.
        for token in (ADMIN, good, bad, "marker-unknown-token", "marker-static-token"):
            for path in ("/topics", "/queries/me?user=marker-parameter", "/metrics", "/marker-path"):
                await fetch(f"{relay.url}{path}", token)
            ticket = urllib.parse.urlencode({"ticket": token})
            await asyncio.to_thread(get, f"{relay.url}/queries/me?user=marker-parameter&{ticket}")
            for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"session={token}"}, {}):
                await listen(f"{relay.topic_url('tick')}?{'' if headers else ticket}", headers)
                await ask(relay, token, headers)
        # Over HTTP.
        for body in (
            {"query": NAMED, "variables": {"user": "marker-variable"}},
            {"query": "{ markerField }"}, {"query": "{ marker-syntax"}, ["marker-batch"],
        ):
            await post(relay, json.dumps(body).encode(), good)
            await post(relay, json.dumps(body).encode(), ADMIN)
        await post(relay, b'{"query":"marker-half', ADMIN)
        # An outage, with operations under way.
        upstream.kill()
        await eventually(lambda: readiness(relay) == 503, "the upstream is away")
        upstream.start("--token", "marker-init-2")
        await eventually(lambda: "4403" in relay.log or "Forbidden" in relay.log, "the upstream refuses the init")
        upstream.kill()
        upstream.start("--token", "marker-init", "--start", "1000000")
        await eventually(lambda: readiness(relay) == 200, "the upstream is back")
        relay.process.send_signal(signal.SIGHUP)
        await eventually(lambda: relay.log_lines("anew"), "the files were read anew")
    relay.stop()
    assert len(relay.log.splitlines()) > 100 and relay.log_lines("client left")
    kept = [word for word in (ADMIN, good, bad, SECRET, "marker") if word in relay.log]
    assert not kept, [line for line in relay.log.splitlines() if any(word in line for word in kept)][:5]


async def listen(url, headers):
    """A plain client, which may be refused."""
    try:
        async with websockets.connect(url, additional_headers=headers, origin="https://app.example") as client:
            await asyncio.wait_for(client.recv(), 5)
            await client.send("marker-message")
            await asyncio.wait_for(client.wait_closed(), 5)
    except (websockets.InvalidStatus, websockets.ConnectionClosed):
        pass


async def ask(relay, token, headers):
    """A GraphQL client that does what it may, and what it may not."""
    options = {"subprotocols": ["graphql-transport-ws"], "additional_headers": headers, "origin": "https://app.example"}
    try:
        async with websockets.connect(relay.graphql_url, **options) as client:
            payload = {"token": token, "marker-init-member": "marker-init-value"}
            await client.send(json.dumps({"type": "connection_init", "payload": payload}))
            await asyncio.wait_for(client.recv(), 5)
            variables = {"user": "marker-variable"}
            for number, query in enumerate([ORDERS, NAMED, FIXED, TICK, "{ markerField }", "{ marker-syntax", ORDERS]):
                message = {"query": query, "variables": variables if "$" in query else {}}
                await client.send(json.dumps({"id": f"{number}", "type": "subscribe", "payload": message}))
                await asyncio.wait_for(client.recv(), 5)
            await client.send(json.dumps({"type": "ping", "payload": {"token": "marker-ping-token"}}))
            await client.send('{"type":"marker-type"}')
            async with asyncio.timeout(5):
                while True:
                    await client.recv()
    except (websockets.InvalidStatus, websockets.ConnectionClosed, TimeoutError):
        pass


async def post(relay, body, token):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def send():
        try:
            request = urllib.request.Request(relay.url + "/graphql", data=body, headers=headers)
            with DIRECT.open(request, timeout=5) as response:
                response.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                refusal.read()

    await asyncio.to_thread(send)


# The page for operators, and the source.

CALL = re.compile(r'logger\.(?:notice|warning|error|critical)\(\s*"((?:[^"\\]|\\.)*)"')
# Files that have messages in tables.
TABLES = {"ClusterComplaint.swift", "TopicNews.swift"}
LINE = re.compile(r'\(\.(?:notice|warning|error|critical), "((?:[^"\\]|\\.)*)"\)')


def messages_of_the_source():
    """The messages at notice and above, as they are logged."""
    found = set()
    for path in (TOP / "Sources").rglob("*.swift"):
        # A session's own log is its user's, where it is used without the relay.
        if "GraphQLSession" in path.parts:
            continue
        text = path.read_text()
        found |= set(CALL.findall(text)) | (set(LINE.findall(text)) if path.name in TABLES else set())
    return {message.replace("\\(subject)", "topic") for message in found}


def test_the_page_has_every_message_at_notice_and_above_and_no_other():
    rows = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == messages_of_the_source()
