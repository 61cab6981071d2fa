"""Pieces of HTML that the matrix is made of."""

import html
import re

from .. import verdict as v
from .text import visible

# What a verdict is called in a cell, where the words are wide and where they are narrow.
WORDS = {
    "PASS": ("pass", "P"),
    "XFAIL": ("xfail", "x"),
    "SKIP": ("–", "–"),
    "FLAKY": ("FLAKY", "~"),
    "XPASS": ("XPASS", "!"),
}


def e(text):
    return html.escape(visible(str(text)))


def code(text):
    """Text in which `this` is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", e(text))


def mark(verdict, gates=True, words=None):
    """A verdict as a word, a letter where it is narrow, and a colour."""
    long, short = words or WORDS.get(verdict, (verdict, verdict[:1]))
    if not gates and verdict in v.STATUS:
        long, short = long.lower(), short.lower()
    kind = f"v {verdict}" if gates else f"v {verdict} quiet"
    return f'<span class="{kind}"><span class="long">{long}</span><span class="short">{short}</span></span>'
