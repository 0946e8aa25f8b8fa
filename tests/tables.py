"""The tables of docs/coverage.md, which the commands that measure write themselves."""

import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "coverage.md"


def share(part, whole):
    """Two cells."""
    return (f"{part} of {whole}", f"{100 * part // whole} %") if whole else ("", "")


def markdown(head, rows):
    return "".join("| " + " | ".join(row) + " |\n" for row in [head, ["---"] * len(head), *rows])


def publish(section, text):
    """Replaces what stands between two comments of the page."""
    begin, end = f"<!-- {section}: written by its command -->\n", f"<!-- {section}: end -->\n"
    head, tail = re.fullmatch(f"(?s)(.*{begin}).*?({end}.*)", PAGE.read_text()).groups()
    PAGE.write_text(head + text + tail)
