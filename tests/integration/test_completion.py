"""Completion in bash and zsh: what they offer is what each program has."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

import daemon

COMPLETION = os.path.join(os.path.dirname(__file__), "../../deploy/completion")
PROGRAMS = {"sitens": daemon.SITENS, "parentgen": daemon.PARENTGEN,
            "sitensctl": daemon.SITENS.parent / "sitensctl"}

SITE_FILE = """\
[zone]
name = get.example.org ; the name

[site here]
nameserver = a.example.org
address = 192.0.2.1
"""

# /etc is one of its own, which has site files only, and the part of bash-completion that is there from
# 2.12 on; the shells find the programs in bin.
BEGIN = """\
mkdir -p kept && cp -r /etc/bash_completion.d kept 2>/dev/null
mount -t tmpfs none /etc && mv kept/* /etc 2>/dev/null
mkdir /etc/sitens && cp *.conf /etc/sitens && cd files && exec "$@"
"""

# Alt-* and Ctrl-X a put all that could be completed into the line.
BASH = """\
PS1= PS2=; bind 'set enable-bracketed-paste off'; bind 'set completion-ignore-case off'
. /usr/share/bash-completion/bash_completion
"""
ZSH = """\
unsetopt zle_bracketed_paste prompt_cr prompt_sp; PS1=; unset zle_bracketed_paste
fpath=($ZSH_KIT $fpath); autoload -Uz compinit; compinit -u -D
zstyle ':completion:all:*' completer _all_matches _complete
zstyle ':completion:all:*' insert true
zle -C all complete-word _generic; bindkey '^Xa' all
"""


def said_by(shell, keys, begin, tmp_path, line):
    """Types the line, has all completions put into it, and has the shell print the words."""
    fd, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 5000, 0, 0))
    environment = dict(
        os.environ, TERM="dumb", PATH=f"{tmp_path}/bin:{os.environ['PATH']}", HISTFILE="",
        BASH_COMPLETION_USER_DIR=str(tmp_path / "bash-completion"), ZSH_KIT=str(tmp_path / "zsh"))
    process = subprocess.Popen(
        ["unshare", "-m", "sh", "-c", BEGIN, "sh", *shell], cwd=tmp_path, env=environment,
        stdin=other, stdout=other, stderr=other, start_new_session=True)
    os.close(other)

    def until(pattern, said=""):
        while not (found := re.search(pattern, said)):
            said += os.read(fd, 65536).decode()
        return found

    try:
        os.write(fd, (begin + "echo READ''Y\n").encode())
        until(r"READY\r")
        # Ctrl-A, and what the words are printed by.
        os.write(fd, f"{line}{keys}\x01printf '<%s>' \x05; echo DON''E\n".encode())
        return re.findall(r"<([^<>]*)>", until(r"(<[^\r\n]*)DONE\r?\n")[1])[len(line.split(" ")) - 1:]
    finally:
        process.kill()
        process.wait()
        os.close(fd)


@pytest.fixture(params=["bash", "zsh"])
def offered(request, tmp_path):
    for directory in "bin", "files", "files/below", "bash-completion/completions", "zsh":
        (tmp_path / directory).mkdir(parents=True)
    for name, program in PROGRAMS.items():
        (tmp_path / "bin" / name).symlink_to(program)
        (tmp_path / "bash-completion/completions" / name).symlink_to(
            os.path.realpath(f"{COMPLETION}/kit.bash"))
        (tmp_path / "zsh" / f"_{name}").symlink_to(os.path.realpath(f"{COMPLETION}/kit.zsh"))
    (tmp_path / "get.example.org.conf").write_text(SITE_FILE)
    for name in "one.conf", "two.conf", "three.txt":
        (tmp_path / "files" / name).touch()

    def complete(line):
        if request.param == "bash":
            found = said_by(["bash", "--norc", "--noprofile"], "\x1b*", BASH, tmp_path, line)
        else:
            found = said_by(["zsh", "-f"], "\x18a", ZSH, tmp_path, line)
        return {word.rstrip("/") for word in found if word}

    return complete


def help_of(program):
    return subprocess.run(
        [PROGRAMS[program], "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_options(offered, program):
    real = set(re.findall(r"^ +(?:-\w, +)?(--[a-z-]+)", help_of(program), re.M))
    assert len(real) > 5
    assert offered(f"{program} --") == real


def test_formats(offered):
    real = set(re.findall(r"^ {20,}([a-z0-9-]+)  ", help_of("parentgen"), re.M))
    assert len(real) > 10
    assert offered("parentgen --format ") == real
    assert offered("parentgen -f terraform-") == {each for each in real if "terraform-" in each}


def test_files(offered):
    assert offered("parentgen --lint ") == {"one.conf", "two.conf", "below"}
    assert offered("sitens --test ") == {"one.conf", "two.conf", "below"}
    assert offered("sitens --metrics ") == {"one.conf", "two.conf", "three.txt", "below"}


def test_sites(offered):
    assert offered("sitens --site ") == {"here"}
    assert offered("sitens -s h") == {"here"}


def test_nothing_to_offer(offered):
    assert offered("sitens --workers ") == set()


def test_verbs_and_names(offered):
    verbs = set(re.findall(r"^  ([a-z]{2,})(?: NAME)?  ", help_of("sitensctl"), re.M))
    assert verbs == {"status", "out", "in", "auto"}
    assert offered("sitensctl ") == verbs
    assert offered("sitensctl out ") == {"get.example.org"}
    assert offered("sitensctl --runtime out get") == {"get.example.org"}
    assert offered("sitensctl --runtime o") == {"out"}
