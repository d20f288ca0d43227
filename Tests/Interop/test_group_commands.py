"""What operators of a group ask for by `fanout-relay cluster`."""

import asyncio
import json
import os
import subprocess

from nats import free_port
from probe import eventually, get
from test_group import BINARY, Judge, pytestmark, start_group  # noqa: F401


async def command(group, *words, server=None):
    """Runs a command; its exit code, output and errors."""
    arguments = [BINARY, "cluster", *words, "--cluster", server or group.nats.url]
    ended = await asyncio.to_thread(subprocess.run, arguments, capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stdout, ended.stderr


async def test_the_status_says_who_leads_and_a_hand_over_has_another_one_lead(start_group):  # noqa: F811
    group = start_group("cold")
    for node in ("a", "b", "c"):
        await group.start(node)
    leader = await group.leader()
    others = [member for member in group.members if member is not leader]
    judges = [Judge(member) for member in group.members]
    tasks = [asyncio.create_task(judge.run()) for judge in judges]
    await eventually(lambda: all(judge.events > 100 for judge in judges), "events come")

    code, text, _ = await command(group, "status")
    assert code == 0, text
    rows = [line.split() for line in text.splitlines()]
    assert ["0", leader.node] == next(row for row in rows if row and row[0] == "0")[:2]
    assert {row[0] for row in rows if row[1:2] == ["yes"]} == {"a", "b", "c"}

    wanted = others[1]
    code, text, errors = await command(group, "hand-over", "--to", wanted.node)
    assert (code, text) == (0, f"{wanted.node} leads partition 0\n"), errors
    assert await group.leader() is wanted
    code, text, _ = await command(group, "status", "--json")
    report = json.loads(text)
    assert report["partitions"][0]["leaders"] == [wanted.node]
    assert {relay["node"]: relay["places"][0]["duty"] for relay in report["relays"]}[wanted.node] == "leads"
    state = json.loads(get(f"{leader.url}/state")[1])["group"]
    assert (state["node"], state["partitions"][0]["leader"]) == (leader.node, wanted.node)
    # The former leader stays, and may lead again.
    code, text, errors = await command(group, "hand-over", "--to", leader.node)
    assert (code, text) == (0, f"{leader.node} leads partition 0\n"), errors
    heard = [judge.events for judge in judges]
    await eventually(lambda: all(judge.events > count for judge, count in zip(judges, heard)), "events come again")
    for task in tasks:
        assert not task.done()
        task.cancel()
    assert [(judge.faults, judge.gaps, judge.missed) for judge in judges] == [([], 0, 0)] * 3

    code, _, errors = await command(group, "hand-over", "--to", "nobody")
    names = ", ".join(sorted(member.node for member in others))
    line = f"fanout-relay: group fanout: no relay nobody that may lead; there are: {names}\n"
    assert (code, errors) == (69, line)


async def test_a_group_that_cannot_be_seen_is_one_line(start_group):  # noqa: F811
    group = start_group("cold")
    code, text, errors = await command(group, "status")
    assert (code, text, errors) == (69, "", "fanout-relay: group fanout: stream fanout-fanout-0: there is no such stream\n")
    code, text, errors = await command(group, "status", server=f"nats://127.0.0.1:{free_port()}")
    assert (code, text, errors.count("\n")) == (69, "", 1) and "127.0.0.1" in errors
    code, _, errors = await command(group, "status", server="http://x")
    assert code == 64 and errors.startswith("fanout-relay: --cluster 'http://x': ")
    code, _, errors = await command(group, "hand-over", "--partition", "64")
    assert code == 64 and "--partition" in errors
