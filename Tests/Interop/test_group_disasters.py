"""What becomes of clients when a group's log is lost, put back to an earlier state, or passes what a relay hasn't read."""

import asyncio
import shutil
import signal

from probe import eventually
from test_group import Judge, pytestmark, start_group  # noqa: F401


async def watched(group, nodes=("a", "b")):
    """Relays, and a judge at each, which has got events."""
    for node in nodes:
        await group.start(node)
    await group.leader()
    judges = [Judge(member) for member in group.members]
    tasks = [asyncio.create_task(judge.run()) for judge in judges]
    await more(judges, tasks)
    return judges, tasks


async def more(judges, tasks, count=100):
    wanted = [judge.events + count for judge in judges]

    def has_come():
        assert not any(task.done() for task in tasks)
        return all(judge.events >= number for judge, number in zip(judges, wanted))

    await eventually(has_come, "events come", 30)


async def is_told_once(judges, tasks, former):
    """Everybody goes on in another epoch, and was told of the gap."""
    await eventually(lambda: all(judge.last[0] != former for judge in judges), "another epoch begins", 30)
    await more(judges, tasks)
    assert len({judge.last[0] for judge in judges}) == 1
    assert [judge.faults for judge in judges] == [[]] * len(judges)
    assert all(judge.gaps >= 1 for judge in judges)
    for task in tasks:
        task.cancel()


async def test_a_log_in_memory_begins_anew_with_its_server(start_group):  # noqa: F811
    """Trap 4: the stream may look like the former one, even its creation time, and number from 1."""
    group = start_group("cold", {"--cluster-storage": "memory"})
    judges, tasks = await watched(group)
    former = judges[0].last[0]
    group.nats.kill()
    group.nats.start()
    await is_told_once(judges, tasks, former)


async def test_a_log_that_is_put_back_to_an_earlier_state_is_not_gone_on_with(start_group):  # noqa: F811
    """Trap 5: what was acknowledged isn't there any more, and its places are given again."""
    group = start_group("cold")
    judges, tasks = await watched(group)
    group.nats.kill()
    copy = group.directory / "copy"
    shutil.copytree(group.nats.directory, copy)
    group.nats.start()
    await more(judges, tasks, 300)
    former = judges[0].last[0]
    group.nats.kill()
    shutil.rmtree(group.nats.directory / "jetstream")
    shutil.copytree(copy / "jetstream", group.nats.directory / "jetstream")
    group.nats.start()
    await is_told_once(judges, tasks, former)


async def test_a_relay_that_the_log_s_limits_have_passed_tells_a_gap(start_group):  # noqa: F811
    """Trap 7: who asks for what is gone may get something later without a word, so that each place is looked at."""
    group = start_group("cold", {"--cluster-history-age": "1s"})
    judges, tasks = await watched(group)
    leader = await group.leader()
    number, stopped = next((number, member) for number, member in enumerate(group.members) if member is not leader)
    stopped.process.send_signal(signal.SIGSTOP)
    others = [judge for judge in judges if judge is not judges[number]]
    # What is on its way to the relay would be kept for it.
    group.nats.kill()
    group.nats.start()
    await more(others, tasks, 500)
    stopped.process.send_signal(signal.SIGCONT)
    await more(judges, tasks)
    for task in tasks:
        task.cancel()
    assert [judge.faults for judge in judges] == [[], []]
    assert judges[number].gaps == 1 and judges[number].missed > 100
    assert (others[0].gaps, others[0].missed) == (0, 0)
