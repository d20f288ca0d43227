"""Credentials that block: nothing but the next link waits for them."""

import asyncio
import os

import pytest
from clients import PlainSubscriber
from probe import eventually, get, readiness

QUICK = [("--connect-timeout", "300ms"), ("--drain-window", "100ms")]


def a_pipe_nobody_writes_to(tmp_path):
    os.mkfifo(tmp_path / "headers")
    return "--header-file", str(tmp_path / "headers")


def a_command_that_never_ends(tmp_path):
    return "--credentials-command", "sleep 3601"


@pytest.mark.parametrize("source", [a_pipe_nobody_writes_to, a_command_that_never_ends])
async def test_credentials_that_never_come_hold_up_nothing_else(source, upstream, start_relay, tmp_path):
    option = source(tmp_path)
    options = [option, ("--credentials-timeout", "1h"), *QUICK]
    relay = start_relay(upstream, options=options)
    await eventually(lambda: f"{option[0]} hasn't returned within 0.3" in relay.log, "the cause is told")
    assert get(f"{relay.url}/healthz")[0] == 200
    assert readiness(relay) == 503
    relay.terminate()
    assert relay.wait(5) == 0
    assert not running("sleep", "3601")


async def test_a_link_that_waits_for_its_headers_costs_clients_nothing(start_upstream, start_relay, tmp_path):
    path = tmp_path / "headers"
    path.write_text("X-Token: 1\n")
    upstream = start_upstream("strawberry")
    relay = start_relay(upstream, options=[("--header-file", str(path)), *QUICK])
    async with PlainSubscriber(relay.topic_url("tick")) as subscriber:
        await subscriber.events_arrive(3)
        path.unlink()
        os.mkfifo(path)
        upstream.kill()
        upstream.start("--start", "1000000")
        await eventually(lambda: "--header-file hasn't returned" in relay.log, "the file is waited for")
        # A client that comes now is served; the others stay.
        async with PlainSubscriber(relay.topic_url("tick")):
            assert get(f"{relay.url}/healthz")[0] == 200
        writing = asyncio.create_task(write_whenever_it_is_read(path, b"X-Token: 2\n"))
        await subscriber.reach(1_000_003)
        writing.cancel()
    # The summary of the outage names the cause once more.
    told = [line for line in relay.log_lines("--header-file hasn't returned") if "upstream not connected" in line]
    assert len(told) == 1, relay.log


async def write_whenever_it_is_read(path, content):
    while True:
        try:
            pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            pass  # Nobody reads it now.
        else:
            os.write(pipe, content)
            os.close(pipe)
        await asyncio.sleep(0.02)


def running(*command):
    """Whether a process with these arguments runs."""
    wanted = "\0".join(command).encode() + b"\0"
    for process in os.listdir("/proc"):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as line:
                if process.isdigit() and line.read() == wanted:
                    return True
        except OSError:
            continue
    return False
