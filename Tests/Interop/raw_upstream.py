"""A WebSocket server that is nothing but a TCP socket: for what no library would send.

A test gives it a function that has the conversation on each connection; the events of the test's loop drive it.
"""

import asyncio
import base64
import hashlib
import json
from contextlib import asynccontextmanager

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class RawLink:
    """One connection, upgraded by the test when it likes."""

    def __init__(self, reader, writer, number):
        self.reader, self.writer = reader, writer
        self.number = number
        self.headers = {}

    async def request(self):
        """Reads the request for the upgrade."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        lines = [line.partition(":") for line in head.split("\r\n")[1:] if line]
        self.headers = {name.lower(): value.strip() for name, _, value in lines}

    async def refuse(self, status, *headers):
        await self.request()
        head = "\r\n".join([f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "Connection: close"])
        self.writer.write(f"{head}\r\n\r\n".encode())
        await self.writer.drain()

    async def upgrade(self, subprotocol="graphql-transport-ws"):
        """Answers 101; without a subprotocol it names none."""
        await self.request()
        key = self.headers["sec-websocket-key"]
        accept = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
        named = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
        self.writer.write(
            f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n{named}\r\n".encode()
        )

    def frame(self, opcode, payload=b""):
        length = len(payload)
        head = bytes([0x80 | opcode]) + (
            bytes([length]) if length < 126 else bytes([126]) + length.to_bytes(2) if length < 1 << 16
            else bytes([127]) + length.to_bytes(8)
        )  # fmt: skip
        self.writer.write(head + payload)

    def say(self, **message):
        self.frame(TEXT, json.dumps(message).encode())

    def close(self, code):
        """Sends a close frame; TCP stays."""
        self.frame(CLOSE, code.to_bytes(2) + b"on purpose")

    async def hear_frame(self):
        first, second = await self.reader.readexactly(2)
        length = second & 0x7F
        if length > 125:
            length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8))
        mask = await self.reader.readexactly(4)
        payload = await self.reader.readexactly(length)
        return first & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))

    async def hear(self, kind):
        """The next message of that type; pings are answered, everything else is passed over."""
        while True:
            opcode, payload = await self.hear_frame()
            if opcode == PING:
                self.frame(PONG, payload)
            elif opcode == CLOSE:
                raise EOFError(f"closed by the client with {payload!r}")
            elif opcode == TEXT and (message := json.loads(payload))["type"] == kind:
                return message

    async def acknowledge(self):
        await self.hear("connection_init")
        self.say(type="connection_ack")

    async def farewell(self, code):
        """Closes as servers do: ends TCP when the close frame was answered."""
        self.close(code)
        while (await self.hear_frame())[0] != CLOSE:
            pass

    async def gone(self):
        """Waits until the other side has ended TCP."""
        while await self.reader.read(65536):
            pass


class RawUpstream:
    """Counts its connections, and has the test's conversation on each."""

    def __init__(self, conversation):
        self.conversation = conversation
        self.dials = []
        self._tasks = set()

    @classmethod
    @asynccontextmanager
    async def running(cls, conversation):
        """`conversation` is a coroutine function of a link; the connection ends with it."""
        upstream = cls(conversation)
        server = await asyncio.start_server(upstream._talk, "127.0.0.1", 0)
        upstream.port = server.sockets[0].getsockname()[1]
        try:
            yield upstream
        finally:
            server.close()
            for task in list(upstream._tasks):
                task.cancel()
            await asyncio.gather(*upstream._tasks, return_exceptions=True)

    @property
    def graphql_url(self):
        return f"ws://127.0.0.1:{self.port}/graphql"

    async def _talk(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.dials.append(asyncio.get_running_loop().time())
        try:
            await self.conversation(RawLink(reader, writer, len(self.dials)))
        except (EOFError, ConnectionError, asyncio.CancelledError):
            # The relay left, or the test is over.
            pass
        finally:
            self._tasks.discard(asyncio.current_task())
            writer.close()
