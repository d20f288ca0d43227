"""An upstream served by strawberry on uvicorn; see service.py for its arguments."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

import strawberry
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError

from service import SUBPROTOCOLS, Sources, broken_field, parse_arguments, serve

arguments = parse_arguments()
sources = Sources(arguments.start)


@strawberry.type
class Tick:
    n: int
    at: float


@strawberry.type
class Partial:
    n: int
    broken: str | None = strawberry.field(resolver=broken_field)


@strawberry.type
class Order:
    user: str
    n: int


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "hello"

    @strawberry.field
    def me(self, user_id: strawberry.ID) -> str:
        return f"I am {user_id}"

    @strawberry.field
    async def current(self, delay_ms: int = 0) -> Tick:
        return Tick(**await sources.current(delay_ms))


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def tick(self, interval_ms: int) -> AsyncGenerator[Tick, None]:
        async for tick in sources.tick(interval_ms):
            yield Tick(**tick)

    @strawberry.subscription
    async def orders(self, user_id: strawberry.ID) -> AsyncGenerator[Order, None]:
        async for order in sources.orders(user_id):
            yield Order(**order)

    @strawberry.subscription
    async def countdown(
        self, start: Annotated[int, strawberry.argument(name="from")]
    ) -> AsyncGenerator[int, None]:
        async for remaining in sources.countdown(start):
            yield remaining

    @strawberry.subscription
    async def once(self) -> AsyncGenerator[int, None]:
        async for number in sources.once():
            yield number

    @strawberry.subscription
    async def refuse(self) -> AsyncIterator[int]:
        return await sources.refuse()

    @strawberry.subscription
    async def starting(self) -> AsyncIterator[Tick]:
        return (Tick(**tick) async for tick in await sources.starting())

    @strawberry.subscription
    async def partial(self, interval_ms: int) -> AsyncGenerator[Partial, None]:
        async for event in sources.partial(interval_ms):
            yield Partial(**event)


class Application(GraphQL):
    async def on_ws_connect(self, context):
        if arguments.token and context["connection_params"].get("token") != arguments.token:
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)


if __name__ == "__main__":
    schema = strawberry.Schema(Query, subscription=Subscription)
    serve(Application(schema, subscription_protocols=arguments.subprotocol or SUBPROTOCOLS), arguments.port)
