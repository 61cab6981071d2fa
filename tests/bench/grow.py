#!/usr/bin/python3
"""As much mail as is wanted, from the 6,046 messages of the corpus; the same with each run.

The first 6,046 are the corpus itself.  Each further round is the corpus again, four weeks later: other
Message-IDs, and In-Reply-To and References that follow them, so that each round has its own threads;
other dates; and of the words that the corpus has once, a third is another one, so that the vocabulary
grows as that of a growing archive does.  One message in fifty comes a second time as it was in the
round before: a duplicate.

    grow.py N >MBOXRD
"""
import datetime
import pathlib
import re
import subprocess
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUND = 6046
WEEKS = 4  # whole weeks: "Mon, " stays true
REPEATED = 50
MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

FROM = re.compile(rb"^From mboxrd@z.*\n", re.M)
WORD = re.compile(rb"\b[a-z]{6,14}\b")
# Of a header: ids in the three fields that carry them, days anywhere.
IDS = re.compile(rb"^(?:message-id|in-reply-to|references):.*(?:\n[ \t].*)*", re.M | re.I)
ID = re.compile(rb"<[^<>@\s]+(?=@[^<>@\s]+>)")
DAY = re.compile(rb"\b(\d{1,2}) (" + b"|".join(MONTHS) + rb") (19[7-9]\d|20[0-3]\d)\b")

LITERAL, IDENTITY, DATE, RARE = range(4)


def corpus() -> pathlib.Path:
    """The directory with corpus.mboxrd and eml/."""
    said = subprocess.run([ROOT / "ci/corpus"], check=True, stdout=subprocess.PIPE, text=True)
    return pathlib.Path(said.stdout.strip())


def marks_of_head(head: bytes):
    """(start, end, kind, value) of what changes from round to round."""
    for field in IDS.finditer(head):
        for m in ID.finditer(field[0]):
            yield field.start() + m.start(), field.start() + m.end(), IDENTITY, m[0]
    for m in DAY.finditer(head):
        try:
            day = datetime.date(int(m[3]), MONTHS.index(m[2]) + 1, int(m[1]))
        except ValueError:
            continue
        yield m.start(), m.end(), DATE, day.toordinal()


def marks_of_body(body: bytes, at: int, once: set[bytes]):
    for m in WORD.finditer(body):
        if m[0] in once:
            yield at + m.start(), at + m.end(), RARE, m[0]


class Mail:
    """One message, cut where it changes."""

    def __init__(self, raw: bytes, once: set[bytes]):
        head, blank, body = raw.partition(b"\n\n")
        marks = sorted(marks_of_head(head))
        if b"base64" not in raw:
            marks += marks_of_body(body, len(head + blank), once)
        self.pieces, at = [], 0
        for start, end, kind, value in marks:
            if start < at:
                continue
            self.pieces += [(LITERAL, raw[at:start]), (kind, value)]
            at = end
        self.pieces.append((LITERAL, raw[at:]))

    def at_round(self, n: int, day_at) -> bytes:
        tail, out = letters(n), []
        for kind, value in self.pieces:
            if kind == DATE:
                value = day_at(value + 7 * WEEKS * n)
            elif kind == IDENTITY:
                value = value + b"." + tail
            elif kind == RARE and zlib.crc32(value + tail) % 3 == 0:
                value = value + tail
            out.append(value)
        return b"".join(out)


def letters(n: int) -> bytes:
    """1 is "b", 26 is "ba"."""
    out = b""
    while n:
        n, digit = divmod(n, 26)
        out = b"%c" % (ord("a") + digit) + out
    return out


def day_text(ordinal: int) -> bytes:
    day = datetime.date.fromordinal(ordinal)
    return b"%d %s %d" % (day.day, MONTHS[day.month - 1], day.year)


class Days(dict):
    """day_text, each made once."""

    def __missing__(self, ordinal: int) -> bytes:
        self[ordinal] = text = day_text(ordinal)
        return text


def words_once(raws: list[bytes]) -> set[bytes]:
    once, often = set(), set()
    for raw in raws:
        for word in WORD.findall(raw.partition(b"\n\n")[2]):
            (often if word in once else once).add(word)
    return once - often


def grown(n: int):
    """The first n messages, escaped as an mboxrd has them."""
    raws = FROM.split((corpus() / "corpus.mboxrd").read_bytes())[1:]
    yield from raws[:n]
    once, days, left = words_once(raws), Days(), n - len(raws)
    mails = [Mail(raw, once) for raw in raws] if left > 0 else []
    rnd = 0
    while left > 0:
        rnd += 1
        for i, mail in enumerate(mails[:left]):
            back = 1 if rnd > 1 and i % REPEATED == REPEATED - 1 else 0
            yield mail.at_round(rnd - back, days.__getitem__)
        left -= len(mails)


def write_mbox(n: int, out) -> None:
    for raw in grown(n):
        out.write(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + raw)


if __name__ == "__main__":
    write_mbox(int(sys.argv[1]), sys.stdout.buffer)
