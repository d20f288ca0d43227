"""What an upstream may say within one operation, and what it says that belongs to none.

Each case is a function of the dialect and of the operation's id; it gives the messages in order.
"""

import json

LARGE = 100_000
LIMIT = 64 * 1024
AFTER = {"data": {"odd": "after"}}
UNKNOWN = "987654321"

# What becomes of the operation.
PASSES = "the payload goes through"
IGNORED = "the message is ignored, the operation goes on"
FAILS = "the operation fails"
EITHER = "the payload goes through, or the operation fails"
ENDS = "the message is ignored, or the operation fails"


def text(**members):
    return json.dumps({name.rstrip("_"): value for name, value in members.items()})


def complete(identifier, **more):
    return text(id=identifier, type="complete", **more)


def passing(*payloads):
    """Payloads for whoever asked, then the end."""

    def messages(dialect, identifier):
        return [*(dialect.result(identifier, payload) for payload in payloads), complete(identifier)]

    messages.payloads = payloads
    return messages


def ignored(*odd):
    """Messages of any kind in front of a proper answer; callables get the dialect and the id."""

    def messages(dialect, identifier):
        said = [item(dialect, identifier) if callable(item) else item for item in odd]
        return [*said, dialect.result(identifier, AFTER), complete(identifier)]

    return messages


def failing(build):
    """One message that can't be an answer, and nothing after it."""
    return lambda dialect, identifier: [build(dialect, identifier)]


def payload(value):
    return failing(lambda dialect, identifier: dialect.result(identifier, value))


def error(**members):
    return failing(lambda _, identifier: text(id=identifier, type="error", **members))


def event_to(identifier, value=AFTER):
    return lambda dialect, _: text(id=identifier, type=dialect.event, payload=value)


def ended(dialect, identifier):
    result = dialect.result(identifier, AFTER)
    return [result, complete(identifier), result, text(id=identifier, type="error", payload=None), complete(identifier)]


def deep(dialect, identifier):
    nested = "[" * 20_000 + "]" * 20_000
    return [dialect.result(identifier, "@").replace('"@"', '{"data":{"odd":' + nested + "}}"), complete(identifier)]


def twice(dialect, identifier):
    proper = dialect.result(identifier, {"data": {"odd": 1}})
    return [proper[:-1] + ', "payload": {"data": {"odd": 2}}}', complete(identifier)]


ATTRIBUTED = {
    "payload null": (FAILS, payload(None)),
    "payload array": (FAILS, payload([{"data": 1}])),
    "payload string": (FAILS, payload("data")),
    "payload number": (FAILS, payload(7)),
    "payload missing": (FAILS, failing(lambda dialect, identifier: text(id=identifier, type=dialect.event))),
    "payload empty": (PASSES, passing({})),
    "payload incremental": (
        PASSES,
        passing(
            {"data": {"odd": 1}, "hasNext": True},
            {"hasNext": True, "incremental": [{"path": ["odd"], "data": {"late": 2}}]},
            {"hasNext": False},
        ),
    ),
    "data is a number": (PASSES, passing({"data": 1})),
    "errors are no array": (PASSES, passing({"data": None, "errors": "boom"})),
    "unknown id": (IGNORED, ignored(event_to(UNKNOWN), event_to(UNKNOWN, None), text(id=UNKNOWN, type="error"))),
    "ended id": (IGNORED, ended),
    "numeric id": (IGNORED, ignored(event_to(int(UNKNOWN)))),
    "no id": (IGNORED, ignored(lambda dialect, _: text(type=dialect.event, payload=AFTER))),
    "empty id": (IGNORED, ignored(event_to(""))),
    "null id": (IGNORED, ignored(event_to(None))),
    "error object": (FAILS, error(payload={"message": "it is an object"})),
    "error string": (FAILS, error(payload="it is a string")),
    "error empty": (FAILS, error(payload=[])),
    "error null": (FAILS, error(payload=None)),
    "error missing": (FAILS, error()),
    "error without messages": (FAILS, error(payload=[{"code": 17}, 4])),
    "complete with more": (
        IGNORED,
        lambda dialect, identifier: [dialect.result(identifier, AFTER), complete(identifier, payload=[1], more={})],
    ),
    "complete of nobody": (IGNORED, ignored(complete(UNKNOWN), text(type="complete"), complete(7))),
    "start_ack": (IGNORED, ignored(lambda _, identifier: text(id=identifier, type="start_ack", payload=3))),
    "type missing": (ENDS, ignored(lambda _, identifier: text(id=identifier, payload=AFTER))),
    "type of a client": (ENDS, ignored(lambda _, identifier: text(id=identifier, type="subscribe", payload={}))),
    "odd pings": (IGNORED, ignored(*(text(type="ping", payload=value) for value in (None, "a", [1], 7, {"a": []})))),
    "odd pongs": (IGNORED, ignored(*(text(type="pong", payload=value) for value in (None, "a", [1], 7)))),
    "ka": (IGNORED, ignored(text(type="ka"), text(type="ka", payload={"a": 1}))),
    "a second ack": (IGNORED, ignored(text(type="connection_ack"))),
    "deep": (EITHER, deep),
    "large": (FAILS, payload({"data": {"odd": "x" * LARGE}})),
    "payload twice": (EITHER, twice),
}

# The words of the server that must reach who asked.
TOLD = {
    "error object": "it is an object",
    "error string": "it is a string",
    "error without messages": "17",
    "large": "larger than",
}

UNATTRIBUTED = {
    "no JSON": lambda *_: ["<html>502 Bad Gateway</html>"],
    "an array": lambda *_: ['[{"type":"next"}]'],
    "binary": lambda *_: [("binary", b"\x00\xff")],
    "no UTF-8": lambda *_: [b"\x81\x05{\"\xff\"}"],
    "a reserved opcode": lambda *_: [b"\x8f\x00"],
    "half a close code": lambda *_: [b"\x88\x01\x03"],
}


def poison(code):
    return lambda *_: [("close", code, "I can't take this")]


POISON = {f"poison {code}": poison(code) for code in (1011, 4400)}
CASES = {name: build for name, (_, build) in ATTRIBUTED.items()} | UNATTRIBUTED | POISON
