"""TLS between clients and relay: certificates, versions, slow readers, reloads."""

import asyncio
import json
import signal
import socket
import ssl
import subprocess
import warnings
from contextlib import ExitStack

import pytest
from certificate import CURVE, Certificate
from clients import BareSubscriber, Crowd, GQLSubscriber, PlainSubscriber
from probe import eventually, get, metric
from relay import TICK, Relay
from websockets.asyncio.client import connect

RSA = ["-newkey", "rsa:2048"]
EVENT_BYTES = 65536
HANDSHAKE = (
    "GET /topics/tick HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture
def certificate(tmp_path):
    return Certificate(tmp_path)


@pytest.fixture
def relay(start_relay, upstream, certificate):
    return start_relay(upstream, options=certificate.options)


@pytest.fixture
def start_demo(binary, tmp_path, certificate):
    """Starts a relay with large events: `start_demo("--shards", "1")`."""
    with ExitStack() as ending:

        def start(*options):
            command = ["demo", "--listen", "127.0.0.1:0", "--drain-window", "0s", *options]
            relay = Relay(command + [part for pair in certificate.options for part in pair], tmp_path)
            ending.callback(relay.stop)
            return relay

        yield start


def assert_without_hole(numbers):
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def small_socket(port):
    """Connected, with room for little that isn't read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", port))
    return connection


def peak_memory(relay):
    """The most bytes that the process ever had resident."""
    with open(f"/proc/{relay.process.pid}/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM:"))


def shown_certificate(relay):
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", relay.port)))


@pytest.mark.parametrize("kind", [CURVE, RSA], ids=["ec", "rsa"])
async def test_every_kind_of_client_is_served(kind, upstream, start_relay, tmp_path):
    certificate = Certificate(tmp_path, kind=kind)
    relay = start_relay(upstream, options=certificate.options)
    assert relay.url.startswith("https://")
    async with (
        PlainSubscriber(relay.topic_url("tick")).trusting(certificate) as plain,
        BareSubscriber(relay.topic_url("tick", "?format=payload")).trusting(certificate) as bare,
        GQLSubscriber(relay.graphql_url).trusting(certificate) as graphql,
    ):
        for subscriber in (plain, bare, graphql):
            await subscriber.events_arrive(30)
            assert_without_hole(subscriber.numbers)
        status, page = await asyncio.to_thread(get, relay.url)
        assert status == 200 and "<html" in page.lower()
        assert metric(relay, "fanout_tls_certificate_expiry_timestamp_seconds") > 0


async def test_100_clients_lose_nothing(upstream, start_relay, certificate):
    relay = start_relay(upstream, Crowd.topics, [*certificate.options, ("--shards", "2")])
    async with Crowd(relay, 100, certificate.trust) as crowd:
        await crowd.events_arrive(15)
        for subscriber in crowd.everyone:
            assert_without_hole(subscriber.numbers)
        assert metric(relay, "fanout_clients") == 100
        assert metric(relay, "fanout_tls_handshakes_completed_total") >= 100
    await eventually(lambda: metric(relay, "fanout_clients") == 0, "every client is counted out")


@pytest.mark.parametrize("size", [10, 300, 3000, 20_000, 60_000])
async def test_messages_of_clients_arrive_whole(size, relay, certificate):
    async with connect(relay.graphql_url, subprotocols=["graphql-transport-ws"], ssl=certificate.trust) as connection:
        async with asyncio.timeout(10):
            await connection.send('{"type":"connection_init"}')
            await connection.recv()
            padding = "x" * size
            await connection.send(f'{{"type":"ping","payload":{{"padding":"{padding}"}}}}')
            assert padding in await connection.recv()


@pytest.mark.parametrize(
    "version, ciphers, is_taken",
    [
        (ssl.TLSVersion.TLSv1_3, None, True),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256", True),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-CHACHA20-POLY1305", True),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA", False),
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0", False),
    ],
)
def test_versions_and_ciphers(version, ciphers, is_taken, relay, certificate):
    trust = certificate.trust
    with warnings.catch_warnings(action="ignore"):
        trust.minimum_version = trust.maximum_version = version
    if ciphers:
        trust.set_ciphers(ciphers)
    with socket.create_connection(("127.0.0.1", relay.port), timeout=10) as connection:
        if is_taken:
            with trust.wrap_socket(connection, server_hostname="localhost") as session:
                session.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert session.recv(12) == b"HTTP/1.1 200"
        else:
            with pytest.raises(ssl.SSLError, match="alert"):
                trust.wrap_socket(connection, server_hostname="localhost")


async def test_a_slow_reader_gets_every_event(start_demo, certificate):
    relay = start_demo("--interval", "10ms", "--payload-bytes", EVENT_BYTES, "--lag-limit-bytes", "64MiB")
    slow = small_socket(relay.port)
    async with (
        PlainSubscriber(relay.topic_url("tick")).trusting(certificate) as reader,
        connect(
            relay.topic_url("tick"), ssl=certificate.trust, sock=slow, server_hostname="localhost", max_queue=1
        ) as connection,
    ):
        sequences = []
        for _ in range(3):
            await reader.events_arrive(len(reader.events) + 60)
            for _ in range(50):
                event = json.loads(await connection.recv())
                if event["type"] == "event":
                    assert len(event["payload"]["data"]["tick"]["padding"]) == EVENT_BYTES
                    sequences.append(event["sequence"])
        assert_without_hole(sequences)
        assert_without_hole(reader.sequences)
        assert metric(relay, "fanout_slow_clients_total") == 0


async def test_clients_that_never_read_cost_little_memory_and_are_closed(start_demo, certificate):
    relay = start_demo("--interval", "10ms", "--payload-bytes", EVENT_BYTES, "--lag-limit-bytes", "8MiB")
    with ExitStack() as ending:

        def open_all():
            for _ in range(50):
                session = certificate.trust.wrap_socket(small_socket(relay.port), server_hostname="localhost")
                ending.enter_context(session)
                session.send(HANDSHAKE.encode())
                assert session.recv(12) == b"HTTP/1.1 101"

        before = peak_memory(relay)
        async with PlainSubscriber(relay.topic_url("tick")).trusting(certificate) as reader:
            await asyncio.to_thread(open_all)
            await eventually(lambda: metric(relay, "fanout_slow_clients_total") == 50, "all are found slow", 30)
            assert_without_hole(reader.sequences)
            # 8 MiB are the topic's own, as payloads and as frames; 50 queues would be another 400.
            assert peak_memory(relay) - before < 100 << 20
            await eventually(lambda: metric(relay, "fanout_clients") == 1, "who doesn't take the close is cut off", 20)
            assert metric(relay, "fanout_clients_closed_total", code="1013") == 50


async def test_plaintext_is_refused_at_once(relay, certificate):
    def refused():
        with socket.create_connection(("127.0.0.1", relay.port), timeout=5) as connection:
            connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try:
                return connection.recv(1)
            except ConnectionResetError:
                return b""

    # At most the byte of an alert, never an answer.
    assert await asyncio.to_thread(refused) in (b"", b"\x15")
    async with PlainSubscriber(relay.topic_url("tick")).trusting(certificate) as subscriber:
        await subscriber.events_arrive(3)


async def test_sighup_presents_a_renewed_certificate(relay, certificate, tmp_path):
    assert shown_certificate(relay) == certificate.der
    async with PlainSubscriber(relay.topic_url("tick")).trusting(certificate) as before:
        await before.events_arrive(3)
        # Of another kind of key: nothing of the former one may be left.
        certificate.become(Certificate(tmp_path, "renewed", RSA))
        relay.process.send_signal(signal.SIGHUP)
        await eventually(lambda: shown_certificate(relay) == certificate.der, "the new one is shown")
        async with PlainSubscriber(relay.topic_url("tick")).trusting(certificate) as after:
            await after.events_arrive(3)
            certificate.key.write_text("no key\n")
            relay.process.send_signal(signal.SIGHUP)
            await eventually(lambda: relay.log_lines("kept the former settings"), "the complaint")
            assert shown_certificate(relay) == certificate.der
            for subscriber in (before, after):
                await subscriber.events_arrive(len(subscriber.events) + 3)
                assert_without_hole(subscriber.sequences)


BAD_FILES = {
    "no such certificate": ("absent", "key", "--tls-certificate", "No such file"),
    "no such key": ("certificate", "absent", "--tls-key", "No such file"),
    "swapped": ("key", "certificate", "--tls-certificate", "no start line"),
    "not a key": ("certificate", "certificate", "--tls-key", "PEM"),
    "another's key of the same kind": ("certificate", "other", "--tls-key", "mismatch"),
    "another's key of another kind": ("certificate", "rsa", "--tls-key", "different key types"),
    "a key with a passphrase": ("certificate", "locked", "--tls-key", "passphrase"),
    "a key that is too weak": ("weak", "weak-key", "--tls-certificate", "too small"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_certificate_ends_with_one_line_and_78(case, binary, tmp_path, certificate):
    weak = Certificate(tmp_path, "weak", ["-newkey", "rsa:512"])
    files = {"certificate": certificate.path, "key": certificate.key, "absent": tmp_path / "absent.pem"}
    files |= {"other": Certificate(tmp_path, "other").key, "rsa": Certificate(tmp_path, "rsa", RSA).key}
    files |= {"weak": weak.path, "weak-key": weak.key, "locked": tmp_path / "locked.pem"}
    lock = ["openssl", "ec", "-in", certificate.key, "-aes128", "-passout", "pass:x", "-out", files["locked"]]
    subprocess.run(lock, check=True, capture_output=True)
    chain, key, option, reason = BAD_FILES[case]
    command = [binary, "serve", "--upstream", "ws://127.0.0.1:1/", "--topic", f"tick={TICK}", "--listen", "127.0.0.1:0"]
    command += ["--tls-certificate", files[chain], "--tls-key", files[key]]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert result.returncode == 78 and not result.stdout, result
    assert len(result.stderr.splitlines()) == 1 and option in result.stderr and reason in result.stderr, result


@pytest.mark.parametrize("given, missing", [("--tls-key", "--tls-certificate"), ("--tls-certificate", "--tls-key")])
def test_one_file_needs_the_other(given, missing, binary, certificate):
    command = [binary, "demo", given, certificate.path]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert result.returncode == 64 and f"{given} needs {missing}" in result.stderr, result
