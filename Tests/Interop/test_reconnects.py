"""Hundreds of reconnects of one process, looked at from outside; the script's own count is thousands."""

import subprocess
import sys

import pytest
from relay import TOP


@pytest.mark.parametrize("ending", ["cut", "reset", "1001"])
def test_descriptors_threads_and_memory_stay_level(ending, binary):
    script = TOP / "deploy" / "measure-reconnects.py"
    command = [sys.executable, script, "--count", "300", "--ending", ending, binary]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
