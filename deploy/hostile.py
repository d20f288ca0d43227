"""Attacks a relay in every way it must bear, and watches what its other clients and its process notice of that.

Started by deploy/hostile.sh, whose --help says what is attacked, watched and judged.
"""

import argparse
import json
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from statistics import median

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "Tests" / "Interop"))

from hostile_attacks import ATTACKS, mishaps  # noqa: E402
from hostile_clients import good_token  # noqa: E402
from probe import DIRECT, SAMPLE  # noqa: E402
from relay import Relay  # noqa: E402

BOUND = 256 << 20
SECRET = "a secret of more than thirty-two bytes"
ADMIN = "admin-admin-admin-admin"
BYSTANDERS = 20
# No connection gets the upstream's port by chance: nothing connects from this address.
UPSTREAM = "127.77.0.1"
# fanout-load runs ten minutes at most.
LONGEST_RUN = 590
CALM = 60
WARM_UP = 75
LATENCY_FLOOR = 5
MEMORY_GROWTH = 8 << 20
DESCRIPTOR_GROWTH = 3
# What a relay on a busy machine may take for /healthz, and for letting everybody go.
PATIENCE = 10
REST = 60
# Each has a thread's worth of work to do; addresses of its own show whose connections the relay counts.
GROUPS = [["wrong tokens"], ["churn"], [name for name in ATTACKS if name not in ("wrong tokens", "churn")]]


class Mishap(Exception):
    """Something after which nothing more can be learnt."""


class Attackers:
    """The processes of the attackers, and what they reported last."""

    def __init__(self, port, options):
        self.reports = []
        self.processes = []
        for number, group in enumerate(GROUPS):
            names = [name for name in group if name not in options.without]
            if not names:
                continue
            addresses = [f"127.0.{number + 1}.{host}" for host in range(1, 101)]
            orders = {"port": port, "secret": SECRET, "share": options.share, "attacks": names, "addresses": addresses}
            command = [sys.executable, str(TOP / "deploy" / "hostile_attacks.py"), json.dumps(orders)]
            self.processes.append(
                subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
            )
            os.set_blocking(self.processes[-1].stdout.fileno(), False)
            self.reports.append({"begun": {}, "present": {}, "outcomes": {}})
        self.rests = [b""] * len(self.processes)

    def read(self):
        for number, process in enumerate(self.processes):
            if process.poll() is not None:
                raise Mishap(f"attackers ended with {process.returncode}")
            while data := process.stdout.read(1 << 20):
                *lines, self.rests[number] = (self.rests[number] + data).split(b"\n")
                if lines:
                    self.reports[number] = json.loads(lines[-1])

    def total(self, what):
        return Counter({key: value for report in self.reports for key, value in report[what].items()})

    def stop(self):
        """Lets them go; their connections break off."""
        for process in self.processes:
            process.kill()
            process.wait()
            process.stdout.close()


class Bystanders:
    """fanout-load: the upstream, and clients with good tokens that check and time every event."""

    def __init__(self, relay, upstream, directory, seconds):
        tokens = directory / "bystanders"
        tokens.write_text("".join(good_token(SECRET, f"bystander-{number}") + "\n" for number in range(BYSTANDERS)))
        load = os.environ.get("FANOUT_LOAD_BINARY") or TOP / ".build" / "release" / "fanout-load"
        command = [str(load), "run", relay.topic_url("tick"), "--connections", str(BYSTANDERS), "--json"]
        command += ["--duration", f"{seconds * 1000:.0f}ms", "--upstream", upstream, "--rate", "50", "--size", "1000"]
        command += ["--no-ceiling", "--token-file", str(tokens), "--handshake-timeout", "30s"]
        self.log = directory / "bystanders.log"
        self.output = directory / "bystanders.json"
        with self.log.open("wb") as log, self.output.open("wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=log)

    def state(self):
        """The tool's own last line."""
        lines = self.log.read_text(errors="replace").split("\n")
        return " ".join(lines[-2].split()) if len(lines) > 1 else "not yet there"

    def summary(self):
        try:
            return json.loads(self.output.read_text())
        except ValueError:
            raise Mishap(f"fanout-load ended with {self.process.returncode}: {self.log.read_text()[-500:]}") from None


def free_port():
    with socket.socket() as probe:
        probe.bind((UPSTREAM, 0))
        return probe.getsockname()[1]


class Load:
    """A relay, its bystanders before and under attack, and what was seen."""

    def __init__(self, options, directory, ending):
        self.options = options
        self.directory = directory
        self.upstream = f"{UPSTREAM}:{free_port()}"
        self.ending = ending
        self.attackers = None
        self.runs = {"calm": [], "hostile": []}
        self.samples = []
        self.descriptors = None
        self.slowest_answer = 0
        self.unhealthy = []
        self.told = time.monotonic()
        self.before = (Counter(), Counter())
        self.used = self.waited = 0

    def start(self):
        tokens, secret = self.directory / "tokens", self.directory / "secret"
        tokens.write_text(f"{ADMIN} scopes=admin\n")
        secret.write_text(SECRET)
        command = ["serve", "--listen", "127.0.0.1:0", "--max-memory", "256MiB", "--jwt-key-file", str(secret)]
        # For /metrics; and so that the next run of the bystanders needn't wait for the relay, which has lost the last.
        command += ["--token-file", str(tokens), "--retry-connect", "constant(200ms) jitter: none"]
        command += ["--upstream", f"ws://{self.upstream}/graphql", "--topic", "tick=subscription { tick { n at } }"]
        self.relay = Relay([*command, *self.options.flags], self.directory)
        self.ending.callback(self.relay.kill)

    def metrics(self):
        request = urllib.request.Request(f"{self.relay.url}/metrics", headers={"Authorization": f"Bearer {ADMIN}"})
        with DIRECT.open(request, timeout=PATIENCE) as response:
            lines = response.read().decode().splitlines()
        return Counter({m["name"] + (m["labels"] or ""): float(m["value"]) for m in map(SAMPLE.match, lines) if m})

    def cost(self):
        process = Path(f"/proc/{self.relay.process.pid}")
        try:
            status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
            return int(status["VmRSS"].split()[0]) << 10, sum(1 for _ in (process / "fd").iterdir())
        except (OSError, KeyError) as error:
            raise Mishap(f"the relay is gone, with {self.relay.process.poll()}") from error

    def processor_times(self):
        """How long the relay's threads have run, and have waited for a processor, in seconds."""
        tasks = Path(f"/proc/{self.relay.process.pid}/task").iterdir()
        times = [(task / "schedstat").read_text().split()[:2] for task in tasks]
        return (sum(map(int, column)) / 1e9 for column in zip(*times))

    def ask_health(self):
        began = time.monotonic()
        try:
            with DIRECT.open(f"{self.relay.url}/healthz", timeout=PATIENCE) as response:
                response.read()
        except OSError as error:
            self.unhealthy.append(str(error))
        self.slowest_answer = max(self.slowest_answer, time.monotonic() - began)

    def tell(self, bystanders, interval):
        """Where it stands, and what the last minute brought."""
        now, metrics = self.metrics(), self.attackers.total("begun") if self.attackers else Counter()
        memory, descriptors = self.cost()
        refused = Counter()
        for key, value in (now - self.before[0]).items():
            name, _, label = key.partition("{")
            if name in ("fanout_connections_refused_total", "fanout_credentials_refused_total",
                        "fanout_client_limits_total", "fanout_gathered_given_up_total", "fanout_slow_clients_total",
                        "fanout_memory_shed_clients_total", "fanout_documents_refused_total"):
                refused[label.split('"')[1] if label else name[len("fanout_") : -len("_total")]] += int(value)
        rates = metrics - self.before[1]
        self.before = (now, metrics)
        used, waited = self.used, self.waited
        self.used, self.waited = self.processor_times()
        print(
            f"{memory / (1 << 20):6.1f} MiB  {descriptors} descriptors  {now['fanout_clients']:.0f} clients  "
            f"{now['fanout_event_streams']:.0f} streams  "
            f"{(self.used - used) / interval:.2f} processors, {(self.waited - waited) / interval:.2f} waited for, "
            f"system's load {os.getloadavg()[0]:.1f}\n"
            f"        begun/s: {', '.join(f'{name} {count / interval:.0f}' for name, count in rates.items()) or '-'}\n"
            f"        refused: {', '.join(f'{name} {count}' for name, count in sorted(refused.items())) or '-'}\n"
            f"        bystanders: {bystanders.state()}",
            flush=True,
        )

    def phase(self, name, seconds):
        """Has bystanders there for so long, in as few runs as the tool allows."""
        runs = math.ceil(seconds / LONGEST_RUN)
        start = time.monotonic()
        self.told = start
        for _ in range(runs):
            bystanders = Bystanders(self.relay, self.upstream, self.directory, seconds / runs)
            self.ending.callback(bystanders.process.kill)
            while bystanders.process.poll() is None:
                self.ask_health()
                if self.attackers:
                    self.attackers.read()
                    self.samples.append((time.monotonic() - start, *self.cost()))
                if time.monotonic() - self.told >= 60:
                    print(f"{(time.monotonic() - start) / 60:4.0f} min  ", end="")
                    self.tell(bystanders, time.monotonic() - self.told)
                    self.told = time.monotonic()
                try:
                    bystanders.process.wait(1)
                except subprocess.TimeoutExpired:
                    pass
            self.runs[name].append(bystanders.summary())
        if time.monotonic() - self.told > 5:
            print(f"{name} ended  ", end="")
            self.tell(bystanders, time.monotonic() - self.told)

    def rest(self, descriptors=None):
        """Waits until nobody is there, and as many descriptors as before; how many there are."""
        end = time.monotonic() + REST
        while True:
            _, now = self.cost()
            is_empty = self.metrics()["fanout_clients"] == 0
            if is_empty and (descriptors is None or now <= descriptors + DESCRIPTOR_GROWTH) or time.monotonic() > end:
                return now
            time.sleep(0.5)

    def run(self):
        self.start()
        self.phase("calm", self.options.calm)
        self.descriptors = [self.rest()]
        self.attackers = Attackers(self.relay.port, self.options)
        self.ending.callback(self.attackers.stop)
        self.phase("hostile", self.options.minutes * 60)
        self.attackers.stop()
        self.descriptors.append(self.rest(self.descriptors[0]))
        self.relay.terminate()
        self.code = self.relay.wait(60)

    def verdict(self):
        """What was to hold, whether it did, and the figures."""
        failures = [text for runs in self.runs.values() for run in runs for text in run["failures"]]
        events = sum(run["deliveries"]["total"] for run in self.runs["hostile"])
        yield "bystanders got every event once, in order", not failures and events > 0, "; ".join(failures) or (
            f"{events} deliveries to {BYSTANDERS} clients under attack"
        )
        calm, hostile = (max(run["latency"]["p99"] for run in self.runs[name]) for name in ("calm", "hostile"))
        if not self.options.no_latency:
            fits = hostile <= max(LATENCY_FLOOR, 2 * calm)
            yield "p99 within twice that of the calm", fits, f"{calm:.2f} ms calm, {hostile:.2f} ms under attack"
        last = self.samples[-1][0]
        warm = [memory for at, memory, _ in self.samples if at >= min(WARM_UP, last / 4)]
        quarter = max(1, len(warm) // 4)
        first, final, most = median(warm[:quarter]), median(warm[-quarter:]), max(m for _, m, _ in self.samples)
        figures = ", ".join(
            f"{memory / 2**20:.1f} MiB {when}"
            for memory, when in ((first, "in the first quarter"), (final, "in the last"), (most, "at most"))
        )
        yield "memory is level", final <= first * 1.1 + MEMORY_GROWTH, figures
        yield "memory is under 256 MiB", most < BOUND, figures
        before, after = self.descriptors
        most = max(descriptors for *_, descriptors in self.samples)
        figures = f"{before} before, {most} at most, {after} after"
        yield "descriptors come back", after <= before + DESCRIPTOR_GROWTH, figures
        figures = f"slowest answer {self.slowest_answer * 1000:.0f} ms"
        if self.unhealthy:
            figures = f"{len(self.unhealthy)} times not: {self.unhealthy[0]}"
        yield "/healthz answers all along", not self.unhealthy, figures
        yield "the drain ends with 0", self.code == 0, f"ended with {self.code}"
        wrong = list(mishaps(self.attackers.total("outcomes")))
        outcomes = self.attackers.total("outcomes").total()
        yield "attackers get what is theirs", not wrong and outcomes > 0, "; ".join(wrong) or f"{outcomes} outcomes"

    def report(self):
        """Prints the tables; whether all held."""
        outcomes = self.attackers.total("outcomes")
        print(f"\n{'attack':14} {'variant':22} {'outcome':16} {'count':>9}")
        for key, count in sorted(outcomes.items()):
            attack, variant, outcome = key.split("/", 2)
            print(f"{attack:14} {variant:22} {outcome:16} {count:9}")
        hostile = self.samples[-1][0]
        print(f"\n{'attack':14} {'begun':>9} {'a second':>9} {'wanted':>9}")
        for name, count in self.attackers.total("begun").items():
            wanted = ATTACKS[name][0] * self.options.share
            print(f"{name:14} {count:9} {count / hostile:9.1f} {wanted:9.1f}")
        print()
        held = True
        for what, fits, figures in self.verdict():
            held = held and fits
            print(f"{'held' if fits else 'FAILED':7} {what}: {figures}")
        return held


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"hostile.py: {message}", file=sys.stderr)
        sys.exit(64)


def number(most):
    def parse(text):
        try:
            value = float(text)
        except ValueError:
            value = 0
        if not 0 < value <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is no number over 0, up to {most}")
        return value

    return parse


def parsed(arguments):
    flags = []
    if "--" in arguments:
        split = arguments.index("--")
        arguments, flags = arguments[:split], arguments[split + 1 :]
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("minutes", type=number(10_000))
    parser.add_argument("--calm", type=number(600))
    parser.add_argument("--share", type=number(1), default=1)
    parser.add_argument("--without", action="append", choices=list(ATTACKS), default=[])
    parser.add_argument("--no-latency", action="store_true")
    options = parser.parse_args(arguments)
    if len(set(options.without)) == len(ATTACKS):
        parser.error("--without leaves no attack")
    options.calm = options.calm or min(CALM, options.minutes * 30)
    options.flags = flags
    return options


def main(arguments):
    options = parsed(arguments)
    # A load that is told to end takes its processes with it, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as ending:
        directory = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="fanout-hostile-")))
        load = Load(options, directory, ending)
        started = time.monotonic()
        try:
            print(f"{options.calm:g} s calm, then {options.minutes:g} minutes under attack", flush=True)
            load.run()
            held = load.report()
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130
        except (Mishap, AssertionError, OSError) as error:
            print(f"FAILED after {time.monotonic() - started:.1f} s: {error or type(error).__name__}", flush=True)
            return 1
        print("held" if held else "FAILED", flush=True)
        return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
