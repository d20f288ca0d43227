"""What the client's guide shows is what a relay does: transcripts are repeated, and blocks of code are run."""

import ast
import asyncio
import re
import shlex
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from browser import CHROMIUM, tab
from probe import eventually, metric, readiness
from relay import TOP, Relay
from transcript import Player, transcripts

PAGES = TOP / "Sources/FanoutRelay/FanoutRelay.docc"
TOKENS = "the-token-of-a-reader topics=prices\n"


@pytest.fixture
def start_demo(binary, tmp_path):
    """Starts a demo with flags, on free ports; once for the same flags."""
    running = {}

    def start(*flags):
        if flags not in running:
            directory = tmp_path / f"demo{len(running)}"
            directory.mkdir()
            (directory / "tokens").write_text(TOKENS)
            given = [str(directory / flag) if flag == "tokens" else flag for flag in flags]
            ports = ["--listen", "127.0.0.1:0", "--upstream-listen", "127.0.0.1:0"]
            running[flags] = Relay(["demo", *ports, "--drain-window", "100ms", *given], directory)
        return running[flags]

    yield start
    for relay in running.values():
        relay.stop()


@pytest.fixture
def start_as_shown(start_demo, start_relay):
    """Starts the relay of a command on a page, `demo` or `serve`; that is on the server of a demo."""
    running = {}

    def start(command):
        program, verb, *words = shlex.split(command)
        assert program == "fanout-relay", command
        if verb == "demo":
            return start_demo(*words)
        if command not in running:
            pairs = []
            for word in words:
                pairs = [*pairs, (word,)] if word.startswith("--") else [*pairs[:-1], (*pairs[-1], word)]
            topics = dict(pair[1].split("=", 1) for pair in pairs if pair[0] == "--topic")
            options = [pair for pair in pairs if pair[0] not in ("--upstream", "--topic")]
            running[command] = start_relay(UpstreamOfDemo(start_demo()), topics, options)
        return running[command]

    return start


class UpstreamOfDemo:
    """The made-up server of a demo, for another relay."""

    def __init__(self, demo):
        self.graphql_url = re.search(r"ws://[\d.:]+/graphql", demo.output.partition("GraphQL server at ")[2])[0]


@pytest.mark.parametrize("page", ["Transcripts.md", "TranscriptsHTTP.md"])
async def test_the_relay_says_what_the_transcripts_show(page, start_as_shown):
    player = Player()
    shown = transcripts((PAGES / page).read_text())
    assert len(shown) > 7
    for heading, command, lines in shown:
        relay = start_as_shown(command)
        await eventually(lambda: readiness(relay) == 200, "the server is there")
        if "--drop-links-every" in command:
            # Behind one break, so that the next one is far.
            links = metric(relay, "fanout_upstream_connects_total")
            await eventually(lambda: metric(relay, "fanout_upstream_connects_total") > links, "a new link", 20)
            await eventually(lambda: readiness(relay) == 200, "the server is there again")
        try:
            await asyncio.to_thread(player.play, relay.port, lines)
        except (AssertionError, TimeoutError) as error:
            raise AssertionError(f"{page}, {heading}, {command}") from error


def block(page, heading):
    """The first block of code below a heading."""
    section = (PAGES / page).read_text().partition(f"# {heading}\n")[2]
    return re.search(r"^```\w+\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[1]


def at(relay, code):
    """Code with the port of a relay."""
    assert "127.0.0.1:8080" in code
    return code.replace("127.0.0.1:8080", f"127.0.0.1:{relay.port}")


@contextmanager
def lines_of(*command):
    """What a program prints, while it runs; one that prints nothing is ended."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        limit = threading.Timer(60, process.kill)
        limit.start()
        try:
            yield process.stdout
        finally:
            limit.cancel()
            process.kill()


def test_curl_runs_as_shown(start_demo):
    command = at(start_demo(), block("ClientCode.md", "curl"))
    with lines_of("bash", "-c", f"exec {command}") as output:
        assert next(line for line in output if '"prices":{"symbol":' in line).startswith("data: ")


def test_gql_runs_as_shown(start_demo):
    with lines_of(sys.executable, "-c", at(start_demo(), block("ClientCode.md", "gql"))) as output:
        assert [sorted(ast.literal_eval(next(output))) for _ in range(3)] == [["at", "price", "symbol"]] * 3


def test_websockets_runs_as_shown_and_comes_back(start_demo, start_relay):
    upstream = UpstreamOfDemo(start_demo())
    topics = {"prices": "subscription { prices { symbol price at } }"}
    relay = start_relay(upstream, topics)
    with lines_of(sys.executable, "-c", at(relay, block("ClientCode.md", "websockets"))) as output:
        assert "symbol" in next(output)
        relay.stop()
        start_relay(upstream, topics, [("--listen", f"127.0.0.1:{relay.port}")])
        told = next(line for line in output if "symbol" not in line)
        assert told.startswith("events may be missing: the epoch is over")
        assert "symbol" in next(output)


# What a block prints, and where its WebSockets go.
WITNESS = """
window.printed = [];
for (const level of ['log', 'info', 'warn']) console[level] = (...values) => printed.push([level, ...values]);
window.sockets = [];
window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); sockets.push(this); } };
"""


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine")
async def test_code_of_browsers_runs_as_shown(start_demo, tmp_path):
    relay = start_demo()
    # A page of the relay's own origin that has no scripts.
    async with tab(f"{relay.url}/topics", tmp_path / "profile", WITNESS) as page:
        await page.value(at(relay, block("ClientCode.md", "EventSource")) + "; undefined")
        await page.becomes("printed.filter(line => line[0] === 'log').length > 2", "events are printed")
        assert await page.value("printed[0].join(' ')") == "info the server is live"
        assert await page.value("Object.keys(printed.at(-1)[1]).join()") == "symbol,price,at"
        await page.value("prices.close(), printed.length = 0")
        await page.value(at(relay, block("ClientCode.md", "WebSocket")) + "; undefined")
        await page.becomes("printed.length > 2", "events are printed")
        await page.value("sockets[0].close()")
        await page.becomes("sockets.length === 2 && sockets[1].readyState === 1", "it comes back")
        assert re.search(r"/topics/prices\?after=\w+:\d+$", await page.value("sockets[1].url"))
        count = await page.value("printed.length")
        await page.becomes(f"printed.length > {count}", "events are printed")
        assert await page.value("printed.every(line => line[0] === 'log')")


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node on this machine")
@pytest.mark.parametrize("library", ["graphql-ws", "Apollo Client", "urql", "Relay"])
def test_code_that_is_not_run_can_be_read(library, tmp_path):
    code = tmp_path / "block.mjs"
    code.write_text(block("ClientCode.md", library))
    assert "import" in code.read_text()
    subprocess.run(["node", "--check", code], check=True)
