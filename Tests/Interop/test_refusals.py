"""What the upstream refuses, and what the relay refuses: errors reach whom they concern and nobody else."""

import time

import pytest
from clients import GQLSubscriber, PlainSubscriber
from conversation import Conversation
from gql.transport.exceptions import TransportQueryError
from probe import eventually, get, metric, readiness
from relay import TICK

UNCALLED_FOR = [
    "subscription { tick(intervalMs: 21) { n at } }",
    "subscription { tick(intervalMs: 20) { n } }",
    "query { hello }",
    "mutation { anything }",
]


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("subscription { refuse }", "this subscription is refused"),
        ("subscription { missing }", "Cannot query field 'missing'"),
    ],
    ids=["resolver", "validation"],
)
async def test_a_topic_the_upstream_refuses(library, document, message, start_upstream, start_relay):
    upstream = start_upstream(library)
    topics = {"refused": document, "tick": TICK}
    start = time.monotonic()
    relay = start_relay(upstream, topics, [("--retry-subscribe", "constant(500ms) jitter: none")])
    async with PlainSubscriber(relay.topic_url("tick")) as healthy:
        async with GQLSubscriber(relay.graphql_url, document) as subscriber:
            error = await subscriber.failure()
            assert isinstance(error, TransportQueryError) and message in str(error)
        # Two seconds of ticks: four restarts at the configured pace, hundreds in a hot loop.
        await healthy.events_arrive(len(healthy.events) + 100)
        assert not healthy.frames("gap")
    stats = upstream.stats
    assert stats["connections"] == 1
    # A busy machine takes longer for the ticks: twice what the pace allows is no loop yet.
    assert stats["subscriptionsTotal"] <= 4 + 4 * (time.monotonic() - start)


async def test_data_and_errors_travel_together(upstream, start_relay):
    document = "subscription { partial(intervalMs: 20) { n broken } }"
    relay = start_relay(upstream, {"partial": document})
    async with Conversation(relay.graphql_url) as talk:
        await talk.initialise()
        await talk.subscribe("1", document)
        for _ in range(3):
            answer = await talk.hear()
            assert answer["type"] == "next"
            assert answer["payload"]["data"]["partial"]["broken"] is None
            assert answer["payload"]["errors"][0]["message"] == "this field is broken"
    assert upstream.stats["subscriptionsTotal"] == 1


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_a_refused_init_is_logged_once(library, start_upstream, start_relay):
    upstream = start_upstream(library, "--token", "secret")
    relay = start_relay(upstream, options=[("--init-payload", '{"token":"swordfish"}'), ("--fatal-pause", "200ms")])
    await eventually(lambda: upstream.stats["connections"] >= 4, "the relay goes on trying")
    assert readiness(relay) == 503
    assert get(f"{relay.url}/healthz")[0] == 200
    assert metric(relay, "fanout_upstream_connected") == 0
    lines = relay.log_lines("4403")
    assert len(lines) == 1 and "upstream not connected" in lines[0] and "Forbidden" in lines[0], relay.log
    assert "swordfish" not in relay.log, "the token was logged"
    upstream.kill()
    upstream.start()
    await eventually(lambda: readiness(relay) == 200, "the upstream lets the relay in")
    # Beside the summary of the outage.
    assert len([line for line in relay.log_lines("4403") if "upstream not connected" in line]) == 1


@pytest.mark.parametrize("document", UNCALLED_FOR)
async def test_a_document_that_is_no_topic(document, upstream, relay):
    async with GQLSubscriber(relay.graphql_url) as witness:
        await witness.events_arrive(1)
        async with GQLSubscriber(relay.graphql_url, document) as subscriber:
            assert isinstance(await subscriber.failure(), TransportQueryError)
        await witness.events_arrive(len(witness.events) + 5)
    assert upstream.stats["subscriptionsTotal"] == 1
