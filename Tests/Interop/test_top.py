"""`fanout-relay top` on a terminal and without one."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pytest
from certificate import Certificate
from probe import eventually, metric, readiness
from relay import TICK
from upstream import quiet_port

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command, rows=24, columns=100, **environment):
        self.written = b""
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, env={**variables, "TERM": "xterm", **environment},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.slave = slave

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys):
        os.write(self.master, keys)

    def read(self, deadline=0.1):
        if select.select([self.master], [], [], deadline)[0]:
            self.written += os.read(self.master, 65536)

    def shows(self, text, deadline=20):
        """Waits until a frame has a text; what came before is forgotten."""
        end = time.monotonic() + deadline
        while text.encode() not in self.written:
            assert time.monotonic() < end, f"not shown: {text!r} in {self.written[-3000:]!r}"
            assert self.process.poll() is None or text.encode() in self.written, self.written
            self.read()
        frame, self.written = self.written, b""
        return frame

    def ends(self):
        """Its exit code; what it wrote in the end is kept."""
        end = time.monotonic() + 10
        while self.process.poll() is None:
            assert time.monotonic() < end, "it doesn't end"
            self.read()
        while select.select([self.master], [], [], 0)[0]:
            self.read()
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def start_top(binary):
    terminals = []

    def start(*arguments, **options):
        terminals.append(Terminal([binary, "top", "--interval", "100ms", *arguments], **options))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def run(binary, *arguments, **environment):
    pace = [] if "--interval" in arguments else ["--interval", "300ms"]
    return subprocess.run(
        [str(binary), "top", *pace, *map(str, arguments)],
        capture_output=True, text=True, timeout=30, env={**os.environ, **environment},
    )


def rows(frame):
    """The lines of the last whole frame."""
    frames = frame.split(b"\x1b[H")
    return [row.removeprefix(b"\x1b[2K") for row in frames[-2].split(b"\r\n")]


@pytest.mark.parametrize("end", ["q", "ctrl-c", signal.SIGTERM, signal.SIGHUP], ids=str)
def test_a_terminal_gets_what_it_showed_back(end, relay, start_top):
    top = start_top(relay.url)
    assert top.shows("tick").startswith(ENTER)
    top.shows("ready; connected 1 times")
    assert not termios.tcgetattr(top.slave)[3] & termios.ECHO
    if isinstance(end, signal.Signals):
        top.process.send_signal(end)
    else:
        top.press({"q": b"q", "ctrl-c": b"\x03"}[end])
    assert top.ends() == 0
    assert top.written.endswith(b"\x1b[?25h" + LEAVE)
    assert termios.tcgetattr(top.slave) == top.before


def test_it_fits_into_the_terminal_whose_size_may_change(upstream, start_relay, start_top):
    relay = start_relay(upstream, {f"topic-{number}": TICK.replace("20", f"2{number}") for number in range(10, 40)})
    top = start_top(relay.url, rows=18, columns=60)
    top.shows(" more")
    frame = top.shows(" more") + top.shows(" more")
    shown = rows(frame)
    assert 12 < len(shown) <= 18, shown
    top.resize(60, 120)
    top.shows("topic-39")
    top.shows("INTERRUPTIONS")


def test_a_relay_that_is_away_is_awaited(upstream, start_relay, start_top):
    port = quiet_port()
    top = start_top(f"http://127.0.0.1:{port}")
    top.shows("the relay isn't reached: ")
    relay = start_relay(upstream, options=[("--listen", f"127.0.0.1:{port}")])
    top.shows("ready; ")
    relay.stop()
    top.shows("the relay isn't reached: ")
    top.press(b"q")
    assert top.ends() == 0


def test_colours_can_be_left_out(relay, start_top):
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        top = start_top(relay.url, **environment)
        top.shows("TOPIC")
        assert (b"\x1b[1m" in top.shows("TOPIC") + top.shows("TOPIC")) == coloured
        top.press(b"q")
        assert top.ends() == 0


async def test_without_a_terminal_it_prints_once(relay, binary, start_top):
    await eventually(lambda: readiness(relay) == 200, "ready")
    await eventually(lambda: metric(relay, "fanout_topic_events_total", topic="tick") > 0, "events come")
    done = run(binary, relay.url)
    assert (done.returncode, done.stderr) == (0, "") and "\x1b" not in done.stdout, done
    lines = done.stdout.splitlines()
    assert lines[0].endswith(f" at {relay.url}") and lines[1].startswith("ready; ")
    assert float(next(line for line in lines if line.startswith("tick ")).split()[2]) > 0
    # The same on a terminal with --once, and on one that can't move its cursor.
    for top in (start_top("--once", relay.url), start_top(relay.url, TERM="dumb")):
        assert top.ends() == 0
        assert b"\x1b" not in top.written and b"\r\ntick " in top.written


def test_a_relay_that_does_not_tell_is_one_line(binary, upstream, start_relay, tmp_path):
    done = run(binary, "--once", f"http://127.0.0.1:{quiet_port()}")
    assert done.returncode == 69 and "the relay isn't reached: " in done.stderr and len(done.stderr.splitlines()) == 1
    tokens, token = tmp_path / "tokens", tmp_path / "token"
    tokens.write_text("operator-operator-operator subject=ops\n")
    relay = start_relay(upstream, options=[("--admin-listen", "127.0.0.1:0"), ("--admin-token-file", tokens)])
    operators = "http://" + relay.output.split("for operators on http://")[1].split()[0]
    token.write_text("other-other-other-other\n")
    for place, options, environment, words in [
        (relay.url, [], {}, "there is no /state"),
        (operators, [], {}, "--token-file"),
        (operators, ["--token-file", token], {}, "doesn't take the token"),
        (operators, ["--token-file", token], {"FANOUT_TOP_TOKEN": "operator-operator-operator"}, "doesn't take the token"),
    ]:
        done = run(binary, *options, place, **environment)
        assert done.returncode == 69 and words in done.stderr and not done.stdout, done
    assert run(binary, "--token-file", tokens, operators).returncode == 0
    assert run(binary, operators, FANOUT_TOP_TOKEN="operator-operator-operator").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["ftp://a"], 64, ["ftp://a"]),
        (["http://user@a"], 64, ["user@a"]),
        (["--interval", "1ms"], 64, ["--interval", "100ms"]),
        (["--token-file", "/nowhere"], 78, ["--token-file", "/nowhere"]),
        (["--ca", "/nowhere"], 78, ["--ca", "/nowhere"]),
    ],
)
def test_bad_flags_are_one_line(binary, arguments, code, named):
    done = run(binary, *arguments)
    assert done.returncode == code and not done.stdout and len(done.stderr.splitlines()) == 1, done
    assert all(word in done.stderr for word in named), done.stderr


def test_an_empty_token_is_refused(binary, tmp_path):
    token = tmp_path / "token"
    for content in ("", "\n", "tökén\n"):
        token.write_text(content)
        done = run(binary, "--token-file", token)
        assert done.returncode == 78 and "it has no token" in done.stderr, done
    done = run(binary, FANOUT_TOP_TOKEN="a b")
    assert done.returncode == 64 and "FANOUT_TOP_TOKEN" in done.stderr, done


def test_its_help_fits_on_a_screen(binary):
    done = subprocess.run([binary, "top", "--help"], capture_output=True, text=True, timeout=20)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) <= 40 and max(map(len, lines)) <= 80, done.stdout


def test_it_trusts_the_authority_that_it_is_told(binary, upstream, start_relay, tmp_path):
    certificate = Certificate(tmp_path, "relay")
    relay = start_relay(upstream, options=[("--tls-certificate", certificate.path), ("--tls-key", certificate.key)])
    url = f"https://localhost:{relay.port}"
    refused = run(binary, url)
    assert refused.returncode == 69 and "certificate" in refused.stderr, refused
    done = run(binary, "--ca", certificate.path, url)
    assert done.returncode == 0 and done.stdout.splitlines()[1].startswith("ready; "), done
