"""JSON Web Tokens whose keys the relay fetches from their issuer."""

import asyncio
import json
import signal
import socket

import pytest
import websockets
from certificate import Certificate
from issuer import HTTPSource, Key, key_set, reply
from probe import eventually
from relay import TICK
from test_access import ADMIN, fetch


@pytest.fixture
def keys(tmp_path):
    return Key(tmp_path, "first"), Key(tmp_path, "second")


@pytest.fixture
def start(start_relay, upstream, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{ADMIN} scopes=admin,subscribe\n")

    def run(url, *options):
        options = [("--token-file", str(tokens)), ("--jwks-url", url), *options]
        return start_relay(upstream, {"tick": TICK}, options)

    return run


async def status(relay, token):
    return (await fetch(f"{relay.url}/topics", token))[0]


async def counters(relay):
    return (await fetch(f"{relay.url}/metrics", ADMIN))[1]


def until_ready(relay):
    return eventually(lambda: relay.log_lines("fetched the key set"), "the keys are there")


async def close_code(relay, token):
    async with websockets.connect(relay.graphql_url, subprotocols=["graphql-transport-ws"]) as client:
        await client.send(json.dumps({"type": "connection_init", "payload": {"token": token}}))
        try:
            message = await asyncio.wait_for(client.recv(), 10)
            return json.loads(message)["type"]
        except websockets.ConnectionClosed:
            return client.close_code


async def test_keys_change_while_clients_are_connected(start, keys):
    first, second = keys
    with HTTPSource(reply(key_set(first))) as source:
        relay = start(source.url)
        await until_ready(relay)
        headers = {"Authorization": f"Bearer {first.token()}"}
        async with websockets.connect(relay.topic_url("tick"), additional_headers=headers) as client:
            await client.recv()
            source.answer = reply(key_set(second))
            relay.process.send_signal(signal.SIGHUP)
            await eventually(lambda: len(relay.log_lines("fetched the key set")) == 2, "the new keys are there")
            assert await status(relay, second.token()) == 200
            # Its key is withdrawn; who is in stays.
            assert await status(relay, first.token()) == 401
            for _ in range(5):
                await asyncio.wait_for(client.recv(), 10)
        assert 'fanout_jwks_keys{state="used"} 1' in await counters(relay)
        assert await close_code(relay, second.token()) == "connection_ack"
        assert await close_code(relay, first.token()) == 4403


async def test_a_relay_starts_without_its_issuer_and_says_so(start, keys):
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    relay = start(f"http://127.0.0.1:{port}/keys")
    await eventually(lambda: relay.log_lines("can't fetch the key set"), "the complaint")
    token = keys[0].token()
    assert await status(relay, token) == 503
    assert await close_code(relay, token) == 1013
    with pytest.raises(websockets.InvalidStatus) as refusal:
        headers = {"Authorization": f"Bearer {token}"}
        await websockets.connect(relay.topic_url("tick"), additional_headers=headers)
    assert refusal.value.response.status_code == 503
    assert refusal.value.response.headers["Retry-After"] == "5"
    ready, reason = await fetch(f"{relay.url}/readyz", "")
    assert ready == 503 and "keys" in reason
    # The other ways in are open.
    assert 'fanout_jwks_fetches_total{result="unreachable"}' in await counters(relay)
    assert "fanout_jwks_age_seconds " not in await counters(relay)
    with HTTPSource(reply(key_set(keys[0])), port=port):
        await until_ready(relay)
        assert await status(relay, token) == 200
        assert (await fetch(f"{relay.url}/readyz", ""))[0] == 200
        assert "fanout_jwks_age_seconds " in await counters(relay)
    assert len(relay.log_lines("can't fetch the key set")) == 1


def redirect(keys):
    other = HTTPSource(reply(key_set(keys[0])))
    return reply(b"", 302, Location=other.url)


@pytest.mark.parametrize(
    "answer, result",
    [
        (lambda _: reply(b"<html>"), "malformed"),
        (lambda _: reply(b'{"keys":[],"keys":[]}'), "malformed"),
        (lambda _: reply(b'{"keys":[]}'), "no_keys"),
        (lambda _: reply(b'{"keys":[{"kty":"oct","k":"' + b"A" * 64 + b'"}]}'), "no_keys"),
        (lambda keys: reply(key_set(keys[0]) + b" " * (256 << 10)), "too_large"),
        (lambda keys: reply(key_set(keys[0]), 404), "status"),
        (redirect, "status"),
    ],
)
async def test_what_is_no_key_set_spoils_nothing(start, keys, answer, result):
    with HTTPSource(reply(key_set(keys[0]))) as source:
        relay = start(source.url)
        await until_ready(relay)
        source.answer = answer(keys)
        relay.process.send_signal(signal.SIGHUP)
        await eventually(lambda: relay.log_lines("can't fetch the key set"), "the complaint")
        assert await status(relay, keys[0].token()) == 200
        assert f'fanout_jwks_fetches_total{{result="{result}"}} 1' in await counters(relay)
        source.answer = reply(key_set(*keys))
        relay.process.send_signal(signal.SIGHUP)
        await eventually(lambda: len(relay.log_lines("fetched the key set")) == 2, "the repair")
        assert await status(relay, keys[1].token()) == 200


@pytest.mark.parametrize("flag", ["--jwks-ca", "--upstream-ca"])
async def test_the_issuer_is_trusted_by_the_authorities_that_are_named(start, keys, tmp_path, flag):
    certificate = Certificate(tmp_path, "issuer")
    with HTTPSource(reply(key_set(keys[0])), certificate=certificate) as source:
        relay = start(source.url, (flag, str(certificate.path)))
        await until_ready(relay)
        assert await status(relay, keys[0].token()) == 200


async def test_an_issuer_that_nobody_vouches_for_is_not_trusted(start, keys, tmp_path):
    with HTTPSource(reply(key_set(keys[0])), certificate=Certificate(tmp_path, "issuer")) as source:
        relay = start(source.url)
        await eventually(lambda: relay.log_lines("can't fetch the key set"), "the complaint")
        assert await status(relay, keys[0].token()) == 503
        assert source.requests == []


async def test_a_foreign_key_spoils_no_set(start, keys):
    foreign = [{"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}, {"kty": "oct", "k": "A" * 64}, 1, {}]
    body = json.dumps({"keys": [*foreign, keys[0].jwk]}).encode()
    with HTTPSource(reply(body)) as source:
        relay = start(source.url)
        await until_ready(relay)
        assert await status(relay, keys[0].token()) == 200
        assert 'fanout_jwks_keys{state="skipped"} 4' in await counters(relay)


async def test_invented_keys_are_no_hammer(start, keys):
    with HTTPSource(reply(key_set(keys[0]))) as source:
        relay = start(source.url)
        await until_ready(relay)
        token = keys[1].token()
        assert await asyncio.gather(*(status(relay, token) for _ in range(40))) == [401] * 40
        assert await close_code(relay, token) == 4403
        assert len(source.requests) == 1


async def test_another_url_counts_from_its_first_key_set_on(start_relay, upstream, keys, tmp_path):
    first, second = keys
    (tmp_path / "tokens").write_text(f"{ADMIN} scopes=admin,subscribe\n")
    settings = tmp_path / "relay.yaml"

    def write(source):
        settings.write_text(json.dumps({"token-file": "tokens", "jwks-url": source.url}))

    with HTTPSource(reply(key_set(first))) as former, HTTPSource(reply(b"", 500)) as latter:
        write(former)
        relay = start_relay(upstream, {"tick": TICK}, [("--config", str(settings))])
        await until_ready(relay)
        headers = {"Authorization": f"Bearer {first.token()}"}
        async with websockets.connect(relay.topic_url("tick"), additional_headers=headers) as client:
            write(latter)
            relay.process.send_signal(signal.SIGHUP)
            await eventually(lambda: relay.log_lines("can't fetch the key set"), "the complaint")
            assert "the former one stays in use" in relay.log_lines("can't fetch the key set")[0]
            assert "settings=jwks-url" in relay.log_lines("reloaded")[0]
            assert await status(relay, first.token()) == 200
            asked = len(former.requests)
            latter.answer = reply(key_set(second))
            relay.process.send_signal(signal.SIGHUP)
            await eventually(lambda: len(relay.log_lines("fetched the key set")) == 2, "the other keys are there")
            assert (await status(relay, second.token()), await status(relay, first.token())) == (200, 401)
            # Nobody asks the former issuer any more, for a key that it would have.
            assert len(former.requests) == asked
            for _ in range(5):
                await asyncio.wait_for(client.recv(), 10)
