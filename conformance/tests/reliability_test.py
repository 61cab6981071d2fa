"""spec/reliability.md

What is random prints its seed in the trace.  $LEI_SEED repeats a run, $LEI_SOAK=SECONDS makes the
tests that kill go on for that long."""

import contextlib
import gzip
import json
import lzma
import os
import random
import resource
import select
import signal
import socket
import sqlite3
import time
from contextlib import closing

import pytest
from suite import system
from suite.api import (
    Finding,
    Import,
    Late,
    clause,
    deadline,
    each,
    found,
    full_pipe,
    ids,
    import_mbox,
    memory,
    message,
    needs,
    pack_request,
    param,
    require,
)
from suite.faults import Faults
from suite.wire import X_IT

pytestmark = needs("reliability", "mail")

SOAK = float(os.environ.get("LEI_SOAK", 0))
LONG = 120 + 2 * SOAK  # a deadline for what must end at all


@pytest.fixture
def dice(trace):
    seed = int(os.environ.get("LEI_SEED") or random.randrange(1 << 32))
    trace.add(f"LEI_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def faults(place):
    return Faults(place)


@pytest.fixture
def watched(faults, cold_daemon):
    """A daemon in whose processes faults can be made; its store is in use."""
    cold_daemon.start()
    require(import_mbox(cold_daemon, message("first")).succeeded, "a first import failed")
    cold_daemon.settle()
    return cold_daemon


# ---- mailboxes ----


def names_of(label, count, first=0):
    return [f"{label}x{n:05d}" for n in range(first, first + count)]


def mailbox(names, lines=12):
    body = "".join(f"line {n} of a body that is long enough to fill a batch\n" for n in range(lines))
    return b"".join(message(name, body=body) for name in names)


def kept(daemon, label):
    """The names that a search for the messages of a label finds, in order, doubles too."""
    rows = found(daemon, "--limit=100000", f"m:{label}x*") or found(daemon, "--limit=100000", "f:alice")
    all_ids = (row["m"].removesuffix("@example.com") for row in rows)
    return sorted(name for name in all_ids if name.startswith(label + "x"))


def check_all_kept(daemon, label, names, when):
    have = kept(daemon, label)
    lost = sorted(set(names) - set(have))
    require(not lost, f"{when}: {len(lost)} of {len(names)} messages lost, {lost[:3]} ...")
    require(len(have) == len(names), f"{when}: {len(have) - len(names)} messages are there twice")


# ---- processes ----


def below(daemon):
    return [p for p in system.descendants(daemon.pid)]


def store_of(daemon):
    """The one process that stays behind an import."""
    children = [p for p in daemon.baseline_children if system.alive(p)]
    if len(children) != 1:
        pytest.skip(f"{len(children)} processes stay behind an import, not one")
    return children[0]


def leaders(daemon):
    return [p for p in daemon.workers() if (system.stat_of(p) or (0,))[0] == daemon.pid]


def siblings(daemon):
    return [p for p in daemon.workers() if (system.stat_of(p) or (daemon.pid,))[0] != daemon.pid]


def all_gone(clock, runs=()):
    """Nothing is left below this test but what has just been looked at."""
    done = {run.pid for run in runs}
    try:
        clock.poll("every process is gone", lambda: not set(system.descendants(os.getpid())) - done, 20)
    except Late:
        raise Late("processes stay: " + "; ".join(system.tree(os.getpid()))) from None


def end_daemon(daemon, clock):
    """The daemon and its store, gone in whatever way; forget it."""
    daemon.may_end = True
    if system.alive(daemon.pid):
        daemon.signal(signal.SIGTERM)
    daemon.wait_end(20)
    if not daemon.refuses_connections():  # the client has started a successor and asked again
        system.kill(daemon.ask_pid(), signal.SIGTERM)
    all_gone(clock)
    daemon.exit_status, daemon.may_end = None, False


def restart(daemon, clock):
    end_daemon(daemon, clock)
    daemon.start(settle=False)
    require(import_mbox(daemon, message("first")).succeeded, "the first import after a start failed")
    daemon.settle()


def check_database(place):
    """Whole, as SQLite itself judges; the words too."""
    for path in place.root.rglob("*.sqlite3"):
        with closing(sqlite3.connect(path, timeout=30)) as db:
            verdict = db.execute("PRAGMA integrity_check").fetchall()
            require(verdict == [("ok",)], f"{path.name}: {verdict[:5]}")
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if {"fts", "message"} <= tables:
                db.execute("INSERT INTO fts(fts) VALUES('integrity-check')")
                db.rollback()
                ids_of = "SELECT count(*) FROM message WHERE docid NOT IN (SELECT id FROM blob)"
                require(db.execute(ids_of).fetchone() == (0,), "a message has lost its blob")


# ---- kill anywhere ----


class Attack:
    """Imports that lose a process; what must hold after each."""

    def __init__(self, daemon, client, faults, clock):
        self.daemon, self.client, self.faults, self.clock = daemon, client, faults, clock
        self.names = names_of("kill", 3000)
        self.path = daemon.place.root / "kill.mbox"
        self.round = 0
        self.succeeded = self.failed = 0

    def fill(self):
        """Fresh mail for this round, more than one batch of it."""
        self.round += 1
        self.label = f"kill{self.round}"
        self.names = names_of(self.label, 2500)
        self.path.write_bytes(mailbox(self.names))

    def begin(self):
        with open(self.path, "rb") as mail:
            return self.client.spawn("import", "-q", "-F", "mboxrd", "-", stdin=mail)

    def clean(self):
        """An import without fault: (seconds, {role: calls})."""
        self.fill()
        self.faults.watch(self.daemon.pid, store_of(self.daemon))
        begin = time.monotonic()
        run = self.begin()
        require(run.end(30) == 0, f"an import fails without any fault: {run.err!r}")
        seconds = time.monotonic() - begin
        counts = {role: self.faults.count(role) for role in ("daemon", "leader", "sibling", "store")}
        self.faults.disarm()
        return seconds, counts

    def judge(self, run, why, client_killed=False):
        """After the kill: the end, the words, the mail, the store."""
        code = run.end(30)
        self.faults.disarm()
        if code == 0:
            self.succeeded += 1
        else:
            self.failed += 1
            require(client_killed or run.err.strip(), f"{why}: failed with {code}, and nobody says why")
        restart(self.daemon, self.clock)
        if code == 0:
            check_all_kept(self.daemon, self.label, self.names, f"{why}, yet success")
        have = kept(self.daemon, self.label)
        require(len(have) == len(set(have)), f"{why}: messages are there twice")
        check_database(self.daemon.place)
        again = self.begin()
        require(again.end(30) == 0, f"{why}: importing it again fails: {again.err!r}")
        check_all_kept(self.daemon, self.label, self.names, f"{why}, imported again")
        self.daemon.settle()


@pytest.fixture
def attack(watched, client, faults, clock):
    return Attack(watched, client, faults, clock)


def points_of(dice, total, rounds):
    """The last calls, where success is decided, and some from everywhere."""
    last = range(max(1, total - rounds // 3), total + 1)
    return sorted({*last, *(dice.randint(1, max(1, total)) for _ in range(rounds - len(last)))})


def strike(attack, role, at):
    """An import whose `role` is killed before call `at`, judged: (whether it got so far, calls it made)."""
    attack.fill()
    attack.faults.watch(attack.daemon.pid, store_of(attack.daemon))
    attack.faults.arm(role, at)
    run = attack.begin()
    run.end(30)
    hit, made = attack.faults.hits, attack.faults.count(role)
    attack.judge(run, f"{role} killed before call {at}")
    return hit, made


@clause("reliability.kill.success", "reliability.kill.reason", "reliability.kill.ends", "reliability.kill.store")
@deadline(LONG)
@each(
    "role, rounds",
    [param("daemon", "daemon", 5), param("leader", "leader", 6), param("sibling", "sibling", 5), param("store", "store", 8)],
)
def test_at_a_call(attack, dice, trace, role, rounds):
    """A process is killed before its Nth call that others can notice."""
    _, counts = attack.clean()
    trace.add(f"calls of a clean import: {counts}")
    require(counts[role] > 0, f"no {role} made any call: {counts}")
    end = time.monotonic() + SOAK
    points = points_of(dice, counts[role], rounds)
    while points or time.monotonic() < end:
        at = points.pop() if points else dice.randint(1, counts[role])
        hit, made = strike(attack, role, at)
        while not hit:  # some wake-ups serve two: this import made fewer calls than the clean one
            require(at > 1, f"no call of the {role} was reached; it made {made}")
            at = max(1, min(at - 1, made))
            hit, made = strike(attack, role, at)
    trace.add(f"{attack.round - 1} imports; {attack.succeeded} succeeded, {attack.failed} failed")


@clause("reliability.kill.success", "reliability.kill.reason", "reliability.kill.ends", "reliability.kill.store")
@deadline(LONG)
def test_client_at_a_call(attack, dice, trace):
    """The client is killed before the Nth call of a worker or of the store."""
    _, counts = attack.clean()
    hits, rounds, end = 0, 4, time.monotonic() + SOAK
    while attack.round <= rounds or time.monotonic() < end or (not hits and attack.round <= 3 * rounds):
        role = dice.choice(("leader", "store"))
        at = dice.randint(1, counts[role])
        attack.fill()
        attack.faults.watch(attack.daemon.pid, store_of(attack.daemon))
        read, write = os.pipe()
        run = attack.client.spawn("import", "-q", "-F", "mboxrd", "-", stdin=read)
        os.close(read)
        attack.faults.arm(role, at, victim=run.pid)
        feed(write, attack.path.read_bytes(), attack.clock)
        run.end(30)
        hits += attack.faults.hits
        attack.clock.poll("the workers are gone", lambda: not attack.daemon.workers(), 20)
        attack.judge(run, f"client killed before call {at} of the {role}", client_killed=True)
    trace.add(f"{hits} of {attack.round - 1} points hit")
    require(hits > 0, "no point was reached")


def feed(write, data, clock):
    """All of it into a pipe, or as much as is taken before the other end goes."""
    os.set_blocking(write, False)
    rest = memoryview(data)

    def push():
        nonlocal rest
        try:
            while rest:
                rest = rest[os.write(write, rest[:65536]) :]
        except BlockingIOError:
            return False
        except BrokenPipeError:
            pass
        return True

    before = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        clock.poll("the import takes its input", push, 30)
    finally:
        signal.signal(signal.SIGPIPE, before)
        os.close(write)


def pick_victim(attack, kind, run):
    if kind == "daemon":
        return [attack.daemon.pid]
    if kind == "client":
        return [run.pid]
    if kind == "store":
        return [store_of(attack.daemon)]
    return leaders(attack.daemon) if kind == "leader" else siblings(attack.daemon)


@clause("reliability.kill.success", "reliability.kill.reason", "reliability.kill.ends", "reliability.kill.store")
@deadline(LONG)
@each("kinds", [param("workers", ("leader", "sibling")), param("others", ("daemon", "store", "client"))])
def test_at_a_moment(attack, dice, trace, kinds):
    """A process is killed whenever it happens."""
    seconds, _ = attack.clean()
    end = time.monotonic() + SOAK
    killed = {kind: 0 for kind in kinds}
    while min(killed.values()) < 2 and attack.round < 20 or time.monotonic() < end:
        kind = min(kinds, key=lambda k: (killed[k], dice.random()))
        attack.fill()
        run = attack.begin()
        moment = time.monotonic() + dice.uniform(0, seconds)
        victims = []
        while run.process.poll() is None and (time.monotonic() < moment or not victims):
            victims = pick_victim(attack, kind, run)
        for pid in victims[:1]:
            trace.add(f"SIGKILL to {kind} {pid}")
            system.kill(pid, signal.SIGKILL)
            killed[kind] += 1
        attack.judge(run, f"{kind} killed at some moment", client_killed=kind == "client")
    trace.add(f"killed: {killed}; {attack.succeeded} succeeded, {attack.failed} failed")
    require(min(killed.values()) > 0, f"not everybody could be killed: {killed}")


# ---- on the disk ----


@clause("reliability.synced")
def test_before_the_word(watched, faults):
    faults.watch(watched.pid, store_of(watched))
    for n in range(8):
        reply = import_mbox(watched, mailbox(names_of(f"sync{n}", 1 + 300 * (n % 3))))
        require(reply.succeeded, f"import failed: {reply.err!r}")
    require(faults.successes >= 8, f"{faults.successes} successes seen of 8")
    require(faults.count("store") > 0, "the store's process was not watched")
    require(faults.early == 0, f"{faults.early} of {faults.successes} successes before all was synced")


@clause("reliability.store-removed")
@each("during", [param("before", False), param("meanwhile", True)])
def test_under_the_daemon(mail_daemon, during):
    names = names_of("gone", 20)
    job = Import(mail_daemon, mailbox(names[:10])) if during else None
    if job:  # more than one batch, so that part of it has been written
        feed_some(job, mail_daemon.clock, mailbox(names_of("bulk", 4000)))
    removed = [p for p in mail_daemon.place.root.rglob("*.sqlite3*") if p.is_file()]
    require(removed or job, "no store was found to remove")
    for path in removed:
        path.unlink()
    if job:
        os.write(job.write, mailbox(names[10:]))
        reply = job.finish(30)
    else:
        reply = import_mbox(mail_daemon, mailbox(names))
    if reply.succeeded:
        check_all_kept(mail_daemon, "gone", names, "the store was removed, yet success")
    else:
        require(reply.err, "failed without a reason")
    require(import_mbox(mail_daemon, mailbox(names)).succeeded, "the next import fails")
    check_all_kept(mail_daemon, "gone", names, "after the next import")
    mail_daemon.settle()


def feed_some(job, clock, data):
    """Into an import that goes on afterwards."""
    feed(os.dup(job.write), data, clock)
    os.set_blocking(job.write, True)


def limit_file_size(pid, size):
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@clause("reliability.full.loud", "reliability.full.recovers")
@deadline(60)
@each("spare", [param("nothing", 0), param("a-page", 8192), param("some", 300000)])
def test_file_size(mail_daemon, spare):
    """As on a full disk: no file of the store may grow beyond what it has."""
    before, more = names_of("before", 300), names_of("more", 4000)
    require(import_mbox(mail_daemon, mailbox(before)).succeeded, "the first import failed")
    store = store_of(mail_daemon)
    largest = max(p.stat().st_size for p in mail_daemon.place.root.rglob("*.sqlite3*"))
    limit_file_size(store, largest + spare)
    reply = mail_daemon.call("import", "-q", "-F", "mboxrd", "-", stdin=mailbox(more), seconds=30)
    require(not reply.succeeded, "success without room for it")
    require(reply.err, "failed without a reason")
    check_all_kept(mail_daemon, "before", before, "no room for more")
    check_database(mail_daemon.place)
    require(system.alive(store), "the store's process died")
    limit_file_size(store, resource.RLIM_INFINITY)
    reply = mail_daemon.call("import", "-q", "-F", "mboxrd", "-", stdin=mailbox(more), seconds=30)
    require(reply.succeeded, f"there is room again, and yet: {reply.err!r}")
    check_all_kept(mail_daemon, "before", before, "later")
    check_all_kept(mail_daemon, "more", more, "later")
    mail_daemon.settle()


# ---- at the same time ----


@clause("reliability.concurrent.union", "reliability.concurrent.search", "reliability.concurrent.answer")
@deadline(90)
@each("start", [param("empty-store", False), param("store-in-use", True)])
def test_eight_clients(daemon, clock, start):
    """Overlapping mailboxes, searches and daemon-pid in between."""
    if start:
        require(import_mbox(daemon, message("first")).succeeded, "the first import failed")
    daemon.settle()
    boxes = [names_of("both", 1000, first=400 * n) for n in range(8)]
    union = sorted(set().union(*boxes))
    jobs = [daemon.begin("import", "-q", "-F", "mboxrd", "-", stdin=mailbox(names)) for names in boxes]
    answered, seen = 0, 0
    while answered < 3 or not all(readable(job.peer.sock) for job in jobs):
        daemon.barrier()
        answered += 1
        rows = found(daemon, "--limit=100000", "f:alice")
        for row in rows:
            name = row.get("m", "")
            whole = name == "first@example.com" or (row.get("s") == f"about {name.split('@')[0]}" and row.get("blob"))
            require(whole, f"half a message: {row}")
        require(len(rows) >= seen, f"a later search finds less: {len(rows)} after {seen}")
        seen = len(rows)
    for job in jobs:
        reply = job.finish(60)
        require(reply.succeeded, f"an import failed: {reply.packets!r} {reply.err!r}")
    check_all_kept(daemon, "both", union, "eight imports")
    daemon.settle()


@clause("reliability.concurrent.answer")
def test_silent_imports(mail_daemon):
    jobs = [Import(mail_daemon, message(f"wait{n}")) for n in range(8)]
    for _ in range(5):
        mail_daemon.barrier()
    require(import_mbox(mail_daemon, message("fast")).succeeded, "an import beside silent ones failed")
    assert ids(mail_daemon, "s:fast") == ["fast"]
    for job in jobs:
        require(job.finish().succeeded, "a silent import failed in the end")
    assert ids(mail_daemon, "s:wait*") == sorted(f"wait{n}" for n in range(8))
    mail_daemon.settle()


def follow(daemon):
    """The old daemon has ended: go on with its successor."""
    daemon.wait_end(20)
    daemon.exit_status, daemon.may_end = None, False
    daemon.pid = daemon.ask_pid()


@clause("reliability.successor")
@deadline(90)
def test_both_import(mail_daemon, client, clock):
    old, new = names_of("old", 3000), names_of("new", 3000)
    job = Import(mail_daemon, mailbox(old[:1500]))
    mail_daemon.signal(signal.SIGTERM)
    clock.poll("the old daemon takes nobody any more", mail_daemon.refuses_connections)
    path = mail_daemon.place.root / "new.mbox"
    path.write_bytes(mailbox(new))
    run = client.spawn("import", "-q", "-F", "mboxrd", str(path))
    feed_some(job, clock, mailbox(old[1500:]))
    reply = job.finish(60)
    require(run.end(60) == 0, f"the new daemon's import failed: {run.err!r}")
    require(reply.succeeded, f"the old daemon's import failed: {reply.packets!r} {reply.err!r}")
    follow(mail_daemon)
    check_all_kept(mail_daemon, "old", old, "of the old daemon")
    check_all_kept(mail_daemon, "new", new, "of the new daemon")
    mail_daemon.settle()


@clause("reliability.successor")
@deadline(90)
def test_both_make_the_store(daemon, client, clock):
    """Neither daemon finds a store, and both have mail for it."""
    for turn in range(4):
        env = {**daemon.place.env, "XDG_DATA_HOME": str(daemon.place.root / f"data{turn}")}
        (one, write_one), (two, write_two) = os.pipe(), os.pipe()
        job = daemon.begin("import", "-q", "-F", "mboxrd", "-", env=env, stdin=one)
        daemon.wait_worker()
        daemon.signal(signal.SIGTERM)
        clock.poll("the old daemon takes nobody any more", daemon.refuses_connections)
        run = client.spawn("import", "-q", "-F", "mboxrd", "-", env=env, stdin=two)
        clock.poll("a new daemon serves", lambda: not daemon.refuses_connections())
        os.write(write_one, mailbox(names_of("make", 10), lines=1))
        os.write(write_two, mailbox(names_of("make", 10, 5), lines=1))
        for fd in (one, two, write_one, write_two):
            os.close(fd)
        reply = job.finish(60)
        require(run.end(60) == 0, f"the new daemon's import failed: {run.err!r}")
        require(reply.succeeded, f"the old daemon's import failed: {reply.packets!r} {reply.err!r}")
        follow(daemon)
        rows = found(daemon, "f:alice", env=env)
        require(len(rows) == 15, f"{len(rows)} messages instead of 15")
        daemon.settle()


# ---- output ----


@pytest.fixture
def stocked(watched):
    """A daemon with mail to write out."""
    names = names_of("out", 1500)
    require(import_mbox(watched, mailbox(names, lines=40)).succeeded, "the import failed")
    watched.settle()
    return watched


def write_and_kill(daemon, client, faults, dice, clock, output, total, args=()):
    """q -o, its worker killed at a random call; the exit status.  Nothing watches the output: what is waited for
    is the end of every process."""
    faults.watch(daemon.pid, store_of(daemon))
    if total:
        faults.arm("leader", dice.randint(1, total))
    run = client.spawn("q", "-q", "--no-mail-sync", *args, "-o", output, "--limit=100000", "f:alice")
    code = run.end(30)
    count = faults.count("leader")
    hit = faults.hits
    faults.disarm()
    clock.poll("the workers are gone", lambda: not daemon.workers())
    require(code == 0 or run.err, f"failed with {code}, and nobody says why")
    return code, count, hit


OLD_MBOX = b"From old@example.com Thu Jan  1 00:00:00 1970\nSubject: old\n\nold\n\n"


@clause("reliability.output.mbox")
@deadline(60 + SOAK)
@each(
    "name,pack,unpack,args",
    [
        param("mbox", "mboxrd:out", bytes, bytes, []),
        param("compressed", "mboxrd:out.gz", gzip.compress, gzip.decompress, []),
        param("augmented", "mboxrd:out.xz", lzma.compress, lzma.decompress, ["--augment", "--no-import-before", "--no-save"]),
        param("text", "text:out", bytes, bytes, []),
    ],
)
def test_mbox_killed(stocked, client, faults, dice, clock, trace, name, pack, unpack, args):
    form, _, file = name.partition(":")
    path, end = stocked.place.root / "place" / file, time.monotonic() + SOAK
    path.parent.mkdir()
    before = pack(OLD_MBOX)
    path.write_bytes(before)
    code, total, _ = write_and_kill(stocked, client, faults, dice, clock, f"{form}:{path}", 0, args)
    require(code == 0, "q -o failed")
    complete, hits, rounds = path.read_bytes(), 0, 0
    require(unpack(complete).count(b"\nSubject: about out") == 1500, "the mbox is not complete")
    while rounds < (12 if name == "mboxrd:out" else 6) or time.monotonic() < end:
        path.write_bytes(before)
        code, made, hit = write_and_kill(stocked, client, faults, dice, clock, f"{form}:{path}", total, args)
        after = path.read_bytes()
        require(after in (before, complete), f"neither as before nor complete: {len(after)} bytes")
        trace.add(f"outcome: {'as before' if after == before else 'complete'}")
        require(code != 0 or after == complete, "success, but nothing was written")
        clock.poll("no lock is left", lambda: not path.with_name(path.name + ".lock").exists())
        hits, rounds = hits + hit, rounds + 1
        total = total if hit else max(1, made)  # not every run makes as many calls
    trace.add(f"{hits} of {rounds} killed")
    require(hits > 0, f"none of {rounds} points was reached")


@clause("reliability.output.maildir")
@deadline(60 + SOAK)
def test_maildir_killed(stocked, client, faults, dice, clock, trace):
    path, end = stocked.place.root / "out", time.monotonic() + SOAK
    code, total, _ = write_and_kill(stocked, client, faults, dice, clock, str(path), 0)
    require(code == 0, "q -o failed")
    whole = {p.name: p.read_bytes() for p in (path / "cur").iterdir()}
    hits, rounds = 0, 0
    while rounds < 8 or time.monotonic() < end:
        for mail in [*(path / "cur").iterdir(), *(path / "new").iterdir()]:
            mail.unlink()
        old = path / "cur" / "1.old.example:2,S"
        old.write_bytes(b"Subject: old\n\nold\n")
        code, made, hit = write_and_kill(stocked, client, faults, dice, clock, str(path), total)
        there = {p.name: p.read_bytes() for d in ("cur", "new") for p in (path / d).iterdir()}
        kept_old = there.pop(old.name, None) is not None
        for name, data in there.items():
            require(whole.get(name) == data, f"part of a message in {name}: {len(data)} bytes")
        require(kept_old or len(there) == len(whole), f"the old mail went, and only {len(there)} came")
        require(code != 0 or (len(there) == len(whole) and not kept_old), "success, but not all was written")
        hits, rounds = hits + hit, rounds + 1
        total = total if hit else max(1, made)  # not every run makes as many calls
    trace.add(f"{hits} of {rounds} killed")
    require(hits > 0, f"none of {rounds} points was reached")


@clause("reliability.output.maildir.left")
@deadline(60 + SOAK)
def test_maildir_left(stocked, client, faults, dice, clock, trace):
    path = stocked.place.root / "out"
    code, total, _ = write_and_kill(stocked, client, faults, dice, clock, str(path), 0)
    require(code == 0, "q -o failed")
    foreign = {"1700000000.M1P2.host", "lock", "1,2,3"}
    for name in foreign:
        (path / "tmp" / name).touch()
    left = 0
    for _ in range(12):
        write_and_kill(stocked, client, faults, dice, clock, str(path), total)
        left = max(left, len(list((path / "tmp").iterdir())) - len(foreign))
    trace.add(f"up to {left} files were left")
    code, _, _ = write_and_kill(stocked, client, faults, dice, clock, str(path), 0)
    require(code == 0, "q -o failed")
    assert {p.name for p in (path / "tmp").iterdir()} == foreign


def sleeps_over_output(daemon, call):
    """Wait until its workers have gone to sleep over output that nobody reads, or have given up."""
    looks = 0

    def waits():
        nonlocal looks
        asleep = [(system.stat_of(p) or (0, "gone"))[1] == "S" for p in daemon.workers()]
        looks = looks + 1 if asleep and all(asleep) else 0
        return looks == 10 or readable(call.peer.sock)

    daemon.clock.poll("the worker waits for a reader", waits, 10)


@clause("reliability.output.patient")
def test_full_socket_of_the_daemon_itself(stocked):
    """`help` needs no worker but for output that does not fit."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    filler = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            filler += theirs.send(b"." * 4096)
    call = stocked.begin("help", stdout=theirs.fileno())
    theirs.close()
    sleeps_over_output(stocked, call)
    text = b""
    ours.settimeout(stocked.clock.seconds(10))
    while chunk := ours.recv(1 << 16):
        text += chunk
    reply = call.finish()
    require(reply.succeeded, f"help failed: {reply.packets!r} {reply.err!r}")
    require(b"usage" in text[filler:], f"success, but {len(text) - filler} bytes came")


@clause("reliability.output.patient")
@each("form", [param("json", "json"), param("mboxrd", "mboxrd"), param("text", "text")])
def test_socket_in_nonblocking_mode(stocked, form):
    """As some programs hand them to their children."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    call = stocked.begin("q", "-f", form, "--limit=100000", "f:alice", stdout=theirs.fileno())
    theirs.close()
    sleeps_over_output(stocked, call)
    size = 0
    ours.settimeout(stocked.clock.seconds(10))
    while chunk := ours.recv(1 << 16):
        size += len(chunk)
    reply = call.finish()
    require(reply.succeeded, f"q failed: {reply.packets!r} {reply.err!r}")
    require(size > 1500 * 200, f"success, but only {size} bytes came")


@clause("reliability.output.unread")
@each("form", [param(f, f) for f in ("json", "jsonl", "concatjson", "text", "mboxrd", "mboxo", "mboxcl", "mboxcl2")])
def test_reader_goes(stocked, client, form):
    read, write = os.pipe()
    run = client.spawn("q", "-f", form, "--limit=100000", "f:alice", stdout=write)
    os.close(write)
    require(os.read(read, 1), "no output")
    os.close(read)
    code = run.end(20)
    require(code == -signal.SIGPIPE, f"ended with {code}")
    require(not run.err, f"and said {run.err!r}")


@clause("reliability.kill.ends")
@each("kind", [param("client", "client"), param("daemon", "daemon")])
def test_full_pipe(stocked, client, clock, kind):
    read, write = full_pipe()
    run = client.spawn("q", "-f", "mboxrd", "--limit=100000", "f:alice", stdout=write)
    os.close(write)
    stocked.wait_worker()
    workers = list(stocked.workers())
    if kind == "client":
        run.signal(signal.SIGKILL)
    else:
        stocked.signal(signal.SIGKILL)
        stocked.wait_end()
    run.end()
    clock.poll("the workers are gone", lambda: not any(system.alive(p) for p in workers), 10)
    os.close(read)
    if kind == "daemon":
        all_gone(clock)


# ---- leaks ----


def good_requests(daemon):
    return [
        (["daemon-pid"], b""),
        (["help"], b""),
        (["_complete", "lei", "q", "--f"], b""),
        (["q", "-f", "json", "f:alice"], b""),
        (["import", "-q", "-F", "mboxrd", "-"], message("leak")),
        (["import", "-q", "-F", "mboxrd", "-"], b"not an mbox"),
        (["no-such-command"], b""),
        (["q", "--no-such-option"], b""),
    ]


def mutated(dice, data):
    data = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data))
        how = dice.randrange(4)
        if how == 0:
            data[at] = dice.choice((0, 10, 32, 48, 61, 255, dice.randrange(256)))
        elif how == 1:
            del data[at : at + dice.randint(1, 20)]
        elif how == 2:
            data[at:at] = bytes(dice.randrange(256) for _ in range(dice.randint(1, 8)))
        else:
            data[at:at] = data[: dice.randint(1, 40)]
        data = data or bytearray(b"\0")
    return bytes(data)


def one_request(daemon, dice, env):
    """A request, often a wrong one, with descriptors, often the wrong ones; then whatever."""
    args, stdin = dice.choice(good_requests(daemon))
    data = pack_request(args, env)
    if dice.random() < 0.7:
        data = mutated(dice, data)
        while f"\0HOME={env['HOME']}\0".encode() not in data or data.count(b"HOME=") > 1:
            data = mutated(dice, pack_request(args, env))  # no store elsewhere
    fds = [memory(stdin), memory(), memory(), os.open(daemon.place.work, os.O_RDONLY | os.O_DIRECTORY)]
    if dice.random() < 0.3:
        dice.shuffle(fds)
    while dice.random() < 0.2:
        fds.append(os.dup(fds[0]))
    while fds and dice.random() < 0.2:
        os.close(fds.pop())
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)) as sock:
        sock.settimeout(daemon.clock.seconds(20))
        sock.connect(str(daemon.place.socket))
        try:
            if fds:
                socket.send_fds(sock, [data], fds)
            else:
                sock.send(data)
            if dice.random() < 0.8:
                answer(sock)
        except (BrokenPipeError, ConnectionResetError):
            pass
    for fd in fds:
        os.close(fd)


def answer(sock):
    """Up to the end; the last word must be a status."""
    last = b""
    while True:
        data, fds, _, _ = socket.recv_fds(sock, 65536, 16)
        for fd in fds:
            os.close(fd)
        if not data:
            break
        last = data
    require(not last or X_IT.match(last), f"the last word is {last!r}")


def private_kb(pid):
    """Memory of its own that is in use now."""
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise Finding(f"process {pid} has gone")


@clause("reliability.leaks")
@deadline(120 + SOAK)
def test_many_requests(mail_daemon, dice, clock, trace):
    env = {"HOME": mail_daemon.place.env["HOME"], "PATH": mail_daemon.place.env["PATH"]}

    def some(count):
        for _ in range(count):
            one_request(mail_daemon, dice, env)
        mail_daemon.barrier()
        try:
            mail_daemon.wait_no_worker(20, "the workers are gone")
        except Late:
            raise Late("processes stay: " + "; ".join(system.tree(mail_daemon.pid))) from None

    some(300)
    mail_daemon.settle()
    first = private_kb(mail_daemon.pid)
    end = time.monotonic() + SOAK
    done = 0
    while done < 1700 or time.monotonic() < end:
        some(850)
        done += 850
        mail_daemon.check_fds(10)
        last = private_kb(mail_daemon.pid)
        trace.add(f"after {done} more requests: {last} kB, {first} kB before them")
        if not mail_daemon.implementation.sanitized():
            require(last <= first + 128, f"the daemon has grown from {first} to {last} kB")


# ---- memory ----


class Peaks:
    """The largest resident size of each process below a daemon, and of the daemon."""

    def __init__(self, daemon):
        self.daemon, self.peak = daemon, {}

    def look(self):
        for pid in [self.daemon.pid, *system.descendants(self.daemon.pid)]:
            try:
                with open(f"/proc/{pid}/status") as status:
                    for line in status:
                        if line.startswith("VmHWM:"):
                            self.peak[pid] = int(line.split()[1]) << 10
            except (FileNotFoundError, ProcessLookupError):
                continue

    def total(self):
        return sum(self.peak.values())


def peak_of_import(daemon, clock, path):
    peaks = Peaks(daemon)
    call = daemon.begin("import", "-q", "-F", "mboxrd", str(path))
    while not readable(call.peer.sock):
        peaks.look()
    reply = call.finish(60)
    require(reply.succeeded, f"the import failed: {reply.err!r}")
    return peaks.total()


def readable(sock):
    return bool(select.select([sock], [], [], 0)[0])


def write_mail(path, dice, size):
    """A mailbox of many words."""
    words = ["".join(dice.choices("abcdefghijklmnop", k=dice.randint(3, 9))) for _ in range(20000)]
    with open(path, "wb") as file:
        n = 0
        while file.tell() < size:
            body = "\n".join(" ".join(dice.choices(words, k=12)) for _ in range(25))
            file.write(message(f"{path.stem}x{n}", body=body + "\n"))
            n += 1


def plain_build(daemon):
    if daemon.implementation.sanitized():
        pytest.skip("sanitizers need memory of their own")


@clause("reliability.memory.import")
@deadline(180)
def test_eight_times_the_mail(mail_daemon, clock, dice, trace):
    plain_build(mail_daemon)
    small, large = mail_daemon.place.root / "small.mbox", mail_daemon.place.root / "large.mbox"
    write_mail(small, dice, 8 << 20)
    write_mail(large, dice, 64 << 20)
    # As new a store as the first one, and a process of its own that writes it.
    first = peak_of_import(mail_daemon, clock, small)
    restart(mail_daemon, clock)
    second = peak_of_import(mail_daemon, clock, large)
    trace.add(f"peak {first >> 20} MB, with eight times the mail {second >> 20} MB")
    require(second < first * 1.5, f"{first >> 20} MB for a mailbox, {second >> 20} MB for one eight times as large")
    mail_daemon.settle()


@clause("reliability.memory.message")
@deadline(180)
def test_two_hundred_megabytes(mail_daemon, clock, trace):
    plain_build(mail_daemon)
    path, size = mail_daemon.place.root / "big.mbox", 200 << 20
    line = b"a line of the very large message that somebody has sent to us\n"
    with open(path, "wb") as file:
        file.write(mailbox(names_of("small", 4000)))
        file.write(message("large", body="see below\n"))
        for _ in range(size // len(line) // 1024):
            file.write(line * 1024)
        file.write(b"\n" + mailbox(["behindx1"]))
    peak = peak_of_import(mail_daemon, clock, path)
    trace.add(f"peak {peak >> 20} MB")
    require(peak < 4 * size, f"{peak >> 20} MB for a message of {size >> 20} MB")
    assert ids(mail_daemon, "s:large") == ["large"]
    assert ids(mail_daemon, "s:behindx1") == ["behindx1"]
    mail_daemon.settle()


@clause("reliability.memory.idle")
def test_after_work(mail_daemon, trace):
    plain_build(mail_daemon)
    for n in range(20):
        require(import_mbox(mail_daemon, mailbox(names_of(f"idle{n}", 50))).succeeded, "an import failed")
        found(mail_daemon, "f:alice")
    size = sum(int(line.split()[1]) for line in open(f"/proc/{mail_daemon.pid}/status") if line.startswith("VmRSS:"))
    trace.add(f"{size} kB")
    require(size <= 8192, f"{size} kB resident")
    mail_daemon.settle()
