"""Servers that end, open or refuse a link in ways of their own, and operations that are refused for a while."""

import asyncio

import pytest
from clients import GRAPHQL, LEGACY, GQLSubscriber, PlainSubscriber
from probe import eventually, get, metric, readiness
from raw_upstream import RawUpstream

TOPIC = "subscription { tick { n } }"
QUICK = [("--retry-connect", "constant(20ms) jitter: none tries: unlimited"), ("--retry-subscribe", "constant(20ms)")]


async def serve(link, start="subscribe", event="next"):
    """Acknowledges, and sends the one operation its numbers."""
    await link.acknowledge()
    identifier = (await link.hear(start))["id"]
    number = 0
    while True:
        number += 1
        link.say(id=identifier, type=event, payload={"data": {"tick": {"n": number}}})
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("moment", ["at connect", "before the ack", "after the ack"])
async def test_a_close_frame_ends_the_link_though_tcp_stays(moment, start_relay):
    left_open = asyncio.Event()

    async def close_and_stay(link):
        await link.upgrade()
        if link.number > 1:
            return await serve(link)
        if moment != "at connect":
            await link.hear("connection_init")
        if moment == "after the ack":
            link.say(type="connection_ack")
            await link.hear("subscribe")
        link.close(1012)
        # Neither reads nor ends the connection.
        await left_open.wait()

    # What else could end the link takes longer than the test waits.
    options = [*QUICK, ("--close-timeout", "50s"), ("--ack-timeout", "50s"), ("--ping-interval", "50s")]
    async with RawUpstream.running(close_and_stay) as upstream:
        relay = start_relay(upstream, {"tick": TOPIC}, options)
        async with PlainSubscriber(relay.topic_url("tick")) as subscriber:
            await subscriber.until(lambda own: own.events, "an event on the second link", 8)
        assert len(upstream.dials) == 2
        left_open.set()


@pytest.mark.parametrize("offered, start, event", [(GRAPHQL, "subscribe", "next"), (LEGACY, "start", "data")])
async def test_a_server_that_names_no_subprotocol_speaks_the_only_one_offered(offered, start, event, start_relay):
    async def nameless(link):
        await link.upgrade(subprotocol=None)
        assert link.headers["sec-websocket-protocol"] == offered
        await serve(link, start, event)

    async with RawUpstream.running(nameless) as upstream:
        relay = start_relay(upstream, {"tick": TOPIC}, [*QUICK, ("--upstream-subprotocol", offered)])
        async with PlainSubscriber(relay.topic_url("tick")) as subscriber:
            await subscriber.events_arrive(3)
        assert len(upstream.dials) == 1


async def test_a_server_that_names_none_of_two_is_refused_and_dialled_again(start_relay):
    async def nameless(link):
        await link.upgrade(subprotocol=None if link.number < 3 else GRAPHQL)
        if link.number < 3:
            await link.gone()
        else:
            await serve(link)

    async with RawUpstream.running(nameless) as upstream:
        relay = start_relay(upstream, {"tick": TOPIC}, QUICK)
        async with PlainSubscriber(relay.topic_url("tick")) as subscriber:
            await subscriber.events_arrive(3)
        assert len(upstream.dials) == 3


@pytest.mark.parametrize("status", ["503 Service Unavailable", "429 Too Many Requests"])
async def test_retry_after_is_heeded_at_the_upgrade(status, start_relay):
    async def busy(link):
        if link.number == 1:
            return await link.refuse(status, "Retry-After: 1")
        await link.upgrade()
        await serve(link)

    async with RawUpstream.running(busy) as upstream:
        relay = start_relay(upstream, {"tick": TOPIC}, QUICK)
        async with PlainSubscriber(relay.topic_url("tick")) as subscriber:
            await subscriber.events_arrive(3)
        assert len(upstream.dials) == 2
        wait = upstream.dials[1] - upstream.dials[0]
        assert 0.95 <= wait < 10, wait


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_a_topic_that_was_refused_comes_back_on_the_same_link(library, start_upstream, start_relay):
    upstream = start_upstream(library)
    document = "subscription { starting { n at } }"
    topics = {"starting": document, "tick": "subscription { tick(intervalMs: 20) { n at } }"}
    # One shard, since another one may learn a moment later that the topic runs.
    relay = start_relay(upstream, topics, [("--retry-subscribe", "constant(1s) jitter: none"), ("--shards", "1")])
    async with PlainSubscriber(relay.topic_url("tick")) as healthy, PlainSubscriber(
        relay.topic_url("starting")
    ) as early:
        await early.until(lambda own: own.frames("error"), "the refusal")
        assert "the database is starting" in str(early.frames("error")[0])
        assert metric(relay, "fanout_topic_live", topic="starting") == 0
        status, text = await asyncio.to_thread(get, f"{relay.url}/readyz")
        assert "starting" in text and "tick" not in text, (status, text)
        await early.until(lambda own: own.events, "events after it")
        async with PlainSubscriber(relay.topic_url("starting")) as late, GQLSubscriber(
            relay.graphql_url, document
        ) as graphql:
            await late.events_arrive(3)
            await graphql.until(lambda own: len(own.events) >= 3, "events for a newcomer")
            assert not late.frames("error"), "a newcomer isn't told an old error"
        assert metric(relay, "fanout_topic_live", topic="starting") == 1
        await eventually(lambda: readiness(relay) == 200, "ready")
        assert not healthy.frames("gap")
    assert metric(relay, "fanout_upstream_connects_total") == 1
    assert upstream.stats["connections"] == 1
