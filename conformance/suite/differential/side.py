"""One of the two sides: a home, a daemon, and what a command line leaves behind there."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from ..selection import SuiteError
from . import mails

DEADLINE = 30
STATE = "lei q -q --no-save -f jsonl z:0.. </dev/null"
SUBDIRECTORIES = ("cur", "new", "tmp")


def snapshot(directory):
    """{name: bytes} of all below, Maildirs as {name: {(cur or new, flags): [bytes]}}."""
    found = {}
    for base, subs, names in os.walk(directory):
        base = Path(base)
        relative = str(base.relative_to(directory))
        if all((base / sub).is_dir() for sub in SUBDIRECTORIES):
            found[relative + "/"] = maildir(base)
            subs[:] = [sub for sub in subs if sub not in SUBDIRECTORIES]
        elif not subs and not names and base != directory:
            found[relative + "/"] = {}
        for name in names:
            found[str((base / name).relative_to(directory))] = (base / name).read_bytes()
    return found


def maildir(path):
    """Names in a Maildir mean nothing but for their flags."""
    ret = {}
    for sub in SUBDIRECTORIES:
        for one in (path / sub).iterdir():
            flags = one.name.partition(":2,")[2]
            ret.setdefault((sub, flags), []).append(one.read_bytes())
    return {key: sorted(value) for key, value in ret.items()}


class Side:
    """A home for one implementation, for the lines of one group."""

    def __init__(self, key, subject, scale=1.0):
        self.key, self.scale = key, scale
        self.root = Path(tempfile.mkdtemp(prefix="ld", dir="/tmp"))  # short: sun_path is 108 bytes
        for name in ("run", "home", "tmp", "work"):
            (self.root / name).mkdir(mode=0o700)
        program = Path(shutil.which(subject.programs["lei"])).absolute()
        self.env = {
            "HOME": str(self.root / "home"),
            "XDG_RUNTIME_DIR": str(self.root / "run"),
            "TMPDIR": str(self.root / "tmp"),
            "PATH": f"{program.parent}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "EDITOR": "cat",
            "GIT_CONFIG_NOSYSTEM": "1",
            **subject.environment,
        }

    def sh(self, text, directory, env=None):
        """(exit, stdout, stderr); exit is `hangs` when it does not end."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", text],
            cwd=directory,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=DEADLINE * self.scale)
            return str(process.returncode), out, err
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdout, process.stderr):
                pipe.close()  # a worker may hold the other end for ever
            return "hangs", b"", b""

    def work(self, name, made):
        directory = self.root / "work" / name
        directory.mkdir(mode=0o700, exist_ok=True)
        for file, kind in made.items():
            mails.make(directory / file, kind, name)
        return directory

    def begin(self, group):
        directory = self.work(group.id.rpartition(".")[2], group.make)
        for text in group.setup:
            status, _, err = self.sh(text, directory)
            if status != "0":
                raise SuiteError(f"{group.id}: {self.key}: {text}: {status}: {err.decode(errors='replace')}")

    def run(self, line):
        """What the line did, raw: see `normal`."""
        directory = self.work(line.name, line.make)
        before = snapshot(directory)
        begin = time.monotonic()
        status, out, err = self.sh(line.run, directory, line.env)
        after = snapshot(directory)
        pairs = {name: (before.get(name), after.get(name)) for name in sorted({*before, *after})}
        changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        return {"seconds": time.monotonic() - begin, "exit": status, "stdout": out, "stderr": err, "files": changed}

    def state(self):
        status, out, err = self.sh(STATE, self.root / "work")
        if status != "0":
            raise SuiteError(f"{self.key}: {STATE}: {status}: {err.decode(errors='replace')}")
        return out

    def end(self):
        self.sh("lei daemon-kill", self.root)
        shutil.rmtree(self.root, ignore_errors=True)
