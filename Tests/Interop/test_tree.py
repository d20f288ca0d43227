"""Relays behind relays: numbers and tokens of the first are those of all, and an interruption alone loses nothing."""

import asyncio
import signal
import subprocess

import pytest
from clients import GQLSubscriber, PlainSubscriber
from conversation import Conversation
from gateway import Gateway
from probe import eventually, metric
from relay import TICK, Relay
from test_tokens import Resumer, acknowledged, next_payload, place, subscribe

QUICK = [("--retry-connect", "constant(100ms)"), ("--ping-interval", "5s")]


class Follower:
    """A client with tokens that stays on one connection, and notes numbers, tokens and gaps."""

    def __init__(self, relay, query=TICK):
        self.relay = relay
        self.query = query
        self.events = []
        self.tokens = []
        self.gaps = []
        self._news = asyncio.Event()

    async def __aenter__(self):
        self._talk = Conversation(self.relay.graphql_url, deadline=30)
        await self._talk.__aenter__()
        await acknowledged(self._talk)
        await self._talk.subscribe("1", self.query)
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._talk.__aexit__()

    async def _read(self):
        while True:
            payload = await next_payload(self._talk)
            relay = payload["extensions"]["relay"]
            if payload["data"]:
                self.events.append(payload["data"]["tick"]["n"])
            elif "gap" in relay:
                self.gaps.append(relay["gap"])
            self.tokens.append(relay["token"])
            self._news.set()

    async def until(self, condition, deadline=20):
        async with asyncio.timeout(deadline):
            while not condition(self):
                if self._task.done():
                    self._task.result()
                self._news.clear()
                await self._news.wait()

    async def more(self, count=5):
        """Waits for further events."""
        now = len(self.events)
        await self.until(lambda own: len(own.events) >= now + count)

    def missed(self):
        """Where events don't follow one another."""
        return [pair for pair in zip(self.events, self.events[1:]) if pair[1] != pair[0] + 1]


async def test_cut_links_between_relays_cost_no_event_and_no_gap(upstream, start_relay):
    root = start_relay(upstream)
    async with Gateway.before(root) as gateway:
        leaf = start_relay(gateway, options=QUICK)
        async with Follower(leaf) as follower, GQLSubscriber(leaf.graphql_url) as standard:
            for round in range(5):
                await follower.more()
                gateway.cut()
                await eventually(lambda: metric(leaf, "fanout_upstream_resumptions_total") == round + 1, "a resumption")
            await follower.more()
            await standard.reach(follower.events[-1])
        assert not follower.missed() and not follower.gaps
        assert standard.numbers == list(range(standard.numbers[0], standard.numbers[-1] + 1))
        assert all(set(event) == {"data"} for event in standard.events)
        # The numbers are the root's.
        token = follower.tokens[-1]
        resumer = Resumer()
        resumer.token, resumer.sequence = token, place(token)[1]
        await resumer.run(root, 5)
        assert resumer.numbers[0] == follower.events[-1] + 1 and not resumer.gaps
        assert metric(leaf, "fanout_untold_gaps_total") == 0


async def test_a_token_is_good_on_every_relay_of_three_levels_and_after_their_restart(upstream, start_relay):
    root = start_relay(upstream)
    middle = [start_relay(root, options=QUICK) for _ in range(2)]
    leaves = [start_relay(parent, options=QUICK) for parent in middle for _ in range(2)]
    resumer = Resumer()
    for relay in [leaves[0], root, leaves[3], middle[1], leaves[1], middle[0], leaves[2], leaves[0]]:
        await resumer.run(relay, 7)
    # One that starts now fills its history from above, and is good for tokens that were given before.
    late = start_relay(middle[0], options=QUICK)
    await resumer.run(late, 7)
    await resumer.run(start_relay(late, options=QUICK), 7)
    assert not resumer.gaps
    assert resumer.numbers == list(range(resumer.numbers[0], resumer.numbers[0] + len(resumer.numbers)))


async def test_who_waits_at_a_relay_without_its_parent_gets_what_it_missed(upstream, start_relay):
    root = start_relay(upstream)
    resumer = Resumer()
    await resumer.run(root, 5)
    async with Gateway.before(root) as gateway:
        port, gateway.port = gateway.port, 9
        leaf = start_relay(gateway, options=QUICK)
        task = asyncio.create_task(resumer.run(leaf, 10))
        await eventually(lambda: metric(leaf, "fanout_clients") == 1, "its client")
        async with PlainSubscriber(leaf.topic_url("tick")) as plain:
            await plain.until(lambda own: own.received, "a status")
            gateway.port = port
            await task
            await plain.events_arrive(3)
    assert not resumer.gaps
    assert resumer.numbers == list(range(resumer.numbers[0], resumer.numbers[0] + len(resumer.numbers)))
    # Who asked for nothing gets what is new, and nothing of the history that the relay was given.
    assert plain.numbers[0] > resumer.numbers[4]


async def test_a_relay_in_the_middle_that_is_killed_costs_nothing(upstream, start_relay):
    root = start_relay(upstream)
    async with Gateway.before(root) as above:
        middle = start_relay(above, options=QUICK)
        async with Gateway.before(middle) as below:
            leaf = start_relay(below, options=QUICK)
            async with Follower(leaf) as follower, PlainSubscriber(leaf.topic_url("tick")) as plain:
                for _ in range(4):
                    await follower.more()
                    middle.expected_code = -signal.SIGKILL
                    middle.kill()
                    middle = start_relay(above, options=QUICK)
                    below.lead_to(middle)
                await follower.more()
                await plain.reach(follower.events[-1])
    assert not follower.missed() and not follower.gaps
    assert plain.numbers == list(range(plain.numbers[0], plain.numbers[-1] + 1)) and not plain.frames("gap")
    # It may have come before the leaf knew whose numbers they are; each token comes once after that.
    places = [place(token) for token in follower.tokens if place(token)[0] == place(follower.tokens[-1])[0]]
    assert [number for _, number in places] == list(range(places[0][1], places[-1][1] + 1))


async def test_a_full_history_of_a_busy_topic_is_read_at_once(binary, tmp_path, start_relay):
    """It took 44 links: who read it was closed as a slow client at the next event."""
    busy = ["--interval", "2ms", "--payload-bytes", "4000", "--upstream-listen", "127.0.0.1:0"]
    root = Relay(["demo", "--listen", "127.0.0.1:0", "--drain-window", "100ms", *busy], tmp_path)
    try:
        await eventually(lambda: metric(root, "fanout_topic_history_bytes", topic="tick") > 4_100_000, "a history", 30)
        topics = {"tick": "subscription { tick(intervalMs: 2, payloadBytes: 4000, burst: 1) { n at padding } }"}
        leaf = start_relay(root, topics, QUICK)
        await eventually(lambda: metric(leaf, "fanout_topic_live", topic="tick") == 1, "a topic that runs")
        assert metric(leaf, "fanout_upstream_connects_total") == 1
        assert metric(leaf, "fanout_topic_history_bytes", topic="tick") > 2_500_000
    finally:
        root.stop()


async def test_the_death_of_the_root_is_one_gap_on_every_leaf(upstream, start_relay):
    root = start_relay(upstream)
    async with Gateway.before(root) as gateway:
        middle = start_relay(gateway, options=QUICK)
        leaves = [start_relay(middle, options=QUICK) for _ in range(2)]
        async with Follower(leaves[0]) as one, Follower(leaves[1]) as other:
            await one.more()
            await other.more()
            gateway.lead_to(start_relay(upstream))
            gateway.cut()
            for follower in (one, other):
                await follower.until(lambda own: own.gaps)
                await follower.more()
        for follower in (one, other):
            assert len(follower.gaps) == 1 and "the epoch is over" in follower.gaps[0]["reason"]
            assert follower.events == sorted(set(follower.events))
        assert place(one.tokens[-1])[0] == place(other.tokens[-1])[0] != place(one.tokens[0])[0]
        for leaf in leaves:
            assert metric(leaf, "fanout_topic_gaps_total", topic="tick") == 1


async def test_the_gap_of_a_parent_is_passed_on_as_it_is(upstream, start_relay):
    root = start_relay(upstream)
    leaf = start_relay(root, options=QUICK)
    async with Follower(root) as above, Follower(leaf) as below:
        await above.more()
        await below.more()
        upstream.kill()
        upstream.start("--start", "1000000")
        await above.until(lambda own: own.events[-1] > 1_000_003)
        await below.until(lambda own: own.events[-1] > 1_000_003)
    assert below.gaps == above.gaps and len(below.gaps) == 1
    assert metric(leaf, "fanout_upstream_failures_total") == 0


async def test_what_a_parent_holds_no_more_is_a_gap(upstream, start_relay):
    root = start_relay(upstream, options=[("--history-age", "1s"), ("--lag-limit-age", "1s")])
    async with Gateway.before(root) as gateway:
        leaf = start_relay(gateway, options=QUICK)
        async with Follower(leaf) as follower:
            await follower.more()
            port, gateway.port = gateway.port, 9
            gateway.cut()
            number = metric(root, "fanout_topic_events_total", topic="tick")
            await eventually(lambda: metric(root, "fanout_topic_events_total", topic="tick") > number + 100, "events of two seconds")
            gateway.port = port
            await follower.until(lambda own: own.gaps)
            await follower.more()
    assert "not held any more" in follower.gaps[0]["reason"]
    assert follower.events == sorted(set(follower.events)) and follower.missed()
    assert [place(token)[1] for token in follower.tokens] == sorted(place(token)[1] for token in follower.tokens)


@pytest.mark.parametrize("options", [[], [("--shards", "2")]], ids=["one-shard", "two-shards"])
async def test_topics_of_clients_go_on_too(options, upstream, start_relay):
    query = "subscription { tick(intervalMs: 20) { n } }"
    # No topic that counts beside it.
    topics = {"once": "subscription { once }"}
    root = start_relay(upstream, topics, [("--allow-any-subscription",), *options])
    async with Gateway.before(root) as gateway:
        leaf = start_relay(gateway, topics, [("--allow-any-subscription",), *QUICK, *options])
        async with Follower(leaf, query) as one, Follower(leaf, query) as other:
            for _ in range(3):
                await one.more()
                await other.more()
                gateway.cut()
            await one.more()
            await other.more()
        for follower in (one, other):
            assert not follower.missed() and not follower.gaps
        assert metric(root, "fanout_client_topics") == 1
        async with Follower(root, query) as above:
            await above.more(1)
        assert place(above.tokens[0])[0] == place(one.tokens[-1])[0]


async def test_a_token_of_a_clients_topic_is_good_at_a_relay_that_is_behind(upstream, start_relay):
    """It was told a gap, and got what it had seen once more."""
    query = "subscription { tick(intervalMs: 20) { n } }"
    topics, options = {"once": "subscription { once }"}, [("--allow-any-subscription",), *QUICK]
    root = start_relay(upstream, topics, options)
    async with Gateway.before(root) as gateway:
        ahead, behind = start_relay(root, topics, options), start_relay(gateway, topics, options)
        async with Follower(ahead, query) as one, Follower(behind, query) as other:
            await one.more()
            await other.more()
            port, gateway.port = gateway.port, 9
            gateway.cut()
            await one.until(lambda own: place(own.tokens[-1])[1] > place(other.tokens[-1])[1] + 10)
            async with Conversation(behind.graphql_url) as talk:
                await acknowledged(talk)
                taken = one.tokens[-1]
                payload = {"query": query, "extensions": {"relay": {"after": taken}}}
                await talk.say({"id": "1", "type": "subscribe", "payload": payload})
                gateway.port = port
                opening = await next_payload(talk)
                assert opening == {"data": None, "extensions": {"relay": {"token": taken}}}
                event = await next_payload(talk)
                assert place(event["extensions"]["relay"]["token"])[1] == place(taken)[1] + 1
            await other.more()
        assert not other.missed() and not other.gaps


async def test_a_relay_that_may_not_ask_numbers_events_itself(upstream, start_relay):
    root = start_relay(upstream)
    leaf = start_relay(root, options=[("--no-upstream-tokens",), *QUICK])
    async with Follower(root) as above, Follower(leaf) as below:
        await above.more()
        await below.more()
    assert place(above.tokens[-1])[0] != place(below.tokens[-1])[0]
    assert not below.missed()


def test_check_says_that_the_server_is_a_relay_and_waits_for_an_event(binary, upstream, start_relay):
    root = start_relay(upstream)

    def check(server):
        command = [binary, "check", "--upstream", server.graphql_url, "--topic", f"tick={TICK}", "--wait", "20s"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    behind = check(root)
    assert behind.returncode == 0, behind.stderr
    assert f"{root.graphql_url}: a relay, whose numbers and resume tokens are taken over\n" in behind.stdout
    assert "topic tick: a first event after" in behind.stdout
    assert "a relay" not in check(upstream).stdout
