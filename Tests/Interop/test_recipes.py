"""The recipes' commands, with an upstream of strawberry's and its documents in place of those of the page."""

import re
import shlex
import shutil
import time
from contextlib import ExitStack, closing

import pytest
from clients import GQLSubscriber
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from probe import eventually, get, readiness
from relay import TOP, Relay
from test_access import SECRET, jwt
from test_event_streams import EventStream
from test_reverse_proxies import Front, Nginx

PAGE = (TOP / "Sources/FanoutRelay/FanoutRelay.docc/Recipes.md").read_text()
# What stands on the page, and what the test's server has.
DOCUMENTS = {
    "{ prices { symbol price } }": "{ tick(intervalMs: 20) { n at } }",
    "Prices { prices { symbol price __typename } }": "Prices { tick(intervalMs: 20) { n at __typename } }",
    "{ id state }": "{ user n }",
}


@pytest.fixture
def start_recipe(upstream, binary, tmp_path):
    """Starts the relay below a heading."""
    with ExitStack() as ending:

        def start(heading, place=0, **given):
            section = PAGE.partition(f"# {heading}\n")[2]
            command = re.findall(r"```sh\n(fanout-relay serve .*?)```", section, re.DOTALL)[place]
            for shown, mine in {
                **given,
                "ws://localhost:4000/graphql": upstream.graphql_url,
                "--listen 0.0.0.0:8080": "--listen 127.0.0.1:0",
                "--listen 127.0.0.1:8080": "--listen 127.0.0.1:0",
                "--listen 127.0.0.1:8081": "--listen 127.0.0.1:0",
                "--admin-listen 127.0.0.1:9090": f"--admin-listen unix:{tmp_path}/operators",
                "--jwt-key-file secret": f"--jwt-key-file {tmp_path}/secret",
                "--admin-token-file operator-tokens": f"--admin-token-file {tmp_path}/operator-tokens",
                **DOCUMENTS,
            }.items():
                command = command.replace(shown, mine)
            words = shlex.split(command.replace("\\\n", ""))[1:]
            (tmp_path / "secret").write_text(SECRET)
            (tmp_path / "operator-tokens").write_text("a-token-of-an-operator\n")
            relay = Relay([*words, "--drain-window", "100ms"], tmp_path)
            ending.callback(relay.stop)
            return relay

        yield start


async def test_prices_for_everybody(start_recipe):
    relay = start_recipe("Prices for everybody")
    await eventually(lambda: readiness(relay) == 200, "ready")
    with EventStream(relay, "/topics/prices", {"Origin": "https://any.example"}) as stream:
        assert stream.message()["payload"]["data"]["tick"]["n"]
        assert stream.response.headers["Access-Control-Allow-Origin"] == "https://any.example"
    assert get(f"{relay.url}/metrics")[0] == 404


async def test_a_topic_for_each_user(start_recipe):
    relay = start_recipe("A topic for each user")
    await eventually(lambda: readiness(relay) == 200, "ready")
    for user in ("ann", "bob"):
        token = jwt(sub=user, aud="relay", exp=time.time() + 60)
        with EventStream(relay, "/topics/orders", {"Authorization": f"Bearer {token}"}) as stream:
            assert stream.message()["payload"]["data"]["orders"]["user"] == user
    assert EventStream(relay, "/topics/orders").response.status == 401


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx isn't installed")
async def test_server_sent_events_behind_nginx(start_recipe, tmp_path):
    relay = start_recipe("Server-sent events behind nginx")
    front = Front(Nginx, tmp_path, relay.port)
    try:
        await eventually(lambda: front.status("/readyz") == 200, "nginx passes requests on", 20)
        fields = "Accept: text/event-stream\r\nOrigin: {}\r\n"
        assert front.status("/topics/prices", fields=fields.format("https://other.example")) == 403
        with closing(front.request("/topics/prices", fields=fields.format("https://app.example.org"))) as stream:
            text = b""
            while text.count(b'"type":"event"') < 3:
                piece = stream.recv(4096)
                assert piece, text
                text += piece
    finally:
        front.process.terminate()
        front.process.wait(20)


async def test_a_relay_behind_a_relay(start_recipe):
    first = start_recipe("A relay behind a relay")
    second = start_recipe("A relay behind a relay", 1, **{"ws://127.0.0.1:8080/graphql": first.graphql_url})
    await eventually(lambda: readiness(second) == 200, "ready")
    events = []
    for relay in (first, second, first):
        resume = {"Last-Event-ID": f"{events[-1]['epoch']}:{events[-1]['sequence']}"} if events else {}
        with EventStream(relay, "/topics/prices", resume) as stream:
            events += [stream.message(), stream.message()]
    assert [event["sequence"] for event in events] == list(range(events[0]["sequence"], events[0]["sequence"] + 6))
    assert {event["epoch"] for event in events} == {events[0]["epoch"]}


async def test_from_the_server_to_the_relay(start_recipe, upstream):
    relay = start_recipe("From the server to the relay")
    await eventually(lambda: readiness(relay) == 200, "ready")
    operation = "subscription Prices { tick(intervalMs: 20) { n at __typename } }"
    for url in (upstream.graphql_url, relay.graphql_url):
        async with Client(transport=WebsocketsTransport(url=url)) as session:
            async for result in session.subscribe(gql(operation)):
                assert result["tick"]["__typename"] == "Tick"
                break
    without = GQLSubscriber(relay.graphql_url, operation.replace(" __typename", ""))
    async with without:
        assert "`__typename`" in str(await without.failure())
