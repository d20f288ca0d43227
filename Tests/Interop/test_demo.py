"""What a newcomer does first: the demo, a WebSocket on the command line, a gql client."""

import asyncio
import json
import subprocess
import sys

import pytest
from clients import GQLSubscriber, PlainSubscriber
from probe import eventually, get, get_json, readiness
from relay import Relay


@pytest.fixture
def demo(binary, tmp_path, request):
    options = getattr(request, "param", [])
    relay = Relay(["demo", "--listen", "127.0.0.1:0", "--upstream-listen", "127.0.0.1:0", *options], tmp_path)
    yield relay
    relay.stop()


async def test_the_demo_streams_to_both_kinds_of_client(demo):
    [tick_topic, *_] = get_json(f"{demo.url}/topics")["topics"]
    async with (
        PlainSubscriber(demo.topic_url("tick"), []) as tick,
        PlainSubscriber(demo.topic_url("prices"), []) as prices,
        GQLSubscriber(demo.graphql_url, tick_topic["document"]) as graphql,
    ):
        for subscriber in (tick, prices, graphql):
            await subscriber.events_arrive(3)
        assert tick.sequences == list(range(tick.sequences[0], tick.sequences[0] + len(tick.sequences)))
        assert all("tick" in event["data"] for event in tick.events + graphql.events)


async def what_is_pasted_works(demo):
    """The lines for curl, as a shell gets them from the clipboard."""
    text = demo.output.partition("paste ")[2].partition("or, in a Python")[0].replace("\\\n", " ")
    commands = [line.strip() for line in text.splitlines() if line.strip()]
    assert len(commands) == 3 and all(command.startswith("curl ") for command in commands), demo.output
    for command, mark in zip(commands, (b'"topic":"tick"', b'"prices"', b"fanout_clients")):
        process = await asyncio.create_subprocess_shell(
            "exec " + command.replace("curl", "curl -sS --noproxy '*'", 1), stdout=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(15):
                while mark not in (line := await process.stdout.readline()):
                    assert line, f"{command} ended without {mark}"
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def test_what_the_demo_says_to_paste_works(demo):
    await what_is_pasted_works(demo)


@pytest.mark.parametrize("demo", [["--allow-any-subscription"]], indirect=True)
async def test_the_demo_lets_clients_subscribe_to_what_they_like(demo):
    document = "subscription own { tick(intervalMs: 30) { n } }"
    async with GQLSubscriber(demo.graphql_url, document, operation_name="own") as own:
        await own.events_arrive(3)


@pytest.mark.parametrize(
    "demo",
    [
        [*fault.split(), "--fault-every", "500ms"]
        for fault in ("--fault never-ack", "--fault refuse-init", "--fault refuse-upgrade:503", "--fault late-ack:1m")
    ],
    indirect=True,
    ids=lambda options: options[1],
)
async def test_a_fault_of_the_handshake_hits_a_link_that_is_there(demo):
    await eventually(lambda: readiness(demo) == 200, "the link is up")
    await eventually(lambda: readiness(demo) == 503, "the link is gone, and no other comes up")


def test_the_demo_has_a_page_to_look_at(demo):
    status, page = get(demo.url)
    assert status == 200 and "<html" in page.lower()


async def test_the_websockets_command_prints_events(demo):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "websockets", demo.topic_url("tick"),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        events = []
        async with asyncio.timeout(15):
            while len(events) < 3:
                line = (await process.stdout.readline()).decode()
                assert line, "the command ended early"
                if "< " in line:
                    events.append(json.loads(line.partition("< ")[2]))
            process.stdin.close()
            await process.stdout.read()
            assert await process.wait() == 0
        assert [event["topic"] for event in events if event["type"] == "event"]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize(
    "demo",
    [
        ["--drop-links-every", "300ms", "--drop-links-with", "reset", "--interval", "20ms"],
        ["--drop-links-every", "300ms", "--drop-links-with", "1001", "--interval", "20ms"],
    ],
    indirect=True,
    ids=lambda options: " ".join(options[:4]),
)
async def test_clients_outlive_what_the_server_does_wrong(demo):
    async with PlainSubscriber(demo.topic_url("tick")) as tick:
        await tick.until(lambda own: len(own.frames("gap")) >= 2, "two outages")
        await tick.events_arrive(len(tick.events) + 1)
        assert tick.sequences == sorted(set(tick.sequences))


@pytest.mark.parametrize(
    "flags",
    [
        ["--fault", "unheard-of"],
        ["--fault", "late-ack"],
        ["--fault", "silent:1"],
        ["--fault", "huge-ping:1GiB"],
        ["--drop-links-with", "999"],
        ["--drop-links-with", "reset"],
        ["--fault-every", "1s"],
    ],
    ids=" ".join,
)
def test_an_unknown_fault_is_one_line(flags, binary):
    result = subprocess.run([binary, "demo", *flags], capture_output=True, text=True, timeout=20)
    assert result.returncode == 64, result
    assert len(result.stderr.splitlines()) == 1 and flags[0] in result.stderr, result.stderr
