"""Counts sockets and operations on the wire, whichever GraphQL library serves them."""

import json

from starlette.responses import JSONResponse


class WireCounters:
    """An ASGI application around another: counts its WebSocket traffic and tells on `GET /stats`."""

    def __init__(self, application):
        self.application = application
        self.connections = 0
        self.subscriptions_total = 0
        self.authorization = None
        self.subprotocol = None
        self.active = {}

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["path"] == "/stats":
            await JSONResponse(self.snapshot())(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.count(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    def snapshot(self):
        return {
            "websockets": len(self.active),
            "connections": self.connections,
            "subscriptions": sum(len(operations) for operations in self.active.values()),
            "subscriptionsTotal": self.subscriptions_total,
            "authorization": self.authorization,
            "subprotocol": self.subprotocol,
        }

    async def count(self, scope, receive, send):
        self.connections += 1
        self.authorization = dict(scope["headers"]).get(b"authorization", b"").decode() or None
        socket = object()
        operations = self.active[socket] = set()

        async def counted_receive():
            event = await receive()
            message = decoded(event)
            if message.get("type") in ("subscribe", "start"):
                self.subscriptions_total += 1
                operations.add(message.get("id"))
            elif message.get("type") in ("complete", "stop"):
                operations.discard(message.get("id"))
            return event

        async def counted_send(event):
            if event["type"] == "websocket.accept":
                self.subprotocol = event.get("subprotocol")
            message = decoded(event)
            if message.get("type") in ("complete", "error"):
                operations.discard(message.get("id"))
            await send(event)

        try:
            await self.application(scope, counted_receive, counted_send)
        finally:
            del self.active[socket]


def decoded(event):
    """The JSON object in an ASGI event, or an empty one when it carries none."""
    try:
        message = json.loads(event.get("text") or "null")
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
