#!/usr/bin/env python3
"""Reconnects the relay to its upstream thousands of times, and prints what the one process holds meanwhile.

    swift build -c release --product fanout-relay
    deploy/measure-reconnects.py [--count 10000] [--ending cut|reset|CODE] [.build/release/fanout-relay]

The upstream is the demo's, which ends every link within milliseconds; each link runs an operation before it ends.
Ends with 1 when descriptors or threads grow, or resident memory by more than 10 % over the second half.
"""

import argparse
import os
import re
import select
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TICK = "tick=subscription { tick(intervalMs: 1) { n } }"
AT_ONCE = "constant(1ms) jitter: none"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(command):
    """The process and its address, which it says within 30 s."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output, deadline, text = process.stdout, time.monotonic() + 30, ""
    try:
        while select.select([output], [], [], max(0, deadline - time.monotonic()))[0]:
            if not (piece := os.read(output.fileno(), 4096)):
                break
            text += piece.decode()
            if match := re.search(r"listening on (http://\S+)\s", text):
                return process, match[1]
        raise SystemExit(f"{command[0]} {command[1]} didn't start")
    except BaseException:
        stop(process)
        raise


def stop(process):
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def reconnects(url):
    with DIRECT.open(f"{url}/metrics", timeout=10) as answer:
        return int(re.search(rb"^fanout_upstream_connects_total (\d+)", answer.read(), re.MULTILINE)[1])


def holds(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    resident = int(re.search(r"^VmRSS:\s+(\d+)", status, re.MULTILINE)[1])
    threads = int(re.search(r"^Threads:\s+(\d+)", status, re.MULTILINE)[1])
    return resident, len(list(Path(f"/proc/{pid}/fd").iterdir())), threads


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", default=".build/release/fanout-relay")
    parser.add_argument("--count", type=int, default=10_000, help="reconnects; 10000 by default")
    parser.add_argument("--ending", default="cut", help="how links end: cut (the default), reset, or a close code")
    arguments = parser.parse_args()
    port = free_port()
    upstream, _ = started(
        [arguments.binary, "demo", "--listen", "127.0.0.1:0", "--upstream-listen", f"127.0.0.1:{port}"]
        + ["--drop-links-every", "3ms", "--drop-links-with", arguments.ending]
    )
    relay = None
    try:
        relay, url = started(
            [arguments.binary, "serve", "--listen", "127.0.0.1:0", "--upstream", f"ws://127.0.0.1:{port}/graphql"]
            + ["--topic", TICK, "--retry-connect", AT_ONCE, "--retry-subscribe", AT_ONCE, "--fatal-pause", "1ms", "--history-age", "100ms", "--lag-limit-age", "100ms"]
        )
        rows = sample(relay, url, arguments.count)
    finally:
        for process in (relay, upstream):
            if process:
                stop(process)
    return verdict(rows)


def sample(relay, url, count):
    """What the process holds at the start, and at each tenth of the way."""
    print(f"{'reconnects':>10} {'resident KiB':>12} {'descriptors':>11} {'threads':>7} {'seconds':>8}", flush=True)
    rows = []
    begin = time.monotonic()
    for goal in [count * tenth // 10 for tenth in range(11)]:
        seen, deadline = -1, 0
        while (reached := reconnects(url)) < max(goal, 20):
            # Each reconnect takes milliseconds: half a minute without one is the end.
            if reached > seen:
                seen, deadline = reached, time.monotonic() + 30
            elif time.monotonic() > deadline:
                raise SystemExit(f"no reconnect for 30 s after {reached} of {count}")
            time.sleep(0.05)
        # A link that is being set up or torn down has a descriptor more: the least of a few looks is the level.
        looks = [holds(relay.pid) for _ in range(50) if not time.sleep(0.002)]
        rows.append((reached, *(min(column) for column in zip(*looks))))
        print("{:>10} {:>12} {:>11} {:>7}".format(*rows[-1]), f"{time.monotonic() - begin:8.1f}", flush=True)
    return rows


def verdict(rows):
    first, middle, last = rows[0], rows[len(rows) // 2], rows[-1]
    grown = []
    if last[1] > middle[1] * 1.1:
        grown.append("memory")
    if last[2] > first[2]:
        grown.append("descriptors")
    if last[3] > first[3]:
        grown.append("threads")
    print(f"grown: {', '.join(grown)}" if grown else "level: memory, descriptors, threads")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
