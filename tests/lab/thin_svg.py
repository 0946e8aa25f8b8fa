# SPDX-License-Identifier: ISC
"""Makes matplotlib's SVG small: what no reader of the plot can see is left out."""

import collections
import re
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
TOLERANCE = 0.4  # points (1/72 inch): less than the width of a line


def _distance(point, start, end):
    """From point to the line from start to end."""
    (x, y), (ax, ay), (bx, by) = point, start, end
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
    if length == 0:
        return ((x - ax) ** 2 + (y - ay) ** 2) ** 0.5
    return abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length


def simplify(points):
    """The points of a line that it cannot do without (Ramer, Douglas and Peucker)."""
    kept, spans = {0, len(points) - 1}, [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        far = max(range(first + 1, last), default=None,
                  key=lambda i: _distance(points[i], points[first], points[last]))
        if far is not None and _distance(points[far], points[first], points[last]) > TOLERANCE:
            kept.add(far)
            spans += [(first, far), (far, last)]
    return [points[i] for i in sorted(kept)]


def _number(text):
    return f"{round(float(text), 1):g}"


def _path(data):
    """The data of a path: straight lines alone are simplified, everything is rounded."""
    words = data.split()
    text = " ".join(words)
    if re.fullmatch(r"M \S+ \S+( L \S+ \S+)*( z)?", text):
        numbers = [float(word) for word in words if word not in "MLz"]
        points = simplify(list(zip(numbers[::2], numbers[1::2])))
        text = "M" + "L".join(f"{x} {y}" for x, y in points) + ("z" if words[-1] == "z" else "")
    return re.sub(r"-?\d+\.\d+(e-\d+)?", lambda number: _number(number[0]), text)


def _attribute(name, value):
    """An attribute in fewer octets; None: it says nothing."""
    if name == "d":
        return _path(value)
    if name in ("x", "y", "width", "height") and re.fullmatch(r"-?\d+\.\d+", value):
        return _number(value)
    if name == "style":
        value = re.sub(r"(font: \d+px) '[^;]*", r"\1 sans-serif", value)
        return re.sub(r"([:;]) ", r"\1", value)
    if (name == "transform" and value.startswith("rotate(-0 ")) or (
            name == "id" and not re.fullmatch(r"[pm][0-9a-f]{10}", value)):
        return None
    return value


def _thin(element):
    for name, value in list(element.attrib.items()):
        if (value := _attribute(name, value)) is None:
            del element.attrib[name]
        else:
            element.set(name, value)
    children = []
    for child in element:
        _thin(child)
        bare = child.tag == f"{{{SVG}}}g" and not child.attrib
        children += child if bare else [child]
    element[:] = [child for child in children if child.tag != f"{{{SVG}}}metadata"]
    if len(element):
        element.text = "\n"
    for child in element:
        child.tail = "\n"


def _share_styles(root):
    """A style that stands at many elements is written once, as a class."""
    styled = collections.Counter(element.get("style") for element in root.iter())
    shared = [style for style, n in styled.most_common() if style and n > 2]
    names = {style: f"s{i}" for i, style in enumerate(shared)}
    for element in root.iter():
        if element.get("style") in names:
            element.set("class", names[element.attrib.pop("style")])
    sheet = next(root.iter(f"{{{SVG}}}style"))
    sheet.text += "".join(f"\n.{name}{{{style}}}" for style, name in names.items())


def thin(text):
    """The same picture in fewer octets."""
    for prefix, uri in (("", SVG), ("xlink", "http://www.w3.org/1999/xlink")):
        ElementTree.register_namespace(prefix, uri)
    root = ElementTree.fromstring(text)
    _thin(root)
    _share_styles(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"
