"""A relay whose session gave up serves nobody: it drains and says so with its exit code."""

import asyncio

from probe import eventually
from relay import TICK, Relay, relay_binary
from scripted_upstream import ScriptedUpstream
from websockets.asyncio.client import connect


async def test_serve_ends_with_69_when_it_gave_up_to_connect(binary, tmp_path):
    async with ScriptedUpstream.running() as upstream:
        tries = "constant(50ms) tries: 2"
        relay = Relay.serving(upstream.graphql_url, {"tick": TICK}, tmp_path, [("--retry-connect", tries)])
        await eventually(lambda: upstream.operations, "the topic runs")
        client = await connect(relay.topic_url("tick"))
    # The upstream has gone for good.
    async with asyncio.timeout(30):
        await client.wait_closed()
    assert client.close_code == 1001
    assert await asyncio.to_thread(relay.wait) == 69
    lines = [line for line in relay.log.splitlines() if line.startswith("fanout-relay: ")]
    assert len(lines) == 1 and lines[0].startswith("fanout-relay: gave up to connect to the upstream: "), relay.log
