"""spec/watch.md: nothing is lost, nobody waits"""

import os
import shutil
import signal
import time
from pathlib import Path

from suite import system
from suite.api import clause, deadline, each, needs, param, require
from suite.mail import eml, mboxrd, row_of, succeeds
from suite.maildir import (
    Box,
    becomes,
    flush,
    has_keywords,
    has_letters,
    inspect,
    keywords,
    locations,
    start,
    stop,
    stopped,
    switches,
    watch,
    watched,
)

pytestmark = [needs("mail", "watch"), deadline(90)]


def change_everything(box):
    box.mark("set", "FS")
    box.mark("clear", "")
    box.remove("gone")
    box.deliver("new")
    box.deliver("newer", sub="cur", info=":2,S")


def check_everything(daemon, box, before):
    has_keywords(daemon, "set", "flagged", "seen")
    has_keywords(daemon, "clear")
    has_keywords(daemon, "new")
    has_keywords(daemon, "newer", "seen")
    becomes(daemon, "gone is gone", lambda: locations(daemon, "gone"), {})
    require(before == {"clear": ["seen"]}, f"before: {before}")


def known_folder(daemon, state="import-ro"):
    box = watched(daemon, "set", "clear", "gone", state=state)
    box.mark("clear", "S")
    has_keywords(daemon, "clear", "seen")
    return box


@clause("watch.catch-up")
def test_changed_while_stopped(watch_daemon):
    box = known_folder(watch_daemon)
    before = {"clear": keywords(watch_daemon, "clear")}
    stop(watch_daemon)
    change_everything(box)
    start(watch_daemon)
    flush(watch_daemon)
    require(keywords(watch_daemon, "set") == ["flagged", "seen"], f"it has {keywords(watch_daemon, 'set')}")
    check_everything(watch_daemon, box, before)


@clause("watch.catch-up")
def test_written_after_start(watch_daemon):
    """What one folder has got while nobody looked reaches the other."""
    boxes = a, b = [Box(watch_daemon.place.work / at, "ham") for at in ("a", "b")]
    succeeds(watch_daemon, "import", "-q", "a", "b")
    for box in boxes:
        watch(watch_daemon, box, "tag-rw")
    flush(watch_daemon)
    stop(watch_daemon)
    a.mark("ham", "S")
    b.mark("ham", "F")
    start(watch_daemon)
    for box in boxes:
        has_letters(watch_daemon, box, "ham", "FS")
    has_keywords(watch_daemon, "ham", "flagged", "seen")


@clause("watch.catch-up.killed")
def test_killed(watch_daemon):
    box = known_folder(watch_daemon)
    before = {"clear": keywords(watch_daemon, "clear")}
    with stopped(watch_daemon):
        change_everything(box)
        stop(watch_daemon, signal.SIGKILL)
    start(watch_daemon)
    check_everything(watch_daemon, box, before)


@clause("watch.catch-up.killed")
@each("after", [param("early", 10), param("late", 120)])
def test_killed_at_work(watch_daemon, after):
    """Two folders that change, one after the other message, until everything dies."""
    names = [f"m{n:03d}" for n in range(150)]
    boxes = a, b = [Box(watch_daemon.place.work / at, *names) for at in ("a", "b")]
    succeeds(watch_daemon, "import", "-q", "a", "b")
    for box in boxes:
        watch(watch_daemon, box, "tag-rw")
    flush(watch_daemon)
    call = watch_daemon.begin("note-event", "done")
    for n, name in enumerate(names):
        os.rename(a.path / f"cur/{name}.1.host:2,", a.path / f"cur/{name}.1.host:2,S")
        if n == after:
            stop(watch_daemon, signal.SIGKILL)
    call.close()
    start(watch_daemon)
    for box in (b, a):
        becomes(watch_daemon, f"names without S in {box.path.name}", lambda box=box: not_read(box), [])
        require(len(letters_of(box)) == len(names), f"{len(letters_of(box))} files are there")
    rows = {name: keywords(watch_daemon, name) for name in (names[0], names[after], names[-1])}
    require(all(kw == ["seen"] for kw in rows.values()), f"the store has {rows}")


def not_read(box):
    return [name for name, letters in letters_of(box) if letters != "S"][:5]


def letters_of(box):
    """[(name, letters)] by unique part, without a look into the files."""
    parts = [n.partition("/")[2].partition(":2,") for n in box.names()]
    return sorted((unique.partition(".")[0], "".join(sorted(letters))) for unique, _, letters in parts)


@clause("watch.catch-up.index")
def test_index_catches_up(watch_daemon):
    box = known_folder(watch_daemon)
    stop(watch_daemon)
    box.mark("set", "FS")
    box.mark("clear", "")
    start(watch_daemon)
    succeeds(watch_daemon, "index", "-q", "in")
    require(keywords(watch_daemon, "set") == ["flagged", "seen"], f"set has {keywords(watch_daemon, 'set')}")
    require(keywords(watch_daemon, "clear") == [], f"clear has {keywords(watch_daemon, 'clear')}")


@clause("watch.overflow")
def test_more_than_the_queue(watch_daemon):
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 100000:
        limit = 100000
    box = known_folder(watch_daemon)
    box.deliver("noise")
    has_keywords(watch_daemon, "noise")
    before = {"clear": keywords(watch_daemon, "clear")}
    flush(watch_daemon)
    with stopped(watch_daemon):
        names = [box.path / box.file("noise"), box.path / "new/other.1.host"]
        for _ in range(limit // 4 + 100):  # each leads to two events, and is undone
            os.rename(names[0], names[1])
            os.rename(names[1], names[0])
        change_everything(box)
    check_everything(watch_daemon, box, before)


COUNT = 300


def reader(box, letters, names):
    """One of several mail readers, in a process of its own."""
    pid = os.fork()
    if pid == 0:
        try:
            for name in names:
                last = f"cur/{name}.1.host:2,"
                for step in letters:
                    new = f"cur/{name}.1.host:2,{step}"
                    os.rename(box.path / last, box.path / new)
                    last = new
            os._exit(0)
        finally:
            os._exit(1)
    return pid


def burst(daemon):
    """(folder, processes at work): four of them rename everything several times."""
    names = [f"m{n:03d}" for n in range(COUNT)]
    box = Box(daemon.place.work / "in", *names)
    succeeds(daemon, "import", "-q", "in")
    watch(daemon, box, "tag-ro")
    flush(daemon)
    return box, [reader(box, ["S", "FS", "F", "RS"], names[n::4]) for n in range(4)]


@clause("watch.burst")
def test_four_readers(watch_daemon):
    box, pids = burst(watch_daemon)
    for pid in pids:
        require(os.waitpid(pid, 0)[1] == 0, "a reader failed: the daemon has renamed files")

    def known():
        flush(watch_daemon)
        out = succeeds(watch_daemon, "q", "-f", "json", "kw:answered", "kw:seen", "NOT", "kw:flagged").out
        return out.count(b'"blob"')

    becomes(watch_daemon, "all are answered and seen", known, COUNT, 40)
    require(all(letters == "RS" for _, letters in letters_of(box)), "names have changed")


@clause("watch.sync.places")
def test_places_after_a_burst(watch_daemon):
    box, pids = burst(watch_daemon)
    for pid in pids:
        require(os.waitpid(pid, 0)[1] == 0, "a reader failed: the daemon has renamed files")

    def places():
        at = [locations(watch_daemon, name).get(box.url) for name in ("m000", "m150", "m299")]
        return at, inspect(watch_daemon, box.url)[box.url].get("name.count")

    want = [["m000.1.host:2,RS"], ["m150.1.host:2,RS"], ["m299.1.host:2,RS"]]
    becomes(watch_daemon, "where messages lie", places, (want, COUNT))


@clause("watch.responsive")
def test_answers_meanwhile(watch_daemon):
    _, pids = burst(watch_daemon)
    done = watch_daemon.begin("note-event", "done")
    answers = 0
    while pids or answers < 50:
        reply = watch_daemon.call("daemon-pid", seconds=5)
        require(reply.out == b"%d\n" % watch_daemon.pid, f"it answered {reply.out!r} {reply.err!r}")
        answers += 1
        pids = [pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0] == 0]
    done.finish(30)


@clause("watch.directory.again")
def test_removed_and_made_again(watch_daemon):
    box = watched(watch_daemon, "ham", state="import-ro")
    box.mark("ham", "F")
    has_keywords(watch_daemon, "ham", "flagged")
    shutil.rmtree(box.path)
    flush(watch_daemon)
    require(keywords(watch_daemon, "ham") == ["flagged"], "the store has lost it")
    Box(box.path)
    box.deliver("new")
    has_keywords(watch_daemon, "new")
    box.mark("new", "S")
    has_keywords(watch_daemon, "new", "seen")
    require(row_of(watch_daemon, "ham")["kw"] == ["flagged"], "the store has lost keywords")


@clause("watch.directory.again")
def test_away_and_back(watch_daemon):
    """Renamed, changed there, and renamed back."""
    box = watched(watch_daemon, "ham", state="import-ro")
    away = Box(watch_daemon.place.root / "data" / "away")
    shutil.rmtree(away.path)
    os.rename(box.path, away.path)
    flush(watch_daemon)
    away.mark("ham", "S")
    flush(watch_daemon)
    os.rename(away.path, box.path)
    has_keywords(watch_daemon, "ham", "seen")
    box.mark("ham", "F")
    has_keywords(watch_daemon, "ham", "flagged")


@clause("watch.released")
def test_many_changes(watch_daemon):
    box = watched(watch_daemon, "ham", state="import-rw")

    def turn(n):
        box.mark("ham", "S")
        has_keywords(watch_daemon, "ham", "seen")
        box.mark("ham", "")
        has_keywords(watch_daemon, "ham")
        box.deliver(f"new{n}")
        has_keywords(watch_daemon, f"new{n}")
        succeeds(watch_daemon, "export-kw", "-q", "--all")
        succeeds(watch_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(eml(f"mbox{n}")))

    def held():
        pids = [watch_daemon.pid, *system.descendants(watch_daemon.pid)]
        return len(pids), sum(len(system.descriptors(pid)) for pid in pids)

    turn(0)
    before = held()
    for n in range(1, 6):
        turn(n)
    watch_daemon.clock.poll(
        f"no more processes and descriptors than {before}",
        lambda: all(now <= then for now, then in zip(held(), before, strict=True)),
        15,
    )


MEASURED = 3.0  # seconds without anything to do


@clause("watch.idle")
def test_sleeps(watch_daemon):
    box = watched(watch_daemon, "ham", state="import-rw")
    box.mark("ham", "S")
    has_keywords(watch_daemon, "ham", "seen")

    def while_idle():
        pids = [watch_daemon.pid, *system.descendants(watch_daemon.pid)]
        before = switches(pids)
        time.sleep(MEASURED)  # what is measured, not waited for
        return switches(pids) - before

    watch_daemon.clock.poll(f"{MEASURED:g} s without a wake-up", lambda: while_idle() == 0, 30)
