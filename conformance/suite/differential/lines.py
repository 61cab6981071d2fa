"""The tables of command-lines/: lines by man page, and the differences that are declared."""

import fnmatch
import re
import tomllib
from dataclasses import dataclass, field

from ..selection import SuiteError
from ..spec import ROOT
from .normal import FORMS

DIRECTORY = ROOT / "conformance" / "command-lines"
DECLARED = "declared.toml"
FIELDS = ("exit", "stdout", "stderr", "files", "store")
# What it means that ours refuses what the original does: it fails, says so, and has done nothing.
REFUSED = {"exit": {"ours": r"\A[1-9]\d*\Z", "original": r"\A0\Z"}}
REFUSED_PERHAPS = {
    "stdout": {"ours": r"\A\Z", "original": ""},
    "stderr": {"ours": r"\Amessage\Z", "original": ""},
    "files": {"ours": r"\A\Z", "original": ""},
    "store": {"ours": r"\A\Z", "original": ""},
}
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


@dataclass
class Line:
    id: str  # PAGE.GROUP.NAME, all in words
    source: str  # the man page, and where in it
    run: str  # for sh
    make: dict  # files in its directory: {name: kind}
    form: str  # of normal.FORMS: how its output is compared
    env: dict

    @property
    def name(self):
        return self.id.rpartition(".")[2]


@dataclass
class Group:
    """Lines that share a home and a daemon."""

    id: str
    setup: list  # commands for sh, which must succeed
    make: dict
    store: bool  # at its end the store is compared, too
    lines: list


@dataclass
class Difference:
    name: str
    lines: list  # globs
    reason: str
    issue: str
    intermittent: bool  # the original does so only at times
    fields: dict  # {field: {"erase": ...} or {"ours": ..., "original": ...}}
    optional: dict  # the same, of fields that need not differ
    says: str  # what our standard error has to say
    used: set = field(default_factory=set)  # (line, field) that it has explained

    def names(self, line):
        return any(fnmatch.fnmatchcase(line, glob) for glob in self.lines)


def only(table, where, *keys):
    unknown = set(table) - set(keys)
    if unknown:
        raise SuiteError(f"{where}: unknown keys: {', '.join(sorted(unknown))}")


def word(text, where):
    if not ID.match(text):
        raise SuiteError(f"{where}: {text!r} is not made of words")
    return text


def read(path):
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as e:
        raise SuiteError(f"{path}: {e}") from None


def line_of(raw, group, page):
    only(raw, group, "id", "from", "run", "make", "form", "env")
    name = f"{group}.{word(raw.get('id', ''), group)}"
    for key in ("from", "run"):
        if not raw.get(key):
            raise SuiteError(f"{name}: `{key}` is missing")
    form = raw.get("form", "bytes")
    if form not in FORMS:
        raise SuiteError(f"{name}: form is one of {', '.join(sorted(FORMS))}")
    source = f"{page} {raw['from']}"
    return Line(name, source, raw["run"], raw.get("make", {}), form, raw.get("env", {}))


def load_page(path):
    raw = read(path)
    only(raw, path, "page", "group")
    groups = []
    for entry in raw.get("group", []):
        only(entry, path, "name", "page", "setup", "make", "store", "line")
        name = f"{path.stem}.{word(entry.get('name', ''), path)}"
        page = entry.get("page", raw.get("page", ""))
        lines = [line_of(one, name, page) for one in entry.get("line", [])]
        made, setup = entry.get("make", {}), entry.get("setup", [])
        groups.append(Group(name, setup, made, bool(entry.get("store")), lines))
    return groups


def load(directory=DIRECTORY):
    """([Group], [Difference])."""
    groups = []
    for path in sorted(directory.glob("*.toml")):
        if path.name != DECLARED:
            groups += load_page(path)
    seen = set()
    for line in [line for group in groups for line in group.lines]:
        if line.id in seen:
            raise SuiteError(f"{line.id} twice")
        seen.add(line.id)
    return groups, declared(directory / DECLARED, seen)


def expectation(raw, where):
    """What a declaration says of one field."""
    if isinstance(raw, list) and len(raw) == 2:
        return {"ours": rf"\A{re.escape(str(raw[0]))}\Z", "original": rf"\A{re.escape(str(raw[1]))}\Z"}
    if not isinstance(raw, dict) or set(raw) not in ({"erase"}, {"ours", "original"}):
        raise SuiteError(f"{where}: either `erase`, or `ours` and `original`")
    try:
        return {key: re.compile(value, re.M).pattern for key, value in raw.items()}
    except re.error as e:
        raise SuiteError(f"{where}: {e}") from None


def declared(path, known):
    ret = []
    if not path.is_file():
        return ret
    raw = read(path)
    only(raw, path, "difference")
    for entry in raw.get("difference", []):
        name = word(entry.get("name", ""), path)
        only(entry, name, "name", "lines", "reason", "issue", "intermittent", "refused", "says", *FIELDS)
        fields = {f: expectation(entry[f], f"{name}.{f}") for f in FIELDS if f in entry}
        refused = entry.get("refused", False)
        fields |= REFUSED if refused else {}
        if refused and not entry.get("says"):
            raise SuiteError(f"{name}: `refused` needs `says`")
        if not entry.get("reason") or not entry.get("lines") or not fields:
            raise SuiteError(f"{name}: a difference needs `lines`, `reason` and what differs")
        if name in [one.name for one in ret]:
            raise SuiteError(f"{name} is declared twice")
        for glob in entry["lines"]:
            if not fnmatch.filter(known, glob):
                raise SuiteError(f"{name}: no line is called {glob}")
        more = (entry.get("issue", ""), bool(entry.get("intermittent")), fields)
        optional = REFUSED_PERHAPS if refused else {}
        ret.append(Difference(name, entry["lines"], entry["reason"], *more, optional, entry.get("says", "")))
    return ret
