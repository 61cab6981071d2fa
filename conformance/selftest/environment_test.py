"""Environments are what they say: a stub writes down what surrounds it."""

import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
RUN = HERE.parent / "run"
ENVIRONMENTS = HERE.parent / "environments"
PIPE = 1 << signal.SIGPIPE - 1
IGNORED = (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)

sys.path.insert(0, str(HERE.parent))

from suite import environment  # noqa: E402

against = environment.reason_against(environment.KNOWN["other-user"])
another_user = pytest.mark.skipif(bool(against), reason=against)


class Told:
    """What the stub has written."""

    def __init__(self, text):
        self.umask, self.soft, self.hard = text.split("\n")[:3]
        self.user = int(re.search(r"^Uid: (\d+)", text, re.M)[1])
        self.blocked, self.ignored = (int(re.search(f"^{n}: (.+)$", text, re.M)[1], 16) for n in ("SigBlk", "SigIgn"))
        self.input = re.search(r"^input (.+)$", text, re.M)[1]
        self.variables = dict(re.findall(r"^(\w+)=(.*)$", text, re.M))


@pytest.fixture
def told(tmp_path):
    """Run one test in an environment, from odd surroundings; what its daemon saw."""

    def go(name, **popen):
        open_to_all(tmp_path)
        marker = tmp_path / "marker"
        toml = tmp_path / "telling.toml"
        toml.write_text(
            f'name = "telling"\nroles = ["daemon"]\n[programs]\nlei-daemon = "{HERE / "telling-daemon"}"\n'
            '[start]\ncommand = ["{lei-daemon}", "none", "{socket}"]\nforeground = true\n'
            f'[environment]\nFAKE_MARKER = "{marker}"\n'
        )
        toml.chmod(0o644)
        argv = [sys.executable, str(RUN), str(toml), "--environment", name, "-k", "command.daemon-pid"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, **popen)
        assert done.returncode == 0, done.stdout + done.stderr
        return Told(marker.read_text())

    return go


def open_to_all(path):
    """Another user writes there, too; pytest's directories are private."""
    path.chmod(0o777)
    for parent in path.parents:
        if parent.stat().st_uid == os.getuid() and parent not in (Path("/"), Path("/tmp")):
            parent.chmod(parent.stat().st_mode | 0o111)


def odd():
    """What the runner must not pass on."""
    os.umask(0o137)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPIPE, signal.SIGTERM])
    for signo in IGNORED:
        signal.signal(signo, signal.SIG_IGN)
    os.close(0)


def test_plain_does_not_depend_on_the_caller(told):
    more = {"LC_ALL": "xx", "XDG_CACHE_HOME": "/nonexistent", "LEI_X": "1"}
    seen = told("plain", preexec_fn=odd, env={**os.environ, **more})
    assert (seen.umask, seen.blocked, seen.input) == ("0022", 0, "open")
    assert not seen.ignored & (PIPE | sum(1 << s - 1 for s in IGNORED))
    assert not {"LC_ALL", "XDG_CACHE_HOME", "LEI_X"} & set(seen.variables)


@pytest.mark.parametrize(
    "name,attribute,value",
    [("umask-none", "umask", "0000"), ("umask-private", "umask", "0077"), ("stdin-closed", "input", "closed")],
)
def test_attribute(told, name, attribute, value):
    assert getattr(told(name), attribute) == value


@pytest.mark.parametrize("name,locale", [("locale-c", "C"), ("locale-utf8", "C.UTF-8")])
def test_locale(told, name, locale):
    assert told(name).variables["LC_ALL"] == locale


@pytest.mark.parametrize("name,blocked,ignored", [("sigpipe-blocked", True, False), ("sigpipe-ignored", False, True)])
def test_sigpipe(told, name, blocked, ignored):
    seen = told(name)
    assert (bool(seen.blocked & PIPE), bool(seen.ignored & PIPE)) == (blocked, ignored)


def test_descriptors(told):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    seen = told("descriptors-soft")
    assert seen.soft == "64"
    assert seen.hard == ("unlimited" if hard == resource.RLIM_INFINITY else str(hard))
    seen = told("descriptors-hard")
    assert (seen.soft, seen.hard) == ("64", "64")


def test_bare(told):
    seen = set(told("bare").variables) - {"PWD", "OLDPWD", "_", "SHLVL"}  # a shell's own
    assert seen == {"HOME", "XDG_RUNTIME_DIR", "TMPDIR", "FAKE_MARKER"}


def test_leaking(told):
    seen = told("leaking").variables
    trap = os.path.dirname(seen["XDG_CACHE_HOME"])
    assert os.path.basename(trap).startswith("trap")
    assert not os.path.exists(trap), "it was not removed"
    assert not seen["HOME"].startswith(trap)


def test_what_falls_into_the_trap_is_the_suites_fault(tmp_path):
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "one_test.py").write_text(
        "import os\nfrom suite.api import clause\n@clause('command.help')\n"
        "def test_one(place):\n    os.makedirs(os.path.expanduser('~/.cache'))\n"
    )
    template = HERE.parent / "implementations" / "template.toml"
    argv = [sys.executable, str(RUN), str(template), "--environment", "leaking", "--tests", str(tests)]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 5, done.stdout + done.stderr
    assert "HOME/.cache" in done.stderr


@another_user
def test_other_user(told):
    assert told("other-user").user == 65534


def test_unknown_environment():
    for argv in ([RUN, "template", "--environment", "no-such"], [ENVIRONMENTS, "template", "no-such"]):
        assert subprocess.run([sys.executable, *map(str, argv)], capture_output=True).returncode == 64


def test_one_after_another():
    argv = [sys.executable, str(ENVIRONMENTS), "template", "umask-none", "bare", "-k", "command.help"]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["umask-none", "bare"]
