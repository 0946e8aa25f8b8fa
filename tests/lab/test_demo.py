# SPDX-License-Identifier: ISC
"""deploy/demo, the first thing that a newcomer runs."""

import os
import re
import signal
import subprocess

import pytest
from scheme import SOURCE

PATIENCE_S = 180
COLUMNS = 80


def demo(*options):
    return subprocess.Popen(
        [SOURCE / "deploy" / "demo", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})


def left_behind():
    """Of its network namespaces."""
    return re.findall(r"sitens-demo-\S+", subprocess.run(
        ["ip", "netns", "list"], check=True, stdout=subprocess.PIPE, text=True).stdout)


@pytest.mark.parametrize("options", [(), ("--policy", "serving")], ids=["own", "serving"])
def test_failover_is_shown(options):
    with demo(*options) as process:
        out, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, out + errors
    assert re.search(r"nginx at dc\d is stopped", out) and re.search(r"failover: worked", out)
    shown = out[out.index("Building ...\n"):]  # packages are installed before
    assert not [line for line in shown.splitlines() if len(line) > COLUMNS]
    assert "What next?" in out
    for page in re.findall(r"docs/\S+\.md", out):
        assert (SOURCE / page).exists()
    assert not left_behind()


def test_interrupted():
    with demo() as process:
        assert any("is stopped" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        assert "interrupted: cleaning up" in process.communicate(timeout=PATIENCE_S)[0]
    assert process.returncode == 130
    assert not left_behind()


@pytest.mark.parametrize("options, status, said", [
    (("--help",), 0, "usage: deploy/demo"), (("--nonsense",), 2, "--nonsense: no such option"),
    (("--keep", "-x"), 2, "-x: no such option"), (("--ttl=61",), 2, "--ttl: from 1 to 60")])
def test_options(options, status, said):
    """Nothing is built for help, or for what is no option."""
    with demo(*options) as process:
        out, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == status and said in out + errors
    assert "--ttl" in said or "Building" not in out
