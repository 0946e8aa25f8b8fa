"""What a running server costs: CPU time and memory, of all its processes and threads."""

import os
import pathlib
import signal
import subprocess

PROC = pathlib.Path("/proc")


class Running:
    """A server that was started, with its children."""

    def __init__(self, command, log, environment=None):
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, env={**os.environ, **(environment or {})})
        self.log = log

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def processes(self, pid=None):
        """The process and all that descend from it."""
        pid = pid or self.process.pid
        yield PROC / str(pid)
        for children in (PROC / str(pid) / "task").glob("*/children"):
            for child in children.read_text().split():
                yield from self.processes(int(child))

    def threads(self):
        return [task for process in self.processes() for task in (process / "task").iterdir()]

    def pin(self, cpus):
        for thread in self.threads():
            os.sched_setaffinity(int(thread.name), cpus)

    def cpu_ns(self):
        """Of the threads there are; one that has ended takes its time with it."""
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in self.threads())

    def ticks(self):
        """User and system time in clock ticks: a sample of where the CPU time goes."""
        fields = [(process / "stat").read_text().rpartition(")")[2].split()
                  for process in self.processes()]
        return sum(int(f[11]) for f in fields), sum(int(f[12]) for f in fields)

    def memory(self):
        """Resident, anonymous and proportional set size in MB."""
        sums = {"rss": 0, "anonymous": 0, "pss": 0}
        for process in self.processes():
            sums["rss"] += number(process / "status", "VmRSS:")
            sums["anonymous"] += number(process / "status", "RssAnon:")
            sums["pss"] += number(process / "smaps_rollup", "Pss:")
        return {name: kib / 1024 for name, kib in sums.items()}


def number(path, key):
    """The number behind key in a file of lines `key number unit`."""
    for line in path.read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    return 0
