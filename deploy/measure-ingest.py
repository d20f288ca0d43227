#!/usr/bin/env python3
"""Events per CPU second of one subscription: the relay's session beside gql's, on the same upstream.

    swift build -c release --product fanout-relay
    .venv/bin/python deploy/measure-ingest.py [--seconds 5] [--rounds 3] [.build/release/fanout-relay]

The relay has one topic and no clients, gql (the environment of Tests/Interop, made by deploy/test.sh) a reconnecting
session and an empty loop body. They take turns, first with events as fast as each reads them, then at an equal pace.
All threads of a process are counted.
"""

import argparse
import asyncio
import os
import re
import select
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from statistics import median

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
LISTEN = ["--listen", "127.0.0.1:0"]
ARRIVED = re.compile(rb"^fanout_topic_events_total\{[^}]*\} (\d+)", re.MULTILINE)
UPSTREAM = r"server at (ws://\S+)"


class Child:
    """A process that says on its output where it listens, within 30 s."""

    def __init__(self, command, wanted):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        output, deadline, text = self.process.stdout, time.monotonic() + 30, ""
        try:
            while select.select([output], [], [], max(0, deadline - time.monotonic()))[0]:
                if not (piece := os.read(output.fileno(), 4096)):
                    break
                text += piece.decode()
                if match := re.search(wanted + r"\s", text):
                    self.said = match[1]
                    return
            raise SystemExit(f"{' '.join(command[:2])} didn't start")
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdout.close()
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def cpu(self):
        """Seconds of all threads that live, user and system, to the nanosecond; none ends while it is measured."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def relay_rate(binary, upstream, document, seconds):
    command = [binary, "serve", *LISTEN, "--shards", "1", "--upstream", upstream, "--topic", f"feed={document}"]
    with Child(command, r"listening on (http://\S+)") as relay:

        def arrived():
            with DIRECT.open(f"{relay.said}/metrics", timeout=10) as answer:
                return int(ARRIVED.search(answer.read())[1])

        deadline = time.monotonic() + 30
        while arrived() == 0:
            if time.monotonic() > deadline:
                raise SystemExit("no event reached the relay within 30 s")
            time.sleep(0.05)
        events, cpu = arrived(), relay.cpu
        time.sleep(seconds)
        return arrived() - events, relay.cpu - cpu


def gql_rate(upstream, document, seconds):
    command = [sys.executable, __file__, "--gql", upstream, "--document", document, "--seconds", str(seconds)]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
    events, cpu = output.split()
    return int(events), float(cpu)


async def receive_with_gql(upstream, document, seconds):
    from gql import Client, gql
    from gql.transport.websockets import WebsocketsTransport

    client = Client(transport=WebsocketsTransport(url=upstream, subprotocols=["graphql-transport-ws"]))
    session = await client.connect_async(reconnecting=True)
    events, began, cpu = 0, None, None
    async for _ in session.subscribe(gql(document)):
        if began is None:
            began, cpu = time.monotonic(), time.process_time()
            continue
        events += 1
        if time.monotonic() - began >= seconds:
            break
    print(events, time.process_time() - cpu, flush=True)
    # Whatever is still on its way would only be read to be thrown away.
    os._exit(0)


def compare(title, binary, upstream, document, arguments):
    rows = []
    for _ in range(arguments.rounds):
        ours = relay_rate(binary, upstream, document, arguments.seconds)
        theirs = gql_rate(upstream, document, arguments.seconds)
        rows.append((ours[0] / ours[1], theirs[0] / theirs[1]))
        print(
            f"{title:>16}  fanout-relay {ours[0] / arguments.seconds:>9,.0f}/s {rows[-1][0]:>11,.0f} per CPU second"
            f"   gql {theirs[0] / arguments.seconds:>7,.0f}/s {rows[-1][1]:>8,.0f} per CPU second"
            f"   ratio {rows[-1][0] / rows[-1][1]:6.1f}",
            flush=True,
        )
    ratio = median(ours / theirs for ours, theirs in rows)
    print(f"{title:>16}  median ratio {ratio:.1f}", flush=True)


def hundreds(text):
    value = int(text)
    if value < 100 or value % 100:
        raise argparse.ArgumentTypeError("allowed: 100, 200, 300 and so on: the events come every 10 ms")
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", default=".build/release/fanout-relay")
    parser.add_argument("--seconds", type=float, default=5, help="length of each run; 5 by default")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; 3 by default")
    parser.add_argument("--payload-bytes", type=int, default=100, help="padding of each event; 100 by default")
    parser.add_argument(
        "--pace", type=hundreds, default=2_000, help="events a second of the paced runs, in hundreds; 2000 by default"
    )
    parser.add_argument("--gql", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--document", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.gql:
        return asyncio.run(receive_with_gql(arguments.gql, arguments.document, arguments.seconds))
    feeds = {
        "as fast as read": "intervalMs: 0, burst: 100",
        "at an equal pace": f"intervalMs: 10, burst: {arguments.pace // 100}",
    }
    with Child([arguments.binary, "demo", *LISTEN, "--upstream-listen", "127.0.0.1:0"], UPSTREAM) as demo:
        for title, pace in feeds.items():
            document = f"subscription {{ tick({pace}, payloadBytes: {arguments.payload_bytes}) {{ n at padding }} }}"
            compare(title, arguments.binary, demo.said, document, arguments)


if __name__ == "__main__":
    sys.exit(main())
