"""What three NATS servers do that a group must not depend on, and what it depends on instead.

It is shown in both versions that groups are tested with, for each stream on three servers.
"""

import asyncio
import os
from pathlib import Path

import pytest
from nats import NATSCluster
from nats_client import Client

PROGRAMS = [program for program in os.environ.get("FANOUT_NATS_SERVERS", "").split(":") if program]

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="FANOUT_NATS_SERVERS names no nats-server")


@pytest.fixture(scope="module", params=PROGRAMS, ids=lambda program: "packaged" if program.startswith("/usr/") else "current")
def servers(request, tmp_path_factory):
    cluster = NATSCluster(tmp_path_factory.mktemp("servers"), Path(request.param), 3)
    yield cluster
    cluster.end()


async def race(servers, stream, header):
    """How many of those win who append at the same time, all with the same expectation; connected to all servers."""
    clients = [await Client.connect(port) for port in servers.ports for _ in range(4)]
    await clients[0].make(stream, num_replicas=3)
    first = await clients[0].ask(stream, b"first")
    answers = await asyncio.gather(
        *(client.ask(stream, b"next", {header: first["seq"]}) for client in clients for _ in range(4))
    )
    for client in clients:
        await client.close()
    return sum("error" not in answer for answer in answers if answer)


async def test_of_all_that_expect_the_same_end_of_the_stream_one_wins(servers):
    for number in range(3):
        assert await race(servers, f"end-{number}", "Nats-Expected-Last-Sequence") == 1


async def test_what_a_subject_ends_with_fences_nobody_in_the_older_server(servers):
    """Trap 1: leaders are chosen by the stream's end alone, and never by a bucket of keys and values."""
    winners = [
        await race(servers, f"subject-{number}", "Nats-Expected-Last-Subject-Sequence") for number in range(3)
    ]
    assert max(winners) > 1 if servers.version.startswith("2.9.") else winners == [1] * 3


async def test_what_is_under_way_behind_a_refused_append_is_stored(servers):
    """Trap 2: of one partition one append is under way."""
    client = await Client.connect(servers.ports[0])
    await client.make("pipeline", num_replicas=3)
    first = (await client.ask("pipeline", b"first"))["seq"]
    # Another one writes between what a leader has sent and the server's answer.
    sent = [client.send("pipeline", b"own", {"Nats-Expected-Last-Sequence": first})]
    sent.append(client.send("pipeline", b"foreign"))
    sent += [
        client.send("pipeline", b"own", {"Nats-Expected-Last-Sequence": first + number}) for number in range(1, 50)
    ]
    bodies = [(await asyncio.wait_for(answer, 10))[1] for answer in sent]
    refused = sum(b"10071" in body for body in bodies)
    assert 0 < refused < len(sent) / 2, "it went on as if nothing had come between"
    await client.close()


async def test_an_expected_id_breaks_the_newer_server_s_stream(servers):
    """Trap 3: relays send that header never. The stream isn't used by another test."""
    client = await Client.connect(servers.ports[0])
    await client.make("id", num_replicas=3)
    assert "error" not in await client.ask("id", b"first")
    await client.ask("id", b"next", {"Nats-Expected-Last-Msg-Id": "another"}, timeout=1)
    answer = await client.ask("id", b"more", timeout=2)
    works = answer is not None and "error" not in answer
    assert works == servers.version.startswith("2.9."), answer
    await client.close()
