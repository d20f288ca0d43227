"""What a service manager is told, by systemd's protocol."""

import os
import signal
import socket

import pytest
from probe import eventually


class Nowhere:
    """An upstream that isn't there."""

    graphql_url = "ws://127.0.0.1:1/graphql"


class Manager:
    """The socket that a service manager gives to its services."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(20)

    def told(self):
        return self.socket.recv(4096).decode().split("\n")


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path, monkeypatch):
    name = str(tmp_path / "notify") if request.param == "path" else f"@fanout-relay-test-{os.getpid()}"
    manager = Manager(name.replace("@", "\0"))
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    yield manager
    manager.socket.close()


def test_it_is_told_of_start_reload_and_stop(manager, start_relay):
    relay = start_relay(Nowhere)
    ready = manager.told()
    assert ready[0] == "READY=1"
    assert ready[1] == f"STATUS=listening on {relay.url}"
    relay.process.send_signal(signal.SIGHUP)
    reloading, since = manager.told()
    assert reloading == "RELOADING=1"
    assert int(since.removeprefix("MONOTONIC_USEC=")) > 0
    assert manager.told()[0] == "READY=1"
    relay.terminate()
    stopping = manager.told()
    assert stopping[0] == "STOPPING=1"
    assert int(stopping[2].removeprefix("EXTEND_TIMEOUT_USEC=")) >= 1_000_000
    assert relay.wait() == 0


def test_the_watchdog_hears_of_a_relay_that_works(manager, monkeypatch, start_relay):
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    relay = start_relay(Nowhere)
    assert manager.told()[0] == "READY=1"
    for _ in range(3):
        assert manager.told() == ["WATCHDOG=1"]
    # A process that stands still says nothing.
    relay.process.send_signal(signal.SIGSTOP)
    manager.socket.settimeout(1)
    with pytest.raises(TimeoutError):
        while True:
            manager.told()
    relay.process.send_signal(signal.SIGCONT)
    manager.socket.settimeout(20)
    assert manager.told() == ["WATCHDOG=1"]


def test_a_watchdog_for_another_process_is_not_ours(manager, monkeypatch, start_relay):
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    relay = start_relay(Nowhere)
    assert manager.told()[0] == "READY=1"
    relay.terminate()
    assert manager.told()[0] == "STOPPING=1"
    assert relay.wait() == 0


async def test_commands_that_the_relay_starts_have_no_word_in_it(manager, start_relay, tmp_path):
    found = tmp_path / "found"
    command = f"printenv NOTIFY_SOCKET WATCHDOG_USEC > {found}.part; mv {found}.part {found}; echo '{{}}'"
    start_relay(Nowhere, options=[("--credentials-command", command)])
    assert manager.told()[0] == "READY=1"
    await eventually(found.exists, "the command has run")
    assert found.read_text() == ""


def test_one_that_is_gone_harms_nothing(monkeypatch, start_relay, tmp_path):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    relay = start_relay(Nowhere)
    relay.terminate()
    assert relay.wait() == 0
