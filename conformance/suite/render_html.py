"""The contract as one HTML page that needs nothing else."""

import re
from collections import Counter
from html import escape
from pathlib import Path

from . import spec
from .render_markup import blocks, inline

HERE = Path(__file__).resolve().parent
RULING = re.compile(r"\b([Rr]uling) (\d+)\b")


class Page:
    def __init__(self, contract):
        self.contract = contract
        self.ids = {c.id for c in contract.clauses}

    # -- text --

    def plain(self, text):
        def link(found):
            number = int(found[2])
            return self.ruling_link(number, found[0]) if number in self.contract.rulings else found[0]

        return RULING.sub(link, escape(text))

    def code(self, text):
        shown = f"<code>{escape(text)}</code>"
        return f'<a href="#{escape(text)}">{shown}</a>' if text in self.ids else shown

    def text(self, text):
        return inline(text, self.plain, self.code, lambda t: f"<em>{escape(t)}</em>")

    def blocks(self, lines):
        return "\n".join(self.block(b) for b in blocks(lines))

    def block(self, block):
        if block.kind == "pre":
            return f"<pre>{escape(block.content)}</pre>"
        if block.kind == "list":
            return "<ul>" + "".join(f"<li>{self.text(item)}</li>" for item in block.content) + "</ul>"
        if block.kind == "table":
            head, *rest = [[self.text(cell) for cell in row] for row in block.content]
            out = ["<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"]
            out += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rest]
            return "<table>" + "\n".join(out) + "</table>"
        return f"<p>{self.text(block.content)}</p>"

    @staticmethod
    def ruling_link(number, words):
        return f'<a href="#ruling-{number}">{escape(words)}</a>'

    # -- parts --

    def clause(self, clause):
        ident, level = escape(clause.id), escape(clause.level)
        return "\n".join(
            [
                f'<article id="{ident}" data-level="{level}">',
                f'<h3><a class="id" href="#{ident}">{ident}</a> <span class="level {level}">{level}</span></h3>',
                self.blocks(clause.body),
                "<dl>" + "\n".join(self.facts(clause)) + "</dl>",
                "</article>",
            ]
        )

    def facts(self, clause):
        """What is known about a clause, as terms and descriptions."""

        def fact(term, values):
            return [f"<dt>{term}</dt>" + "".join(f"<dd>{v}</dd>" for v in values)] if values else []

        known = self.contract
        rulings = known.rulings
        yield from fact("source", [self.plain(s) for s in clause.sources])
        named = [self.ruling_link(n, f"{n}: {rulings[n][0]}") for n in clause.cited_rulings if n in rulings]
        yield from fact("ruling", named)
        tests = known.tests.get(clause.id, [])
        tests = [f'<code title="{escape(where)}">{escape(test)}</code>' for test, where in tests]
        yield from fact("tests", tests or [f"none: {self.text(clause.untested)}"] * bool(clause.untested))
        mutants = [f"<code>{escape(name)}</code> {self.text(why)}" for name, why in known.mutants.get(clause.id, [])]
        yield from fact("mutants", mutants or [f"none: {self.text(clause.unproven)}"] * bool(clause.unproven))
        yield from fact(
            "deviates",
            [f"<b>{escape(who)}</b>: {self.text(why)}" for who, why in known.deviations.get(clause.id, [])],
        )

    def chapter(self, chapter):
        return "\n".join(
            [
                f'<section class="chapter"><h2 id="{chapter.name}">{escape(chapter.title)}</h2>',
                self.blocks(chapter.intro),
                *(self.clause(c) for c in chapter.clauses),
                "</section>",
            ]
        )

    def rulings(self):
        out = ['<section><h2 id="rulings">Rulings</h2>']
        out.append("<p>Doubtful points, decided once. A change of any of them is another version of the contract.</p>")
        for number, (title, lines) in self.contract.rulings.items():
            ids = [escape(c.id) for c in self.contract.resting_on(number)]
            resting = ", ".join(f'<a href="#{one}">{one}</a>' for one in ids)
            out += [
                f'<article id="ruling-{number}">',
                f'<h3><a class="id" href="#ruling-{number}">{number}</a> {escape(title)}</h3>',
                self.blocks(lines),
                f"<dl><dt>clauses</dt><dd>{resting}</dd></dl></article>",
            ]
        return "\n".join([*out, "</section>"])

    def contents(self):
        rows = [
            f'<li><a href="#{c.name}">{escape(c.title)}</a> <span>{len(c.clauses)}</span></li>'
            for c in self.contract.chapters
        ]
        more = [
            f'<li class="all"><a href="#rulings">Rulings</a> <span>{len(self.contract.rulings)}</span></li>',
            '<li><a href="#leniency">Leniency</a></li>',
        ]
        return '<nav aria-label="Chapters"><ol>' + "\n".join([*rows, *more]) + "</ol></nav>"

    def head(self):
        known = self.contract
        levels = Counter(c.level for c in known.clauses)
        tests = {test for found in known.tests.values() for test in found}
        mutants = {name for found in known.mutants.values() for name, _ in found}
        box = '<label class="{0}"><input type="checkbox" value="{0}" checked> {0} {1}</label>'
        boxes = "".join(box.format(level, levels[level]) for level in spec.LEVELS)
        return "\n".join(
            [
                "<h1>The contract of lei and lei-daemon</h1>",
                f'<p class="sub">Version {escape(known.version)}: {len(known.clauses)} clauses,'
                f" {len(known.rulings)} rulings, {len(tests)} tests, {len(mutants)} mutants</p>",
                self.blocks(known.intro),
                '<div class="find" hidden><input type="search" placeholder="find a clause" aria-label="Find a clause">',
                f"{boxes}<output></output></div>",
            ]
        )

    def render(self):
        leniency = f'<section><h2 id="leniency">Leniency</h2>{self.blocks(self.contract.leniency)}</section>'
        return "\n".join(
            [
                "<!DOCTYPE html>",
                '<html lang="en"><head><meta charset="utf-8">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<title>lei: the contract, version {escape(self.contract.version)}</title>",
                f"<style>\n{(HERE / 'render.css').read_text(encoding='utf-8')}</style></head>",
                f'<body><div class="page">{self.contents()}<main>',
                self.head(),
                *(self.chapter(c) for c in self.contract.chapters),
                self.rulings(),
                leniency,
                "</main></div>",
                f"<script>\n{(HERE / 'render.js').read_text(encoding='utf-8')}</script>",
                "</body></html>",
                "",
            ]
        )


def render(contract):
    return Page(contract).render()
