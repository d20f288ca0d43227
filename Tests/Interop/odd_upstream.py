"""An upstream in threads of the test's own process, which answers each operation with what its case says.

An operation names its case in its document: `odd(case: "payload null")`. The topic `bystander` gets a number whenever
the test says so, over the same link.
"""

import json
import re
import threading

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

BYSTANDER = "subscription { bystander { n } }"
CASE = re.compile(r'odd\(case: "([^"]*)"')


class Dialect:
    """The words of one subprotocol."""

    def __init__(self, name, start, event, stop):
        self.name, self.start, self.event, self.stop = name, start, event, stop

    def result(self, identifier, payload):
        return json.dumps({"id": identifier, "type": self.event, "payload": payload})


TRANSPORT = Dialect("graphql-transport-ws", "subscribe", "next", "complete")
LEGACY = Dialect("graphql-ws", "start", "data", "stop")


class OddUpstream:
    """`cases` maps a name to a function of dialect and id, which gives what is sent.

    That is text, bytes as they are, or a tuple: binary data, or the code and reason of a close frame.
    """

    def __init__(self, dialect, cases):
        self.dialect = dialect
        self.cases = cases
        # Only this case is odd; the others are answered as they should be, so that no test disturbs the next one.
        self.armed = None
        self.story = []
        self.links = 0
        self.number = 0
        self.asked = []
        self.ended = []
        self._bystanders = {}
        self._lock = threading.Lock()
        self._server = serve(self._talk, "127.0.0.1", 0, subprotocols=[dialect.name], max_size=None)
        self.port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join(10)

    @property
    def graphql_url(self):
        return f"ws://127.0.0.1:{self.port}/graphql"

    def emit(self):
        """Sends the bystander its next number; nobody may be there."""
        with self._lock:
            self.number += 1
            here = list(self._bystanders.items())
        for connection, identifier in here:
            try:
                connection.send(self.dialect.result(identifier, {"data": {"bystander": {"n": self.number}}}))
            except (ConnectionClosed, OSError):
                pass

    def _talk(self, connection):
        with self._lock:
            self.links += 1
        self.story.append(f"link {self.links} opened")
        try:
            for text in connection:
                self._hear(connection, json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            with self._lock:
                self._bystanders.pop(connection, None)
            self.story.append(f"link ended: {connection.protocol.close_exc}")

    def _hear(self, connection, message):
        if message["type"] != "ping":
            self.story.append(f"< {json.dumps(message)[:200]}")
        match message["type"]:
            case "connection_init":
                connection.send('{"type":"connection_ack"}')
            case "ping":
                connection.send('{"type":"pong"}')
            case kind if kind == self.dialect.start:
                self._answer(connection, message["id"], message["payload"])
            case kind if kind == self.dialect.stop:
                self.ended.append(message["id"])

    def _answer(self, connection, identifier, payload):
        if "bystander" in payload["query"]:
            with self._lock:
                self._bystanders[connection] = identifier
            return
        name = CASE.search(payload["query"])[1]
        self.asked.append((name, identifier))
        if name == self.armed:
            answer = self.cases[name](self.dialect, identifier)
        else:
            end = json.dumps({"id": identifier, "type": "complete"})
            answer = [self.dialect.result(identifier, {"data": {"odd": 0}}), end]
        for item in answer:
            self._say(connection, item)

    def _say(self, connection, item):
        self.story.append(f"> {item[:200]!r}")
        match item:
            case str():
                connection.send(item)
            case ("binary", data):
                connection.send(data)
            case ("close", code, reason):
                connection.close(code, reason)
            case bytes():
                try:
                    connection.socket.sendall(item)
                except OSError as error:
                    self.story.append(f"not sent: {error}")
