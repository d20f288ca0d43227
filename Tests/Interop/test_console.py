"""The console on a pipe: queries in, answers out, whatever becomes of the server in between."""

import asyncio
import json
import os
import pty
import select
import subprocess
import time
from contextlib import asynccontextmanager, suppress

import pytest
from probe import eventually
from upstream import quiet_port


@pytest.fixture
def console(binary):
    """Runs the console on a text and returns what became of it."""

    def run(upstream, text, *options):
        command = [binary, "console", "--upstream", upstream.graphql_url, *options]
        return subprocess.run(command, input=text, capture_output=True, text=True, timeout=30)

    return run


@asynccontextmanager
async def talking(binary, upstream, *options):
    """A console whose pipe stays open."""
    process = await asyncio.create_subprocess_exec(
        binary,
        *["console", "--upstream", upstream.graphql_url, "--retry-connect", "constant(50ms)", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ask(process, line):
    process.stdin.write(line.encode() + b"\n")
    await process.stdin.drain()
    return json.loads(await asyncio.wait_for(process.stdout.readline(), 15))


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
def test_queries_of_one_line_and_of_several(library, start_upstream, console):
    result = console(start_upstream(library), "{ hello }\n\nquery Greeting\n{\n  text: hello\n}\n{ hello }")
    assert result.returncode == 0, result
    answers = [json.loads(line)["data"] for line in result.stdout.splitlines()]
    assert answers == [{"hello": "hello"}, {"text": "hello"}, {"hello": "hello"}]
    assert not result.stderr, result.stderr


@pytest.mark.parametrize("bad", ["{ missing }", "{ hello", "}"], ids=["server", "unfinished", "syntax"])
def test_an_error_is_told_and_the_session_goes_on(bad, upstream, console):
    result = console(upstream, f"{bad}\n\n{{ hello }}\n")
    assert result.returncode == 1, result
    assert json.loads(result.stdout) == {"data": {"hello": "hello"}}
    assert len(result.stderr.splitlines()) == 1 and result.stderr.startswith("error: "), result.stderr


async def test_it_survives_a_restart_of_the_server(binary, upstream):
    async with talking(binary, upstream) as process:
        assert await ask(process, "{ hello }") == {"data": {"hello": "hello"}}
        upstream.kill()
        answer = asyncio.create_task(ask(process, "{ again: hello }"))
        assert b"waiting for the server" in await asyncio.wait_for(process.stderr.readline(), 15)
        upstream.start()
        assert await answer == {"data": {"again": "hello"}}
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 15) == 0


@pytest.mark.parametrize("from_file", [False, True], ids=["text", "file"])
def test_values_for_a_prepared_query(from_file, upstream, console, tmp_path):
    document = "query ($flag: Boolean!) { hello @include(if: $flag) }"
    if from_file:
        (tmp_path / "query.graphql").write_text(document)
        document = f"@{tmp_path / 'query.graphql'}"
    result = console(upstream, "true\nfalse\nperhaps\ntrue\n", "--query", document, "--variable", "flag")
    assert result.returncode == 1, result
    answers = [json.loads(line)["data"] for line in result.stdout.splitlines()]
    assert answers == [{"hello": "hello"}, {}, {"hello": "hello"}]
    assert result.stderr == "error: flag must be a value of type Boolean!\n"


@pytest.mark.parametrize(
    "options",
    [
        ["--variable", "a"],
        ["--query", "{ hello }"],
        ["--query", "query ($a: Int, $b: Int) { hello(a: $a, b: $b) }"],
        ["--query", "query ($a: Int) { hello(a: $a) }", "--variable", "b"],
        ["--query", "subscription ($a: Int) { tick(intervalMs: $a) { n } }"],
        ["--query", "query ($a: Int {"],
    ],
)
def test_bad_flags_are_one_line(options, binary):
    command = [binary, "console", "--upstream", f"ws://127.0.0.1:{quiet_port()}/graphql", *options]
    result = subprocess.run(command, input="", capture_output=True, text=True, timeout=20)
    assert result.returncode == 64, result
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert "--query" in result.stderr or "--variable" in result.stderr, result.stderr


def test_a_server_that_refuses_us_ends_it(start_upstream, console):
    upstream = start_upstream("strawberry", "--token", "secret")
    result = console(upstream, "{ hello }\n", "--retry-connect", "constant(50ms) tries: 2")
    assert result.returncode == 69 and "4403" in result.stderr, result
    accepted = console(upstream, "{ hello }\n", "--init-payload", '{"token":"secret"}')
    assert accepted.returncode == 0, accepted


def test_without_a_server_and_without_a_question_it_just_ends(binary):
    command = [binary, "console", "--upstream", f"ws://127.0.0.1:{quiet_port()}/graphql"]
    result = subprocess.run(command, input="", capture_output=True, text=True, timeout=20)
    assert result.returncode == 0 and not result.stdout and not result.stderr, result


def test_a_terminal_gets_a_prompt_an_edited_line_and_a_history(binary, upstream, tmp_path):
    history = tmp_path / "history"
    parent, child = pty.openpty()
    command = [binary, "console", "--upstream", upstream.graphql_url, "--history-file", history]
    environment = os.environ | {"TERM": "xterm"}
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment)
    os.close(child)
    seen = b""

    def until(text):
        nonlocal seen
        while text not in seen:
            assert select.select([parent], [], [], 15)[0], f"no {text} after {seen}"
            seen += os.read(parent, 4096)
        seen = seen.split(text, 1)[1]

    try:
        until(b"graphql> ")
        # A typing error, taken back.
        os.write(parent, b"{ hellp\x7fo }\n")
        until(b'{"data"')
        until(b"graphql> ")
        # The line before, once more.
        os.write(parent, b"\x1b[A\n")
        until(b'{"data"')
        until(b"graphql> ")
        # A Ctrl-D that comes before libedit has put the terminal into its mode becomes a character: hence the Ctrl-U.
        end = time.monotonic() + 15
        while process.poll() is None and time.monotonic() < end:
            with suppress(OSError):
                os.write(parent, b"\x15\x04")
                if select.select([parent], [], [], 0.2)[0]:
                    os.read(parent, 4096)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()
        os.close(parent)
    assert "hello" in history.read_text().replace("\\040", " ")


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
def test_over_http_alone(library, start_upstream, binary):
    upstream = start_upstream(library)
    command = [binary, "console", "--execute-url", upstream.graphql_url.replace("ws", "http", 1)]
    result = subprocess.run(command, input="{ hello }\n{ missing }\n", capture_output=True, text=True, timeout=30)
    assert result.returncode == 1, result
    assert json.loads(result.stdout) == {"data": {"hello": "hello"}}
    assert result.stderr.startswith("error: ") and "missing" in result.stderr, result.stderr
    assert upstream.stats["connections"] == 0


def test_a_check_asks_over_http_too(upstream, binary):
    command = [binary, "check", "--upstream", upstream.graphql_url, "--retry-execute", "off", "--execute-url"]
    good = subprocess.run([*command, upstream.graphql_url.replace("ws", "http", 1)], capture_output=True, timeout=20)
    assert good.returncode == 0 and b"executes queries" in good.stdout, good
    bad = subprocess.run([*command, f"http://127.0.0.1:{quiet_port()}/"], capture_output=True, timeout=20)
    assert bad.returncode == 69 and bad.stderr.startswith(b"fanout-relay: --execute-url http://"), bad
