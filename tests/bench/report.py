"""The tables and the plot of a run."""

import statistics
from xml.sax.saxutils import escape


def median(values):
    return statistics.median(values) if values else None


def number(value, digits=2):
    return "" if value is None else f"{value:.{digits}f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def ratios(ours, theirs, key):
    """The ratios of the rounds that both took part in, with a time above the clock's grain."""
    return [a[key] / b[key] for a, b in zip(ours, theirs) if a and b and b[key]]


def spread(values):
    """Median and quartiles of ratios."""
    if not values:
        return ""
    if len(values) < 3:
        return number(median(values))
    low, _, high = statistics.quantiles(values, n=4)
    return f"{median(values):.2f} ({low:.2f}–{high:.2f})"


def load_table(rounds, base):
    """One load: {server: [result of each round]}; base is the server to compare with."""
    rows = []
    for name, results in rounds.items():
        each = [r for r in results if r]
        row = [name, number(median([r["cpu_us"] for r in each])),
               spread(ratios(results, rounds[base], "cpu_us")),
               spread(ratios(rounds["sitens"], results, "cpu_us")) if name != "sitens" else "",
               f"{median([r['qps'] for r in each]) / 1000:.1f}",
               number(median([100 * r["user"] for r in each if r["user"] is not None]), 0),
               number(median([100 * r["busy"] for r in each]), 0)]
        if "p50_us" in each[0]:
            row += [number(median([r[key] for r in each]), 0) for key in ("p50_us", "p99_us")]
        rows.append(row)
    head = ["server", "CPU µs a query", f"to {base}", "sitens to it", "answers/s (1000)", "user %",
            "busy %"]
    if len(rows[0]) > len(head):
        head += ["p50 µs", "p99 µs"]
    return table(head, rows)


def load_ratios(load, base):
    """What each server spends under one load, to what it spends under another in the same round."""
    return table(["server", "ratio"], [
        [name, spread(ratios(results, base[name], "cpu_us"))] for name, results in load.items()
        if name in base])


def plain_table(results, columns):
    """{server: {key: value}} with columns (key, title, digits)."""
    return table(["server", *(title for _, title, _ in columns)],
                 [[name, *(number(values.get(key), digits) for key, _, digits in columns)]
                  for name, values in results.items()])


COLOURS = {"sitens": "#0a7d4f", "echo": "#888888"}


def plot(title, panels):
    """An SVG of bars: panels are (heading, {server: value})."""
    bar, gap, left, width = 16, 34, 130, 250
    n = max(len(values) for _, values in panels)
    height = 40 + gap + n * bar
    parts = []
    for i, (heading, values) in enumerate(panels):
        x, y = i * (left + width + 30), 36
        longest = max(values.values())
        parts.append(f'<text x="{x + left}" y="{y}" font-weight="bold">{escape(heading)}</text>')
        for j, (name, value) in enumerate(sorted(values.items(), key=lambda item: item[1])):
            top = y + 10 + j * bar
            colour = COLOURS.get(name.partition(",")[0], "#4a78b5")
            parts.append(
                f'<text x="{x + left - 6}" y="{top + 11}" text-anchor="end">{escape(name)}</text>'
                f'<rect x="{x + left}" y="{top}" width="{width * value / longest * .8:.1f}" '
                f'height="{bar - 3}" fill="{colour}"/>'
                f'<text x="{x + left + width * value / longest * .8 + 4:.1f}" y="{top + 11}">'
                f'{value:.2f}</text>')
    total = len(panels) * (left + width + 30)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{height}" '
            f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" '
            f'fill="white"/><text x="8" y="16" font-weight="bold">{escape(title)}</text>'
            + "".join(parts) + "</svg>\n")
