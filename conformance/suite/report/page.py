"""Reports of several implementations as one HTML page: clauses down, implementations across.

The page is whole without scripts: cells are links, and what they explain is opened by `:target`.
page.js only filters and moves the focus.  A policy in the page forbids whatever else a browser
might fetch or run, so text that slipped through escaping could still do nothing."""

import base64
import hashlib
import re
from collections import Counter
from pathlib import Path

from .. import spec
from .. import verdict as v
from . import evidence
from .markup import code, e, mark
from .terminal import in_words, meaning

HERE = Path(__file__).resolve().parent
EXPLAINED = {
    "PASS": "the clause holds",
    "XFAIL": "deviates as declared",
    "FLAKY": "repeated runs differ",
    "XPASS": "declared, but passes",
    "FAIL": "does what the clause forbids",
    "TIMEOUT": "not done in time",
    "CRASH": "a process died",
    "HARNESS": "the suite is at fault",
    "SKIP": "not claimed",
}


class Column:
    """One report, with a name that is unique on this page and fit for a link."""

    def __init__(self, data, taken):
        self.data = data
        slug = re.sub(r"[^A-Za-z0-9_-]+", "-", data["implementation"]).strip("-") or "unnamed"
        while slug in taken:
            slug += "-again"
        taken.add(slug)
        self.slug, self.title = slug, data.get("title") or data["implementation"]
        self.clauses = {c["id"]: c for c in data["clauses"]}
        self.tests = {t["id"]: t for t in data["tests"]}
        self.ran = bool(self.clauses)

    def verdict(self, clause_id):
        return self.clauses[clause_id]["verdict"] if clause_id in self.clauses else ""


# ---- the summary --------------------------------------------------------------------------


def bar(counts):
    """The verdicts of a column as a drawing; the words stand beside it."""
    total, x, parts = sum(counts.values()) or 1, 0.0, []
    for verdict in ("PASS", "XFAIL", "FLAKY", "XPASS", "FAIL", "TIMEOUT", "CRASH", "HARNESS", "SKIP"):
        width = 100 * counts.get(verdict, 0) / total
        if width:
            parts.append(f'<rect class="{verdict}" x="{x:.2f}" width="{max(width - 0.3, 0.3):.2f}" height="8"/>')
        x += width
    return f'<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'


def tested(data):
    """Which programs a column is about."""
    known = {p.get("version") or p["sha256"][:12]: None for p in data.get("programs", {}).values()}
    return ", ".join(known)


def summary_row(column):
    data = column.data
    words = data.get("problem") or in_words(data["summary"])
    return (
        f'<tr><th scope="row">{e(column.title)}<span class="sub">{e(column.data["implementation"])}'
        f"{' · ' + e(tested(data)) if tested(data) else ''}</span></th>"
        f'<td class="bars">{bar(data["summary"]) if data["summary"] else ""}<span class="sub">{e(words)}</span></td>'
        f'<td class="number">{len(column.tests)}</td><td class="number">{data.get("seconds", 0):.0f} s</td>'
        f'<td><span class="exit">{e(data.get("exit"))}</span> {e(meaning(data))}</td></tr>'
    )


def summary(columns):
    rows = "".join(summary_row(c) for c in columns)
    return (
        '<table class="summary"><caption class="sr">Implementations</caption><thead><tr><th scope="col">Implementation'
        '</th><th scope="col">Clauses</th><th scope="col" class="number">Tests</th><th scope="col" class="number">Time'
        f'</th><th scope="col">Exit status</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def legend():
    items = "".join(f"<li>{mark(name)} {words}</li>" for name, words in EXPLAINED.items())
    return (
        f'<ul class="legend" aria-label="Verdicts">{items}<li>{mark("FAIL", gates=False)} in small letters: '
        "decides nothing, the level does not gate</li></ul>"
    )


# ---- the matrix ---------------------------------------------------------------------------


def chapters_of(columns):
    """[(chapter, title, [clause])]: the union of what the reports know, in the order of the spec."""
    order, titles, clauses = [], {}, {}
    for column in columns:
        titles.update(column.data.get("chapters", {}))
        for clause in column.data["clauses"]:
            chapter = clause.get("chapter") or clause["id"].partition(".")[0]
            if chapter not in order:
                order.append(chapter)
            clauses.setdefault(chapter, {}).setdefault(clause["id"], clause)
    return [(c, titles.get(c, c), list(clauses[c].values())) for c in order]


def cell(column, clause_id):
    clause = column.clauses.get(clause_id)
    if not clause:
        return f'<td data-i="{column.slug}"><span class="v none">·</span></td>'
    verdict = clause["verdict"]
    label = f"{clause_id}, {column.title}: {verdict}"
    return (
        f'<td data-i="{column.slug}" data-v="{verdict}"><a href="#{clause_id}@{column.slug}" aria-label="{e(label)}">'
        f"{mark(verdict, clause.get('gates', True))}</a></td>"
    )


def row(clause, columns):
    clause_id, level = clause["id"], clause["level"]
    head, _, last = clause_id.rpartition(".")
    cells = "".join(cell(c, clause_id) for c in columns)
    return (
        f'<tr class="clause" data-level="{level}"><th scope="row"><a class="id" href="#{e(clause_id)}">'
        f'<span class="head">{e(head)}.<wbr></span>{e(last)}</a></th><td class="level">{e(level)}</td>'
        f'<td class="text"><div>{code(clause["text"])}</div></td>{cells}</tr>'
    )


def tally(column, clauses):
    """How a column stands in a chapter: what passes, of what it claims."""
    found = [column.verdict(c["id"]) for c in clauses]
    counted = [x for x in found if x not in ("", "SKIP")]
    passed = counted.count("PASS")
    words = f"{passed}/{len(counted)}" if counted else ""
    kind = "all" if passed == len(counted) else "some"
    return f'<td data-i="{column.slug}" class="tally {kind}">{words}</td>'


def totals(column):
    counts = Counter(clause["verdict"] for clause in column.clauses.values())
    return [f"{counts[name]} {name}" for name in reversed(v.ORDER) if counts[name]]


def matrix(columns, chapters):
    head = "".join(
        f'<th scope="col" data-i="{c.slug}"><span class="long">{e(c.title)}</span>'
        f'<span class="short">{e(c.data["implementation"])}</span></th>'
        for c in columns
    )
    bodies = []
    for name, title, clauses in chapters:
        tallies = "".join(tally(c, clauses) for c in columns)
        rows = "\n".join(row(c, columns) for c in clauses)
        bodies.append(
            f'<tbody><tr class="chapter" id="chapter-{e(name)}"><th scope="rowgroup">{e(title)}</th>'
            f'<td class="level"></td><td class="text"></td>{tallies}</tr>\n{rows}</tbody>'
        )
    foot = "".join(f'<td data-i="{c.slug}">{"<br>".join(totals(c))}</td>' for c in columns)
    return (
        '<table class="matrix" id="matrix"><caption class="sr">Clauses by implementation</caption><thead><tr>'
        '<th scope="col">Clause</th><th scope="col" class="level">Level</th><th scope="col" class="text">Text</th>'
        f'{head}</tr></thead>\n{"".join(bodies)}<tfoot><tr><th scope="row">In all</th>'
        f'<td class="level"></td><td class="text"></td>{foot}</tr></tfoot></table>'
    )


def filters(columns, levels, verdicts):
    def box(name, value, words):
        return f'<label><input type="checkbox" name="{name}" value="{e(value)}" checked> {e(words)}</label>'

    options = "".join(f'<option value="{x}">{x}</option>' for x in verdicts)
    return (
        '<form class="filters" id="filters" hidden role="search" aria-label="Filter the matrix">'
        '<label class="find">Find <input type="search" name="text" placeholder="words of a clause"></label>'
        f'<label>Verdict <select name="verdict"><option value="">any</option>{options}</select></label>'
        '<label><input type="checkbox" name="differ"> only differences</label>'
        f'<fieldset><legend>Level</legend>{"".join(box("level", x, x) for x in levels)}</fieldset>'
        f'<fieldset><legend>Implementation</legend>'
        f"{''.join(box('column', c.slug, c.title) for c in columns)}</fieldset>"
        '<output id="shown" aria-live="polite"></output> <button type="reset">Show all</button></form>'
    )


# ---- the whole ----------------------------------------------------------------------------


def policy(style, script):
    def digest(text):
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; style-src {digest(style)}; script-src {digest(script)};"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )


def opening(columns):
    first = columns[0].data
    versions = sorted({c.data.get("contract", "?") for c in columns})
    started = sorted(c.data["started"] for c in columns if c.data.get("started"))
    when = started[-1][:16].replace("T", " ") + " UTC" if started else ""
    system = first.get("host", {}).get("system", "")
    return " · ".join(e(x) for x in (f"contract {', '.join(versions)}", when, system) if x)


def render(reports):
    """The page, from JSON reports; those without results are listed with the reason."""
    taken = set()
    every = [Column(data, taken) for data in reports]
    columns = [c for c in every if c.ran]
    chapters = chapters_of(columns)
    clauses = [c for _, _, some in chapters for c in some]
    levels = [x for x in spec.LEVELS if any(c["level"] == x for c in clauses)]
    verdicts = [x for x in reversed(v.ORDER) if any(x == k["verdict"] for c in columns for k in c.clauses.values())]
    style = (HERE / "page.css").read_text(encoding="utf-8")
    script = (HERE / "page.js").read_text(encoding="utf-8")
    nav = "".join(f'<li><a href="#chapter-{e(name)}">{e(title)}</a> {len(some)}</li>' for name, title, some in chapters)
    rulings = {n: r for c in columns for n, r in c.data.get("rulings", {}).items()}
    details = "\n".join(evidence.drawer(clause, columns, rulings) for clause in clauses)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Conformance of lei and lei-daemon</title>
<link rel="icon" href="data:,">
<style>{style}</style></head>
<body>
<a class="skip" href="#matrix">To the matrix</a>
<header><h1>Conformance of <code>lei</code> and <code>lei-daemon</code></h1>
<p class="sub">{len(clauses)} clauses · {opening(every)}</p></header>
<main>
{summary(every)}
<nav aria-label="Chapters"><ul class="chapters">{nav}</ul></nav>
{legend()}
{filters(columns, levels, verdicts)}
{matrix(columns, chapters)}
</main>
<div id="drawers">
{details}
</div>
<script>{script}</script>
</body></html>
"""
