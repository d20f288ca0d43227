"""The attacks of a hostile load: how many of each there are, and what may come of them.

Run as a process by hostile.py, with its orders as JSON; prints what happened so far as a line of JSON each second,
until it is ended.
"""

import itertools
import json
import os
import sys

from hostile_clients import (
    DOORS,
    PLAIN,
    SUBSCRIBE,
    broken_off,
    churn,
    flood,
    giant,
    good_token,
    half_closed,
    large_body,
    reader,
    silent,
    slow_body,
    slow_head,
    storm,
    twice,
    unfinished,
    wrong_tokens,
)
from hostile_wire import BINARY, PING, PONG, TEXT, Attack, Loop, frame, message

GIANTS = {
    "announced": ([frame(TEXT, b"[" * 1000, length=1 << 40)], {"1009"}),
    # Where unfinished ones have used up --max-gathered-bytes, the largest is given up.
    "fragments": (
        [frame(TEXT, b"[" * 16_000, final=False)] + [frame(0, b" " * 16_000, final=False)] * 8,
        {"1009", "1013"},
    ),
    "binary": ([frame(BINARY, b"\0" * 100)], {"4400"}),
    "large ping": ([frame(PING, b"x" * 500)], {"1002", "cut"}),
}
WAYS = {"reset": "left", "close": "1000", "end": "left"}
FRAGMENTS = frame(TEXT, b"[", final=False)
CUT = {"1013", "cut", "reset"}
# By attack: how many a second of a whole load, how many at a time, and the variants with the outcomes they may have.
ATTACKS = {
    "wrong tokens": (1000, 400, None),
    "churn": (500, 400, {way: (churn(way), {outcome}) for way, outcome in WAYS.items()}),
    "floods": (
        20,
        10,
        {
            "pings": (flood(message({"type": "ping"}) * 50), {"1008"}),
            "deaf": (flood(message({"type": "ping"}) * 50, deaf=True), {"1008", "reset", "cut"}),
            "operations": (flood(message({**SUBSCRIBE, "payload": {"query": "{"}}) * 50), {"1008"}),
            "texts": (flood(frame(TEXT, b"hello") * 50, PLAIN), {"1003"}),
        },
    ),
    "control floods": (
        20,
        4,
        {
            "pings": (flood(frame(PING, b"x" * 100) * 50), {"1008"}),
            "pongs": (flood(frame(PONG, b"") * 200), {"1008"}),
            "fragments": (flood(frame(0, b"", final=False) * 200, first=FRAGMENTS), {"1008"}),
        },
    ),
    "giants": (20, 20, {name: (giant(pieces), allowed) for name, (pieces, allowed) in GIANTS.items()}),
    "unfinished": (100, 1400, {"held": (unfinished, {"1013", "cut"})}),
    "slow heads": (50, 400, {"head": (slow_head, {"408", "cut"}), "silent": (silent, {"408", "cut"})}),
    "bodies": (20, 200, {"slow": (slow_body, {"408", "cut"}), "large": (large_body, {"413"})}),
    "readers": (10, 200, {kind: (reader(kind), CUT) for kind in ("plain", "graphql", "stream")}),
    "storms": (10, 10, {"documents": (storm, {"errors"}), "twice": (twice, {"4409"})}),
    "broken off": (50, 50, {"half": (half_closed, {"cut"}), "head": (broken_off, {"left"})}),
}
# Who is turned away before anybody looks at what it shows.
TURNED_AWAY = {"429", "503"}
# A machine that keeps an attacker waiting between its handshake and connection_init.
LATE_INIT = "4408"


def allowed(attack, variant):
    """The outcomes that an attacker may have."""
    if attack != "wrong tokens":
        return {*ATTACKS[attack][2][variant][1], *TURNED_AWAY, LATE_INIT}
    kind, door = variant.split()
    if door == "init":
        return {"4403" if kind == "expired" else "4401", *TURNED_AWAY, LATE_INIT}
    return {"4401", *TURNED_AWAY, LATE_INIT} if (kind, door) == ("none", "graphql") else {"401", *TURNED_AWAY}


def mishaps(outcomes):
    """Those that mustn't be, in words."""
    for key, count in sorted(outcomes.items()):
        attack, variant, outcome = key.split("/", 2)
        if outcome not in (due := allowed(attack, variant)):
            yield f"{attack}, {variant}: {outcome} ({count} times), not {' or '.join(sorted(due - TURNED_AWAY))}"


def attacks(names, secret, share):
    """Those of these names, at this share of their rates."""
    good = itertools.cycle([good_token(secret, f"attacker-{number}") for number in range(500)])
    wrong = [(f"{kind} {door}", DOORS[door], token) for kind, token in wrong_tokens(secret).items() for door in DOORS]

    def maker(variants):
        if variants is None:
            turns = itertools.cycle(wrong)
        else:
            turns = ((name, attacker, next(good)) for name, (attacker, _) in itertools.cycle(variants.items()))

        def make(wire, _):
            name, attacker, token = next(turns)
            return name, attacker(wire, token)

        return make

    return [
        Attack(name, rate * share, max(1, int(most * share)), maker(variants))
        for name, (rate, most, variants) in ATTACKS.items()
        if name in names
    ]


def main():
    orders = json.loads(sys.argv[1])
    # The relay and the bystanders come first: what is judged is the relay, not how the kernel shares two cores.
    os.nice(10)

    def tell(loop):
        begun = {attack.name: attack.begun for attack in loop.attacks}
        present = {attack.name: attack.present for attack in loop.attacks}
        print(json.dumps({"begun": begun, "present": present, "outcomes": loop.outcomes}), flush=True)

    loop = Loop(orders["port"], orders["addresses"], attacks(orders["attacks"], orders["secret"], orders["share"]))
    try:
        loop.run(tell)
    except BrokenPipeError:
        # Whoever started it is gone.
        pass


if __name__ == "__main__":
    main()
