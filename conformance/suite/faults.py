"""Faults on purpose: faults.c, built and preloaded into the daemon of one test."""

import mmap
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("faults.c")
ROLES = ("daemon", "leader", "sibling", "store")
DAEMON, STORE, ROLE, VICTIM = 0, 4, 8, 12  # offsets in struct faults
AT, HITS, COUNT, SUCCESSES, EARLY, SIZE = 16, 24, 32, 64, 72, 80 + 64 * 8


class Faults:
    """Before the daemon starts: prepare its environment.  Later: watch, arm, count."""

    def __init__(self, place):
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if not compiler:
            pytest.skip("no C compiler to build faults.c with")
        library, shared = place.root / "faults.so", place.root / "faults.map"
        argv = [compiler, "-O1", "-w", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(argv, check=True, capture_output=True)
        with open(shared, "w+b") as file:
            file.truncate(SIZE)
            self.map = mmap.mmap(file.fileno(), SIZE)
        place.env["LD_PRELOAD"] = str(library)
        place.env["LEI_FAULTS"] = str(shared)
        # The library must come first; a build with sanitizers wants to be that itself.
        options = place.env.get("ASAN_OPTIONS")
        place.env["ASAN_OPTIONS"] = ":".join(filter(None, [options, "verify_asan_link_order=0"]))

    def _put(self, at, value, form="i"):
        struct.pack_into("=" + form, self.map, at, value)

    def _get(self, at):
        return struct.unpack_from("=Q", self.map, at)[0]

    def watch(self, daemon, store):
        """Count from zero, in these processes and those that they start."""
        self._put(DAEMON, 0)
        self.map[ROLE:] = bytes(SIZE - ROLE)
        self._put(ROLE, -1)
        self._put(STORE, store)
        self._put(DAEMON, daemon)

    def arm(self, role, at, victim=0):
        """SIGKILL to `victim`, or to the caller itself, before call number `at`."""
        self._put(VICTIM, victim)
        self._put(AT, at, "Q")
        self._put(ROLE, ROLES.index(role))

    def disarm(self):
        self._put(ROLE, -1)
        self._put(DAEMON, 0)

    @property
    def hits(self):
        return self._get(HITS)

    def count(self, role):
        return self._get(COUNT + 8 * ROLES.index(role))

    @property
    def successes(self):
        return self._get(SUCCESSES)

    @property
    def early(self):
        return self._get(EARLY)
