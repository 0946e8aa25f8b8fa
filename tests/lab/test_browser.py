# SPDX-License-Identifier: ISC
"""A browser in the lab, in short; tests/lab/browser is the whole."""

import subprocess
from pathlib import Path

import chromium
import pytest


def test_browser():
    if not Path(chromium.PROGRAM).exists():
        pytest.skip("chromium is missing: deploy/install-dependencies lab")
    done = subprocess.run(
        [Path(__file__).with_name("browser"), "--short"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
