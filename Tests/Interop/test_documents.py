"""Documents that clients may bring, with variables that their tokens say."""

import asyncio
import hashlib
import json
import subprocess
from contextlib import AsyncExitStack

import pytest
import websockets
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from probe import eventually, get, readiness
from relay import TICK
from test_event_streams import EventStream

ORDERS = "subscription Orders($userId: ID!) { orders(userId: $userId) { user n } }"
ME = "query Me($userId: ID!) { me(userId: $userId) }"
ANN = "ann-ann-ann-ann-ann-ann"
BEN = "ben-ben-ben-ben-ben-ben"
BOUND = [
    ("--allow-document", f"orders={ORDERS}"),
    ("--document-variable", "orders.userId=claim:sub"),
    ("--allow-document", f"me={ME}"),
    ("--document-variable", "me.userId=claim:sub"),
    ("--topic-linger", "0s"),
]


@pytest.fixture
def bound(start_relay, upstream, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{ANN} subject=ann scopes=subscribe,execute\n{BEN} subject=ben topics=orders\n")
    options = [*BOUND, ("--token-file", str(tokens)), ("--token-cookie", "session")]
    return start_relay(upstream, {"tick": TICK}, [*options, ("--allow-origin", "https://app.example")])


class Tab:
    """A client of gql's with a user's token, which collects whose events it gets."""

    def __init__(self, relay, token, document=ORDERS, variables=None, **transport):
        self.users = []
        self.transport = WebsocketsTransport(url=relay.graphql_url, init_payload={"token": token}, **transport)
        self.document, self.variables = document, variables

    async def __aenter__(self):
        self.client = Client(transport=self.transport)
        self.session = await self.client.connect_async()
        self.task = asyncio.create_task(self.read())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.client.close_async()

    async def read(self):
        request = gql(self.document)
        request.variable_values = self.variables or {}
        async for result in self.session.subscribe(request):
            self.users.append(result["orders"]["user"])

    async def events_arrive(self, count):
        await eventually(lambda: len(self.users) >= count or self.task.done(), f"{count} events", 15)
        assert len(self.users) >= count, self.task


async def test_two_users_with_two_tabs_each_are_two_operations_and_each_gets_their_own(bound, upstream):
    await eventually(lambda: upstream.stats["subscriptionsTotal"] == 1, "the operator's topic runs")
    async with AsyncExitStack() as tabs:
        everybody = {}
        for token, user in [(ANN, "ann"), (BEN, "ben")]:
            own = [
                Tab(bound, token),
                Tab(bound, token, variables={"userId": user}, subprotocols=["graphql-ws"]),
            ]
            everybody[user] = [await tabs.enter_async_context(tab) for tab in own]
        for user, own in everybody.items():
            for tab in own:
                await tab.events_arrive(3)
                assert set(tab.users) == {user}
        assert upstream.stats["subscriptionsTotal"] == 3
        assert upstream.stats["websockets"] == 1
    await eventually(lambda: upstream.stats["subscriptions"] == 1, "the users' topics end")


async def test_event_source_gets_its_users_events_by_its_cookie(bound, upstream):
    await eventually(lambda: upstream.stats["subscriptionsTotal"] == 1, "the operator's topic runs")

    def read(token):
        with EventStream(bound, "/topics/orders", {"Cookie": f"session={token}"}) as stream:
            return [stream.message()["payload"]["data"]["orders"]["user"] for _ in range(3)]

    users = await asyncio.gather(asyncio.to_thread(read, ANN), asyncio.to_thread(read, BEN))
    assert users == [["ann"] * 3, ["ben"] * 3]


@pytest.mark.parametrize(
    "document, variables, words",
    [
        (ORDERS, {"userId": "ben"}, "to choose: leave it out"),
        (ORDERS, {"userId": ["ann"]}, "to choose: leave it out"),
        (ORDERS.replace("orders(", "theirs: orders("), {"userId": "ben"}, "no topic of this relay"),
        ('subscription { orders(userId: "ben") { user n } }', None, "no topic of this relay"),
    ],
)
async def test_another_users_events_are_refused(bound, document, variables, words):
    async with Tab(bound, ANN, document, variables) as tab:
        with pytest.raises(TransportQueryError, match=words):
            await asyncio.wait_for(asyncio.shield(tab.task), 10)
        assert tab.users == []


async def test_a_query_runs_for_its_user_by_every_door(bound):
    # A query that comes before the link is refused.
    await eventually(lambda: readiness(bound) == 200, "the relay has its link")
    digest = hashlib.sha256(ME.encode()).hexdigest()
    bodies = [
        {"query": ME},
        {"query": ME, "variables": {"userId": "ann"}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}},
    ]
    for body in bodies:
        assert await post(bound, ANN, body) == {"data": {"me": "I am ann"}}
    theirs = await post(bound, ANN, {"query": ME, "variables": {"userId": "ben"}})
    assert theirs["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    unscoped = await post(bound, BEN, {"query": ME})
    assert "the scope 'execute'" in unscoped["errors"][0]["message"]
    unknown = await post(bound, ANN, {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}})
    assert unknown["errors"][0]["message"] == "PersistedQueryNotFound"
    own = await post(bound, ANN, {"query": '{ me(userId: "ben") }'})
    assert own["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"


async def post(relay, token, body):
    process = await asyncio.create_subprocess_exec(
        *["curl", "-sS", "--noproxy", "*", "-H", f"Authorization: Bearer {token}"],
        *["-H", "Content-Type: application/json", "-d", json.dumps(body), f"{relay.url}/graphql"],
        stdout=subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return json.loads(output)


async def test_another_users_resume_token_is_worth_nothing(bound, upstream):
    headers = [{"Authorization": f"Bearer {token}"} for token in (BEN, ANN)]
    async with websockets.connect(bound.topic_url("orders"), additional_headers=headers[0]) as theirs:
        event = await event_of(theirs)
        token = f"{event['epoch']}:{event['sequence']}"
        url = bound.topic_url("orders", f"?after={token}")
        async with websockets.connect(url, additional_headers=headers[1]) as own:
            frames = [json.loads(await own.recv()) for _ in range(6)]
    assert "gap" in [frame["type"] for frame in frames]
    events = [frame for frame in frames if frame["type"] == "event"]
    assert events and {event["payload"]["data"]["orders"]["user"] for event in events} == {"ann"}


async def event_of(socket):
    while (frame := json.loads(await asyncio.wait_for(socket.recv(), 10)))["type"] != "event":
        pass
    return frame


def test_check_tells_the_bindings_and_tries_what_needs_no_claim(binary, upstream, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{ANN} subject=ann\n")
    flags = [*(part for pair in BOUND[:4] for part in pair), "--token-file", tokens]
    fixed = ["--allow-document", "ann=" + ORDERS.replace("Orders", "Ann"), "--document-variable", 'ann.userId="ann"']
    command = [binary, "check", "--upstream", upstream.graphql_url, "--topic", f"tick={TICK}", *flags, *fixed]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, result
    assert "document orders: subscription, userId = claim:sub\n" in result.stdout
    assert 'document ann: subscription, userId = "ann"\n' in result.stdout
    assert "document ann: a first event after" in result.stdout
    wrong = ["--allow-document", "wrong=query { nothing }"]
    refused = subprocess.run([*command, *wrong], capture_output=True, text=True, timeout=30)
    assert refused.returncode == 65, refused
    assert refused.stderr == "fanout-relay: --allow-document: refused by the server: wrong\n", refused


@pytest.mark.parametrize(
    "flags, words",
    [
        (BOUND[:1], "'orders.userId': it has the type ID! and no default"),
        (BOUND[:2], "nobody is asked for a token; allowed: with --token-file"),
        ([*BOUND[:1], ("--document-variable", "orders.userId=ann")], "its value is no JSON"),
        ([("--allow-document", "orders=@/nowhere")], "can't read the file"),
    ],
)
def test_what_can_not_be_ends_the_start(binary, flags, words):
    command = [binary, "serve", "--upstream", "ws://127.0.0.1:9/", "--listen", "127.0.0.1:0"]
    ended = subprocess.run([*command, *[part for pair in flags for part in pair]], capture_output=True, text=True, timeout=30)
    assert ended.returncode == (78 if "file" in words and "read" in words else 64), ended
    assert words in ended.stderr and len(ended.stderr.splitlines()) == 1, ended


def test_the_list_of_topics_names_what_a_path_serves(bound):
    process = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "-H", f"Authorization: Bearer {BEN}", f"{bound.url}/topics"],
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert [topic["name"] for topic in json.loads(process.stdout)["topics"]] == ["orders"]
    assert get(f"{bound.url}/healthz")
