"""spec/store.md"""

import os
import re
import signal

import pytest
from suite import system
from suite.api import Import, clause, deadline, found, ids, import_mbox, message, needs, require
from suite.mail import mboxrd, oid, succeeds

pytestmark = needs("mail")


def kill_everything(daemon):
    daemon.trace.add("SIGKILL to the daemon and all below it")
    daemon.may_end = True
    victims = [daemon.pid, *system.descendants(daemon.pid)]
    for pid in victims:
        system.kill(pid, signal.SIGKILL)
    daemon.wait_end()
    system.kill_all_below(os.getpid())
    daemon.exit_status, daemon.may_end = None, False


@clause("store.import.durable")
def test_everything_is_killed(mail_daemon):
    names = [f"kept{n:02d}" for n in range(50)]
    require(import_mbox(mail_daemon, *map(message, names)).succeeded, "the import failed")
    kill_everything(mail_daemon)
    mail_daemon.start(settle=False)
    rows = {row["m"] for row in found(mail_daemon, "f:alice")}
    lost = [n for n in names if f"{n}@example.com" not in rows]
    require(not lost, f"lost after success: {lost}")
    mail_daemon.settle()


@clause("store.import.durable")
@deadline(60)
def test_killed_at_the_word(mail_daemon):
    """Killed as soon as success is said, before anything else could become durable."""
    kept = []
    for turn in range(5):
        names = [f"turn{turn}x{n:03d}" for n in range(100)]
        call = mail_daemon.begin("import", "-q", "-F", "mboxrd", "-", stdin=b"".join(map(message, names)))
        victims = [*mail_daemon.baseline_children, mail_daemon.pid]
        first = call.peer.sock.recv(100)
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        succeeded = first == b"x_it 0" or (mail_daemon.implementation.bare_end and not first)
        call.close()
        require(succeeded, f"the import failed: {first!r}")
        kept += names
        kill_everything(mail_daemon)
        mail_daemon.start(settle=False)
        rows = {row["m"] for row in found(mail_daemon, f"s:turn{turn}*", "OR", "f:alice")}
        lost = [n for n in kept if f"{n}@example.com" not in rows]
        require(not lost, f"{len(lost)} messages lost after success in turn {turn}")
        require(import_mbox(mail_daemon, message("again")).succeeded, "the store does not work any more")
        mail_daemon.settle()


@clause("store.import.visible")
def test_at_once(mail_daemon):
    for n in range(5):
        require(import_mbox(mail_daemon, message(f"fresh{n}")).succeeded, "the import failed")
        assert ids(mail_daemon, f"m:fresh{n}@example.com") == [f"fresh{n}"]


def store_processes(daemon):
    """What stays below an idle daemon after an import."""
    return [p for p in daemon.baseline_children if system.alive(p)]


@clause("store.writer.restarted")
def test_killed_while_idle(mail_daemon, clock):
    writers = store_processes(mail_daemon)
    if not writers:
        pytest.skip("nothing stays behind an import")
    for pid in writers:
        mail_daemon.trace.add(f"SIGKILL to store process {pid}")
        system.kill(pid, signal.SIGKILL)
    reply = import_mbox(mail_daemon, message("after"))
    if not reply.succeeded:
        require(reply.err, "failed without a reason")
        require(import_mbox(mail_daemon, message("after")).succeeded, "the second try fails, too")
    assert ids(mail_daemon, "s:after") == ["after"]
    mail_daemon.settle()


@clause("store.writer.killed-loud")
def test_killed_during_an_import(mail_daemon):
    job = Import(mail_daemon, message("early"))
    writers = store_processes(mail_daemon)
    if not writers:
        job.finish()
        pytest.skip("no process stays behind an import")
    for pid in writers:
        system.kill(pid, signal.SIGKILL)
    os.write(job.write, message("late"))
    reply = job.finish()
    if reply.succeeded:
        rows = ids(mail_daemon, "s:early", "OR", "s:late")
        require(rows == ["early", "late"], f"success, and yet only {rows} is there")
    mail_daemon.settle()


@clause("store.home.separate")
def test_two_homes(mail_daemon):
    other = mail_daemon.place.root / "data" / "other"
    other.mkdir()
    env = {**mail_daemon.place.env, "HOME": str(other)}
    require(import_mbox(mail_daemon, message("mine")).succeeded, "the import failed")
    require(import_mbox(mail_daemon, message("theirs"), env=env).succeeded, "the other import failed")
    assert ids(mail_daemon, "s:mine", "OR", "s:theirs") == ["mine"]
    assert ids(mail_daemon, "s:mine", "OR", "s:theirs", env=env) == ["theirs"]
    mail_daemon.settle()

# ---- what is the same message ----


def body_of(name, body, more="", id=None):
    """A message in a shape of its own: `id` None is its name's, "" is none."""
    data = message(name, subject="about same", body=body + "\n", more=more).split(b"\n", 1)[1].removesuffix(b"\n")
    if id is None:
        return data
    return re.sub(rb"Message-ID: .*\n", f"Message-ID: <{id}@example.com>\n".encode() if id else b"", data)


WAYS = ["Received: from a by b; Mon, 02 Oct 2023 10:00:01 +0000", "X-Spam-Status: No, score=-1", "Delivered-To: me@example.com\nReturn-Path: <x@example.org>"]


@clause("store.content")
def test_copies(mail_daemon):
    copies = [body_of("ham", "one", more) for more in ("", *WAYS)]
    succeeds(mail_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*copies))
    assert ids(mail_daemon, "s:same") == ["ham"]
    for copy in copies:
        require(succeeds(mail_daemon, "blob", oid(copy)).out == copy, "a copy is not kept as it came")


@clause("store.content.same-id")
def test_others(mail_daemon):
    mails = [body_of("ham", "one"), body_of("ham", "two"), body_of("jam", "one"), body_of("ham", "one", more="Cc: kim@example.org")]
    for data in mails:
        succeeds(mail_daemon, "import", "-q", "-F", "eml", "-", stdin=data)
    assert ids(mail_daemon, "-d", "oid", "s:same") == ["ham", "ham", "ham", "jam"]


@clause("store.content.draft")
def test_drafts(mail_daemon):
    mails = [body_of("x", "one", id=""), body_of("x", "two", id=""), body_of("x", "one", id=""), body_of("x", "one", WAYS[0], id="")]
    for data in mails:
        succeeds(mail_daemon, "import", "-q", "-F", "eml", "-", stdin=data)
    rows = found(mail_daemon, "-d", "oid", "s:same")
    require(len(rows) == 2 and not any("m" in row for row in rows), f"has {rows}")


@clause("store.content.shared")
def test_marks_of_copies(mail_daemon):
    first, second, third = body_of("ham", "one"), body_of("ham", "one", WAYS[0]), body_of("ham", "one", WAYS[1])
    succeeds(mail_daemon, "import", "-q", "-F", "eml", "-", "+kw:seen", "+L:first", stdin=first)
    succeeds(mail_daemon, "import", "-q", "-F", "eml", "-", "+L:second", stdin=second)
    succeeds(mail_daemon, "import", "-q", "-F", "eml", "-", stdin=third)
    succeeds(mail_daemon, "tag", "-F", "eml", "-", "+kw:flagged", "-L:first", stdin=third)
    rows = found(mail_daemon, "s:same")
    require(len(rows) == 1, f"{len(rows)} messages")
    require((rows[0].get("kw"), rows[0].get("L")) == (["flagged", "seen"], ["second"]), f"has {rows[0]}")
