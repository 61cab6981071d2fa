"""Two reports side by side, in failures and not in totals: what got worse, better, other, or is gone."""

from .. import verdict as v
from .text import visible

GOOD = {"PASS", "XFAIL"}
BAD = set(v.STATUS)

EXIT_SAME = 0  # nothing fails that did not fail before
EXIT_WORSE = 1
EXIT_LOST = 2  # nothing is worse, but tests of the first report were not run for the second

# Kind of change -> how it is headed; in this order.
KINDS = {
    "worse": "fails now",
    "new": "fails, and is new",
    "other": "still fails, in another way",
    "fixed": "fails no more",
    "weaker": "is not run any more: SKIP",
    "removed": "removed: in the first report only",
    "added": "added, and does not fail",
    "declared": "passes no more, as is declared now",
    "changed": "other changes",
}
WORSE = ("worse", "new")
LOST = ("weaker", "removed")


def kind_of(before, after):
    """The kind of change from one verdict to another; None for none."""
    if before == after:
        return None
    if before is None:
        return "new" if after in BAD else "added"
    if after is None:
        return "removed"
    if after in BAD:
        return "other" if before in BAD else "worse"
    if before in BAD:
        return "fixed" if after in GOOD else "weaker"
    return {"SKIP": "weaker", "XFAIL": "declared"}.get(after, "changed") if before == "PASS" else "changed"


def verdicts(data):
    """{id: verdict} of the tests, and of the clauses that are more than their tests (XPASS)."""
    ret = {t["id"]: t["verdict"] for t in data["tests"]}
    ret.update({c["id"]: "XPASS" for c in data["clauses"] if c["verdict"] == "XPASS"})
    return ret


def compare(first, second):
    """{kind: [(id, before, after)]}, ids in their order."""
    before, after = verdicts(first), verdicts(second)
    clauses = {c["id"]: c["verdict"] for data in (first, second) for c in data["clauses"]}
    ret = {kind: [] for kind in KINDS}
    for one in dict.fromkeys([*after, *before]):
        old, new = before.get(one), after.get(one)
        if one in clauses:  # a clause is here for its XPASS alone; without that there is nothing to say
            old, new = old or "XFAIL", new or "XFAIL"
        kind = kind_of(old, new)
        if kind:
            ret[kind].append((one, old, new))
    return ret


def exit_status(changes):
    if any(changes[kind] for kind in WORSE):
        return EXIT_WORSE
    return EXIT_LOST if any(changes[kind] for kind in LOST) else EXIT_SAME


def seen(data, test_id):
    test = next((t for t in data["tests"] if t["id"] == test_id), None)
    messages = [m for run in test["runs"] for m in run["messages"]] if test else []
    return messages[0].partition("\n")[0][:160] if messages else ""


def name(data):
    when, contract = data.get("started", "at an unknown time"), data.get("contract", "?")
    return f"{data['implementation']}, {when}, contract {contract}"


def describe(first, second, changes):
    """The changes for a person, one line each."""
    lines = [f"- {name(first)}", f"+ {name(second)}"]
    for data, sign in ((first, "-"), (second, "+")):
        if data.get("exit") is None:
            lines.append(f"{sign} this run never came to its end")
    for kind, head in KINDS.items():
        if changes[kind]:
            lines.append(f"\n{head}: {len(changes[kind])}")
        for one, old, new in changes[kind]:
            told = seen(second, one) if new in BAD else ""
            lines.append(f"  {old or '-':8}{new or '-':8}{one}" + (f"\n{' ' * 18}{told}" if told else ""))
    if not any(changes.values()):
        lines.append("no test changed its verdict")
    return visible("\n".join(lines))
