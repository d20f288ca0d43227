"""The little of NATS's protocol that tests speak themselves, to show what servers do that relays must not depend on."""

import asyncio
import json
import secrets


class Client:
    """A connection; each request has an inbox of its own."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer
        self.inbox = f"_INBOX.{secrets.token_hex(8)}"
        self.answers = {}
        self.reading = asyncio.create_task(self.read())

    @classmethod
    async def connect(cls, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.readline()).startswith(b"INFO ")
        client = cls(reader, writer)
        options = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True}
        writer.write(f"CONNECT {json.dumps(options)}\r\nSUB {client.inbox}.* 1\r\n".encode())
        return client

    async def read(self):
        while line := await self.reader.readline():
            words = line.split()
            if words[0] == b"PING":
                self.writer.write(b"PONG\r\n")
            elif words[0] in (b"MSG", b"HMSG"):
                body = await self.reader.readexactly(int(words[-1]) + 2)
                header = int(words[-2]) if words[0] == b"HMSG" else 0
                answer = self.answers.pop(words[1].decode(), None)
                if answer and not answer.done():
                    answer.set_result((body[:header].decode(), body[header:-2]))

    def send(self, subject, body=b"", headers=None):
        """Sends a request; what it returns has the answer's headers and body."""
        reply = f"{self.inbox}.{secrets.token_hex(6)}"
        self.answers[reply] = answer = asyncio.get_running_loop().create_future()
        if headers:
            head = "NATS/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
            line = f"HPUB {subject} {reply} {len(head)} {len(head) + len(body)}\r\n{head}"
        else:
            line = f"PUB {subject} {reply} {len(body)}\r\n"
        self.writer.write(line.encode() + body + b"\r\n")
        return answer

    async def ask(self, subject, body=b"", headers=None, timeout=5):
        """The answer to a request, as JSON; None without one in time."""
        try:
            headers, body = await asyncio.wait_for(self.send(subject, body, headers), timeout)
        except asyncio.TimeoutError:
            return None
        return json.loads(body) if body else {"error": {"description": headers.split("\r\n")[0]}}

    async def make(self, stream, **options):
        """Makes a stream, as soon as the servers can."""
        wanted = {"name": stream, "subjects": [stream], "retention": "limits", "storage": "file", **options}
        for _ in range(100):
            answer = await self.ask(f"$JS.API.STREAM.CREATE.{stream}", json.dumps(wanted).encode(), timeout=2)
            if answer and "error" not in answer:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(answer)

    async def close(self):
        self.reading.cancel()
        self.writer.close()
