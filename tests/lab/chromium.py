# SPDX-License-Identifier: ISC
"""Chromium without a screen, driven by the DevTools protocol over a pipe.

As a user has it: its own resolver, its sandbox, a fresh profile. Nothing of it is told that it is
driven (chromedriver's --enable-automation turns off that error pages reload themselves).
"""

import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from lan import wait_for

PROGRAM = "/usr/bin/chromium"
PATIENCE_S = 30

# It runs as nobody, with the resolver as its only one; the pipe is on descriptors 3 and 4.
START = """
mount --bind {directory}/resolv.conf /etc/resolv.conf &&
mount --bind {directory}/nsswitch.conf /etc/nsswitch.conf &&
exec setpriv --reuid=nobody --regid=nogroup --clear-groups "$@" 3<&0 4>&1 </dev/null >/dev/null
"""
SILENT_NAMES = ("*.google.com", "*.googleapis.com", "*.gstatic.com")
FLAGS = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--no-first-run",
    "--ignore-certificate-errors",  # the web servers' are their own
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=" + ",".join(f"MAP {name} ~NOTFOUND" for name in SILENT_NAMES),
]
SYSTEM_RESOLVER = "--disable-features=AsyncDns"  # getaddrinfo() in place of its own


@dataclasses.dataclass
class Load:
    """One attempt to load a document. Times are those of time.monotonic().

    error: "net::ERR_..." or None. timing: as the protocol's ResourceTiming has it, in ms.
    """

    url: str
    start: float
    end: float | None = None
    error: str | None = None
    address: str | None = None
    timing: dict | None = None

    @property
    def good(self):
        return self.end is not None and self.error is None

    @property
    def failed(self):
        """Whether it ended by itself, and without the document."""
        return self.error not in (None, "net::ERR_ABORTED")

    def phase_ms(self, name):
        """How long "dns" or "connect" (which includes TLS) took; 0 if there was none."""
        begin, end = self.timing[f"{name}Start"], self.timing[f"{name}End"]
        return 0 if begin < 0 else end - begin


class Browser:
    """A running Chromium with one page; exists while the context lasts."""

    def __init__(self, host, resolver_address, flags=()):
        self.directory = Path(tempfile.mkdtemp(prefix="sitens-chromium-"))
        (self.directory / "resolv.conf").write_text(f"nameserver {resolver_address}\n")
        (self.directory / "nsswitch.conf").write_text("hosts: files dns\n")
        profile = self.directory / "profile"
        profile.mkdir()
        self.directory.chmod(0o755)
        shutil.chown(profile, "nobody", "nogroup")
        self.changed = threading.Condition()
        self.replies, self.loads, self.session = {}, {}, None
        self.requests = []  # the URL of everything that was to be loaded
        self.number = self.error_pages = 0
        self.process = host.start(
            "unshare", "--mount", "sh", "-c", START.format(directory=self.directory), "sh", PROGRAM,
            *FLAGS, f"--user-data-dir={profile}", *flags, "about:blank",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={"HOME": str(profile), "TMPDIR": str(profile), "PATH": os.environ["PATH"]})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self):
        try:
            targets = self.call("Target.getTargets")["targetInfos"]
            self._attach(next(each["targetId"] for each in targets if each["type"] == "page"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._send("Browser.close")
            self.process.stdin.close()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(PATIENCE_S)
        self.process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    # What a user does

    def open(self, url):
        """Types an address; returns at once."""
        self._send("Page.navigate", url=url)

    def reload(self, shift=False):
        """Presses the reload button, perhaps with the shift key held; returns at once."""
        self._send("Page.reload", ignoreCache=shift)

    def stop(self):
        """Presses the stop button."""
        self.call("Page.stopLoading")

    def open_privately(self, url):
        """Opens an address in a private window, which is then the page."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        self._attach(self.call(
            "Target.createTarget", url="about:blank", browserContextId=context)["targetId"])
        self.open(url)

    def click(self, element):
        """Clicks on an element, given by its id; returns when."""
        box = json.loads(self.evaluate(
            f"JSON.stringify(document.getElementById('{element}').getBoundingClientRect())"))
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        self.call("Input.dispatchMouseEvent", type="mouseMoved", **place)
        button = {"button": "left", "clickCount": 1, **place}
        self._send("Input.dispatchMouseEvent", type="mousePressed", **button)
        self._send("Input.dispatchMouseEvent", type="mouseReleased", **button)
        return time.monotonic()

    def error_text(self):
        """What the error page says, which is there a moment after a load has failed.

        "" if that is over before it can be read: the page reloads itself after a second.
        """
        with self.changed:
            self.changed.wait_for(lambda: self.error_pages, PATIENCE_S)
        with contextlib.suppress(RuntimeError, TimeoutError):
            return wait_for("the error page's text", lambda: self.evaluate(
                "document.body && document.body.innerText", limit_s=1), limit_s=1)[:200]
        return ""

    def evaluate(self, expression, limit_s=PATIENCE_S):
        """The value of a JavaScript expression."""
        result = self.call("Runtime.evaluate", limit_s, expression=expression)["result"]
        return result.get("value")

    def await_load(self, since, condition=lambda load: load.end, limit_s=PATIENCE_S):
        """The first load that was begun after `since` and meets a condition, or None."""
        def find():
            return next((load for load in list(self.loads.values())
                         if load.start >= since and condition(load)), None)

        with self.changed:
            return self.changed.wait_for(find, limit_s)

    def loads_since(self, since):
        with self.changed:
            return [load for load in self.loads.values() if load.start >= since]

    # The protocol

    def _attach(self, target):
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        self.call("Network.enable")
        self.call("Page.enable")

    def _send(self, method, **parameters):
        message = {"method": method, "params": parameters}
        if self.session and not method.startswith(("Browser.", "Target.")):
            message["sessionId"] = self.session
        with self.changed:
            self.number += 1
            message["id"] = self.number
            self.process.stdin.write(json.dumps(message).encode() + b"\0")
            self.process.stdin.flush()
        return message["id"]

    def call(self, method, limit_s=PATIENCE_S, **parameters):
        """Calls a method of the protocol; returns its result."""
        number = self._send(method, **parameters)
        with self.changed:
            if not self.changed.wait_for(lambda: number in self.replies, limit_s):
                raise TimeoutError(f"Chromium: {method}: no reply within {limit_s} s")
            reply = self.replies.pop(number)
        if "error" in reply:
            raise RuntimeError(f"Chromium: {method}: {reply['error']['message']}")
        return reply["result"]

    def _read(self):
        rest = b""
        while data := os.read(self.process.stdout.fileno(), 1 << 16):
            *messages, rest = (rest + data).split(b"\0")
            with self.changed:
                for message in map(json.loads, messages):
                    if "id" in message:
                        self.replies[message["id"]] = message
                    else:
                        self._note(message["method"], message["params"])
                self.changed.notify_all()

    def _note(self, method, event):
        if method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
            if event["type"] == "Document":
                # The protocol's clock is that of time.monotonic().
                self.loads[event["requestId"]] = Load(event["request"]["url"], event["timestamp"])
            return
        if method == "Page.frameNavigated" and "unreachableUrl" in event["frame"]:
            self.error_pages += 1
        load = self.loads.get(event.get("requestId"))
        if not load or load.end:
            return
        if method == "Network.responseReceived":
            load.address = event["response"].get("remoteIPAddress")
            load.timing = event["response"].get("timing")
        elif method == "Network.loadingFinished":
            load.end = event["timestamp"]
        elif method == "Network.loadingFailed":
            load.end, load.error = event["timestamp"], event["errorText"]
