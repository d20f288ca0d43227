#!/usr/bin/env python3
"""Compares what a handshake costs two builds of the relay, in turns within the same seconds.

    deploy/compare-handshakes.py BASE RELAY [--protocol plain|graphql] [--rounds 150] [--connections 200]

Both run at once, and each round opens the connections at one and then at the other, in changing order: separate runs
scatter by more than what is to be told apart. A GraphQL client is acknowledged and subscribes, too. Prints the CPU time
of all threads for each handshake as /proc/PID/task/*/schedstat tells it; give the same build twice first, to see how
noisy the machine is. Ends with 1 when a connection wasn't served.
"""

import argparse
import os
import re
import select
import socket
import statistics
import subprocess
import time
from pathlib import Path

HEAD = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)
REQUESTS = {
    "plain": HEAD.format(path="/topics/tick", more=""),
    "graphql": HEAD.format(path="/graphql", more="Sec-WebSocket-Protocol: graphql-transport-ws\r\n"),
}
INITIALISE = '{"type":"connection_init"}'
SUBSCRIBE = '{"id":"1","type":"subscribe","payload":{"query":"subscription { tick }"}}'
# A masked ping, whose pong shows that what came before was handled.
PING = bytes([0x89, 0x80, 0, 0, 0, 0])


def frame(text):
    data = text.encode()
    assert len(data) < 126
    return bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data


class Relay:
    def __init__(self, binary):
        # Nobody answers at the upstream: handshakes don't need it.
        command = [binary, "serve", "--upstream", "ws://127.0.0.1:9/", "--listen", "127.0.0.1:0", "--shards", "1"]
        command += ["--topic", "tick=subscription { tick }", "--log-level", "critical"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.times = []
        text, deadline = "", time.monotonic() + 30
        while select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
            piece = os.read(self.process.stdout.fileno(), 4096).decode()
            text += piece
            if match := re.search(r"listening on http://127\.0\.0\.1:(\d+)\s", text):
                self.port = int(match[1])
                return
            if not piece:
                break
        self.process.kill()
        raise SystemExit(f"{binary} didn't start: {text}")

    def nanoseconds(self):
        tasks = Path(f"/proc/{self.process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())

    def turn(self, protocol, count):
        """Microseconds for each of so many handshakes."""
        before = self.nanoseconds()
        clients = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(count)]
        for client in clients:
            client.sendall(REQUESTS[protocol].encode())
        for client in clients:
            answer = client.recv(4096)
            if not answer.startswith(b"HTTP/1.1 101"):
                raise SystemExit(f"a handshake was answered {answer[:200]!r}")
            if protocol == "graphql":
                client.sendall(frame(INITIALISE))
        if protocol == "graphql":
            for client in clients:
                client.recv(4096)
                client.sendall(frame(SUBSCRIBE) + PING)
            for client in clients:
                client.recv(4096)
        time.sleep(0.01)
        used = self.nanoseconds() - before
        for client in clients:
            client.close()
        # They leave before the next turn.
        time.sleep(0.03)
        return used / count / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("relay")
    parser.add_argument("--protocol", choices=["plain", "graphql"], default="plain")
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--connections", type=int, default=200)
    arguments = parser.parse_args()
    relays = [Relay(arguments.base), Relay(arguments.relay)]
    try:
        for number in range(3 + arguments.rounds):
            for relay in relays if number % 2 == 0 else reversed(relays):
                used = relay.turn(arguments.protocol, arguments.connections)
                # The first rounds warm up.
                if number >= 3:
                    relay.times.append(used)
    finally:
        for relay in relays:
            relay.process.terminate()
    for name, relay in zip(("base", "relay"), relays):
        print(f"{name:6} median {statistics.median(relay.times):6.1f} µs, least {min(relay.times):6.1f} µs")
    base, relay = (relay.times for relay in relays)
    ratios = sorted(after / before for before, after in zip(base, relay))
    quarter = len(ratios) // 4
    print(
        f"relay / base: median of the rounds {statistics.median(ratios):.3f} "
        f"(half of them {ratios[quarter]:.2f} to {ratios[-quarter - 1]:.2f}), least {min(relay) / min(base):.3f}"
    )


main()
