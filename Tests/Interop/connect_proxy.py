"""A proxy of HTTP that opens tunnels, and knows a name that nobody else does."""

import asyncio
import base64
from contextlib import asynccontextmanager

HOST = "graphql.invalid"


class ConnectProxy:
    """Opens tunnels to ports of this machine, for those who name HOST and know the password."""

    def __init__(self, credentials):
        self.wanted = b"Basic " + base64.b64encode(credentials.encode())
        self.requests = []
        self.server = None

    @classmethod
    @asynccontextmanager
    async def running(cls, credentials="ada:s@cret"):
        proxy = cls(credentials)
        proxy.server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        try:
            yield proxy
        finally:
            proxy.server.close()

    @property
    def address(self):
        return f"127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
            method, authority, _ = head[0].decode().split(" ")
            self.requests.append(f"{method} {authority}")
            host, port = authority.rsplit(":", 1)
            if b"Proxy-Authorization: " + self.wanted not in head:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            elif method == "CONNECT" and host == HOST:
                await self.tunnel(reader, writer, int(port))
            else:
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def tunnel(self, reader, writer, port):
        target_reader, target_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, target_writer), pump(target_reader, writer))


async def pump(source, sink):
    """Passes bytes on until either side ends."""
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    finally:
        sink.close()
