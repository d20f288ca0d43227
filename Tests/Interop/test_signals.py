"""What signals do to a relay that runs, starts or ends, and what its drain waits for."""

import asyncio
import os
import re
import signal
import socket
import ssl
import subprocess
import time

import pytest
from certificate import Certificate
from probe import eventually, get, opened, readiness
from relay import TICK
from scripted_upstream import ScriptedUpstream
from websockets.asyncio.client import connect


class Nowhere:
    """An upstream that isn't there."""

    graphql_url = "ws://127.0.0.1:1/graphql"


HARMLESS = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP]
ENDS = [(signal.SIGTERM, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT), (signal.SIGINT, signal.SIGTERM)]


def caught_signals(pid):
    """Those that the process has a handler for."""
    with open(f"/proc/{pid}/status") as status:
        mask = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt:"))
    return {number for number in signal.valid_signals() if mask >> (number - 1) & 1}


@pytest.mark.parametrize("secure", [False, True], ids=["plaintext", "with a certificate"])
async def test_no_signal_ends_a_relay_that_isnt_meant_to(secure, start_relay, tmp_path):
    relay = start_relay(Nowhere, options=Certificate(tmp_path).options if secure else [])
    for number in HARMLESS * 20:
        relay.process.send_signal(number)
    assert get(f"{relay.url}/healthz")[0] == 200
    await eventually(lambda: relay.log_lines("TLS certificate anew" if secure else "no setting has changed"), "is told")
    assert get(f"{relay.url}/healthz")[0] == 200
    relay.terminate()
    assert await asyncio.to_thread(relay.wait) == 0


def test_signals_while_it_starts_end_nothing_either(binary, tmp_path):
    document = tmp_path / "tick.graphql"
    os.mkfifo(document)
    command = [binary, "serve", "--upstream", "ws://127.0.0.1:1/graphql", "--listen", "127.0.0.1:0"]
    command += ["--topic", f"tick=@{document}", "--drain-window", "0s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        while not set(HARMLESS) <= caught_signals(process.pid):
            assert process.poll() is None
        for number in HARMLESS * 20:
            process.send_signal(number)
        # It waits for the document all the time.
        with document.open("w") as writer:
            # What it reads again, because of the SIGHUPs, is a file.
            document.unlink()
            document.write_text(TICK)
            writer.write(TICK)
        assert "listening on" in process.stdout.readline()
        process.terminate()
        assert process.wait(10) == 0


async def test_a_hang_up_while_it_starts_is_a_reload_afterwards(binary, tmp_path):
    document, settings, log = tmp_path / "tick.graphql", tmp_path / "relay.yaml", tmp_path / "log"
    former = "upstream: ws://127.0.0.1:1/graphql\nlisten: 127.0.0.1:0\ntopics: {tick: {file: tick.graphql}}\n"
    settings.write_text(former)
    os.mkfifo(document)
    command = [binary, "serve", "--config", settings]
    with log.open("w") as output, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=output) as process:
        try:
            # Once it reads the document it has read the settings.
            writer = await opened(document)
            document.unlink()
            document.write_text(TICK)
            settings.write_text(former + "max-subscriptions: 7\n")
            process.send_signal(signal.SIGHUP)
            os.write(writer, TICK.encode())
            os.close(writer)
            reloaded = re.compile(r"settings=max-subscriptions \S+ reloaded$", re.MULTILINE)
            await eventually(lambda: reloaded.search(log.read_text()), "it has read them again")
        finally:
            process.terminate()
            assert process.wait(10) == 0


def becomes_first_process():
    """Whether a child can be the first process of a namespace here, as in a container."""
    return subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not becomes_first_process(), reason="needs the right to make a namespace of processes")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_process_of_a_container_ends_while_it_starts(number, binary, tmp_path):
    document = tmp_path / "tick.graphql"
    os.mkfifo(document)
    command = ["unshare", "--pid", "--fork", "--kill-child", binary, "serve", "--upstream", "ws://127.0.0.1:1/graphql"]
    command += ["--listen", "127.0.0.1:0", "--topic", f"tick=@{document}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as parent:
        try:
            children = f"/proc/{parent.pid}/task/{parent.pid}/children"
            child, deadline = None, time.monotonic() + 20
            # It waits for the document; until its program is there it has no handler.
            while child is None or not {*HARMLESS, number} <= caught_signals(child):
                assert parent.poll() is None and time.monotonic() < deadline
                with open(children) as file:
                    child = next(iter(file.read().split()), None)
            os.kill(int(child), number)
            assert parent.wait(10) == 128 + number
        finally:
            parent.kill()


@pytest.mark.parametrize(("first", "second"), ENDS)
async def test_a_second_signal_ends_at_once(first, second, start_relay):
    relay = start_relay(Nowhere, options=[("--drain-window", "1h")])
    relay.expected_code = -second
    async with connect(relay.topic_url("tick")):
        relay.process.send_signal(first)
        await eventually(lambda: relay.log_lines("draining"), "the drain begins")
        relay.process.send_signal(second)
        assert await asyncio.to_thread(relay.wait) == -second


async def test_a_second_signal_ends_the_delay_too(start_relay):
    async with ScriptedUpstream.running() as upstream:
        relay = start_relay(upstream, options=[("--drain-delay", "1h")])
        relay.expected_code = -signal.SIGTERM
        await eventually(lambda: readiness(relay) == 200, "it is ready")
        relay.terminate()
        await eventually(lambda: readiness(relay) == 503, "it is to be left")
        async with connect(relay.topic_url("tick")) as client:
            await client.recv()
            assert (await asyncio.to_thread(get, f"{relay.url}/healthz"))[0] == 200
            relay.terminate()
            assert await asyncio.to_thread(relay.wait) == -signal.SIGTERM


async def test_a_drain_begins_after_its_delay(start_relay):
    relay = start_relay(Nowhere, options=[("--drain-delay", "1s"), ("--drain-window", "0s")])
    async with connect(relay.topic_url("tick")) as client:
        start = time.monotonic()
        relay.terminate()
        await client.wait_closed()
        assert client.close_code == 1001
        assert time.monotonic() - start > 0.99
    assert await asyncio.to_thread(relay.wait) == 0


class HalfOpen:
    """TLS connections that go no further."""

    @staticmethod
    def says_nothing(connection):
        pass

    @staticmethod
    def stops_in_its_hello(connection):
        connection.sendall(bytes([0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC]))

    @staticmethod
    def stops_in_its_request(connection):
        context = ssl._create_unverified_context()
        secure = context.wrap_socket(connection, server_hostname="localhost")
        secure.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        return secure


@pytest.mark.parametrize("stop", ["says_nothing", "stops_in_its_hello", "stops_in_its_request"])
async def test_half_open_tls_holds_up_no_drain(stop, start_relay, tmp_path):
    async with ScriptedUpstream.running() as upstream:
        options = [*Certificate(tmp_path).options, ("--drain-window", "500ms")]
        relay = start_relay(upstream, options=options)
        held = []
        for _ in range(5):
            connection = socket.create_connection(("127.0.0.1", relay.port))
            held.append(getattr(HalfOpen, stop)(connection) or connection)
        assert get(f"{relay.url}/healthz")[0] == 200
        start = time.monotonic()
        relay.terminate()
        assert await asyncio.to_thread(relay.wait) == 0
        assert time.monotonic() - start < 5
        for connection in held:
            connection.close()
