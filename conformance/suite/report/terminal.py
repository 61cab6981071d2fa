"""The report for a person at a terminal.  Nothing that an implementation said reaches it unescaped."""

from collections import Counter

from .. import verdict as v
from .text import visible, wrap

TRACE_LINES = 60

MEANING = {
    v.EXIT_OK: "nothing deviates undeclared",
    v.EXIT_FAILED: "a clause failed",
    v.EXIT_BASELINE: "the declared deviations are wrong: one passed, or names no tested clause",
    v.EXIT_CRASHED: "the implementation crashed or hung",
    v.EXIT_ADAPTER: "it could not be started, or failed the smoke test",
    v.EXIT_SUITE: "the suite is broken",
    v.EXIT_ABSENT: "not installed here",
}


def meaning(data):
    """What the exit status of a report says."""
    status = data.get("exit")
    if status == v.EXIT_OK and any(c["verdict"] in v.STATUS for c in data["clauses"]):
        return "nothing that gates deviates undeclared"
    return MEANING.get(status, "the run never came to its end")


def explain(test, result, clauses, gate, declared):
    """A failure for a person: clause, text, what was seen, how to see it again."""
    gates = any(clauses[c].level in gate for c in test["clauses"])
    out = [f"\n{result['verdict']}  {test['id']}" + ("" if gates else "  (does not gate)")]
    for clause_id in test["clauses"]:
        clause = clauses[clause_id]
        out.append(f"  {clause_id} ({clause.level}, {clause.where})")
        out.append(wrap(clause.text, "    "))
        if clause_id in declared:
            out.append(wrap(f"declared: {declared[clause_id]}", "    "))
    for message in result["messages"]:
        out.append("  seen:")
        out += [f"    {line}" for line in message.split("\n")]
    if result["trace"]:
        out.append("  trace:")
        out += [f"    {line}" for line in result["trace"][-TRACE_LINES:]]
    out.append(f"  again: {test['again']}")
    return visible("\n".join(out))


def some(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


def clause_line(clause):
    count = some(len(clause["tests"]), "test")
    line = f"{clause['verdict']:8}{clause['id']:44}{clause['level']:9}{count:>8}"
    if clause["deviation"] and clause["verdict"] in ("XFAIL", "XPASS"):
        line += f"  {clause['deviation'].split('. ')[0][:70]}"
    return line


def in_words(counts):
    """{"PASS": 3, "FAIL": 1} -> "1 FAIL, 3 PASS": the worst first."""
    return ", ".join(f"{counts[name]} {name}" for name in reversed(v.ORDER) if counts.get(name))


def summary(data):
    lines = ["", *(clause_line(c) for c in data["clauses"] if c["verdict"] != "SKIP")]
    skipped = [t for t in data["tests"] if t["verdict"] == "SKIP"]
    reasons = Counter(t["runs"][0]["messages"][0] for t in skipped)
    lines += [f"SKIP    {some(number, 'test')}: {reason}" for reason, number in sorted(reasons.items())]
    if data["stale"]:
        lines.append(f"declared deviations that name no tested clause: {', '.join(data['stale'])}")
    lines.append(
        f"\n{data['title']}: {some(len(data['clauses']), 'clause')}, {some(len(data['tests']), 'test')}"
        f" in {data['seconds']:.0f} s: {in_words(data['summary'])}"
    )
    lines.append(f"exit {data['exit']}: {meaning(data)}")
    return visible("\n".join(lines))
