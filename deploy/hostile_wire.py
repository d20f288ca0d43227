"""An event loop for thousands of short connections a second, and a WebSocket client that may break every rule.

An attacker is a generator over a `Wire`: it yields what it waits for and for how long, and returns the outcome, a word
such as a status or a close code. asyncio would need three times the processor time for it.
"""

import errno
import heapq
import json
import os
import select
import socket
import struct
import time

READ, WRITE = select.EPOLLIN, select.EPOLLOUT
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
# Linux: a bound socket takes its port when it connects, so that ports are free again for other destinations.
BIND_ADDRESS_NO_PORT = 24
BEGUN_AT_ONCE = 64


class Late(Exception):
    """The relay left something undone for too long; the text is the outcome."""


def frame(opcode, payload, final=True, length=None):
    """A masked frame; its key of zeros leaves the payload as it is. The length may be a lie."""
    length = len(payload) if length is None else length
    first = bytes([opcode | (128 if final else 0)])
    if length < 126:
        return first + bytes([128 | length]) + b"\0\0\0\0" + payload
    if length < 1 << 16:
        return first + struct.pack("!BH", 128 | 126, length) + b"\0\0\0\0" + payload
    return first + struct.pack("!BQ", 128 | 127, length) + b"\0\0\0\0" + payload


def message(value):
    return frame(TEXT, json.dumps(value).encode())


class Wire:
    """One connection, from an address of the attacker's own."""

    def __init__(self, port, address):
        self.port = port
        self.address = address
        self.buffer = bytearray()
        self.socket = self.opened()

    def opened(self):
        opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        opened.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
        opened.bind((self.address, 0))
        return opened

    def connect(self, receive_buffer=None):
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        code = self.socket.connect_ex(("127.0.0.1", self.port))
        if code == errno.EINPROGRESS:
            if not (yield WRITE, 10):
                raise Late("not accepted")
            code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def send(self, data, seconds=10):
        view = memoryview(data)
        while view:
            try:
                view = view[self.socket.send(view) :]
            except BlockingIOError:
                if not (yield WRITE, seconds):
                    raise Late("not read") from None

    def more(self, seconds=10):
        """Whether more came; False is the end."""
        while True:
            try:
                data = self.socket.recv(1 << 16)
                self.buffer += data
                return bool(data)
            except BlockingIOError:
                if not (yield READ, seconds):
                    raise Late("not answered") from None

    def has_more(self):
        """Whether something, or the end, is there already."""
        if self.buffer:
            return True
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        return True

    def head(self, seconds=10):
        """The status of an answer; None if the connection ended first."""
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            if not (yield from self.more(seconds)):
                return None
        status = bytes(self.buffer[9:12]).decode()
        del self.buffer[: end + 4]
        return status

    def request(self, path, token=None, fields="", method="GET"):
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}{fields}\r\n".encode()

    def upgrade(self, path, token=None, protocol=None, receive_buffer=None):
        """The status of a WebSocket's handshake."""
        yield from self.connect(receive_buffer)
        fields = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        fields += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        fields += f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        yield from self.send(self.request(path, token, fields))
        return (yield from self.head())

    def next_frame(self, seconds=10):
        """Opcode and payload; None at the end of the connection."""
        while True:
            buffer = self.buffer
            if len(buffer) >= 2:
                length, start = buffer[1] & 127, 2
                if length == 126 and len(buffer) >= 4:
                    length, start = int.from_bytes(buffer[2:4], "big"), 4
                elif length == 127 and len(buffer) >= 10:
                    length, start = int.from_bytes(buffer[2:10], "big"), 10
                elif length >= 126:
                    length = 1 << 62
                if len(buffer) >= start + length:
                    opcode, payload = buffer[0] & 15, bytes(buffer[start : start + length])
                    del buffer[: start + length]
                    return opcode, payload
            if not (yield from self.more(seconds)):
                return None

    def next_message(self, seconds=10):
        """The next text as JSON; a close code, or how else the connection ended, as text."""
        end = time.monotonic() + seconds
        while True:
            try:
                got = yield from self.next_frame(max(0.01, end - time.monotonic()))
            except ConnectionError:
                return "reset"
            match got:
                case None:
                    return "cut"
                case (1, payload):
                    return json.loads(payload)
                case (8, payload):
                    return str(int.from_bytes(payload[:2], "big")) if payload else "1005"
                case (9, payload):
                    yield from self.send(frame(PONG, payload))
            if time.monotonic() > end:
                raise Late("not ended")

    def fate(self, seconds=10):
        """How the connection ends; Late if it doesn't."""
        end = time.monotonic() + seconds
        while not isinstance(got := (yield from self.next_message(max(0.01, end - time.monotonic()))), str):
            pass
        return got

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def pause(seconds):
    """Lets time pass; a hang-up ends it."""
    yield 0, seconds


class Attack:
    """One kind of attacker: so many a second, and at most so many at a time."""

    def __init__(self, name, rate, most, make):
        self.name = name
        self.rate = rate
        self.most = most
        self.make = make
        self.begun = self.present = self.missed = 0


class Loop:
    """Runs attackers, and counts their outcomes by attack, variant and outcome."""

    def __init__(self, port, addresses, attacks):
        self.port = port
        self.addresses = addresses
        self.attacks = attacks
        self.epoll = select.epoll()
        self.tasks = {}
        self.deadlines = []
        self.serial = 0
        self.outcomes = {}

    def begin(self, attack):
        self.serial += 1
        try:
            wire = Wire(self.port, self.addresses[self.serial % len(self.addresses)])
        except OSError:
            return
        attack.begun += 1
        attack.present += 1
        variant, generator = attack.make(wire, attack.begun)
        descriptor = wire.socket.fileno()
        task = [attack, variant, generator, wire, 0]
        self.tasks[descriptor] = task
        self.epoll.register(descriptor, 0)
        self.step(descriptor, task, None)

    def step(self, descriptor, task, event):
        attack, variant, generator, wire, _ = task
        try:
            mask, seconds = generator.send(event)
        except StopIteration as end:
            outcome = end.value
        except Late as late:
            outcome = str(late)
        except ConnectionError:
            outcome = "reset"
        except OSError as error:
            outcome = errno.errorcode.get(error.errno, str(error))
        except (ValueError, KeyError, TypeError) as error:
            outcome = f"{type(error).__name__}: {error}"[:100]
        else:
            self.serial += 1
            task[4] = self.serial
            self.epoll.modify(descriptor, mask | select.EPOLLONESHOT)
            heapq.heappush(self.deadlines, (time.monotonic() + seconds, self.serial, descriptor))
            return
        attack.present -= 1
        del self.tasks[descriptor]
        # Closing takes it out of the epoll set, too.
        wire.socket.close()
        key = f"{attack.name}/{variant}/{outcome}"
        self.outcomes[key] = self.outcomes.get(key, 0) + 1

    def spawn(self, now, started):
        """Begins whom the rates ask for; what couldn't begin in a second is not made up for."""
        for attack in self.attacks:
            due = (now - started) * attack.rate - attack.missed
            if due - attack.begun > attack.rate + 1:
                attack.missed += due - attack.begun - attack.rate
                due = attack.begun + attack.rate
            for _ in range(BEGUN_AT_ONCE):
                if attack.begun >= due or attack.present >= attack.most:
                    break
                self.begin(attack)

    def run(self, tell, interval=1):
        """Goes on for ever; `tell` is called each second."""
        started = told = time.monotonic()
        while True:
            now = time.monotonic()
            if now - told >= interval:
                told = now
                tell(self)
            self.spawn(now, started)
            for descriptor, _ in self.epoll.poll(0.005, 512):
                if task := self.tasks.get(descriptor):
                    self.step(descriptor, task, True)
            while self.deadlines and self.deadlines[0][0] <= now:
                _, serial, descriptor = heapq.heappop(self.deadlines)
                if (task := self.tasks.get(descriptor)) and task[4] == serial:
                    self.step(descriptor, task, False)
