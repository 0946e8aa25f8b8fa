# SPDX-License-Identifier: ISC
"""A bridge that joins network namespaces, and how to wait for what happens on them.

The bridge is in a namespace too, so that nothing of it is in the host's.
"""

import subprocess
import time


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, **options)


def wait_for(what, condition, limit_s=30, pause_s=0.02):
    """Returns condition()'s first true value."""
    give_up = time.monotonic() + limit_s
    while not (value := condition()):
        if time.monotonic() > give_up:
            raise TimeoutError(f"{what}: not within {limit_s} s")
        time.sleep(pause_s)
    return value


class Lan:
    """The bridge that joins the nodes."""

    def __init__(self, name):
        self.name = name
        self.netns = f"{name}-lan"

    def __enter__(self):
        run("ip", "netns", "add", self.netns)
        run("ip", "-n", self.netns, "link", "add", "lan", "type", "bridge")
        run("ip", "-n", self.netns, "link", "set", "lan", "up")
        return self

    def __exit__(self, *_):
        run("ip", "netns", "del", self.netns)

    def attach(self, netns, port, addresses):
        """Makes the namespace netns, on the LAN as eth0 with these addresses."""
        run("ip", "netns", "add", netns)
        peer = ("type", "veth", "peer", "eth0", "netns", netns)
        run("ip", "-n", self.netns, "link", "add", port, *peer)
        run("ip", "-n", self.netns, "link", "set", port, "master", "lan", "up")
        run("ip", "-n", netns, "link", "set", "lo", "up")
        run("ip", "-n", netns, "link", "set", "eth0", "up")
        for address in addresses:
            # Nobody else is on this LAN: an IPv6 address may be used at once.
            now = ("nodad",) if ":" in address else ()
            run("ip", "-n", netns, "addr", "add", address, "dev", "eth0", *now)
