"""The contract as a man page, lei-contract(7)."""

from .render_markup import blocks, inline

HEAD = """.\\" Rendered from spec/: do not edit.
.TH LEI\\-CONTRACT 7 "" "contract {version}" "lei"
.\\" Ids are long words: neither hyphenate nor stretch lines.
.nh
.ad l
.SH NAME
lei\\-contract \\- what lei and lei\\-daemon owe each other and their user
.SH DESCRIPTION
"""
ESCAPES = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}


def literal(text):
    """Text that troff shows as it is."""
    out = "".join(ESCAPES.get(c, c) if c.isascii() else f"\\[u{ord(c):04X}]" for c in text)
    return "\\&" + out if out[:1] in (".", " ") else out


def text(words):
    """A line of prose; a dot may not open it."""
    out = inline(
        words,
        lambda t: "".join(literal(c) if c in ESCAPES or not c.isascii() else c for c in t),
        lambda t: f"\\fB{literal(t)}\\fR",
        lambda t: f"\\fI{literal(t)}\\fR",
    )
    return "\\&" + out if out[:1] in (".", "'") else out


def block(one):
    if one.kind == "pre":
        lines = [literal(line) for line in one.content.split("\n")]
        return [".PP", ".nf", ".in +4n", *lines, ".in -4n", ".fi"]
    if one.kind == "list":
        return [line for item in one.content for line in (".IP \\(bu 2", text(item))]
    if one.kind == "table":
        return [line for row in one.content[1:] for line in (".TP", text(row[0]), text("; ".join(row[1:])))]
    return [".PP", text(one.content)]


def prose(lines):
    return [line for one in blocks(lines) for line in block(one)]


def below(lines):
    """The same, below the tag of a clause; ends where a further line may follow."""
    out = []
    for n, one in enumerate(blocks(lines)):
        if one.kind == "paragraph":
            out += [*([".IP"] if n else []), text(one.content)]
        else:
            out += [".RS", *block(one), ".RE", ".IP"]
    return out


def clause(one, contract):
    yield ".TP"
    yield f"\\fB{literal(one.id)}\\fR ({literal(one.level)})"
    yield from below(one.body)
    facts = ["Source: " + "; ".join(one.sources) + "."]
    rulings = [str(n) for n in one.rulings]
    if rulings:
        facts.append(f"Ruling {', '.join(rulings)}.")
    if one.untested:
        facts.append(f"Untested: {one.untested}.")
    if one.unproven:
        facts.append(f"Mutant: none, because {one.unproven}.")
    yield from [".br", text(" ".join(facts))]
    for who, why in contract.deviations.get(one.id, []):
        yield from [".br", text(f"Deviates: {who}: {why}")]


def chapter(one, contract):
    yield f".SH {literal(one.title.upper())}"
    yield from prose(one.intro)
    for each in one.clauses:
        yield from clause(each, contract)


def render(contract):
    out = [HEAD.format(version=contract.version).rstrip("\n")]
    out += prose(contract.intro)
    for one in contract.chapters:
        out += chapter(one, contract)
    out.append(".SH RULINGS")
    for number, (title, lines) in contract.rulings.items():
        out += [".TP", f"\\fB{number}\\fR: {text(title)}", *below(lines)]
    out += [".SH LENIENCY", *prose(contract.leniency)]
    out += [".SH SEE ALSO", ".BR lei (1),", ".BR lei\\-daemon (8)"]
    # A blank line is a request to troff, too.
    return "\n".join(line for line in out if line) + "\n"
