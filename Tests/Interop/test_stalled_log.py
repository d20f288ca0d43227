"""A log that isn't read costs lines of the log, and nothing else."""

import asyncio
import fcntl
import os
import re
import time

from probe import eventually, get, metric
from relay import TICK, relay_binary
from server_process import ADDRESS

F_SETPIPE_SZ = 1031
# Each attempt to connect is a line or two.
CHATTER = ["--upstream", "ws://127.0.0.1:1/graphql", "--retry-connect", "constant(1ms) jitter: none tries: unlimited"]


class Relay:
    """A relay whose standard error is a small pipe."""

    def __init__(self, process, reader):
        self.process = process
        self.reader = reader
        self.url = None

    @classmethod
    async def chatting(cls, output, *options):
        reader, writer = os.pipe()
        fcntl.fcntl(writer, F_SETPIPE_SZ, 4096)
        command = [relay_binary(), "serve", *CHATTER, "--topic", f"tick={TICK}", "--listen", "127.0.0.1:0"]
        command += ["--drain-window", "0s", "--log-level", "debug", *options]
        with output.open("wb") as out:
            process = await asyncio.create_subprocess_exec(*command, stdout=out, stderr=writer)
        os.close(writer)
        relay = cls(process, reader)
        await eventually(lambda: ADDRESS.search(output.read_text()), "it listens")
        match = ADDRESS.search(output.read_text())
        relay.url = f"{match[1]}://127.0.0.1:{match[2]}"
        return relay

    def drops(self):
        return metric(self, "fanout_log_lines_dropped_total")

    async def read_until(self, pattern):
        """What is read of the log up to a match."""
        text = ""
        while not (match := re.search(pattern, text)):
            text += (await asyncio.to_thread(os.read, self.reader, 65536)).decode()
        return match

    def close(self):
        os.close(self.reader)
        self.reader = None




async def test_a_log_that_isnt_read_stalls_nothing(tmp_path):
    relay = await Relay.chatting(tmp_path / "out")
    try:
        await eventually(lambda: relay.drops() > 0, "lines are dropped", 30)
        before = relay.drops()
        await eventually(lambda: relay.drops() > before, "it tries on to connect")
        start = time.monotonic()
        relay.process.terminate()
        assert await relay.process.wait() == 0
        assert time.monotonic() - start < 6
    finally:
        if relay.process.returncode is None:
            relay.process.kill()
        relay.close()


async def test_what_was_dropped_is_told_once_the_log_is_read_again(tmp_path):
    relay = await Relay.chatting(tmp_path / "out")
    try:
        await eventually(lambda: relay.drops() > 0, "lines are dropped", 30)
        match = await relay.read_until(r" warning fanout-relay: lines=(\d+) .*log lines were dropped")
        assert 0 < int(match[1]) <= relay.drops()
        # The log goes on behind it.
        await relay.read_until("connecting to the upstream")
    finally:
        relay.process.kill()
        await relay.process.wait()
        relay.close()


async def test_a_reader_of_the_log_that_goes_away_ends_nothing(tmp_path):
    relay = await Relay.chatting(tmp_path / "out")
    try:
        await relay.read_until("connecting to the upstream")
        relay.close()
        failures = metric(relay, "fanout_upstream_failures_total")
        await eventually(lambda: metric(relay, "fanout_upstream_failures_total") > failures, "it tries on")
        assert get(f"{relay.url}/healthz")[0] == 200
        relay.process.terminate()
        assert await relay.process.wait() == 0
    finally:
        if relay.process.returncode is None:
            relay.process.kill()
