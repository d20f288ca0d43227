"""nginx, HAProxy and Caddy in front of a relay, with the configurations of deploy/proxies."""

import asyncio
import os
import re
import shutil
import socket
import ssl
import subprocess
from contextlib import ExitStack, closing

import pytest
from certificate import Certificate
from clients import GQLSubscriber, PlainSubscriber
from probe import eventually
from relay import TICK, TOP, Relay
from upstream import quiet_port
from websockets.asyncio.client import connect

PROXIES = TOP / "deploy" / "proxies"
# Shorter, so that silence can be tried. WebSockets are pinged as often as ping and pong time-out have passed.
TIMEOUT = "6s"
PINGS = [("--client-ping-interval", "500ms"), ("--client-pong-timeout", "2s")]
TELLING = ["--trusted-proxy", "127.0.0.1", "--forwarded-header", "x-forwarded-for,x-forwarded-host,x-forwarded-proto"]
TELLING += ["--open"]


def changed(text, *changes):
    """The text with what a test needs otherwise, all of which must be there."""
    for pattern, replacement in changes:
        text, count = re.subn(pattern, lambda _: replacement, text, flags=re.MULTILINE)
        assert count, f"no {pattern} in:\n{text}"
    return text


class Nginx:
    """With TLS in front."""

    program = "nginx"
    address = "127.0.0.1:0"
    flags = TELLING

    @staticmethod
    def command(directory, port, relay_port):
        certificate = Certificate(directory, "proxy")
        server = changed(
            (PROXIES / "nginx.conf").read_text(),
            (r"listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
            (r"server 127\.0\.0\.1:8080;", f"server 127.0.0.1:{relay_port};"),
            (r"/etc/ssl/relay\.example\.org\.pem", str(certificate.path)),
            (r"/etc/ssl/private/relay\.example\.org\.key", str(certificate.key)),
            (r"_timeout 60s;", f"_timeout {TIMEOUT};"),
        )
        (directory / "server.conf").write_text(server)
        folders = "".join(
            f"{kind}_temp_path {directory}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (directory / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {directory}/nginx.pid; error_log stderr;"
            "events { worker_connections 256; }"
            f"http {{ {folders} access_log off; include {directory}/server.conf; }}"
        )
        return ["nginx", "-e", "stderr", "-p", directory, "-c", directory / "nginx.conf"], certificate


class HAProxy:
    """With the PROXY protocol behind it."""

    program = "haproxy"
    address = "127.0.0.1:0,proxy-protocol"
    flags = ["--trusted-proxy", "127.0.0.1", "--open"]

    @staticmethod
    def command(directory, port, relay_port):
        text = changed(
            (PROXIES / "haproxy.cfg").read_text(),
            (r"bind :80$", f"bind 127.0.0.1:{port}"),
            (r"maxconn 100000", "maxconn 256"),
            (r"10\.0\.0\.2:8080", f"127.0.0.1:{relay_port}"),
            (r"^ *server relay2 .*$", ""),
            (r"hdr Host relay\.example\.org", "hdr Host localhost"),
            (r"timeout server\s+60s", f"timeout server {TIMEOUT}"),
            (r"timeout client 60s", f"timeout client {TIMEOUT}"),
            (r"timeout tunnel 60s", f"timeout tunnel {TIMEOUT}"),
            (r"check inter 2s", "check inter 100ms"),
        )
        (directory / "haproxy.cfg").write_text(text)
        return ["haproxy", "-db", "-f", directory / "haproxy.cfg"], None


class Caddy:
    """With X-Forwarded-For, which it writes unasked."""

    program = "caddy"
    address = "127.0.0.1:0"
    flags = TELLING

    @staticmethod
    def command(directory, port, relay_port):
        text = changed(
            (PROXIES / "Caddyfile").read_text(),
            (r"^relay\.example\.org \{", f"{{\n\tadmin off\n}}\nhttp://127.0.0.1:{port} {{"),
            (r"reverse_proxy 127\.0\.0\.1:8080", f"reverse_proxy 127.0.0.1:{relay_port}"),
            (r"read_timeout 60s", f"read_timeout {TIMEOUT}"),
            (r"health_interval 2s", "health_interval 100ms"),
        )
        (directory / "Caddyfile").write_text(text)
        return ["caddy", "run", "--adapter", "caddyfile", "--config", directory / "Caddyfile"], None


class Front:
    """A running proxy, as clients see it."""

    def __init__(self, kind, directory, relay_port):
        self.port = quiet_port()
        command, self.certificate = kind.command(directory, self.port, relay_port)
        environment = {**os.environ, "HOME": str(directory), "XDG_CONFIG_HOME": str(directory)}
        with (directory / "proxy.log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        self.url = f"{'wss' if self.certificate else 'ws'}://127.0.0.1:{self.port}"

    @property
    def tls(self):
        return self.certificate.trust if self.certificate else None

    def topic(self, name):
        return f"{self.url}/topics/{name}"

    def request(self, path, source="127.0.0.1", fields=""):
        """The connection of a request that was sent, from an address of this machine."""
        connection = socket.socket()
        connection.settimeout(10)
        connection.bind((source, 0))
        connection.connect(("127.0.0.1", self.port))
        if self.tls:
            connection = self.tls.wrap_socket(connection, server_hostname="127.0.0.1")
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}\r\n".encode())
        return connection

    def status(self, path, source="127.0.0.1", fields=""):
        try:
            with closing(self.request(path, source, fields)) as connection:
                return int(connection.recv(4096).split(b" ")[1])
        except (OSError, ssl.SSLError, IndexError):
            return 0


@pytest.fixture(params=[Nginx, HAProxy, Caddy], ids=lambda kind: kind.program)
def kind(request):
    if not shutil.which(request.param.program):
        pytest.skip(f"{request.param.program} isn't installed")
    return request.param


@pytest.fixture
def serve(kind, start_upstream, binary, tmp_path, request):
    """Starts a relay with more flags, and the proxy in front of it."""
    with ExitStack() as ending:

        async def start(*flags):
            upstream = start_upstream()
            options = [("--listen", kind.address), *PINGS, *filter(None, [kind.flags, flags])]
            topics = {"tick": TICK, "quiet": "subscription { once }"}
            relay = Relay.serving(upstream.graphql_url, topics, tmp_path, options)
            request.node.stash.setdefault("processes", []).append(relay)
            ending.callback(relay.kill)
            front = Front(kind, tmp_path, relay.port)
            ending.callback(lambda: (front.process.terminate(), front.process.wait(20)))
            await eventually(lambda: front.status("/readyz") == 200, "the proxy passes requests on", 20)
            return relay, front

        yield start


async def test_clients_of_every_protocol_are_served(serve):
    relay, front = await serve("--drain-delay", "500ms")
    graphql = GQLSubscriber(f"{front.url}/graphql")
    plain = PlainSubscriber(front.topic("tick"))
    graphql.tls = plain.tls = front.tls
    async with graphql, plain:
        await graphql.events_arrive(3)
        await plain.events_arrive(3)
        with closing(front.request("/topics/tick", fields="Accept: text/event-stream\r\n")) as stream:
            text = ""
            # One after the other, as they come: not when a buffer is full.
            while text.count("data: ") < 3:
                text += (await asyncio.to_thread(stream.recv, 4096)).decode()
            assert "text/event-stream" in text and len(text) < 4096
        assert plain.sequences == list(range(plain.sequences[0], plain.sequences[0] + len(plain.sequences)))
        # The close codes of a drain come through.
        relay.terminate()
        assert "1001" in str(await plain.failure())
        assert "ConnectionClosedOK" in str(await graphql.failure())
    assert await asyncio.to_thread(relay.wait) == 0


async def test_addresses_are_those_of_the_clients(serve):
    _, front = await serve("--max-connections-per-address", "1")
    events = "Accept: text/event-stream\r\n"
    with closing(front.request("/topics/quiet", "127.0.0.2", events)) as first:
        assert (await asyncio.to_thread(first.recv, 4096)).startswith(b"HTTP/1.1 200 ")
        forged = f"{events}X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\n"
        refused = await asyncio.to_thread(front.status, "/topics/quiet", "127.0.0.2", forged)
        assert refused == 429, refused
        with closing(front.request("/topics/quiet", "127.0.0.3", events)) as other:
            assert (await asyncio.to_thread(other.recv, 4096)).startswith(b"HTTP/1.1 200 ")


async def test_silent_clients_stay_beyond_the_time_outs_of_the_proxy(serve):
    _, front = await serve()
    async with connect(front.topic("quiet"), ssl=front.tls, ping_interval=None) as quiet:
        stream = front.request("/topics/quiet", fields="Accept: text/event-stream\r\n")
        with closing(stream):
            comments = b""
            # As many as take longer than the proxy's time-outs.
            while comments.count(b"\n:") < 16:
                piece = await asyncio.to_thread(stream.recv, 4096)
                assert piece, comments
                comments += piece
            # It answers, so that both ways are open.
            await (await quiet.ping())
