"""What a run found, as data: verdicts of tests and clauses, and the evidence for them.

`Results.data` is the JSON report (conformance/report.schema.json), the one source of every other."""

import os
import platform
import re
import shlex
import sys
from collections import Counter

from .. import spec
from .. import verdict as v

SCHEMA = 1
LINE_MAX = 2000  # characters of one line of a trace; a client may be given a megabyte of arguments
LINES_MAX = 600  # lines of one trace
SEED = re.compile(r"\bLEI_SEED=(\d+)")
OUTCOME = re.compile(r"^ *[\d.]+ ms  outcome: (.+)$")


def cut(text, limit):
    if len(text) <= limit:
        return text
    return f"{text[:limit]} ... {len(text) - limit} more characters"


def bounded(result):
    """The result of one run without what no reader needs."""
    trace = [cut(line, LINE_MAX) for line in result["trace"]]
    if len(trace) > LINES_MAX:
        half = LINES_MAX // 2
        trace = [*trace[:half], f"... {len(trace) - LINES_MAX} lines left out ...", *trace[-half:]]
    messages = [cut(message, 20 * LINE_MAX) for message in result["messages"]]
    return {**result, "messages": messages, "trace": trace}


class Results:
    """The runs of one implementation.  `about` holds the fields that are known from the start."""

    def __init__(self, implementation, clauses, gate, all_items, about=None):
        self.implementation, self.clauses, self.gate = implementation, clauses, gate
        self.all_items = all_items
        self.about = about or {}
        self.runs = {}  # test id -> list of results
        self.items = {}
        self.stale = []  # declared deviations that name no tested clause
        self.problem = None  # why nothing could be run
        self.limited = False  # part of what is claimed was not asked for: a SKIP proves nothing
        self.inputs = None  # what each test depends on (reuse.Inputs)

    def add(self, item, result):
        self.items[item.id] = item
        self.runs.setdefault(item.id, []).append(bounded(result))

    # -- verdicts --

    def test_verdict(self, test_id):
        """The repeated runs of one test as one verdict, declared deviations applied."""
        return self.verdict_of(self.items[test_id], {run["verdict"] for run in self.runs[test_id]})

    def verdict_of(self, item, seen):
        """What its runs add up to, when `seen` are their verdicts."""
        if "HARNESS" in seen:
            return "HARNESS"
        raw = next(iter(seen)) if len(seen) == 1 else "FLAKY"
        deviations = self.implementation.deviations
        declared = [deviations[c] for c in item.clauses if c in deviations]
        if raw == "FLAKY" and any(d.intermittent for d in declared):
            return "XFAIL"
        if raw in v.STATUS and any(raw in d.expect for d in declared):
            return "XFAIL"
        return raw

    def clause_tests(self, clause_id):
        return [t for t, item in self.items.items() if clause_id in item.clauses]

    def is_whole(self, clause_id):
        """Every test of the clause was run."""
        wanted = [i.id for i in self.all_items if clause_id in i.clauses]
        if not all(t in self.runs for t in wanted):
            return False
        return not self.limited or all(self.test_verdict(t) != "SKIP" for t in wanted)

    def clause_verdict(self, clause_id):
        found = v.worst([self.test_verdict(t) for t in self.clause_tests(clause_id)])
        declared = self.implementation.deviations.get(clause_id)
        if declared and found == "PASS" and not declared.intermittent and self.is_whole(clause_id):
            return "XPASS"
        return found

    def clause_verdicts(self):
        touched = {c for item in self.items.values() for c in item.clauses}
        return {c: self.clause_verdict(c) for c in self.clauses if c in touched}

    def gates(self, clause_id, found):
        return self.clauses[clause_id].level in self.gate or found in ("XPASS", "HARNESS")

    def exit_status(self):
        """The worst of all gating clauses; a level decides only whether a clause gates."""
        ret = v.EXIT_BASELINE if self.stale else v.EXIT_OK
        for clause_id, found in self.clause_verdicts().items():
            if self.gates(clause_id, found):
                ret = max(ret, v.STATUS.get(found, v.EXIT_OK))
        return ret

    # -- data --

    def clause_data(self, clause_id, found):
        clause = self.clauses[clause_id]
        declared = self.implementation.deviations.get(clause_id)
        return {
            "id": clause_id,
            "level": clause.level,
            "verdict": found,
            "gates": self.gates(clause_id, found),
            "chapter": clause.chapter,
            "where": clause.where,
            "text": clause.text,
            "source": clause.sources,
            "rulings": clause.cited_rulings,
            "tests": self.clause_tests(clause_id),
            "deviation": declared.reason if declared else None,
        }

    def surroundings(self):
        """The option that makes them what they were."""
        name = self.about.get("options", {}).get("environment", "plain")
        return ["--environment", name] if name != "plain" else []

    def test_data(self, test_id):
        runs = self.runs[test_id]
        lines = [line for run in runs for line in run["trace"]]
        found, clauses = self.test_verdict(test_id), self.items[test_id].clauses
        return {
            "id": test_id,
            "clauses": clauses,
            "verdict": found,
            "gates": any(self.gates(c, found) for c in clauses),
            "again": shlex.join(["conformance/run", self.about.get("argument", ""), *self.surroundings(), "-k", test_id]),
            "seeds": sorted({found[1] for line in lines if (found := SEED.search(line))}),
            "outcomes": sorted({found[1] for line in lines if (found := OUTCOME.match(line))}),
            "inputs": self.inputs.of(self.items[test_id]) if self.inputs else None,
            "runs": runs,
        }

    def data(self, exit_status=None, seconds=0.0):
        """The report.  No exit status: the run is still under way, or never came to its end."""
        clauses = [self.clause_data(c, found) for c, found in self.clause_verdicts().items()]
        return {
            "schema": SCHEMA,
            "implementation": self.implementation.name,
            "title": self.implementation.title,
            "contract": spec.contract_version(),
            **self.about,
            "seconds": round(seconds, 1),
            "gate": sorted(self.gate, key=spec.LEVELS.index),
            "exit": exit_status,
            "problem": self.problem,
            "stale": self.stale,
            "summary": dict(Counter(c["verdict"] for c in clauses)),
            **context(clauses),
            "clauses": clauses,
            "tests": [self.test_data(t) for t in self.runs],
        }


def context(clauses):
    """What the clauses refer to: titles of their chapters, words of their rulings."""
    found = spec.read_rulings()
    cited = {number for clause in clauses for number in clause["rulings"] if number in found}
    used = {clause["chapter"] for clause in clauses}
    return {
        "chapters": {path.stem: spec.read_intro(path)[0] for path in spec.chapters() if path.stem in used},
        "rulings": {
            str(number): {"title": found[number][0], "text": "\n".join(found[number][1]).strip()}
            for number in sorted(cited)
        },
    }


def host():
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "processors": len(os.sched_getaffinity(0)),
        "user": "root" if os.geteuid() == 0 else "not root",
        "byteorder": sys.byteorder,
    }
