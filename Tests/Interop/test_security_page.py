"""What the page on security says is so: defaults, what strangers are answered, and the command to begin with."""

import re
import shlex
import subprocess

import pytest
from certificate import Certificate
from relay import TOP, Relay
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

PAGE = (TOP / "Sources/FanoutRelay/FanoutRelay.docc/Security.md").read_text()
# By these the help says what it is if it isn't given.
WORDS = {
    "--max-client-message": "by default 64KiB",
    "--message-rate": "at least 200",
    "--subscribe-rate": "at least 100",
}


def rows(heading):
    section = PAGE.partition(f"# {heading}\n")[2].partition("\n#")[0]
    lines = [line.strip("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split(" | ")] for line in lines[2:]]


def test_defaults_are_those_of_the_program(binary):
    told = subprocess.run([binary, "serve", "--help-all"], capture_output=True, text=True, check=True).stdout
    parts = re.split(r"^  (?=--)", told, flags=re.MULTILINE)
    flags = {part.split()[0]: " ".join(part.split()) for part in parts}
    limits = rows("Limits")
    assert len(limits) > 20
    for flag, default, _ in limits:
        text = flags[flag.strip("`")]
        if default == "none":
            assert "default: " not in text, text
        else:
            assert WORDS.get(flag.strip("`"), f"default: {default})") in text, text


def status(relay, path, *fields):
    command = ["curl", "-sk", "--noproxy", "*", "--max-time", "5", "-o", "/dev/null", "-w", "%{http_code}"]
    for field in fields:
        command += ["-H", field]
    return subprocess.run([*command, relay.url + path], capture_output=True, text=True).stdout


@pytest.mark.parametrize("column", [1, 2])
def test_strangers_are_answered_as_the_table_says(column, upstream, start_relay, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("the-token-of-a-reader\n")
    options = [("--token-file", tokens)]
    if column == 2:
        options.append(("--admin-listen", f"unix:{tmp_path}/operators"))
    relay = start_relay(upstream, options=options)
    paths = {"`/topics/NAME` of a topic": "/topics/tick", "`/topics/NAME` of none": "/topics/other"}
    table = rows("What a stranger learns")
    assert len(table) == 8
    for row in table:
        path = paths.get(row[0], row[0].strip("`"))
        said = row[1] if row[column] == "the same" else row[column]
        got = status(relay, path, "Accept: text/event-stream" if "topics/" in path else "Accept: */*")
        assert got in re.findall(r"\d{3}", said), f"{path}: {got}, not {said}"


async def test_the_command_to_begin_with_holds(upstream, binary, tmp_path):
    block = re.search(r"```sh\n(fanout-relay serve .*?)```", PAGE, re.DOTALL)[1]
    words = shlex.split(block.replace("\\\n", ""))[1:]
    certificate = Certificate(tmp_path)
    (tmp_path / "upstream-headers").write_text("Authorization: Bearer x\n")
    (tmp_path / "tokens").write_text("the-token-of-a-reader topics=prices\n")
    (tmp_path / "operator-tokens").write_text("an-operators-token\n")
    mine = {
        "wss://api.example.org/graphql": upstream.graphql_url,
        "prices=subscription { prices { symbol price at } }": "prices=subscription { tick(intervalMs: 20) { n at } }",
        "0.0.0.0:8443": "127.0.0.1:0",
        "127.0.0.1:9090": f"unix:{tmp_path}/operators",
        "chain.pem": certificate.path,
        "key.pem": certificate.key,
        **{name: tmp_path / name for name in ("upstream-headers", "tokens", "operator-tokens")},
    }
    assert set(mine) <= set(words)
    relay = Relay([mine.get(word, word) for word in words], tmp_path)
    try:
        token = "Authorization: Bearer the-token-of-a-reader"
        assert relay.scheme == "https"
        assert status(relay, "/topics/prices", "Accept: text/event-stream") == "401"
        assert status(relay, "/metrics", token) == "404"
        assert status(relay, "/topics/prices", token, "Host: elsewhere.example.org") == "403"
        fields = [token, "Host: relay.example.org", "Accept: */*"]
        assert status(relay, "/topics/prices", *fields, "Origin: https://other.example") == "403"
        # It is let in, and told to speak WebSocket there.
        assert status(relay, "/topics/prices", *fields, "Origin: https://app.example.org") == "426"
        headers = {"Authorization": "Bearer the-token-of-a-reader"}
        with pytest.raises(InvalidStatus):
            await connect(relay.topic_url("prices"), ssl=certificate.trust)
        async with connect(relay.topic_url("prices"), ssl=certificate.trust, additional_headers=headers) as client:
            assert '"type":"status"' in await client.recv()
    finally:
        relay.stop()
