"""Credentials from files and commands, asked for anew at each connect."""

import json

import pytest
from clients import PlainSubscriber
from probe import eventually, readiness


def payload(token):
    return {"token": token}


def from_file(path):
    return "--init-payload-file", str(path), payload


def from_command(path):
    return "--credentials-command", f"cat '{path}'", lambda token: {"initPayload": payload(token)}


@pytest.mark.parametrize("source", [from_file, from_command], ids=["file", "command"])
@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_a_token_that_changes_between_connects(library, source, start_upstream, start_relay, tmp_path):
    path = tmp_path / "credentials.json"
    flag, value, content = source(path)
    path.write_text(json.dumps(content("first-token")))
    upstream = start_upstream(library, "--token", "first-token")
    relay = start_relay(upstream, options=[(flag, value), ("--fatal-pause", "200ms")])
    async with PlainSubscriber(relay.topic_url("tick")) as subscriber:
        await subscriber.events_arrive(3)
        upstream.kill()
        upstream.start("--token", "second-token", "--start", "1000000")
        await eventually(lambda: "4403" in relay.log, "the old token is refused")
        path.write_text(json.dumps(content("second-token")))
        await subscriber.reach(1_000_003)
    assert "first-token" not in relay.log and "second-token" not in relay.log


async def test_a_command_that_fails_is_logged_once_and_tried_again(start_upstream, start_relay, tmp_path):
    upstream = start_upstream("strawberry", "--token", "swordfish")
    path = tmp_path / "credentials.json"
    command = f"echo shellfish; echo jellyfish >&2; test -e '{path}' && exec cat '{path}'"
    relay = start_relay(upstream, options=[("--credentials-command", f"({command}) | grep -v shellfish")])
    await eventually(lambda: "--credentials-command" in relay.log, "the failure is logged")
    assert readiness(relay) == 503
    path.write_text('{"initPayload":{"token":"swordfish"}}')
    await eventually(lambda: readiness(relay) == 200, "the command's next run lets the relay in")
    lines = relay.log_lines("--credentials-command: ended with exit code 1")
    assert len([line for line in lines if "upstream not connected" in line]) == 1, relay.log
    assert "fish" not in relay.log


async def test_a_command_that_hangs_is_killed(upstream, start_relay, tmp_path):
    path = tmp_path / "ready"
    command = f"test -e '{path}' || sleep 3600; echo '{{}}'"
    relay = start_relay(
        upstream, options=[("--credentials-command", command), ("--credentials-timeout", "200ms")]
    )
    await eventually(lambda: "took longer than" in relay.log, "the failure is logged")
    path.touch()
    await eventually(lambda: readiness(relay) == 200, "the command's next run lets the relay in")
