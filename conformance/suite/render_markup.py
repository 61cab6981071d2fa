"""The little Markdown that spec/ is written in: paragraphs, lists, tables, indented text, `code`, *words*."""

import re
from dataclasses import dataclass

INLINE = re.compile(r"`([^`]+)`|\*([^*\s][^*]*)\*")
ITEM = re.compile(r"^- (.*)$")


@dataclass
class Block:
    kind: str  # paragraph, list, table, pre
    content: object


def blocks(lines):
    """Blocks of some lines, in order.  What is no list, table or indented text is a paragraph."""
    ret, run, kind = [], [], None

    def finish():
        if run:
            ret.append(Block(kind, BUILD[kind](run)))
        run.clear()

    for line in [*lines, ""]:
        now = kind_of(line, kind)
        if now != kind:
            finish()
        kind = now
        if now:
            run.append(line)
    finish()
    return ret


def kind_of(line, before):
    if not line.strip():
        return None
    if before == "list" and line.startswith("  "):
        return "list"
    if line.startswith("    "):
        return "pre"
    if ITEM.match(line):
        return "list"
    return "table" if line.startswith("|") else "paragraph"


def items(lines):
    ret = []
    for line in lines:
        found = ITEM.match(line)
        if found:
            ret.append(found[1])
        else:
            ret[-1] += " " + line.strip()
    return ret


def rows(lines):
    """Cells of a table; the row of dashes goes."""
    ret = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return [row for row in ret if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]


BUILD = {
    "paragraph": lambda lines: " ".join(" ".join(lines).split()),
    "list": items,
    "table": rows,
    "pre": lambda lines: "\n".join(line[4:] for line in lines),
}


def inline(text, plain, code, words):
    """Text with each piece put through its function."""
    out, at = [], 0
    for found in INLINE.finditer(text):
        out.append(plain(text[at : found.start()]))
        out.append(code(found[1]) if found[1] is not None else words(found[2]))
        at = found.end()
    return "".join([*out, plain(text[at:])])
