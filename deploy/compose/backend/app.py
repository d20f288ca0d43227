"""A GraphQL server with a subscription to relay, by strawberry."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator

import strawberry
from strawberry.asgi import GraphQL


SYMBOLS = ["AAA", "BBB", "CCC"]


@strawberry.type
class Price:
    symbol: str
    price: float
    at: float


@strawberry.type
class Query:
    @strawberry.field
    def symbols(self) -> list[str]:
        return SYMBOLS


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def prices(self) -> AsyncGenerator[Price, None]:
        prices = dict.fromkeys(SYMBOLS, 100.0)
        while True:
            symbol = random.choice(list(prices))
            prices[symbol] = round(prices[symbol] * random.uniform(0.995, 1.005), 2)
            yield Price(symbol=symbol, price=prices[symbol], at=time.time())
            await asyncio.sleep(0.2)


app = GraphQL(strawberry.Schema(Query, subscription=Subscription))
