"""Server-sent events, read with the standard library's HTTP client, by their specification."""

import http.client
import json
from urllib.parse import quote

import pytest
from probe import eventually, metric, readiness
from relay import TICK

EVENTS = {"Accept": "text/event-stream"}


class EventStream:
    """A reader that dispatches events as the HTML living standard, section 9.2.6, says."""

    def __init__(self, relay, path, headers=None, body=None):
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


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_events_arrive_in_order_and_resume(library, start_upstream, start_relay):
    relay = start_relay(start_upstream(library))
    with EventStream(relay, "/topics/tick") as stream:
        first = [stream.message()["sequence"] for _ in range(10)]
        assert first == list(range(first[0], first[0] + 10))
        seen = stream.last_id
    with EventStream(relay, "/topics/tick?format=payload", {"Last-Event-ID": seen}) as stream:
        assert stream.message()["data"]["tick"]["n"]
        assert int(stream.last_id.split(":")[1]) == first[-1] + 1
    await eventually(lambda: metric(relay, "fanout_event_streams") == 0, "readers that left are forgotten")


async def test_an_outage_is_told_and_survived(upstream, start_relay):
    relay = start_relay(upstream)
    with EventStream(relay, "/topics/tick") as stream:
        stream.message()
        upstream.kill()
        upstream.start()
        kinds = []
        while "gap" not in kinds:
            kinds.append(stream.dispatch()[0])
        assert stream.message()["type"] == "event"


async def test_a_drain_ends_streams(upstream, start_relay):
    relay = start_relay(upstream)
    with EventStream(relay, "/topics/tick") as stream:
        stream.message()
        relay.terminate()
        while stream.dispatch():
            pass
    assert relay.wait() == 0


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_graphql_over_sse(library, start_upstream, start_relay):
    upstream = start_upstream(library)
    relay = start_relay(upstream)
    await eventually(lambda: readiness(relay) == 200, "ready")
    body = json.dumps({"query": TICK})
    with (
        EventStream(relay, "/graphql", {"Content-Type": "application/json"}, body) as posted,
        EventStream(relay, f"/graphql?query={quote(TICK)}") as got,
    ):
        for stream in (posted, got):
            kind, data = stream.dispatch()
            assert kind == "next" and json.loads(data)["data"]["tick"]["n"]
    assert upstream.stats["subscriptionsTotal"] == 1
    with EventStream(relay, f"/graphql?query={quote('subscription { other }')}") as stream:
        kind, data = stream.dispatch()
        assert kind == "next" and json.loads(data)["errors"]
        assert stream.dispatch() == ("complete", "")
        assert stream.dispatch() is None
