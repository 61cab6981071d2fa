"""Reports as files: written whole or not at all.  The JSON one is read back with suspicion."""

import json
import os
import time

from .results import SCHEMA

SHARE = 20  # writing while the run goes on takes at most one part in SHARE of its time


class Unreadable(Exception):
    """A file is no report of this suite; says why."""


class Unwritable(Exception):
    """A report cannot be written where it was asked for; says why."""


def replaceable(path):
    """A device, a pipe or a link must never be replaced: it is written to."""
    return os.path.isfile(path) and not os.path.islink(path) or not os.path.lexists(path)


def put(path, text):
    path = os.fspath(path)
    target = f"{path}.new" if replaceable(path) else path
    try:
        with open(target, "w", encoding="utf-8") as stream:
            stream.write(text)
        if target != path:
            os.replace(target, path)
    except OSError as e:
        raise Unwritable(f"cannot write {path}: {e.strerror}") from None


def write(path, data, indent=1):
    put(path, json.dumps(data, indent=indent) + "\n")


class Keeper:
    """Keeps the file up to date during the run, so that a crash of anything leaves evidence."""

    def __init__(self, path):
        self.path, self.next = path, 0.0

    def tick(self, make_data):
        begin = time.monotonic()
        if begin < self.next or not replaceable(self.path):
            return  # what cannot be replaced gets it once, at the end
        write(self.path, make_data(), indent=None)
        now = time.monotonic()
        self.next = now + max(1.0, SHARE * (now - begin))


def read(path):
    try:
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
    except (OSError, ValueError, RecursionError) as e:
        raise Unreadable(f"{path}: {e}") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise Unreadable(f"{path}: it is no report with schema {SCHEMA}")
    for key, kind in (("implementation", str), ("clauses", list), ("tests", list), ("summary", dict)):
        if not isinstance(data.get(key), kind):
            raise Unreadable(f"{path}: `{key}` is missing or of another kind")
    for key in ("clauses", "tests"):
        for entry in data[key]:
            if not isinstance(entry, dict) or not all(isinstance(entry.get(k), str) for k in ("id", "verdict")):
                raise Unreadable(f"{path}: an entry of `{key}` has no id or no verdict")
    return data


def failed(data):
    """Ids of the tests that failed, or whose clause did in its own right (XPASS)."""
    bad = {"FAIL", "TIMEOUT", "CRASH", "HARNESS", "FLAKY"}
    ret = [t["id"] for t in data["tests"] if t["verdict"] in bad]
    ret += [t for c in data["clauses"] if c["verdict"] == "XPASS" for t in c.get("tests", [])]
    return list(dict.fromkeys(ret))
