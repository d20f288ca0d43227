"""Clients that leave over TLS while their answers are awaited."""

import asyncio
import json
import socket
import ssl
import struct

import pytest
from certificate import Certificate
from probe import eventually, metric
from scripted_upstream import ScriptedUpstream
from websockets.asyncio.client import connect

QUERY = "{ silence }"
MUTATION = "mutation { silence }"


class SilentUpstream(ScriptedUpstream):
    """Answers an operation when the test says so, and remembers which ones were completed."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.link = None
        self.waiting = []
        self.completed = 0

    async def talk(self, connection):
        self.link = connection
        await connection.recv()
        await connection.send('{"type":"connection_ack"}')
        async for text in connection:
            message = json.loads(text)
            if message["type"] == "subscribe" and "silence" in message["payload"]["query"]:
                self.operations.append(message["payload"]["query"])
                self.waiting.append(message["id"])
            elif message["type"] == "complete":
                self.completed += 1

    async def answer(self):
        for number in self.waiting:
            await self.link.send(f'{{"id":"{number}","type":"next","payload":{{"data":{{"n":1}}}}}}')
            await self.link.send(f'{{"id":"{number}","type":"complete"}}')


class Client:
    """TLS in memory on a plain socket, so that TCP and TLS can end one without the other."""

    def __init__(self, relay, certificate):
        self.connection = socket.create_connection(("127.0.0.1", relay.port), timeout=10)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = certificate.trust.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.pump(self.session.do_handshake)

    def pump(self, step, *arguments):
        while True:
            try:
                result = step(*arguments)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                data = self.connection.recv(65536)
                if not data:
                    raise ConnectionError("the end of TCP") from None
                self.incoming.write(data)

    def flush(self):
        if data := self.outgoing.read():
            self.connection.sendall(data)

    def ask(self, query, version="1.1"):
        body = json.dumps({"query": query})
        head = f"POST /graphql HTTP/{version}\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        self.pump(self.session.write, f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    def hear(self, mark):
        text = b""
        while mark not in text:
            text += self.pump(self.session.read, 65536)
        return text

    def closes(self):
        self.connection.close()

    def ends_tls_first(self):
        try:
            self.session.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.flush()
        self.connection.close()

    def resets(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


@pytest.fixture
def certificate(tmp_path):
    return Certificate(tmp_path)


@pytest.fixture
def serve(start_relay, certificate):
    def start(upstream):
        return start_relay(
            upstream, options=[*certificate.options, ("--allow-execute",), ("--drain-window", "0s")]
        )

    return start


async def arrived(upstream):
    await eventually(lambda: upstream.operations, "the operation came")


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("leave", ["closes", "ends_tls_first", "resets"])
async def test_a_query_whose_client_has_gone_is_cancelled(leave, version, serve, certificate):
    async with SilentUpstream.running() as upstream:
        relay = serve(upstream)
        await eventually(lambda: metric(relay, "fanout_upstream_connected") == 1, "the link")
        client = await asyncio.to_thread(Client, relay, certificate)
        client.ask(QUERY, version)
        await arrived(upstream)
        getattr(client, leave)()
        await eventually(lambda: upstream.completed == 1, "the server is told")
        await eventually(lambda: metric(relay, "fanout_executions") == 0, "the place is free")
        assert await asyncio.to_thread(metric, relay, "fanout_executions_abandoned_total") == 1


async def test_a_mutation_whose_client_has_gone_goes_on(serve, certificate):
    async with SilentUpstream.running() as upstream:
        relay = serve(upstream)
        await eventually(lambda: metric(relay, "fanout_upstream_connected") == 1, "the link")
        client = await asyncio.to_thread(Client, relay, certificate)
        client.ask(MUTATION)
        await arrived(upstream)
        client.closes()
        await eventually(lambda: metric(relay, "fanout_executions_abandoned_total") == 1, "it is noticed")
        assert await asyncio.to_thread(metric, relay, "fanout_executions") == 1
        # Once it has its result, it may be completed from this side before the server's word comes.
        assert upstream.completed == 0
        await upstream.answer()
        await eventually(lambda: metric(relay, "fanout_executions") == 0, "the place is free")


async def test_a_client_that_only_ends_its_side_gets_its_answer(serve, certificate):
    async with SilentUpstream.running() as upstream:
        relay = serve(upstream)
        await eventually(lambda: metric(relay, "fanout_upstream_connected") == 1, "the link")
        client = await asyncio.to_thread(Client, relay, certificate)
        client.ask(QUERY)
        await arrived(upstream)
        client.connection.shutdown(socket.SHUT_WR)
        assert await asyncio.to_thread(client.hear, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await upstream.answer()
        assert b'{"data":{"n":1}}' in await asyncio.to_thread(client.hear, b"}}")
        assert await asyncio.to_thread(metric, relay, "fanout_executions_abandoned_total") == 0


@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "completes"])
async def test_a_websocket_client_that_leaves_or_completes_cancels_its_query(leaves, serve, certificate):
    async with SilentUpstream.running() as upstream:
        relay = serve(upstream)
        await eventually(lambda: metric(relay, "fanout_upstream_connected") == 1, "the link")
        async with connect(relay.graphql_url, subprotocols=["graphql-transport-ws"], ssl=certificate.trust) as client:
            await client.send('{"type":"connection_init"}')
            await client.recv()
            await client.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": QUERY}}))
            await arrived(upstream)
            if leaves:
                client.transport.abort()
            else:
                await client.send('{"id":"1","type":"complete"}')
            await eventually(lambda: upstream.completed == 1, "the server is told")


async def test_a_drain_awaits_an_answer_over_tls(serve, certificate):
    async with SilentUpstream.running() as upstream:
        relay = serve(upstream)
        await eventually(lambda: metric(relay, "fanout_upstream_connected") == 1, "the link")
        client = await asyncio.to_thread(Client, relay, certificate)
        client.ask(QUERY)
        async with connect(relay.graphql_url, subprotocols=["graphql-transport-ws"], ssl=certificate.trust) as other:
            await other.send('{"type":"connection_init"}')
            await other.recv()
            await other.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": QUERY}}))
            await eventually(lambda: len(upstream.operations) == 2, "both came")
            relay.terminate()
            await eventually(lambda: relay.log_lines("draining"), "the drain begins")
            # The window and the farewell are over.
            await asyncio.sleep(0.7)
            await upstream.answer()
            assert b'{"data":{"n":1}}' in await asyncio.to_thread(client.hear, b"}}")
            assert json.loads(await other.recv())["payload"] == {"data": {"n": 1}}
            assert json.loads(await other.recv()) == {"id": "1", "type": "complete"}
            await other.wait_closed()
            assert other.close_code == 1001
        assert await asyncio.to_thread(relay.wait) == 0
