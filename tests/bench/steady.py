"""The figures that are the same on every machine: instructions, system calls, allocations."""

import contextlib
import mmap
import re
import shutil
import signal
import struct
import subprocess

import servers


def ask(server, *arguments):
    """Runs the generator against a server; returns what it says."""
    command = [servers.BENCH / "bench-generator", *server.arguments, *arguments, servers.ADDRESS,
               server.port, servers.NAME]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise RuntimeError(f"{server.name}: {done.stderr}{done.stdout}")
    return done.stdout


@contextlib.contextmanager
def started(server, **options):
    for name, value in options.items():
        setattr(server, name, value)
    try:
        server.start_s = server.start()
        yield server
    finally:
        server.stop()
        server.wrapper, server.environment = (), {}


def instructions(server, n, *arguments, inside=None):
    """Instructions in user space for each query: what 2 n queries cost more than n.

    inside: count those of this function and what it calls only, not those of other threads.
    """
    totals = []
    for queries in (n, 2 * n):
        directory = server.directory / "callgrind"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        wrapper = ["valgrind", "-q", "--tool=callgrind", "--trace-children=yes",
                   f"--callgrind-out-file={directory}/%p",
                   *([f"--toggle-collect={inside}"] if inside else [])]
        with started(server, wrapper=wrapper):
            ask(server, "-p", "wave", "-n", queries, *arguments)
        text = "".join(path.read_text() for path in directory.iterdir())
        counts = [int(total) for total in re.findall(r"^totals: (\d+)", text, re.M)]
        if not counts:
            raise RuntimeError(f"{server.name}: callgrind left no totals")
        totals.append(sum(counts))
    return (totals[1] - totals[0]) / n


def system_calls(server, n, *arguments):
    """System calls of the whole process for each query."""
    report = server.directory / "strace"
    with started(server):
        command = ["strace", "-f", "-c", "-U", "calls,name", "-o", str(report)]
        for process in server.running.processes():
            command += ["-p", process.name]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
            for _ in server.running.processes():
                tracer.stderr.readline()  # attached
            ask(server, "-p", "wave", "-n", n, *arguments)
            tracer.send_signal(signal.SIGINT)
            tracer.stderr.read()
    text = report.read_text()
    total = re.search(r"^ *(\d+) total$", text, re.M)
    if not total:
        raise RuntimeError(f"{server.name}: strace says {text!r}")
    return int(total[1]) / n


def allocations(server, n, *arguments):
    """Allocations and locks for each query in the threads that answer queries."""
    count = server.directory / "count"
    count.write_bytes(bytes(8))
    environment = {"LD_PRELOAD": str(servers.BENCH / "libbench-allocations.so"),
                   "BENCH_COUNT": str(count)}
    with open(count, "r+b") as file, mmap.mmap(file.fileno(), 8) as memory:
        with started(server, environment=environment):
            ask(server, "-p", "wave", "-n", 100, *arguments)  # the first of each kind
            before, = struct.unpack("Q", memory[:])
            ask(server, "-p", "wave", "-n", n, *arguments)
            after, = struct.unpack("Q", memory[:])
    if before == 0:
        raise RuntimeError("the counter does not count")
    return (after - before) / n
