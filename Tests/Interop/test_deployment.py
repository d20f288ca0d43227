"""What deploy/ has for other machines: that linters take it, that the relay takes its settings, and that it agrees."""

import os
import re
import shutil
import subprocess
import textwrap

import pytest
from nats import PROGRAM as NATS
from relay import TOP, relay_binary
from server_process import ServerProcess

DEPLOY = TOP / "deploy"


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} isn't installed")


def run(*command, **options):
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=TOP, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@needs("yamllint")
def test_yaml_is_well_written():
    files = [file for file in DEPLOY.rglob("*.yaml") if file.parent.name != "templates"]
    assert len(files) > 8
    run("yamllint", "--strict", "--config-file", DEPLOY / "yamllint.yaml", *files)


@needs("shellcheck")
def test_scripts_have_no_known_faults():
    scripts = [*DEPLOY.glob("*.sh"), *DEPLOY.glob("compose/*.sh"), *DEPLOY.glob("packaging/debian/p*")]
    run("shellcheck", "--severity=warning", "--external-sources", *scripts)


@needs("haproxy")
def test_haproxy_takes_its_configuration():
    run("haproxy", "-c", "-f", DEPLOY / "proxies" / "haproxy.cfg")


def block(text, name):
    """The lines under `NAME: |` in a manifest."""
    found = re.search(rf"^  {re.escape(name)}: \|\n((?:    .*\n)+)", text, re.MULTILINE)
    assert found, name
    return textwrap.dedent(found[1])


@pytest.mark.parametrize(
    "place", ["compose/relay.yaml", "kubernetes/relay.yaml", "cluster/relay.yaml", "kubernetes/group.yaml"]
)
def test_the_relay_takes_the_settings(place, tmp_path):
    text = (DEPLOY / place).read_text()
    (tmp_path / "relay.yaml").write_text(block(text, "relay.yaml") if "kind: ConfigMap" in text else text)
    effective = run(relay_binary(), "config", "--config", tmp_path / "relay.yaml")
    assert "0.0.0.0:8080" in effective and "# default" in effective


def seconds(text, key):
    return int(re.search(rf"{key}: (\d+)", text)[1])


@pytest.mark.parametrize("place", ["kubernetes/relay.yaml", "kubernetes/group.yaml", "helm/fanout-relay/values.yaml"])
def test_a_pod_has_time_for_its_drain(place):
    text = (DEPLOY / place).read_text()
    assert seconds(text, "terminationGracePeriodSeconds") > seconds(text, "drain-delay") + seconds(text, "drain-window")


def test_versions_agree():
    version = run(relay_binary(), "--version").strip()
    assert f"appVersion: {version}\n" in (DEPLOY / "helm" / "fanout-relay" / "Chart.yaml").read_text()
    for name in ("relay", "group"):
        assert f"fanout-relay:{version}\n" in (DEPLOY / "kubernetes" / f"{name}.yaml").read_text()


@pytest.mark.skipif(not NATS, reason="no nats-server")
def test_the_group_s_servers_take_their_settings(tmp_path):
    """Those of one machine and of containers, and those of Kubernetes, where permissions are mounted beside."""
    users = {f"FANOUT_GROUP_{user}_PASSWORD": "secret" for user in ("RELAY", "EDGE", "OPERATOR")}
    environment = {**os.environ, **users, "POD_NAME": "fanout-nats-0"}
    place = tmp_path / "nats" / "nats.conf"
    place.parent.mkdir()
    place.write_text(block((DEPLOY / "kubernetes" / "group.yaml").read_text(), "nats.conf"))
    (tmp_path / "nats-permissions").mkdir()
    shutil.copy(DEPLOY / "cluster" / "permissions.conf", tmp_path / "nats-permissions")
    run(NATS, "-t", "--config", place, env=environment)
    run(NATS, "-t", "--config", DEPLOY / "cluster" / "nats.conf", "--name", "n1", env=environment)


@needs("haproxy")
def test_passwords_and_names_of_the_group_agree(tmp_path):
    run("haproxy", "-c", "-f", DEPLOY / "cluster" / "haproxy.cfg")
    compose = (DEPLOY / "compose.cluster.yaml").read_text()
    for user in ("relay", "operator"):
        password = (DEPLOY / "cluster" / f"{user}-password").read_text().strip()
        assert f"FANOUT_GROUP_{user.upper()}_PASSWORD: {password}\n" in compose
    manifest = (DEPLOY / "kubernetes" / "group.yaml").read_text()
    password = re.search(r"group-password: \|\n    (\S+)", manifest)[1]
    assert f"FANOUT_GROUP_RELAY_PASSWORD: {password}\n" in manifest


def test_time_outs_of_proxies_are_longer_than_silence():
    # Over a quiet WebSocket a ping goes after the interval and the time for its answer.
    effective = run(relay_binary(), "config", "--upstream", "ws://127.0.0.1/graphql")
    silence = seconds(effective, "client-ping-interval") + seconds(effective, "client-pong-timeout")
    for place in ("nginx.conf", "haproxy.cfg", "Caddyfile"):
        text = (DEPLOY / "proxies" / place).read_text()
        found = re.findall(r"(?:_read_timeout|_send_timeout|timeout server|timeout tunnel|\tread_timeout) (\d+)s", text)
        assert found and all(int(timeout) > 2 * silence for timeout in found), place


def test_the_image_is_asked_as_it_would_be_in_a_container(relay):
    script = DEPLOY / "compose" / "healthcheck.sh"
    assert subprocess.run([script], env={"HEALTH_PORT": str(relay.port)}, timeout=20).returncode == 0
    relay.process.terminate()
    assert relay.process.wait(20) == 0
    gone = subprocess.run([script], env={"HEALTH_PORT": str(relay.port)}, timeout=20, capture_output=True)
    assert gone.returncode != 0


@pytest.mark.parametrize("page", ["fanout-relay", "fanout-relay-serve", "fanout-relay-config"])
def test_manual_pages_name_every_flag(page, tmp_path, binary):
    run("python3", DEPLOY / "packaging" / "manual.py", binary, "2026-01-01", "1.0", tmp_path)
    text = (tmp_path / f"{page}.1").read_text()
    assert text.startswith(".TH ") and ".SH SYNOPSIS" in text
    told = run(binary, *page.split("-")[2:], "--help-all")
    flags = set(re.findall(r"^  (--[a-z-]+)", told, re.MULTILINE))
    assert flags
    for flag in flags:
        assert flag.replace("-", "\\-") in text, flag
    if shutil.which("groff"):
        warnings = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-z", tmp_path / f"{page}.1"], capture_output=True, text=True
        )
        assert warnings.returncode == 0 and warnings.stderr == ""


@needs("ip")
@pytest.mark.skipif(os.geteuid() != 0, reason="another network needs root")
def test_serve_says_when_the_kernel_lets_too_few_wait(tmp_path):
    command = [relay_binary(), "serve", "--listen", "127.0.0.1:0", "--upstream", "ws://127.0.0.1:1/graphql"]
    script = 'ip link set lo up; echo "$1" > /proc/sys/net/core/somaxconn; shift; exec "$@"'
    for allowed, is_told in ((100, True), (4096, False)):
        wrapped = ["unshare", "--net", "sh", "-c", script, "sh", str(allowed), *command, "--allow-any-subscription"]
        relay = ServerProcess("relay", wrapped, tmp_path)
        relay.terminate()
        assert relay.wait() == 0
        assert ("net.core.somaxconn lets 100 connections wait" in relay.log) == is_told, relay.log
