"""Network namespaces, in which addresses and port 53 belong to the test alone."""

import contextlib
import ctypes
import os
import subprocess
import time

CLONE_NEWNET = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)


def enter(path):
    """Moves the calling thread to the network namespace of path."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns: {path}")
    finally:
        os.close(fd)


class Namespace:
    """A network namespace; exists while the context lasts."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self._ip("link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=True)

    def _ip(self, *arguments):
        subprocess.run(["ip", "-n", self.name, *arguments], check=True)

    def add_address(self, address):
        """Adds an address with its prefix length, usable at once."""
        self._ip("addr", "add", address, "dev", "lo", *(["nodad"] if ":" in address else []))
        # The kernel adds the route of an IPv6 address a moment after the address itself.
        route = ["ip", "-n", self.name, "route", "show", "table", "local", address.split("/")[0]]
        if ":" in address:
            route.insert(1, "-6")
        while not subprocess.run(route, check=True, stdout=subprocess.PIPE).stdout:
            time.sleep(0.01)

    def add_network(self, network):
        """All of its addresses are this namespace's."""
        self._ip("route", "add", "local", network, "dev", "lo")

    def add_prohibited(self, address):
        """Whoever sends to the address is refused by the kernel, as by a firewall."""
        self._ip("route", "add", "prohibit", address)

    def add_addresses(self, addresses):
        """Adds many, which are there some time later."""
        commands = "".join(f"addr add {address} dev lo\n" for address in addresses)
        subprocess.run(["ip", "-n", self.name, "-batch", "-"], input=commands, text=True, check=True)

    def add_unplugged(self, address):
        """Adds an interface without a carrier that has the address."""
        self._ip("link", "add", "plug", "type", "veth", "peer", "name", "socket")
        self._ip("link", "set", "plug", "up")
        self._ip("addr", "add", address, "dev", "plug")

    @contextlib.contextmanager
    def inside(self):
        """The calling thread, the sockets it makes and the processes it starts are in it."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter(f"/run/netns/{self.name}")
            yield
        finally:
            enter(f"/proc/self/fd/{home}")
            os.close(home)
