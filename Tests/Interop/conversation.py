"""A graphql-transport-ws dialogue frame by frame, for what a well-behaved client never says."""

import asyncio
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from clients import GRAPHQL
from relay import TICK


class Conversation:
    """One raw WebSocket; every wait has a deadline."""

    def __init__(self, url, subprotocols=(GRAPHQL,), deadline=10):
        self.url = url
        self.subprotocols = list(subprotocols) or None
        self.deadline = deadline

    async def __aenter__(self):
        self.connection = await connect(self.url, subprotocols=self.subprotocols, close_timeout=2)
        return self

    async def __aexit__(self, *_):
        await self.connection.close()

    async def say(self, message):
        """Sends an object as JSON, or a string as it stands."""
        await self.connection.send(message if isinstance(message, str) else json.dumps(message))

    async def hear(self):
        async with asyncio.timeout(self.deadline):
            return json.loads(await self.connection.recv())

    async def hear_until(self, wanted):
        """Every message up to and including the first of that type."""
        heard = [await self.hear()]
        while heard[-1]["type"] != wanted:
            heard.append(await self.hear())
        return heard

    async def closed(self):
        """The close code, after whatever else was still under way."""
        try:
            async with asyncio.timeout(self.deadline):
                while True:
                    await self.connection.recv()
        except ConnectionClosed:
            return self.connection.close_code

    async def initialise(self, payload=None):
        await self.say({"type": "connection_init"} | ({"payload": payload} if payload else {}))
        assert (await self.hear())["type"] == "connection_ack"

    async def subscribe(self, identifier, query=TICK):
        await self.say({"id": identifier, "type": "subscribe", "payload": {"query": query}})
