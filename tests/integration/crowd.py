#!/usr/bin/python3
"""Many TCP connections that all do the same, as hard as one process can: a crowd.

    crowd.py ADDRESS[,ADDRESS]... PORT HABIT NUMBER [CLIENTS]

NUMBER connections come from CLIENTS addresses (default: one for each 30 of them) to the ADDRESSes in
turn. Whoever is closed comes again. It says "ready" when every connection was open once, and for each line of input how
many octets all have received so far; it ends with its input.
"""

import errno
import selectors
import socket
import sys
import time

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
QUERY = b"\x12\x34\0\0\0\1\0\0\0\0\0\0\3get\7example\4test\0\0\1\0\1"
FRAME = len(QUERY).to_bytes(2, "big") + QUERY
BLOCK = memoryview(FRAME * 1500)

SLOW_S = 0.2  # "slow" sends an octet each so often, and is done before it counts as idle

# What each does: how much it sends at a time, of how many queries; whether it reads; what it does
# when all is sent, None: nothing more.
HABITS = {
    "greedy": (len(BLOCK), None, True, None),
    "deaf": (len(BLOCK), None, False, None),
    "octet by octet": (1, None, True, None),
    "slow": (1, None, True, None),
    "half-closed": (len(BLOCK), 500, True, "half-close"),
    "idle": (len(FRAME), 1, True, None),
    "one query": (len(FRAME), 1, True, "await"),
    "no query": (0, 0, False, "close"),
}


class Crowd:
    def __init__(self, addresses, port, habit, number, clients):
        self.addresses, self.port = addresses, port
        self.slow = habit == "slow"
        self.piece, self.queries, self.reads, self.after = HABITS[habit]
        self.number, self.clients = number, clients
        self.selector = selectors.DefaultSelector()
        self.buffer = bytearray(1 << 18)
        self.received = 0
        self.opened = set()

    def open(self, index):
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = index % self.clients
        sock.bind((f"127.4.{client // 250}.{client % 250 + 1}", 0))
        target = self.addresses[index % len(self.addresses)], self.port
        if sock.connect_ex(target) not in (0, errno.EINPROGRESS):
            raise RuntimeError("no connection")
        left = None if self.queries is None else self.queries * len(FRAME)
        self.selector.register(sock, WRITE | READ, [index, 0, left])

    def again(self, key):
        self.selector.unregister(key.fileobj)
        key.fileobj.close()
        self.open(key.data[0])

    def send(self, key):
        index, at, left = key.data
        self.opened.add(index)
        piece = self.piece if left is None else min(self.piece, left)
        sent = key.fileobj.send(BLOCK[at:at + piece]) if piece else 0
        key.data[1] = (at + sent) % len(BLOCK)
        if left is None:
            if self.slow:
                self.selector.modify(key.fileobj, READ, key.data)
            elif not self.reads and sent < piece:
                self.selector.modify(key.fileobj, WRITE, key.data)
            return
        key.data[2] = left - sent
        if key.data[2] == 0:
            if self.after == "close":
                self.again(key)
                return
            if self.after == "half-close":
                key.fileobj.shutdown(socket.SHUT_WR)
            self.selector.modify(key.fileobj, READ, key.data)

    def receive(self, key):
        """Returns whether the connection goes on."""
        n = key.fileobj.recv_into(self.buffer)
        self.received += n
        return n > 0 and self.after != "await"

    def meet(self, key, events):
        try:
            if events & READ and self.reads and not self.receive(key):
                self.again(key)
            elif events & WRITE:
                self.send(key)
        except BlockingIOError:
            pass
        except OSError:
            self.again(key)

    def run(self):
        self.selector.register(sys.stdin, READ)
        for index in range(self.number):
            self.open(index)
        said, wake = False, time.monotonic() + SLOW_S
        while True:
            if self.slow and time.monotonic() > wake:
                wake = time.monotonic() + SLOW_S
                for key in list(self.selector.get_map().values()):
                    if key.fileobj is not sys.stdin:
                        self.selector.modify(key.fileobj, READ | WRITE, key.data)
            for key, events in self.selector.select(SLOW_S if self.slow else None):
                if key.fileobj is not sys.stdin:
                    self.meet(key, events)
                elif sys.stdin.readline():
                    print(self.received, flush=True)
                else:
                    return
            if not said and len(self.opened) == self.number:
                said = True
                print("ready", flush=True)


def main():
    address, port, habit, number = sys.argv[1:5]
    clients = int(sys.argv[5]) if len(sys.argv) > 5 else (int(number) + 29) // 30
    Crowd(address.split(","), int(port), habit, int(number), clients).run()


if __name__ == "__main__":
    main()
