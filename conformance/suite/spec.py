"""The spec as data: its version, the clauses from spec/*.md and the numbered rulings they cite."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEVELS = ("MUST", "SHOULD", "MAY", "OBSERVED")
NOT_CHAPTERS = {"README.md", "rulings.md", "LENIENCY.md", "retired.md"}

HEADING = re.compile(r"^## (\S+) \((\w+)\)\s*$")
RULING = re.compile(r"^## Ruling (\d+): (.+)$")
RETIRED = re.compile(r"^- `(\S+)`(?:, .+)?: \S")
FIELD = re.compile(r"^(Source|Ruling|Untested|Mutant):(.*)$")
VERSION = re.compile(r"^([0-9]+\.[0-9]+) rulings ([0-9a-f]{12})\n\Z")
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
    body: list = field(default_factory=list)  # the text as lines, to be laid out
    sources: list = field(default_factory=list)
    rulings: list = field(default_factory=list)
    untested: str = ""
    unproven: str = ""  # why no mutant can break it
    faults: list = field(default_factory=list)

    @property
    def chapter(self):
        return Path(self.file).stem

    @property
    def cited_rulings(self):
        """Numbers from `Ruling:` and from `Source: ruling N`."""
        named = [int(n) for s in self.sources for n in re.findall(r"^ruling (\d+)", s)]
        return sorted({*self.rulings, *named})

    @property
    def where(self):
        return f"{self.file}:{self.line}"


def take_field(clause, name, value):
    """One `Name: value` line below a clause."""
    if not value:
        clause.faults.append(f"`{name}:` says nothing")
    elif name == "Source":
        clause.sources.append(value)
    elif name == "Ruling":
        if not re.fullmatch(r"\d+(, \d+)*", value):
            clause.faults.append(f"not numbers of rulings: {value}")
        clause.rulings += [int(n) for n in re.findall(r"\d+", value)]
    elif name == "Untested":
        clause.untested = value
    else:
        found = re.match(r"none, because (.+)$", value)
        clause.unproven = found[1] if found else ""
        if not found:
            clause.faults.append("it is `Mutant: none, because ...`; a mutant names its clauses itself")


def read_chapter(path):
    """The clauses of one chapter, in order."""
    clauses, clause = [], None
    name = f"spec/{path.name}"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        heading = HEADING.match(line)
        if line.startswith("## ") and not heading:
            raise SpecError(f"{name}:{number}: a clause heading is `## id.in.words (LEVEL)`")
        if heading:
            clause = Clause(heading[1], heading[2], name, number)
            clauses.append(clause)
            continue
        if clause is None:
            continue
        found = FIELD.match(line)
        if found:
            take_field(clause, found[1], found[2].strip())
        else:
            clause.body.append(line)
    for clause in clauses:
        clause.text = " ".join(" ".join(clause.body).split())
    return clauses


def read_intro(path):
    """(title, lines before the first clause) of a file of the spec."""
    title, lines = path.stem, []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            break
        if line.startswith("# "):
            title = line[2:].strip()
        else:
            lines.append(line)
    return title, lines


def chapters(root=ROOT):
    return sorted(p for p in (root / "spec").glob("*.md") if p.name not in NOT_CHAPTERS)


def chapter_order(root=ROOT):
    """Names of chapters as README.md lists them."""
    text = (root / "spec" / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^Chapters: ([a-z,\s]+)\.", text, re.M)
    if not found:
        raise SpecError("spec/README.md: no line `Chapters: NAME, NAME.`")
    return re.findall(r"[a-z]+", found[1])


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


def read_rulings(root=ROOT):
    """Ruling number -> (title, lines)."""
    ret, lines = {}, []
    path = root / "spec" / "rulings.md"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = RULING.match(line)
        if line.startswith("## ") and not found:
            raise SpecError(f"spec/rulings.md:{number}: a heading is `## Ruling N: title`")
        if found:
            if int(found[1]) in ret:
                raise SpecError(f"spec/rulings.md:{number}: ruling {found[1]} twice")
            lines = []
            ret[int(found[1])] = (found[2], lines)
        else:
            lines.append(line)
    return ret


def load_rulings(root=ROOT):
    """Ruling number -> title."""
    return {number: title for number, (title, _) in read_rulings(root).items()}


def load_retired(root=ROOT):
    """id -> line of the ids that once named a clause and never name another."""
    path = root / "spec" / "retired.md"
    if not path.exists():
        return {}
    ret = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = RETIRED.match(line)
        if line.startswith("- ") and not found:
            raise SpecError(f"spec/retired.md:{number}: a line is `- ` and an id in backquotes, `: ` and why")
        if found:
            ret[found[1]] = number
    return ret


# ---- the version of the contract ----


def rulings_digest(root=ROOT):
    """What the version vouches for: the words of the rulings, however they are laid out."""
    words = (root / "spec" / "rulings.md").read_text(encoding="utf-8").split()
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:12]


def read_version(root=ROOT):
    """(version, digest of the rulings it was given for) from spec/VERSION."""
    found = VERSION.match((root / "spec" / "VERSION").read_text(encoding="utf-8"))
    if not found:
        raise SpecError("spec/VERSION: it is one line `MAJOR.MINOR rulings DIGEST`")
    return found[1], found[2]


def contract_version(root=ROOT):
    """The version of the contract, "MAJOR.MINOR", for reports."""
    return read_version(root)[0]
