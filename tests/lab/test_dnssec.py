# SPDX-License-Identifier: ISC
"""The procedures of docs/dnssec.md, in short; tests/lab/dnssec is the whole."""

import subprocess
from pathlib import Path

import pytest
from resolvers import missing


@pytest.mark.parametrize("options", ((), ("--sets",)), ids=lambda options: "".join(options) or "own")
def test_procedures(options):
    if missing():
        pytest.skip(f"{', '.join(missing())} missing: deploy/install-dependencies lab")
    done = subprocess.run(
        [Path(__file__).with_name("dnssec"), "--short", *options], capture_output=True, text=True,
        check=False)
    assert done.returncode == 0, done.stdout + done.stderr
