"""deploy/cluster-demo.sh, as somebody uses it who reads what it prints: servers with the permissions of deploy/cluster."""

import asyncio
import contextlib
import os
import random
import re
import shlex
import signal
import socket
import subprocess

import pytest
from nats import PROGRAM
from relay import TOP
from test_group import BINARY, Judge, pytestmark  # noqa: F401

SCRIPT = TOP / "deploy" / "cluster-demo.sh"


def first_of_ten_free_ports():
    for _ in range(100):
        # Below those that the kernel gives to connections (ip_local_port_range).
        first = random.randrange(20_000, 32_000, 10)
        try:
            with contextlib.ExitStack() as probes:
                for port in range(first, first + 10):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
    raise AssertionError("no ten free ports")


class Page:
    """Where a relay of the demo is found."""

    def __init__(self, url):
        self.url = url

    def topic_url(self, topic):
        return f"{self.url.replace('http', 'ws')}/topics/{topic}"


async def test_what_it_says_to_kill_costs_no_event(tmp_path):
    environment = os.environ | {"FANOUT_RELAY_BINARY": BINARY, "TMPDIR": str(tmp_path)}
    environment["PATH"] = f"{os.path.dirname(PROGRAM)}:{environment['PATH']}"
    demo = subprocess.Popen(
        [SCRIPT, "--hot", "--ports", str(first_of_ten_free_ports())],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            line = await asyncio.wait_for(asyncio.to_thread(demo.stdout.readline), 60)
            assert line, lines
            lines.append(line)
        text = "".join(lines)
        leader = re.search(r"^0 +(\w) ", text, re.MULTILINE)[1]
        pages = dict(zip("abc", re.findall(r"(http://\S+)/(?=\s)", text)))
        victims = dict(re.findall(r"kill -9 (\d+) +# (\S+)", text))
        assert sorted(victims.values()) == ["a", "b", "c", "server-1", "server-2", "server-3"]
        other = next(name for name in "abc" if name != leader)
        judge = Judge(Page(pages[other]))
        watching = asyncio.create_task(judge.run())

        async def hear(more):
            wanted = judge.events + more
            while judge.events < wanted:
                assert not watching.done()
                await asyncio.sleep(0.05)

        # Whoever stands by has to know for a while what both get.
        await asyncio.wait_for(hear(7), 30)
        os.kill(next(int(process) for process, name in victims.items() if name == leader), signal.SIGKILL)
        await asyncio.wait_for(hear(6), 30)
        code, next_one = await asyncio.to_thread(
            subprocess.getstatusoutput, re.search(r"^  (.* cluster hand-over .*)$", text, re.MULTILINE)[1]
        )
        assert code == 0, next_one
        await asyncio.wait_for(hear(2), 30)
        watching.cancel()
        assert (judge.faults, judge.gaps, judge.missed) == ([], 0, 0)
    finally:
        # Ctrl-C's signal is ignored for good by what was started in the background.
        os.killpg(demo.pid, signal.SIGTERM)
        rest = await asyncio.to_thread(demo.communicate, timeout=60)
    assert demo.returncode == 0, rest
    assert f"{leader} has ended; it is started again" in rest[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--ports", "80"], ["--ports", "x"], ["--ports"], ["three"]])
def test_bad_arguments_are_one_line(words):
    ended = subprocess.run([SCRIPT, *words], capture_output=True, text=True, timeout=20)
    assert ended.returncode == 64 and ended.stderr.count("\n") == 1, shlex.join(words)
