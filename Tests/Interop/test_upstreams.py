"""The upstream servers by themselves: what the other tests conclude rests on them."""

import pytest
from clients import GQLSubscriber
from conversation import Conversation
from gql.transport.exceptions import TransportQueryError
from probe import eventually

LIBRARIES = ["strawberry", "ariadne"]


@pytest.fixture(params=LIBRARIES)
def any_upstream(request, start_upstream):
    return start_upstream(request.param, "--start", "500")


async def test_tick_counts_on_and_the_wire_is_counted(any_upstream):
    async with GQLSubscriber(any_upstream.graphql_url) as first, GQLSubscriber(any_upstream.graphql_url) as second:
        await first.events_arrive(3)
        await second.events_arrive(3)
        stats = any_upstream.stats
        assert (stats["websockets"], stats["subscriptions"]) == (2, 2)
        assert first.numbers == sorted(first.numbers) and first.numbers[0] >= 500
        assert not set(first.numbers) & set(second.numbers)
    await eventually(lambda: any_upstream.stats["websockets"] == 0, "both sockets are counted out")
    stats = any_upstream.stats
    assert (stats["connections"], stats["subscriptions"], stats["subscriptionsTotal"]) == (2, 0, 2)


async def test_countdown_ends(any_upstream):
    document = "subscription { countdown(from: 3) }"
    async with GQLSubscriber(any_upstream.graphql_url, document) as subscriber:
        assert isinstance(await subscriber.failure(), EOFError)
        assert [event["data"]["countdown"] for event in subscriber.events] == [3, 2, 1, 0]


async def test_refusal_is_an_error_message(any_upstream):
    async with Conversation(any_upstream.graphql_url) as talk:
        await talk.initialise()
        await talk.subscribe("1", "subscription { refuse }")
        answer = await talk.hear()
        assert (answer["type"], answer["payload"][0]["message"]) == ("error", "this subscription is refused")
    async with GQLSubscriber(any_upstream.graphql_url, "subscription { refuse }") as subscriber:
        assert isinstance(await subscriber.failure(), TransportQueryError)


async def test_a_partial_result_carries_data_and_errors(any_upstream):
    async with Conversation(any_upstream.graphql_url) as talk:
        await talk.initialise()
        await talk.subscribe("1", "subscription { partial(intervalMs: 10) { n broken } }")
        for _ in range(2):
            answer = await talk.hear()
            assert answer["type"] == "next" and answer["payload"]["data"]["partial"]["broken"] is None
            assert answer["payload"]["errors"][0]["message"] == "this field is broken"


@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_missing_token_is_refused(library, start_upstream):
    upstream = start_upstream(library, "--token", "secret")
    async with Conversation(upstream.graphql_url) as talk:
        await talk.say({"type": "connection_init"})
        assert await talk.closed() == 4403
    async with Conversation(upstream.graphql_url) as talk:
        await talk.initialise({"token": "secret"})
