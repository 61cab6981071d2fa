"""An implementation under test: one TOML file under conformance/implementations/."""

import functools
import os
import re
import shutil
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from .spec import ROOT
from .verdict import AdapterError

DIRECTORY = ROOT / "conformance" / "implementations"
ROLES = {"daemon", "client", "pair", "waitevent"}
CAPABILITIES = {
    "core", "lifecycle", "workers", "mail", "config", "reliability", "homeless", "watch",
    "waitevent-idle", "waitevent-fractions", "waitevent-turns", "waitevent-output", "waitevent-exact",
}  # fmt: skip
VERDICTS = {"FAIL", "TIMEOUT", "CRASH", "FLAKY"}
# What a description may say: [x] is a list of x, {str: x} a table with names of its own.
SHAPE = {
    "name": str, "title": str, "install": str, "scope": str, "bare_end_is_success": bool,
    "roles": [str], "capabilities": [str], "runtime_files": [str],
    "programs": {str: str}, "environment": {str: str},
    "start": {"command": [str], "direct": [str], "foreground": bool},
    "limits": {"request": int},
    "deviation": [{"clause": str, "reason": str, "expect": [str], "intermittent": bool}],
}  # fmt: skip
KINDS = {str: "a string", bool: "true or false", int: "a whole number", list: "a list", dict: "a table"}
START = {"command": ["{lei}", "daemon-pid"], "direct": [], "foreground": False}
NEEDED = {"client": "lei", "pair": "lei", "waitevent": "adapter"}  # the program that a role drives


@dataclass
class Deviation:
    clause: str
    reason: str
    expect: set
    intermittent: bool = False  # may also pass; then it is not reported


@dataclass(eq=False)
class Implementation:
    name: str
    title: str
    roles: set
    capabilities: set
    programs: dict  # lei, lei-daemon, adapter -> path
    environment: dict
    start: list  # argv that starts the daemon; {lei}, {lei-daemon}, {socket} are replaced
    direct: list  # argv that starts a daemon whether or not one serves; may be empty
    foreground: bool  # the started process is the daemon
    request_max: int
    bare_end: bool  # a bare end of file is its success
    runtime_files: list
    install: str
    scope: str  # only clauses of this chapter, "" for all
    deviations: dict = field(default_factory=dict)

    def argv(self, words, **more):
        known = {**self.programs, **more}
        ret = []
        for word in words:
            for key, value in known.items():
                word = word.replace("{" + key + "}", str(value))
            ret.append(word)
        return ret

    @functools.cache
    def sanitized(self):
        """Built with sanitizers, which report what they find."""
        programs = [shutil.which(p) for p in self.programs.values()]
        return any(p and b"__asan_init" in Path(p).read_bytes() for p in programs)

    def missing(self):
        """Programs that are not on this machine."""
        return [p for p in self.programs.values() if not shutil.which(p)]


def names():
    return sorted(p.stem for p in DIRECTORY.glob("*.toml"))


def find(name):
    """The path of an implementation by name or by path to its TOML; None when unknown."""
    if name.endswith(".toml") and Path(name).is_file():
        return Path(name)
    path = DIRECTORY / f"{name}.toml"
    return path if name in names() else None


def expand(text, here):
    """$LEI_BUILD (default: build in the repository), {here}: the directory of the TOML."""
    build = os.environ.get("LEI_BUILD") or str(ROOT / "build")
    build = str((ROOT / build).resolve())
    return text.replace("$LEI_BUILD", build).replace("{here}", str(here)).replace("{root}", str(ROOT))


def misfit(value, shape, at=""):
    """What is wrong with a part of a description; "" when nothing."""
    kind = shape if isinstance(shape, type) else type(shape)
    if type(value) is not kind:
        return f"`{at}` is to be {KINDS[kind]}"
    if kind is list:
        return next(filter(None, (misfit(one, shape[0], at) for one in value)), "")
    if kind is not dict:
        return ""
    inside = {key: f"{at}.{key}".lstrip(".") for key in value}
    unknown = [] if str in shape else sorted(inside[key] for key in set(value) - set(shape))
    if unknown:
        return f"unknown keys: {', '.join(unknown)}"
    return next(filter(None, (misfit(v, shape.get(k, shape.get(str)), inside[k]) for k, v in value.items())), "")


def check(raw):
    """AdapterError for a description that says too little, or what nobody understands."""
    wrong = misfit(raw, SHAPE)
    if wrong:
        raise AdapterError(wrong)
    for key in ("name", "roles", "programs"):
        if key not in raw:
            raise AdapterError(f"`{key}` is missing")
    roles, capabilities = set(raw["roles"]), set(raw.get("capabilities", []))
    if not roles or roles - ROLES:
        raise AdapterError(f"roles are some of {', '.join(sorted(ROLES))}")
    for role in sorted(roles & set(NEEDED)):
        if NEEDED[role] not in raw["programs"]:
            raise AdapterError(f"the role {role} needs a program `{NEEDED[role]}`")
    if capabilities - CAPABILITIES:
        raise AdapterError(f"unknown capabilities: {', '.join(sorted(capabilities - CAPABILITIES))}")
    if roles & {"daemon", "pair"}:
        check_start({**START, **raw.get("start", {})}, raw["programs"])


def check_start(start, programs):
    if not start["command"]:
        raise AdapterError("`start.command` is empty")
    known = {"{here}", "{root}", "{socket}", *("{%s}" % name for name in programs)}
    names = re.findall(r"(?<!\$)\{[a-z-]+\}", " ".join(start["command"] + start["direct"]))
    if set(names) - known:
        raise AdapterError(f"`start` names no program: {', '.join(sorted(set(names) - known))}")


def deviations_of(entries):
    ret = {}
    for entry in entries:
        if not entry.get("clause") or not entry.get("reason"):
            raise AdapterError("a [[deviation]] needs `clause` and `reason`")
        clause, expect = entry["clause"], set(entry.get("expect", ["FAIL"]))
        if expect - VERDICTS:
            raise AdapterError(f"deviation {clause}: expect is some of {', '.join(sorted(VERDICTS))}")
        if clause in ret:
            raise AdapterError(f"deviation {clause} twice")
        ret[clause] = Deviation(clause, entry["reason"], expect, entry.get("intermittent", False))
    return ret


def load(path):
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        check(raw)
        deviations = deviations_of(raw.get("deviation", []))
    except (OSError, ValueError, AdapterError) as e:
        raise AdapterError(f"{path}: {e}") from None
    here, start = path.resolve().parent, {**START, **raw.get("start", {})}
    return Implementation(
        name=raw["name"],
        title=raw.get("title", raw["name"]),
        roles=set(raw["roles"]),
        capabilities=set(raw.get("capabilities", ["core"])),
        programs={k: expand(v, here) for k, v in raw["programs"].items()},
        environment={k: expand(v, here) for k, v in raw.get("environment", {}).items()},
        start=[expand(w, here) for w in start["command"]],
        direct=[expand(w, here) for w in start["direct"]],
        foreground=start["foreground"],
        request_max=raw.get("limits", {}).get("request", 4096 * 33),
        bare_end=raw.get("bare_end_is_success", False),
        runtime_files=raw.get("runtime_files", []),
        install=raw.get("install", ""),
        scope=raw.get("scope", ""),
        deviations=deviations,
    )
