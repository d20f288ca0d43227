"""The command line: exit codes, one-line complaints, and the end of a running relay."""

import asyncio
import re
import resource
import socket
import subprocess
from pathlib import Path

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
    "address of IPv6 without brackets": (
        ["serve", *NOWHERE, *TOPIC, "--listen", "::1:8080"],
        ["--listen", "::1:8080", "[IPV6]:PORT"],
    ),
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
    "option of clients' topics": (
        ["serve", *NOWHERE, "--allow-any-subscription", "--topic-option", "*:share=maybe"],
        ["--topic-option", "*:share=maybe", "share=always|never"],
    ),
    "option of clients' topics that is none": (
        ["serve", *NOWHERE, "--allow-any-subscription", "--topic-option", "*:lag=skip"],
        ["--topic-option", "*:lag=skip", "snapshot and share"],
    ),
    "option of clients' topics without leave for them": (
        ["serve", *NOWHERE, *TOPIC, "--topic-option", "*:snapshot=last"],
        ["--topic-option", "*:snapshot=last", "--allow-any-subscription"],
    ),
    "host with a port": (
        ["serve", *NOWHERE, *TOPIC, "--allow-host", "relay:8080"],
        ["--allow-host", "relay:8080", "without scheme, port and path"],
    ),
    "option of no topic": (
        ["serve", *NOWHERE, *TOPIC, "--topic-option", "tock:snapshot=last"],
        ["--topic-option", "tock"],
    ),
    "twice": (
        ["serve", *NOWHERE, *TOPIC, "--shards", "1", "--log-level", "info", "--shards=2"],
        ["--shards '2'", "given before as '1'", "allowed: one value"],
    ),
    "given and taken back": (["serve", *NOWHERE, *TOPIC, "--open", "--no-open"], ["--open", "--no-open", "allowed: "]),
    "command": (["srve", *NOWHERE], ["'srve'", "did you mean serve?", "allowed: serve, check"]),
    "duration without a unit": (
        ["serve", *NOWHERE, *TOPIC, "--ping-interval", "30"],
        ["--ping-interval", "'30", "a unit is missing, as in 30ms, 30s or 30m", "allowed: "],
    ),
    "flag of a group without its servers": (
        ["serve", *NOWHERE, *TOPIC, "--cluster-role", "edge"],
        ["--cluster-role", "allowed: together with --cluster only"],
    ),
    "user in a server's URL": (
        ["serve", *NOWHERE, *TOPIC, "--cluster", "nats://me:word@one"],
        ["--cluster", "--cluster-credentials"],
    ),
    "size with another unit": (
        ["serve", *NOWHERE, *TOPIC, "--history-bytes", "4MB"],
        ["--history-bytes", "4MB", "the unit is MiB, as in 4MiB", "allowed: "],
    ),
}


@pytest.fixture
def command(binary):
    """Runs the binary to its end and returns what became of it."""

    def run(*arguments, limit=None):
        prepare = limit and limited(limit)
        command = [binary, *map(str, arguments)]
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, preexec_fn=prepare
        )

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


@pytest.mark.parametrize(
    ("program", "name"),
    [("fanout-relay", name) for name in ("serve", "check", "console", "demo", "config")]
    + [("fanout-load", name) for name in ("run", "compare", "chaos")],
)
def test_the_help_fits_on_a_screen_and_leads_to_all_of_it(program, name, binary):
    brief, whole = (
        subprocess.run([binary.with_name(program), name, option], capture_output=True, text=True, timeout=20)
        for option in ("--help", "--help-all")
    )
    assert (brief.returncode, brief.stderr, whole.returncode, whole.stderr) == (0, "", 0, "")
    assert len(brief.stdout.splitlines()) <= 40 and max(map(len, brief.stdout.splitlines())) <= 80
    assert f"{program} {name} --help-all" in brief.stdout
    flags = set(re.findall(r"^  (--[a-z-]+)", brief.stdout, re.MULTILINE))
    assert flags and all(re.search(rf"^  {flag}\b", whole.stdout, re.MULTILINE) for flag in flags)


def test_nothing_is_coloured(command):
    for result in (command("--help"), command("serve", "--help"), command("serve", "--bad"), command("config")):
        assert "\x1b" not in result.stdout + result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_know_the_flags(shell, command):
    result = command("--generate-completion-script", shell)
    assert result.returncode == 0 and "allow-any-subscription" in result.stdout and not result.stderr


def test_both_programs_tell_the_version_that_the_changelog_begins_with(binary):
    changelog = (Path(__file__).parents[2] / "deploy" / "CHANGELOG.md").read_text()
    version = re.search(r"^## (\S+)", changelog, re.MULTILINE)[1]
    for program in [binary, binary.with_name("fanout-load")]:
        result = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20)
        assert (result.returncode, result.stdout.strip(), result.stderr) == (0, version, ""), program


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


def limited(limit):
    """For a process that may have so many open files."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


@pytest.mark.parametrize("connections", ["50", "10000"])
def test_too_few_open_files_are_refused_with_how_many_are_needed(connections, command):
    arguments = ["serve", *NOWHERE, *TOPIC, "--shards", "2", "--max-connections", connections]
    result = command(*arguments, "--listen", "127.0.0.1:0", limit=200)
    assert result.returncode == 78, result
    assert len(lines(result.stderr)) == 1 and not result.stdout, result
    needed = re.search(rf"--max-connections {connections}: (\d+) open files are needed", result.stderr)
    assert needed and "200" in result.stderr, result.stderr
    if connections == "50":
        # One more or less is the difference; the port that nobody can have shows that it got further.
        below, enough = int(needed[1]) - 1, int(needed[1])
        arguments += ["--open", "--listen", "192.0.2.1:1", "--log-level", "error"]
        refused = command(*arguments, limit=below)
        assert refused.returncode == 78 and "allowed: at most 49" in refused.stderr, refused
        assert command(*arguments, limit=enough).returncode == 71


@pytest.mark.parametrize("limit", range(4, 16, 2))
@pytest.mark.parametrize("name", ["check", "console"])
def test_no_command_crashes_for_want_of_open_files(name, limit, command):
    result = command(name, *NOWHERE, limit=limit)
    assert result.returncode in (0, 69, 71), result


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
