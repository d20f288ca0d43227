"""The link through a proxy that the environment names."""

import os
import subprocess
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from clients import PlainSubscriber
from connect_proxy import HOST, ConnectProxy, SocksProxy
from probe import eventually, readiness


@contextmanager
def variables(**wanted):
    """These variables about proxies and no others, for the relay alone: the tests' clients read them too."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with patch.dict(os.environ, {**kept, **wanted}, clear=True):
        yield


@pytest.fixture
def hidden(upstream):
    """The upstream under a name that only the proxy resolves."""
    return SimpleNamespace(graphql_url=f"ws://{HOST}:{upstream.port}/graphql", port=upstream.port)


async def test_events_come_through_a_tunnel(hidden, start_relay):
    async with ConnectProxy.running() as proxy:
        with variables(http_proxy=f"http://ada:s%40cret@{proxy.address}"):
            relay = start_relay(hidden)
        async with PlainSubscriber(relay.topic_url("tick")) as subscriber:
            await subscriber.events_arrive(3)
        assert proxy.requests == [f"CONNECT {HOST}:{hidden.port}"]


async def test_events_come_through_socks(hidden, start_relay):
    async with SocksProxy.running() as proxy:
        with variables(all_proxy=f"socks5h://ada:s%40cret@{proxy.address}"):
            relay = start_relay(hidden)
        async with PlainSubscriber(relay.topic_url("tick")) as subscriber:
            await subscriber.events_arrive(3)
        assert proxy.requests == [f"{HOST}:{hidden.port}"]


@pytest.mark.parametrize(
    ("kind", "scheme", "status"), [(ConnectProxy, "http", " (HTTP status 407)"), (SocksProxy, "socks5h", "")]
)
async def test_a_proxy_that_refuses_is_named_without_its_password(kind, scheme, status, hidden, start_relay):
    async with kind.running() as proxy:
        with variables(all_proxy=f"{scheme}://ada:hunter2@{proxy.address}"):
            relay = start_relay(hidden)
        words = f"the proxy {scheme}://{proxy.address} refuses the user and password{status}"
        await eventually(lambda: words in relay.log, "the refusal is logged")
        assert readiness(relay) == 503
        assert "hunter2" not in relay.log


def test_check_says_that_a_proxy_over_tls_is_not_served(binary):
    arguments = ["check", "--upstream", f"wss://{HOST}/graphql", "--topic", "tick=subscription { tick { n } }"]
    with variables(https_proxy="https://ada:hunter2@127.0.0.1:1"):
        result = subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=20)
    assert result.returncode == 69
    output = result.stdout + result.stderr
    assert "the variable https_proxy names a proxy of https://, and such proxies aren't served" in output
    assert "hunter2" not in output


async def test_no_proxy_is_honoured(upstream, start_relay):
    with variables(http_proxy="http://127.0.0.1:1", no_proxy="127.0.0.0/8"):
        relay = start_relay(upstream)
    await eventually(lambda: readiness(relay) == 200, "ready")
