"""How long one question over TCP takes, alone and beside 240 connections that pipeline."""

import contextlib
import socket
import statistics
import subprocess
import sys
import time

import servers

CROWD = servers.ROOT / "tests" / "integration" / "crowd.py"
CONNECTIONS, QUESTIONS, PATIENCE_S, FAILURES_MAX = 240, 100, 2, 5
QUERY = len(servers.ZONE_ADDRESS).to_bytes(2, "big") + servers.ZONE_ADDRESS


@contextlib.contextmanager
def crowd(server):
    command = [sys.executable, CROWD, servers.ADDRESS, server.port, "greedy", CONNECTIONS]
    with subprocess.Popen([str(word) for word in command], text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        time.sleep(1)  # a server may not let all of them in
        yield
        process.stdin.close()


def ask(server, client):
    """Milliseconds to the answer over a new connection; PATIENCE_S where there is none."""
    begin = time.perf_counter()
    with socket.socket() as sock, contextlib.suppress(OSError):
        sock.settimeout(PATIENCE_S)
        sock.bind((f"127.5.{client}.1", 0))
        sock.connect((servers.ADDRESS, server.port))
        sock.sendall(QUERY)
        if sock.recv(512):
            return (time.perf_counter() - begin) * 1000
    return PATIENCE_S * 1000


def waits(server):
    """{"alone": …, "alone_99": …, "beside": …, "beside_99": …} in milliseconds."""
    result = {}
    for name, company in (("alone", contextlib.nullcontext()), ("beside", crowd(server))):
        with company:
            each = []
            while len(each) < QUESTIONS and each.count(PATIENCE_S * 1000) < FAILURES_MAX:
                each.append(ask(server, len(each)))
        each.sort()
        result[name] = statistics.median(each)
        result[f"{name}_99"] = each[max(len(each) - 2, 0)]
    return result
