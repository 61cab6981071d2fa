"""spec/client.md: every reply after every other, random orders, and a daemon that misbehaves.

A model says what each reply does; the client under test must do the same.  Random orders print their
seed in the trace: $LEI_SEED chooses another, $LEI_ORDERS=N how many there are."""

import os
import random
import re
import signal
import struct
from dataclasses import dataclass

import pytest
from suite import system
from suite.api import Late, clause, deadline, each, memory, message, needs, param, require

MASK = 0o27
LAST = b"x_it 1024"  # exit 4
ORDERS = int(os.environ.get("LEI_ORDERS", 20))
SEEDS = [int(os.environ["LEI_SEED"])] if "LEI_SEED" in os.environ else [1, 2, 3]


@dataclass
class Verb:
    """A reply, and what it means to a client."""

    data: bytes
    descriptors: int = 0
    status: int = 0  # a wait status that it reports
    last: bool = False  # nothing after it is obeyed
    text: bytes = b""  # must be on standard error
    fails: bool = False  # the client must not end with 0
    answered: bool = False
    runs: int = 0  # programs started
    replaces: bool = False  # ... in the client's place, ending with 7


def program(path, after=""):
    words = ["/bin/sh", "-c", f'echo ran >>"$1"{after}', "sh", str(path)]
    return b"exec " + b"\0".join([b"5", *map(os.fsencode, words)])


def verbs(path):
    """By name; programs leave a line in the file `path`."""
    beside = program(path)
    instead = program(path, "; exit 7")
    ret = {
        "x-it": Verb(b"x_it 768", status=768, last=True),
        "x-it-zero": Verb(b"x_it 0", last=True),
        "x-it-signal": Verb(b"x_it 15", status=15, last=True),
        "child-error": Verb(b"child_error 512", status=512),
        "child-error-zero": Verb(b"child_error 0"),
        "umask": Verb(b"umask", answered=True),
        "winch": Verb(b"-WINCH"),
        "wait": Verb(b"wait"),
        "unknown-verb": Verb(b"frobnicate 1", last=True, fails=True, text=b"frobnicate 1"),
        "text": Verb(b"something is wrong\n", last=True, fails=True, text=b"something is wrong"),
        "garbage": Verb(b"\xff\x80\0\x01", last=True, fails=True),
        "empty": Verb(b"", last=True),
        "oversize": Verb(b"x" * 180_000, last=True, fails=True),
    }
    for count in (0, 1):
        ret[f"exec-{count}"] = Verb(instead, count, runs=1, replaces=True)
    for count in (2, 3, 4, 7, 10):
        ret[f"exec-{count}"] = Verb(beside, count, runs=1)
    for count in (1, 3, 10):
        ret[f"umask-{count}"] = Verb(b"umask", count, answered=True)
    return ret


class Model:
    """What a client has to do about the replies so far."""

    def __init__(self, bare_ok):
        self.bare_ok = bare_ok
        self.status, self.over, self.fails, self.replaced = 0, False, False, False
        self.text, self.runs = b"", 0

    def feed(self, verb):
        if self.over:
            return
        self.status = self.status or verb.status
        self.over, self.text = verb.last, verb.text
        self.fails = verb.fails or (not verb.data and not self.status and not self.bare_ok)
        self.runs += verb.runs
        self.replaced |= verb.replaces

    def check_code(self, code):
        if self.replaced:
            require(code == 7, f"ended with {code}, not with the 7 of the program in its place")
        elif self.fails:
            require(code != 0, "ended with 0")
        elif self.status & 127:
            require(code == -(self.status & 127), f"ended with {code}, not by signal {self.status & 127}")
        else:
            require(code == self.status >> 8, f"ended with {code}, not with {self.status >> 8}")


def send(session, verb):
    fds = [memory() for _ in range(verb.descriptors)]
    session.send(verb.data, fds)
    for fd in fds:
        os.close(fd)


def converse(client, clock, words):
    """Send these replies, then one that ends the client; compare with the model."""
    path = client.place.root / f"ran.{len(client.runs)}"
    known = verbs(path)
    client.trace.add(f"order: {' '.join(words)}")
    model = Model(client.implementation.bare_end)
    run, session = client.converse(umask=MASK)
    for verb in [*(known[w] for w in words), Verb(LAST, status=1024, last=True)]:
        obeyed = not model.over
        send(session, verb)
        model.feed(verb)
        if verb.answered and obeyed:
            answer = session.recv().data
            require(answer == b"u" + struct.pack("<I", MASK), f"umask was answered with {answer!r}")
    model.check_code(run.end())
    if not model.replaced:  # else the programs are those of somebody else
        require(len(ran(path)) >= model.runs, "ended before the programs that it had started")
    # Whoever goes on behind a program in the client's place is done when it hangs up.
    require(session.closed_by_client(), "something was said after the last word")
    clock.poll("programs end", lambda: len(ran(path)) >= model.runs)
    require(len(ran(path)) == model.runs, f"{len(ran(path))} programs were run, not {model.runs}")
    clock.poll(f"{model.text!r} on standard error", lambda: model.text in run.err)
    session.close()


def ran(path):
    return path.read_text().splitlines() if path.exists() else []


NAMES = list(verbs("/dev/null"))


@clause("client.order")
@deadline(120)
@each("first", NAMES)
def test_then_every_other(client, clock, first):
    for second in NAMES:
        converse(client, clock, [first, second])


@clause("client.order")
@deadline(120 + 2 * ORDERS)
@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: "".join("abcdefghij"[int(c)] for c in str(seed)))
def test_random(client, clock, trace, seed):
    trace.add(f"LEI_SEED={seed}")
    dice = random.Random(seed)
    # What ends a conversation is rare: otherwise most of them are short.
    weights = [1 if verb.last else 6 for verb in verbs("/dev/null").values()]
    for _ in range(ORDERS):
        converse(client, clock, dice.choices(NAMES, weights, k=dice.randint(3, 12)))


# ---- a daemon that misbehaves ----


def halves():
    """Every beginning of a reply that is not a reply itself."""
    for whole in (b"x_it 0", b"child_error 0", b"umask", b"wait", b"-WINCH"):
        for size in range(1, len(whole)):
            if not re.fullmatch(rb"(x_it|child_error) \d+", whole[:size]):
                yield whole[:size]


@clause("client.text.exact")
@deadline(60)
def test_cut_anywhere(client):
    for half in halves():
        code, run = client.answered(half)
        require(code != 0, f"{half!r}: ended with 0")
        require(half.strip() in run.err, f"{half!r}: standard error is {run.err!r}")


@clause("client.exec.cut")
@each("count", [param("none", 0), param("three", 3)])
@each("words", [param("nothing", b""), param("count", b"5"), param("program", b"5\0/bin/sh"), param("most", None)])
def test_part_of_a_command(client, words, count):
    path = client.place.root / "ran"
    whole = program(path)[5:]
    run, session = client.converse()
    send(session, Verb(b"exec " + (whole.rsplit(b"\0", 1)[0] if words is None else words), count))
    session.close()
    require(run.end() != 0, "ended with 0")
    require(not ran(path), "a part of the command was run")


SCRIPT = ["umask", "child-error-zero", "exec-3", "wait", "winch", "child-error", "umask", "exec-2"]


@clause("client.eof.bare")
@each("unread", [param("all-read", False), param("something-unread", True)])
@deadline(60)
def test_hang_up_at_every_point(client, unread):
    for count in range(len(SCRIPT) + 1):
        known = verbs(client.place.root / f"ran.{count}")
        model = Model(client.implementation.bare_end)
        run, session = client.converse(umask=MASK)
        for word in SCRIPT[:count]:
            send(session, known[word])
            model.feed(known[word])
            if known[word].answered and not unread:
                session.recv()
        session.close()
        model.feed(verbs("")["empty"])
        # An answer that crosses the end makes it a broken connection; then nothing is sure but the end.
        code = run.end()
        if not unread or model.status:
            model.check_code(code)


@clause("client.eof.reset")
@each("times", [param("once", 1), param("twice", 2), param("until-it-gives-up", 20)])
def test_request_unread(client, times):
    """It may try again; if nobody ever reads its request it fails."""
    fake = client.listen()
    run = client.spawn("daemon-pid")
    for _ in range(times):
        try:
            fake.accept_raw(0.3).close()
        except Late:
            if run.process.poll() is not None:
                break
    if run.process.poll() is None:
        try:
            session = fake.accept(1)
            session.send(b"x_it 0")
            session.close()
        except Late:
            pass
    code = run.end()
    require(code != 0 or times < 20, "ended with 0, and nobody had read its request")


@clause("client.silence")
@each("where", ["before-the-connection-is-accepted", "after-the-request", "after-a-reply"])
@each("signo", [param("term", signal.SIGTERM), param("interrupt", signal.SIGINT)])
def test_can_be_ended(client, clock, where, signo):
    fake = client.listen()
    run = client.spawn("daemon-pid")
    if where != "before-the-connection-is-accepted":
        session = fake.accept()
        if where == "after-a-reply":
            session.send(b"umask")
            session.recv()
    clock.poll("the client waits", lambda: waits(run.pid))
    require(run.process.poll() is None, "it did not wait")
    run.signal(signo)
    assert run.end() == -signo


def waits(pid):
    """Asleep in a system call that only the daemon, or a signal, ends."""
    try:
        with open(f"/proc/{pid}/syscall", encoding="ascii") as stream:
            number = stream.read().split()[0]
    except OSError:
        return False
    return number not in ("running", "-1") and (system.stat_of(pid) or (0, "?"))[1] == "S"


@clause("client.silence")
def test_slow_daemon(client, clock):
    run, session = client.converse(umask=MASK)
    for word in ("umask", "winch", "child-error", "umask", "wait", "umask"):
        clock.poll("the client waits", lambda: waits(run.pid))
        send(session, verbs("")[word])
        if word == "umask":
            require(session.recv().data[:1] == b"u", "umask was not answered")
    session.send(b"x_it 0")
    assert run.end() == 2
    session.close()


# ---- a real daemon that is stopped or killed ----


@clause("client.silence")
@needs("pair", "lifecycle")
def test_daemon_that_is_stopped(daemon, client, clock):
    daemon.signal(signal.SIGSTOP)
    clock.poll("the daemon is stopped", lambda: (system.stat_of(daemon.pid) or (0, ""))[1] == "T")
    run = client.spawn("daemon-pid")
    clock.poll("the client waits", lambda: waits(run.pid))
    daemon.signal(signal.SIGCONT)
    require(run.end() == 0, f"failed: {run.err!r}")
    assert run.out == b"%d\n" % daemon.pid


@clause("lifecycle.crash.loud")
@needs("pair", "lifecycle", "workers", "mail")
def test_client_of_a_killed_daemon(mail_daemon, client):
    read, write = os.pipe()
    run = client.spawn("import", "-q", "-F", "mboxrd", "-", stdin=read)
    os.close(read)
    os.write(write, message("one"))
    mail_daemon.wait_worker()
    mail_daemon.signal(signal.SIGKILL)
    mail_daemon.wait_end()
    os.close(write)
    require(run.end() != 0, "the client ended with success")
    require(run.err, "no reason on standard error")
