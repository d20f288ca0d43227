"""A server run as a process of its own, told to stop by its id and by nothing else."""

import re
import signal
import subprocess
import time
from pathlib import Path

ADDRESS = re.compile(r"listening on (https?)://127\.0\.0\.1:(\d+)")


class ServerProcess:
    """Starts a command, waits until it prints its address, and keeps its output in files."""

    def __init__(self, name, command, directory, deadline=30):
        self.name = name
        self.output_path = Path(directory) / f"{name}.out"
        self.log_path = Path(directory) / f"{name}.log"
        with self.output_path.open("wb") as output, self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output, stderr=log
            )
        try:
            self.scheme, self.port = self._announced_address(deadline)
        except BaseException:
            self.kill()
            raise

    def _announced_address(self, deadline):
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            if match := ADDRESS.search(self.output):
                return match[1], int(match[2])
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.log}")
            time.sleep(0.02)
        raise AssertionError(f"{self.name} announced no address:\n{self.output}{self.log}")

    @property
    def output(self):
        return self.output_path.read_text(errors="replace")

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def websocket_url(self):
        return self.url.replace("http", "ws", 1)

    @property
    def running(self):
        return self.process.poll() is None

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, deadline=10):
        """The exit code; a process that outlives the deadline is killed and fails the test."""
        try:
            return self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {deadline} s:\n{self.log}") from None

    def kill(self):
        """Ends the process at once; a frozen one too."""
        self.process.kill()
        self.process.wait()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)
