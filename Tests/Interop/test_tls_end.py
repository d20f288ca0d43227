"""A TLS session that ends while its TCP connection stays open."""

import base64
import hashlib
import socket
import ssl
import threading

from certificate import Certificate
from probe import eventually
from raw_upstream import MAGIC

OPTIONS = [
    ("--retry-connect", "constant(20ms) jitter: none tries: unlimited"),
    # What else could end the link takes longer than the test waits.
    ("--ping-interval", "50s"),
]


class TLSLink:
    """One connection, deciphered in memory, so that the end of TLS can be sent without that of TCP."""

    def __init__(self, connection, context):
        self.connection = connection
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.pump(self.session.do_handshake)

    def pump(self, step, *arguments):
        while True:
            try:
                result = step(*arguments)
                self.connection.sendall(self.outgoing.read())
                return result
            except ssl.SSLWantReadError:
                self.connection.sendall(self.outgoing.read())
                data = self.connection.recv(65536)
                if not data:
                    raise ConnectionError("the end of TCP") from None
                self.incoming.write(data)

    def acknowledge(self):
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.pump(self.session.read, 65536)
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if ": " in line)
        key = {name.lower(): value for name, value in lines.items()}["sec-websocket-key"]
        accept = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest())
        self.pump(
            self.session.write,
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n",
        )
        # The relay's connection_init.
        self.pump(self.session.read, 65536)
        text = b'{"type":"connection_ack"}'
        self.pump(self.session.write, bytes([0x81, len(text)]) + text)
        # Its subscribe.
        self.pump(self.session.read, 65536)

    def end_session(self):
        try:
            self.session.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.connection.sendall(self.outgoing.read())


async def test_the_end_of_a_tls_session_ends_the_link_though_tcp_stays(start_relay, tmp_path):
    certificate = Certificate(tmp_path, "upstream")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.path, certificate.key)
    listener = socket.create_server(("127.0.0.1", 0))
    links = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
                link = TLSLink(connection, context)
                links.append(link)
                link.acknowledge()
                if len(links) == 1:
                    link.end_session()
            except (OSError, ssl.SSLError):
                if listener.fileno() < 0:
                    return

    threading.Thread(target=serve, daemon=True).start()

    class Upstream:
        graphql_url = f"wss://127.0.0.1:{listener.getsockname()[1]}/graphql"

    try:
        relay = start_relay(Upstream, {"tick": "subscription { tick { n } }"}, [
            *OPTIONS, ("--upstream-ca", certificate.path),
        ])  # fmt: skip
        await eventually(lambda: len(links) == 2, "the next link", 8)
        assert relay.log.count("upstream connected") >= 1
    finally:
        listener.close()
