"""Relays that are a group, as processes that are killed, stopped and shut down."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest
import websockets

from nats import PROGRAM, NATSServer, free_port
from probe import eventually, get, readiness
from relay import Relay

BINARY = os.environ.get("TESTED_GROUP_BINARY")
LEASE = "500ms"
# 200 events a second, which all subscribers get, with the same numbers.
TICK = "subscription { tick(intervalMs: 5) { n } }"

pytestmark = pytest.mark.skipif(
    not BINARY or not PROGRAM, reason="no relay with the trait Cluster in TESTED_GROUP_BINARY, or no nats-server"
)


class Member(Relay):
    """A relay of a group."""

    def __init__(self, node, group):
        self.node = node
        options = {
            "--listen": "127.0.0.1:0",
            "--upstream": f"ws://127.0.0.1:{group.upstream_port}/graphql",
            "--topic": f"tick={TICK}",
            "--retry-connect": "constant(100ms) tries: unlimited",
            "--drain-window": "100ms",
            "--cluster": group.nats.url,
            "--cluster-node": node,
            "--cluster-lease": LEASE,
            "--cluster-standby": group.standby,
            "--log-level": "debug",
            **group.options,
        }
        arguments = ["serve", *(part for pair in options.items() for part in pair if part is not None)]
        super(Relay, self).__init__(f"relay {node}", [Path(BINARY), *arguments], group.directory)

    @property
    def leads(self):
        return 'fanout_cluster_leader{partition="0"} 1' in get(f"{self.url}/metrics")[1]


class Group:
    """Three relays on one server, and the made-up server that they subscribe to."""

    def __init__(self, directory, standby, options):
        self.directory = directory
        self.options = options
        self.standby = standby
        self.nats = NATSServer(directory)
        self.upstream_port = free_port()
        self.demo = Relay(
            ["demo", "--listen", "127.0.0.1:0", "--upstream-listen", f"127.0.0.1:{self.upstream_port}"], directory
        )
        self.members = []

    async def start(self, node):
        member = Member(node, self)
        self.members.append(member)
        await eventually(lambda: readiness(member) == 200, f"{node} is ready")
        return member

    async def leader(self):
        found = []

        def is_led():
            found[:] = [each for each in self.members if each.running and each.leads]
            return len(found) == 1

        await eventually(is_led, "one leads")
        return found[0]

    def end(self):
        for process in [*self.members, self.demo]:
            if process.running:
                process.kill()
        self.nats.kill()


class Judge:
    """A client that finds out what was lost untold, doubled or reordered."""

    def __init__(self, member):
        self.url = member.topic_url("tick")
        self.events = 0
        self.gaps = 0
        self.missed = 0
        self.faults = []
        self.last = None
        self.tells_gap = False

    async def run(self):
        async with websockets.connect(self.url, max_size=None) as connection:
            async for text in connection:
                self.judge(json.loads(text))

    def judge(self, message):
        if message["type"] == "gap":
            self.gaps += 1
            self.tells_gap = True
        if message["type"] != "event":
            return
        self.events += 1
        number = message["payload"]["data"]["tick"]["n"]
        place = (message["epoch"], message["sequence"], number)
        if self.last:
            epoch, sequence, former = self.last
            if message["epoch"] != epoch and not self.tells_gap:
                self.faults.append(("another epoch without a gap", self.last, place))
            if message["epoch"] == epoch and message["sequence"] != sequence + 1 and not self.tells_gap:
                self.faults.append(("a hole in the numbers", self.last, place))
            if number <= former:
                self.faults.append(("doubled or reordered", self.last, place))
            if number > former + 1 and not self.tells_gap:
                self.faults.append(("lost untold", self.last, place))
            self.missed += number - former - 1
        self.tells_gap = False
        self.last = place


@pytest.fixture
def start_group(tmp_path):
    groups = []

    def start(standby, options=None):
        groups.append(Group(tmp_path, standby, options or {}))
        return groups[-1]

    yield start
    for group in groups:
        group.end()


async def survive(group, fault, rounds):
    """Has something happen to the leader, again and again; clients of all others get everything, or are told."""
    for node in ("a", "b", "c"):
        await group.start(node)
    judges, watching = [], {}
    for number in range(rounds):
        leader = await group.leader()
        for member in group.members:
            if member is not leader and member not in watching:
                judge = Judge(member)
                judges.append(judge)
                watching[member] = judge, asyncio.create_task(judge.run())
        # A hot standby has to know for a while what both get.
        await asyncio.sleep(6 if group.standby == "hot" else 1)
        if leader in watching:
            watching.pop(leader)[1].cancel()
        await fault(leader)
        group.members.remove(leader)
        await group.leader()
        heard = {judge: judge.events for judge, _ in watching.values()}
        await eventually(lambda: all(judge.events > count for judge, count in heard.items()), "events come again")
        await group.start(f"{leader.node}{number}")
    for _, task in watching.values():
        assert not task.done()
        task.cancel()
    for judge in judges:
        assert judge.faults == []
        assert judge.events > 100
    return judges


async def kill(leader):
    leader.kill()


async def shut_down(leader):
    leader.terminate()
    await asyncio.to_thread(leader.wait)


async def test_a_leader_is_killed_and_another_one_tells_a_gap(start_group):
    judges = await survive(start_group("cold"), kill, 3)
    assert any(judge.gaps for judge in judges)


async def test_a_leader_is_killed_and_a_hot_standby_misses_nothing(start_group):
    judges = await survive(start_group("hot"), kill, 2)
    assert [(judge.gaps, judge.missed) for judge in judges] == [(0, 0)] * len(judges)


async def test_a_leader_is_shut_down_and_nothing_is_missed(start_group):
    judges = await survive(start_group("cold"), shut_down, 2)
    assert [(judge.gaps, judge.missed) for judge in judges] == [(0, 0)] * len(judges)


async def test_a_leader_stands_still_and_finds_another_one_when_it_goes_on(start_group):
    group = start_group("cold")

    async def freeze(leader):
        leader.process.send_signal(signal.SIGSTOP)
        others = [member for member in group.members if member is not leader]
        await eventually(lambda: any(member.leads for member in others), "another one leads")
        leader.process.send_signal(signal.SIGCONT)
        await eventually(lambda: leader.log_lines("doesn't lead the group any more"), "it finds that out")
        leader.terminate()
        await asyncio.to_thread(leader.wait)

    await survive(group, freeze, 1)


async def test_the_log_s_server_is_killed_and_nothing_is_missed(start_group):
    # A machine with much to do may take half a second more: within the lease nobody takes over.
    group = start_group("cold", {"--cluster-lease": "2s"})
    for node in ("a", "b"):
        await group.start(node)
    leader = await group.leader()
    judges = [Judge(member) for member in group.members]
    tasks = [asyncio.create_task(judge.run()) for judge in judges]
    await asyncio.sleep(1)
    group.nats.kill()
    await asyncio.sleep(1)
    group.nats.start()
    await eventually(lambda: readiness(leader) == 200, "the leader has its log again")
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    assert [(judge.faults, judge.gaps, judge.missed) for judge in judges] == [([], 0, 0)] * 2
