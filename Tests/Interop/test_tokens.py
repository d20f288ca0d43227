"""GraphQL clients that ask for resume tokens, frame by frame; and standard ones beside them."""

import random

import pytest
from clients import GQLSubscriber
from conversation import Conversation
from probe import eventually, metric
from relay import TICK

ASK = {"relay": {"tokens": True}}
RESTART = 1_000_000


async def acknowledged(talk):
    await talk.say({"type": "connection_init", "payload": ASK})
    assert await talk.hear() == {"type": "connection_ack", "payload": ASK}


async def subscribe(talk, identifier="1", **relay):
    payload = {"query": TICK} | ({"extensions": {"relay": relay}} if relay else {})
    await talk.say({"id": identifier, "type": "subscribe", "payload": payload})


async def next_payload(talk, identifier="1"):
    message = await talk.hear()
    assert (message["type"], message["id"]) == ("next", identifier), message
    return message["payload"]


def place(token):
    epoch, sequence = token.rsplit(":", 1)
    return epoch, int(sequence)


class Resumer:
    """Remembers the last token; every event must follow the one before, or a gap that was told."""

    def __init__(self):
        self.token = None
        self.sequence = None
        self.numbers = []
        self.gaps = []

    def take(self, payload):
        relay = payload["extensions"]["relay"]
        self.token = relay["token"]
        _, sequence = place(self.token)
        if payload["data"]:
            assert sequence == self.sequence + 1
            self.numbers.append(payload["data"]["tick"]["n"])
        elif "gap" in relay:
            assert place(relay["gap"]["after"])[1] == self.sequence
            self.gaps.append(relay["gap"])
        else:
            assert self.sequence in (None, sequence)
        self.sequence = sequence

    async def run(self, relay, count):
        async with Conversation(relay.graphql_url) as talk:
            await acknowledged(talk)
            await (subscribe(talk, after=self.token) if self.token else subscribe(talk))
            for _ in range(count):
                self.take(await next_payload(talk))


async def test_a_client_that_disconnects_at_random_misses_nothing(upstream, start_relay):
    relay = start_relay(upstream, options=[("--shards", "2")])
    resumer = Resumer()
    chance = random.Random(4)
    async with GQLSubscriber(relay.graphql_url) as standard:
        await standard.events_arrive(1)
        for _ in range(15):
            await resumer.run(relay, chance.randint(1, 12))
        assert not resumer.gaps
        assert resumer.numbers == list(range(resumer.numbers[0], resumer.numbers[0] + len(resumer.numbers)))

        upstream.kill()
        upstream.start("--start", str(RESTART))
        while resumer.numbers[-1] < RESTART + 5:
            await resumer.run(relay, chance.randint(2, 12))
        assert {gap["reason"] for gap in resumer.gaps} == {"the upstream subscription was interrupted"}
        assert resumer.numbers == sorted(set(resumer.numbers))
        # gql knows nothing of all that, and goes on.
        await standard.reach(RESTART + 5)
        assert all(set(event) == {"data"} for event in standard.events)
        assert metric(relay, "fanout_unresumed_total") == 0
        assert metric(relay, "fanout_untold_gaps_total") == 1


async def test_a_token_of_another_run_is_answered_with_a_gap(upstream, start_relay):
    resumer = Resumer()
    first = start_relay(upstream)
    await resumer.run(first, 5)
    epoch, _ = place(resumer.token)
    second = start_relay(upstream)
    async with Conversation(second.graphql_url) as talk:
        await acknowledged(talk)
        await subscribe(talk, after=resumer.token)
        payload = await next_payload(talk)
        assert payload["data"] is None
        assert "the epoch is over" in payload["extensions"]["relay"]["gap"]["reason"]
        assert place(payload["extensions"]["relay"]["token"])[0] != epoch
        assert (await next_payload(talk))["data"]["tick"]["n"] > 0


@pytest.mark.parametrize("relay_extension", [{"after": "x"}, {"after": 1}, {"last": 0}, {"last": "all"}], ids=str)
async def test_nonsense_ends_the_operation_alone(relay_extension, relay):
    async with Conversation(relay.graphql_url) as talk:
        await acknowledged(talk)
        await subscribe(talk, **relay_extension)
        assert (await talk.hear())["type"] == "error"
        await subscribe(talk, last=1)
        assert (await next_payload(talk))["data"] is None


async def test_a_standard_client_may_be_closed_at_a_gap(upstream, start_relay):
    relay = start_relay(upstream, options=[("--topic-option", "tick:gap=close")])
    asking, standard = Conversation(relay.graphql_url), Conversation(relay.graphql_url)
    async with asking, standard:
        await acknowledged(asking)
        await subscribe(asking)
        await standard.initialise()
        await standard.subscribe("1")
        assert set((await standard.hear())["payload"]) == {"data"}
        upstream.kill()
        upstream.start("--start", str(RESTART))
        assert await standard.closed() == 1012
        while "gap" not in (await next_payload(asking))["extensions"]["relay"]:
            pass
        assert (await next_payload(asking))["data"]["tick"]["n"] >= RESTART
    assert metric(relay, "fanout_untold_gaps_total") == 0


async def refetched(upstream, start_relay, refetch, *options):
    """A relay with a refetch, and the payloads that a plain client gets behind the gap of an outage."""
    relay = start_relay(upstream, options=[("--topic-option", f"tick:refetch={refetch}"), *options])
    async with Conversation(relay.topic_url("tick"), ()) as talk:
        await talk.hear_until("event")
        upstream.kill()
        upstream.start("--start", str(RESTART))
        await talk.hear_until("gap")
        events = [(await talk.hear_until("event"))[-1]["payload"]["data"]["tick"] for _ in range(10)]
    return relay, events


async def test_a_refetch_comes_before_the_events_that_came_meanwhile(upstream, start_relay):
    relay, events = await refetched(upstream, start_relay, "{ tick: current(delayMs: 300) { n at } }")
    assert events[0]["at"] == -1 and events[0]["n"] > RESTART
    assert [event["n"] for event in events[1:]] == list(range(RESTART, RESTART + 9))
    assert metric(relay, "fanout_topic_refetch_failures_total", topic="tick") == 0


async def test_a_refetch_that_takes_too_long_is_left_out(upstream, start_relay):
    query = "{ tick: current(delayMs: 30000) { n at } }"
    relay, events = await refetched(upstream, start_relay, query, ("--refetch-timeout", "200ms"))
    assert [event["n"] for event in events] == list(range(RESTART, RESTART + 10))
    await eventually(
        lambda: metric(relay, "fanout_topic_refetch_failures_total", topic="tick") == 1, "the failure is counted"
    )
    assert len(relay.log_lines("no answer within")) == 1
