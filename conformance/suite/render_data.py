"""Everything that is known of the contract, gathered from spec/, tests, mutants and implementations."""

import ast
import re
import tomllib
from dataclasses import dataclass, field

from . import spec


@dataclass
class Chapter:
    name: str
    title: str
    intro: list
    clauses: list


@dataclass
class Contract:
    version: str
    intro: list
    chapters: list
    rulings: dict  # number -> (title, lines)
    leniency: list
    tests: dict = field(default_factory=dict)  # clause id -> [(test id, where)]
    mutants: dict = field(default_factory=dict)  # clause id -> [(name, why)]
    deviations: dict = field(default_factory=dict)  # clause id -> [(implementation, reason)]

    @property
    def clauses(self):
        return [clause for chapter in self.chapters for clause in chapter.clauses]

    def resting_on(self, number):
        return [c for c in self.clauses if number in c.cited_rulings]


def marks(path):
    """(clause ids, name, line) of each test of a module that names clauses, without importing it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        named = []
        for mark in getattr(node, "decorator_list", []):
            if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "clause":
                named += [a.value for a in mark.args if isinstance(a, ast.Constant)]
        if named:
            yield named, node.name.removeprefix("test_").replace("_", "-"), node.lineno


def test_modules(root):
    return sorted((root / "conformance" / "tests").glob("*_test.py"))


def tests(root):
    """{clause id: [(test id, where)]}"""
    ret = {}
    for path in test_modules(root):
        for named, name, line in marks(path):
            for clause_id in named:
                where = f"{path.relative_to(root)}:{line}"
                ret.setdefault(clause_id, []).append((f"{named[0]}:{name}", where))
    return ret


def mutants(root):
    """{clause id: [(name, why)]} of the mutants that say they violate a clause."""
    ret = {}
    for path in sorted((root / "conformance" / "mutants").glob("*.patch")):
        named, why = [], ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("--- "):
                break
            found = re.match(r"(Clause|Why): (.+)$", line)
            if found and found[1] == "Clause":
                named.append(found[2].strip())
            elif found:
                why = found[2].strip()
        for clause_id in named:
            ret.setdefault(clause_id, []).append((path.stem, why))
    return ret


def deviations(root):
    """{clause id: [(title of the implementation, reason)]}; the template is nobody's program."""
    ret = {}
    for path in sorted((root / "conformance" / "implementations").glob("*.toml")):
        if path.stem == "template":
            continue
        described = tomllib.loads(path.read_text(encoding="utf-8"))
        for entry in described.get("deviation", []):
            title = described.get("title", path.stem)
            ret.setdefault(entry["clause"], []).append((title, entry["reason"]))
    return ret


def chapters(root):
    """In the order in which spec/README.md names them."""
    ret = []
    for path in spec.chapters(root):
        title, intro = spec.read_intro(path)
        ret.append(Chapter(path.stem, title, intro, spec.read_chapter(path)))
    order = spec.chapter_order(root)
    return sorted(ret, key=lambda c: (order.index(c.name) if c.name in order else len(order), c.name))


def gather(root=spec.ROOT):
    return Contract(
        version=spec.contract_version(root),
        intro=spec.read_intro(root / "spec" / "README.md")[1],
        chapters=chapters(root),
        rulings=spec.read_rulings(root),
        leniency=spec.read_intro(root / "spec" / "LENIENCY.md")[1],
        tests=tests(root),
        mutants=mutants(root),
        deviations=deviations(root),
    )
