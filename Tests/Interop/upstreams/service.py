"""What both upstream servers share: the sources of their subscriptions, the command line, the server."""

import argparse
import asyncio
import itertools
import socket
import time

import uvicorn
from graphql import GraphQLError

from wire_counters import WireCounters

SUBPROTOCOLS = ["graphql-transport-ws", "graphql-ws"]


def parse_arguments():
    parser = argparse.ArgumentParser(description="A GraphQL server with subscriptions to relay.")
    parser.add_argument("--port", type=int, default=0, help="port on the loopback interface; 0 takes a free one")
    parser.add_argument("--start", type=int, default=1, help="first number that tick gives out")
    parser.add_argument("--token", help="refuse every connection_init whose payload lacks this token")
    parser.add_argument(
        "--subprotocol", action="append", choices=SUBPROTOCOLS, help="speak only this one; strawberry only"
    )
    return parser.parse_args()


class Sources:
    """The event sources; numbers are process-wide, so two operations never see the same one."""

    def __init__(self, start):
        self.numbers = itertools.count(start)
        self.last = 0
        self.refusals = 2

    async def tick(self, interval_ms):
        while True:
            await asyncio.sleep(interval_ms / 1000)
            self.last = next(self.numbers)
            yield {"n": self.last, "at": time.time()}

    async def current(self, delay_ms):
        """The last number given out, at the end of a delay; its time tells it from an event."""
        await asyncio.sleep(delay_ms / 1000)
        return {"n": self.last, "at": -1}

    async def countdown(self, start):
        for remaining in range(start, -1, -1):
            await asyncio.sleep(0.01)
            yield remaining

    async def once(self):
        """One event, then silence: what a late client sees of it can only be a snapshot."""
        yield next(self.numbers)
        await asyncio.Event().wait()

    async def refuse(self):
        raise GraphQLError("this subscription is refused")

    async def starting(self):
        """Refused twice, as by a service whose database is starting; then as `tick`."""
        if self.refusals > 0:
            self.refusals -= 1
            raise GraphQLError("the database is starting")
        return self.tick(20)

    async def orders(self, user):
        """Events of one user, a few at a time."""
        while True:
            await asyncio.sleep(0.03)
            yield {"user": user, "n": next(self.numbers)}

    async def partial(self, interval_ms):
        """Events whose nullable field always fails: data and errors travel together."""
        async for tick in self.tick(interval_ms):
            yield {"n": tick["n"]}


def broken_field() -> str | None:
    raise GraphQLError("this field is broken")


def serve(application, port):
    """Announces the address on standard output and serves until the process is ended."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    configuration = uvicorn.Config(
        WireCounters(application), log_level="warning", lifespan="off", timeout_graceful_shutdown=1
    )
    uvicorn.Server(configuration).run(sockets=[listener])
