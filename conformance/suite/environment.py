"""The surroundings of a run: locale, signals, limits, umask, user, and what leaks in.

Tests of others have failed in builders that block SIGPIPE, under root, in another locale, with the
caller's XDG variables.  `--environment NAME` puts the runner itself into such surroundings, by
executing it again, and has it pass them on to every program that a test starts."""

import functools
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from .spec import ROOT
from .verdict import AdapterError

MARK, TRAP = "LEI_CONFORMANCE_ENVIRONMENT", "LEI_CONFORMANCE_TRAP"
USUAL_UMASK = 0o022
NOBODY = 65534
FEW = 64
# Whoever follows these from the runner, or reads them from the wrong place, leaves a trace.
LEAKING = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "TMPDIR")
LEAKING_TO_PROGRAMS = ("XDG_CACHE_HOME", "XDG_STATE_HOME")  # which nothing here depends on
NEEDED = ("HOME", "XDG_RUNTIME_DIR", "TMPDIR")


@dataclass(frozen=True)
class Environment:
    name: str
    what: str
    variables: dict = field(default_factory=dict)  # for the runner and for programs
    umask: int = USUAL_UMASK
    pipe: str = ""  # what becomes of SIGPIPE: ignored, blocked
    closed_input: bool = False
    descriptors: tuple = ()  # soft and hard limit of programs; None: as it is
    bare: bool = False  # programs get no variable that they do not need
    leaking: bool = False
    user: int = -1

    def enter(self):
        """Make this process's surroundings so; what follows inherits them."""
        os.umask(self.umask)
        signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGPIPE] if self.pipe == "blocked" else [])
        # A shell's background has INT and QUIT ignored, nohup HUP.
        for signo in (signal.SIGCHLD, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP):
            signal.signal(signo, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if self.user >= 0:
            os.setgroups([])
            os.setgid(self.user)
            os.setuid(self.user)
        if self.closed_input:
            os.close(0)

    def program_variables(self, usual, needed):
        """The environment of a program, given the usual one and what its description asks for."""
        env = {k: v for k, v in usual.items() if not self.bare or k in NEEDED or k in needed}
        env.update(self.variables)
        if self.leaking:
            env.update({k: os.environ[k] for k in LEAKING_TO_PROGRAMS if k in os.environ})
        return env

    def before_exec(self):
        """In the child that becomes a program.  umask, user and blocked signals are inherited."""
        if self.pipe == "ignored":
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        if self.descriptors:
            now = resource.getrlimit(resource.RLIMIT_NOFILE)
            soft, hard = (n if w is None else w for w, n in zip(self.descriptors, now))
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def popen(self, wishes):
        """Arguments for subprocess.Popen: these surroundings, then what a test wishes."""
        ret = {"stdin": None, **wishes}
        close, own = self.closed_input and ret["stdin"] is None, ret.pop("preexec_fn", None)
        if ret["stdin"] is None and not close:
            ret["stdin"] = subprocess.DEVNULL
        if self.pipe == "ignored":
            ret.setdefault("restore_signals", False)

        def before():
            self.before_exec()
            if close:
                os.close(0)
            if own:
                own()

        if own or close or self.pipe or self.descriptors:
            ret["preexec_fn"] = before
        return ret


PLAIN = Environment("plain", "as any test has it")
KNOWN = {
    e.name: e
    for e in (
        PLAIN,
        Environment("locale-c", "LC_ALL=C", {"LANG": "C", "LC_ALL": "C"}),
        Environment("locale-utf8", "LC_ALL=C.UTF-8", {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}),
        Environment("sigpipe-ignored", "started with SIGPIPE ignored, as by some services", pipe="ignored"),
        Environment("sigpipe-blocked", "started with SIGPIPE blocked, as by some builders", pipe="blocked"),
        Environment("stdin-closed", "no descriptor 0", closed_input=True),
        Environment("descriptors-soft", f"a soft limit of {FEW} descriptors", descriptors=(FEW, None)),
        Environment("descriptors-hard", f"no more than {FEW} descriptors at all", descriptors=(FEW, FEW)),
        Environment("umask-none", "umask 0", umask=0),
        Environment("umask-private", "umask 077", umask=0o077),
        Environment("bare", f"no variables but {', '.join(NEEDED)} and those of the description", bare=True),
        Environment("leaking", "the caller's HOME, XDG_*, TMPDIR lead into a trap", leaking=True),
        Environment("other-user", "not root (needs root)", user=NOBODY),
    )
}


@functools.cache
def current():
    return KNOWN[os.environ.get(MARK, PLAIN.name)]


def closed_to_others(path):
    """The first directory on the way to `path` that only its owner may enter, or None."""
    for directory in reversed([path, *path.parents]):
        if not directory.stat().st_mode & 0o001:
            return directory
    return None


def reason_against(environment):
    """Why it cannot be had here; "" when it can."""
    if environment.user < 0:
        return ""
    if os.geteuid() != 0:
        return "only root can become another user"
    private = closed_to_others(ROOT)
    return f"another user cannot enter {private}" if private else ""


def variables(environment):
    """The variables of a runner in those surroundings; make it, and call enter() in it."""
    ret = {**os.environ, **environment.variables, MARK: environment.name}
    if environment.leaking:
        trap = tempfile.mkdtemp(prefix="trap", dir="/tmp")
        os.chmod(trap, 0o777)
        ret.update({name: f"{trap}/{name}" for name in LEAKING}, **{TRAP: trap})
    return ret


def enter(name):
    """Execute this program again in those surroundings; return when it is there."""
    environment = KNOWN[name]
    if os.environ.get(MARK) == name:
        return
    if environment is PLAIN:
        environment.enter()
        return
    against = reason_against(environment)
    if against:
        raise AdapterError(against)
    env = variables(environment)
    environment.enter()
    os.execve(sys.executable, [sys.executable, *sys.argv], env)


def sprung():
    """What has been left in the trap, which goes away with this."""
    trap = os.environ.get(TRAP)
    if not trap or not os.path.isdir(trap):
        return []
    found = sorted(str(path.relative_to(trap)) for path in Path(trap).rglob("*"))
    shutil.rmtree(trap, ignore_errors=True)
    return found
