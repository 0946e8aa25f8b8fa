"""systemd as sitens sees it: a private system bus, and on it a stand-in that knows units."""

import itertools
import subprocess

import pytest

import daemon

FAKE = daemon.BUILD / "tests" / "integration" / "fake_systemd"

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""


class Systemd:
    """A bus in a directory; it runs between start() and stop(), and the stand-in with it."""

    def __init__(self, directory):
        if not daemon.SYSTEMD:
            pytest.skip("this build has no systemd: it follows no unit")
        self.socket = directory / "bus"
        self.config = directory / "bus.conf"
        self.config.write_text(CONFIG.format(socket=self.socket))
        self.address = f"unix:path={self.socket}"
        self.units = {}
        self.bus = self.fake = None

    def environment(self):
        """What makes sitens use this bus."""
        return {"DBUS_SYSTEM_BUS_ADDRESS": self.address}

    def start(self):
        self.bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self.config}", "--nofork", "--print-address"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.bus.stdout.readline()
        self.fake = subprocess.Popen(
            [FAKE, self.address, *itertools.chain(*self.units.items())], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1, env=daemon.environment())
        self._await_done()

    def stop(self):
        if not self.bus:
            return
        self.fake.stdin.close()
        self.bus.terminate()
        for process in (self.fake, self.bus):
            process.wait(daemon.PATIENCE)
            process.stdout.close()
        self.socket.unlink(missing_ok=True)
        self.bus = self.fake = None

    def set(self, name, state):
        """The unit has this ActiveState from now on; subscribers are told."""
        self.units[name] = state
        self._command(f"set {name} {state}")

    def tell(self, *words):
        """Another command of fake_systemd.c."""
        self._command(" ".join(words))

    def reexec(self):
        """systemctl daemon-reexec."""
        self._command("reexec")

    def _command(self, line):
        self.fake.stdin.write(line + "\n")
        self._await_done()

    def _await_done(self):
        said = self.fake.stdout.readline()
        assert said == "done\n", f"fake_systemd says {said!r}"
