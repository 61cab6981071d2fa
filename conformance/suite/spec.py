"""The spec as data: clauses from spec/*.md and the numbered rulings they cite."""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEVELS = ("MUST", "SHOULD", "MAY", "OBSERVED")
NOT_CHAPTERS = {"README.md", "rulings.md", "LENIENCY.md"}

HEADING = re.compile(r"^## (\S+) \((\w+)\)\s*$")
RULING = re.compile(r"^## Ruling (\d+): (.+)$")
FIELD = re.compile(r"^(Source|Ruling|Untested): (.+)$")
WORDS = re.compile(r"^[a-z]+([_-][a-z]+)*(\.[a-z]+([_-][a-z]+)*)+$")


class SpecError(Exception):
    """The spec cannot be read; says where."""


@dataclass
class Clause:
    id: str
    level: str
    file: str
    line: int
    text: str = ""
    sources: list = field(default_factory=list)
    rulings: list = field(default_factory=list)
    untested: str = ""

    @property
    def where(self):
        return f"{self.file}:{self.line}"


def read_chapter(path):
    """The clauses of one chapter, in order."""
    clauses, clause, body = [], None, []
    name = f"spec/{path.name}"

    def finish():
        if clause:
            clause.text = " ".join(" ".join(body).split())

    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        heading = HEADING.match(line)
        if line.startswith("## ") and not heading:
            raise SpecError(f"{name}:{number}: a clause heading is `## id.in.words (LEVEL)`")
        if heading:
            finish()
            clause, body = Clause(heading[1], heading[2], name, number), []
            clauses.append(clause)
            continue
        if clause is None:
            continue
        found = FIELD.match(line)
        if not found:
            body.append(line)
        elif found[1] == "Source":
            clause.sources.append(found[2].strip())
        elif found[1] == "Ruling":
            clause.rulings += [int(n) for n in re.findall(r"\d+", found[2])]
        else:
            clause.untested = found[2].strip()
    finish()
    return clauses


def chapters(root=ROOT):
    return sorted(p for p in (root / "spec").glob("*.md") if p.name not in NOT_CHAPTERS)


def load(root=ROOT):
    """Every clause by id.  Doubles are an error: a verdict must name one clause."""
    ret = {}
    for path in chapters(root):
        for clause in read_chapter(path):
            if clause.id in ret:
                raise SpecError(f"{clause.where}: {clause.id} is also at {ret[clause.id].where}")
            ret[clause.id] = clause
    if not ret:
        raise SpecError(f"no clauses under {root / 'spec'}")
    return ret


def load_rulings(root=ROOT):
    """Ruling number -> title."""
    ret = {}
    path = root / "spec" / "rulings.md"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = RULING.match(line)
        if line.startswith("## ") and not found:
            raise SpecError(f"spec/rulings.md:{number}: a heading is `## Ruling N: title`")
        if found:
            if int(found[1]) in ret:
                raise SpecError(f"spec/rulings.md:{number}: ruling {found[1]} twice")
            ret[int(found[1])] = found[2]
    return ret
