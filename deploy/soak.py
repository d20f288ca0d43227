"""Has 50 clients of every protocol watch two demos, one without TLS and one with TLS on both sides.

Started by deploy/soak.sh, whose --help says what is watched and when it fails.
"""

import asyncio
import itertools
import signal
import sys
import tempfile
import time
from collections import Counter, deque
from contextlib import ExitStack, aclosing
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests" / "Interop"))

from certificate import Certificate  # noqa: E402
from probe import metric  # noqa: E402
from relay import Relay  # noqa: E402
from soak_clients import PROTOCOLS, Ended, Mishap  # noqa: E402

CLIENTS = 50
INTERVAL = 0.1
# Silence of this length is a mishap: a hundred events, or the longest that a busy machine keeps Python waiting.
PATIENCE = 10
SAMPLE = 2
# History is full and every thread started after it; a run of less than five minutes gives it a quarter.
WARM_UP = 75
MEMORY_GROWTH = 2 << 20
# Visitors come and go while samples are taken.
DESCRIPTOR_GROWTH = 3
THREAD_GROWTH = 0
VISIT = 5


class Watch:
    """One client of one relay: every number it sees is the last one and one more."""

    def __init__(self, stage, protocol, number=None):
        self.stage = stage
        self.protocol = protocol
        self.name = f"{stage.name} {protocol} " + ("visitor" if number is None else f"client {number}")
        self.events = 0
        self.last = self.sequence = None
        self.heard = time.monotonic()

    def take(self, number, sequence):
        for what, value, before in (("n", number, self.last), ("sequence", sequence, self.sequence)):
            if before is not None and value != before + 1:
                verb = "lost" if value > before + 1 else "repeated or reordered"
                raise Mishap(f"{verb} events: {what} {before} was followed by {value}")
        self.last, self.sequence = number, sequence
        self.events += 1
        self.heard = time.monotonic()

    async def run(self, limit=None):
        try:
            async with aclosing(PROTOCOLS[self.protocol](self.stage.relay, self.stage.tls)) as stream:
                async for number, sequence in stream:
                    self.take(number, sequence)
                    if self.events == limit:
                        return
            raise Mishap("the stream completed")
        except Ended as end:
            if not (self.stage.is_ending and end.is_farewell):
                raise Mishap(f"{self.name}: {end}") from end
        except (Mishap, OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise Mishap(f"{self.name}: {type(error).__name__ if not str(error) else error}") from error

    @property
    def silence(self):
        return time.monotonic() - self.heard


class Stage:
    """One demo, its clients, and what its process costs."""

    def __init__(self, name, relay, tls):
        self.name = name
        self.relay = relay
        self.tls = tls
        self.is_ending = False
        self.watches = []
        self.visits = Counter()
        self.samples = []
        self.baseline = None

    def populate(self, clients):
        """Spreads so many clients over the protocols."""
        protocols = itertools.cycle(PROTOCOLS)
        for number in range(clients):
            self.watches.append(Watch(self, next(protocols), number + 1))

    async def visit(self):
        """One short client after the other, each of the next protocol."""
        for protocol in itertools.cycle(PROTOCOLS):
            async with asyncio.timeout(PATIENCE + VISIT * INTERVAL):
                await Watch(self, protocol).run(VISIT)
            self.visits[protocol] += 1

    def sample(self):
        process = Path(f"/proc/{self.relay.process.pid}")
        try:
            status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
            descriptors = sum(1 for _ in (process / "fd").iterdir())
            memory, threads = int(status["VmRSS"].split()[0]) << 10, int(status["Threads"])
        except (OSError, KeyError) as error:
            raise Mishap(f"{self.name}: the relay is gone") from error
        self.samples.append((memory, descriptors, threads))

    def start_measuring(self):
        recent = self.samples[len(self.samples) // 2 :]
        self.baseline = tuple(max(values) for values in zip(*recent))
        self.samples = []

    def check(self):
        for watch in self.watches:
            if watch.silence > PATIENCE:
                raise Mishap(f"{watch.name}: no event for {watch.silence:.0f} s")
        connects = int(metric(self.relay, "fanout_upstream_connects_total"))
        # The countdown ends and begins again by itself.
        gaps = int(metric(self.relay, "fanout_topic_gaps_total", topic="tick"))
        if connects != 1 or gaps:
            raise Mishap(f"{self.name}: {connects} connects upstream, {gaps} gaps; expected 1 and 0")
        if self.baseline is None or len(self.samples) < 3:
            return
        # The least of three samples: what is there for a moment is no growth.
        least = [min(values) for values in zip(*self.samples[-3:])]
        bounds = {
            "memory": (MEMORY_GROWTH, "bytes"),
            "descriptors": (DESCRIPTOR_GROWTH, "descriptors"),
            "threads": (THREAD_GROWTH, "threads"),
        }
        for value, before, (what, (bound, unit)) in zip(least, self.baseline, bounds.items()):
            if value > before + bound:
                allowed = f"at most {bound} {unit} more are allowed"
                raise Mishap(f"{self.name}: {what} grew from {before} to {value}; {allowed}")

    def state(self):
        memory, descriptors, threads = self.samples[-1] if self.samples else self.baseline
        events = sum(watch.events for watch in self.watches)
        return (
            f"{self.name}: {len(self.watches)} clients, {events} events, {self.visits.total()} visitors, "
            f"{memory / (1 << 20):.1f} MiB, {descriptors} descriptors, {threads} threads"
        )

    def table(self):
        for protocol in PROTOCOLS:
            watches = [watch for watch in self.watches if watch.protocol == protocol]
            if watches:
                counts = [watch.events for watch in watches]
                visits = self.visits[protocol]
                yield f"{self.name:6} {protocol:22} {len(watches):7} {sum(counts):9} {min(counts):9} {visits:8}"

    def costs(self):
        if not self.samples or not self.baseline:
            return
        series = list(zip(*self.samples))
        quarter = max(1, len(self.samples) // 4)
        for what, values, before in zip(("memory KiB", "descriptors", "threads"), series, self.baseline):
            scale = 1024 if what.startswith("memory") else 1
            figures = (before, median(values[:quarter]), median(values[-quarter:]), max(values))
            yield f"{self.name:6} {what:22}" + "".join(f" {figure / scale:11.0f}" for figure in figures)


class Soak:
    """Runs until the time is up or something fails."""

    def __init__(self, minutes, flags):
        self.duration = minutes * 60
        self.flags = flags
        self.stages = []
        self.started = time.monotonic()

    def start(self, directory, ending):
        certificate = Certificate(directory)
        upstream = ["--upstream-tls-certificate", certificate.path, "--upstream-tls-key", certificate.key]
        downstream = [part for pair in certificate.options for part in pair]
        for name, options, tls in (("plain", [], None), ("tls", upstream + downstream, certificate.trust)):
            folder = directory / name
            folder.mkdir()
            command = ["demo", "--listen", "127.0.0.1:0", "--interval", f"{INTERVAL * 1000:.0f}ms"]
            command += ["--payload-bytes", "200", "--drain-window", "1s", *options, *self.flags]
            relay = Relay(command, folder)
            ending.callback(relay.kill)
            self.stages.append(Stage(name, relay, tls))

    async def watch(self):
        """Samples and checks until the time is up."""
        start = time.monotonic()
        warm_up = min(WARM_UP, self.duration / 4)
        told = 0
        while (elapsed := time.monotonic() - start) < self.duration:
            if elapsed >= warm_up and self.stages[0].baseline is None:
                for stage in self.stages:
                    stage.start_measuring()
            for stage in self.stages:
                stage.sample()
                await asyncio.to_thread(stage.check)
            if elapsed >= (told + 1) * 60:
                told = int(elapsed // 60)
                for stage in self.stages:
                    print(f"{told:4} min  {stage.state()}", flush=True)
            await asyncio.sleep(min(SAMPLE, self.duration / 20))

    async def farewell(self, watching):
        """A drain sends everybody away as the protocols have it, and ends with 0."""
        for stage in self.stages:
            stage.is_ending = True
            stage.relay.terminate()
        async with asyncio.timeout(20):
            await asyncio.gather(*watching)
        for stage in self.stages:
            code = await asyncio.to_thread(stage.relay.wait)
            if code != 0:
                raise Mishap(f"{stage.name}: the relay ended with {code}")

    async def run(self):
        for stage, clients in zip(self.stages, (CLIENTS - CLIENTS // 2, CLIENTS // 2)):
            stage.populate(clients)
        watching = [asyncio.create_task(watch.run()) for stage in self.stages for watch in stage.watches]
        visiting = [asyncio.create_task(stage.visit()) for stage in self.stages]
        clock = asyncio.create_task(self.watch())
        tasks = {*watching, *visiting, clock}
        try:
            self.started = time.monotonic()
            # Before the time is up only a failure ends any of them.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            for task in visiting:
                task.cancel()
            await asyncio.wait(visiting)
            await self.farewell(watching)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def report(self):
        print(f"\n{'relay':6} {'protocol':22} {'clients':>7} {'events':>9} {'fewest':>9} {'visitors':>8}")
        for stage in self.stages:
            for line in stage.table():
                print(line)
        print(f"\n{'relay':6} {'cost':22} {'warm':>11} {'first ¼':>11} {'last ¼':>11} {'most':>11}")
        for stage in self.stages:
            for line in stage.costs():
                print(line)


def usage(text):
    print(f"soak.py: {text}", file=sys.stderr)
    return 64


def main(arguments):
    try:
        minutes = float(arguments[0])
    except (IndexError, ValueError):
        return usage("first the minutes, a number over 0")
    if not 0 < minutes <= 10_000:
        return usage(f"'{arguments[0]}' are no minutes; allowed: over 0, up to 10000")
    # A soak that is told to end takes its relays with it, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    soak = Soak(minutes, arguments[1:])
    with ExitStack() as ending:
        directory = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="fanout-soak-")))
        try:
            soak.start(directory, ending)
            print(f"{CLIENTS} clients for {minutes:g} minutes", flush=True)
            asyncio.run(soak.run())
        # asyncio says so too, when the signal comes while it cancels tasks of its own.
        except (KeyboardInterrupt, asyncio.CancelledError):
            print("interrupted", file=sys.stderr)
            return 130
        except (Mishap, TimeoutError, AssertionError, OSError) as error:
            soak.report()
            for stage in soak.stages:
                for line in deque(stage.relay.log.splitlines(), 4):
                    print(f"{stage.name} log: {line}")
            print(f"FAILED after {time.monotonic() - soak.started:.1f} s: {error or type(error).__name__}", flush=True)
            return 1
        soak.report()
        print("held: nothing lost, no gap, no unexpected end, one connect upstream each, no growth", flush=True)
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
