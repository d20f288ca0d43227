"""The attackers of a hostile load: generators over a `Wire`, which do something to the relay and return its outcome.

Which there are, how many, and what may come of each is told in hostile_attacks.py.
"""

import base64
import hashlib
import hmac
import json
import random
import time

from hostile_wire import CLOSE, READ, TEXT, WRITE, Late, frame, message, pause

PLAIN, GRAPHQL = "/topics/tick", "/graphql"
SUBPROTOCOL = "graphql-transport-ws"
STREAM = "Accept: text/event-stream\r\n"
SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": "", "operationName": "tick"}}
# How long the relay may take for an answer, on a machine where the attackers get what is left.
PATIENCE = 15
# From here on a reader that takes nothing has been closed: --lag-limit-age, and what closing may take.
READER_PATIENCE = 90


def encode(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def jwt(secret, algorithm="HS256", **claims):
    """A token by HS256, or by what is called so."""
    parts = ({"alg": algorithm, "typ": "JWT"}, claims)
    signed = ".".join(encode(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


def good_token(secret, name):
    return jwt(secret, sub=name, exp=int(time.time()) + 86_400, topics=["tick"])


def wrong_tokens(secret):
    """A token of each kind that must let nobody in; None is none at all."""
    later = int(time.time()) + 86_400
    good = good_token(secret, "mallory")
    head, claims, signature = good.split(".")
    other = encode(json.dumps({"sub": "ann", "exp": later}).encode())
    return {
        # Longer ago than --jwt-leeway.
        "expired": jwt(secret, sub="mallory", exp=int(time.time()) - 120),
        "tampered": f"{head}.{other}.{signature}",
        "foreign": jwt("another secret of more than thirty-two bytes", sub="mallory", exp=later),
        "unsigned": f"{encode(json.dumps({'alg': 'none'}).encode())}.{other}.",
        "cut": good[:-8],
        "garbage": "x" * 40,
        "none": None,
    }


# --- at the door


def refused_at_upgrade(path):
    def attacker(wire, token):
        protocol = SUBPROTOCOL if path == GRAPHQL else None
        status = yield from wire.upgrade(path, token, protocol)
        if status == "101" and path == GRAPHQL and token is None:
            # Who has shown nothing so far may do so in connection_init, and nothing else.
            yield from wire.send(message(SUBSCRIBE))
            got = yield from wire.next_message(PATIENCE)
            return got if isinstance(got, str) else "let in"
        return "let in" if status == "101" else status or "cut"

    return attacker


def refused_stream(wire, token):
    yield from wire.connect()
    yield from wire.send(wire.request(PLAIN, token, STREAM))
    status = yield from wire.head(PATIENCE)
    return "let in" if status == "200" else status or "cut"


def refused_init(wire, token):
    status = yield from wire.upgrade(GRAPHQL, None, SUBPROTOCOL)
    if status != "101":
        return status or "cut"
    payload = {"token": token} if token else {}
    yield from wire.send(message({"type": "connection_init", "payload": payload}) + message(SUBSCRIBE))
    got = yield from wire.next_message(PATIENCE)
    return got if isinstance(got, str) else "let in"


DOORS = {
    "topic": refused_at_upgrade(PLAIN),
    "graphql": refused_at_upgrade(GRAPHQL),
    "stream": refused_stream,
    "init": refused_init,
}


def acknowledged(wire, token, receive_buffer=None):
    """Enters with a good token; how it went otherwise, or None."""
    status = yield from wire.upgrade(GRAPHQL, token, SUBPROTOCOL, receive_buffer)
    if status != "101":
        return status or "cut"
    yield from wire.send(message({"type": "connection_init"}))
    got = yield from wire.next_message(PATIENCE)
    return got if isinstance(got, str) else None


# --- churn


def churn(way):
    def attacker(wire, token):
        status = yield from wire.upgrade(PLAIN, token)
        if status != "101":
            return status or "cut"
        got = yield from wire.next_message(PATIENCE)
        if isinstance(got, str):
            return got
        if way == "reset":
            wire.reset()
        elif way == "close":
            yield from wire.send(frame(8, b"\x03\xe8"))
            return (yield from wire.fate(PATIENCE))
        return "left"

    return attacker


# --- floods


def flood(batch, path=GRAPHQL, first=b"", deaf=False):
    """Sends as fast as the relay reads, until it is closed; who is deaf looks only when nothing more can be sent."""

    def attacker(wire, token):
        if path == GRAPHQL:
            if refusal := (yield from acknowledged(wire, token)):
                return refusal
        else:
            status = yield from wire.upgrade(path, token)
            if status != "101":
                return status or "cut"
        end = time.monotonic() + PATIENCE
        try:
            yield from wire.send(first)
            while time.monotonic() < end:
                yield from wire.send(batch)
                # The other attackers have their turn.
                yield WRITE, PATIENCE
                while not deaf and wire.has_more():
                    # Not the next message: whoever waits for one behind a pong doesn't flood.
                    match (yield from wire.next_frame(PATIENCE)):
                        case None:
                            return "cut"
                        case (code, payload) if code == CLOSE:
                            return str(int.from_bytes(payload[:2], "big")) if payload else "1005"
        except ConnectionError:
            pass
        return (yield from wire.fate(PATIENCE))

    return attacker


# --- messages that are too large, or never whole


def giant(pieces):
    """Sends what must close it."""

    def attacker(wire, token):
        if refusal := (yield from acknowledged(wire, token)):
            return refusal
        try:
            for piece in pieces:
                yield from wire.send(piece)
        except ConnectionError:
            pass
        return (yield from wire.fate(PATIENCE))

    return attacker


def unfinished(wire, token):
    """Holds what a message may have, and never ends it; nor does it answer pings."""
    if refusal := (yield from acknowledged(wire, token)):
        return refusal
    yield from wire.send(frame(TEXT, b"[" + b" " * 60_000, final=False))
    end = time.monotonic() + READER_PATIENCE
    while got := (yield from wire.next_frame(max(0.01, end - time.monotonic()))):
        if got[0] == 8:
            return str(int.from_bytes(got[1][:2], "big"))
    return "cut"


# --- slow ones


def slow_head(wire, token):
    """A byte each second, until somebody has had enough."""
    yield from wire.connect()
    end = time.monotonic() + READER_PATIENCE
    for byte in wire.request(PLAIN, token, "X-Filler: " + "x" * 1000 + "\r\n"):
        yield from wire.send(bytes([byte]))
        if (yield READ, 1):
            return (yield from wire.head(1)) or "cut"
        if time.monotonic() > end:
            break
    return "not ended"


def slow_body(wire, token):
    yield from wire.connect()
    fields = STREAM + "Content-Type: application/json\r\nContent-Length: 5000\r\n"
    yield from wire.send(wire.request(GRAPHQL, token, fields, "POST") + b'{"query":"')
    end = time.monotonic() + READER_PATIENCE
    while time.monotonic() < end:
        if (yield READ, 1):
            return (yield from wire.head(1)) or "cut"
        yield from wire.send(b"a")
    return "not ended"


def large_body(wire, token):
    yield from wire.connect()
    fields = STREAM + "Content-Type: application/json\r\nContent-Length: 10000000000\r\n"
    try:
        yield from wire.send(wire.request(GRAPHQL, token, fields, "POST") + b'{"query":"' + b"a" * 100_000)
    except ConnectionError:
        pass
    return (yield from wire.head(PATIENCE)) or "cut"


def reader(protocol):
    """Subscribes and reads nothing; looks much later how it was ended."""

    def attacker(wire, token):
        if protocol == "graphql":
            if refusal := (yield from acknowledged(wire, token, 4096)):
                return refusal
            yield from wire.send(message(SUBSCRIBE))
        elif protocol == "plain":
            status = yield from wire.upgrade(PLAIN, token, None, 4096)
            if status != "101":
                return status or "cut"
        else:
            yield from wire.connect(4096)
            yield from wire.send(wire.request(PLAIN, token, STREAM))
            status = yield from wire.head(PATIENCE)
            if status != "200":
                return status or "cut"
        yield from pause(READER_PATIENCE)
        end = time.monotonic() + PATIENCE
        if protocol != "stream":
            return (yield from wire.fate(PATIENCE))
        while (yield from wire.more(max(0.01, end - time.monotonic()))):
            wire.buffer.clear()
            if time.monotonic() > end:
                raise Late("not ended")
        return "cut"

    return attacker


# --- subscriptions that can't be


BROKEN = ["subscription { other { n } }", "subscription {", "{" * 300, "query { a }", "\u0000", "subscription { a b }"]
BROKEN += ["subscription { tick { " + "n " * 9000 + "} }", "fragment F on T { ...F } subscription { ...F }"]


def storm(wire, token):
    """Asks for what isn't there, a hundred times, and gets as many errors."""
    if refusal := (yield from acknowledged(wire, token)):
        return refusal
    for number in range(100):
        payload = {"query": BROKEN[number % len(BROKEN)]}
        yield from wire.send(message({"id": str(number), "type": "subscribe", "payload": payload}))
        got = yield from wire.next_message(PATIENCE)
        if isinstance(got, str):
            return got
        if got["type"] != "error" or got["id"] != str(number):
            return f"answered {got['type']}"
        yield from pause(0.01)
    return "errors"


def twice(wire, token):
    """An id that is taken."""
    if refusal := (yield from acknowledged(wire, token)):
        return refusal
    yield from wire.send(message(SUBSCRIBE) + message(SUBSCRIBE))
    return (yield from wire.fate(PATIENCE))


# --- connections that break off


def half_closed(wire, token):
    status = yield from wire.upgrade(PLAIN, token)
    if status != "101":
        return status or "cut"
    wire.socket.shutdown(1)
    return (yield from wire.fate(PATIENCE))


def broken_off(wire, token):
    yield from wire.connect()
    whole = wire.request(PLAIN, token, STREAM)
    yield from wire.send(whole[: random.randrange(1, len(whole))])
    wire.reset()
    return "left"


def silent(wire, _):
    yield from wire.connect()
    if (yield READ, READER_PATIENCE):
        return (yield from wire.head(1)) or "cut"
    return "not ended"
