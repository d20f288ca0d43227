"""What each kind of token comes to, wherever a client shows it, at every door."""

import asyncio
import hashlib
import hmac
import http.client
import json
import time
from urllib.parse import quote

import pytest
from certificate import Certificate
from issuer import Key, encode, key_set, openssl
from relay import TICK
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

GRAPHQL, LEGACY = "graphql-transport-ws", "graphql-ws"


def signed(header, claims, sign):
    text = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    return text + "." + encode(sign(text.encode()))


class Tokens:
    """A token of each kind; the relay knows one key."""

    def __init__(self, directory):
        known, other, foreign = (Key(directory, name) for name in ("known", "other", "foreign"))
        self.keys = key_set(known)
        claims = {"sub": "ann", "aud": "relay", "scope": "subscribe execute"}

        def rsa(key, header=None, **changes):
            sign = lambda data: openssl("dgst", "-sha256", "-sign", str(key.path), data=data)  # noqa: E731
            header = {"alg": "RS256", "kid": "known"} | (header or {})
            return signed(header, {"exp": time.time() + 200} | claims | changes, sign)

        valid = rsa(known)
        head, body, signature = valid.split(".")
        public = openssl("rsa", "-in", str(known.path), "-pubout")
        self.by_kind = {
            "valid": valid,
            "expired": rsa(known, exp=time.time() - 200),
            "not yet": rsa(known, nbf=time.time() + 100),
            "wrong key": rsa(other),
            "wrong audience": rsa(known, aud="another"),
            "foreign kid": rsa(foreign, {"kid": "foreign"}),
            "none": signed({"alg": "none"}, {"exp": time.time() + 200} | claims, lambda _: b""),
            "HS with the public key": signed(
                {"alg": "HS256", "kid": "known"},
                {"exp": time.time() + 200} | claims,
                lambda data: hmac.new(public, data, hashlib.sha256).digest(),
            ),
            "crit": rsa(known, {"crit": ["exp2"], "exp2": 1}),
            "tampered": ".".join((head, encode(json.dumps({"exp": time.time() + 200} | claims | {"sub": "x"}).encode()), signature)),
            "absent": None,
        }


# After these a client comes back with a new token, by the rules of graphql-ws' client; after 4401 it doesn't.
RETURNS = {"expired", "foreign kid"}


class Door:
    """Where the token is shown to the relay."""

    def __init__(self, relay, tls=None):
        self.relay, self.tls = relay, tls

    def shown(self, place, token):
        """Headers and query of a request that shows a token."""
        if token is None:
            return {}, ""
        if place == "authorization":
            return {"Authorization": f"Bearer {token}"}, ""
        if place == "cookie":
            return {"Cookie": f"a=b; session={token}"}, ""
        assert place == "ticket"
        return {}, f"ticket={quote(token)}"

    async def websocket(self, path, subprotocol, place, token):
        """The status of a handshake that fails, else the close code or what else comes of it."""
        headers, query = ({}, "") if place.startswith("init") else self.shown(place, token)
        arguments = {"additional_headers": headers, "subprotocols": subprotocol and [subprotocol]}
        if self.tls:
            arguments["ssl"] = self.tls
        try:
            async with connect(f"{self.relay.websocket_url}{path}?{query}", **arguments) as socket:
                return await self.conversation(socket, subprotocol, place, token)
        except InvalidStatus as refusal:
            return refusal.response.status_code

    async def conversation(self, socket, subprotocol, place, token):
        try:
            async with asyncio.timeout(15):
                if subprotocol is None:
                    return json.loads(await socket.recv())["type"]
                payload = None
                if place.startswith("init") and token is not None:
                    member, value = place.removeprefix("init "), f"Bearer {token}"
                    payload = {"headers": {"Authorization": value}} if member == "headers" else {member: value}
                message = {"type": "connection_init"} | ({"payload": payload} if payload else {})
                await socket.send(json.dumps(message))
                kind = json.loads(await socket.recv())["type"]
                if kind == "connection_error":
                    await socket.recv()
                return kind
        except ConnectionClosed as end:
            return end.rcvd.code

    def request(self, method, path, place, token, headers=None, body=None):
        shown, query = self.shown(place, token)
        secure = self.tls is not None
        host = self.relay.url.removeprefix("https://").removeprefix("http://")
        connection = http.client.HTTPSConnection(host, context=self.tls) if secure else http.client.HTTPConnection(host)
        try:
            separator = "&" if "?" in path else "?"
            connection.request(method, f"{path}{separator}{query}", body, shown | (headers or {}))
            return connection.getresponse().status
        finally:
            connection.close()

    async def ask(self, door, place, token):
        """What becomes of a token that is shown at a place of a door."""
        json_type = {"Content-Type": "application/json"}
        match door:
            case "transport":
                return await self.websocket("/graphql", GRAPHQL, place, token)
            case "legacy":
                return await self.websocket("/graphql", LEGACY, place, token)
            case "plain":
                return await self.websocket("/topics/tick", None, place, token)
            case "SSE":
                accept = {"Accept": "text/event-stream"}
                return await asyncio.to_thread(self.request, "GET", "/topics/tick", place, token, accept)
            case "POST":
                body = json.dumps({"query": "{ __typename }"})
                return await asyncio.to_thread(self.request, "POST", "/graphql", place, token, json_type, body)
            case "GET":
                path = f"/graphql?query={quote('{ __typename }')}"
                return await asyncio.to_thread(self.request, "GET", path, place, token)


DOORS = ["transport", "legacy", "plain", "SSE", "POST", "GET"]
HTTP_PLACES = ["authorization", "cookie", "ticket"]
INIT_PLACES = ["init Authorization", "init authorization", "init token", "init headers"]


def expected(door, place, kind):
    if kind == "valid":
        # A ticket stands in addresses, which are logged: it only begins streams.
        if door in ("POST", "GET"):
            return 403 if place == "ticket" else 200
        return {"plain": "status", "SSE": 200}.get(door, "connection_ack")
    if door == "transport" and (place in INIT_PLACES or kind == "absent"):
        return 4403 if kind in RETURNS else 4401
    if door == "legacy" and (place in INIT_PLACES or kind == "absent"):
        # The legacy protocol has a message for it, and no code of its own.
        return 1011
    return 401


@pytest.mark.parametrize("secure", [False, True], ids=["plaintext", "TLS"])
async def test_every_token_at_every_place_of_every_door(secure, start_relay, upstream, tmp_path):
    tokens = Tokens(tmp_path)
    keys = tmp_path / "keys.json"
    keys.write_bytes(tokens.keys)
    options = [("--jwks-file", str(keys)), ("--jwt-audience", "relay"), ("--token-cookie", "session"), ("--allow-execute",)]
    tls = None
    if secure:
        certificate = Certificate(tmp_path)
        options += certificate.options
        tls = certificate.trust
    relay = start_relay(upstream, {"tick": TICK}, [*options, ("--allow-origin", "https://app.example")])
    door = Door(relay, tls)
    wrong = []
    count = 0
    for name in DOORS:
        places = HTTP_PLACES + (INIT_PLACES if name in ("transport", "legacy") else [])
        for place in places:
            for kind, token in tokens.by_kind.items():
                count += 1
                outcome = await door.ask(name, place, token)
                if outcome != expected(name, place, kind):
                    wrong.append((name, place, kind, outcome, expected(name, place, kind)))
    assert not wrong
    assert count == 11 * (6 * 3 + 2 * 4)
