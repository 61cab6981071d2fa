"""Results of an earlier run that still hold: nothing that the test depends on has changed since.

A test depends on its own file, on the suite around it, on the description and the programs of the
implementation, on every Debian package of this machine (the original is a hundred modules of other
packages), on kernel, user and options.  Only what passed, or deviates as declared today, is taken over:
what is wrong is always seen anew."""

import hashlib
import json
import os
import tomllib
from pathlib import Path

from .report import saved
from .report.results import host

SUITE = Path(__file__).resolve().parent
PACKAGES = Path("/var/lib/dpkg/status")
DRAWING = {"report", "__pycache__"}  # what only shows results does not change them


def digest(*parts):
    """Of byte strings; where one ends and the next begins counts."""
    ret = hashlib.sha256()
    for part in parts:
        ret.update(b"%d:" % len(part))
        ret.update(part)
    return ret.hexdigest()


def of_suite():
    found = sorted(p.relative_to(SUITE) for p in SUITE.rglob("*.*") if p.is_file())
    kept = [p for p in found if not DRAWING & set(p.parts)]
    return digest(*(part for p in kept for part in (os.fsencode(p), (SUITE / p).read_bytes())))


def of_implementation(path, programs):
    """Its description without the deviations, which are applied to results anew, and its programs."""
    description = tomllib.loads(path.read_text(encoding="utf-8"))
    description.pop("deviation", None)
    return json.dumps([description, {name: (p["path"], p["sha256"]) for name, p in programs.items()}], sort_keys=True)


class Inputs:
    """What the tests of one run depend on: the description at `path`, programs as report.programs describes
    them, and the options that change what a test does."""

    def __init__(self, path, programs, options):
        packages = PACKAGES.read_bytes() if PACKAGES.exists() else b""
        here = json.dumps([host(), options], sort_keys=True)
        self.common = digest(
            of_suite().encode(), of_implementation(path, programs).encode(), packages, here.encode()
        )
        self.files = {}

    def of(self, item):
        path = Path(item.node.path)
        if path not in self.files:
            self.files[path] = digest(self.common.encode(), path.read_bytes())
        return self.files[path]


class Earlier:
    """The tests of an earlier report, to be taken over one by one."""

    def __init__(self, data, inputs):
        self.started, self.inputs = data.get("started"), inputs
        self.tests = {test["id"]: test for test in data["tests"] if test.get("inputs")}
        self.taken = 0

    def take(self, item, results):
        """Add the earlier result of `item` to `results`, when it still holds; whether it did."""
        test = self.tests.get(item.id)
        if not test or test["inputs"] != self.inputs.of(item) or len(test["runs"]) != 1:
            return False
        result = {"taken_from": self.started, **test["runs"][0]}
        if results.verdict_of(item, {result["verdict"]}) not in ("PASS", "XFAIL"):
            return False
        results.add(item, result)
        self.taken += 1
        return True


def read(path, implementation, inputs):
    """An Earlier; saved.Unreadable when `path` is no report of this implementation."""
    data = saved.read(path)
    if data["implementation"] != implementation.name:
        raise saved.Unreadable(f"{path}: it is about {data['implementation']}, not {implementation.name}")
    return Earlier(data, inputs)
