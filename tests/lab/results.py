# SPDX-License-Identifier: ISC
"""docs/results.md: each measuring command writes its own section, and its plots beside it."""

import datetime
import io
import os
import platform
import re
import subprocess
from pathlib import Path

import thin_svg

DOCS = Path(__file__).resolve().parents[2] / "docs"

# Read as well on white as on black: nothing is filled, and lines and letters are of middling grey.
GREY = "#7d7d7d"
COLOURS = ["#1f9e77", "#3b83c0", "#d9822b", "#b05fb8", "#c94f4f", "#8a8f2a", "#6f7bd0", "#5f9ea0",
           "#a0703c", "#d0699c"]
STYLE = {
    "svg.fonttype": "none",  # letters stay letters
    "svg.hashsalt": "sitens",  # the same figures give the same file
    "font.family": "sans-serif",
    "font.size": 10,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **{key: GREY for key in ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color",
                             "ytick.color", "grid.color")},
}


def figure(**options):
    """pyplot.subplots() in the documents' style."""
    # Whoever does not publish needs no plots.
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update(STYLE, **{"axes.prop_cycle": matplotlib.cycler(color=COLOURS)})
    return pyplot.subplots(layout="constrained", **options)


def save(chart, path):
    """Writes a figure as SVG and forgets it."""
    from matplotlib import pyplot

    drawn = io.StringIO()
    chart.savefig(drawn, format="svg", metadata={"Date": None})
    Path(path).write_text(thin_svg.thin(drawn.getvalue()), encoding="utf-8")
    pyplot.close(chart)


def table(head, rows):
    """A table in Markdown; numbers are formatted by the caller."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def versions(*packages):
    """"unbound 1.17.1, ..." of Debian packages."""
    texts = []
    for package in packages:
        version = subprocess.run(
            ["dpkg-query", "--show", "--showformat=${Version}", package],
            capture_output=True, text=True, check=False,
        ).stdout
        texts.append(f"{package} {re.sub(r'^[0-9]+:|[-+~].*$', '', version) or 'missing'}")
    return ", ".join(texts)


def machine():
    """Where and when this was measured: one sentence."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="ascii"))
    return (f"Measured {datetime.date.today()} on {os.cpu_count()} CPUs "
            f"({model.group(1) if model else platform.machine()}), Linux {platform.release().partition('-')[0]}.")


def publish(section, text, docs=DOCS):
    """Replaces one section of docs/results.md, which has a pair of comments for each."""
    path = docs / "results.md"
    begin, end = f"<!-- {section}: written by its command -->\n", f"<!-- {section}: end -->\n"
    head, _, rest = path.read_text(encoding="utf-8").partition(begin)
    _, found, tail = rest.partition(end)
    if not found:
        raise ValueError(f"{path}: no comments for the section {section}")
    path.write_text(head + begin + text.rstrip("\n") + "\n" + end + tail, encoding="utf-8")
