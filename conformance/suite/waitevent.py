"""Wait events: a script goes into an adapter, a trace comes out, and must be one that is allowed.

conformance/adapters/PROTOCOL.md says what scripts and traces are.  What a test expects looks like a
trace, with a little room:

    1005 fire A             at 1005 or less than a second later: no clause asks for more
    1005..1010 fire A       at any time from the one to the other
    1005 fire A x0..3       so many times
    ? 1005 fire A           or not at all
    1005 error S *          whatever follows

Lines of the trace that begin a sleep are advisory and not looked at."""

import os
import re
import resource
import shlex
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from decimal import Decimal

import pytest

from .system import describe_status
from .verdict import Crashed, Finding, Late

VERSION = "1"
SECONDS = 10.0  # for one script; nothing in it ever sleeps
OUTPUT_MAX = 4 << 20
SHOWN = 40  # lines of a trace on either side of its fault
GREETING = re.compile(r"^adapter \S+ (\S+)$")
TIMED = re.compile(r"^([0-9]+(?:\.[0-9]{1,9})?) (\S.*)$")
EXPECTED = re.compile(r"^(\?\s+)?(\d[\d.]*?)(?:\.\.(\d[\d.]*))?\s+(.*?)(?:\s+x(\d+)(?:\.\.(\d+))?)?$")
EVENTS = {
    "fire", "input", "again", "timeout", "eof", "error", "busy", "turned", "refused", "delivered",
    "blocked", "spin", "sleep",
}  # fmt: skip
# What a capability adds to the language of scripts.
CAPABILITY_WORDS = {
    "waitevent-idle": {"add-idle"},
    "waitevent-turns": {"turn"},
    "waitevent-output": {"bound", "output", "flush"},
}
# What an interface of another shape need not be able to say.
OPTIONAL_WORDS = {
    "stale", "other", "lost", "remove-none", "write", "bare", "touch", "line", "fraction",
}  # fmt: skip
SANITIZER = re.compile(r"Sanitizer: |runtime error: ")


def plain(text):
    """The lines of a script or a trace, without their indentation."""
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


# ---- what is expected ----


@dataclass
class Line:
    """One line of an expected trace."""

    shown: str
    low: Decimal
    high: Decimal
    within: bool  # high itself is allowed
    words: str
    least: int
    most: int

    def allows(self, time, words):
        if time < self.low or (time > self.high if self.within else time >= self.high):
            return False
        if self.words.endswith("*"):
            return words.startswith(self.words[:-1])
        return words == self.words


def parse_expected(text):
    ret = []
    for shown in plain(text):
        found = EXPECTED.match(shown)
        if not found:
            raise ValueError(f"not a line of an expected trace: {shown}")
        maybe, low, high, words, least, most = found.groups()
        low = Decimal(low)
        least = int(least or 1)
        ret.append(
            Line(
                shown,
                low,
                Decimal(high) if high else low + 1,
                high is not None,
                words,
                0 if maybe else least,
                int(most or least),
            )
        )
    return ret


def after(expected, state):
    """This state and those it becomes when no more of its line comes."""
    position, count = state
    ret = [state]
    while position < len(expected) and count >= expected[position].least:
        position, count = position + 1, 0
        ret.append((position, count))
    return ret


def compare(expected, trace):
    """None when the trace is as expected, else (index of the first line that is not, lines
    expected in its place)."""
    states = set(after(expected, (0, 0)))
    for index, (time, words) in enumerate(trace):
        following = set()
        for position, count in states:
            if position == len(expected) or count == expected[position].most:
                continue
            if expected[position].allows(time, words):
                following.update(after(expected, (position, count + 1)))
        if not following:
            return index, wanted(expected, states)
        states = following
    if any(position == len(expected) for position, _ in states):
        return None
    return len(trace), wanted(expected, states)


def wanted(expected, states):
    lines = {p: expected[p].shown for p, n in states if p < len(expected) and n < expected[p].most}
    ret = [lines[p] for p in sorted(lines)]
    return ret + ["the end"] if any(p == len(expected) for p, _ in states) else ret


# ---- what was seen ----


class Run:
    """A script that an adapter has carried out."""

    def __init__(self, argv, script, out, err):
        self.argv, self.script = argv, script
        self.err = err.decode(errors="replace")
        self.lines = out.decode(errors="replace").splitlines()
        self.trace = []  # (time, words), without what is advisory
        self.fault = ""  # what is no trace
        self.unsupported = ""
        self.at = []  # index into lines of each of self.trace
        self.read()

    def read(self):
        greeting = GREETING.match(self.lines[0]) if self.lines else None
        if not greeting or greeting[1] != VERSION:
            self.fault = f"the first line is not `adapter NAME {VERSION}` but {self.lines[:1]}"
            return
        now = Decimal(0)
        for index, line in enumerate(self.lines[1:], 1):
            if line.startswith("unsupported "):
                self.unsupported = line.split(" ", 1)[1]
                if index + 1 < len(self.lines):
                    self.fault = "something follows `unsupported`"
                return
            found = TIMED.match(line)
            if not found or found[2].split()[0] not in EVENTS:
                self.fault = f"line {index + 1} is no line of a trace: {line[:200]!r}"
                return
            time = Decimal(found[1])
            if time < now:
                self.fault = f"line {index + 1} goes back in time: {line}"
                return
            now = time
            if not found[2].startswith("sleep "):
                self.trace.append((time, found[2]))
                self.at.append(index)

    def show(self, mark=None):
        """The trace, with `>` before the line of index `mark`."""
        begin = 0 if mark is None else max(0, mark - SHOWN)
        end = len(self.lines) if mark is None else mark + SHOWN
        ret = [f"    ... {begin} lines"] if begin else []
        for index, line in enumerate(self.lines[begin : min(end, begin + 2 * SHOWN)], begin):
            ret.append(f"  {'>' if index == mark else ' '} {line}")
        left = len(self.lines) - min(end, begin + 2 * SHOWN)
        if left > 0:
            ret.append(f"    ... {left} lines more")
        if mark is not None and mark >= len(self.lines):
            ret.append("  > (the end)")
        return "\n".join(ret)

    def summary(self, most=10):
        """The trace in one line."""
        words = [f"{time} {words}" for time, words in self.trace]
        return ", ".join(words[:most] + ["..."] * (len(words) > most))

    def explain(self, what, mark=None, allowed=""):
        """All that somebody needs who wants to know why."""
        ret = [what, "the script, by hand:", f"    {shlex.join(self.argv)} <<'.'"]
        ret += [f"    {line}" for line in [*self.script, "."]]
        if allowed:
            ret += ["allowed:", allowed]
        ret += ["the trace:", self.show(mark)]
        if self.err:
            ret += ["standard error:", self.err[-3000:]]
        return "\n".join(ret)


def end(process, seconds):
    """Its exit status as in subprocess, None when it had to be killed."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def play(argv, script, seconds=SECONDS, **popen):
    """Let an adapter carry out a script, a list of lines.  Late when it does not end, Crashed when
    it ends badly."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(("\n".join(script) + "\n").encode())
        given.seek(0)
        process = subprocess.Popen(argv, stdin=given, stdout=out, stderr=err, start_new_session=True, **popen)
        # One that never stops printing must not fill the disk.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (OUTPUT_MAX, OUTPUT_MAX))
        status = end(process, seconds)
        out.seek(0)
        err.seek(0)
        run = Run(argv, script, out.read(), err.read())
    if status is None:
        raise Late(run.explain(f"the adapter does not end within {seconds:g} s"))
    if status or SANITIZER.search(run.err):
        wait_status = -status if status < 0 else status << 8
        raise Crashed(run.explain(f"the adapter ended: {describe_status(wait_status)}"))
    return run


# ---- what tests use ----


class Adapter:
    """The adapter of the implementation under test."""

    def __init__(self, place, implementation, clock, trace):
        self.place, self.clock, self.trace = place, clock, trace
        self.argv = [implementation.programs["adapter"]]
        self.claimed = {w for c, words in CAPABILITY_WORDS.items() if c in implementation.capabilities for w in words}

    def attempt(self, script):
        """Carry out a script, given as text, whether or not all of it is supported."""
        seconds = self.clock.seconds(SECONDS)
        run = play(self.argv, plain(script), seconds, env=self.place.env, cwd=self.place.work)
        if run.fault:
            raise Finding(run.explain(run.fault))
        return run

    def run(self, script):
        run = self.attempt(script)
        if run.unsupported:
            if run.unsupported in OPTIONAL_WORDS - self.claimed:
                pytest.skip(f"unsupported: {run.unsupported}")
            raise Finding(run.explain(f"`{run.unsupported}` is not optional, or belongs to a claimed capability"))
        return run

    def check(self, script, *allowed):
        """Its trace is one of those allowed."""
        run = self.run(script)
        faults = [compare(parse_expected(text), run.trace) for text in allowed]
        if None in faults:
            if len(allowed) > 1:
                self.trace.add(f"outcome: {run.summary()}")
            return run
        best = max(range(len(faults)), key=lambda n: faults[n][0])
        index, instead = faults[best]
        mark = run.at[index] if index < len(run.at) else len(run.lines)
        said = "\n    or\n".join("\n".join(f"    {line}" for line in plain(text)) for text in allowed)
        spun = run.trace and run.trace[-1][1] == "spin"
        raise (Late if spun else Finding)(
            run.explain(f"expected where the trace shows >: {' or '.join(instead)}", mark, said)
        )
