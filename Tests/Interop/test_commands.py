"""The command line: exit codes, one-line complaints, and the end of a running relay."""

import asyncio
import socket
import subprocess

import pytest
from clients import PLAIN
from conversation import Conversation
from relay import TICK
from scripted_upstream import ScriptedUpstream
from upstream import quiet_port

TOPIC = ["--topic", f"tick={TICK}"]
NOWHERE = ["--upstream", "ws://127.0.0.1:1/graphql"]

BAD_FLAGS = {
    "unknown option": (["serve", *NOWHERE, *TOPIC, "--tipoc", "x"], ["--tipoc"]),
    "address": (["serve", *NOWHERE, *TOPIC, "--listen", "nowhere"], ["--listen", "nowhere"]),
    "upstream": (["serve", "--upstream", "gopher://x", *TOPIC], ["--upstream", "gopher://x"]),
    "topic without document": (["serve", *NOWHERE, "--topic", "lonely"], ["--topic", "lonely"]),
    "back-off": (["serve", *NOWHERE, *TOPIC, "--retry-connect", "sometimes"], ["--retry-connect", "sometimes"]),
    "duration": (["serve", *NOWHERE, *TOPIC, "--ping-interval", "soon"], ["--ping-interval", "soon"]),
    "number": (["serve", *NOWHERE, *TOPIC, "--shards", "many"], ["--shards", "many"]),
    "accept rate": (["serve", *NOWHERE, *TOPIC, "--accept-rate", "0"], ["--accept-rate", "0", "1 to 1000000"]),
    "flush interval": (["serve", *NOWHERE, *TOPIC, "--flush-interval", "2s"], ["--flush-interval", "2s", "0s to 1s"]),
    "variables": (
        ["serve", *NOWHERE, *TOPIC, "--topic-option", "tick:variables=[1]"],
        ["--topic-option", "variables"],
    ),
    "execute url": (
        ["serve", *NOWHERE, *TOPIC, "--execute-url", "ws://x/graphql"],
        ["--execute-url", "ws://x/graphql", "http://"],
    ),
    "execute url with a user": (
        ["console", "--execute-url", "https://user@x/graphql"],
        ["--execute-url", "https://user@x/graphql"],
    ),
    "no upstream": (["serve", *TOPIC], ["--upstream"]),
    "no upstream for the console": (["console"], ["--upstream"]),
    "origin with a path": (
        ["serve", *NOWHERE, *TOPIC, "--allow-origin", "https://example.org/app"],
        ["--allow-origin", "https://example.org/app"],
    ),
    "host with a port": (
        ["serve", *NOWHERE, *TOPIC, "--allow-host", "relay:8080"],
        ["--allow-host", "relay:8080", "without scheme, port and path"],
    ),
    "option of no topic": (
        ["serve", *NOWHERE, *TOPIC, "--topic-option", "tock:snapshot=last"],
        ["--topic-option", "tock"],
    ),
}


@pytest.fixture
def command(binary):
    """Runs the binary to its end and returns what became of it."""

    def run(*arguments):
        return subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, timeout=20)

    return run


def lines(text):
    return [line for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("case", BAD_FLAGS)
def test_a_bad_flag_is_named_in_one_line(case, command):
    arguments, named = BAD_FLAGS[case]
    result = command(*arguments)
    assert result.returncode == 64, result
    assert len(lines(result.stderr)) == 1 and not result.stdout, result
    assert all(word in result.stderr for word in named), result.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"]], ids=["top", "serve"])
def test_help_is_no_error(arguments, command):
    result = command(*arguments)
    assert result.returncode == 0 and "serve" in result.stdout


def test_a_port_in_use_is_one_line(command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = command("serve", *NOWHERE, *TOPIC, "--listen", f"127.0.0.1:{port}", "--log-level", "error")
    assert result.returncode == 71, result
    assert len(lines(result.stderr)) == 1 and str(port) in result.stderr and not result.stdout, result


def test_a_second_relay_cannot_share_the_port(relay, command):
    result = command("serve", *NOWHERE, *TOPIC, "--listen", f"127.0.0.1:{relay.port}", "--log-level", "error")
    assert result.returncode == 71, result
    assert relay.running


def test_check_of_a_dead_port(command):
    result = command("check", "--upstream", f"ws://127.0.0.1:{quiet_port()}/graphql", *TOPIC)
    assert result.returncode == 69, result


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
def test_check_of_a_live_upstream(library, start_upstream, command):
    result = command("check", "--upstream", start_upstream(library).graphql_url, *TOPIC)
    assert result.returncode == 0, result


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
def test_check_starts_each_operation(library, start_upstream, command):
    upstream = start_upstream(library)
    topics = ["--topic", f"tick={TICK}", "--topic", "nothing=subscription { nothing { n } }"]
    result = command("check", "--upstream", upstream.graphql_url, *topics)
    assert result.returncode == 65, result
    told = {line.split(":")[0]: line for line in lines(result.stdout) if line.startswith("topic ")}
    assert "a first event after" in told["topic tick"], result
    assert "refused: " in told["topic nothing"] and "nothing" in told["topic nothing"].partition("refused:")[2], result
    assert "message" in told["topic nothing"], result
    assert len(lines(result.stderr)) == 1 and "nothing" in result.stderr and "tick" not in result.stderr, result


async def test_check_completes_what_it_started(binary):
    async with ScriptedUpstream.running() as upstream:
        process = await asyncio.create_subprocess_exec(
            binary, "check", "--upstream", upstream.graphql_url, *TOPIC, "--wait", "100ms", stdout=subprocess.PIPE
        )
        output, _ = await process.communicate()
    assert process.returncode == 0 and b"topic tick: accepted, no event within" in output, output
    assert upstream.operations == [TICK] and upstream.completions == 1


def test_check_of_an_upstream_that_refuses(start_upstream, command):
    upstream = start_upstream("strawberry", "--token", "secret")
    refused = command("check", "--upstream", upstream.graphql_url, *TOPIC)
    assert refused.returncode != 0 and "4403" in refused.stderr + refused.stdout, refused
    accepted = command("check", "--upstream", upstream.graphql_url, *TOPIC, "--init-payload", '{"token":"secret"}')
    assert accepted.returncode == 0, accepted


async def test_sigterm_closes_every_client_with_1001(upstream, start_relay):
    relay = start_relay(upstream, options=[("--drain-window", "1s")])
    talks = [Conversation(relay.graphql_url) for _ in range(10)]
    talks += [Conversation(relay.topic_url("tick"), [PLAIN]) for _ in range(10)]
    talks += [Conversation(relay.topic_url("tick"), []) for _ in range(10)]
    async with asyncio.TaskGroup() as group:
        for talk in talks:
            group.create_task(talk.__aenter__())
    for talk in talks[:10]:
        await talk.initialise()
        await talk.subscribe("1")
    for talk in talks:
        await talk.hear()
    relay.terminate()
    assert await asyncio.gather(*(talk.closed() for talk in talks)) == [1001] * len(talks)
    assert await asyncio.to_thread(relay.wait) == 0


async def test_sigterm_ends_a_relay_without_an_upstream(upstream, start_relay):
    upstream.kill()
    relay = start_relay(upstream)
    relay.terminate()
    assert await asyncio.to_thread(relay.wait) == 0
