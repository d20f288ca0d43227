"""Named queries over plain HTTP, on the relay's one session with the server."""

import asyncio
import json
import subprocess

import pytest
from probe import DIRECT, eventually, get, readiness
from relay import TICK
from upstream import quiet_port

QUERY = "greeting=query Greeting($flag: Boolean!) { hello @include(if: $flag) text: hello }"


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_a_named_query(library, start_upstream, start_relay):
    upstream = start_upstream(library)
    relay = start_relay(upstream, options=[("--named-query", QUERY)])
    await eventually(lambda: readiness(relay) == 200, "ready")
    url = f"{relay.url}/queries/greeting"
    assert json.loads(get(f"{url}?flag=true")[1]) == {"data": {"hello": "hello", "text": "hello"}}
    assert json.loads(get(f"{url}?flag=false")[1]) == {"data": {"text": "hello"}}
    for query in ("", "?flag=perhaps", "?flag=true&flag=true", "?flag=true&other=1"):
        status, body = get(url + query)
        assert status == 400 and json.loads(body)["errors"][0]["message"], body
    assert get(f"{relay.url}/queries/other")[0] == 404
    assert upstream.stats["connections"] == 1


async def test_it_is_off_unless_allowed(upstream, start_relay):
    relay = start_relay(upstream)
    assert get(f"{relay.url}/queries/greeting")[0] == 404


async def test_503_while_the_upstream_is_away(upstream, start_relay):
    relay = start_relay(upstream, options=[("--named-query", "hello={ hello }")])
    await eventually(lambda: readiness(relay) == 200, "ready")
    url = f"{relay.url}/queries/hello"
    assert get(url)[0] == 200
    upstream.kill()
    await eventually(lambda: readiness(relay) == 503, "the outage is noticed")
    status, body = get(url)
    assert status == 503 and json.loads(body)["errors"], body
    upstream.start()
    await eventually(lambda: get(url)[0] == 200, "answers again")


async def test_errors_of_the_server_are_passed_on(upstream, start_relay):
    relay = start_relay(upstream, options=[("--named-query", "bad={ missing }")])
    await eventually(lambda: readiness(relay) == 200, "ready")
    status, body = get(f"{relay.url}/queries/bad")
    assert status == 200 and "missing" in json.loads(body)["errors"][0]["message"]


async def test_many_at_a_time(upstream, start_relay):
    relay = start_relay(upstream, options=[("--named-query", "hello={ hello }")])
    await eventually(lambda: readiness(relay) == 200, "ready")
    answers = await asyncio.gather(*(asyncio.to_thread(get, f"{relay.url}/queries/hello") for _ in range(50)))
    assert {status for status, _ in answers} == {200}
    with DIRECT.open(f"{relay.url}/queries/hello", timeout=5) as response:
        assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "value", ["lonely", "a b={ hello }", "q=mutation { a }", "q=subscription { a }", "q={ a", "q=@/nowhere/at-all"]
)
def test_bad_flags_are_one_line(value, binary):
    command = [binary, "serve", "--upstream", f"ws://127.0.0.1:{quiet_port()}/graphql"]
    command += ["--topic", f"tick={TICK}", "--named-query", value]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert result.returncode == (78 if "@" in value else 64), result
    assert len(result.stderr.splitlines()) == 1 and "--named-query" in result.stderr, result.stderr
