"""The PROXY protocol: headers as proxies write them, byte for byte, before HTTP, WebSockets and TLS."""

import socket
import struct
import subprocess
from contextlib import closing

import pytest
from certificate import Certificate
from probe import metrics_text, sample_sum
from relay import TICK, relay_binary

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def line(client):
    return f"PROXY TCP4 {client} 127.0.0.1 40000 80\r\n".encode()


def binary(client, command=0x21, extensions=b""):
    family = socket.AF_INET6 if ":" in client else socket.AF_INET
    rest = socket.inet_pton(family, client) * 2 + struct.pack(">HH", 40000, 80) + extensions
    kind = 0x21 if family == socket.AF_INET6 else 0x11
    return SIGNATURE + bytes([command, kind]) + struct.pack(">H", len(rest)) + rest


HEADERS = {
    "line": line("192.0.2.1"),
    "line of IPv6": b"PROXY TCP6 2001:db8::1 2001:db8::2 40000 80\r\n",
    "line that tells nothing": b"PROXY UNKNOWN\r\n",
    "bytes": binary("192.0.2.1"),
    "bytes of IPv6": binary("2001:db8::1"),
    "bytes with a checksum and an ALPN": binary("192.0.2.1", extensions=b"\x03\0\4abcd" + b"\x01\0\x08http/1.1"),
    "health check": SIGNATURE + b"\x20\0\0\0",
}


def answer(port, data, context=None):
    """All that comes back; the header goes before TLS."""
    header, request = data
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as connection:
        connection.sendall(header)
        if context:
            connection = context.wrap_socket(connection, server_hostname="localhost")
        try:
            connection.sendall(request)
            received = b""
            while piece := connection.recv(65536):
                received += piece
            return received
        except ConnectionResetError:
            return b""


@pytest.fixture
def port_of():
    """The port of an address in the start line, by its place."""

    def find(relay, place):
        text = relay.output.split("listening on ")[1].splitlines()[0].split(" and ")[place]
        return int(text.split()[0].rpartition(":")[2])

    return find


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_each_form_is_taken_before_http_and_tls(header, start_relay, upstream, tmp_path, port_of):
    certificate = Certificate(tmp_path)
    # As one word: the profile has an address already.
    options = [
        ("--listen=127.0.0.1:0,proxy-protocol",),
        (f"--listen=127.0.0.1:0,proxy-protocol,tls-certificate={certificate.path},tls-key={certificate.key}",),
        ("--trusted-proxy", "127.0.0.0/8"),
        ("--open",),
    ]
    relay = start_relay(upstream, options=options)
    assert "(PROXY protocol)" in relay.output
    assert answer(port_of(relay, 1), (header, GET)).endswith(b"ok\n")
    assert answer(port_of(relay, 2), (header, GET), certificate.trust).endswith(b"ok\n")
    # The first address knows no header.
    assert answer(relay.port, (line("192.0.2.1"), GET)).startswith(b"HTTP/1.1 400 ")


def test_what_is_refused_is_counted_by_reason(start_relay, upstream, port_of):
    options = [
        ("--listen=127.0.0.1:0,proxy-protocol",),
        ("--trusted-proxy", "127.0.0.1"),
        ("--open",),
        ("--max-connections-per-address", "1"),
    ]
    relay = start_relay(upstream, options=options)
    port = port_of(relay, 1)
    for data in (b"", SIGNATURE + b"\x31\x11\0\0", b"PROXY TCP5 \r\n"):
        assert answer(port, (data, GET)) == b""
    with closing(socket.socket()) as stranger:
        stranger.bind(("127.0.0.2", 0))
        stranger.connect(("127.0.0.1", port))
        stranger.settimeout(10)
        assert stranger.recv(1) == b""
    with closing(socket.create_connection(("127.0.0.1", port))) as first:
        first.sendall(binary("192.0.2.1") + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = b""
        while not received.endswith(b"ok\n"):
            received += first.recv(65536)
        assert answer(port, (binary("192.0.2.1"), GET)).startswith(b"HTTP/1.1 429 ")
        assert answer(port, (binary("192.0.2.2"), GET)).endswith(b"ok\n")
    refused = "fanout_connections_refused_total"
    # Read once: the next request might come before the connection of the last one is counted out.
    text = metrics_text(relay)
    assert sample_sum(text, refused, reason="proxy_header") == 3
    assert sample_sum(text, refused, reason="proxy_untrusted") == 1
    assert sample_sum(text, refused, reason="address") == 1


def test_without_trusted_proxies_a_port_takes_no_headers(upstream):
    command = [relay_binary(), "serve", "--upstream", upstream.graphql_url, "--topic", f"tick={TICK}"]
    command += ["--listen", "127.0.0.1:0,proxy-protocol"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert result.returncode == 64 and result.stderr.count("\n") == 1, result
    assert "--listen 127.0.0.1:0,proxy-protocol: allowed: together with --trusted-proxy only" in result.stderr


@pytest.mark.parametrize("value", ["10.0.0.1/8", "example.org", "10.0.0.0/33", ""])
def test_a_range_that_is_none_is_refused(value, upstream):
    command = [relay_binary(), "serve", "--upstream", upstream.graphql_url, "--topic", f"tick={TICK}"]
    result = subprocess.run([*command, "--trusted-proxy", value], capture_output=True, text=True, timeout=20)
    assert result.returncode == 64 and "--trusted-proxy" in result.stderr and "allowed: an address" in result.stderr
