"""deploy/install.sh says why a compiler doesn't run."""

import os
import subprocess

import pytest
from relay import TOP


@pytest.fixture
def install(tmp_path):
    """Runs the script with a `swift` in PATH that is this shell script; none without one."""

    def run(script=None):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for tool in ("bash", "env"):
            if not (folder / tool).exists():
                (folder / tool).symlink_to(f"/usr/bin/{tool}")
        if script is not None:
            (folder / "swift").write_text(f"#!/bin/sh\n{script}\n")
            (folder / "swift").chmod(0o755)
        return subprocess.run(
            ["/bin/bash", TOP / "deploy" / "install.sh"],
            env={**os.environ, "PATH": str(folder)},
            capture_output=True,
            text=True,
            timeout=20,
        )

    return run


def test_no_compiler(install):
    result = install()
    assert result.returncode == 1 and "no 'swift' in PATH" in result.stderr, result


def test_a_compiler_that_does_not_run_is_quoted(install):
    words = "error while loading shared libraries: libncurses.so.6: cannot open shared object file"
    result = install(f'echo "swift: {words}" >&2; exit 127')
    assert result.returncode == 1 and words in result.stderr and "ends with 127" in result.stderr, result


def test_another_program_of_the_name_is_quoted(install):
    result = install("echo python-swiftclient 4.6.0")
    assert result.returncode == 1 and "python-swiftclient 4.6.0" in result.stderr, result


def test_an_old_compiler_is_named(install):
    result = install("echo 'Swift version 5.10 (swift-5.10-RELEASE)'")
    assert result.returncode == 1 and "is 5.10" in result.stderr and "6.2" in result.stderr, result
