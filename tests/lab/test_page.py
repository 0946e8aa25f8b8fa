# SPDX-License-Identifier: ISC
"""The page of parentgen --html in a real browser: on a phone, by day and by night, without colour.

It is made of a small world that has a site of each kind, and texts that want to be more than text.
"""

import contextlib
import http.server
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import chromium
import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent / "integration"))
import fakeserver  # noqa: E402
import namespace  # noqa: E402
import webserver  # noqa: E402
import world as worlds  # noqa: E402

PHONE = 360  # pixels, of the narrowest that is still around
URL = f"http://{worlds.NAME}/" + 200 * "x"
EVIL = "<script>document.title='run'</script><img src='//evil.test/x'>"

# The least contrast of any text with what it stands on, by WCAG 2.
CONTRAST = """
(() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= 0.04045 ? c / 12.92
    : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (; element; element = element.parentElement) {
      const colour = parse(getComputedStyle(element).backgroundColor);
      if (colour.length == 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const all = [...document.body.querySelectorAll('*')].filter(element => [...element.childNodes]
    .some(node => node.nodeType == 3 && node.data.trim()));
  const ratios = all.map(element => {
    const style = getComputedStyle(element);
    const inPicture = element.closest('svg');
    const box = inPicture && inPicture.querySelector('.box');
    const front = light(parse(inPicture ? style.fill : style.color));
    const back = light(inPicture ? parse(getComputedStyle(box).fill) : ground(element));
    return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
  });
  return JSON.stringify([all.length, Math.min(...ratios)]);
})()
"""


class Host:
    """This one, with what chromium.Browser wants of a host."""

    @staticmethod
    def start(*command, **options):
        return subprocess.Popen(command, stderr=subprocess.DEVNULL, **options)


@contextlib.contextmanager
def serving(text):
    """A web server that has the page; gives its URL and the paths that are asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(text if self.path == "/" else b"")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def watched(world):
    """The page of a watch, once it has seen a change."""
    page = world.directory / "page.html"
    command = [worlds.daemon.PARENTGEN, "--check", "--watch=1", "--html", page, "--url", URL,
               "--parent", worlds.PARENT, world.path]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as watch:
        try:
            worlds.daemon.await_true("the page", page.exists)
            world.users[0].answer = webserver.response(500)
            worlds.daemon.await_true("the change", lambda: "and got 200" in page.read_text())
        finally:
            watch.terminate()
    return page.read_bytes()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with namespace.Namespace(f"sitens-page-{os.getpid()}") as netns, worlds.world(
            netns, tmp_path_factory.mktemp("page")) as world:
        world.start_parent(change=lambda text: text + "get 3600 IN NS a<b>.x\n")
        world.start_fake("dc1", nsid=EVIL.encode())
        world.start_fake("dc2", fakeserver.not_ready)
        world.users = [webserver.WebServer((address, 80)) for address in worlds.SITES["dc1"][1]]
        for server in world.users:
            world.stack.callback(server.close)
        yield watched(world)


@pytest.fixture(scope="module")
def shown(page):
    """The browser, with the page in it, and what was asked for meanwhile."""
    if not Path(chromium.PROGRAM).exists():
        pytest.skip("chromium is missing: deploy/install-dependencies lab")
    with serving(page) as (url, asked), chromium.Browser(Host, "127.0.0.1") as browser:
        browser.call("Emulation.setDeviceMetricsOverride", width=PHONE, height=740,
                     deviceScaleFactor=2, mobile=True)
        browser.requests.clear()
        begun = chromium.time.monotonic()
        browser.open(url)
        assert browser.await_load(begun, lambda load: load.good)
        yield browser, url, asked


def test_loads_nothing_else(shown):
    browser, url, asked = shown
    # Its own reload may come meanwhile; data: is no request to anybody.
    assert set(asked) == {"/"}
    assert {each for each in browser.requests if not each.startswith("data:")} == {url}


def test_nothing_runs(shown):
    browser, _, _ = shown
    assert browser.evaluate("document.title").startswith("get.example.test: 1 of 2 sites serve")
    assert browser.evaluate("document.scripts.length + document.images.length") == 0


def test_readable_without_colour(shown):
    """Every state is a word, in the list and in the picture, and a shape."""
    browser, _, _ = shown
    text = browser.evaluate("document.body.innerText")
    for word in ("dc1: serving", "dc2: failing", "HTTP status 500", "Fix:", EVIL, "Last hour",
                 "since before", "and got 200"):
        assert word in text, text
    picture = browser.evaluate("document.querySelector('.scheme').textContent")
    for word in ("example.test", "dc1", "serving", "dc2", "failing", "web server", "500"):
        assert word in picture, picture
    signs = json.loads(browser.evaluate(
        "JSON.stringify([...document.querySelectorAll('.sign')].map(e => e.getAttribute('d')))"))
    assert len(set(signs)) == 2


@pytest.mark.parametrize("width", [PHONE, 320, 1280])
def test_no_sideways_scrolling(shown, width):
    browser, _, _ = shown
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=740, deviceScaleFactor=2,
                 mobile=width < 1000)
    assert browser.evaluate("innerWidth") == width
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    # The picture's text is as large as the least that is read on a phone.
    assert browser.evaluate("Math.min(...[...document.querySelectorAll('.scheme text')].map("
                            "e => e.getBoundingClientRect().height))") >= 10


def test_picture_is_whole(shown):
    """Each text ends before the box that it stands in, and each box within the picture."""
    browser, _, _ = shown
    beyond = browser.evaluate("""
(() => {
  const picture = document.querySelector('.scheme');
  const view = picture.viewBox.baseVal;
  const boxes = [...picture.querySelectorAll('.box')].map(e => e.getBBox());
  const texts = [...picture.querySelectorAll('text')].map(e => [e.getBBox(), e.textContent]);
  const holds = (outer, inner) => inner.x >= outer.x && inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height;
  return JSON.stringify([boxes.filter(box => !holds(view, box)),
    texts.filter(([text]) => !boxes.some(box => holds(box, text))).map(([, text]) => text)]);
})()
""")
    assert json.loads(beyond) == [[], []]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(shown, scheme):
    browser, _, _ = shown
    browser.call("Emulation.setEmulatedMedia", features=[
        {"name": "prefers-color-scheme", "value": scheme}])
    n, least = json.loads(browser.evaluate(CONTRAST))
    assert n > 30 and least >= 4.5
    bright = browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert bright == (scheme == "light")
