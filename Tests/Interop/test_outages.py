"""The upstream dies, freezes and comes back; nobody downstream loses the socket."""

from clients import Crowd, GQLSubscriber, PlainSubscriber
from probe import eventually, get, metric, readiness

RESTART = 1_000_000


def assert_increasing(numbers):
    assert all(later > earlier for earlier, later in zip(numbers, numbers[1:])), numbers


def assert_survived(crowd, after):
    """Everyone has the same socket and ordered events from before and since; plain clients were told of the gap."""
    for subscriber in crowd.everyone:
        assert subscriber.ended is None
        assert_increasing(subscriber.numbers)
        assert subscriber.numbers[0] < after <= subscriber.numbers[-1]
    for subscriber in crowd.plain:
        assert_increasing(subscriber.sequences)
        kinds = [
            frame["type"] if frame["type"] != "event" else frame["payload"]["data"]["tick"]["n"] >= after
            for frame in subscriber.received
            if frame["type"] in ("event", "gap")
        ]
        assert kinds[kinds.index(True) - 1] == "gap", kinds
        assert kinds.count("gap") == 1, kinds


async def outage_noticed(relay):
    # Ping interval and pong timeout are a second each; without them TCP would wait for minutes.
    await eventually(lambda: readiness(relay) == 503, "the relay notices the outage")
    assert metric(relay, "fanout_upstream_connected") == 0


def in_use(upstream):
    stats = upstream.stats
    return stats["websockets"], stats["subscriptions"]


async def recovered(relay, upstream):
    await eventually(lambda: readiness(relay) == 200, "the relay is ready again")
    await eventually(lambda: in_use(upstream) == (1, 1), "one upstream socket with one operation")
    assert metric(relay, "fanout_upstream_connected") == 1
    assert metric(relay, "fanout_upstream_connects_total") >= 2


async def test_a_killed_upstream_under_200_clients(upstream, start_relay):
    relay = start_relay(upstream, Crowd.topics)
    async with Crowd(relay, 200) as crowd:
        upstream.kill()
        await outage_noticed(relay)
        upstream.start("--start", str(RESTART))
        await crowd.reach(RESTART + 3)
        assert_survived(crowd, RESTART)
        assert metric(relay, "fanout_clients") == 200
        await recovered(relay, upstream)
        assert upstream.stats["subscriptionsTotal"] == 1


async def test_a_frozen_upstream_is_replaced_under_200_clients(upstream, start_relay):
    relay = start_relay(upstream, Crowd.topics)
    async with Crowd(relay, 200) as crowd:
        upstream.server.freeze()
        await outage_noticed(relay)
        upstream.kill()
        upstream.start("--start", str(RESTART))
        await crowd.reach(RESTART + 3)
        assert_survived(crowd, RESTART)
        assert metric(relay, "fanout_clients") == 200
        await recovered(relay, upstream)


async def test_a_frozen_upstream_thaws_under_200_clients(upstream, start_relay):
    relay = start_relay(upstream, Crowd.topics)
    async with Crowd(relay, 200) as crowd:
        upstream.server.freeze()
        await outage_noticed(relay)
        last = max(subscriber.numbers[-1] for subscriber in crowd.everyone)
        upstream.server.thaw()
        await crowd.reach(last + 3)
        assert_survived(crowd, last + 1)
        assert metric(relay, "fanout_clients") == 200
        await recovered(relay, upstream)


async def test_ariadne_killed_again_and_again(start_upstream, start_relay):
    upstream = start_upstream("ariadne")
    relay = start_relay(upstream)
    async with PlainSubscriber(relay.topic_url("tick")) as plain, GQLSubscriber(relay.graphql_url) as graphql:
        await plain.events_arrive(3)
        await graphql.events_arrive(3)
        for restart in (1, 2, 3):
            upstream.kill()
            await outage_noticed(relay)
            upstream.start("--start", str(restart * RESTART))
            await plain.reach(restart * RESTART + 3)
            await graphql.reach(restart * RESTART + 3)
        assert_increasing(plain.numbers)
        assert_increasing(plain.sequences)
        assert_increasing(graphql.numbers)
        assert len(plain.frames("gap")) == 3
        assert metric(relay, "fanout_upstream_connects_total") == 4


async def test_readiness_follows_the_upstream(upstream, relay):
    await eventually(lambda: readiness(relay) == 200, "ready at first")
    upstream.kill()
    await outage_noticed(relay)
    assert get(f"{relay.url}/healthz")[0] == 200
    upstream.start()
    await recovered(relay, upstream)


async def test_a_relay_that_starts_first_waits_for_its_upstream(upstream, start_relay):
    upstream.kill()
    relay = start_relay(upstream)
    assert readiness(relay) == 503
    async with PlainSubscriber(relay.topic_url("tick")) as plain, GQLSubscriber(relay.graphql_url) as graphql:
        await eventually(lambda: metric(relay, "fanout_clients") == 2, "both clients are in")
        upstream.start()
        await plain.events_arrive(3)
        await graphql.events_arrive(3)
    assert readiness(relay) == 200
