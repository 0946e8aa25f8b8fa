"""Threads of another process, stopped one at a time by ptrace(2); signals would stop them all."""

import contextlib
import ctypes
import os
import pathlib

import pytest

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # waitpid() for threads of others

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def waiting_in(pid, calls):
    """The threads that wait in one of the system calls, by their numbers of this machine."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return [int(task.name) for task in tasks if (task / "syscall").read_text().split()[0] in calls]


def has_ended(tid):
    """Whether a stopped thread was ended by its process; to be asked until it was."""
    return os.waitpid(tid, WALL | os.WNOHANG)[0] == tid


@contextlib.contextmanager
def stopped(tid):
    """The thread does not run while the context lasts."""
    if libc.ptrace(PTRACE_SEIZE, tid, None, None):
        pytest.skip(f"ptrace: {os.strerror(ctypes.get_errno())}")
    libc.ptrace(PTRACE_INTERRUPT, tid, None, None)
    os.waitpid(tid, WALL)
    try:
        yield
    finally:
        libc.ptrace(PTRACE_DETACH, tid, None, None)
