"""A nats-server of a test's own."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which(
    "nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin"
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, log):
    for _ in range(1000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError(log.read_text())


class NATSServer:
    """JetStream on a free port of the loopback, with its files in a directory; may be killed and started again."""

    def __init__(self, directory):
        self.directory = directory / "nats"
        self.directory.mkdir()
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        arguments = ["-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.directory)]
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen([PROGRAM, *arguments], stdout=log, stderr=log)
        wait_for_port(self.port, self.directory / "log")

    def kill(self):
        self.process.kill()
        self.process.wait()


class NATSCluster:
    """Several servers that know each other, on free ports of the loopback."""

    def __init__(self, directory, program=PROGRAM, count=3):
        self.directory = directory
        self.program = program
        self.ports = [free_port() for _ in range(count)]
        self.routes = [free_port() for _ in range(count)]
        self.processes = [None] * count
        for number in range(count):
            self.start(number)
        words = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20).stdout
        self.version = re.search(r"v([\d.]+)", words)[1]

    @property
    def url(self):
        return ",".join(f"nats://127.0.0.1:{port}" for port in self.ports)

    def start(self, number):
        place = self.directory / f"server-{number}"
        place.mkdir(exist_ok=True)
        settings = place / "nats.conf"
        settings.write_text("cluster { no_advertise: true }\n")
        routes = ",".join(f"nats://127.0.0.1:{port}" for port in self.routes)
        arguments = ["-c", settings, "-n", f"server-{number}", "-a", "127.0.0.1", "-p", str(self.ports[number])]
        arguments += ["-js", "-sd", place / "data", "--cluster_name", "tests", "--routes", routes]
        arguments += ["--cluster", f"nats://127.0.0.1:{self.routes[number]}"]
        with open(place / "log", "ab") as log:
            self.processes[number] = subprocess.Popen([self.program, *arguments], stdout=log, stderr=log)
        wait_for_port(self.ports[number], place / "log")

    def kill(self, number):
        self.processes[number].kill()
        self.processes[number].wait()

    def end(self):
        for number in range(len(self.processes)):
            self.kill(number)
