#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""A router in user space, for there may be no netem: delay, loss, and cables to pull.

Every host has a TUN device; the router reads what one sends and, once both distances have passed,
writes it to the one that has the destination address. So UDP, TCP and ICMP are delayed alike. A
host without cable gets nothing and nothing of it arrives; nobody is told, as in life.

Runs as a process of its own: router.py on its end of a socket pair as standard input.
"""

import contextlib
import heapq
import json
import os
import random
import select
import socket
import subprocess
import sys
import time

from priority import be_on_time

PACKET = 65536
BURST = 64  # packets of one host before the others' turn


class Router:
    """The process, as the lab sees it; exists while the context lasts."""

    def __enter__(self):
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = subprocess.Popen([sys.executable, __file__], stdin=theirs)
        theirs.close()
        return self

    def __exit__(self, *_):
        self.control.close()
        self.process.wait()

    def set(self, address, tun=None, **properties):
        """Changes properties of the host with this address; they hold when this returns.

        tun: the descriptor of its device, once. distance_ms: one way, to everybody.
        plugged: whether it has its cable. loss: the share of packets lost each way, 0 to 1.
        """
        self._tell(address, tun, **properties)

    def _tell(self, address, tun=None, **properties):
        message = json.dumps({"address": address, **properties}).encode()
        socket.send_fds(self.control, [message], [] if tun is None else [tun])
        return json.loads(self.control.recv(PACKET))

    def statistics(self):
        """{"packets": so far, "late_ms": how much too late one was delivered at worst, since the
        last call}."""
        return self._tell(None)


class Port:
    """Where a host is attached."""

    def __init__(self, tun):
        self.tun = tun
        self.distance_ms, self.plugged, self.loss = 0, True, 0

    def passes(self):
        return self.plugged and (not self.loss or random.random() >= self.loss)


class Forwarder:
    """Inside the process."""

    def __init__(self, control):
        self.control = control
        self.ports, self.by_tun = {}, {}
        self.queue = []  # of (due, number, port, packet)
        self.packets, self.late_s = 0, 0
        self.poll = select.epoll()
        self.poll.register(control, select.EPOLLIN)

    def run(self):
        while True:
            wait_s = max(0, self.queue[0][0] - time.monotonic()) if self.queue else None
            for fd, _ in self.poll.poll(wait_s):
                if fd != self.control.fileno():
                    self._receive(self.by_tun[fd])
                elif not self._obey():
                    return
            self._deliver()

    def _obey(self):
        """Executes one message of Router.set()."""
        message, tuns, _, _ = socket.recv_fds(self.control, PACKET, 1)
        if not message:
            return False
        properties = json.loads(message)
        address = properties.pop("address")
        if tuns:
            port = self.ports[socket.inet_aton(address)] = self.by_tun[tuns[0]] = Port(tuns[0])
            os.set_blocking(port.tun, False)
            self.poll.register(port.tun, select.EPOLLIN)
        for name, value in properties.items():
            setattr(self.ports[socket.inet_aton(address)], name, value)
        self.control.send(json.dumps(
            {"packets": self.packets, "late_ms": round(self.late_s * 1000, 1)}).encode())
        if address is None:
            self.late_s = 0
        return True

    def _receive(self, source):
        for _ in range(BURST):
            try:
                packet = os.read(source.tun, PACKET)
            except BlockingIOError:
                return
            target = self.ports.get(packet[16:20])
            if packet[0] >> 4 != 4 or not target or not source.passes():
                continue
            due = time.monotonic() + (source.distance_ms + target.distance_ms) / 1000
            self.packets += 1
            heapq.heappush(self.queue, (due, self.packets, target, packet))

    def _deliver(self):
        while self.queue and self.queue[0][0] <= time.monotonic():
            due, _, target, packet = heapq.heappop(self.queue)
            self.late_s = max(self.late_s, time.monotonic() - due)
            if target.passes():
                with contextlib.suppress(OSError):  # its queue is full: lost
                    os.write(target.tun, packet)


if __name__ == "__main__":
    be_on_time()
    Forwarder(socket.socket(fileno=sys.stdin.fileno())).run()
