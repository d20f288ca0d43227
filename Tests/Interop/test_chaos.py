"""fanout-load chaos: what it does to groups and trees, what it finds, and that it ends what it has started."""

import asyncio
import json
import os
import signal
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from nats import PROGRAM
from probe import eventually
from websockets.asyncio.server import serve

BINARY = os.environ.get("TESTED_GROUP_BINARY")
ZEROS = ["lost", "doubled", "reordered", "holes", "falseGaps"]

needs_group = pytest.mark.skipif(
    not BINARY or not PROGRAM, reason="no relay with the trait Cluster in TESTED_GROUP_BINARY, or no nats-server"
)


@pytest.fixture
def chaos(binary, tmp_path):
    """Starts it: `chaos("--tree", "--faults", "kill-leaf=1")`, which then is a process with its files."""
    running = []

    class Chaos:
        def __init__(self, *arguments, relay=None):
            self.files = {name: tmp_path / name for name in ("json", "markdown", "html", "state")}
            self.logs = tmp_path / "logs"
            command = [binary.with_name("fanout-load"), "chaos", "--logs", self.logs, "--limit", "50s"]
            command += [part for name, path in self.files.items() for part in (f"--{name}", path)]
            command += ["--relay", relay, "--nats-server", PROGRAM] if relay else []
            self.process = subprocess.Popen(
                [str(part) for part in [*command, *arguments]],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            running.append(self.process)

        async def result(self, code=0):
            self.output, self.errors = await asyncio.to_thread(self.process.communicate, timeout=55)
            assert self.process.returncode == code, self.output + self.errors
            return json.loads(self.files["json"].read_text())

        def faults_done(self):
            path = self.files["state"]
            return len(json.loads(path.read_text())["results"]) if path.exists() else 0

    yield Chaos
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


def started_programs(logs):
    """The numbers of processes that have a log there."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if str(logs) in os.readlink(entry / "fd/1"):
                    found.append(entry.name)
            except OSError:
                pass
    return found


GROUP = ["--clients", "12", "--lease", "500ms", "--pause", "1s"]


@needs_group
async def test_a_group_gets_over_faults_of_its_leader(chaos):
    faults = ["kill-leader", "cut-leader", "freeze-leader", "hand-over"]
    run = chaos("--faults", ",".join(f"{name}=1" for name in faults), *GROUP, relay=BINARY)
    report = await run.result()
    assert sorted(result["fault"] for result in report["results"]) == sorted(faults)
    assert all(row["counts"][zero] == 0 for row in report["rows"] for zero in ZEROS)
    assert all(row["counts"]["events"] > 0 for row in report["rows"])
    assert run.files["markdown"].read_text().count("\n| ") == len(faults) + 2
    assert "All held." in run.files["html"].read_text()
    assert not started_programs(run.logs)


@needs_group
async def test_a_run_that_is_interrupted_goes_on_and_leaves_nothing_behind(chaos):
    arguments = ["--faults", "hand-over=2", *GROUP]
    run = chaos(*arguments, relay=BINARY)
    await eventually(lambda: run.faults_done() == 1, "the first fault is over", 40)
    assert len(started_programs(run.logs)) == 4
    run.process.send_signal(signal.SIGINT)
    report = await run.result(1)
    assert len(report["results"]) == 1 and report["failures"] == ["a signal ended the run"]
    assert not started_programs(run.logs)
    run = chaos(*arguments, "--seed", "2", relay=BINARY)
    output, errors = await asyncio.to_thread(run.process.communicate, timeout=20)
    assert run.process.returncode == 78 and "--state" in errors and "of another run" in errors, output
    run = chaos(*arguments, relay=BINARY)
    report = await run.result()
    assert len(report["results"]) == 2 and report["held"]
    assert run.errors.startswith("2/2  hand-over")


async def test_each_level_of_a_tree_may_die(chaos, binary):
    run = chaos("--tree", "--pause", "0s", "--edges", "2", "--clients", "8", "--faults", "kill-root=1,kill-middle=1,kill-leaf=1", relay=binary)
    report = await run.result()
    assert all(row["counts"][zero] == 0 for row in report["rows"] for zero in ZEROS)
    assert {row["fault"]: row["counts"]["gaps"] > 0 for row in report["rows"]} == {
        "kill-root": True,
        "kill-middle": False,
        "kill-leaf": False,
    }


class LyingEdge:
    """Speaks as a relay does, and does wrong when it is asked to by HTTP."""

    def __init__(self):
        self.number = 0
        self.sequence = 0
        self.talks = set()
        self.port = None

    @classmethod
    @asynccontextmanager
    async def running(cls):
        edge = cls()
        async with serve(
            edge.talk, "127.0.0.1", 0, subprotocols=["graphql-transport-ws"], process_request=edge.decide
        ) as server:
            edge.port = server.sockets[0].getsockname()[1]
            task = asyncio.create_task(edge.make_events())
            yield edge
            task.cancel()

    async def make_events(self):
        while True:
            self.event()
            await asyncio.sleep(0.01)

    async def talk(self, connection):
        async for text in connection:
            message = json.loads(text)
            if message["type"] == "connection_init":
                await connection.send(json.dumps({"type": "connection_ack", "payload": message["payload"]}))
            if message["type"] == "subscribe":
                self.talks.add(connection)

    def say(self, data, relay):
        payload = {"data": data, "extensions": {"relay": {"token": f"e:{self.sequence}", **relay}}}
        for talk in self.talks:
            # In order, and at once: what is asked for is done when it is answered.
            asyncio.get_running_loop().create_task(talk.send(json.dumps({"id": "1", "type": "next", "payload": payload})))

    def event(self, number=None):
        if number is None:
            self.number += 1
            number = self.number
        self.sequence += 1
        self.say({"tick": {"n": number}}, {})

    def decide(self, connection, request):
        match request.path.removeprefix("/fault/"):
            case "lose":
                self.number += 1
            case "double":
                self.event(self.number)
            case "swap":
                self.number += 2
                self.event(self.number)
                self.event(self.number - 1)
            case "skip":
                self.sequence += 5
            case "gap":
                self.say(None, {"gap": {"after": f"e:{self.sequence}", "reason": "none"}})
            case "tell":
                self.number += 1
                self.say(None, {"gap": {"after": f"e:{self.sequence}", "reason": "an event is gone"}})
            case _:
                return None
        self.event()
        return connection.respond(200, "done\n")


async def test_what_an_edge_does_wrong_is_found(chaos):
    found = {
        "lose": {"lost": 1},
        "double": {"doubled": 1},
        "swap": {"reordered": 1},
        "skip": {"holes": 1},
        "gap": {"falseGaps": 1},
        "tell": {},
    }
    async with LyingEdge.running() as edge:
        arguments = ["--edge", f"ws://127.0.0.1:{edge.port}/graphql", "--clients", "3", "--pause", "0s", "--gapless", "gap"]
        for name in found:
            arguments += ["--fault", f"{name}=curl -sf http://127.0.0.1:{edge.port}/fault/{name}"]
        report = await chaos(*arguments).result(1)
    for row in report["rows"]:
        counts = {zero: row["counts"][zero] / 3 for zero in ZEROS if row["counts"][zero]}
        assert counts == found[row["fault"]], row
        assert row["counts"]["missed"] == (3 if row["fault"] == "tell" else 0)
    assert any("gaps where none may be: 3" in failure for failure in report["failures"])
