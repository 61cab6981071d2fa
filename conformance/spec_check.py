#!/usr/bin/python3
"""Check the form of spec/, and that clauses, tests, rulings and mutants name each other.

Prints one line for each fault and ends with 1 if there is any.

--root DIR     check another tree
--mutants      list each MUST that has neither a mutant nor a reason why there is none"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from suite import render_data, spec  # noqa: E402

# Whose word a clause rests on.  In brackets may stand what the source itself does with it.
SOURCES = (
    r"(lei[a-z0-9-]*|public-inbox[a-z-]*)\([1-8]\)( \((?!ours\b).+\))?",  # a man page of the original
    r"prot events letter( \(.+\))?",
    r"observed, lei 1\.9\.0( \(.+\))?",
    r"Cyrus 3\.6\.1 \(observed(: .+)?\)",
    r"ruling \d+",
    r"ours( \(.+\))?",  # decided here: no source text asks for it
)
SOURCE = re.compile("^(" + "|".join(SOURCES) + ")$")


def check_clause(clause, rulings, tested):
    yield from clause.faults
    if not spec.WORDS.match(clause.id):
        yield "the id is not made of words"
    if clause.id.split(".")[0] != clause.chapter:
        yield f"the id does not begin with its chapter, {clause.chapter}"
    if clause.level not in spec.LEVELS:
        yield f"{clause.level} is no level"
    if not clause.text:
        yield "no text"
    if not clause.sources:
        yield "no source"
    for source in clause.sources:
        if not SOURCE.match(source):
            yield f"not a source: {source}"
    for number in clause.cited_rulings:
        if number not in rulings:
            yield f"there is no ruling {number}"
    if clause.id in tested and clause.untested:
        yield "it says Untested, and a test names it"
    if clause.level == "MUST" and clause.id not in tested and not clause.untested:
        yield "a MUST without a test and without `Untested: why`"


def check_names(root, clauses):
    """Faults of tests and mutants that name clauses, and the set of clauses that tests name."""
    faults, tested = [], set()
    for clause_id, found in render_data.tests(root).items():
        tested.add(clause_id)
        if clause_id not in clauses:
            faults += [f"{where}: no clause is called {clause_id}" for _, where in found]
    for clause_id, found in render_data.mutants(root).items():
        if clause_id not in clauses:
            faults += [f"conformance/mutants/{n}.patch: no clause is called {clause_id}" for n, _ in found]
        elif clauses[clause_id].unproven:
            faults.append(f"{clauses[clause_id].where}: it says `Mutant: none`, and {found[0][0]} breaks it")
    return faults, tested


def once_used(root):
    """Ids of headings that the history of spec/ has taken away; none where there is no history."""
    argv = ["git", "-C", str(root), "log", "-p", "--format=", "--", "spec"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace")
    except OSError:
        return set()
    return set(re.findall(r"^-## (\S+) \(\w+\)$", done.stdout, re.M))


def check_retired(root, clauses):
    """An id names one clause for ever."""
    retired = spec.load_retired(root)
    for clause_id, line in retired.items():
        if clause_id in clauses:
            yield f"{clauses[clause_id].where}: {clause_id} is retired (spec/retired.md:{line}) and never used again"
    for clause_id in sorted(once_used(root) - set(clauses) - set(retired)):
        yield f"spec/retired.md: {clause_id} was a clause and is none now: say there why"


def check_chapters(root):
    """README.md names every chapter, and no other."""
    have, named = {path.stem for path in spec.chapters(root)}, set(spec.chapter_order(root))
    yield from (f"spec/README.md: the chapter {name} is not in its list" for name in sorted(have - named))
    yield from (f"spec/README.md: there is no chapter {name}" for name in sorted(named - have))


def check_version(root):
    """A contract whose rulings changed is another contract."""
    version, digest = spec.read_version(root)
    now = spec.rulings_digest(root)
    if digest != now:
        yield (
            f"spec/VERSION: the rulings have changed since {version}: raise MAJOR when a program that "
            f"conformed may not conform now, else MINOR, and write `rulings {now}` behind it"
        )


def check(root):
    """Every fault as a line of text."""
    try:
        clauses, rulings = spec.load(root), spec.load_rulings(root)
        faults, tested = check_names(root, clauses)
        faults += check_retired(root, clauses)
        faults += check_chapters(root)
        faults += check_version(root)
    except (spec.SpecError, OSError) as e:
        return [str(e)]
    for clause in clauses.values():
        faults += [f"{clause.where}: {clause.id}: {what}" for what in check_clause(clause, rulings, tested)]
    used = {n for c in clauses.values() for n in c.cited_rulings}
    faults += [f"spec/rulings.md: no clause rests on ruling {n}" for n in sorted(set(rulings) - used)]
    return faults


def check_mutants(root):
    """Each MUST that nobody has shown to be caught when it is broken."""
    proven = render_data.mutants(root)
    return [
        f"{c.where}: {c.id}: a MUST without a mutant and without `Mutant: none, because ...`"
        for c in spec.load(root).values()
        if c.level == "MUST" and not c.untested and c.id not in proven and not c.unproven
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=spec.ROOT)
    parser.add_argument("--mutants", action="store_true")
    args = parser.parse_args()
    faults = check(args.root)
    if args.mutants and not faults:
        faults = check_mutants(args.root)
    for fault in faults:
        print(fault)
    if faults:
        return 1
    clauses = spec.load(args.root)
    untested = sum(bool(c.untested) for c in clauses.values())
    print(
        f"contract {spec.contract_version(args.root)}: {len(clauses)} clauses, "
        f"{untested} of them untested for a stated reason"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
