"""Places that take what is written to them, and then never again until they are let go."""

import contextlib
import ctypes
import os
import pathlib
import pty
import re
import socket
import time

import pytest

import daemon

libc = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2
CLONE_NEWNS = 0x00020000


def fill(fd, chunk=b"x" * 4096):
    """Writes to a descriptor until nothing fits; it is left as it was, that is blocking."""
    os.set_blocking(fd, False)
    while chunk:
        try:
            os.write(fd, chunk)
        except BlockingIOError:
            chunk = chunk[:len(chunk) // 2]
    os.set_blocking(fd, True)


class Pipe:
    """A pipe whose reader has stopped. path: the end to write to."""

    def __init__(self, directory):
        self.path = directory / "pipe"
        os.mkfifo(self.path)
        self.reader = os.open(self.path, os.O_RDWR)
        fill(self.reader)

    def read_all(self, pattern):
        """What comes out, up to a text."""
        text, deadline = b"", time.monotonic() + daemon.PATIENCE
        while pattern.encode() not in text:
            assert time.monotonic() < deadline, text
            text += os.read(self.reader, 65536)
        return text.decode()

    def close(self):
        os.close(self.reader)


class Terminal:
    """A terminal of which nobody reads."""

    def __init__(self, _):
        self.master, self.slave = pty.openpty()
        self.path = pathlib.Path(os.ttyname(self.slave))
        os.set_blocking(self.slave, False)
        fill(self.slave)

    def close(self):
        os.close(self.master)
        os.close(self.slave)


class Datagrams:
    """A socket whose queue is full, for the journal and the service manager."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        path.chmod(0o777)
        while self._write():  # until it is the queue that is full, not the writer's own buffer
            pass

    def _write(self):
        """How much a new writer can write."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
            writer.connect(str(self.path))
            writer.setblocking(False)
            for number in range(1 << 20):
                try:
                    writer.send(b"x")
                except BlockingIOError:
                    return number

    def read_until(self, pattern):
        """The datagrams after those that fill it, up to one that matches."""
        self.socket.settimeout(daemon.PATIENCE)
        texts = []
        while not texts or not re.search(pattern, texts[-1]):
            if (text := self.socket.recv(65536)) != b"x":
                texts.append(text.decode())
        return texts

    def close(self):
        self.socket.close()


def mount(server, path):
    """Mounts FUSE, whose server says nothing. Returns errno, or 0."""
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0,allow_other"
    return libc.mount(b"hang", str(path).encode(), b"fuse.hang", 0, options.encode()) and ctypes.get_errno()


class FileSystem:
    """A file system that does not answer."""

    def __init__(self, path):
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            pytest.skip("a file system that hangs needs root and /dev/fuse")
        self.path = path
        path.mkdir()
        self.server = os.open("/dev/fuse", os.O_RDWR)
        if error := mount(self.server, path):
            os.close(self.server)
            pytest.skip(f"mount: {os.strerror(error)}")

    def close(self):
        """Whoever waits for it is told that it is gone."""
        os.close(self.server)
        libc.umount2(str(self.path).encode(), MNT_DETACH)


def elsewhere(namespace, function):
    """Calls function in a mount namespace: in a process of its own, for only such a one may enter."""
    child = os.fork()
    if child == 0:
        failed = libc.setns(os.open(namespace, os.O_RDONLY), CLONE_NEWNS) or function()
        os._exit(1 if failed else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextlib.contextmanager
def over(path, namespace):
    """A file system that does not answer, over a directory of another mount namespace."""
    server = os.open("/dev/fuse", os.O_RDWR)
    try:
        assert elsewhere(namespace, lambda: mount(server, path)) == 0
        yield
    finally:
        os.close(server)
        assert elsewhere(namespace, lambda: libc.umount2(str(path).encode(), MNT_DETACH)) == 0
