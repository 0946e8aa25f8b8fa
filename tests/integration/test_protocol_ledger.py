"""docs/rfcs.md names files and tests; all of them exist."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LEDGER = ROOT / "docs" / "rfcs.md"
ROWS = [[cell.strip() for cell in line.strip("|\n").split("|")]
        for line in LEDGER.read_text().splitlines()
        if re.match(r"\| \d", line)]


def source_of(place):
    """The text of the test file that the first half of a reference stands for."""
    if place.endswith(".c"):
        paths = [ROOT / "tests" / "unit" / f"test_{place}"]
    else:
        paths = [ROOT / "tests" / "integration" / f"test_{prefix}{place}.py"
                 for prefix in ("protocol_", "")]
    return "".join(path.read_text() for path in paths if path.exists())


def exists(reference):
    place, name = reference.split("/")
    prefix = r"\(void \*\*state\)" if place.endswith(".c") else r"\("
    return re.search(rf"\b{'' if place.endswith('.c') else 'test_'}{name}{prefix}", source_of(place))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_row(row):
    _, _, what, status, where, shown = row
    assert what and re.match(r"(kept|elsewhere|n/a|not kept)\b", status)
    for path in re.findall(r"`([^`]+)`", where):
        assert (ROOT / path).is_file(), path
    for reference in shown.split():
        assert exists(reference), reference
    if status.startswith("kept"):
        assert where or shown


def test_every_rfc_that_the_sources_name_is_in_the_ledger():
    ledger = LEDGER.read_text()
    for path in sorted((ROOT / "sitens" / "dns").glob("*.[ch]")):
        for rfc in re.findall(r"\bRFC (\d+)", path.read_text()):
            assert re.search(rf"\b{rfc}\b", ledger), f"{path.name}: RFC {rfc}"
