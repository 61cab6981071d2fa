"""spec/watch.md: folders that are not as they should be"""

import os
import socket

import pytest
from suite.api import clause, deadline, each, found, needs, param, require
from suite.mail import eml, has, mboxrd, succeeds
from suite.maildir import (
    Box,
    flush,
    has_keywords,
    has_letters,
    keywords,
    own_mounts,
    quiet,
    read_only_view,
    watch,
    watched,
)

pytestmark = [needs("mail", "watch"), deadline(45)]


def open_box(daemon, state="import-ro", at="in"):
    box = Box(daemon.place.work / at)
    watch(daemon, box, state)
    return box


@clause("watch.odd.names")
def test_without_letters(watch_daemon):
    box = open_box(watch_daemon)
    box.deliver("a", sub="cur", info="")
    box.deliver("b", sub="new", info=":2,")
    box.deliver("c", sub="cur", info="", unique="c")
    for name in "abc":
        has_keywords(watch_daemon, name)


@clause("watch.odd.names")
def test_hidden(watch_daemon):
    box = open_box(watch_daemon)
    box.deliver("dot", sub="cur", unique=".dot.1.host:2,S")
    box.deliver("dots", unique="...")
    quiet(watch_daemon, box)
    came = [name for name in ("dot", "dots") if keywords(watch_daemon, name) is not None]
    require(not came, f"brought in: {came}")


OTHERS = {
    "one": "one.1.host:1,S",
    "twice": "twice.1.host:2,S:2,1",
    "bare": "bare.1.host:2",
    "digits": "digits.1.host:2,1",
    "colon": "colon.1.host:",
}


@clause("watch.odd.info")
def test_something_else_after_the_colon(watch_daemon):
    box = open_box(watch_daemon)
    for name, file in OTHERS.items():
        box.deliver(name, sub="cur", unique=file)
    quiet(watch_daemon, box)
    came = {name: kw for name in OTHERS if (kw := keywords(watch_daemon, name)) is not None}
    watch_daemon.trace.add(f"outcome: {'brought in' if came else 'not looked at'}")
    require(not any(came.values()), f"keywords: {came}")


@clause("watch.odd.bytes")
@each(
    "unique",
    [
        param("latin", os.fsdecode(b"caf\xe9\xff.host")),
        param("newline", "new\nline"),
        param("words", "it's \"two\" words $HOME"),
        param("long", "x" * 240),
        param("dash", "-rf"),
        param("percent", "%41%"),
    ],
)
def test_any_bytes(watch_daemon, unique):
    box = open_box(watch_daemon, "import-rw")
    box.deliver("ham", unique=unique)
    has_keywords(watch_daemon, "ham")
    box.mark("ham", "S")
    has_keywords(watch_daemon, "ham", "seen")
    succeeds(watch_daemon, "export-kw", "-q", "--mode=set", "in")
    require(box.file("ham") == f"cur/{unique}:2,S", f"it is now {box.file('ham')}")


@clause("watch.odd.bytes")
@each(
    "unique",
    [param("plain", "plain"), param("latin", os.fsdecode(b"caf\xe9\xff.host")), param("newline", "new\nline")],
)
def test_any_bytes_written(watch_daemon, unique):
    box = Box(watch_daemon.place.work / "in")
    box.deliver("ham", unique=unique)
    succeeds(watch_daemon, "import", "-q", "in")
    watch(watch_daemon, box, "tag-rw")
    mail = eml("ham", more="X-Status: F")
    succeeds(watch_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(mail))
    has_letters(watch_daemon, box, "ham", "F")
    require(box.file("ham") == f"cur/{unique}:2,F", f"it is now {box.file('ham')}")


def make_fifo(path):
    os.mkfifo(path)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))


def make_unreadable(path):
    path.write_bytes(eml("secret"))
    path.chmod(0)


KINDS = {
    "fifo": make_fifo,
    "directory": lambda path: path.mkdir(),
    "socket": make_socket,
    "broken-link": lambda path: path.symlink_to("nowhere"),
    "link-to-itself": lambda path: path.symlink_to(path.name),
    "link-to-fifo": lambda path: (os.mkfifo(path.parent / "../data"), path.symlink_to("../data")),
    "empty": lambda path: path.write_bytes(b""),
    "unreadable": make_unreadable,
}


@clause("watch.odd.kinds")
@each("kind", [param(kind, kind) for kind in KINDS])
def test_no_mail_there(watch_daemon, kind):
    box = open_box(watch_daemon, "import-rw")
    for n, sub in enumerate(("cur", "new")):
        if kind == "link-to-fifo" and n:
            continue
        make = box.path / sub / f"odd{n}.1.host:2,S"
        KINDS[kind](make)
    for name in ("after", "zealous"):  # on either side of it in a sorted list
        box.deliver(name)
        has_keywords(watch_daemon, name)
        box.mark(name, "S")
        has_keywords(watch_daemon, name, "seen")
    require((box.path / "cur/odd0.1.host:2,S").lstat(), "it was removed")
    got = [row["m"] for row in found(watch_daemon, "z:0..") if row.get("m", "").startswith("secret")]
    require(os.geteuid() == 0 or not got, "an unreadable file was read")


@clause("watch.odd.tmp")
def test_half_a_mail(watch_daemon):
    box = open_box(watch_daemon)
    for name in ("half", "half.1.host:2,S"):
        (box.path / "tmp" / name).write_bytes(eml("half"))
    quiet(watch_daemon, box)
    require(keywords(watch_daemon, "half") is None, "a file in tmp was brought in")


@clause("watch.odd.mail")
@each(
    "data",
    [
        param("noise", bytes(range(256)) * 40),
        param("zeros", b"\0" * 4096),
        param("newlines", b"\n" * 100),
        param("mbox", b"From a@b Thu Jan  1 00:00:00 1970\n" + eml("mbox")),
        param("line", b"x" * 300000),
    ],
)
def test_no_mail_at_all(watch_daemon, data):
    box = open_box(watch_daemon, "import-rw")
    (box.path / "cur/odd.1.host:2,S").write_bytes(data)
    box.deliver("after")
    has_keywords(watch_daemon, "after")
    box.mark("after", "S")
    has_keywords(watch_daemon, "after", "seen")
    require((box.path / "cur/odd.1.host:2,S").read_bytes() == data, "the file has changed")


@clause("watch.odd.mail")
def test_vanishes_at_once(watch_daemon):
    """Between the news and the look."""
    box = open_box(watch_daemon)
    for n in range(200):
        box.deliver(f"brief{n}").unlink()
    box.deliver("after")
    has_keywords(watch_daemon, "after")
    flush(watch_daemon)


@clause("watch.odd.kinds")
def test_cur_without_new(watch_daemon):
    """Half a Maildir, and then a whole one."""
    box = watched(watch_daemon, "ham", state="import-ro")
    (box.path / "new").rmdir()
    os.rename(box.path / "cur/ham.1.host:2,", box.path / "cur/ham.1.host:2,S")
    has_keywords(watch_daemon, "ham", "seen")
    (box.path / "new").mkdir()
    box.deliver("after")
    has_keywords(watch_daemon, "after")


@clause("watch.read-only")
def test_mounted_read_only(cold_daemon):
    if not own_mounts():
        pytest.skip("no mounts of one's own here")
    daemon = cold_daemon
    real = Box(daemon.place.root / "data" / "real", "ham", "spam")
    view = daemon.place.work / "view"
    with read_only_view(real.path, view):
        daemon.start(settle=False)
        other = Box(daemon.place.work / "other", "ham", "spam")
        succeeds(daemon, "import", "-q", "view", "other")
        succeeds(daemon, "add-watch", "-q", "--state=import-rw", "view", "other")
        real.mark("ham", "S")
        daemon.call("note-event", "done", seconds=20)
        reaches(daemon, lambda: keywords(daemon, "ham"), ["seen"])
        reaches(daemon, lambda: other.letters("ham"), "S")
        other.mark("spam", "F")  # cannot be written to the view
        real.deliver("new")
        reaches(daemon, lambda: keywords(daemon, "spam"), ["flagged"])
        reaches(daemon, lambda: keywords(daemon, "new"), [])
        require(real.letters("spam") == "", f"written to a read-only mount: {real.file('spam')}")
        has(daemon, "ham", "spam", "new")
        daemon.may_end = True
        daemon.call("daemon-kill", seconds=10)
        daemon.wait_end(15)


def reaches(daemon, probe, want):
    """As becomes(), but note-event may say that not everything could be written."""

    def look():
        daemon.call("note-event", "done", seconds=20)
        return probe() == want

    daemon.clock.poll(f"{want!r} instead of {probe()!r}", look, 25)
