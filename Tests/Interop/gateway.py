"""A name that leads to one of several servers: its connections can be cut, and new ones led elsewhere."""

import asyncio
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


def port_of(server):
    return urlsplit(server.graphql_url).port


class Gateway:
    """Passes bytes between its clients and the port that it leads to."""

    def __init__(self, port):
        self.port = port
        self.count = 0
        self._server = None
        self._writers = set()

    @classmethod
    @asynccontextmanager
    async def before(cls, server):
        gateway = cls(port_of(server))
        gateway._server = await asyncio.start_server(gateway._serve, "127.0.0.1", 0)
        try:
            yield gateway
        finally:
            gateway._server.close()
            gateway.cut()

    @property
    def graphql_url(self):
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/graphql"

    def lead_to(self, server):
        """Leads new connections to another server."""
        self.port = port_of(server)

    def cut(self):
        """Ends all connections, without a close frame."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader, writer):
        self.count += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return writer.transport.abort()
        self._writers |= {writer, far_writer}
        with suppress(asyncio.CancelledError):
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _pump(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.transport.abort()
