"""A test's own place: runtime directory, HOME, TMPDIR and environment, gone afterwards."""

import fnmatch
import os
import shutil
import tempfile
from pathlib import Path

from . import environment
from .wire import SOCKET_NAME

EXPECTED_FILES = {SOCKET_NAME, "errors.log"}


TOP = Path("/tmp")  # short: sun_path is 108 bytes


def prefix_of(pid):
    return f"lc{pid}."


def remove_places_of(pid):
    """What a test's process that died has left."""
    for path in TOP.glob(prefix_of(pid) + "*"):
        shutil.rmtree(path, ignore_errors=True)


class Place:
    def __init__(self, implementation, trace):
        self.implementation, self.trace = implementation, trace
        self.root = Path(tempfile.mkdtemp(prefix=prefix_of(os.getpid()), dir=TOP))
        os.chmod(self.root, 0o755)
        for name in ("run", "home", "tmp", "work", "data"):
            (self.root / name).mkdir(mode=0o700)
        self.environment = environment.current()
        usual = {
            "HOME": str(self.root / "home"),
            "XDG_RUNTIME_DIR": str(self.root / "run"),
            "TMPDIR": str(self.root / "tmp"),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "GIT_CONFIG_NOSYSTEM": "1",
            **implementation.environment,
        }
        self.env = self.environment.program_variables(usual, implementation.environment)
        if implementation.sanitized():  # one file for each process that has something to report
            self.env["ASAN_OPTIONS"] = f"log_path={self.root}/sanitizer"
            self.env["UBSAN_OPTIONS"] = "print_stacktrace=1"

    @property
    def runtime(self):
        return self.root / "run" / "lei"

    @property
    def socket(self):
        return self.runtime / SOCKET_NAME

    @property
    def work(self):
        return self.root / "work"

    def strays(self):
        """Files in the runtime directory that nobody has announced."""
        if not self.runtime.is_dir():
            return []
        allowed = self.implementation.runtime_files
        return sorted(
            name
            for name in os.listdir(self.runtime)
            if name not in EXPECTED_FILES and not any(fnmatch.fnmatch(name, g) for g in allowed)
        )

    def sanitizer_reports(self):
        return [path.read_text(errors="replace") for path in sorted(self.root.glob("sanitizer.*"))]

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)
