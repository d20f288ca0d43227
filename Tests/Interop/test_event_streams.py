"""Server-sent events, read with the standard library's HTTP client, by their specification."""

import http.client
import json
import socket
import subprocess
import time
from urllib.parse import quote

import pytest
from certificate import Certificate
from probe import eventually, metric, readiness
from relay import TICK

EVENTS = {"Accept": "text/event-stream"}


class EventStream:
    """A reader that dispatches events as the HTML living standard, section 9.2.6, says."""

    def __init__(self, relay, path, headers=None, body=None, tls=None):
        if tls:
            self.connection = http.client.HTTPSConnection("127.0.0.1", relay.port, timeout=20, context=tls)
        else:
            self.connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=20)
        method = "GET" if body is None else "POST"
        self.connection.request(method, path, body, {**EVENTS, **(headers or {})})
        self.response = self.connection.getresponse()
        self.last_id = ""

    def __enter__(self):
        assert self.response.status == 200, self.response.read()
        assert self.response.headers["Content-Type"] == "text/event-stream"
        return self

    def __exit__(self, *_):
        self.response.close()
        self.connection.close()

    def dispatch(self):
        """The next event: its type and data; None at the end."""
        kind, data = "message", []
        while line := self.response.readline().decode():
            line = line.rstrip("\n")
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                kind = value
            elif field == "data":
                data.append(value)
            elif field == "id":
                self.last_id = value
            elif not line:
                if data:
                    return kind, "\n".join(data)
                kind = "message"
        return None

    def message(self):
        while (event := self.dispatch()) and event[0] != "message":
            assert event[0] == "status", event
        return json.loads(event[1])


@pytest.fixture(params=["plaintext", "tls"])
def carrier(request, tmp_path):
    """What a relay is started with to be read over it, and a reader's context: None without TLS."""
    if request.param == "plaintext":
        return [], None
    certificate = Certificate(tmp_path)
    return certificate.options, certificate.trust


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_events_arrive_in_order_and_resume(library, start_upstream, start_relay, carrier):
    options, tls = carrier
    relay = start_relay(start_upstream(library), options=options)
    with EventStream(relay, "/topics/tick", tls=tls) as stream:
        first = [stream.message()["sequence"] for _ in range(10)]
        assert first == list(range(first[0], first[0] + 10))
        seen = stream.last_id
    with EventStream(relay, "/topics/tick?format=payload", {"Last-Event-ID": seen}, tls=tls) as stream:
        assert stream.message()["data"]["tick"]["n"]
        assert int(stream.last_id.split(":")[1]) == first[-1] + 1
    await eventually(lambda: metric(relay, "fanout_event_streams") == 0, "readers that left are forgotten")


async def test_an_outage_is_told_and_survived(upstream, start_relay, carrier):
    options, tls = carrier
    relay = start_relay(upstream, options=options)
    with EventStream(relay, "/topics/tick", tls=tls) as stream:
        stream.message()
        upstream.kill()
        upstream.start()
        kinds = []
        while "gap" not in kinds:
            kinds.append(stream.dispatch()[0])
        assert stream.message()["type"] == "event"


async def test_a_drain_ends_streams(upstream, start_relay, carrier):
    options, tls = carrier
    relay = start_relay(upstream, options=options)
    with EventStream(relay, "/topics/tick", tls=tls) as stream:
        stream.message()
        relay.terminate()
        while stream.dispatch():
            pass
    assert relay.wait() == 0


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_graphql_over_sse(library, start_upstream, start_relay, carrier):
    options, tls = carrier
    upstream = start_upstream(library)
    relay = start_relay(upstream, options=options)
    await eventually(lambda: readiness(relay) == 200, "ready")
    body = json.dumps({"query": TICK})
    with (
        EventStream(relay, "/graphql", {"Content-Type": "application/json"}, body, tls) as posted,
        EventStream(relay, f"/graphql?query={quote(TICK)}", tls=tls) as got,
    ):
        for stream in (posted, got):
            kind, data = stream.dispatch()
            assert kind == "next" and json.loads(data)["data"]["tick"]["n"]
    assert upstream.stats["subscriptionsTotal"] == 1
    with EventStream(relay, f"/graphql?query={quote('subscription { other }')}", tls=tls) as stream:
        kind, data = stream.dispatch()
        assert kind == "next" and json.loads(data)["errors"]
        assert stream.dispatch() == ("complete", "")
        assert stream.dispatch() is None


@pytest.mark.parametrize("path", ["/topics/tick", f"/graphql?query={quote(TICK)}"], ids=["topic", "graphql"])
def test_curl_reads_over_tls(path, upstream, start_relay, tmp_path):
    certificate = Certificate(tmp_path)
    relay = start_relay(upstream, options=certificate.options)
    command = ["curl", "-sSN", "--noproxy", "*", "--cacert", certificate.path, "-H", "Accept: text/event-stream"]
    with subprocess.Popen([*command, f"{relay.url}{path}"], stdout=subprocess.PIPE, text=True) as curl:
        events = []
        for line in curl.stdout:
            if line.startswith("data:") and '"n":' in line.replace(" ", ""):
                events.append(line)
            if len(events) == 10:
                break
        curl.terminate()
    assert len(events) == 10


async def test_a_slow_reader_over_tls_loses_nothing_and_costs_nothing(binary, start_relay, upstream, tmp_path):
    """It stalls until all buffers are full, then takes everything: not a byte is lost or out of place."""
    certificate = Certificate(tmp_path)
    relay = start_relay(
        upstream,
        {"tick": "subscription { tick(intervalMs: 5) { n at } }"},
        [*certificate.options, ("--lag-limit-age", "60s"), ("--send-buffer", "4096")],
    )
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.settimeout(20)
    plain.connect(("127.0.0.1", relay.port))
    with certificate.trust.wrap_socket(plain, server_hostname="127.0.0.1") as reader:
        reader.sendall(b"GET /topics/tick HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n")
        before = processor_time(relay)
        time.sleep(3)
        spent = processor_time(relay) - before
        text = b""
        while text.count(b'"type":"event"') < 700:
            text += reader.recv(65536)
    numbers = [int(part.split(b",")[0]) for part in text.split(b'"sequence":')[1:-1]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    # A busy loop would take all of three seconds.
    assert spent < 1.5


def processor_time(relay):
    """What the process has used, in seconds."""
    with open(f"/proc/{relay.process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
