"""Operations that clients bring, each of its own, through the death of the relay that runs them for the group."""

import asyncio
import json
import os
import signal

import websockets
from probe import eventually
from test_group import pytestmark, start_group  # noqa: F401

# TESTED_TOPICS=1000 takes half a minute on two cores.
COUNT = int(os.environ.get("TESTED_TOPICS", "60"))
PROTOCOL = websockets.Subprotocol("graphql-transport-ws")
TOKENS = {"relay": {"tokens": True}}


class CountingUpstream:
    """A GraphQL server that knows how many operations of each document run; each has an event every half second."""

    def __init__(self):
        self.running = {}
        self.most = {}

    async def serve(self, connection):
        tasks = {}
        await connection.recv()
        await connection.send('{"type":"connection_ack"}')
        try:
            async for text in connection:
                message = json.loads(text)
                match message["type"]:
                    case "ping":
                        await connection.send('{"type":"pong"}')
                    case "subscribe":
                        document = message["payload"]["query"]
                        run = self.run(connection, message["id"], document)
                        tasks[message["id"]] = asyncio.create_task(run)
                    case "complete":
                        tasks.pop(message["id"]).cancel()
        finally:
            for task in tasks.values():
                task.cancel()

    async def run(self, connection, name, document):
        self.running[document] = self.running.get(document, 0) + 1
        self.most[document] = max(self.most.get(document, 0), self.running[document])
        try:
            number = 0
            while True:
                number += 1
                payload = {"data": {"event": number}}
                await connection.send(json.dumps({"type": "next", "id": name, "payload": payload}))
                await asyncio.sleep(0.5)
        finally:
            self.running[document] -= 1


class Client:
    """Wants one operation, and comes back with its token to the next relay when its own is gone."""

    def __init__(self, members, number):
        self.urls = [member.url.replace("http", "ws") + "/graphql" for member in members]
        self.number = number
        self.events = 0
        self.token = None
        self.last = None
        self.faults = []
        self.ends = 0

    async def run(self):
        while True:
            try:
                await self.listen(self.urls[(self.number + self.ends) % len(self.urls)])
            except (OSError, websockets.WebSocketException):
                pass
            self.ends += 1
            await asyncio.sleep(0.05)

    async def listen(self, url):
        async with websockets.connect(url, subprotocols=[PROTOCOL], proxy=None) as connection:
            await connection.send(json.dumps({"type": "connection_init", "payload": TOKENS}))
            await connection.recv()
            payload = {"query": f"subscription Own{self.number} {{ event }}"}
            if self.token:
                payload["extensions"] = {"relay": {"after": self.token}}
            await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            async for text in connection:
                message = json.loads(text)
                if message["type"] == "ping":
                    await connection.send('{"type":"pong"}')
                if message["type"] in ("error", "complete"):
                    self.faults.append(message)
                if message["type"] != "next":
                    continue
                relay = message["payload"]["extensions"]["relay"]
                self.take(relay, message["payload"].get("data"))

    def take(self, relay, data):
        self.token = relay["token"]
        if data is None:
            return
        epoch, sequence = self.token.rsplit(":", 1)
        place = (epoch, int(sequence))
        if self.last and self.last[0] == epoch and place[1] != self.last[1] + 1:
            self.faults.append((self.last, place))
        self.last = place
        self.events += 1


async def test_each_runs_once_before_and_after_and_every_client_goes_on(start_group):  # noqa: F811
    group = start_group("cold", {"--allow-any-subscription": None, "--max-topics": str(2 * COUNT)})
    upstream = CountingUpstream()
    server = await websockets.serve(upstream.serve, "127.0.0.1", 0, subprotocols=[PROTOCOL])
    group.upstream_port = server.sockets[0].getsockname()[1]
    for node in ("a", "b", "c"):
        await group.start(node)
    clients = [Client(group.members, number) for number in range(COUNT)]
    tasks = [asyncio.create_task(client.run()) for client in clients]

    async def go_on():
        wanted = [client.events + 3 for client in clients]
        await eventually(
            lambda: all(client.events >= number for client, number in zip(clients, wanted)), "all get events", 120
        )

    def documents():
        return {document: count for document, count in upstream.running.items() if count and "Own" in document}

    await go_on()
    assert sorted(documents().values()) == [1] * COUNT
    leader = await group.leader()
    leader.process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(leader.wait)
    await go_on()
    assert sorted(documents().values()) == [1] * COUNT
    assert [client.faults for client in clients] == [[]] * COUNT
    assert max(count for document, count in upstream.most.items() if "Own" in document) == 1
    for task in tasks:
        task.cancel()
    server.close()
