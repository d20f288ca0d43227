"""Hostile load for some seconds, by deploy/hostile.py: that it holds, and that it can fail."""

import os
import subprocess
import sys

import pytest
from relay import TOP

sys.path.insert(0, str(TOP / "deploy"))

from hostile_attacks import ATTACKS, LATE_INIT, allowed, mishaps  # noqa: E402
from hostile_clients import wrong_tokens  # noqa: E402

BRIEFLY = ["0.2", "--calm", "3", "--share", "0.1", "--no-latency"]


def hostile(binary, *arguments):
    environment = {
        **os.environ,
        "FANOUT_RELAY_BINARY": str(binary),
        "FANOUT_LOAD_BINARY": str(binary.with_name("fanout-load")),
    }
    command = [sys.executable, str(TOP / "deploy" / "hostile.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)


def only(*attacks):
    return [part for name in ATTACKS if name not in attacks for part in ("--without", name)]


def test_a_relay_holds_under_hostile_load(binary):
    ended = hostile(binary, *BRIEFLY)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for name in ATTACKS:
        assert f"\n{name} " in ended.stdout, ended.stdout


def test_floods_of_control_frames_end(binary):
    ended = hostile(binary, "0.6", *BRIEFLY[1:], *only("control floods"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "\ncontrol floods " in ended.stdout, ended.stdout


def test_a_wrong_token_that_gets_in_fails_it(binary):
    ended = hostile(binary, *BRIEFLY, *only("wrong tokens"), "--", "--jwt-leeway", "10m")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "FAILED  attackers get what is theirs: wrong tokens, expired graphql: let in" in ended.stdout, ended.stdout
    assert "held    bystanders got every event once, in order" in ended.stdout, ended.stdout


def test_bystanders_that_are_refused_fail_it(binary):
    ended = hostile(binary, *BRIEFLY, *only("churn"), "--", "--max-connections", "10")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "FAILED  bystanders got every event once, in order: " in ended.stdout, ended.stdout


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["soon"], "'soon'"),
        (["0"], "'0'"),
        (["1", "--share", "2"], "--share"),
        (["1", "--without", "rain"], "rain"),
        (["1", "--tipoc"], "--tipoc"),
        (["1", *only()], "--without"),
    ],
)
def test_bad_arguments_are_named(binary, arguments, word):
    ended = hostile(binary, *arguments)
    assert ended.returncode == 64 and word in ended.stderr and len(ended.stderr.splitlines()) == 1, ended.stderr


def test_what_attackers_may_get():
    assert list(mishaps({"floods/pings/1008": 3, "churn/close/1000": 1, "readers/plain/cut": 1})) == []
    wrong = mishaps({"floods/pings/not read": 3})
    assert list(wrong) == [f"floods, pings: not read (3 times), not 1008 or {LATE_INIT}"]
    for kind in wrong_tokens("x" * 32):
        for door in ("topic", "graphql", "stream", "init"):
            assert not {"let in", "200", "101", "not answered"} & allowed("wrong tokens", f"{kind} {door}")
