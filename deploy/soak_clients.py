"""The clients of a soak: each reads one relay's `tick` over one protocol, and yields its numbers as they come.

A stream yields `(n, sequence)`; the sequence is None where the protocol has none. Whatever isn't an event or part of
the protocol's housekeeping is a mishap.
"""

import asyncio
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

PLAIN = "fanout.v1.json"


class Mishap(Exception):
    """Something that must not happen."""


class Ended(Mishap):
    """The relay ended the connection."""

    def __init__(self, text, is_farewell):
        super().__init__(text)
        self.is_farewell = is_farewell


async def messages(url, subprotocol, tls, *greetings):
    """What a WebSocket says, as JSON; the caller gets the connection first."""
    async with connect(
        url, subprotocols=subprotocol and [subprotocol], ssl=tls, proxy=None, ping_timeout=60, close_timeout=5
    ) as connection:
        yield connection
        try:
            for greeting in greetings:
                await connection.send(json.dumps(greeting))
            async for text in connection:
                yield json.loads(text)
        except ConnectionClosed:
            pass
        code = connection.close_code
        raise Ended(f"closed with {code} '{connection.close_reason}'", code == 1001)


async def graphql(relay, tls, subprotocol, start, event):
    payload = {"query": "", "operationName": "tick"}
    stream = messages(relay.graphql_url, subprotocol, tls, {"type": "connection_init"})
    connection = await anext(stream)
    async for message in stream:
        match message["type"]:
            case "connection_ack":
                await connection.send(json.dumps({"id": "1", "type": start, "payload": payload}))
            case "ping":
                await connection.send('{"type":"pong"}')
            case "pong" | "ka":
                pass
            case kind if kind == event and message["id"] == "1":
                yield message["payload"]["data"]["tick"]["n"], None
            case _:
                raise Mishap(f"got {json.dumps(message)[:200]}")


async def transport(relay, tls):
    async for item in graphql(relay, tls, "graphql-transport-ws", "subscribe", "next"):
        yield item


async def legacy(relay, tls):
    async for item in graphql(relay, tls, "graphql-ws", "start", "data"):
        yield item


async def plain(relay, tls):
    stream = messages(relay.topic_url("tick"), PLAIN, tls)
    await anext(stream)
    async for frame in stream:
        if number := numbers_of(frame):
            yield number


async def payloads(relay, tls):
    stream = messages(relay.topic_url("tick", "?format=payload"), None, tls)
    await anext(stream)
    async for payload in stream:
        yield payload["data"]["tick"]["n"], None


def numbers_of(frame):
    """Those of an event; None for news that changes nothing."""
    match frame:
        case {"type": "event", "sequence": sequence, "payload": payload}:
            return payload["data"]["tick"]["n"], sequence
        case {"type": "status", "upstream": "live"}:
            return None
    raise Mishap(f"got {json.dumps(frame)[:200]}")


async def server_sent(relay, tls, path):
    """Kind and data of each server-sent event, by the HTML living standard, section 9.2.6."""
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port, ssl=tls)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status = head.split()[1]
        if status != "200" or "text/event-stream" not in head.lower() or "chunked" in head.lower():
            raise Mishap(f"answered {head[:200]!r}")
        kind, data = "message", []
        while line := (await reader.readline()).decode():
            field, _, value = line.rstrip("\r\n").partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                kind = value
            elif field == "data":
                data.append(value)
            elif line.strip() == "":
                if data:
                    yield kind, "\n".join(data)
                kind, data = "message", []
        raise Ended("the event stream ended", True)
    finally:
        writer.close()


async def topic_events(relay, tls):
    async for _, data in server_sent(relay, tls, "/topics/tick"):
        if number := numbers_of(json.loads(data)):
            yield number


async def graphql_events(relay, tls):
    path = "/graphql?query=&operationName=tick"
    async for kind, data in server_sent(relay, tls, path):
        if kind != "next":
            raise Mishap(f"got {kind} {data[:200]}")
        yield json.loads(data)["data"]["tick"]["n"], None


PROTOCOLS = {
    "graphql-transport-ws": transport,
    "graphql-ws": legacy,
    PLAIN: plain,
    "payloads": payloads,
    "topic over SSE": topic_events,
    "GraphQL over SSE": graphql_events,
}
