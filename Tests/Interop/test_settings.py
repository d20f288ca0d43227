"""Settings from a file, from the environment and from flags, which go before each other in this order."""

import json
import os
import subprocess

import pytest
from conversation import Conversation
from probe import get
from relay import PROFILE, TICK, Relay, relay_binary


def run(*arguments, directory, **variables):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FANOUT_RELAY_")}
    return subprocess.run(
        [relay_binary(), *arguments],
        cwd=directory,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def settings(upstream, **more):
    """The profile of the tests as a settings file; JSON is YAML."""
    profile = {key.removeprefix("--"): value for key, value in PROFILE.items()}
    return json.dumps(profile | {"upstream": upstream.graphql_url, "topics": {"tick": {"file": "tick.graphql"}}} | more)


async def test_a_relay_serves_what_its_file_says(upstream, tmp_path, request):
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "tick.graphql").write_text(TICK)
    (folder / "relay.yaml").write_text(settings(upstream, **{"topic-linger": "7s"}))
    # The document is beside the settings, wherever the program runs.
    relay = Relay(["serve", "--config", str(folder / "relay.yaml")], tmp_path)
    request.addfinalizer(relay.stop)
    async with Conversation(relay.graphql_url) as talk:
        await talk.say({"type": "connection_init"})
        assert (await talk.hear())["type"] == "connection_ack"
        await talk.subscribe("1")
        assert (await talk.hear_until("next"))[-1]["payload"]["data"]["tick"]["n"] >= 0
    assert get(f"{relay.url}/topics")[0] == 200


FILE = """\
upstream: ws://127.0.0.1:1/graphql?token=secret
header:
  - 'Authorization: Bearer secret'
listen: 127.0.0.1:7001
max-connections: 5
topics:
  news: {document: 'subscription { news { id } }', snapshot: last}
"""


def test_each_setting_says_where_it_stands(tmp_path):
    (tmp_path / "relay.yaml").write_text(FILE)
    variables = {"FANOUT_RELAY_MAX_CONNECTIONS": "6", "FANOUT_RELAY_LISTEN": "127.0.0.1:7002"}
    answer = run(
        "config", "--config", "relay.yaml", "--listen", "127.0.0.1:7003", directory=tmp_path, **variables
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = answer.stdout.splitlines()
    assert 'upstream: "ws://127.0.0.1:1/graphql?***"  # relay.yaml:1' in lines
    assert '  - "Authorization: ***"  # relay.yaml:3' in lines
    assert '  - "127.0.0.1:7003"  # flag' in lines
    assert "max-connections: 6  # environment FANOUT_RELAY_MAX_CONNECTIONS" in lines
    assert '  - "news:snapshot=last"  # relay.yaml:7' in lines
    assert "max-subscriptions: 100  # default" in lines
    assert "secret" not in answer.stdout
    # What it printed is a settings file, except for what it hid.
    (tmp_path / "again.yaml").write_text(answer.stdout.replace("?***", "").replace("Authorization: ***", "A: b"))
    again = run("config", "--config", "again.yaml", directory=tmp_path)
    assert again.returncode == 0 and "max-connections: 6  # again.yaml:" in again.stdout


def test_the_file_to_begin_with_is_one(tmp_path):
    defaults = run("config", "--defaults", directory=tmp_path)
    assert defaults.returncode == 0 and "#max-connections: 10000\n" in defaults.stdout
    (tmp_path / "relay.yaml").write_text(defaults.stdout)
    assert run("config", "--config", "relay.yaml", directory=tmp_path).returncode == 0
    schema = json.loads(run("config", "--schema", directory=tmp_path).stdout)
    assert schema["properties"]["max-connections"]["description"].startswith("The most ")


def test_a_difference_is_what_a_reload_would_change(tmp_path):
    (tmp_path / "old.yaml").write_text("max-connections: 5\nopen: true\n")
    (tmp_path / "new.yaml").write_text("max-connections: 6\nopen: true\n")
    answer = run("config", "--diff", "old.yaml", "new.yaml", directory=tmp_path, FANOUT_RELAY_SHARDS="2")
    assert (answer.returncode, answer.stdout) == (0, "max-connections: 5 -> 6\n")


# A file, and what is said of it.
WRONG_FILES = [
    ("max-conections: 5", "relay.yaml:1: max-conections: no setting has this name; did you mean max-connections?"),
    ("max-connections: lots", "relay.yaml:1: The value 'lots' is invalid for 'max-connections <count>'"),
    ("\nmax-connections: -1", "relay.yaml:2: The value '-1' is invalid for 'max-connections <count>'"),
    ("drain-window: 5", "relay.yaml:1: The value '5' is invalid for 'drain-window <duration>'"),
    ("open: yes", "relay.yaml:1: open 'yes': allowed: true or false"),
    ("listen: a\nlisten: b", "relay.yaml:2: listen: a second time; the first is on line 1"),
    ("listen: [127.0.0.1:0, nowhere:x]", "relay.yaml:1: The value 'nowhere:x' is invalid for 'listen <address>'"),
    ("shards: [1]", "relay.yaml:1: shards: allowed: one value"),
    ("shards:", "relay.yaml:1: shards: allowed: one value"),
    ("header: {A: b}", "relay.yaml:1: header: allowed: a value, or a list of values"),
    ("- a", "relay.yaml:1: allowed: a mapping"),
    ("a: *b", "relay.yaml:1: "),
    ("a: [", "relay.yaml:2: "),
    ("topics: [a]", "relay.yaml:1: topics: allowed: a mapping of names"),
    ("topics: {a: {snapshot: last}}", "relay.yaml:1: topics.a: allowed: either document or file"),
    ("topics:\n  a: {file: missing.graphql}", "relay.yaml:2: topic: can't read the file 'missing.graphql'"),
    ("topics:\n  a: {document: '{ a }'}", "topic"),
    ("topics:\n  a:\n    document: 'subscription { a }'\n    lag: drop", "relay.yaml:4: topic-option 'a:lag=drop'"),
    ("topics: {a: 'subscription { a }'}\ntopic-option: ['a:lag=skip']", "relay.yaml:1: topics: allowed: without"),
    ("token-file: missing\ntopics: {a: 'subscription { a }'}", "relay.yaml:1: token-file"),
]


@pytest.mark.parametrize(("text", "complaint"), WRONG_FILES)
def test_a_wrong_file_is_one_line_and_starts_nothing(tmp_path, text, complaint):
    (tmp_path / "relay.yaml").write_text(text)
    answer = run(
        "serve", "--config", "relay.yaml", "--upstream", "ws://127.0.0.1:1/graphql", "--listen", "127.0.0.1:0",
        directory=tmp_path,
    ) if "listen" not in text else run("serve", "--config", "relay.yaml", directory=tmp_path)
    assert answer.stdout == "" and answer.stderr.count("\n") == 1
    assert answer.stderr.startswith("fanout-relay: ") and complaint in answer.stderr
    assert answer.returncode == 78, answer.stderr


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    answer = run("serve", "--config", "missing.yaml", directory=tmp_path)
    assert answer.returncode == 78
    assert answer.stderr.startswith("fanout-relay: --config: can't read the file 'missing.yaml': ")
    # As the variable names it, too.
    assert run("config", directory=tmp_path, FANOUT_RELAY_CONFIG="missing.yaml").returncode == 78


def test_a_wrong_variable_ends_the_program_and_an_unknown_one_is_passed_over(tmp_path):
    answer = run("config", directory=tmp_path, FANOUT_RELAY_SHARDS="many")
    assert answer.returncode == 64 and answer.stderr.count("\n") == 1
    assert "environment FANOUT_RELAY_SHARDS: The value 'many' is invalid for 'shards <count>'" in answer.stderr
    # As Kubernetes puts it beside a service of this name.
    answer = run("config", directory=tmp_path, FANOUT_RELAY_PORT="tcp://10.0.0.1:80", FANOUT_RELAY_SHARD="2")
    assert answer.returncode == 0 and "shards: " in answer.stdout
    assert "FANOUT_RELAY_PORT in the environment is no setting" in answer.stderr
    assert "FANOUT_RELAY_SHARD in the environment is no setting; did you mean FANOUT_RELAY_SHARDS?" in answer.stderr
