"""Clients that bring their own subscriptions."""

import pytest
from clients import GQLSubscriber
from gql.transport.exceptions import TransportQueryError
from probe import eventually

OWN = ("--allow-any-subscription",)


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_equal_subscriptions_share_one_operation_that_ends_with_the_last(library, start_upstream, start_relay):
    upstream = start_upstream(library)
    relay = start_relay(upstream, options=[OWN, ("--topic-linger", "0s")])
    await eventually(lambda: upstream.stats["subscriptionsTotal"] == 1, "the operator's topic runs")
    document = "subscription { tick(intervalMs: 30) { n } }"
    async with GQLSubscriber(relay.graphql_url, document) as first:
        await first.events_arrive(2)
        async with GQLSubscriber(relay.graphql_url, document.replace(" ", "  ")) as second:
            await second.events_arrive(2)
            assert upstream.stats["subscriptions"] == 2
            shared = list(second.numbers)
        await first.events_arrive(len(first.numbers) + 2)
        start = first.numbers.index(shared[0])
        assert first.numbers[start : start + len(shared)] == shared
    await eventually(lambda: upstream.stats["subscriptions"] == 1, "the clients' topic ends")
    assert upstream.stats["websockets"] == 1


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_the_servers_complete_and_errors_are_passed_on(library, start_upstream, start_relay):
    relay = start_relay(start_upstream(library), options=[OWN])
    async with GQLSubscriber(relay.graphql_url, "subscription { countdown(from: 3) }") as subscriber:
        assert isinstance(await subscriber.failure(), EOFError)
        assert [event["data"]["countdown"] for event in subscriber.events] == [3, 2, 1, 0]
    async with GQLSubscriber(relay.graphql_url, "subscription { refuse }") as subscriber:
        failure = await subscriber.failure()
        assert isinstance(failure, TransportQueryError) and "this subscription is refused" in str(failure)
    async with GQLSubscriber(relay.graphql_url, "subscription { nothingLikeThat }") as subscriber:
        assert "nothingLikeThat" in str(await subscriber.failure())


async def test_a_topic_that_starts_on_demand_rests_without_listeners(upstream, start_relay):
    relay = start_relay(upstream, options=[("--topic-option", "tick:start=demand"), ("--topic-linger", "0s")])
    for total in (1, 2):
        async with GQLSubscriber(relay.graphql_url) as subscriber:
            await subscriber.events_arrive(2)
            assert upstream.stats["subscriptionsTotal"] == total
        await eventually(lambda: upstream.stats["subscriptions"] == 0, "the operation ends")


async def test_a_late_client_of_a_clients_topic_gets_the_last_event_when_the_operator_says_so(upstream, start_relay):
    relay = start_relay(upstream, options=[OWN, ("--topic-option", "*:snapshot=last")])
    async with GQLSubscriber(relay.graphql_url, "subscription { once }") as first:
        await first.events_arrive(1)
        async with GQLSubscriber(relay.graphql_url, "subscription { once }") as late:
            await late.events_arrive(1)
            assert late.events == first.events
    assert upstream.stats["subscriptionsTotal"] == 2


async def test_without_sharing_each_client_has_an_operation_that_ends_with_it(upstream, start_relay):
    relay = start_relay(upstream, options=[OWN, ("--topic-option", "*:share=never")])
    document = "subscription { countdown(from: 3) }"
    for total in (2, 3):
        async with GQLSubscriber(relay.graphql_url, document) as subscriber:
            assert isinstance(await subscriber.failure(), EOFError)
            assert [event["data"]["countdown"] for event in subscriber.events] == [3, 2, 1, 0]
        assert upstream.stats["subscriptionsTotal"] == total
    document = "subscription { tick(intervalMs: 30) { n } }"
    async with GQLSubscriber(relay.graphql_url, document) as first, GQLSubscriber(relay.graphql_url, document) as second:
        await first.events_arrive(2)
        await second.events_arrive(2)
        assert upstream.stats["subscriptions"] == 3
    await eventually(lambda: upstream.stats["subscriptions"] == 1, "each ends with its client")
