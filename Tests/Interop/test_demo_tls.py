"""The demo with TLS on both sides, and the command that has many clients watch it for a while."""

import asyncio
import re
import subprocess

import pytest
from certificate import Certificate
from clients import GQLSubscriber, PlainSubscriber
from probe import metric
from relay import Relay


def upstream_options(certificate):
    return ["--upstream-tls-certificate", certificate.path, "--upstream-tls-key", certificate.key]


async def test_the_demo_speaks_tls_on_both_sides(binary, tmp_path):
    certificate = Certificate(tmp_path)
    downstream = [part for pair in certificate.options for part in pair]
    options = ["--listen", "127.0.0.1:0", "--interval", "50ms", *downstream, *upstream_options(certificate)]
    relay = Relay(["demo", *options], tmp_path)
    try:
        async with (
            PlainSubscriber(relay.topic_url("tick")).trusting(certificate) as plain,
            GQLSubscriber(relay.graphql_url, "subscription tick { tick { n } }", operation_name="tick").trusting(
                certificate
            ) as graphql,
        ):
            for subscriber in (plain, graphql):
                await subscriber.events_arrive(3)
        assert metric(relay, "fanout_upstream_connects_total") == 1
        assert re.search(r"server at wss://127\.0\.0\.1:\d+/graphql", relay.output)
        # What is to be pasted works: the certificate is named, and nothing that isn't served over TLS.
        [command] = [line for line in relay.output.splitlines() if line.endswith("/metrics")]
        pasted = await asyncio.create_subprocess_shell(
            command.replace("curl", "curl -sS --noproxy '*'"), stdout=asyncio.subprocess.PIPE
        )
        assert b"fanout_clients" in (await pasted.communicate())[0]
        assert "text/event-stream" not in relay.output
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
