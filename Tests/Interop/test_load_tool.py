"""fanout-load as a program: TLS, names, several servers, scenarios, samples, and what is refused before the start."""

import json
import os
import subprocess
from collections import Counter
from contextlib import ExitStack

import pytest
from certificate import Certificate
from relay import Relay


@pytest.fixture
def load(binary):
    """Runs it: `load("run", url, "--connections", "5")`."""

    def run(*arguments):
        command = [binary.with_name("fanout-load"), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=50)

    return run


SHORT = ["--no-ceiling", "--connections", "6", "--duration", "1s", "--json"]


def summary(result):
    assert result.returncode == 0, result
    return json.loads(result.stdout)


@pytest.fixture
def certificate(tmp_path):
    return Certificate(tmp_path)


@pytest.fixture
def secure(start_relay, upstream, certificate):
    return start_relay(upstream, options=certificate.options)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("protocol", ["plain", "graphql", "sse"])
def test_over_tls(load, secure, certificate, host, protocol):
    scheme = "https" if protocol == "sse" else "wss"
    path = "/graphql" if protocol == "graphql" else "/topics/tick"
    arguments = ["--operation-name", "tick"] if protocol == "graphql" else []
    url = f"{scheme}://{host}:{secure.port}{path}"
    found = summary(load("run", url, "--protocol", protocol, *arguments, *SHORT, "--tls-ca", certificate.path))
    assert found["connections"]["opened"] == 6 and found["deliveries"]["min"] > 0
    assert found["sequence"]["lost"] == 0


def test_whom_tls_trusts(load, secure, certificate, tmp_path):
    url = f"wss://127.0.0.1:{secure.port}/topics/tick"
    foreign = Certificate(tmp_path, "foreign")
    for trust in ([], ["--tls-ca", foreign.path]):
        result = load("run", url, *SHORT, *trust)
        refused = json.loads(result.stdout)["connections"]["refused"]
        [(reason, count)] = refused.items()
        assert result.returncode == 1 and count == 6 and reason.startswith("TLS: self-signed certificate"), result
    assert summary(load("run", url, *SHORT, "--insecure"))["connections"]["opened"] == 6
    # The certificate is for 127.0.0.1 and localhost.
    other = load("run", url.replace("127.0.0.1", "127.0.0.2"), *SHORT, "--tls-ca", certificate.path)
    assert other.returncode == 1


def test_a_server_without_tls_is_told_apart(load, start_relay, upstream):
    relay = start_relay(upstream)
    result = load("run", f"wss://127.0.0.1:{relay.port}/topics/tick", *SHORT, "--insecure")
    [reason] = json.loads(result.stdout)["connections"]["refused"]
    assert result.returncode == 1 and reason.startswith("TLS: "), result


def test_several_servers_take_turns(load, start_relay, upstream, secure, certificate):
    plain = start_relay(upstream)
    urls = [f"ws://localhost:{plain.port}/topics/tick", f"wss://localhost:{secure.port}/topics/tick"]
    found = summary(load("run", *urls, *SHORT, "--tls-ca", certificate.path, "--never-read", "0"))
    assert found["url"] == ", ".join(urls)
    assert found["connections"]["opened"] == 6 and found["deliveries"]["min"] > 0


def test_stages_open_and_leave(load, start_relay, upstream, tmp_path):
    relay = start_relay(upstream)
    samples = tmp_path / "samples.jsonl"
    url = f"ws://127.0.0.1:{relay.port}/topics/tick"
    stages = [part for stage in ("1s:40", "1500ms:40", "1s:5", "1s:60", "500ms:60") for part in ("--stage", stage)]
    found = summary(load("run", url, "--no-ceiling", "--json", *stages, "--samples", samples))
    assert found["connections"]["opened"] == 60 and found["connections"]["refused"] == {}
    assert found["connections"]["reopened"] == 35
    lines = [json.loads(line) for line in samples.read_text().splitlines()]
    assert len(lines) >= 4 and all(line["lost"] == 0 for line in lines)
    opened = [line["open"] for line in lines]
    assert max(opened[:3]) == 40 and opened[-1] > 40, opened


def test_a_scenario_is_a_file(load, start_relay, upstream, tmp_path):
    relay = start_relay(upstream)
    scenario = tmp_path / "storm.yaml"
    url = f"ws://127.0.0.1:{relay.port}/topics/tick"
    scenario.write_text(f"url: [{url}]\nconnections: 7\nduration: 500ms\nceiling: false\nheader: ['A: b']\n")
    assert summary(load("run", "--config", scenario, "--json"))["connections"]["opened"] == 7
    # A flag goes before the file.
    assert summary(load("run", "--config", scenario, "--json", "--connections", "3"))["connections"]["opened"] == 3
    for line, words in [
        ("connections: many", f"{scenario}:2: connections: 'many'"),
        ("conections: 5", f"{scenario}:2: conections: no setting is called that; did you mean connections?"),
    ]:
        scenario.write_text(f"url: [{url}]\n{line}\n")
        result = load("run", "--config", scenario)
        assert result.returncode == 78 and result.stderr.count("\n") == 1, result
        assert str(scenario) in result.stderr and line.split(":")[0] in result.stderr, (result, words)
    missing = load("run", "--config", tmp_path / "none.yaml")
    assert missing.returncode == 78 and "No such file" in missing.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--require", "p99 < 5ms"], 64, "--timestamp-key"),
        (["--require", "p98 < 5ms"], 64, "p98"),
        (["--server-pid", "4194303"], 64, "--server-pid 4194303"),
        (["--html", "/nonexistent/page.html"], 73, "--html '/nonexistent/page.html'"),
        (["--samples", "/nonexistent/samples"], 73, "--samples '/nonexistent/samples'"),
        (["--duration", "25h"], 64, "100ms to 24h"),
    ],
)
def test_what_cannot_be_is_said_before_the_start(load, start_relay, upstream, arguments, code, words):
    relay = start_relay(upstream)
    usual = SHORT if "--duration" not in arguments else ["--json"]
    result = load("run", f"ws://127.0.0.1:{relay.port}/topics/tick", *usual, *arguments)
    assert result.returncode == code and words in result.stderr and not result.stdout, result
    assert result.stderr.count("\n") == 1, result


def test_a_server_is_watched_by_its_number(load, start_relay, upstream):
    relay = start_relay(upstream)
    url = f"ws://127.0.0.1:{relay.port}/topics/tick"
    found = summary(load("run", url, *SHORT, "--server-pid", relay.process.pid))
    assert found["server"]["cpuSeconds"] >= 0


@pytest.fixture
def demo(binary, tmp_path):
    """Its events have a time in milliseconds."""
    arguments = ["demo", "--listen", "127.0.0.1:0", "--upstream-listen", "127.0.0.1:0", "--interval", "20ms"]
    relay = Relay(arguments, tmp_path)
    yield relay
    relay.stop()


def test_two_runs_at_once_are_merged(binary, load, demo, tmp_path):
    program = binary.with_name("fanout-load")
    command = [program, "run", demo.topic_url("tick"), *SHORT, "--timestamp-key", "at"]
    command += ["--server-pid", str(demo.process.pid)]
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    with ExitStack() as outputs:
        runs = [subprocess.Popen(command, stdout=outputs.enter_context(file.open("wb"))) for file in files]
        assert [run.wait(40) for run in runs] == [0, 0]
    parts = [json.loads(file.read_text()) for file in files]
    merged = summary(load("merge", *files, "--json", "--require", "lost == 0", "--require", "p50 < 10s"))
    assert merged["runs"] == 2 and merged["connections"]["opened"] == 12
    for figure in ("total", "bytes", "measured"):
        assert merged["deliveries"][figure] == sum(part["deliveries"][figure] for part in parts) > 0
    rates = sum(part["deliveries"]["perSecond"] for part in parts)
    assert abs(merged["deliveries"]["perSecond"] - rates) < 0.01
    counts = Counter()
    for part in parts:
        counts.update({lowest: count for lowest, count in part["latency"]["histogram"]["counts"]})
    assert merged["latency"]["histogram"]["counts"] == [[lowest, counts[lowest]] for lowest in sorted(counts)]
    assert sum(counts.values()) == merged["times"]["read"] == merged["deliveries"]["measured"]
    assert merged["latency"]["max"] == max(part["latency"]["max"] for part in parts)
    assert merged["server"]["pid"] == demo.process.pid
    assert merged["server"]["cpuSeconds"] >= max(part["server"]["cpuSeconds"] for part in parts)
    table = load("merge", *files)
    assert table.returncode == 0 and "2 runs together" in table.stdout and "all held" in table.stdout, table
    piped = subprocess.run(
        [program, "merge", files[0], "-", "--require", "deliveries == 1"],
        input=files[1].read_text(), capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert piped.returncode == 1 and "failed: required deliveries == 1" in piped.stdout, piped
    whole = files[1].read_text()
    files[1].write_text("\n\n" + whole.strip() + "}\n")
    wrong = load("merge", *files)
    assert wrong.returncode == 78 and f"'{files[1]}:3': it isn't JSON" in wrong.stderr, wrong
    files[1].write_text(whole.replace('"kind":"run",', ""))
    wrong = load("merge", *files)
    assert wrong.returncode == 78 and wrong.stderr.count("\n") == 1 and not wrong.stdout, wrong
    assert f"'{files[1]}': kind is missing" in wrong.stderr


def test_a_name_that_nobody_has(load):
    result = load("run", "ws://nobody.invalid/topics/tick", *SHORT)
    assert result.returncode == 68 and "'nobody.invalid'" in result.stderr, result


def test_authorities_that_are_none(load, tmp_path):
    file = tmp_path / "authorities.pem"
    file.write_text("none\n")
    result = load("run", "wss://127.0.0.1:9/t", *SHORT, "--tls-ca", file)
    assert result.returncode == 78 and str(file) in result.stderr, result


def test_a_terminal_gets_a_bar(binary, start_relay, upstream):
    relay = start_relay(upstream)
    master, slave = os.openpty()
    command = [binary.with_name("fanout-load"), "run", f"ws://127.0.0.1:{relay.port}/topics/tick"]
    process = subprocess.Popen(
        [*command, "--no-ceiling", "--connections", "3", "--duration", "2s"],
        stdout=subprocess.PIPE, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(master)
    assert process.wait(20) == 0 and b"receiving" in shown and b"[####" in shown, shown
    assert b"\n" not in shown
