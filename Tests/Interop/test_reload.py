"""SIGHUP: all settings are read again, and hold for a relay that runs, all of them or none."""

import asyncio
import json
import os
import signal

import pytest
from conversation import Conversation
from probe import eventually, get, get_json, metric, opened
from relay import PROFILE, TICK, Relay
from test_settings import WRONG_FILES
from websockets.asyncio.client import connect

FAST = "subscription { tick(intervalMs: 5) { n } }"
SLOW = "subscription { tick(intervalMs: 1000) { n } }"


class Reloaded:
    """A relay whose settings are a file; what isn't given stands in the environment of every reload."""

    def __init__(self, upstream, folder, topics, **more):
        self.file = folder / "relay.yaml"
        profile = {key.removeprefix("--"): value for key, value in PROFILE.items() if key != "--listen"}
        self.base = profile | {"listen": PROFILE["--listen"], "shards": 2, "topic-linger": "100ms"}
        self.count = 0
        self.write(topics, **more)
        self.relay = Relay(["serve", "--upstream", upstream.graphql_url, "--config", str(self.file)], folder)

    def write(self, topics, **more):
        # JSON is YAML.
        self.file.write_text(json.dumps(self.base | {"topics": topics} | more))

    async def hang_up(self, told):
        """Sends SIGHUP, and returns the log's line about it, the next one that says what is told."""
        before = len(self.relay.log_lines(told))
        self.relay.process.send_signal(signal.SIGHUP)
        await eventually(lambda: len(self.relay.log_lines(told)) > before, f"{told}\n{self.relay.log}")
        return self.relay.log_lines(told)[before]

    async def reload(self, topics, **more):
        self.write(topics, **more)
        return await self.hang_up("reloaded")


@pytest.fixture
def start(upstream, tmp_path, request, binary):
    def start(topics, **more):
        reloaded = Reloaded(upstream, tmp_path, topics, **more)
        request.addfinalizer(reloaded.relay.stop)
        return reloaded

    return start


class Listener:
    """A client of a topic's path, whose every event must follow the one before."""

    def __init__(self, relay, topic):
        self.url = relay.topic_url(topic)
        self.sequences = []
        self.epochs = set()

    async def __aenter__(self):
        self.socket = await connect(self.url, close_timeout=2)
        self.task = asyncio.create_task(self.listen())
        await self.hears(1)
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await self.socket.close()

    async def listen(self):
        async for message in self.socket:
            frame = json.loads(message)
            assert frame["type"] in ("event", "status"), frame
            if frame["type"] == "event":
                assert not self.sequences or frame["sequence"] == self.sequences[-1] + 1, frame
                self.sequences.append(frame["sequence"])
                self.epochs.add(frame["epoch"])

    async def hears(self, count):
        """So many more events, on the same connection."""
        wanted = len(self.sequences) + count
        async with asyncio.timeout(10):
            while len(self.sequences) < wanted:
                assert not self.task.done(), self.task.exception() or self.socket.close_code
                await asyncio.sleep(0.01)

    async def is_closed(self):
        async with asyncio.timeout(10):
            await asyncio.wait([self.task])
        return self.socket.close_code


async def test_topics_come_and_go_and_nobody_else_notices(start):
    reloaded = start({"tick": TICK})
    relay = reloaded.relay
    async with Listener(relay, "tick") as first, Conversation(relay.graphql_url) as talk:
        await talk.initialise()
        await talk.subscribe("tick")
        line = await reloaded.reload({"tick": TICK, "fast": FAST})
        assert "topics_added=fast" in line and "removed" not in line
        await first.hears(3)
        assert [topic["name"] for topic in get_json(f"{relay.url}/topics")["topics"]] == ["tick", "fast"]
        await eventually(lambda: metric(relay, "fanout_topic_live", topic="fast") == 1, "the topic runs")
        async with Listener(relay, "fast") as second, Listener(relay, "fast") as third:
            await talk.subscribe("fast", FAST)
            while (await talk.hear())["id"] != "fast":
                pass
            line = await reloaded.reload({"tick": TICK})
            assert "topics_removed=fast" in line
            assert (await second.is_closed(), await third.is_closed()) == (1000, 1000)
        while (message := await talk.hear()) != {"id": "fast", "type": "complete"}:
            assert message["type"] == "next"
        # The other operation of this connection goes on.
        for _ in range(3):
            assert (await talk.hear())["id"] == "tick"
        assert get(f"{relay.url}/topics/fast")[0] == 404
        assert 'topic="fast"' not in get(f"{relay.url}/metrics")[1]
        await first.hears(3)


async def test_another_operation_is_another_topic_and_other_options_are_none(start):
    reloaded = start({"tick": TICK, "fast": FAST})
    relay = reloaded.relay
    async with Listener(relay, "tick") as kept, Listener(relay, "fast") as replaced:
        options = {"document": TICK.replace(" ", "  "), "snapshot": "last", "lag": "skip", "gap": "close"}
        line = await reloaded.reload({"tick": options, "fast": FAST.replace("5", "6")})
        assert "topics_changed=tick" in line and "topics_replaced=fast" in line
        assert await replaced.is_closed() == 1000
        async with Listener(relay, "fast") as next_one:
            await next_one.hears(3)
            assert next_one.epochs.isdisjoint(replaced.epochs)
        await kept.hears(3)
        assert len(kept.epochs) == 1
    # The new option holds: whoever comes gets the last event at once.
    async with Listener(relay, "tick") as late:
        assert late.sequences[0] > 1


async def test_another_order_of_topics_is_no_change(start):
    reloaded = start({"tick": TICK, "fast": FAST})
    assert "no setting has changed" in await reloaded.reload({"fast": FAST, "tick": TICK})


async def test_a_topic_may_begin_to_start_on_demand_and_end_to(start):
    reloaded = start({"tick": TICK, "fast": FAST})
    relay = reloaded.relay
    demand = {"tick": {"document": TICK, "start": "demand"}, "fast": {"document": FAST, "start": "demand"}}
    async with Listener(relay, "tick") as listener:
        await reloaded.reload(demand)
        # Nobody listens to the one, somebody to the other.
        await eventually(lambda: metric(relay, "fanout_topic_live", topic="fast") == 0, "it rests")
        await listener.hears(3)
        assert metric(relay, "fanout_topic_live", topic="tick") == 1
    await eventually(lambda: metric(relay, "fanout_topic_live", topic="tick") == 0, "it rests too")
    await reloaded.reload({"tick": TICK, "fast": FAST})
    await eventually(lambda: metric(relay, "fanout_topic_live", topic="tick") == 1, "it runs again")
    await eventually(lambda: metric(relay, "fanout_topic_live", topic="fast") == 1, "it runs again, too")
    async with Listener(relay, "fast"):
        pass
    # Longer than it would linger.
    async with Listener(relay, "tick") as other:
        await other.hears(20)
    assert metric(relay, "fanout_topic_live", topic="fast") == 1


@pytest.mark.parametrize("wrong_files", [WRONG_FILES[first::5] for first in range(5)])
async def test_wrong_files_change_nothing(wrong_files, start):
    reloaded = start({"tick": TICK})
    relay = reloaded.relay
    folder = reloaded.file.parent
    async with Listener(relay, "tick") as listener:
        before = get(f"{relay.url}/topics")
        for text, complaint in wrong_files:
            reloaded.file.write_text(text)
            line = await reloaded.hang_up("kept the former settings")
            assert complaint.replace("'missing.", f"'{folder}/missing.") in line, relay.log
        # A token file and an origin beside it are good, and still don't count.
        (folder / "tokens").write_text("a-good-token-of-somebody\n")
        reloaded.write({"tick": {"document": TICK, "lag": "drop"}}, **{"token-file": "tokens", "log-level": "debug"})
        line = await reloaded.hang_up("kept the former settings")
        assert "relay.yaml:1: topic-option 'tick:lag=drop'" in line
        assert get(f"{relay.url}/topics") == before
        await listener.hears(3)
    # A right one helps.
    assert "no setting has changed" in await reloaded.reload({"tick": TICK})


async def test_a_token_is_exchanged_and_connected_clients_stay(start, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("the-former-token-of-alice subject=alice\n")
    reloaded = start({"tick": TICK}, **{"token-file": "tokens"})
    relay = reloaded.relay

    async def opens(token):
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with connect(relay.topic_url("tick"), additional_headers=headers, close_timeout=1) as socket:
                await socket.recv()
            return True
        except Exception as error:
            assert "401" in str(error), error
            return False

    headers = {"Authorization": "Bearer the-former-token-of-alice"}
    async with connect(relay.topic_url("tick"), additional_headers=headers, close_timeout=1) as socket:
        tokens.write_text("the-latter-token-of-alice subject=alice\n")
        await reloaded.hang_up("reloaded")
        assert (await opens("the-former-token-of-alice"), await opens("the-latter-token-of-alice")) == (False, True)
        for _ in range(5):
            await socket.recv()
    # Nobody opens the door by taking the file away.
    line = await reloaded.reload({"tick": TICK})
    assert "settings differ that need a restart" in relay.log
    assert "settings=token-file" in relay.log_lines("settings differ")[0], line
    assert not await opens("nobody-has-this-token")
    assert await opens("the-latter-token-of-alice")


async def test_a_proxy_that_stays_until_a_restart_lets_nobody_in_without_a_token(start, tmp_path):
    reloaded = start({"tick": TICK}, **{"trusted-proxy": "127.0.0.1", "open": True})
    relay = reloaded.relay
    reloaded.write({"tick": TICK})
    line = await reloaded.hang_up("kept the former settings")
    assert "everybody who reaches the proxy in front of it would get every topic; allowed: with " in line
    assert "addresses and proxies stay until a restart" in line
    await reloaded.reload({"tick": TICK}, open=True)
    assert "settings=trusted-proxy" in relay.log_lines("settings differ")[0]
    assert get(f"{relay.url}/topics")[0] == 200
    (tmp_path / "tokens").write_text("a-good-token-of-somebody\n")
    await reloaded.reload({"tick": TICK}, **{"token-file": "tokens"})
    assert get(f"{relay.url}/topics")[0] == 401


async def test_the_log_level_and_limits_change_and_what_needs_a_restart_is_named(start):
    reloaded = start({"tick": TICK})
    relay = reloaded.relay
    async with Listener(relay, "tick") as listener:
        await reloaded.reload({"tick": TICK}, **{"log-level": "debug", "max-connections-per-address": 1})
        with pytest.raises(Exception, match="429"):
            await connect(relay.topic_url("tick"))
        line = await reloaded.reload(
            {"tick": TICK},
            **{"log-level": "debug", "shards": 1, "send-buffer": "32KiB", "max-subscriptions": 1},
        )
        assert "settings=max-connections-per-address, max-subscriptions" in line
        [warning] = relay.log_lines("settings differ that need a restart")
        assert "settings=send-buffer, shards" in warning
        async with Conversation(relay.graphql_url) as talk:
            await talk.initialise()
            for identifier in "ab":
                await talk.subscribe(identifier)
            heard = await talk.hear_until("error")
            assert heard[-1]["id"] == "b"
        await eventually(lambda: relay.log_lines("client left"), "a line at debug")
        await reloaded.reload({"tick": TICK})
        lines = len(relay.log_lines("client left"))
        async with Listener(relay, "tick"):
            pass
        await eventually(lambda: metric(relay, "fanout_clients") == 1, "it has left")
        assert len(relay.log_lines("client left")) == lines
        # More than at the start needs a restart; less doesn't.
        await reloaded.reload({"tick": TICK}, **{"max-connections": 20_000})
        assert "settings=max-connections" in relay.log_lines("settings differ")[-1]
        await listener.hears(3)


async def test_twenty_reloads_in_a_row_while_events_flow(start):
    reloaded = start({"tick": TICK, "fast": FAST})
    relay = reloaded.relay
    async with Listener(relay, "fast") as first, Listener(relay, "fast") as second, Listener(relay, "tick") as third:
        for number in range(20):
            topics = {"tick": {"document": TICK, "lag": ["skip", "latest"][number % 2]}, "fast": FAST}
            if number % 2:
                topics["slow"] = SLOW
            await reloaded.reload(topics, **{"max-connections": 1000 + number, "topic-linger": f"{number}ms"})
        for listener in (first, second, third):
            await listener.hears(3)
            assert len(listener.epochs) == 1
    names = [topic["name"] for topic in get_json(f"{relay.url}/topics")["topics"]]
    assert names == ["tick", "fast", "slow"]
    assert metric(relay, "fanout_topic_gaps_total") == 0


async def test_documents_beside_the_settings_are_read_again(start, tmp_path):
    (tmp_path / "fast.graphql").write_text(FAST)
    reloaded = start({"fast": {"file": "fast.graphql"}})
    (tmp_path / "fast.graphql").write_text(TICK)
    assert "topics_replaced=fast" in await reloaded.hang_up("reloaded")
    assert get_json(f"{reloaded.relay.url}/topics")["topics"] == [{"name": "fast", "document": TICK}]


async def test_a_payload_in_a_file_that_needs_a_restart_is_named(start, tmp_path):
    (tmp_path / "payload.json").write_text('{"key": "the former"}')
    reloaded = start({"tick": TICK}, **{"init-payload": "@payload.json"})
    assert "no setting has changed" in await reloaded.reload({"tick": TICK}, **{"init-payload": "@payload.json"})
    assert not reloaded.relay.log_lines("settings differ")
    (tmp_path / "payload.json").write_text('{"key": "the latter"}')
    await reloaded.hang_up("settings differ that need a restart")
    assert "settings=init-payload" in reloaded.relay.log_lines("settings differ")[0]
    assert "the latter" not in reloaded.relay.log


class Document:
    """A document that a reload waits for."""

    def __init__(self, path):
        self.path = path
        os.mkfifo(path)

    async def is_awaited(self):
        """Returns once somebody reads it."""
        self.writer = await opened(self.path)

    @classmethod
    async def hangs(cls, reloaded, topics):
        """Has a relay reload, which then waits for this document of a topic named fast."""
        document = cls(reloaded.file.parent / "fast.graphql")
        reloaded.write(topics | {"fast": {"file": "fast.graphql"}})
        reloaded.relay.process.send_signal(signal.SIGHUP)
        await document.is_awaited()
        return document

    def goes_on(self):
        """Writes blanks until the task is cancelled, never so seldom that the document would be given up."""

        async def write():
            while True:
                os.write(self.writer, b" ")
                await asyncio.sleep(0.5)

        return asyncio.create_task(write())

    def end(self, text=""):
        os.write(self.writer, text.encode())
        os.close(self.writer)


async def test_reloads_that_are_wanted_during_one_are_one(start):
    reloaded = start({"tick": TICK})
    relay = reloaded.relay
    async with Listener(relay, "tick") as listener:
        document = await Document.hangs(reloaded, {"tick": TICK})
        # The relay goes on, and what comes while it reads is one further reload, of what is there then.
        await listener.hears(3)
        for _ in range(5):
            relay.process.send_signal(signal.SIGHUP)
            await listener.hears(1)
        reloaded.write({"tick": TICK, "slow": SLOW})
        document.end(FAST)
        await eventually(lambda: len(relay.log_lines("reloaded")) == 2, "it has reloaded twice")
        await reloaded.reload({"tick": TICK, "slow": SLOW, "last": SLOW})
        first, second, third = relay.log_lines("reloaded")
        assert "topics_added=fast" in first
        assert "topics_added=slow" in second and "topics_removed=fast" in second
        assert "topics_added=last" in third
        await listener.hears(3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_reload_that_doesnt_end_keeps_nobody_from_ending_the_relay(number, start):
    reloaded = start({"tick": TICK})
    relay = reloaded.relay
    async with Listener(relay, "tick") as listener:
        document = await Document.hangs(reloaded, {"tick": TICK})
        writing = document.goes_on()
        relay.process.send_signal(number)
        assert await listener.is_closed() == 1001
        assert await asyncio.to_thread(relay.wait) == 0
        writing.cancel()
    assert relay.log_lines("a reload doesn't end")
    assert not relay.log_lines("a reload still runs")
    document.end()


async def test_a_reload_that_takes_long_is_told_once(start):
    reloaded = start({"tick": TICK})
    relay = reloaded.relay
    document = await Document.hangs(reloaded, {"tick": TICK})
    writing = document.goes_on()
    await eventually(lambda: relay.log_lines("a reload still runs"), "it is told", 20)
    writing.cancel()
    document.end(FAST)
    await eventually(lambda: relay.log_lines("reloaded"), "it ends")
    [warning] = relay.log_lines("a reload still runs")
    assert " warning " in warning and "after=10.0 seconds" in warning
    # The next one is another.
    assert "topics_removed=fast" in await reloaded.reload({"tick": TICK})
    assert len(relay.log_lines("a reload still runs")) == 1
