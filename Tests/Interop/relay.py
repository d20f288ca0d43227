"""The relay under test, as a process."""

import os
from pathlib import Path

from server_process import ServerProcess

TOP = Path(__file__).resolve().parents[2]

TICK = "subscription { tick(intervalMs: 20) { n at } }"

# Not for the relays themselves, to which it would be a setting that they don't know; processes of pytest's that run a
# part of the tests inherit the other name.
if "FANOUT_RELAY_BINARY" in os.environ:
    os.environ["TESTED_RELAY_BINARY"] = os.environ.pop("FANOUT_RELAY_BINARY")
NAMED_BINARY = os.environ.get("TESTED_RELAY_BINARY")

# Quick enough to keep the tests short, slow enough that a loaded machine does not look like an outage.
PROFILE = {
    "--listen": "127.0.0.1:0",
    "--retry-connect": "exponential(base: 2, factor: 100ms, max: 1s) jitter: full tries: unlimited",
    "--retry-subscribe": "constant(200ms)",
    "--ping-interval": "1s",
    "--pong-timeout": "1s",
    "--ack-timeout": "2s",
    "--drain-window": "100ms",
}


def relay_binary():
    """The binary to test: FANOUT_RELAY_BINARY, else what a build left in .build."""
    if NAMED_BINARY:
        return Path(NAMED_BINARY)
    for configuration in ("debug", "release"):
        binary = TOP / ".build" / configuration / "fanout-relay"
        if binary.exists():
            return binary
    return None


class Relay(ServerProcess):
    """A running `serve` or `demo`; stopping it is a test of its own, since it must drain and exit 0."""

    expected_code = 0

    def __init__(self, arguments, directory):
        super().__init__("relay", [relay_binary(), *arguments], directory)

    @classmethod
    def serving(cls, upstream_url, topics, directory, options=()):
        """`serve` on an upstream; `topics` maps names to documents, `options` are (flag, value) pairs, or (flag,)."""
        profile = {**PROFILE, "--upstream": upstream_url}
        repeated = [("--topic", f"{name}={document}") for name, document in topics.items()]
        for option in options:
            if option[0] in profile:
                profile[option[0]] = option[1]
            else:
                repeated.append(option)
        arguments = [part for pair in [*profile.items(), *repeated] for part in pair]
        return cls(["serve", *arguments], directory)

    @property
    def graphql_url(self):
        return f"{self.websocket_url}/graphql"

    def topic_url(self, name, query=""):
        return f"{self.websocket_url}/topics/{name}{query}"

    def log_lines(self, needle):
        return [line for line in self.log.splitlines() if needle in line]

    def stop(self):
        if self.running:
            self.terminate()
        code = self.wait()
        assert code == self.expected_code, f"the relay ended with {code}:\n{self.log}"
