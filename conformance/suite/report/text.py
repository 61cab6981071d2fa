"""Text of unknown origin, made fit to be shown.

What an implementation wrote ends up in messages and traces: it may hold escape sequences for a
terminal, characters that XML has no way to hold, bytes that are not UTF-8, or marks that turn the
direction of writing round.  Nothing is left out: such a character is shown as an escape."""

import re

UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but for tab and newline
    "\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"  # invisible, or turn the direction round
    "\ud800-\udfff\ufffe\uffff]"  # halves of characters, and bytes that were not UTF-8
)


def escape(found):
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode: a byte that was not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def visible(text):
    return UNFIT.sub(escape, text)


def one_line(text):
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def wrap(text, indent, width=100):
    """The words of a text in lines, each after `indent`."""
    lines, line = [], ""
    for word in visible(text).split():
        if line and len(line) + len(word) + 1 > width - len(indent):
            lines.append(indent + line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, indent + line])
