# SPDX-License-Identifier: ISC
"""The minimal Debian from which a machine of the lab boots, made once and kept."""

import hashlib
import platform
import re
import shutil
import subprocess
from pathlib import Path

CACHE = Path("/var/tmp/sitens-lab")
HOST_SUITE = platform.freedesktop_os_release()["VERSION_CODENAME"]

SYSTEM = ("systemd", "systemd-sysv", "dbus", "libnss-systemd", "iproute2", "procps")
PACKAGES = (
    *SYSTEM,
    # the servers around sitens
    "nginx-light",
    "apache2",
    "caddy",
    "haproxy",
    "lighttpd",
    "nsd",
    "unbound",
    "prometheus",
    "prometheus-node-exporter",
    # the other system bus
    "dbus-broker",
    # the client
    "curl",
)
# Started by the tests that need them.
DISABLED = ("nginx apache2 caddy haproxy lighttpd nsd unbound prometheus prometheus-node-exporter "
            "dbus-broker").split()
# Without work in a container.
MASKED = ("console-getty.service", "getty.target", "systemd-logind.service",
          "systemd-modules-load.service")


def dependencies(packages):
    """What these package files depend on, so that dpkg can install them without a network."""
    found = set()
    for package in packages:
        field = ["dpkg-deb", "--field", package, "Depends"]
        text = subprocess.run(field, check=True, stdout=subprocess.PIPE, text=True).stdout
        # Of alternatives the first; without versions.
        found |= {item.split("|")[0].split()[0] for item in text.split(",") if item.strip()}
    return sorted(found)


def sources_path(suite):
    """By this name it is found again on the machine, where mmdebstrap puts it."""
    return CACHE / f"{suite}-debian{host_sources().suffix}"


def host_sources():
    found = sorted(Path("/etc/apt/sources.list.d").glob("*debian.sources"))
    return found[0] if found else Path("/etc/apt/sources.list")


def apt_sources(suite):
    """A file that says where this host has Debian's packages from, for a suite; not what else it may
    have."""
    path = sources_path(suite)
    path.write_text(re.sub(rf"\b{HOST_SUITE}\b", suite, host_sources().read_text()))
    return path


def root(packages=PACKAGES, disabled=DISABLED, suite=HOST_SUITE):
    """Returns the directory of a root with these packages; makes it if need be (a minute)."""
    hooks = [f"mask {' '.join(MASKED)}"] if "systemd" in packages else []
    hooks += [f"disable {' '.join(disabled)}"] if disabled else []
    command = [
        # In mounts of its own: Debian 13's makes all it finds private, and `ip netns del` then fails.
        "unshare",
        "--mount",
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        f"--include={','.join(packages)}",
        '--aptopt=APT::Install-Recommends "false"',
        "--dpkgopt=force-unsafe-io",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        *(f'--customize-hook=chroot "$1" systemctl --quiet {hook}' for hook in hooks),
    ]
    key = hashlib.sha256("\n".join([*command, str(sources_path(suite))]).encode()).hexdigest()[:12]
    directory = CACHE / f"{suite}-{key}"
    if directory.exists():
        return directory
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = CACHE / f"unfinished-{key}"
    shutil.rmtree(unfinished, ignore_errors=True)
    if subprocess.run([*command, suite, unfinished, apt_sources(suite)], check=False).returncode:
        raise SystemExit(f"mmdebstrap could not make a root of Debian {suite}; what stands above says "
                         "why. Can Debian's archive be reached from here?")
    unfinished.rename(directory)
    return directory
