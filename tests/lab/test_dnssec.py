# SPDX-License-Identifier: ISC
"""The procedures of docs/dnssec.md, in short; tests/lab/dnssec is the whole."""

import subprocess
from pathlib import Path

import pytest
from resolvers import missing


def test_procedures():
    if missing():
        pytest.skip(f"{', '.join(missing())} missing: deploy/install-dependencies lab")
    done = subprocess.run(
        [Path(__file__).with_name("dnssec"), "--short"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
