"""Subscribers made of other people's clients: gql on `/graphql`, websockets on `/topics/NAME`."""

import asyncio
import json
from contextlib import AsyncExitStack

from gql import Client, GraphQLRequest
from gql.transport.websockets import WebsocketsTransport
from websockets.asyncio.client import connect

from relay import TICK

GRAPHQL = "graphql-transport-ws"
LEGACY = "graphql-ws"
PLAIN = "fanout.v1.json"


class Subscriber:
    """Collects what one client receives, in a task of its own; never reconnects.

    `tls` is the context that checks a relay's certificate; None checks by the system's authorities.
    """

    tls = None

    def __init__(self, url):
        self.url = url
        self.received = []
        self.ended = None
        self._news = asyncio.Event()

    def trusting(self, certificate):
        """Itself, checking the relay by this certificate alone."""
        self.tls = certificate.trust
        return self

    async def stream(self):
        raise NotImplementedError
        yield

    async def __aenter__(self):
        self._task = asyncio.create_task(self._collect())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _collect(self):
        try:
            async for item in self.stream():
                self.received.append(item)
                self._news.set()
            self.ended = EOFError("the stream completed")
        except Exception as error:
            self.ended = error
        finally:
            self._news.set()

    async def until(self, condition, what, deadline=15):
        """Waits until the condition on this subscriber holds; an ended stream fails it with its error."""
        try:
            async with asyncio.timeout(deadline):
                while not condition(self):
                    if self.ended:
                        raise AssertionError(f"{self.url} ended before: {what}") from self.ended
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{self.url} not within {deadline} s: {what}") from None

    async def events_arrive(self, count):
        await self.until(lambda own: len(own.events) >= count, f"{count} events")

    async def reach(self, number):
        """Waits for a tick with this number or a later one."""
        await self.until(lambda own: own.numbers and own.numbers[-1] >= number, f"tick {number}")

    async def failure(self, deadline=15):
        """The error that ended the stream."""
        await self.until(lambda own: own.ended, "the end of the stream", deadline)
        return self.ended

    @property
    def events(self):
        """The GraphQL results received, as `{"data": …}`."""
        return self.received

    @property
    def numbers(self):
        return [event["data"]["tick"]["n"] for event in self.events]


class GQLSubscriber(Subscriber):
    """gql's client with its websockets transport, reconnecting off."""

    def __init__(self, url, document=TICK, variables=None, operation_name=None, subprotocol=GRAPHQL):
        super().__init__(url)
        self.subprotocol = subprotocol
        self.request = GraphQLRequest(document, variable_values=variables, operation_name=operation_name)

    async def stream(self):
        transport = WebsocketsTransport(
            url=self.url,
            subprotocols=[self.subprotocol],
            close_timeout=2,
            ssl=self.tls or self.url.startswith("wss:"),
        )
        async with Client(transport=transport) as session:
            async for data in session.subscribe(self.request):
                yield {"data": data}


class PlainSubscriber(Subscriber):
    """A bare WebSocket of the websockets library, with or without the relay's own subprotocol."""

    def __init__(self, url, subprotocols=(PLAIN,)):
        super().__init__(url)
        self.subprotocols = list(subprotocols) or None

    async def stream(self):
        async with connect(self.url, subprotocols=self.subprotocols, close_timeout=2, ssl=self.tls) as connection:
            self.connection = connection
            async for message in connection:
                yield json.loads(message)
            raise EOFError(f"closed with {connection.close_code}")

    def frames(self, kind):
        return [frame for frame in self.received if frame["type"] == kind]

    @property
    def events(self):
        return [frame["payload"] for frame in self.frames("event")]

    @property
    def sequences(self):
        return [frame["sequence"] for frame in self.frames("event")]


class BareSubscriber(PlainSubscriber):
    """A plain client of `?format=payload`: each message is a GraphQL result."""

    @property
    def events(self):
        return self.received


class Crowd:
    """Many live subscribers of one relay's `tick`, half of them on each protocol.

    Their topic ticks at a pace that so many clients in one Python process can follow.
    """

    topics = {"tick": TICK.replace("20", "200")}

    def __init__(self, relay, size, tls=None):
        document = self.topics["tick"]
        self.gql = [GQLSubscriber(relay.graphql_url, document) for _ in range(size // 2)]
        self.plain = [PlainSubscriber(relay.topic_url("tick")) for _ in range(size - size // 2)]
        for subscriber in self.everyone:
            subscriber.tls = tls

    @property
    def everyone(self):
        return self.gql + self.plain

    async def __aenter__(self):
        self._open = AsyncExitStack()
        for subscriber in self.everyone:
            await self._open.enter_async_context(subscriber)
        try:
            await self.events_arrive(2)
        except BaseException:
            await self._open.aclose()
            raise
        return self

    async def __aexit__(self, *_):
        await self._open.aclose()

    async def events_arrive(self, count):
        await asyncio.gather(*(subscriber.events_arrive(count) for subscriber in self.everyone))

    async def reach(self, number):
        await asyncio.gather(*(subscriber.reach(number) for subscriber in self.everyone))
