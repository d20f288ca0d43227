"""Unmodified gql clients of either subprotocol, over upstreams of either."""

import pytest
from clients import GRAPHQL, LEGACY, GQLSubscriber
from gql.transport.exceptions import TransportQueryError
from probe import eventually, readiness

RESTART = 1_000_000
REFUSE = "subscription { refuse }"
BOTH = [GRAPHQL, LEGACY]


@pytest.mark.parametrize("upwards", BOTH, ids="upstream {}".format)
@pytest.mark.parametrize("downwards", BOTH, ids="client {}".format)
async def test_client_and_upstream(upwards, downwards, start_upstream, start_relay):
    upstream = start_upstream("strawberry", "--subprotocol", upwards)
    relay = start_relay(upstream)
    async with (
        GQLSubscriber(relay.graphql_url, subprotocol=downwards) as first,
        GQLSubscriber(relay.graphql_url, subprotocol=downwards) as second,
    ):
        await first.events_arrive(3)
        await second.events_arrive(3)
        assert upstream.stats["subprotocol"] == upwards
        assert (upstream.stats["websockets"], upstream.stats["subscriptions"]) == (1, 1)
        upstream.kill()
        await eventually(lambda: readiness(relay) == 503, "the outage is noticed")
        upstream.start("--start", str(RESTART), "--subprotocol", upwards)
        for subscriber in (first, second):
            await subscriber.reach(RESTART + 3)
            numbers = subscriber.numbers
            assert numbers[0] < RESTART and numbers == sorted(set(numbers)), numbers
        assert upstream.stats["subprotocol"] == upwards


@pytest.mark.parametrize("upwards", BOTH, ids="upstream {}".format)
@pytest.mark.parametrize("downwards", BOTH, ids="client {}".format)
async def test_a_refusal(upwards, downwards, start_upstream, start_relay):
    upstream = start_upstream("strawberry", "--subprotocol", upwards)
    relay = start_relay(upstream, {"refuse": REFUSE})
    async with GQLSubscriber(relay.graphql_url, REFUSE, subprotocol=downwards) as subscriber:
        failure = await subscriber.failure()
        assert isinstance(failure, TransportQueryError) and "this subscription is refused" in str(failure)


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_a_server_of_both_is_spoken_to_in_the_new_one(library, start_upstream, start_relay):
    upstream = start_upstream(library)
    relay = start_relay(upstream)
    async with GQLSubscriber(relay.graphql_url, subprotocol=LEGACY) as subscriber:
        await subscriber.events_arrive(1)
    assert upstream.stats["subprotocol"] == GRAPHQL
