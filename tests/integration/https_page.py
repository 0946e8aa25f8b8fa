# SPDX-License-Identifier: ISC
"""docs/https.md by its blocks, and an ACME server that finds names by a resolver."""

import json
import re

import certificates
import daemon
import parents

PAGE = (daemon.ROOT / "docs" / "https.md").read_text()
BLOCKS = re.findall(r"^```.*\n((?:.*\n)*?)```", PAGE, re.M)

UNBOUND = """\
server:
  directory: "{dir}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: {address}
  access-control: 0.0.0.0/0 allow
  module-config: "iterator"
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  local-zone: "test." nodefault
remote-control:
  control-enable: no
{zones}
"""


def block(beginning):
    """The page's block that begins so."""
    found = [each for each in BLOCKS if each.startswith(beginning)]
    assert len(found) == 1, f"docs/https.md: {len(found)} blocks begin with {beginning}"
    return found[0]


def resolver(directory, address, zones):
    """The command that starts a resolver which remembers nothing; zones: unbound's clauses for them."""
    config = directory / "unbound.conf"
    config.write_text(UNBOUND.format(dir=directory, address=address, zones=zones))
    return [parents.needed("unbound"), "-d", "-c", config]


def pebble(directory, address, dns):
    """The command that starts Pebble on port 14000, and the authority of its own certificate."""
    authority = certificates.Authority(directory)
    pem = str(authority.pem(address))
    config = directory / "pebble.json"
    config.write_text(json.dumps({"pebble": {
        "listenAddress": f"{address}:14000", "managementListenAddress": f"{address}:15000",
        "certificate": pem, "privateKey": pem, "httpPort": 80, "tlsPort": 443}}))
    command = ["env", "PEBBLE_VA_NOSLEEP=1", parents.needed("pebble"), "-config", config,
               "-dnsserver", f"{dns}:53"]
    return command, authority
