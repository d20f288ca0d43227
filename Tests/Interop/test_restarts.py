"""A relay that is restarted while a service manager keeps its socket: nobody is refused, and nothing is lost untold."""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess

from relay import relay_binary
from test_listeners import Passing, activated
from test_tokens import ASK, Resumer, place
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

# The measurement of 1,000 is the same with another number.
CLIENTS = int(os.environ.get("FANOUT_RESTART_CLIENTS", "300"))
SLOW_TICK = "subscription { tick(intervalMs: 500) { n at } }"


def start(upstream, listening):
    command = [*activated([listening], ""), str(relay_binary()), "serve", "--upstream", upstream.graphql_url]
    command += ["--topic", f"tick={SLOW_TICK}", "--drain-window", "2s", "--listen", "systemd"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, close_fds=False, preexec_fn=Passing([listening]))


class AcrossRestarts(Resumer):
    """The numbers of another process begin anew, behind the gap that tells of it."""

    def take(self, payload):
        relay = payload["extensions"]["relay"]
        if self.token and "gap" in relay and place(relay["token"])[0] != place(self.token)[0]:
            self.sequence = place(relay["gap"]["after"])[1]
        super().take(payload)


class Returning:
    """A client with tokens that comes back whenever its connection ends."""

    def __init__(self, url):
        self.url = url
        self.resumer = AcrossRestarts()
        self.closes = []
        self.refused = 0
        self.epochs = set()

    async def run(self):
        while True:
            try:
                async with connect(self.url, subprotocols=["graphql-transport-ws"], open_timeout=30) as socket:
                    try:
                        await self.listen(socket)
                    except ConnectionClosed:
                        pass
                    self.closes.append(socket.close_code)
            except OSError:
                self.refused += 1
            # As every client of many should.
            await asyncio.sleep(random.uniform(0, 0.5))

    async def listen(self, socket):
        await socket.send(json.dumps({"type": "connection_init", "payload": ASK}))
        await socket.recv()
        relay = {"after": self.resumer.token} if self.resumer.token else {}
        payload = {"query": SLOW_TICK, "extensions": {"relay": relay}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        async for text in socket:
            self.resumer.take(json.loads(text)["payload"])
            self.epochs.add(place(self.resumer.token)[0])


async def test_clients_live_through_a_restart_behind_a_socket_that_stays(upstream):
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listening:
        url = f"ws://127.0.0.1:{listening.getsockname()[1]}/graphql"
        first = start(upstream, listening)
        second = None
        clients = [Returning(url) for _ in range(CLIENTS)]
        tasks = [asyncio.create_task(client.run()) for client in clients]

        async def until(condition):
            async with asyncio.timeout(60):
                while not all(condition(client) for client in clients):
                    # A client that found something wrong ends.
                    for task in tasks:
                        if task.done():
                            task.result()
                    await asyncio.sleep(0.05)

        try:
            await until(lambda client: len(client.resumer.numbers) >= 3)
            first.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(first.wait, 20) == 0
            second = start(upstream, listening)
            before = {client: len(client.resumer.numbers) for client in clients}
            await until(lambda client: len(client.epochs) == 2 and len(client.resumer.numbers) >= before[client] + 2)
            assert sum(client.refused for client in clients) == 0
            assert {tuple(client.closes) for client in clients} == {(1001,)}
            # The numbers of another process can't be compared: each is told once that events may be missing.
            assert {len(client.resumer.gaps) for client in clients} == {1}
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for process in (first, second):
                if process:
                    process.kill()
                    process.communicate()
