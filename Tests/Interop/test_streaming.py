"""Events on their way: every client, every form, one upstream operation behind them all."""

import asyncio
import json

import pytest
from clients import GRAPHQL, PLAIN, BareSubscriber, Crowd, GQLSubscriber, PlainSubscriber
from probe import eventually, get, metric
from relay import TICK
from websockets.asyncio.client import connect


def assert_without_hole(numbers):
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_gql_streams_through_the_relay(library, start_upstream, start_relay):
    relay = start_relay(start_upstream(library))
    async with GQLSubscriber(relay.graphql_url) as subscriber:
        await subscriber.events_arrive(50)
        assert_without_hole(subscriber.numbers)
        assert set(subscriber.events[0]["data"]["tick"]) == {"n", "at"}


@pytest.mark.parametrize("subprotocols", [[PLAIN], [], ["soap", PLAIN]], ids=["own", "none", "second"])
async def test_plain_clients_get_numbered_events(subprotocols, relay):
    async with PlainSubscriber(relay.topic_url("tick"), subprotocols) as subscriber:
        await subscriber.events_arrive(50)
        assert subscriber.connection.subprotocol == (PLAIN if subprotocols else None)
        assert_without_hole(subscriber.sequences)
        assert_without_hole(subscriber.numbers)
        frames = subscriber.frames("event")
        assert {frame["topic"] for frame in frames} == {"tick"}
        assert len({frame["epoch"] for frame in frames}) == 1
        assert not subscriber.frames("gap")


async def test_bare_payloads(relay):
    async with BareSubscriber(relay.topic_url("tick", "?format=payload")) as subscriber:
        await subscriber.events_arrive(50)
        assert all(set(event) == {"data"} for event in subscriber.events)
        assert_without_hole(subscriber.numbers)


async def test_all_clients_see_the_same_events(relay):
    plain = PlainSubscriber(relay.topic_url("tick"))
    bare = BareSubscriber(relay.topic_url("tick", "?format=payload"))
    async with plain, bare, GQLSubscriber(relay.graphql_url) as graphql:
        everyone = [plain, bare, graphql]
        await asyncio.gather(*(subscriber.events_arrive(20) for subscriber in everyone))
        start = max(subscriber.numbers[0] for subscriber in everyone)
        await asyncio.gather(*(subscriber.reach(start + 20) for subscriber in everyone))
        window = range(start, start + 21)
        seen = [[event for event in own.events if event["data"]["tick"]["n"] in window] for own in everyone]
        assert seen[0] == seen[1] == seen[2] and len(seen[0]) == 21


async def test_200_subscribers_cost_one_upstream_operation(upstream, start_relay):
    relay = start_relay(upstream, Crowd.topics, [("--shards", "2")])
    async with Crowd(relay, 200) as crowd:
        await crowd.events_arrive(5)
        stats = upstream.stats
        assert (stats["websockets"], stats["connections"]) == (1, 1)
        assert (stats["subscriptions"], stats["subscriptionsTotal"]) == (1, 1)
        assert metric(relay, "fanout_clients") == 200
        assert metric(relay, "fanout_upstream_connected") == 1
        assert metric(relay, "fanout_topic_events_total", topic="tick") >= 5
        for subscriber in crowd.everyone:
            assert_without_hole(subscriber.numbers)
    await eventually(lambda: metric(relay, "fanout_clients") == 0, "every client is counted out")
    assert upstream.stats["connections"] == 1


async def test_a_document_from_a_file(upstream, start_relay, tmp_path):
    document = tmp_path / "tick.graphql"
    document.write_text("# comments and layout make no difference\n" + TICK.replace(" ", "\n  "))
    relay = start_relay(upstream, {"tick": f"@{document}"})
    async with GQLSubscriber(relay.graphql_url) as subscriber:
        await subscriber.events_arrive(3)


async def test_variables_are_part_of_a_topic(upstream, start_relay):
    document = "subscription Tick($ms: Int!) { tick(intervalMs: $ms) { n at } }"
    relay = start_relay(upstream, {"tick": document}, [("--topic-option", 'tick:variables={"ms":20}')])
    async with GQLSubscriber(relay.graphql_url, document, {"ms": 20}) as same:
        await same.events_arrive(3)
        async with GQLSubscriber(relay.graphql_url, document, {"ms": 21}) as other:
            await other.failure()
            assert not other.events
        await same.events_arrive(len(same.events) + 3)
    assert upstream.stats["subscriptionsTotal"] == 1


async def test_another_operation_under_a_topics_name_is_told_the_difference(relay):
    document = "subscription tick { whateverThisClientWrote }"
    async with GQLSubscriber(relay.graphql_url, document, operation_name="tick") as subscriber:
        failure = str(await subscriber.failure())
        assert 'the nearest is "tick"' in failure and "line 1, column 14" in failure
        assert not subscriber.events


@pytest.mark.parametrize("flags", [[], [("--allow-any-subscription",)], [("--allow-execute",)]], ids=str)
async def test_what_apollo_and_urql_send_beside_an_operation_changes_nothing(upstream, start_relay, flags):
    relay = start_relay(upstream, options=flags)
    apollo = {
        "query": TICK,
        "variables": {},
        "extensions": {"clientLibrary": {"name": "@apollo/client", "version": "4.0.9"}},
    }
    urql = {"query": TICK, "variables": {}, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0"}}}
    for payload in (apollo, urql, {"query": "", "operationName": "tick"}):
        async with connect(relay.graphql_url, subprotocols=[GRAPHQL], close_timeout=2) as connection:
            await connection.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await connection.recv())["type"] == "connection_ack"
            await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            assert json.loads(await connection.recv())["payload"]["data"]["tick"]["n"]
    assert upstream.stats["subscriptionsTotal"] == 1


async def test_two_topics_share_the_upstream_socket(upstream, start_relay):
    other = TICK.replace("20", "30")
    relay = start_relay(upstream, {"tick": TICK, "other": other})
    async with PlainSubscriber(relay.topic_url("tick")) as first, PlainSubscriber(relay.topic_url("other")) as second:
        await first.events_arrive(5)
        await second.events_arrive(5)
        assert not set(first.numbers) & set(second.numbers)
        stats = upstream.stats
        assert (stats["connections"], stats["subscriptionsTotal"]) == (1, 2)


async def test_a_late_client_gets_the_last_event_when_asked_for(upstream, start_relay):
    document = "subscription { once }"
    relay = start_relay(upstream, {"once": document}, [("--topic-option", "once:snapshot=last")])
    await eventually(lambda: metric(relay, "fanout_topic_events_total", topic="once") == 1, "the only event")
    async with PlainSubscriber(relay.topic_url("once")) as plain, GQLSubscriber(relay.graphql_url, document) as graphql:
        await plain.events_arrive(1)
        await graphql.events_arrive(1)
        assert plain.events == graphql.events


async def test_a_finite_operation_starts_again(upstream, start_relay):
    relay = start_relay(upstream, {"countdown": "subscription { countdown(from: 3) }"})
    async with PlainSubscriber(relay.topic_url("countdown")) as subscriber:
        await subscriber.events_arrive(10)
        values = [event["data"]["countdown"] for event in subscriber.events]
        assert all(later == (earlier - 1 if earlier else 3) for earlier, later in zip(values, values[1:]))
        assert all(later > earlier for earlier, later in zip(subscriber.sequences, subscriber.sequences[1:]))


async def test_headers_and_init_payload_reach_the_upstream(start_upstream, start_relay):
    upstream = start_upstream("strawberry", "--token", "secret")
    options = [("--header", "Authorization: Bearer abc"), ("--init-payload", '{"token":"secret"}')]
    relay = start_relay(upstream, options=options)
    async with GQLSubscriber(relay.graphql_url) as subscriber:
        await subscriber.events_arrive(3)
    assert upstream.stats["authorization"] == "Bearer abc"


def test_an_unknown_topic_is_not_found(relay):
    assert get(f"{relay.url}/topics/nothing")[0] == 404
    assert get(f"{relay.url}/healthz")[0] == 200
