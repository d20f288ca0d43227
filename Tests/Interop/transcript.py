"""Transcripts on a page of the documentation, and a client that repeats them byte by byte.

Lines that begin with → are sent, lines with ← must come. Until a handshake is over they are lines of HTTP, then
messages of a WebSocket. `(close 1000)` is a close frame, `(end)` the end of the connection, `(the same fields)` those
of a WebSocket's handshake, and `…` stands for any lines.
"""

import re
import socket

from websockets.frames import Frame, Opcode

DEADLINE = 20
BLOCK = re.compile(r"^```transcript\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"`(fanout-relay [^`]*)`")
PLACE = re.compile(r"\b([0-9a-z]{9,14}):(\d+)")
EPOCH = re.compile(r'"epoch":"(\w+)"')
NUMBER = re.compile(r'"sequence":(\d+)')
# What is another value each time.
VARYING = re.compile(r'("(?:n|at|price|serverTime)":|^retry: )[\d.]+|("(?:epoch|symbol)":)"\w+"')
HANDSHAKE = """Host: 127.0.0.1:8080
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Sec-WebSocket-Version: 13""".splitlines()


def transcripts(text):
    """The transcripts of a page, each with the command of the relay that it was taken from, and its heading."""
    found = []
    for block in BLOCK.finditer(text):
        before = text[: block.start()]
        heading = re.findall(r"^#+ (.*)$", before, re.MULTILINE)[-1]
        found.append((heading, COMMAND.findall(before)[-1], block[1].splitlines()))
    return found


class Connection:
    """A connection whose bytes are read as lines of HTTP or as messages."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
        self.waiting = b""
        self.switched = False
        # How much of a body is still to come, where its head says so.
        self.length = self.left = None

    def take(self, count):
        while len(self.waiting) < count:
            received = self.socket.recv(65536)
            if not received:
                raise EOFError
            self.waiting += received
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        return taken

    def hear(self):
        """The next line or message, as it stands in a transcript."""
        try:
            return self.message() if self.switched else self.line()
        except EOFError:
            return "(end)"

    def line(self):
        line = b""
        while self.left is None or self.left > 0:
            line += self.take(1)
            if self.left is not None:
                self.left -= 1
            if line.endswith(b"\n"):
                break
        text = line.rstrip(b"\r\n").decode()
        if length := re.fullmatch(r"Content-Length: (\d+)", text):
            self.length = int(length[1])
        elif not text and self.left is None:
            self.left = self.length
        return text

    def message(self):
        head, length = self.take(2)
        if length >= 126:
            length = int.from_bytes(self.take(2 if length == 126 else 8), "big")
        payload = self.take(length)
        if head == 0x80 | Opcode.PING:
            self.send(Opcode.PONG, payload)
            return self.message()
        if head == 0x80 | Opcode.CLOSE:
            return f"(close {int.from_bytes(payload[:2], 'big')} {payload[2:].decode()}".rstrip() + ")"
        assert head == 0x80 | Opcode.TEXT, head
        return payload.decode()

    def send(self, opcode, payload):
        self.socket.sendall(Frame(opcode, payload).serialize(mask=True))

    def say(self, lines):
        """Sends lines that stand together."""
        if self.switched:
            for line in lines:
                if close := re.fullmatch(r"\(close (\d+)\)", line):
                    self.send(Opcode.CLOSE, int(close[1]).to_bytes(2, "big"))
                else:
                    self.send(Opcode.TEXT, line.encode())
        else:
            end = lines.index("")
            head = "".join(f"{line}\r\n" for line in lines[: end + 1])
            self.socket.sendall((head + "\n".join(lines[end + 1 :])).encode())


class Player:
    """Repeats transcripts one after the other; what one has learned of epochs and numbers, later ones may send."""

    def __init__(self):
        self.epochs = {}
        self.sequences = {}

    def translated(self, line):
        """A line to send, with the tokens of this relay for those of the page."""
        return PLACE.sub(lambda place: f"{self.epochs[place[1]]}:{self.sequences[place[2]]}", line)

    def learn(self, shown, heard):
        for (epoch, number), (own_epoch, own_number) in zip(PLACE.findall(shown), PLACE.findall(heard)):
            self.epochs[epoch] = own_epoch
            self.sequences[number] = own_number
        self.epochs.update(zip(EPOCH.findall(shown), EPOCH.findall(heard)))
        self.sequences.update(zip(NUMBER.findall(shown), NUMBER.findall(heard)))

    def play(self, port, lines):
        connection = Connection(port)
        first = [None, None]

        def like(line, side):
            """The line without what varies; numbers count from the first one."""

            def relative(number):
                if first[side] is None:
                    first[side] = int(number)
                return str(int(number) - first[side])

            line = PLACE.sub(lambda place: f"EPOCH:{relative(place[2])}", line)
            line = NUMBER.sub(lambda number: f'"sequence":{relative(number[1])}', line)
            return VARYING.sub(lambda value: f"{value[1] or value[2]}VALUE", line).rstrip()

        said, before, anything, upgrades = [], None, False, False
        for line in lines:
            text = line[2:]
            if line == "…":
                anything = True
            elif line[0] == "→":
                said += HANDSHAKE if text == "(the same fields)" else [self.translated(text)]
            elif line[0] == "←":
                if said:
                    connection.say(said)
                    said = []
                heard = connection.hear()
                # What is like the line before may still come when something else was asked for.
                while kind(heard) != kind(text) and (anything or kind(heard) == before):
                    heard = connection.hear()
                before = kind(heard)
                if anything:
                    # How many came meanwhile nobody knows.
                    first[:] = [None, None]
                    anything = False
                assert like(heard, 1) == like(text, 0), f"shown: {text}\nheard: {heard}"
                self.learn(text, heard)
                if text.startswith("HTTP/1.1 "):
                    upgrades = text.startswith("HTTP/1.1 101 ")
                connection.switched = connection.switched or (upgrades and text == "")
            else:
                raise AssertionError(f"neither → nor ←: {line}")
        connection.socket.close()


def kind(line):
    """What a line is about, whatever its values."""
    return VARYING.sub(r"\1\2", NUMBER.sub("", PLACE.sub("", line))).rstrip()
