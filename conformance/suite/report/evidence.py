"""What a cell of the matrix explains: the clause, and what was seen of one implementation."""

import re

from .markup import code, e, mark

LINE = 360  # characters of a line of a trace that the page shows; the JSON report has the whole
LINES_BAD, LINES_GOOD = 80, 24  # lines of the trace of a test that failed, that passed
SHOWN_GOOD = 1  # passed tests of a clause whose trace the page shows


def trace(lines, limit):
    shown = [line if len(line) <= LINE else line[:LINE] + " ..." for line in lines]
    if len(shown) > limit:
        half = limit // 2
        shown = [*shown[:half], f"... {len(shown) - limit} lines, see the JSON report ...", *shown[-half:]]
    return f'<pre class="trace">{e(chr(10).join(shown))}</pre>' if shown else ""


def distinct(runs):
    """Runs that differ in what was seen, each with how often."""
    ret = {}
    for run in runs:
        key = (run["verdict"], tuple(run["messages"]))
        ret[key] = (run, ret.get(key, (None, 0))[1] + 1)
    return list(ret.values())


def test(one, show_trace, alone):
    """A test: folded, unless it went wrong or is the only one."""
    bad = one["verdict"] not in ("PASS", "SKIP")
    name = one["id"].partition(":")[2] or one["id"]
    runs = one.get("runs", [])
    seconds = sum(run["seconds"] for run in runs)
    again = f'<p class="again"><span>again</span> <code>{e(one["again"])}</code></p>' if one.get("again") else ""
    body = []
    since = sorted({run["taken_from"] for run in runs if run.get("taken_from")})
    taken = f'<p class="outcome">taken over from the run of {e(", ".join(since))}</p>' if since else ""
    for run, times in distinct(runs):
        often = f" ({times} of {len(runs)} runs)" if len(runs) > 1 else ""
        body += [f'<pre class="seen">{e(m)}{often}</pre>' for m in run["messages"]]
        if show_trace:
            body.append(trace(run["trace"], LINES_BAD if bad else LINES_GOOD))
    told = "".join(f'<p class="outcome">allowed outcome seen: {e(x)}</p>' for x in one.get("outcomes", []))
    seeds = f'<p class="outcome">seed: {e(", ".join(one["seeds"]))}</p>' if one.get("seeds") else ""
    return (
        f'<details{" open" if bad or alone else ""}><summary>{mark(one["verdict"])} {e(name)} '
        f'<span class="seconds">{seconds:.2f} s</span></summary>{told}{seeds}{taken}{"".join(body)}{again}</details>'
    )


def skipped(tests):
    reasons = {}
    for one in tests:
        reasons.setdefault(" ".join(one["runs"][0]["messages"]), []).append(one)
    return "".join(
        f"<p>{len(some)} test{'s' if len(some) > 1 else ''} skipped: {e(why)}</p>" for why, some in reasons.items()
    )


def section(clause, column):
    """One implementation's evidence for one clause."""
    clause_id = clause["id"]
    mine = column.clauses[clause_id]
    tests = [column.tests[t] for t in mine["tests"] if t in column.tests]
    ran = [t for t in tests if t["verdict"] != "SKIP"]
    ran.sort(key=lambda t: t["verdict"] == "PASS")
    declared = f'<p class="declared"><b>Declared:</b> {code(mine["deviation"])}</p>' if mine.get("deviation") else ""
    good = 0
    shown = []
    for one in ran:
        passed = one["verdict"] == "PASS"
        good += passed
        shown.append(test(one, not passed or good <= SHOWN_GOOD, len(ran) == 1))
    note = "" if mine.get("gates", True) else '<p class="sub">The level of this clause does not gate.</p>'
    verdict = mark(mine["verdict"], mine.get("gates", True))
    return (
        f'<section class="cell" id="{e(clause_id)}@{column.slug}" tabindex="-1">'
        f"<h3>{verdict} {e(column.title)}</h3>{declared}{note}{''.join(shown)}"
        f"{skipped([t for t in tests if t['verdict'] == 'SKIP'])}</section>"
    )


def ruling(number, rulings):
    found = rulings.get(str(number))
    if not found:
        return f"<p>Ruling {number}</p>"
    text = re.sub(r"\s+", " ", found["text"])
    return f"<details><summary>Ruling {number}: {code(found['title'])}</summary><p>{code(text)}</p></details>"


def drawer(clause, columns, rulings):
    """The clause and a section for each implementation; `:target` decides which of them is seen."""
    clause_id = clause["id"]
    there = [c for c in columns if clause_id in c.clauses]
    tabs = "".join(
        f'<li><a href="#{e(clause_id)}@{c.slug}">{mark(c.verdict(clause_id), c.clauses[clause_id].get("gates", True))}'
        f" {e(c.title)}</a></li>"
        for c in there
    )
    return (
        f'<article class="drawer" id="{e(clause_id)}" tabindex="-1" aria-label="{e(clause_id)}">'
        f'<a class="close" href="#-" aria-label="Close">×</a>'
        f'<h2>{e(clause_id)} <span class="level">{e(clause["level"])}</span></h2>'
        f'<p class="clause">{code(clause["text"])}</p>'
        f'<p class="sub">{e("; ".join(clause.get("source", [])))} · {e(clause.get("where", ""))}</p>'
        f"{''.join(ruling(n, rulings) for n in clause.get('rulings', []))}"
        f'<ul class="tabs">{tabs}</ul>{"".join(section(clause, c) for c in there)}</article>'
    )
