"""A session is permanent: whatever close code ends its link, and whenever, it connects anew, as documented."""

import asyncio

import pytest
from clients import PlainSubscriber
from probe import eventually, metric, readiness
from raw_upstream import RawUpstream

CODES = [*range(1000, 1015), *range(4400, 4505)]
# Fatal by default: they are followed by the pause. 1004 is among them, but no library passes it on as it came.
PAUSING = {1003, 1007, 1008, 1009, 1010, 4400, 4401, 4403, 4406, 4409, 4429}
CREDENTIALS = {4401, 4403}
BACKOFF, PAUSE, STABLE = 0.01, 0.2, 0.03
# Timers of the relay and of this process each count from when they heard.
EARLY = 0.004
TOPIC = "subscription { tick { n } }"
OPTIONS = [
    ("--retry-connect", f"constant({BACKOFF * 1000:.0f}ms) jitter: none tries: unlimited"),
    ("--fatal-pause", f"{PAUSE * 1000:.0f}ms"),
    ("--stable-after", f"{STABLE * 1000:.0f}ms"),
    ("--retry-subscribe", "constant(10ms)"),
    ("--log-level", "error"),
]


class Closing:
    """Closes one link after the other, each with the next code; the last one stays and serves."""

    def __init__(self, moment):
        self.moment = moment
        self.ends = []
        self.is_served = asyncio.Event()

    async def __call__(self, link):
        code = CODES[link.number - 1] if link.number <= len(CODES) else None
        await link.upgrade()
        if code and self.moment == "at connect":
            return await self.close(link, code)
        await link.hear("connection_init")
        if code and self.moment == "before the ack":
            return await self.close(link, code)
        link.say(type="connection_ack")
        if code:
            if self.moment == "after staying":
                await asyncio.sleep(STABLE * (4 if code in CREDENTIALS else 1.5))
            return await self.close(link, code)
        identifier, number = (await link.hear("subscribe"))["id"], 0
        while True:
            number += 1
            link.say(id=identifier, type="next", payload={"data": {"tick": {"n": number}}})
            await asyncio.sleep(0.02)

    async def close(self, link, code):
        self.ends.append(asyncio.get_running_loop().time())
        await link.farewell(code)

    def least(self, code):
        """How long the session waits at least after this code."""
        if code in CREDENTIALS and self.moment == "after staying":
            return 0
        # What closes an acknowledged link isn't held against the next one, except for credentials.
        pausing = CREDENTIALS if self.moment.startswith("after") else PAUSING
        return PAUSE if code in pausing else BACKOFF


@pytest.mark.parametrize("moment", ["at connect", "before the ack", "after the ack", "after staying"])
async def test_every_code_is_followed_by_one_dial_when_it_should_be(moment, start_relay):
    closing = Closing(moment)
    async with RawUpstream.running(closing) as upstream:
        relay = start_relay(upstream, {"tick": TOPIC}, OPTIONS)
        async with PlainSubscriber(relay.topic_url("tick")) as bystander:
            await bystander.until(lambda own: len(own.events) >= 3, "events after all codes", 40)
            assert bystander.numbers[:3] == [1, 2, 3]
        assert len(upstream.dials) == len(CODES) + 1, "one dial for each link that was closed"
        waits = [dial - end for dial, end in zip(upstream.dials[1:], closing.ends, strict=True)]
        early = {code: wait for code, wait in zip(CODES, waits) if wait < closing.least(code) - EARLY}
        assert not early, f"dialled too early: {early}"
        late = {code: wait for code, wait in zip(CODES, waits) if wait > closing.least(code) + 2}
        assert not late, f"dialled too late: {late}"
        if moment == "after staying":
            held = {code: wait for code, wait in zip(CODES, waits) if code in CREDENTIALS and wait >= PAUSE}
            assert not held, f"fresh credentials are tried at once: {held}"
        assert relay.running and readiness(relay) == 200
        assert metric(relay, "fanout_upstream_connected") == 1
        await asyncio.sleep(3 * BACKOFF)
        assert len(upstream.dials) == len(CODES) + 1, "the link that serves is the last"


async def test_a_server_that_only_closes_is_never_dialled_in_a_loop(start_relay):
    """An acknowledgement earns no fresh budget: the waits go on growing."""

    async def acknowledge_and_close(link):
        await link.upgrade()
        await link.acknowledge()
        await link.farewell(1011)

    options = [("--retry-connect", "exponential(base: 2, factor: 20ms, max: 10s) jitter: none tries: unlimited")]
    async with RawUpstream.running(acknowledge_and_close) as upstream:
        relay = start_relay(upstream, {"tick": TOPIC}, options)
        await eventually(lambda: len(upstream.dials) >= 6, "six dials")
        waits = [later - earlier for earlier, later in zip(upstream.dials, upstream.dials[1:])]
        for index, wait in enumerate(waits[:5]):
            assert wait >= 0.02 * 2**index - EARLY, f"dialled too early: {waits}"
        assert relay.running and readiness(relay) == 503


async def test_a_relay_that_gave_up_ends_with_69(start_relay):
    async def acknowledge_and_close(link):
        await link.upgrade()
        await link.acknowledge()
        await link.farewell(1011)

    options = [("--retry-connect", "constant(10ms) tries: 3"), ("--drain-window", "0s")]
    async with RawUpstream.running(acknowledge_and_close) as upstream:
        relay = start_relay(upstream, {"tick": TOPIC}, options)
        relay.expected_code = 69
        assert await asyncio.to_thread(relay.wait) == 69, relay.log
        assert len(upstream.dials) <= 4
