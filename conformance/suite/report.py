"""What a run found: by test, by clause, on the terminal, as JSON and as JUnit XML."""

import json
import os
import re
import xml.etree.ElementTree as ET
from collections import Counter

from . import verdict as v

SCHEMA = 1
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")


class Results:
    def __init__(self, implementation, clauses, gate, all_items):
        self.implementation, self.clauses, self.gate = implementation, clauses, gate
        self.all_items = all_items
        self.runs = {}  # test id -> list of results
        self.items = {}

    def add(self, item, result):
        self.items[item.id] = item
        self.runs.setdefault(item.id, []).append(result)

    # -- verdicts --

    def test_verdict(self, test_id):
        """The repeated runs of one test as one verdict, declared deviations applied."""
        seen = {run["verdict"] for run in self.runs[test_id]}
        raw = seen.pop() if len(seen) == 1 else "FLAKY"
        if "HARNESS" in {run["verdict"] for run in self.runs[test_id]}:
            return "HARNESS"
        declared = [
            self.implementation.deviations[c]
            for c in self.items[test_id].clauses
            if c in self.implementation.deviations
        ]
        if raw == "FLAKY" and any(d.intermittent for d in declared):
            return "XFAIL"
        if raw in v.STATUS and any(raw in d.expect for d in declared):
            return "XFAIL"
        return raw

    def clause_tests(self, clause_id):
        return [t for t, item in self.items.items() if clause_id in item.clauses]

    def clause_verdict(self, clause_id):
        tests = self.clause_tests(clause_id)
        found = v.worst([self.test_verdict(t) for t in tests])
        declared = self.implementation.deviations.get(clause_id)
        whole = all(i.id in self.runs for i in self.all_items if clause_id in i.clauses)
        if declared and found == "PASS" and whole and not declared.intermittent:
            return "XPASS"
        return found

    def clause_verdicts(self):
        touched = {c for item in self.items.values() for c in item.clauses}
        return {c: self.clause_verdict(c) for c in self.clauses if c in touched}

    def exit_status(self):
        """The worst of all gating clauses; a level decides only whether a clause gates."""
        ret = v.EXIT_OK
        for clause_id, found in self.clause_verdicts().items():
            gates = self.clauses[clause_id].level in self.gate or found in ("XPASS", "HARNESS")
            if gates:
                ret = max(ret, v.STATUS.get(found, v.EXIT_OK))
        return ret

    # -- renderings --

    def to_json(self, exit_status):
        clauses = []
        for clause_id, found in self.clause_verdicts().items():
            clause = self.clauses[clause_id]
            declared = self.implementation.deviations.get(clause_id)
            clauses.append(
                {
                    "id": clause_id,
                    "level": clause.level,
                    "verdict": found,
                    "text": clause.text,
                    "source": clause.sources,
                    "tests": self.clause_tests(clause_id),
                    "deviation": declared.reason if declared else None,
                }
            )
        tests = [
            {"id": t, "clauses": self.items[t].clauses, "verdict": self.test_verdict(t), "runs": runs}
            for t, runs in self.runs.items()
        ]
        return {
            "schema": SCHEMA,
            "implementation": self.implementation.name,
            "title": self.implementation.title,
            "gate": sorted(self.gate),
            "exit": exit_status,
            "summary": dict(Counter(c["verdict"] for c in clauses)),
            "clauses": clauses,
            "tests": tests,
        }

    def write_json(self, path, exit_status):
        """Whole or not at all, after every test: a crash of anything leaves evidence."""
        temporary = f"{path}.new"
        with open(temporary, "w", encoding="utf-8") as stream:
            json.dump(self.to_json(exit_status), stream, indent=1)
        os.replace(temporary, path)

    def write_junit(self, path):
        suite = ET.Element("testsuite", name=self.implementation.name)
        count = Counter()
        for test_id, runs in self.runs.items():
            found = self.test_verdict(test_id)
            clause_id, name = test_id.split(":", 1)
            case = ET.SubElement(
                suite, "testcase", classname=clause_id, name=name, time=str(sum(r["seconds"] for r in runs))
            )
            text = NOT_XML.sub("?", "\n".join(m for r in runs for m in r["messages"]))
            tag = {"SKIP": "skipped", "XFAIL": "skipped", "HARNESS": "error"}.get(found)
            tag = tag or ("failure" if found in v.STATUS else None)
            count[tag] += 1
            if tag:
                ET.SubElement(case, tag, message=f"{found}: {text[:300]}", type=found).text = text
        suite.set("tests", str(len(self.runs)))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(attribute, str(count[tag]))
        ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def wrap(text, indent, width=100):
    words, lines, line = text.split(), [], ""
    for word in words:
        if line and len(line) + len(word) + 1 > width - len(indent):
            lines.append(indent + line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, indent + line])


def explain(results, item, result, argument):
    """A failure for a person: clause, text, what was seen, how to see it again."""
    gates = any(results.clauses[c].level in results.gate for c in item.clauses)
    out = [f"\n{result['verdict']}  {item.id}" + ("" if gates else "  (does not gate)")]
    for clause_id in item.clauses:
        clause = results.clauses[clause_id]
        out.append(f"  {clause_id} ({clause.level}, {clause.where})")
        out.append(wrap(clause.text, "    "))
        declared = results.implementation.deviations.get(clause_id)
        if declared:
            out.append(wrap(f"declared: {declared.reason}", "    "))
    for message in result["messages"]:
        out.append("  seen:")
        out += [f"    {line}" for line in message.splitlines()]
    if result["trace"]:
        out.append("  trace:")
        out += [f"    {line}" for line in result["trace"][-60:]]
    out.append(f"  again: conformance/run {argument} -k '{item.id}'")
    return "\n".join(out)


def summary(results, exit_status):
    verdicts = results.clause_verdicts()
    lines = [""]
    for clause_id, found in verdicts.items():
        if found == "SKIP":
            continue
        count = len(results.clause_tests(clause_id))
        note = results.implementation.deviations.get(clause_id)
        lines.append(
            f"{found:8}{clause_id:44}{results.clauses[clause_id].level:9}{count:3} test{'s' if count > 1 else ''}"
            + (f"  {note.reason.split('. ')[0][:70]}" if note and found in ("XFAIL", "XPASS") else "")
        )
    reasons = Counter(r[0]["messages"][0] for t, r in results.runs.items() if results.test_verdict(t) == "SKIP")
    lines += [f"SKIP    {number} tests: {reason}" for reason, number in sorted(reasons.items())]
    totals = Counter(verdicts.values())
    words = ", ".join(f"{totals[name]} {name}" for name in reversed(v.ORDER) if totals[name])
    lines.append(f"\n{results.implementation.title}: {len(verdicts)} clauses, {len(results.runs)} tests: {words}")
    lines.append(f"exit {exit_status}: {MEANING[exit_status]}")
    return "\n".join(lines)


MEANING = {
    v.EXIT_OK: "nothing deviates undeclared",
    v.EXIT_FAILED: "a clause failed",
    v.EXIT_BASELINE: "the declared deviations are wrong: one passed, or names no clause",
    v.EXIT_CRASHED: "the implementation crashed or hung",
    v.EXIT_SUITE: "the suite is broken",
}
