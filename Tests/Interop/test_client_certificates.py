"""Clients that show certificates: who they are, and who isn't let in."""

import asyncio
import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.parse
from contextlib import ExitStack, closing

import pytest
from authority import Authority, trusting
from certificate import Certificate
from probe import eventually
from relay import TICK, relay_binary
from server_process import ServerProcess
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
TLS = ["--tls-certificate", "{server}", "--tls-key", "{key}"]
TOKEN = "token-token-token-token"
ADMIN = re.compile(r", for operators on http://127\.0\.0\.1:(\d+)")
MINE = "query Mine($userId: ID!) { me(userId: $userId) }"
BOUND = ["--allow-document", f"mine={MINE}", "--document-variable", "mine.userId=claim:sub"]


@pytest.fixture
def server(tmp_path):
    return Certificate(tmp_path)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def serve(upstream, tmp_path, server, authority):
    """Starts a relay that asks for certificates: `serve("--tls-client-optional")`."""
    with ExitStack() as ending:

        def start(*options, listen="127.0.0.1:0"):
            command = [relay_binary(), "serve", "--upstream", upstream.graphql_url, "--topic", f"tick={TICK}"]
            command += ["--drain-window", "100ms", "--shards", "1", "--listen", listen]
            command += ["--admin-listen", "127.0.0.1:0,tls=off", "--tls-client-ca", authority.path]
            command += [part for pair in server.options for part in pair]
            relay = ServerProcess("relay", [*command, *options], tmp_path)
            ending.callback(relay.kill)
            relay.admin = ADMIN.search(relay.output)[1]
            return relay

        yield start


def request(relay, context, path="/topics/tick", headers=None):
    """Status and body."""
    with closing(http.client.HTTPSConnection("localhost", relay.port, timeout=10, context=context)) as connection:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def refused(relay, context):
    """Whether TLS ends without an answer; with TLS 1.3 the client's own handshake is over by then."""
    try:
        request(relay, context)
    except (ssl.SSLError, OSError, http.client.HTTPException):
        return True
    return False


def sample(relay, name):
    with closing(http.client.HTTPConnection("127.0.0.1", int(relay.admin), timeout=10)) as connection:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name + " "))


def counted(relay, reason):
    return sample(relay, f'fanout_client_certificates_refused_total{{reason="{reason}"}}')


def drained(relay):
    relay.terminate()
    assert relay.wait() == 0


async def first_event(relay, context, **arguments):
    url = f"wss://localhost:{relay.port}/topics/tick"
    async with asyncio.timeout(10), connect(url, ssl=context, **arguments) as socket:
        while json.loads(message := await socket.recv())["type"] != "event":
            pass
        return message


def read_event(connection):
    connection.request("GET", "/topics/tick", headers={"Accept": "text/event-stream"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    while not (line := answer.readline()).startswith(b"data: "):
        assert line
    return line


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_certificate_lets_a_client_in_by_every_protocol(serve, server, authority, version):
    relay = serve()
    context = authority.issue("ann").context(server, version)
    assert await first_event(relay, context)
    with closing(http.client.HTTPSConnection("localhost", relay.port, timeout=10, context=context)) as connection:
        for _ in range(3):
            connection.request("GET", "/topics/tick")
            answer = connection.getresponse()
            assert answer.status == 426 and answer.read()
        assert read_event(connection)
    assert await first_event(relay, authority.issue("ben").context(server, version))
    drained(relay)


@pytest.mark.parametrize("version", VERSIONS)
def test_who_has_no_good_certificate_gets_no_answer(serve, server, authority, tmp_path, version):
    relay = serve()
    foreign = Authority(tmp_path, "foreign").issue("ann")
    cases = [
        ("missing", trusting(server, version)),
        ("authority", foreign.context(server, version)),
        ("expired", authority.issue("old", days=-1).context(server, version)),
        ("other", authority.issue("server", usage="serverAuth").context(server, version)),
    ]
    for reason, context in cases:
        assert refused(relay, context), reason
        assert counted(relay, reason) == 1, reason
    assert not refused(relay, authority.issue("ann").context(server, version))
    assert sum(counted(relay, reason) for reason, _ in cases) == 4
    drained(relay)


@pytest.mark.parametrize(
    "subject, names, name",
    [
        ("/CN=ann", None, "ann"),
        ("/CN=ann", "DNS:ann.example,email:ann@example.org,URI:spiffe://example.org/ann", "spiffe://example.org/ann"),
        ("/CN=ann", "DNS:ann.example,email:ann@example.org", "ann@example.org"),
        ("/O=example/CN=ann", "DNS:ann.example,DNS:other.example", "ann.example"),
        ("/O=example/CN=Ann Smith", "IP:127.0.0.1", "Ann Smith"),
    ],
)
def test_a_client_is_whom_its_certificate_names(serve, server, authority, subject, names, name):
    relay = serve(*BOUND)
    context = authority.issue("client", subject, names).context(server)
    for query in ("", "?userId=" + urllib.parse.quote(name)):
        status, body = request(relay, context, "/queries/mine" + query)
        assert status == 200 and json.loads(body)["data"] == {"me": f"I am {name}"}, body
    status, body = request(relay, context, "/queries/mine?userId=somebody")
    assert status == 403 and "Forbidden" in body, body
    drained(relay)


@pytest.mark.parametrize(
    "subject, names, status",
    [
        ("/O=example", None, 101),
        ("/CN=ann/CN=ben", None, 403),
        # A DNS name with a zero within: whoever stops there would read another name.
        ("/CN=ann", "DER:30:05:82:03:61:00:62", 403),
        ("/CN=ann", "DNS:" + "a" * 257, 403),
    ],
)
async def test_who_has_no_name_that_can_be_used_isnt_bound_to_one(serve, server, authority, subject, names, status):
    relay = serve(*BOUND)
    context = authority.issue("client", subject, names).context(server)
    assert request(relay, context, "/queries/mine")[0] == 403
    # Who is nobody is a client all the same; of two names neither can be believed, nor any with a zero.
    if status == 101:
        assert await first_event(relay, context)
    else:
        with pytest.raises(Exception, match="403"):
            await first_event(relay, context)
        assert sample(relay, 'fanout_credentials_refused_total{reason="certificate_name"}') == 2
    drained(relay)


async def test_a_subject_has_so_many_connections(serve, server, authority):
    relay = serve("--max-connections-per-subject", "1")
    ann, ben = (authority.issue(name).context(server) for name in ("ann", "ben"))
    url = f"wss://localhost:{relay.port}/topics/tick"
    async with connect(url, ssl=ann), connect(url, ssl=ben):
        with pytest.raises(Exception, match="429"):
            await first_event(relay, ann)
    drained(relay)


def exchange(relay, context, session=None, path="/queries/mine", headers=None):
    """What a connection says, whether its session was resumed, and the session."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    with socket.create_connection(("127.0.0.1", relay.port), timeout=10) as raw:
        with context.wrap_socket(raw, server_hostname="localhost", session=session) as secure:
            secure.sendall("\r\n".join([*lines, "", ""]).encode())
            answer = b""
            while piece := secure.recv(4096):
                answer += piece
            return answer, secure.session_reused, secure.session


@pytest.mark.parametrize("version", VERSIONS)
def test_a_resumed_session_is_still_that_clients(serve, server, authority, version):
    relay = serve(*BOUND)
    context = authority.issue("ann").context(server, version)
    answer, reused, session = exchange(relay, context)
    assert b'"I am ann"' in answer and not reused
    for _ in range(2):
        answer, reused, session = exchange(relay, context, session)
        assert b'"I am ann"' in answer and reused
    # Without its certificate the client is still known by the session, as it was when that began.
    relay.process.send_signal(signal.SIGHUP)
    while "read the TLS certificate anew" not in relay.log:
        assert relay.running
    answer, reused, _ = exchange(relay, context, session)
    assert b'"I am ann"' in answer and not reused
    drained(relay)


def test_sighup_reads_the_authorities_again(serve, server, authority, tmp_path):
    relay = serve()
    former, other = authority.issue("ann"), Authority(tmp_path, "other")
    latter = other.issue("ann")
    assert not refused(relay, former.context(server)) and refused(relay, latter.context(server))
    good = authority.path.read_bytes()
    authority.path.write_bytes(other.path.read_bytes())
    relay.process.send_signal(signal.SIGHUP)
    while "read the TLS certificate anew" not in relay.log:
        assert relay.running
    assert refused(relay, former.context(server)) and not refused(relay, latter.context(server))
    authority.path.write_text("nothing")
    relay.process.send_signal(signal.SIGHUP)
    while "kept the former settings" not in relay.log:
        assert relay.running
    assert "--tls-client-ca: can't use the file" in relay.log
    assert not refused(relay, latter.context(server))
    authority.path.write_bytes(good)
    drained(relay)


async def test_optional_certificates_stand_beside_tokens(serve, server, authority, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{TOKEN} subject=ben topics=other\n")
    relay = serve("--tls-client-optional", "--token-file", str(tokens))
    ann, nobody = authority.issue("ann").context(server), trusting(server)
    stream = {"Accept": "text/event-stream"}
    with_token = {"Authorization": f"Bearer {TOKEN}"}
    assert await first_event(relay, ann)
    assert request(relay, nobody, headers=stream)[0] == 401
    assert request(relay, nobody, headers={**stream, **with_token})[0] == 403
    # A token that is shown says who it is, not the certificate.
    assert request(relay, ann, headers={**stream, **with_token})[0] == 403
    assert request(relay, ann, headers={**stream, "Authorization": "Bearer wrong-wrong-wrong"})[0] == 401
    expired = authority.issue("old", days=-1).context(server)
    assert refused(relay, expired) and counted(relay, "expired") == 1
    drained(relay)


async def test_optional_ones_are_needed_where_nobody_has_a_token(serve, server, authority):
    relay = serve("--tls-client-optional")
    assert await first_event(relay, authority.issue("ann").context(server))
    status, body = request(relay, trusting(server), headers={"Accept": "text/event-stream"})
    assert (status, body) == (403, "a client certificate is needed\n")
    assert sample(relay, 'fanout_credentials_refused_total{reason="certificate_missing"}') == 1
    drained(relay)


async def test_a_connection_ends_with_its_certificate(serve, server, authority, tmp_path):
    relay = serve()
    short = authority.issue("ann")
    # `openssl x509` counts in days, `openssl ca` in seconds.
    (tmp_path / "index").write_text("")
    (tmp_path / "serial").write_text("01\n")
    (tmp_path / "ca.cnf").write_text(
        f"[ca]\ndefault_ca=own\n[own]\ndatabase={tmp_path}/index\nserial={tmp_path}/serial\nnew_certs_dir={tmp_path}\n"
        "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n"
    )
    end = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 6))
    subprocess.run(
        ["openssl", "ca", "-batch", "-notext", "-config", tmp_path / "ca.cnf", "-cert", authority.path]
        + ["-keyfile", authority.key, "-in", tmp_path / "authority-ann.csr", "-out", short.path]
        + ["-enddate", end],
        check=True,
        capture_output=True,
    )
    context = short.context(server)
    answer, _, session = exchange(relay, context, path="/topics/tick")
    assert answer.startswith(b"HTTP/1.1 426 ")
    async with asyncio.timeout(20), connect(f"wss://localhost:{relay.port}/topics/tick", ssl=context) as client:
        with pytest.raises(ConnectionClosed):
            while True:
                await client.recv()
        assert client.close_code == 4403 and "expired" in client.close_reason
    await eventually(lambda: refused(relay, context), "the certificate has ended")
    # A session that is resumed isn't verified again, and yet nobody is let in by what has ended.
    stream = {"Accept": "text/event-stream"}
    answer, reused, _ = exchange(relay, context, session, path="/topics/tick", headers=stream)
    assert reused and answer.startswith(b"HTTP/1.1 403 ") and answer.endswith(b"the client certificate has expired\n")
    assert sample(relay, 'fanout_credentials_refused_total{reason="certificate_ended"}') == 1
    drained(relay)


async def test_an_address_has_authorities_of_its_own(serve, server, tmp_path):
    other = Authority(tmp_path, "other")
    relay = serve(
        "--listen", f"127.0.0.1:0,tls-client-ca={other.path}", "--listen", "127.0.0.1:0,tls-client-ca=off", "--open"
    )
    line = next(line for line in relay.output.splitlines() if line.startswith("listening on "))
    ports = [int(port) for port in re.findall(r"https://127\.0\.0\.1:(\d+)", line)]
    context, nobody = other.issue("ann").context(server), trusting(server)
    outcomes = []
    for relay.port in ports:
        outcomes.append([refused(relay, context), refused(relay, nobody)])
    assert outcomes == [[True, True], [False, True], [False, False]]
    drained(relay)


@pytest.mark.parametrize(
    "flags, code, words",
    [
        (["--tls-client-ca", "{ca}"], 64, "--tls-client-ca: allowed: together with --tls-certificate"),
        (["--tls-client-optional"], 64, "--tls-client-optional: allowed: together with --tls-client-ca only"),
        (["--listen", "0,tls-client-ca={ca}"], 64, "tls-client-ca=: allowed: together with tls-certificate="),
        (["--listen", "0,tls-client-optional"], 64, "tls-client-optional: allowed: together with tls-client-ca=FILE"),
        (["--listen", "0,tls=off,tls-client-ca={ca}"], 64, "tls-client-ca=: allowed: without tls=off"),
        (["--tls-client-ca", "/none"], 78, "--tls-client-ca: can't read the file '/none'"),
        ([*TLS, "--tls-client-ca", "{key}"], 78, "--tls-client-ca: can't use"),
    ],
)
def test_flags_that_dont_fit_are_named(authority, server, flags, code, words):
    flags = [flag.format(ca=authority.path, server=server.path, key=server.key) for flag in flags]
    done = subprocess.run(
        [relay_binary(), "serve", "--upstream", "ws://localhost:1", "--topic", f"tick={TICK}", *flags],
        capture_output=True, text=True, timeout=20,
    )
    assert done.returncode == code and words in done.stderr, done
