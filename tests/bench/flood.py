"""Whether a flood of queries delays the checks: sitens and the flood share one CPU."""

import socket
import statistics
import threading
import time

import servers
import steady

INTERVAL_S = 0.1


class WebServer(threading.Thread):
    """Answers the requests of a check and notes when."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.times = []

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            self.times.append(time.monotonic())
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
            connection.close()

    def late_ms(self, since):
        """By how much each interval between two checks since then was too long or short."""
        times = [moment for moment in self.times if moment >= since]
        return [abs(b - a - INTERVAL_S) * 1000 for a, b in zip(times, times[1:])]


def check_delays(directory, number, bear, load, seconds):
    """{"quiet": (p50, p99), "flood": (p50, p99)} in milliseconds."""
    web = WebServer()
    web.start()
    servers.site_file(directory)
    path = directory / f"{servers.NAME}.conf"
    port = web.listener.getsockname()[1]
    path.write_text(path.read_text().replace(f"file = {directory}", f"url = http://127.0.0.1:{port}/")
                    .replace("interval = 1h", f"interval = {INTERVAL_S * 1000:.0f}ms"))
    delays = {}
    with steady.started(servers.Sitens(directory / "run", number, files=directory)) as server:
        for name, put in (("quiet", lambda: time.sleep(seconds)),
                          ("flood", lambda: bear(server, load, seconds))):
            begin = time.monotonic()
            put()
            each = web.late_ms(begin)
            delays[name] = (statistics.median(each), statistics.quantiles(each, n=100)[98])
    return delays
