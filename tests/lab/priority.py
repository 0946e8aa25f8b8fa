# SPDX-License-Identifier: ISC
"""Being on time on a busy machine."""

import contextlib
import os


def be_on_time():
    """This process, which needs little, runs at once whenever it has to, if that is allowed."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
