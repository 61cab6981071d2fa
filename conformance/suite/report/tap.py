"""The report as TAP (testanything.org): TODO is a declared deviation, and what does not gate; a skipped test is SKIP."""

import json

from . import saved
from .text import one_line

VERSION = "TAP version 13"  # with nothing that 14 has added: `prove` fails whatever says it is of 14


def escaped(text):
    """A description: one line, in which a `#` starts no directive."""
    return one_line(text).replace("\\", "\\\\").replace("#", "\\#")


def diagnosis(test):
    """A YAML block.  Every value is a JSON string: quoted, escaped and on one line.  Only lines of a trace, which
    begin with a time, stand in a list: `prove` takes an item that begins with `word:` for a table."""
    trace = [line for run in test["runs"] for line in run["trace"]]
    lines = ["  ---", f"  verdict: {test['verdict']}"]
    for name, values in (
        ("seen", [m for run in test["runs"] for m in run["messages"]]),
        ("outcomes", test["outcomes"]),
    ):
        if values:
            lines.append(f"  {name}: {json.dumps(chr(10).join(values))}")
    if trace:
        lines += ["  trace:", *(f"    - {json.dumps(line)}" for line in trace)]
    return [*lines, f"  again: {json.dumps(test['again'])}", "  ..."]


def point(number, test, reasons):
    verdict = test["verdict"]
    ok = "ok" if verdict in ("PASS", "SKIP") else "not ok"
    line = f"{ok} {number} - {escaped(test['id'])}"
    if verdict == "SKIP":
        return [f"{line} # SKIP {escaped(' '.join(test['runs'][0]['messages']))}"]
    if verdict == "XFAIL":
        why = " ".join(dict.fromkeys(reasons[c] for c in test["clauses"] if c in reasons))
        return [f"{line} # TODO {escaped(why)}", *diagnosis(test)]
    if verdict != "PASS" and not test["gates"]:
        return [f"{line} # TODO does not gate", *diagnosis(test)]
    return [line] if verdict == "PASS" else [line, *diagnosis(test)]


def write(data, path):
    reasons = {c["id"]: c["deviation"] for c in data["clauses"] if c["deviation"]}
    lines = [VERSION, f"1..{data['planned']}", f"# {one_line(data['title'])}"]
    for number, test in enumerate(data["tests"], 1):
        lines += point(number, test, reasons)
    for clause in data["clauses"]:
        if clause["verdict"] == "XPASS":
            lines.append(f"# XPASS {clause['id']}: declared as a deviation, but passes")
    if data["problem"]:
        lines.append(f"Bail out! {escaped(data['problem'])}")
    saved.put(path, "\n".join(lines) + "\n")
