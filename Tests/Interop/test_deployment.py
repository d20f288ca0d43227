"""What deploy/ has for other machines: that linters take it, that the relay takes its settings, and that it agrees."""

import re
import shutil
import subprocess
import textwrap

import pytest
from relay import TOP, relay_binary

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


def settings(text):
    """The block of `relay.yaml: |` in a manifest."""
    block = text.partition("  relay.yaml: |\n")[2].partition("\n---")[0]
    assert block
    return textwrap.dedent(block)


@pytest.mark.parametrize("place", ["compose/relay.yaml", "kubernetes/relay.yaml"])
def test_the_relay_takes_the_settings(place, tmp_path):
    text = (DEPLOY / place).read_text()
    (tmp_path / "relay.yaml").write_text(settings(text) if "kind: ConfigMap" in text else text)
    effective = run(relay_binary(), "config", "--config", tmp_path / "relay.yaml")
    assert "0.0.0.0:8080" in effective and "# default" in effective


def seconds(text, key):
    return int(re.search(rf"{key}: (\d+)", text)[1])


@pytest.mark.parametrize("place", ["kubernetes/relay.yaml", "helm/fanout-relay/values.yaml"])
def test_a_pod_has_time_for_its_drain(place):
    text = (DEPLOY / place).read_text()
    assert seconds(text, "terminationGracePeriodSeconds") > seconds(text, "drain-delay") + seconds(text, "drain-window")


def test_versions_agree():
    version = run(relay_binary(), "--version").strip()
    assert f"appVersion: {version}\n" in (DEPLOY / "helm" / "fanout-relay" / "Chart.yaml").read_text()
    assert f"fanout-relay:{version}\n" in (DEPLOY / "kubernetes" / "relay.yaml").read_text()


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
    told = run(binary, *page.split("-")[2:], "--help")
    flags = set(re.findall(r"^  (--[a-z-]+)", told, re.MULTILINE))
    assert flags
    for flag in flags:
        assert flag.replace("-", "\\-") in text, flag
    if shutil.which("groff"):
        warnings = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-z", tmp_path / f"{page}.1"], capture_output=True, text=True
        )
        assert warnings.returncode == 0 and warnings.stderr == ""
