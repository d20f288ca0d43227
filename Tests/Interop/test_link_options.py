"""The flags about the link and about queries on it, on an upstream that the test plays itself."""

import asyncio
import shutil
import ssl

import pytest
from certificate import Certificate
from probe import eventually, readiness
from relay import TICK
from scripted_upstream import BOTH, ScriptedUpstream, make_certificate


@pytest.fixture
def command(binary):
    """Runs the binary to its end and returns its exit code, output and complaints."""

    async def run(*arguments, text=""):
        process = await asyncio.create_subprocess_exec(
            binary,
            *map(str, arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, complaints = await asyncio.wait_for(process.communicate(text.encode()), 30)
        finally:
            if process.returncode is None:
                process.kill()
        return process.returncode, output.decode(), complaints.decode()

    return run


@pytest.mark.parametrize("offered", [[], BOTH, BOTH[::-1], BOTH[:1], BOTH[1:]], ids=",".join)
async def test_subprotocols_are_offered_as_told(offered, start_relay):
    async with ScriptedUpstream.running() as upstream:
        relay = start_relay(upstream, options=[("--upstream-subprotocol", name) for name in offered])
        await eventually(lambda: readiness(relay) == 200, "ready")
        assert upstream.offers == [offered or BOTH]


@pytest.mark.parametrize("code", [4401, 4400])
async def test_a_fatal_close_code_can_be_retried(code, start_relay):
    async with ScriptedUpstream.running(closing=[4401, 4401]) as upstream:
        options = [("--retry-close-code", code), ("--fatal-pause", "1h")]
        relay = start_relay(upstream, options=[(flag, str(value)) for flag, value in options])
        if code == 4401:
            await eventually(lambda: readiness(relay) == 200, "the third link is acknowledged")
            assert len(upstream.offers) == 3
        else:
            await eventually(lambda: "retry_in_ms=3600000" in relay.log, "the fatal code is waited out")
            assert readiness(relay) == 503


async def test_queries_are_tried_as_often_and_as_long_as_told(command):
    async with ScriptedUpstream.running() as upstream:
        options = ["--execute-timeout", "200ms", "--retry-execute", "constant(10ms) tries: 3"]
        code, output, complaints = await command(
            "console", "--upstream", upstream.graphql_url, *options, text="{ hello }\n"
        )
        assert upstream.operations == ["{ hello }"] * 3
        assert "no answer came in time" in output + complaints, (code, output, complaints)


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs the openssl command")
async def test_an_own_authority_is_trusted_for_wss(command, tmp_path):
    certificate, key = make_certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    async with ScriptedUpstream.running(tls=tls) as upstream:
        arguments = ["check", "--upstream", upstream.graphql_url, "--topic", f"tick={TICK}"]
        assert (await command(*arguments, "--upstream-ca", certificate))[0] == 0
        code, _, complaints = await command(*arguments)
        assert code == 69 and "can't be trusted: certificate" in complaints, complaints
        code, _, complaints = await command(*arguments, "--upstream-ca", tmp_path / "missing.pem")
        assert code == 78 and "--upstream-ca" in complaints and len(complaints.splitlines()) == 1, complaints


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs the openssl command")
async def test_a_server_that_asks_for_a_certificate_gets_it(command, tmp_path):
    own, other = (Certificate(tmp_path, name) for name in ("relay", "other"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=own.path)
    tls.load_cert_chain(own.path, own.key)
    tls.verify_mode = ssl.CERT_REQUIRED
    async with ScriptedUpstream.running(tls=tls) as upstream:
        arguments = ["check", "--upstream", upstream.graphql_url, "--topic", f"tick={TICK}", "--upstream-ca", own.path]

        def shown(certificate, key):
            return ["--upstream-certificate", certificate.path, "--upstream-key", key.key]

        assert (await command(*arguments, *shown(own, own)))[0] == 0
        for flags in [[], shown(other, other), shown(own, other)]:
            code, _, complaints = await command(*arguments, *flags)
            assert code == 69 and len(complaints.splitlines()) == 1, complaints
        assert f"the client key {other.key} can't be used: key values mismatch" in complaints, complaints


async def test_a_redirect_is_refused_in_one_line(command):
    async with ScriptedUpstream.running() as elsewhere:
        location = elsewhere.graphql_url.replace("ws:", "http:")
        async with ScriptedUpstream.running(location=location) as upstream:
            arguments = ["check", "--upstream", upstream.graphql_url, "--topic", f"tick={TICK}"]
            code, _, complaints = await command(*arguments)
            assert code == 69 and "redirects aren't followed (HTTP status 302)" in complaints, complaints
            assert len(complaints.splitlines()) == 1 and not elsewhere.offers
