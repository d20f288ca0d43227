"""An upstream in the test's own process, which does what the test says and remembers what it was told."""

import json
import subprocess
from contextlib import asynccontextmanager
from http import HTTPStatus

from websockets.asyncio.server import serve

BOTH = ["graphql-transport-ws", "graphql-ws"]


class ScriptedUpstream:
    """Acknowledges every link, unless the test has a close code or a redirect for it; answers no operation."""

    def __init__(self, subprotocols, scheme, closing, location):
        self.scheme = scheme
        self.subprotocols = subprotocols
        self.closing = list(closing)
        self.location = location
        self.offers = []
        self.operations = []
        self.completions = 0
        self.port = None

    @classmethod
    @asynccontextmanager
    async def running(cls, subprotocols=BOTH, tls=None, closing=(), location=None):
        """`closing` are the close codes of the first links, `location` is where every upgrade is redirected."""
        upstream = cls(subprotocols, "wss" if tls else "ws", closing, location)
        arguments = {"subprotocols": subprotocols, "process_request": upstream.decide, "ssl": tls}
        async with serve(upstream.talk, "127.0.0.1", 0, **arguments) as server:
            upstream.port = server.sockets[0].getsockname()[1]
            yield upstream

    @property
    def graphql_url(self):
        return f"{self.scheme}://localhost:{self.port}/graphql"

    def decide(self, connection, request):
        self.offers.append([name.strip() for name in request.headers["Sec-WebSocket-Protocol"].split(",")])
        if not self.location:
            return None
        response = connection.respond(HTTPStatus.FOUND, "elsewhere\n")
        response.headers["Location"] = self.location
        return response

    async def talk(self, connection):
        assert json.loads(await connection.recv())["type"] == "connection_init"
        if self.closing:
            await connection.close(self.closing.pop(0))
            return
        await connection.send('{"type":"connection_ack"}')
        async for text in connection:
            message = json.loads(text)
            if message["type"] in ("subscribe", "start"):
                self.operations.append(message["payload"]["query"])
            elif message["type"] in ("complete", "stop"):
                self.completions += 1


def make_certificate(directory):
    """A certificate for localhost that signs itself; gives the paths of it and its key."""
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key
