"""POST /graphql on the relay's one session, with gql's HTTP transport and by hand."""

import asyncio
import json
import urllib.error
import urllib.request

import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from probe import DIRECT, eventually, readiness

JSON = {"Content-Type": "application/json"}


def post(relay, body, **headers):
    """Status, media type and body of an answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{relay.url}/graphql", data, {**JSON, **headers})
    try:
        with DIRECT.open(request, timeout=10) as response:
            return response.status, response.headers["Content-Type"], response.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers["Content-Type"], refusal.read()


async def allowed(start_relay, upstream):
    relay = start_relay(upstream, options=[("--allow-execute",)])
    await eventually(lambda: readiness(relay) == 200, "ready")
    return relay


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_a_query(library, start_upstream, start_relay):
    upstream = start_upstream(library)
    relay = await allowed(start_relay, upstream)
    status, media_type, body = post(relay, {"query": "{ hello }"})
    assert (status, media_type) == (200, "application/graphql-response+json")
    assert json.loads(body) == {"data": {"hello": "hello"}}
    query = {"query": "query A($yes: Boolean!) { hello @include(if: $yes) }", "variables": {"yes": True}}
    assert json.loads(post(relay, query)[2]) == {"data": {"hello": "hello"}}
    answers = await asyncio.gather(*(asyncio.to_thread(post, relay, query) for _ in range(50)))
    assert {status for status, _, _ in answers} == {200}
    assert upstream.stats["connections"] == 1


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
@pytest.mark.parametrize(("accept", "expected"), [("application/json", 200), ("application/graphql-response+json", 400)])
async def test_errors_have_the_status_of_their_media_type(library, accept, expected, start_upstream, start_relay):
    relay = await allowed(start_relay, start_upstream(library))
    status, media_type, body = post(relay, {"query": "{ missing }"}, Accept=accept)
    assert (status, media_type) == (expected, accept)
    assert "missing" in json.loads(body)["errors"][0]["message"]


async def test_many_bodies_on_one_connection_and_what_is_wrong_with_some(upstream, start_relay):
    relay = await allowed(start_relay, upstream)
    for body, status in [
        (b"", 400), (b"{", 400), (b"[]", 400), ({"query": "subscription { countdown(from: 1) }"}, 400),
        (b'{"query":"{ hello }","x":"' + b"x" * (1 << 20) + b'"}', 413), ({"query": "{ hello }"}, 200),
    ]:  # fmt: skip
        assert post(relay, body)[0] == status, body[:100]
    assert post(relay, {"query": "{ hello }"}, **{"Content-Type": "text/plain"})[0] == 415


async def test_503_while_the_upstream_is_away(upstream, start_relay):
    relay = await allowed(start_relay, upstream)
    upstream.kill()
    await eventually(lambda: readiness(relay) == 503, "the outage is noticed")
    assert post(relay, {"query": "{ hello }"})[0] == 503
    upstream.start()
    await eventually(lambda: post(relay, {"query": "{ hello }"})[0] == 200, "answers again")


@pytest.mark.parametrize("library", ["strawberry", "ariadne"])
async def test_queries_that_are_sent_on_over_http(library, start_upstream, start_relay):
    linked, posted = start_upstream(library), start_upstream(library)
    options = [("--allow-execute",), ("--execute-url", posted.graphql_url.replace("ws", "http", 1))]
    relay = start_relay(linked, options=options)
    await eventually(lambda: readiness(relay) == 200, "ready")
    subscriptions = linked.stats["subscriptionsTotal"]
    status, _, body = post(relay, {"query": "{ hello }"})
    assert (status, json.loads(body)) == (200, {"data": {"hello": "hello"}})
    assert "missing" in json.loads(post(relay, {"query": "{ missing }"})[2])["errors"][0]["message"]
    assert linked.stats["subscriptionsTotal"] == subscriptions and posted.stats["connections"] == 0
    linked.kill()
    await eventually(lambda: readiness(relay) == 503, "the outage is noticed")
    assert post(relay, {"query": "{ hello }"})[0] == 200


@pytest.mark.parametrize("subprotocol", ["graphql-transport-ws", "graphql-ws"])
async def test_gql_executes_over_its_websocket_beside_a_subscription(subprotocol, upstream, start_relay):
    relay = await allowed(start_relay, upstream)
    transport = WebsocketsTransport(url=relay.graphql_url, subprotocols=[subprotocol], close_timeout=2)
    async with Client(transport=transport) as session:
        events = session.subscribe(GraphQLRequest("subscription { tick(intervalMs: 20) { n at } }"))
        assert "tick" in await anext(events)
        for _ in range(2):
            assert await session.execute(GraphQLRequest("{ hello }")) == {"hello": "hello"}
        with pytest.raises(TransportQueryError, match="nothingLikeThat"):
            await session.execute(GraphQLRequest("{ nothingLikeThat }"))
        assert "tick" in await anext(events)
        await events.aclose()
    assert upstream.stats["websockets"] == 1
