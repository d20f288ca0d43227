"""Whatever an upstream says within one operation costs the others nothing; what belongs to none costs them little."""

import json
import time
from collections import deque
from contextlib import ExitStack

import pytest
from odd_messages import AFTER, ATTRIBUTED, CASES, LIMIT, POISON, TOLD, UNATTRIBUTED
from odd_messages import EITHER, ENDS, FAILS, IGNORED, PASSES
from odd_upstream import BYSTANDER, LEGACY, TRANSPORT, OddUpstream
from relay import Relay
from websockets.sync.client import connect

OPTIONS = [
    ("--allow-any-subscription",),
    ("--allow-execute",),
    ("--topic-linger", "0s"),
    ("--max-message", str(LIMIT)),
    ("--execute-timeout", "10s"),
    ("--retry-connect", "constant(20ms)"),
    ("--retry-subscribe", "constant(20ms)"),
    ("--retry-execute", "constant(10ms) tries: 5"),
    ("--ping-interval", "5s"),
]
KINDS = ["subscription", "query", "mutation"]


def eventually(condition, deadline=10):
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


class Asker:
    """One graphql-transport-ws client with one operation."""

    def __init__(self, relay, document, variables=None):
        self.heard = []
        self.payload = {"query": document} | ({"variables": variables} if variables else {})
        self.opening = connect(relay.graphql_url, subprotocols=[TRANSPORT.name], proxy=None, max_size=None)

    def __enter__(self):
        self.connection = self.opening.__enter__()
        self.connection.send('{"type":"connection_init"}')
        self.connection.send(json.dumps({"id": "q", "type": "subscribe", "payload": self.payload}))
        return self

    def __exit__(self, *failure):
        self.opening.__exit__(*failure)

    def told(self, deadline=15):
        """Everything up to the end of the operation, without the acknowledgement; None when the end doesn't come."""
        end = time.monotonic() + deadline
        while not self.heard or self.heard[-1]["type"] not in ("complete", "error"):
            try:
                self.heard.append(json.loads(self.connection.recv(max(0, end - time.monotonic()))))
            except TimeoutError:
                return None
        return [message for message in self.heard if message["type"] in ("next", "error", "complete")]


class Stage:
    """One relay between the upstream and a bystander, for all cases of a dialect."""

    def __init__(self, dialect, directory):
        self.upstream = OddUpstream(dialect, CASES)
        self.directory = directory
        self.gaps = 0
        self.last = None

    def arm(self, case):
        """Has the upstream be odd in this way; what it was asked before is forgotten."""
        del self.upstream.asked[:], self.upstream.story[:]
        self.upstream.armed = case

    def __enter__(self):
        self.ending = ExitStack()
        self.ending.enter_context(self.upstream)
        options = [*OPTIONS, ("--upstream-subprotocol", self.upstream.dialect.name)]
        self.relay = Relay.serving(self.upstream.graphql_url, {"bystander": BYSTANDER}, self.directory, options)
        self.ending.callback(self.relay.stop)
        url = self.relay.topic_url("bystander")
        self.bystander = self.ending.enter_context(connect(url, subprotocols=["fanout.v1.json"], proxy=None))
        try:
            self.settle()
        except BaseException:
            self.ending.close()
            raise
        return self

    def __exit__(self, *_):
        self.ending.close()

    def settle(self, deadline=15):
        """Has the bystander get a number that was sent from now on; every hole on the way must be told.

        The events are its only sign that the topic is live again.
        """
        end = time.monotonic() + deadline
        wanted = self.upstream.number + 1
        was_told = False
        while self.last is None or self.last < wanted:
            assert time.monotonic() < end, f"the bystander gets nothing any more{self.story}"
            self.upstream.emit()
            try:
                while True:
                    frame = json.loads(self.bystander.recv(0.05))
                    if frame["type"] == "gap":
                        self.gaps += 1
                        was_told = True
                    elif frame["type"] == "event":
                        number = frame["payload"]["data"]["bystander"]["n"]
                        hole = self.last is not None and number != self.last + 1
                        assert not hole or was_told, f"{self.last} was followed by {number} without a gap{self.story}"
                        self.last, was_told = number, False
                        if number >= wanted:
                            break
            except TimeoutError:
                pass

    @property
    def story(self):
        upstream = "\n".join(deque(self.upstream.story, 40))
        return f"\nupstream:\n{upstream}\nrelay:\n{self.relay.log[-2000:]}"


@pytest.fixture(scope="module", params=[TRANSPORT, LEGACY], ids=lambda dialect: dialect.name)
def whole_stage(request, binary, tmp_path_factory):
    with Stage(request.param, tmp_path_factory.mktemp(request.param.name)) as stage:
        yield stage


@pytest.fixture
def stage(whole_stage):
    whole_stage.settle()
    whole_stage.gaps = 0
    yield whole_stage
    whole_stage.upstream.armed = None


def document(kind, case):
    return f'{kind} {{ odd(case: "{case}") }}'


def payloads(told):
    return [message["payload"] for message in told if message["type"] == "next"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", ATTRIBUTED)
def test_an_odd_message_within_an_operation_ends_that_one_at_most(case, kind, stage):
    expectation, build = ATTRIBUTED[case]
    links = stage.upstream.links
    stage.arm(case)
    with Asker(stage.relay, document(kind, case)) as asker:
        told = asker.told(5)
    story = f"\nasker: {json.dumps(asker.heard)[:1000]}{stage.story}"
    stage.settle()
    assert (stage.upstream.links, stage.gaps) == (links, 0), f"the bystander's link was cut{story}"
    assert told, f"the asker isn't told{story}"
    last = told[-1]
    if expectation == PASSES:
        assert payloads(told) == list(build.payloads) and last["type"] == "complete", story
    elif expectation == IGNORED:
        assert payloads(told) == [AFTER] and last["type"] == "complete", story
    elif expectation == FAILS:
        assert not payloads(told) and last["type"] == "error", story
    elif expectation == EITHER:
        assert payloads(told) or last["type"] == "error", story
    else:
        assert expectation == ENDS and (payloads(told) == [AFTER] or last["type"] == "error"), story
    if last["type"] == "error":
        assert isinstance(last["payload"], list) and last["payload"], story
        assert all(isinstance(error["message"], str) and error["message"] for error in last["payload"]), story
        # Of a mutation whose answer can't be taken nobody knows what became.
        hint = "OUTCOME_UNKNOWN" if (case, kind) == ("large", "mutation") else TOLD.get(case, "")
        assert hint in json.dumps(last["payload"]), story
        name, identifier = stage.upstream.asked[-1]
        if not case.startswith("error"):
            # The server thinks that the operation runs.
            assert eventually(lambda: identifier in stage.upstream.ended, 3), f"the server isn't told{story}"
    if kind != "subscription":
        assert len(stage.upstream.asked) == 1, f"it was repeated, though it was answered{story}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", UNATTRIBUTED | POISON)
def test_what_costs_the_link_costs_two_at_most(case, kind, stage):
    stage.arm(case)
    with Asker(stage.relay, document(kind, case)) as asker:
        told = asker.told()
    story = f"\nasker: {json.dumps(asker.heard)[:1000]}{stage.story}"
    stage.settle()
    assert stage.gaps <= 2, f"the bystander lost {stage.gaps} links{story}"
    assert told and told[-1]["type"] == "error", f"the asker isn't told{story}"
    if kind == "mutation":
        assert len(stage.upstream.asked) == 1, f"a mutation was sent {len(stage.upstream.asked)} times{story}"
        assert "OUTCOME_UNKNOWN" in json.dumps(told[-1]["payload"]), f"nobody says that the outcome is unknown{story}"


@pytest.mark.parametrize("kind", ["subscription", "query"])
def test_poison_is_refused_to_the_next_client_too(kind, stage):
    poison = f'{kind} again($value: Int) {{ odd(case: "poison 1011", value: $value) }}'
    variables = {"value": 10**4000}
    stage.arm("poison 1011")
    with Asker(stage.relay, poison, variables) as asker:
        assert asker.told(), f"the asker isn't told{stage.story}"
    stage.settle()
    lost = stage.gaps
    assert lost <= 2, f"the bystander lost {lost} links{stage.story}"
    for _ in range(3):
        with Asker(stage.relay, poison, variables) as asker:
            told = asker.told()
        assert told and told[-1]["type"] == "error", f"the asker isn't told{stage.story}"
    stage.settle()
    assert stage.gaps <= 2, f"the bystander lost {stage.gaps} links{stage.story}"
