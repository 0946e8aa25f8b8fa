"""Site files for the tests: frequent checks, and whatever a test changes.

The timeout is long: a busy machine must not make a good web server look ill.
"""

ADDRESS = "192.0.2.10"
ADDRESS6 = "2001:db8:2::10"


def text(sections):
    """The site file of {section: {key: value}}; a list stands for a repeated key."""
    texts = []
    for name, keys in sections.items():
        lines = [f"[{name}]"]
        for key, value in keys.items():
            lines += [f"{key} = {each}" for each in (value if isinstance(value, list) else [value])]
        texts.append("\n".join(lines) + "\n")
    return "\n".join(texts)


def sections(url, name="get.example.test", **changes):
    """The sections of a site file with two sites, dc1 being the one under test.

    changes: by section, keys to add or replace, or None to leave the section out. A name's
    underscores stand for spaces: site_dc1={"preference": 20}, check={"fall": 1}, policy=None.
    """
    made = {
        "zone": {"name": name, "ttl": 60, "negative-ttl": 30},
        "site dc1": {"nameserver": "get.dc1.example.test", "address": f"{ADDRESS} {ADDRESS6}"},
        "site dc2": {"nameserver": "get.dc2.example.test", "address": "198.51.100.20"},
        "check": {
            "url": url, "interval": "100ms", "fast-interval": "50ms", "timeout": "10s",
            "fall": 2, "rise": 2},
        "policy": {"hold-down": "0s"},
    }
    for section, keys in changes.items():
        section = section.replace("_", " ")
        if keys is None:
            made.pop(section)
        else:
            made[section] = {**made.get(section, {}), **keys}
    return made
