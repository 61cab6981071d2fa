"""What people and programs read of a comparison."""

import difflib
import shlex

from ..report import programs
from ..report.text import visible, wrap
from .lines import FIELDS

SCHEMA = 1
VERDICTS = ("EQUAL", "DECLARED", "GONE", "DIFFERENT")
LINES = 60  # of a diff


def short(text):
    return repr(text) if "\n" not in text else None


def difference(name, ours, original):
    if short(ours) and short(original):
        return [f"  {name}: ours {ours or 'nothing'}, the original {original or 'nothing'}"]
    pieces = difflib.unified_diff(original.splitlines(), ours.splitlines(), "original", "ours", lineterm="", n=2)
    found = [f"    {piece}" for piece in pieces]
    more = [f"    ... {len(found) - LINES} lines more"] if len(found) > LINES else []
    return [f"  {name}:", *found[:LINES], *more]


def sides(outcome):
    return (("ours", outcome.ours), ("the original", outcome.original))


def explain(outcome, differences):
    """One line of the table, for a person."""
    line = outcome.line
    text = [f"{outcome.verdict:10}{line.id}", f"  $ {line.run}", f"  from {line.source}"]
    for name in FIELDS:
        if name in outcome.differs or name in outcome.declared:
            text += difference(name, outcome.ours[name], outcome.original[name])
    reasons = {one.name: one.reason for one in differences}
    for name in sorted(set(outcome.declared.values())):
        text.append(f"  declared as {name}:\n{wrap(reasons[name], '    ')}")
    if {"stderr", "exit"} & {*outcome.differs, *outcome.declared}:
        text += [f"  {side} said: {found['said'].strip()}" for side, found in sides(outcome) if found["said"].strip()]
    for name, what in outcome.gone:
        text.append(f"  {what} is declared to differ as {name}, but is equal: correct declared.toml")
    text.append(f"  again: conformance/differential -v -k {shlex.quote(line.id)}")
    return visible("\n".join(text))


def counts(outcomes):
    return {name: sum(one.verdict == name for one in outcomes) for name in VERDICTS}


def entry(outcome):
    line = outcome.line
    differs = {f: {"ours": outcome.ours[f], "original": outcome.original[f]} for f in FIELDS}
    return {
        "id": line.id,
        "source": line.source,
        "run": line.run,
        "verdict": outcome.verdict,
        "seconds": {"ours": round(outcome.ours["seconds"], 3), "original": round(outcome.original["seconds"], 3)},
        "differs": {f: differs[f] for f in FIELDS if f in outcome.differs or f in outcome.declared},
        "declared": outcome.declared,
        "gone": [{"name": name, "field": what} for name, what in outcome.gone],
    }


def data(subjects, outcomes, differences, problems, seconds, status):
    return {
        "schema": SCHEMA,
        "report": "differential",
        "implementations": {
            key: {"name": one.name, "title": one.title, "programs": programs.describe(one.programs)}
            for key, one in subjects.items()
        },
        "seconds": round(seconds, 3),
        "exit": status,
        "summary": counts(outcomes),
        "problems": problems,
        "lines": [entry(one) for one in outcomes],
        "differences": [
            {"name": one.name, "reason": one.reason, "issue": one.issue, "lines": sorted({i for i, _ in one.used})}
            for one in differences
        ],
    }
