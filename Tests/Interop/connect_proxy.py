"""Proxies of HTTP and SOCKS that open tunnels, and know a name that nobody else does."""

import asyncio
import base64
from contextlib import asynccontextmanager

HOST = "graphql.invalid"


class TunnelProxy:
    """Opens tunnels to ports of this machine, for those who name HOST and know the password."""

    def __init__(self, credentials):
        self.credentials = credentials
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
            await self.negotiate(reader, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def tunnel(self, reader, writer, port, granted):
        target_reader, target_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(granted)
        await asyncio.gather(pump(reader, target_writer), pump(target_reader, writer))


class ConnectProxy(TunnelProxy):
    """Of HTTP (RFC 9110, section 9.3.6)."""

    async def negotiate(self, reader, writer):
        wanted = b"Basic " + base64.b64encode(self.credentials.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        method, authority, _ = head[0].decode().split(" ")
        self.requests.append(f"{method} {authority}")
        host, port = authority.rsplit(":", 1)
        if b"Proxy-Authorization: " + wanted not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        elif method == "CONNECT" and host == HOST:
            await self.tunnel(reader, writer, int(port), b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


class SocksProxy(TunnelProxy):
    """Of SOCKS 5 (RFC 1928), with a user and password (RFC 1929)."""

    async def negotiate(self, reader, writer):
        assert (await reader.readexactly(1)) == b"\x05"
        methods = await text(reader)
        if b"\x02" not in methods:
            writer.write(b"\x05\xff")
            return
        writer.write(b"\x05\x02")
        assert (await reader.readexactly(1)) == b"\x01"
        credentials = await text(reader) + b":" + await text(reader)
        if credentials != self.credentials.encode():
            writer.write(b"\x01\x01")
            return
        writer.write(b"\x01\x00")
        assert (await reader.readexactly(4)) == b"\x05\x01\x00\x03"
        host, port = await text(reader), int.from_bytes(await reader.readexactly(2))
        self.requests.append(f"{host.decode()}:{port}")
        address = b"\x00\x01" + bytes(6)
        if host == HOST.encode():
            await self.tunnel(reader, writer, port, b"\x05\x00" + address)
        else:
            writer.write(b"\x05\x02" + address)


async def text(reader):
    """What follows a byte that says how long it is."""
    return await reader.readexactly((await reader.readexactly(1))[0])


async def pump(source, sink):
    """Passes bytes on until either side ends."""
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    finally:
        sink.close()
