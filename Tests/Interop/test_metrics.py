"""The metrics, read by other people's parsers; and for each of them something that moves it."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from certificate import Certificate
from clients import LEGACY, GQLSubscriber, PlainSubscriber
from issuer import HTTPSource, Key, key_set, reply
from probe import DIRECT, eventually, get, readiness
from prometheus_client.parser import text_string_to_metric_families
from relay import TICK, TOP, Relay
from test_access import ADMIN, fetch
from test_event_streams import EventStream
from test_tls import small_socket
from websockets.asyncio.client import connect

PAGE = TOP / "Sources/FanoutRelay/FanoutRelay.docc/Metrics.md"
SLOW = "{ current(delayMs: 700) { n } }"

# What stays as it is while a process runs, and what is compared with what the kernel says instead.
CONSTANT = {
    "fanout_build_info", "fanout_memory_limit_bytes", "process_max_fds", "process_start_time_seconds",
    "process_resident_memory_bytes", "process_threads", "process_virtual_memory_bytes",
}

# Tests that move what this file doesn't.
ELSEWHERE = {
    "fanout_access_pending": "EndToEndTests/PendingAccessTests.swift",
    "fanout_answer_bytes": "EndToEndTests/AnswerBudgetTests.swift",
    "fanout_answers_dropped_total": "EndToEndTests/AnswerBudgetTests.swift",
    "fanout_auth_hook_cached_total": "EndToEndTests/HookAccessTests.swift",
    "fanout_auth_hook_calls_total": "Interop/test_auth_hook.py",
    "fanout_bodies_refused_total": "EndToEndTests/GraphQLOverHTTPTests.swift",
    "fanout_client_certificates_refused_total": "Interop/test_client_certificates.py",
    "fanout_client_limits_total": "EndToEndTests/ClientLimitTests.swift",
    "fanout_clients_closed_by_operators_total": "EndToEndTests/ClosingClientTests.swift",
    "fanout_client_topics": "EndToEndTests/DemandTests.swift",
    "fanout_client_topics_opened_total": "EndToEndTests/DemandTests.swift",
    "fanout_client_topics_refused_total": "EndToEndTests/DemandTests.swift",
    "fanout_cluster_aligned_total": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_cluster_append_conflicts_total": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_cluster_append_doubts_total": "EndToEndTests/Cluster/GroupMetricTests.swift",
    "fanout_cluster_appends_total": "EndToEndTests/Cluster/GroupMetricTests.swift",
    "fanout_cluster_connected": "EndToEndTests/Cluster/GroupMetricTests.swift",
    "fanout_cluster_demotions_total": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_cluster_dropped_events_total": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_cluster_fetched_total": "EndToEndTests/Cluster/GroupMetricTests.swift",
    "fanout_cluster_gone_total": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_cluster_holes_total": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_cluster_leader": "EndToEndTests/Cluster/GroupMetricTests.swift",
    "fanout_cluster_log_lag_messages": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_cluster_log_last_message_seconds": "EndToEndTests/Cluster/GroupMetricTests.swift",
    "fanout_cluster_log_sequence": "EndToEndTests/Cluster/GroupMetricTests.swift",
    "fanout_cluster_log_topics": "EndToEndTests/Cluster/GroupMetricTests.swift",
    "fanout_cluster_outbox_bytes": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_cluster_reconnects_total": "EndToEndTests/Cluster/GroupMetricTests.swift",
    "fanout_cluster_rewinds_total": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_cluster_stale_messages_total": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_cluster_takeovers_total": "EndToEndTests/Cluster/GroupMetricTests.swift",
    "fanout_cluster_term": "EndToEndTests/Cluster/GroupMetricTests.swift",
    "fanout_cluster_unaligned_total": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_cluster_unreadable_total": "FanoutRelayTests/ClusterMetricsTests.swift",
    "fanout_connections_refused_total": "EndToEndTests/AdmissionTests.swift",
    "fanout_documents_refused_total": "EndToEndTests/BoundDocumentTests.swift",
    "fanout_draining": "EndToEndTests/OperatorListenerTests.swift",
    "fanout_forwarded_requests_total": "Interop/test_forwarded.py",
    "fanout_gathered_bytes": "EndToEndTests/CountedMessageTests.swift",
    "fanout_gathered_given_up_total": "EndToEndTests/CountedMessageTests.swift",
    "fanout_log_lines_dropped_total": "Interop/test_stalled_log.py",
    "fanout_memory_pressure": "EndToEndTests/MemoryPressureTests.swift",
    "fanout_memory_refused_topics_total": "EndToEndTests/MemoryPressureTests.swift",
    "fanout_memory_shed_clients_total": "EndToEndTests/MemoryPressureTests.swift",
    "fanout_quarantined_total": "EndToEndTests/PoisonTests.swift",
    "fanout_quarantine_refusals_total": "EndToEndTests/PoisonTests.swift",
    "fanout_slow_readers_total": "EndToEndTests/AnswerBudgetTests.swift",
    "fanout_topic_errors_total": "EndToEndTests/OutageTests.swift",
    "fanout_topic_refetch_failures_total": "EndToEndTests/RefetchTests.swift",
    "fanout_unresumed_total": "EndToEndTests/ResumeTests.swift",
    "fanout_untold_gaps_total": "EndToEndTests/GapActionTests.swift",
    "fanout_upstream_ignored_messages_total": "EndToEndTests/CountedMessageTests.swift",
    "fanout_upstream_resumptions_total": "Interop/test_tree.py",
}

MOVED = {}


def moves(*names):
    """Says which metrics a test moves; the test gets a `watch` that makes sure of it."""

    def mark(test):
        test.moves = set(names)
        for name in names:
            assert name not in MOVED and name not in ELSEWHERE, name
            MOVED[name] = test.__name__
        return test

    return mark


def parse(text):
    """The families by name, each with its samples."""
    families = {}
    for family in text_string_to_metric_families(text):
        # The parser names counters as OpenMetrics does.
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert name not in families and family.documentation
        assert all(sample.name.startswith(family.name) for sample in family.samples)
        families[name] = {
            (sample.name, *sorted(sample.labels.items())): sample.value for sample in family.samples
        }
    return families


class Watch:
    """Compares what is said with what was said at first."""

    def __init__(self, names):
        self.names = names
        self.seen = set()

    async def begin(self, relay, token=None):
        self.url = f"{relay.url}/metrics"
        self.token = token
        self.first = await self.families()

    async def families(self):
        status, text = await (fetch(self.url, self.token) if self.token else asyncio.to_thread(get, self.url))
        assert status == 200
        return parse(text)

    async def until(self, *names):
        """Waits until each of these metrics has a value that it didn't have at first."""
        assert set(names) <= self.names
        async with asyncio.timeout(20):
            while missing := {name for name in names if not self.is_moved(name)}:
                self.current = await self.families()
                if not any(self.is_moved(name) for name in missing):
                    await asyncio.sleep(0.05)
        self.seen |= set(names)

    def is_moved(self, name):
        current = getattr(self, "current", self.first).get(name, {})
        first = self.first.get(name, {})
        return any(value != first.get(key, 0 if first or value else value) for key, value in current.items())

    async def value(self, name, **labels):
        wanted = set(labels.items())
        samples = (await self.families())[name.removesuffix("_count")]
        return sum(value for (sample, *own), value in samples.items() if sample == name and wanted <= set(own))


@pytest.fixture
def watch(request):
    watch = Watch(request.function.moves)
    yield watch
    assert watch.seen == watch.names


def test_every_metric_is_moved_by_a_test():
    families = set(re.findall(r"^\| `((?:fanout|process)_[a-z_]+)`", PAGE.read_text(), re.MULTILINE))
    assert len(families) > 80
    assert families == set(MOVED) | set(ELSEWHERE) | CONSTANT
    for name, test in ELSEWHERE.items():
        assert name in (TOP / "Tests" / test).read_text(), f"{test} doesn't move {name}"


@moves(
    "fanout_upstream_connected", "fanout_upstream_connects_total", "fanout_upstream_failures_total",
    "fanout_upstream_attempt", "fanout_upstream_retry_seconds", "fanout_upstream_round_trip_seconds",
    "fanout_topic_live", "fanout_topic_down", "fanout_topic_events_total", "fanout_topic_bytes_total",
    "fanout_topic_interruptions_total", "fanout_topic_gaps_total", "fanout_topic_history_bytes",
    "fanout_topic_last_event_age_seconds", "fanout_held_bytes",
)
async def test_an_outage(watch, upstream, start_relay):
    upstream.kill()
    # Long enough to be seen waiting.
    waits = ("--retry-connect", "constant(500ms) jitter: none tries: unlimited")
    relay = start_relay(upstream, {"tick": TICK}, [waits])
    await watch.begin(relay)
    await watch.until("fanout_upstream_attempt", "fanout_upstream_failures_total", "fanout_upstream_retry_seconds")
    assert 0 <= await watch.value("fanout_upstream_retry_seconds") <= 0.5
    upstream.start()
    await watch.until(
        "fanout_upstream_connected", "fanout_upstream_connects_total", "fanout_upstream_round_trip_seconds",
        "fanout_topic_live", "fanout_topic_down", "fanout_topic_events_total", "fanout_topic_bytes_total",
        "fanout_topic_history_bytes", "fanout_topic_last_event_age_seconds", "fanout_held_bytes",
    )
    assert await watch.value("fanout_upstream_attempt") == 0
    assert await watch.value("fanout_upstream_retry_seconds") == 0
    assert await watch.value("fanout_upstream_round_trip_seconds_count") == 1
    upstream.kill()
    await watch.until("fanout_topic_interruptions_total")
    upstream.start()
    await watch.until("fanout_topic_gaps_total")


@moves(
    "fanout_clients", "fanout_protocol_clients", "fanout_event_streams", "fanout_subscriptions",
    "fanout_clients_opened_total", "fanout_clients_closed_total", "fanout_deliveries_total",
    "fanout_delivered_bytes_total", "fanout_sweeps_total", "fanout_delivery_latency_seconds", "fanout_sweep_seconds",
    "fanout_batch_events", "fanout_client_lag_bytes", "fanout_connections_accepted_total",
    "fanout_http_responses_total", "fanout_memory_bytes", "fanout_loop_cpu_seconds_total",
    "process_cpu_seconds_total", "process_open_fds",
)
async def test_clients_of_every_protocol(watch, upstream, start_relay):
    relay = start_relay(upstream, options=[("--shards", "2")])
    await watch.begin(relay)
    await eventually(lambda: readiness(relay) == 200, "ready")
    with ExitStack() as streams:
        async with (
            GQLSubscriber(relay.graphql_url, TICK) as transport,
            GQLSubscriber(relay.graphql_url, TICK, subprotocol=LEGACY) as legacy,
            PlainSubscriber(relay.topic_url("tick")) as plain,
        ):
            for subscriber in (transport, legacy, plain):
                await subscriber.events_arrive(3)
            for path in ("/topics/tick", "/graphql?query=" + TICK.replace(" ", "%20")):
                streams.enter_context(await asyncio.to_thread(EventStream, relay, path))
            await watch.until(
                "fanout_clients", "fanout_protocol_clients", "fanout_event_streams", "fanout_subscriptions"
            )
            for protocol in (
                "graphql-transport-ws", "graphql-ws", "fanout.v1.json", "event-stream", "graphql-event-stream",
            ):
                assert await watch.value("fanout_protocol_clients", protocol=protocol) == 1, protocol
            assert await watch.value("fanout_clients") == 5
            await watch.until(*(watch.names - watch.seen - {"fanout_clients_closed_total"}))
    await watch.until("fanout_clients_closed_total")
    assert get(f"{relay.url}/nothing")[0] == 404
    assert await watch.value("fanout_http_responses_total", code="101") == 3
    assert await watch.value("fanout_http_responses_total", code="404") == 1
    # Sweeps and batches are of the same events, and each was delivered sooner than the clients could tell.
    assert await watch.value("fanout_delivery_latency_seconds_count") >= 9
    assert await watch.value("fanout_sweep_seconds_count") >= await watch.value("fanout_batch_events_count") > 0


@moves(
    "fanout_executions", "fanout_executions_waiting", "fanout_executions_refused_total",
    "fanout_executions_abandoned_total", "fanout_execution_seconds",
)
async def test_queries(watch, upstream, start_relay):
    limits = [("--max-executions", "1"), ("--max-waiting-executions", "1")]
    relay = start_relay(upstream, options=[*limits, ("--named-query", f"slow={SLOW}")])
    await watch.begin(relay)
    await eventually(lambda: readiness(relay) == 200, "ready")
    url = f"{relay.url}/queries/slow"

    def give_up():
        with pytest.raises(TimeoutError):
            DIRECT.open(url, timeout=0.2)

    asking = [asyncio.create_task(asyncio.to_thread(get, url)) for _ in range(3)]
    await watch.until("fanout_executions", "fanout_executions_waiting", "fanout_executions_refused_total")
    answers = Counter(status for status, _ in await asyncio.gather(*asking))
    assert answers == {200: 2, 503: 1}
    await watch.until("fanout_execution_seconds")
    assert await watch.value("fanout_execution_seconds_count") == 2
    await asyncio.to_thread(give_up)
    await watch.until("fanout_executions_abandoned_total")


@moves("fanout_slow_clients_total")
async def test_lag(watch, binary, tmp_path):
    options = ["--interval", "20ms", "--payload-bytes", "16384", "--lag-limit-bytes", "1MiB", "--shards", "1"]
    relay = Relay(["demo", "--listen", "127.0.0.1:0", "--drain-window", "0s", *options], tmp_path)
    try:
        await watch.begin(relay)
        slow = small_socket(relay.port)
        async with connect(relay.topic_url("tick"), sock=slow, max_queue=1):
            await watch.until("fanout_slow_clients_total")
        samples = (await watch.families())["fanout_client_lag_bytes"]
        counts = {dict(labels).get("le"): value for (name, *labels), value in samples.items() if "bucket" in name}
        assert counts["+Inf"] > counts["0"], counts
    finally:
        relay.stop()


@moves(
    "fanout_tls_certificate_expiry_timestamp_seconds", "fanout_tls_handshakes_begun_total",
    "fanout_tls_handshakes_completed_total",
)
async def test_tls(watch, upstream, start_relay, tmp_path):
    certificate = Certificate(tmp_path)
    relay = start_relay(upstream, options=certificate.options)
    await watch.begin(relay)
    assert await watch.value("fanout_tls_certificate_expiry_timestamp_seconds") > 0
    watch.first["fanout_tls_certificate_expiry_timestamp_seconds"] = {}
    await watch.until(*watch.names)


@moves(
    "fanout_credentials_refused_total", "fanout_credentials_remembered", "fanout_jwks_age_seconds",
    "fanout_jwks_fetches_total", "fanout_jwks_keys",
)
async def test_credentials(watch, upstream, start_relay, tmp_path):
    key, tokens = Key(tmp_path, "first"), tmp_path / "tokens"
    tokens.write_text(f"{ADMIN} scopes=admin,subscribe\n")
    served = asyncio.Event()

    def answer(handler, body):
        reply(key_set(key) if served.is_set() else b"", 200 if served.is_set() else 503)(handler, body)

    with HTTPSource(answer) as source:
        options = [("--token-file", str(tokens)), ("--jwks-url", source.url)]
        relay = start_relay(upstream, {"tick": TICK}, options)
        await watch.begin(relay, ADMIN)
        served.set()
        await watch.until("fanout_jwks_age_seconds", "fanout_jwks_fetches_total", "fanout_jwks_keys")
        assert (await fetch(f"{relay.url}/topics", key.token(sub="ann")))[0] == 200
        await watch.until("fanout_credentials_remembered")
        assert (await fetch(f"{relay.url}/topics", "nobody-nobody-nobody"))[0] == 401
        await watch.until("fanout_credentials_refused_total")


# Foreign eyes.


async def test_the_kernel_says_the_same_of_the_process(relay):
    process = Path(f"/proc/{relay.process.pid}")
    families = parse((await asyncio.to_thread(get, f"{relay.url}/metrics"))[1])

    def value(name):
        (sample,) = families[name].values()
        return sample

    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    assert abs(value("process_threads") - int(status["Threads"])) <= 2
    assert value("process_resident_memory_bytes") == pytest.approx(1024 * int(status["VmRSS"].split()[0]), rel=0.3)
    assert value("process_virtual_memory_bytes") == pytest.approx(1024 * int(status["VmSize"].split()[0]), rel=0.3)
    assert abs(value("process_open_fds") - len(list((process / "fd").iterdir()))) <= 4
    limits = (process / "limits").read_text()
    assert value("process_max_fds") == int(re.search(r"Max open files +(\d+)", limits)[1])
    started = int(subprocess.run(
        ["ps", "-o", "etimes=", "-p", str(relay.process.pid)], capture_output=True, text=True, check=True
    ).stdout)
    now = float(subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True).stdout)
    assert value("process_start_time_seconds") == pytest.approx(now - started, abs=3)
    ((_, *labels),) = families["fanout_build_info"]
    version = subprocess.run(
        [relay.process.args[0], "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert dict(labels)["version"] == version
    assert dict(labels)["libwebsockets"][0].isdigit() and dict(labels)["swift"].startswith("6.")


@pytest.fixture
def promtool():
    path = shutil.which("promtool") or shutil.which("promtool", path=str(Path(sys.executable).parent))
    if not path:
        pytest.skip("no promtool: deploy/test.sh fetches it where there is apt")
    return path


async def test_promtool_has_nothing_to_say(promtool, upstream, start_relay):
    relay = start_relay(upstream)
    await eventually(lambda: readiness(relay) == 200, "ready")
    async with PlainSubscriber(relay.topic_url("tick")) as plain:
        await plain.events_arrive(5)
        _, text = get(f"{relay.url}/metrics")
    check = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
    assert (check.returncode, check.stdout + check.stderr) == (0, "")


def test_the_expressions_of_the_page_are_some(promtool, tmp_path):
    page = PAGE.read_text()
    table = page.partition("## What an operator watches")[2].partition("## ")[0]
    expressions = [part for part in re.findall(r"`([^`]+)`", table) if re.search(r"(fanout|process)_", part)]
    assert len(expressions) > 15
    families = set(re.findall(r"^\| `((?:fanout|process)_[a-z_]+)`", page, re.MULTILINE))
    for name in re.findall(r"(?:fanout|process)_[a-z_]+", " ".join(expressions)):
        assert {name, re.sub("_(bucket|count|sum)$", "", name)} & families, name
    rules = [f"  - record: watched:{number}\n    expr: {json.dumps(text)}" for number, text in enumerate(expressions)]
    path = tmp_path / "rules.yml"
    path.write_text("groups:\n- name: page\n  rules:\n" + "\n".join(rules) + "\n")
    check = subprocess.run([promtool, "check", "rules", path], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr


async def test_every_accepted_type_gets_the_text(relay):
    wanted = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    for accept in (wanted, "*/*", "application/json"):
        request = urllib.request.Request(f"{relay.url}/metrics", headers={"Accept": accept})
        with DIRECT.open(request, timeout=5) as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert "fanout_clients" in parse(answer.read().decode())
