"""What the tests ask over plain HTTP, and how they wait for an answer to change."""

import asyncio
import json
import os
import re
import ssl
import time
import urllib.error
import urllib.request

SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?P<labels>\{.*\})? (?P<value>\S+)$")

# Straight to the loopback interface, whatever proxy the environment names, and whatever certificate is shown there.
DIRECT = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
)


def get(url, timeout=5):
    """Status and body, whichever status it is."""
    try:
        with DIRECT.open(url, timeout=timeout) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def get_json(url):
    status, body = get(url)
    assert status == 200, f"{url} answered {status}: {body}"
    return json.loads(body)


def readiness(relay):
    return get(f"{relay.url}/readyz")[0]


def metric(relay, name, **labels):
    """The sum of a metric's samples that carry these labels; 0 while a declared metric has none."""
    return sample_sum(metrics_text(relay), name, **labels)


def metrics_text(relay):
    status, text = get(f"{relay.url}/metrics")
    assert status == 200, f"/metrics answered {status}: {text}"
    return text


def sample_sum(text, name, **labels):
    """The same of metrics that were read before."""
    samples = [match for line in text.splitlines() if (match := SAMPLE.match(line))]
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    values = [
        float(sample["value"])
        for sample in samples
        if sample["name"] == name and all(pair in (sample["labels"] or "") for pair in wanted)
    ]
    assert values or f"# TYPE {name} " in text, f"no metric {name} in:\n{text}"
    return sum(values)


async def eventually(condition, what, deadline=10):
    """Polls until the condition holds; the clients of the test go on meanwhile."""
    end = time.monotonic() + deadline
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < end, f"not within {deadline} s: {what}"
        await asyncio.sleep(0.05)


async def opened(pipe):
    """The writing end of a named pipe, once somebody reads it."""
    writers = []

    def opens():
        try:
            writers.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    await eventually(opens, "it is read")
    return writers[0]
