"""The demo with TLS on both sides, and the command that has many clients watch it for a while."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from certificate import Certificate
from clients import GQLSubscriber, PlainSubscriber
from probe import metric
from test_demo import what_is_pasted_works
from relay import TOP, Relay

SOAK = TOP / "deploy" / "soak.py"


def upstream_options(certificate):
    return ["--upstream-tls-certificate", certificate.path, "--upstream-tls-key", certificate.key]


async def test_the_demo_speaks_tls_on_both_sides(binary, tmp_path):
    certificate = Certificate(tmp_path)
    downstream = [part for pair in certificate.options for part in pair]
    options = ["--listen", "127.0.0.1:0", "--interval", "50ms", *downstream, *upstream_options(certificate)]
    relay = Relay(["demo", *options], tmp_path)
    document = "subscription { tick(intervalMs: 50, payloadBytes: 0, burst: 1) { n at } }"
    try:
        async with (
            PlainSubscriber(relay.topic_url("tick")).trusting(certificate) as plain,
            GQLSubscriber(relay.graphql_url, document).trusting(certificate) as graphql,
        ):
            for subscriber in (plain, graphql):
                await subscriber.events_arrive(3)
        assert metric(relay, "fanout_upstream_connects_total") == 1
        assert re.search(r"server at wss://127\.0\.0\.1:\d+/graphql", relay.output)
        await what_is_pasted_works(relay)
    finally:
        relay.stop()


@pytest.mark.parametrize("given, missing", [("certificate", "key"), ("key", "certificate")])
def test_the_upstream_needs_both_files(given, missing, binary, tmp_path):
    certificate = Certificate(tmp_path)
    command = [binary, "demo", f"--upstream-tls-{given}", certificate.path]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert result.returncode == 64 and f"--upstream-tls-{missing}" in result.stderr, result
    assert len(result.stderr.splitlines()) == 1


def test_a_bad_file_of_the_upstream_ends_with_one_line_and_78(binary, tmp_path):
    certificate = Certificate(tmp_path)
    certificate.key.write_text("no key\n")
    command = [binary, "demo", *upstream_options(certificate)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert result.returncode == 78 and "--upstream-tls-key: can't use the file" in result.stderr, result
    assert len(result.stderr.splitlines()) == 1


def soak(binary, *arguments):
    return subprocess.Popen(
        [sys.executable, SOAK, *arguments],
        env={**os.environ, "FANOUT_RELAY_BINARY": str(binary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def children(process):
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()


def test_a_short_soak_holds(binary):
    with soak(binary, "0.07") as process:
        output, _ = process.communicate(timeout=50)
    assert process.returncode == 0 and "held: nothing lost" in output, output
    protocols = ("graphql-transport-ws", "graphql-ws", "fanout.v1.json", "payloads", "topic over SSE", "GraphQL over SSE")
    for protocol in protocols:
        for relay in ("plain", "tls"):
            assert re.search(rf"^{relay} +{protocol} +[4-7] +[1-9]\d* +[1-9]", output, re.MULTILINE), output


def test_a_soak_ends_at_the_first_mishap(binary):
    with soak(binary, "5", "--drop-links-every", "900ms") as process:
        output, _ = process.communicate(timeout=50)
    told = re.search("^FAILED after .*(gap|interrupted|lost events|connects upstream)", output, re.MULTILINE)
    assert process.returncode == 1 and told, output


def test_an_interrupted_soak_takes_its_relays_with_it(binary):
    with soak(binary, "5") as process:
        assert "50 clients" in process.stdout.readline()
        relays = children(process)
        assert len(relays) == 2
        # A shell has its jobs in the background ignore Ctrl-C, and they pass that on.
        ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        process.send_signal(signal.SIGTERM if ignored else signal.SIGINT)
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 130 and not any(Path(f"/proc/{relay}").exists() for relay in relays), output


@pytest.mark.parametrize("minutes", ["0", "-1", "an hour", "nan"])
def test_bad_minutes_are_one_line(minutes, binary):
    with soak(binary, minutes) as process:
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 64 and len(output.splitlines()) == 1 and "minutes" in output
