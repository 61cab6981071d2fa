"""An implementation under test: one TOML file under conformance/implementations/."""

import functools
import os
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
KEYS = {
    "name", "title", "roles", "capabilities", "programs", "environment", "start", "limits",
    "runtime_files", "bare_end_is_success", "scope", "deviation", "install",
}  # fmt: skip


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


def load(path):
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as e:
        raise AdapterError(f"{path}: {e}") from None
    here = path.resolve().parent

    def bad(what):
        raise AdapterError(f"{path}: {what}")

    unknown = set(raw) - KEYS
    if unknown:
        bad(f"unknown keys: {', '.join(sorted(unknown))}")
    for key in ("name", "roles", "programs"):
        if key not in raw:
            bad(f"`{key}` is missing")
    roles, capabilities = set(raw["roles"]), set(raw.get("capabilities", ["core"]))
    if not roles or roles - ROLES:
        bad(f"roles are some of {', '.join(sorted(ROLES))}")
    if "waitevent" in roles and "adapter" not in raw["programs"]:
        bad("the role waitevent needs a program `adapter`")
    if capabilities - CAPABILITIES:
        bad(f"unknown capabilities: {', '.join(sorted(capabilities - CAPABILITIES))}")
    start = raw.get("start", {})
    deviations = {}
    for entry in raw.get("deviation", []):
        if not entry.get("clause") or not entry.get("reason"):
            bad("a [[deviation]] needs `clause` and `reason`")
        expect = set(entry.get("expect", ["FAIL"]))
        if expect - VERDICTS:
            bad(f"deviation {entry['clause']}: expect is some of {', '.join(sorted(VERDICTS))}")
        if entry["clause"] in deviations:
            bad(f"deviation {entry['clause']} twice")
        deviations[entry["clause"]] = Deviation(
            entry["clause"], entry["reason"], expect, bool(entry.get("intermittent"))
        )
    return Implementation(
        name=raw["name"],
        title=raw.get("title", raw["name"]),
        roles=roles,
        capabilities=capabilities,
        programs={k: expand(v, here) for k, v in raw["programs"].items()},
        environment={k: expand(v, here) for k, v in raw.get("environment", {}).items()},
        start=[expand(w, here) for w in start.get("command", ["{lei}", "daemon-pid"])],
        direct=[expand(w, here) for w in start.get("direct", [])],
        foreground=bool(start.get("foreground")),
        request_max=int(raw.get("limits", {}).get("request", 4096 * 33)),
        bare_end=bool(raw.get("bare_end_is_success")),
        runtime_files=list(raw.get("runtime_files", [])),
        install=raw.get("install", ""),
        scope=raw.get("scope", ""),
        deviations=deviations,
    )
