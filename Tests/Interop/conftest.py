"""Starts and stops the processes of the tests, and runs coroutine tests with a deadline."""

import asyncio
import inspect
import signal
from contextlib import ExitStack

import pytest

from relay import TICK, Relay, relay_binary
from upstream import Upstream

DEADLINE = 60
PROCESSES = pytest.StashKey[list]()


def pytest_configure():
    # A run that is told to end takes its servers with it, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    signature = inspect.signature(pyfuncitem.obj)
    arguments = {name: pyfuncitem.funcargs[name] for name in signature.parameters}

    async def bounded():
        async with asyncio.timeout(DEADLINE):
            await pyfuncitem.obj(**arguments)

    asyncio.run(bounded())
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        for process in item.stash.get(PROCESSES, []):
            report.sections.append((f"log of {process.name}", process.log[-4000:]))
    return report


@pytest.fixture(scope="session")
def binary():
    path = relay_binary()
    if not path or not path.exists():
        pytest.exit("no relay to test: build it, or name it in FANOUT_RELAY_BINARY", returncode=2)
    return path


@pytest.fixture
def start_upstream(tmp_path):
    """Starts an upstream: `start_upstream("strawberry", "--token", "x")`."""
    with ExitStack() as ending:

        def start(library="strawberry", *options):
            upstream = Upstream(library, tmp_path, *options)
            ending.callback(lambda: upstream.kill())
            return upstream

        yield start


@pytest.fixture
def upstream(start_upstream):
    return start_upstream()


@pytest.fixture
def start_relay(binary, tmp_path, request):
    """Starts a relay: `start_relay(upstream, {"tick": TICK}, [("--shards", "1")])`."""
    running = request.node.stash.setdefault(PROCESSES, [])
    with ExitStack() as ending:

        def start(upstream, topics=None, options=()):
            relay = Relay.serving(upstream.graphql_url, topics or {"tick": TICK}, tmp_path, options)
            running.append(relay)
            ending.callback(relay.stop)
            return relay

        yield start


@pytest.fixture
def start_demo(binary, tmp_path):
    """Starts a demo on free ports: `start_demo("--interval", "10ms")`."""
    with ExitStack() as ending:

        def start(*options):
            ports = ["--listen", "127.0.0.1:0", "--upstream-listen", "127.0.0.1:0"]
            relay = Relay(["demo", *ports, *options], tmp_path)
            ending.callback(relay.stop)
            return relay

        yield start


@pytest.fixture
def relay(start_relay, upstream):
    return start_relay(upstream)
