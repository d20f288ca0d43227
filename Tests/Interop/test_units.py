"""The units of systemd: what systemd says of them, and a relay under their restrictions."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from probe import eventually, get
from relay import TICK, TOP, relay_binary
from sandbox import Unit, sandboxed
from server_process import ServerProcess
from websockets.asyncio.client import unix_connect

UNITS = TOP / "deploy" / "systemd"
SERVICE = UNITS / "fanout-relay.service"
FIRST, SECOND = "the-first-of-tokens", "the-second-of-tokens"

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze isn't installed")
needs_bubblewrap = pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap isn't installed")


@pytest.fixture
def units(tmp_path):
    """The units, with a program that is there."""
    for unit in UNITS.glob("fanout-relay.so*"):
        shutil.copy(unit, tmp_path)
    text = SERVICE.read_text()
    assert "ExecStart=/usr/bin/fanout-relay " in text
    (tmp_path / SERVICE.name).write_text(text.replace("/usr/bin/fanout-relay", str(relay_binary())))
    return [tmp_path / SERVICE.name, tmp_path / "fanout-relay.socket"]


@needs_systemd
def test_systemd_finds_nothing_wrong(units):
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0 and "fanout-relay" not in result.stderr, result.stderr


@needs_systemd
def test_little_is_exposed(units):
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", units[0]]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    # It ends with 1 over the threshold, which is 2.0 of 10.
    assert result.returncode == 0, result.stdout
    assert float(re.search(r"exposure level .*: (\d+\.\d)", result.stdout)[1]) <= 2.0


@pytest.fixture
def restricted(upstream, tmp_path, binary):
    """A relay under the restrictions of the service, with a directory at runtime and a settings file."""
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o777)
    runtime.chmod(0o777)
    (runtime / "tokens").write_text(f"{FIRST}\n")
    (runtime / "relay.yaml").write_text(
        f"""
        upstream: {upstream.graphql_url}
        topic: ["tick={TICK}"]
        listen: ["127.0.0.1:0", "unix:/run/fanout-relay/clients,mode=0660"]
        token-file: tokens
        credentials-command: echo '{{}}'
        max-connections: 4096
        drain-window: 100ms
        """
    )
    inside = "/run/fanout-relay"
    command = [binary, "serve", "--config", f"{inside}/relay.yaml"]
    relay = ServerProcess("relay", sandboxed(Unit(SERVICE), command, tmp_path, {inside: runtime}), tmp_path)
    relay.runtime = runtime
    yield relay
    relay.kill()


def within(relay):
    """The process of the relay itself, whose parent is bubblewrap."""
    [child] = Path(f"/proc/{relay.process.pid}/task/{relay.process.pid}/children").read_text().split()
    return int(child)


@needs_systemd
@needs_bubblewrap
async def test_a_relay_serves_under_them(restricted):
    process = within(restricted)
    state = dict(line.split(":\t") for line in Path(f"/proc/{process}/status").read_text().splitlines())
    assert state["Seccomp"] == "2" and state["NoNewPrivs"] == "1" and int(state["CapEff"], 16) == 0
    path = str(restricted.runtime / "clients")
    bearer = {"Authorization": f"Bearer {FIRST}"}
    async with unix_connect(path, uri="ws://localhost/topics/tick", additional_headers=bearer) as connection:
        assert await connection.recv()
    # The tokens are read again, as by systemctl reload.
    (restricted.runtime / "tokens").write_text(f"{SECOND}\n")
    os.kill(process, signal.SIGHUP)
    request = urllib.request.Request(f"{restricted.url}/topics", headers={"Authorization": f"Bearer {SECOND}"})
    await eventually(lambda: get(request)[0] == 200, "the new token counts")
    os.kill(process, signal.SIGTERM)
    assert await asyncio.to_thread(restricted.wait) == 0
    assert "draining" in restricted.log
