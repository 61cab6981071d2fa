#!/usr/bin/python3
"""Check the form of spec/ and that tests and clauses name each other.

Prints one line for each fault and ends with 1 if there is any.  --root DIR checks another tree."""

import argparse
import ast
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from suite import spec  # noqa: E402

SOURCE = re.compile(
    r"^((lei[a-z-]*|public-inbox[a-z-]*)\([1-8]\)( \(.+\))?"
    r"|prot events letter"
    r"|observed, lei 1\.9\.0( \(.+\))?"
    r"|ruling \d+)$"
)


def marked(path):
    """(clause id, line) of each @clause(...) in a test module, without importing it."""
    ret = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for mark in getattr(node, "decorator_list", []):
            if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "clause":
                ret += [(a.value, mark.lineno) for a in mark.args if isinstance(a, ast.Constant)]
    return ret


def check_clause(clause, rulings, tested):
    chapter = Path(clause.file).stem
    if not spec.WORDS.match(clause.id):
        yield "the id is not made of words"
    if clause.id.split(".")[0] != chapter:
        yield f"the id does not begin with its chapter, {chapter}"
    if clause.level not in spec.LEVELS:
        yield f"{clause.level} is no level"
    if not clause.text:
        yield "no text"
    if not clause.sources:
        yield "no source"
    for source in clause.sources:
        if not SOURCE.match(source):
            yield f"not a source: {source}"
    cited = clause.rulings + [int(n) for s in clause.sources for n in re.findall(r"^ruling (\d+)", s)]
    for number in cited:
        if number not in rulings:
            yield f"there is no ruling {number}"
    if clause.id in tested and clause.untested:
        yield "it says Untested, and a test names it"
    if clause.level == "MUST" and clause.id not in tested and not clause.untested:
        yield "a MUST without a test and without `Untested: why`"


def check(root):
    """Every fault as a line of text."""
    try:
        clauses, rulings = spec.load(root), spec.load_rulings(root)
    except (spec.SpecError, OSError) as e:
        return [str(e)]
    faults, tested = [], set()
    for path in sorted((root / "conformance" / "tests").glob("*_test.py")):
        for clause_id, line in marked(path):
            tested.add(clause_id)
            if clause_id not in clauses:
                faults.append(f"{path.relative_to(root)}:{line}: no clause is called {clause_id}")
    for clause in clauses.values():
        faults += [f"{clause.where}: {clause.id}: {what}" for what in check_clause(clause, rulings, tested)]
    used = {n for c in clauses.values() for n in c.rulings}
    used |= {int(n) for c in clauses.values() for s in c.sources for n in re.findall(r"^ruling (\d+)", s)}
    faults += [f"spec/rulings.md: no clause rests on ruling {n}" for n in sorted(set(rulings) - used)]
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=spec.ROOT)
    root = parser.parse_args().root
    faults = check(root)
    for fault in faults:
        print(fault)
    if faults:
        return 1
    clauses = spec.load(root)
    untested = sum(bool(c.untested) for c in clauses.values())
    print(f"{len(clauses)} clauses, {untested} of them untested for a stated reason")
    return 0


if __name__ == "__main__":
    sys.exit(main())
