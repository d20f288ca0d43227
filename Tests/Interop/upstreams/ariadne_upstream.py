"""An upstream served by ariadne on uvicorn; see service.py for its arguments."""

from ariadne import ObjectType, QueryType, SubscriptionType, make_executable_schema
from ariadne.asgi import GraphQL
from ariadne.asgi.handlers import GraphQLTransportWSHandler

from service import Sources, broken_field, parse_arguments, serve

TYPES = """
type Query { hello: String! }
type Tick { n: Int!  at: Float! }
type Partial { n: Int!  broken: String }
type Subscription {
  tick(intervalMs: Int!): Tick!
  countdown(from: Int!): Int!
  once: Int!
  refuse: Int!
  starting: Tick!
  partial(intervalMs: Int!): Partial!
}
"""

arguments = parse_arguments()
sources = Sources(arguments.start)
partial = ObjectType("Partial")
query = QueryType()
subscription = SubscriptionType()


@query.field("hello")
def resolve_hello(*_):
    return "hello"


@partial.field("broken")
def resolve_broken(*_):
    return broken_field()


@subscription.source("tick")
def tick_source(*_, intervalMs):
    return sources.tick(intervalMs)


@subscription.source("countdown")
def countdown_source(*_, **named):
    return sources.countdown(named["from"])


@subscription.source("once")
def once_source(*_):
    return sources.once()


@subscription.source("refuse")
async def refuse_source(*_):
    return await sources.refuse()


@subscription.source("starting")
async def starting_source(*_):
    return await sources.starting()


@subscription.source("partial")
def partial_source(*_, intervalMs):
    return sources.partial(intervalMs)


for name in ("tick", "countdown", "once", "refuse", "starting", "partial"):
    subscription.set_field(name, lambda event, *_, **__: event)


class Handler(GraphQLTransportWSHandler):
    """ariadne closes refused connections with 1000; the protocol asks for 4403."""

    async def handle_websocket_connection_init_message(self, websocket, message, client_context):
        if arguments.token and (message.get("payload") or {}).get("token") != arguments.token:
            await websocket.close(4403, "Forbidden")
        else:
            await super().handle_websocket_connection_init_message(websocket, message, client_context)


if __name__ == "__main__":
    schema = make_executable_schema(TYPES, query, subscription, partial)
    serve(GraphQL(schema, websocket_handler=Handler()), arguments.port)
