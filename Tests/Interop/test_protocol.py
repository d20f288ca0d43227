"""graphql-transport-ws as a rude client meets it; the close codes are those of its specification."""

import pytest
from clients import GRAPHQL, GQLSubscriber
from conversation import Conversation
from relay import TICK, Relay
from upstream import Upstream
from websockets.exceptions import InvalidStatus

INIT = {"type": "connection_init"}

MALFORMED = {
    "not JSON": "GraphQL, please",
    "cut short": '{"type":"connection_in',
    "an array": [],
    "no type": {},
    "unknown type": {"type": "start", "id": "1"},
    "type not a string": {"type": 1},
    "no id": {"type": "subscribe", "payload": {"query": TICK}},
    "empty id": {"type": "subscribe", "id": "", "payload": {"query": TICK}},
    "id not a string": {"type": "subscribe", "id": 1, "payload": {"query": TICK}},
    "no payload": {"type": "subscribe", "id": "1"},
    "no query": {"type": "subscribe", "id": "1", "payload": {}},
    "query not a string": {"type": "subscribe", "id": "1", "payload": {"query": 1}},
    "variables not an object": {"type": "subscribe", "id": "1", "payload": {"query": TICK, "variables": []}},
    "operationName not a string": {"type": "subscribe", "id": "1", "payload": {"query": TICK, "operationName": 1}},
    "ping payload not an object": {"type": "ping", "payload": "x"},
    "complete without id": {"type": "complete"},
}


@pytest.fixture(scope="module")
def relay(binary, tmp_path_factory):
    """One relay for the whole file: a client that broke it would fail every test after its own."""
    directory = tmp_path_factory.mktemp("protocol")
    upstream = Upstream("strawberry", directory)
    try:
        relay = Relay.serving(upstream.graphql_url, {"tick": TICK}, directory, [("--init-timeout", "1s")])
        yield relay
        relay.stop()
    finally:
        upstream.kill()


@pytest.fixture
def conversation(relay):
    return Conversation(relay.graphql_url)


@pytest.mark.parametrize("case", MALFORMED)
async def test_p8_malformed_messages_close_4400(case, relay, conversation):
    async with GQLSubscriber(relay.graphql_url) as witness, conversation as talk:
        await witness.events_arrive(1)
        await talk.initialise()
        await talk.say(MALFORMED[case])
        assert await talk.closed() == 4400
        await witness.events_arrive(len(witness.events) + 3)


async def test_p1_no_subprotocol_closes_4406(relay):
    async with Conversation(relay.graphql_url, []) as talk:
        assert await talk.closed() == 4406


async def test_p1_an_unknown_subprotocol_is_answered_over_http(relay):
    # libwebsockets would cut the handshake without a word; 4406 would need a subprotocol to be chosen.
    with pytest.raises(InvalidStatus) as refusal:
        async with Conversation(relay.graphql_url, ["soap"]):
            pass
    assert refusal.value.response.status_code == 400
    assert GRAPHQL.encode() in refusal.value.response.body


async def test_p2_the_subprotocol_is_found_in_any_position(relay):
    async with Conversation(relay.graphql_url, ["soap", GRAPHQL]) as talk:
        assert talk.connection.subprotocol == GRAPHQL
        await talk.initialise()


async def test_p3_no_init_closes_4408(conversation):
    async with conversation as talk:
        assert await talk.closed() == 4408


async def test_p4_a_second_init_closes_4429(conversation):
    async with conversation as talk:
        await talk.initialise()
        await talk.say(INIT)
        assert await talk.closed() == 4429


async def test_p7_subscribe_before_init_closes_4401(conversation):
    async with conversation as talk:
        await talk.subscribe("1")
        assert await talk.closed() == 4401


@pytest.mark.parametrize("payload", [{}, {"payload": {"deep": [1, {"er": None}]}}, {"payload": None}])
async def test_p9_a_ping_is_answered_even_before_init(payload, conversation):
    async with conversation as talk:
        await talk.say({"type": "ping", **payload})
        answer = await talk.hear()
        assert answer.pop("type") == "pong"
        assert {key: value for key, value in answer.items() if value is not None} == {
            key: value for key, value in payload.items() if value is not None
        }


async def test_p10_an_unasked_pong_is_legal(conversation):
    async with conversation as talk:
        await talk.say({"type": "pong"})
        await talk.initialise()


async def test_p11_a_duplicate_active_id_closes_4409(conversation):
    async with conversation as talk:
        await talk.initialise()
        await talk.subscribe("1")
        await talk.subscribe("1")
        assert await talk.closed() == 4409


async def test_p12_p18_a_completed_id_falls_silent_and_can_be_used_again(conversation):
    async with conversation as talk:
        await talk.initialise()
        await talk.subscribe("1")
        await talk.hear_until("next")
        await talk.say({"type": "complete", "id": "1"})
        await talk.say({"type": "ping"})
        await talk.hear_until("pong")
        await talk.subscribe("2")
        heard = [await talk.hear() for _ in range(5)]
        assert {(message["type"], message["id"]) for message in heard} == {("next", "2")}
        await talk.subscribe("1")
        while (await talk.hear())["id"] != "1":
            pass


async def test_p14_two_ids_interleave(conversation):
    async with conversation as talk:
        await talk.initialise()
        await talk.subscribe("a")
        await talk.subscribe('quotes " and \\ and é')
        heard = [await talk.hear() for _ in range(10)]
        assert {message["id"] for message in heard} == {"a", 'quotes " and \\ and é'}
        assert {message["type"] for message in heard} == {"next"}


async def test_p16_p12_an_error_ends_its_id_only(conversation):
    async with conversation as talk:
        await talk.initialise()
        await talk.subscribe("1")
        await talk.subscribe("2", "subscription { nobodyKnowsThis }")
        error = (await talk.hear_until("error"))[-1]
        assert error["id"] == "2" and isinstance(error["payload"][0]["message"], str)
        heard = [await talk.hear() for _ in range(5)]
        assert {(message["type"], message["id"]) for message in heard} == {("next", "1")}
        await talk.subscribe("2")
        while (await talk.hear())["id"] != "2":
            pass


async def test_p19_completing_an_unknown_id_is_ignored(conversation):
    async with conversation as talk:
        await talk.initialise()
        await talk.say({"type": "complete", "id": "never used"})
        await talk.subscribe("1")
        assert (await talk.hear())["type"] == "next"
