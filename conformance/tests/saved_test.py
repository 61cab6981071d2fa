"""spec/saved.md"""

import bz2
import email.utils
import gzip
import hashlib
import json
import lzma
import os
import re
import shutil
import sqlite3
import subprocess

import pytest
from suite.api import clause, deadline, each, needs, param, require
from suite.faults import Faults
from suite.mail import eml, fails, mboxrd, oid, succeeds
from suite.maildir import Box
from suite.system import alive

pytestmark = [needs("mail"), deadline(60)]

SECONDS = 30


def take(daemon, *names, **how):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*(eml(name, **how) for name in names)))


def search(daemon, output, *args, more=(), **how):
    return succeeds(daemon, "q", "-q", "-o", output, *more, *(args or ["f:alice"]), **how)


def up(daemon, *args, **how):
    return succeeds(daemon, "up", *args, seconds=SECONDS, **how)


def plain(path):
    data = path.read_bytes()
    for magic, unpack in ((b"\x1f\x8b", gzip.decompress), (b"BZh", bz2.decompress), (b"\xfd7z", lzma.decompress)):
        if data.startswith(magic):
            return unpack(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    return data


def names_in(path):
    """The mail of an output by name, sorted; what is there twice comes twice."""
    if not path.exists():
        return []
    files = [f.read_bytes() for sub in ("cur", "new") for f in (path / sub).iterdir()] if path.is_dir() else [plain(path)]
    return sorted(name.decode() for data in files for name in re.findall(rb"^Message-ID: <(\S+)@example\.com>", data, re.M))


def holds(path, *names):
    got = names_in(path)
    require(got == sorted(names), f"{path.name} holds {got}, not {sorted(names)}")


def listed(daemon):
    return [os.fsdecode(line) for line in succeeds(daemon, "ls-search", "-z").out.split(b"\0")[:-1]]


def settings(daemon, output):
    rows = json.loads(succeeds(daemon, "ls-search", "-f", "json", str(output)).out)
    require(len(rows) == 1, f"{len(rows)} searches are listed for {output}")
    return rows[0]


def file_of(daemon, output):
    """The file of a saved search, wherever it is kept."""
    share = daemon.place.root
    found = [p for p in share.rglob("lei.saved-search") if os.fsencode(str(output)) in p.read_bytes()]
    require(len(found) == 1, f"{output} has {len(found)} files of saved searches")
    return found[0]


@pytest.fixture
def work(mail_daemon):
    return mail_daemon.place.work


# ---- saving ----

OUTPUTS = [
    param("maildir", "md"),
    param("maildir-named", "maildir:md"),
    *(param(name, f"{name}:mb") for name in ("mboxrd", "mboxo", "mboxcl", "mboxcl2")),
]


@clause("saved.save.default", "saved.list", "saved.up.new")
@each("output", OUTPUTS)
def test_saved_and_updated(mail_daemon, work, output):
    path = work / output.rpartition(":")[2]
    take(mail_daemon, "ham")
    search(mail_daemon, output)
    assert listed(mail_daemon) == [str(path)]
    holds(path, "ham")
    take(mail_daemon, "jam", body="From here\n\nto there\n")
    up(mail_daemon, "-q", str(path))
    holds(path, "ham", "jam")
    up(mail_daemon, "-q", str(path))
    holds(path, "ham", "jam")


@clause("saved.save.default")
def test_not_saved_if_told(mail_daemon, work):
    search(mail_daemon, "md", more=["--no-save"])
    assert listed(mail_daemon) == []
    fails(mail_daemon, "up", "md")


@clause("saved.save.not")
@each("output", [param("stdout", "-"), param("device", "mboxrd:/dev/stdout"), param("fifo", "mboxrd:pipe")])
def test_nowhere_to_add(mail_daemon, work, output):
    args = ["-f", "jsonl"] if output == "-" else []
    fd = -1
    if output.endswith("pipe"):
        os.mkfifo(work / "pipe")
        fd = os.open(work / "pipe", os.O_RDWR | os.O_NONBLOCK)
    search(mail_daemon, output, more=args)
    assert listed(mail_daemon) == []
    fails(mail_daemon, "q", "--save", "-o", output, *args, "f:alice", naming="--save")
    if fd >= 0:
        os.close(fd)


@clause("saved.save.dedupe")
def test_none_is_not_saved(mail_daemon, work):
    fails(mail_daemon, "q", "-o", "md", "--dedupe=none", "f:alice", naming="--no-save")
    require(not (work / "md").exists(), "the Maildir was made")
    search(mail_daemon, "md", more=["--dedupe=none", "--no-save"])
    assert listed(mail_daemon) == []


@clause("saved.save.failed")
@each("saved", [param("new", False), param("known", True)])
def test_failed_is_not_saved(mail_daemon, work, saved):
    take(mail_daemon, "ham")
    if saved:
        search(mail_daemon, "mboxrd:mb", "s:ham")
    for _ in range(2):
        fails(mail_daemon, "q", "-o", "mboxrd:there/is/none", "f:alice")
    if saved:
        (work / "mb").rename(work / "kept")
        (work / "mb").mkdir()
        fails(mail_daemon, "q", "-o", "mboxrd:mb", "f:alice")
    assert listed(mail_daemon) == ([str(work / "mb")] if saved else [])
    if saved:
        assert settings(mail_daemon, work / "mb")["q"] == ["s:ham"]


@clause("saved.save.again")
@each("output", [param("maildir", "md"), param("mbox", "mboxrd:mb")])
def test_saved_anew(mail_daemon, work, output):
    path = work / output.rpartition(":")[2]
    take(mail_daemon, "ham", "jam")
    search(mail_daemon, output)
    empty(path)
    search(mail_daemon, output, "f:alice", "OR", "s:nothing")
    holds(path, "ham", "jam")
    assert settings(mail_daemon, path)["q"] == ["f:alice", "OR", "s:nothing"]
    assert listed(mail_daemon) == [str(path)]
    search(mail_daemon, output, "s:ham")
    take(mail_daemon, "spam", subject="ham again")
    up(mail_daemon, "-q", str(path))
    holds(path, "ham", "spam")


@clause("saved.save.augment")
@each("output", [param("maildir", "md"), param("mbox", "mboxrd:mb")])
def test_saved_and_augmented(mail_daemon, work, output):
    path = work / output.rpartition(":")[2]
    take(mail_daemon, "ham")
    search(mail_daemon, output)
    empty(path)
    take(mail_daemon, "jam")
    search(mail_daemon, output, more=["--augment"])
    holds(path, "jam")


def empty(path):
    if path.is_dir():
        for sub in ("cur", "new"):
            for file in (path / sub).iterdir():
                file.unlink()
    else:
        path.write_bytes(b"")


# ---- the file ----

ODD = ["s:ham", 's:"a b"', "semi;colon#hash", " blank ", "back\\slash", "new\nline", "caf\u00e9", "tab\tx", "", "'"]


@clause("saved.file")
def test_words_come_back(mail_daemon, work):
    search(mail_daemon, "md", *ODD, more=["--limit=7", "--sort=docid", "--reverse"])
    row = settings(mail_daemon, work / "md")
    assert row["q"] == ODD
    assert row["output"] == f"maildir:{work}/md"
    assert row["limit"] == "7"
    file = file_of(mail_daemon, work / "md")
    run = ["git", "config", "-z", "-f", str(file)]
    got = subprocess.run([*run, "--get-all", "lei.q"], capture_output=True, check=True).stdout
    assert got == b"".join(os.fsencode(w) + b"\0" for w in ODD)
    got = subprocess.run([*run, "--get", "lei.q.output"], capture_output=True, check=True).stdout
    assert got == os.fsencode(f"maildir:{work}/md") + b"\0"


@clause("saved.file")
@each(
    "name",
    [
        param("blank", b"a b"),
        param("newline", b"a\nb"),
        param("not-utf8", b"a\xff\xfeb"),
        param("quotes", b"a\"b'c\\"),
        param("comment", b"a;b#c"),
        param("dash", b"-x"),
        param("long", b"n" * 250),
    ],
)
def test_any_name(mail_daemon, work, name):
    path = work / os.fsdecode(name)
    take(mail_daemon, "ham")
    search(mail_daemon, os.fsdecode(bytes(path)))
    assert listed(mail_daemon) == [str(path)]
    take(mail_daemon, "jam")
    up(mail_daemon, "-q", "--all")
    holds(path, "ham", "jam")
    take(mail_daemon, "spam")
    up(mail_daemon, "-q", str(path))
    holds(path, "ham", "jam", "spam")
    succeeds(mail_daemon, "forget-search", "-q", str(path))
    assert listed(mail_daemon) == []


@clause("saved.file")
def test_query_from_standard_input(mail_daemon, work):
    take(mail_daemon, "ham")
    succeeds(mail_daemon, "q", "-q", "-o", "md", "--stdin", stdin=b"s:ham\nOR s:jam\n")
    assert settings(mail_daemon, work / "md")["q"] == ["s:ham\nOR s:jam\n"]
    take(mail_daemon, "jam", "spam")
    up(mail_daemon, "-q", "md")
    holds(work / "md", "ham", "jam")


# ---- beside the original ----


def original(daemon, output, oids):
    """A search as the original saves it, in its own place; its directory."""
    stores = [*daemon.place.root.rglob("cstore")]
    require(stores, "it keeps no store beside the original's")
    data = stores[0].parent
    name = f"{os.path.basename(output)}-{hashlib.sha256(os.fsencode(output)).hexdigest()}"
    place = data / "saved-searches" / name
    place.mkdir(parents=True)
    (place / "lei.saved-search").write_text(
        f"; to refresh with new results, run: lei up {output}\n[lei]\n\tq = f:alice\n"
        f'[lei "q"]\n\texternal = 1\n\tlocal = 1\n\tremote = 1\n\toutput = maildir:{output}\n'
        '[external "/store"]\n\tmaxuid = 1\n'
    )
    (place / "lei.saved-search.flock").write_text("")
    db = sqlite3.connect(place / "over.sqlite3")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE xref3(docid INTEGER, ibx_id INTEGER, xnum INTEGER, oidbin VARBINARY)")
    for n, oid in enumerate(oids):
        db.execute("INSERT INTO xref3 VALUES(?, 1, -1, ?)", (n, bytes.fromhex(oid)))
    db.commit()
    return place, db


def look(place):
    """Every file there, as it is."""
    return place.is_dir() and {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in place.iterdir()}


@clause("saved.original", "saved.original.adopted", "saved.original.told")
def test_taken_over(mail_daemon, work):
    take(mail_daemon, "kept", "deleted", "new")
    box = Box(work / "md", "kept", unique=oid(eml("kept")) + "=99")
    place, db = original(mail_daemon, str(work / "md"), [oid(eml("kept")), oid(eml("deleted"))])
    before = look(place)
    for command in (["ls-search"], ["up", "--all"]):
        reply = succeeds(mail_daemon, *command)
        require(b"1 more" in reply.err, f"nobody is told of it: {reply.err!r}")
        holds(box.path, "kept")
    up(mail_daemon, str(box.path))
    holds(box.path, "kept", "new")
    assert listed(mail_daemon) == [str(box.path)]
    take(mail_daemon, "newer")
    up(mail_daemon, "--all")
    holds(box.path, "kept", "new", "newer")
    require(b"more" not in succeeds(mail_daemon, "ls-search").err, "it is still told to be another's")
    require(look(place) == before, f"it was changed")
    db.close()


# ---- up ----


@clause("saved.up.compressed")
@each("suffix", [param(s, s) for s in ("gz", "bz2", "xz", "zst")])
def test_compressed(mail_daemon, work, suffix):
    take(mail_daemon, "ham")
    search(mail_daemon, f"mboxcl2:mb.{suffix}")
    take(mail_daemon, "jam")
    up(mail_daemon, "-q", f"mb.{suffix}")
    require(not (work / f"mb.{suffix}").read_bytes().startswith(b"From "), "it is not compressed any more")
    holds(work / f"mb.{suffix}", "ham", "jam")


@clause("saved.up.new")
def test_nothing_is_removed(mail_daemon, work):
    """Mail that is not found any more, and mail that others put there, which is found."""
    take(mail_daemon, "ham", more="X-Status: F")
    search(mail_daemon, "md", "f:alice", "kw:flagged")
    holds(work / "md", "ham")
    box = Box(work / "md")
    box.deliver("guest", sub="cur", info=":2,F")
    box.mark("ham", "")
    before = box.state()
    take(mail_daemon, "jam", more="X-Status: F")
    up(mail_daemon, "-q", "md")
    holds(box.path, "guest", "ham", "jam")
    require(set(before) <= set(box.state()), "a file was written anew")


@clause("saved.up.new")
def test_guests_in_a_mailbox(mail_daemon, work):
    take(mail_daemon, "ham")
    search(mail_daemon, "mboxrd:mb")
    with open(work / "mb", "ab") as file:
        file.write(mboxrd(eml("guest")))
    take(mail_daemon, "jam")
    up(mail_daemon, "-q", "mb")
    holds(work / "mb", "guest", "ham", "jam")


@clause("saved.up.deleted")
@each("output", [param("maildir", "md"), param("mbox", "mboxrd:mb")])
def test_deleted_stays_away(mail_daemon, work, output):
    path = work / output.rpartition(":")[2]
    take(mail_daemon, "ham", "jam")
    search(mail_daemon, output)
    empty(path)
    for name in ("one", "two"):
        take(mail_daemon, name)
        up(mail_daemon, "-q", str(path))
    holds(path, "one", "two")


@clause("saved.up.flags")
def test_renamed_is_not_doubled(watch_daemon):
    path = watch_daemon.place.work / "md"
    take(watch_daemon, "ham", "jam")
    search(watch_daemon, "md")
    take(watch_daemon, "spam", "eggs")
    up(watch_daemon, "-q", "md")
    box = Box(path)
    for name, letters in (("ham", "S"), ("jam", "FRS"), ("spam", ""), ("eggs", "F")):
        box.mark(name, letters)
    succeeds(watch_daemon, "tag", "-q", "+kw:answered", "--mid", "ham@example.com")
    up(watch_daemon, "-q", "md")
    holds(path, "ham", "jam", "spam", "eggs")


@clause("saved.up.options")
def test_options_are_repeated(mail_daemon, work):
    def received(name, year):
        mail = eml(name).replace(b"Date: Mon, 02 Oct 2023", b"Date: Thu, 02 Oct %d" % year)
        succeeds(mail_daemon, "import", "-q", "-F", "eml", "-", stdin=mail)

    received("old", 2014)
    received("new", 2025)
    search(mail_daemon, "md", more=["--limit=1"])
    holds(work / "md", "new")
    received("newer", 2026)
    received("newest", 2027)
    for _ in range(2):
        up(mail_daemon, "-q", "md")
        holds(work / "md", "new", "newest")


@clause("saved.up.options.all")
def test_each_option_is_repeated(mail_daemon, work):
    take(mail_daemon, "ham", "jam")
    search(mail_daemon, "md", more=["--limit=1", "--offset=1", "--sort=docid"])
    holds(work / "md", "ham")
    up(mail_daemon, "-q", "md")
    holds(work / "md", "ham")
    take(mail_daemon, "spam")  # the second by number is jam now
    up(mail_daemon, "-q", "md")
    holds(work / "md", "ham", "jam")


@clause("saved.up.options.all")
def test_threads_are_whole(mail_daemon, work):
    take(mail_daemon, "root", subject="what is looked for")
    search(mail_daemon, "md", "s:looked", more=["--threads"])
    take(mail_daemon, "answer", subject="something else", more="References: <root@example.com>")
    take(mail_daemon, "stranger", subject="something else")
    up(mail_daemon, "-q", "md")
    holds(work / "md", "root", "answer")


@clause("saved.up.dedupe")
@each("output", [param("maildir", "md"), param("mbox", "mboxrd:mb")])
@each("strategy, count", [param("mid", "mid", 1), param("content", "content", 2)])
def test_same_as_delivered(mail_daemon, work, output, strategy, count):
    path = work / output.rpartition(":")[2]
    take(mail_daemon, "ham")
    search(mail_daemon, output, more=[f"--dedupe={strategy}"])
    take(mail_daemon, "ham", body="another body\n")
    for _ in range(2):
        up(mail_daemon, "-q", str(path))
        holds(path, *["ham"] * count)
    empty(path)
    old = mboxrd(eml("ham"), eml("ham", body="another body\n"))
    succeeds(mail_daemon, "rm", "-q", "-F", "mboxrd", "-", stdin=old)
    take(mail_daemon, "ham", body="a third body\n")
    up(mail_daemon, "-q", str(path))
    holds(path, *["ham"] * (count - 1))


@clause("saved.up.dates")
def test_dates_are_relative(mail_daemon, work, clock):
    """Mail of this moment is soon older than three seconds: a date that was saved never is."""
    now = email.utils.formatdate()
    mail = eml("ham").replace(b"Mon, 02 Oct 2023 10:00:00 +0000", now.encode())
    succeeds(mail_daemon, "import", "-q", "-F", "eml", "-", stdin=mail)
    search(mail_daemon, "md", "d:..3.seconds.ago", "f:alice")

    def grown_old():
        up(mail_daemon, "-q", "md")
        return names_in(work / "md") == ["ham"]

    clock.poll("the mail is old enough", grown_old, 30)


@clause("saved.up.unchanged")
@each("name", [param("plain", "mb"), param("gzip", "mb.gz")])
def test_nothing_new(mail_daemon, work, name):
    take(mail_daemon, "ham")
    search(mail_daemon, f"mboxrd:{name}")
    before = os.stat(work / name)
    up(mail_daemon, "-q", name)
    now = os.stat(work / name)
    require((now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns), "it was written")


@clause("saved.up.path")
def test_by_any_path(mail_daemon, work):
    (work / "real").mkdir()
    os.symlink("real", work / "link")
    search(mail_daemon, "link/md")
    os.symlink("real/md", work / "other")
    paths = ["link/md", "real/md", "real/./md/", "other", str(work / "other")]
    for n, path in enumerate(paths):
        take(mail_daemon, f"mail{n}")
        up(mail_daemon, "-q", path)
        holds(work / "real" / "md", *(f"mail{i}" for i in range(n + 1)))
    require(len(listed(mail_daemon)) == 1, "it is saved twice")


@clause("saved.up.format")
@each("output", [param("maildir", "maildir:md"), param("mbox", "mboxrd:mb")])
def test_by_format_and_path(mail_daemon, work, output):
    search(mail_daemon, output)
    take(mail_daemon, "ham")
    up(mail_daemon, "-q", output)
    holds(work / output.rpartition(":")[2], "ham")
    succeeds(mail_daemon, "forget-search", output)


@clause("saved.up.all")
@each("option, all", [param("all", "--all", True), param("local", "--all=local", True), param("remote", "--all=remote", False)])
def test_every_one(mail_daemon, work, option, all):
    outputs = ["md1", "md2", "mboxrd:mb1", "mboxo:mb2", "mboxrd:mb3.gz", "md3"]
    take(mail_daemon, "ham")
    for output in outputs:
        search(mail_daemon, output)
    take(mail_daemon, "jam")
    up(mail_daemon, "-q", option)
    for output in outputs:
        holds(work / output.rpartition(":")[2], *(["ham", "jam"] if all else ["ham"]))


@clause("saved.up.several")
@each("jobs", [param("one", "1"), param("default", None), param("many", "8")])
def test_one_fails(mail_daemon, work, jobs):
    (work / "sub").mkdir()
    outputs = ["md1", "mboxrd:sub/gone", "md2", "mboxrd:mb"]
    for output in outputs:
        search(mail_daemon, output)
    shutil.rmtree(work / "sub")
    take(mail_daemon, "ham")
    more = [f"--jobs={jobs}"] if jobs else []
    fails(mail_daemon, "up", "--all", *more, naming="sub/gone", seconds=SECONDS)
    for name in ("md1", "md2", "mb"):
        holds(work / name, "ham")
    take(mail_daemon, "jam")
    fails(mail_daemon, "up", "md1", "unknown", "mb", *more, naming="unknown", seconds=SECONDS)
    holds(work / "md1", "ham", "jam")
    holds(work / "mb", "ham", "jam")


@clause("saved.up.refused")
@each(
    "args, naming",
    [
        param("nothing", [], "OUTPUT"),
        param("both", ["--all", "md"], "md"),
        param("unknown", ["md2"], "md2"),
        param("empty", [""], ""),
        param("type", ["--all=some"], "some"),
        param("mua-all", ["--all", "--mua=true"], "--mua"),
        param("mua-several", ["md", "md", "--mua=true"], "--mua"),
    ],
)
def test_refused(mail_daemon, work, args, naming):
    search(mail_daemon, "md")
    take(mail_daemon, "ham")
    fails(mail_daemon, "up", *args, naming=naming)
    holds(work / "md")


@clause("saved.up.twice")
@each("output", [param("maildir", "md"), param("mbox", "mboxrd:mb")])
def test_at_the_same_time(mail_daemon, work, output):
    path = work / output.rpartition(":")[2]
    search(mail_daemon, output)
    names = [f"mail{n}" for n in range(200)]
    take(mail_daemon, *names)
    calls = [mail_daemon.begin("up", "-q", str(path)) for _ in range(4)]
    for call in calls:
        reply = call.finish(SECONDS)
        require(reply.succeeded, f"one failed: {reply.err!r}")
    holds(path, *names)


@clause("saved.up.gone")
@each("output", [param("maildir", "md"), param("mbox", "mboxrd:mb")])
def test_output_is_gone(mail_daemon, work, output):
    path = work / output.rpartition(":")[2]
    take(mail_daemon, "ham")
    search(mail_daemon, output)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    take(mail_daemon, "jam")
    up(mail_daemon, str(path))
    holds(path, "jam")


@clause("saved.up.gone.told")
def test_gone_is_told(mail_daemon, work):
    search(mail_daemon, "md")
    shutil.rmtree(work / "md")
    reply = up(mail_daemon, "md")
    require(b"gone" in reply.err, f"nobody says so: {reply.err!r}")


@clause("saved.up.place")
@each("output", [param("maildir", "disk/md"), param("mbox", "mboxrd:disk/mb")])
def test_its_directory_is_gone(mail_daemon, work, output):
    (work / "disk").mkdir()
    path = work / output.rpartition(":")[2]
    search(mail_daemon, output)
    os.rename(work / "disk", work / "away")
    take(mail_daemon, "ham")
    fails(mail_daemon, "up", str(path), naming="disk")
    require(not (work / "disk").exists(), "the directory was made")
    os.rename(work / "away", work / "disk")
    up(mail_daemon, "-q", str(path))
    holds(path, "ham")


# ---- killed ----


@pytest.fixture
def faults(place):
    return Faults(place)


@pytest.fixture
def attacked(faults, cold_daemon):
    cold_daemon.start()
    take(cold_daemon, "first")
    cold_daemon.settle()
    return cold_daemon


def store_of(daemon):
    return next(p for p in daemon.baseline_children if alive(p))


def saved_place(daemon, path):
    return file_of(daemon, path).parent


class Rounds:
    """The same command again and again from the same state, killed each time a call later."""

    def __init__(self, daemon, faults, clock, path):
        self.daemon, self.faults, self.clock, self.path = daemon, faults, clock, path
        self.keep = daemon.place.root / "keep"
        self.saved = saved_place(daemon, path)
        self.copy(self.path, self.keep / "output")
        self.copy(self.saved, self.keep / "saved")

    def copy(self, source, target):
        if target.is_dir():
            shutil.rmtree(target)
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)

    def restore(self):
        self.copy(self.keep / "output", self.path)
        self.copy(self.keep / "saved", self.saved)

    def run(self, args, at):
        """(whether it succeeded, calls made)"""
        self.faults.watch(self.daemon.pid, store_of(self.daemon))
        if at:
            self.faults.arm("leader", at)
        reply = self.daemon.call(*args, seconds=SECONDS)
        count = self.faults.count("leader")
        self.faults.disarm()
        self.clock.poll("the workers are gone", lambda: not self.daemon.workers())
        return reply.succeeded, count


@clause("saved.up.killed")
@needs("reliability")
@deadline(120)
@each("output", [param("maildir", "md"), param("mbox", "mboxrd:mb"), param("gzip", "mboxcl2:mb.gz")])
def test_killed_at_any_call(attacked, faults, clock, output):
    path = attacked.place.work / output.rpartition(":")[2]
    old, new = ["first", "old1", "old2", "deleted"], ["new1", "new2", "new3"]
    take(attacked, *old[1:])
    search(attacked, output, more=["--no-mail-sync"])
    take(attacked, *new)
    rounds = Rounds(attacked, faults, clock, path)
    if path.is_dir():
        Box(path).remove("deleted")
        old.remove("deleted")
        rounds.copy(path, rounds.keep / "output")
    done, total = rounds.run(["up", "-q", str(path)], 0)
    require(done and total > 10, f"an up without faults: {done}, {total} calls")
    killed = 0
    for at in range(1, total + 1):
        rounds.restore()
        done, _ = rounds.run(["up", "-q", str(path)], at)
        killed += not done
        require(set(names_in(path)) >= set(old), f"killed at {at} of {total}: old mail is gone: {names_in(path)}")
        up(attacked, "-q", str(path))
        got = names_in(path)
        require(got == sorted(old + new), f"killed at {at} of {total}, then up: {got}")
        up(attacked, "-q", str(path))
        require(names_in(path) == got, f"killed at {at} of {total}, then up twice: {names_in(path)}")
    require(killed > 0, f"none of {total} runs was killed")


@clause("saved.save.killed")
@needs("reliability")
@deadline(120)
@each("output", [param("maildir", "md"), param("mbox", "mboxrd:mb")])
def test_replacing_and_killed(attacked, faults, clock, output):
    path = attacked.place.work / output.rpartition(":")[2]
    names = ["first", "four", "one", "three", "two"]
    take(attacked, *names[1:])
    search(attacked, output, "s:one", "OR", "s:two", more=["--no-mail-sync"])
    empty(path)
    rounds = Rounds(attacked, faults, clock, path)
    again = ["q", "-q", "--no-mail-sync", "-o", output, "f:alice"]
    done, total = rounds.run(again, 0)
    require(done and total > 10, f"a q without faults: {done}, {total} calls")
    for at in range(1, total + 1):
        rounds.restore()
        done, _ = rounds.run(again, at)
        begun = names_in(path) != []
        up(attacked, "-q", str(path))
        got = names_in(path)
        require(len(got) == len(set(got)), f"killed at {at} of {total}: twice: {got}")
        require(not begun or got == names, f"killed at {at} of {total}: lost: {got}")
        require(begun or not done, "it succeeded and wrote nothing")


# ---- what is broken ----


@clause("saved.broken")
@each(
    "text",
    [
        param("syntax", '[lei "q'),
        param("empty", ""),
        param("no-output", "[lei]\n\tq = f:alice\n"),
        param("no-query", '[lei "q"]\n\toutput = maildir:{md}\n'),
        param("two-outputs", '[lei]\n\tq = x\n[lei "q"]\n\toutput = maildir:{md}\n\toutput = maildir:{md}2\n'),
        param("relative", '[lei]\n\tq = x\n[lei "q"]\n\toutput = maildir:md\n'),
        param("no-format", '[lei]\n\tq = x\n[lei "q"]\n\toutput = {md}\n'),
    ],
)
def test_broken_file(mail_daemon, work, text):
    for output in ("md", "mboxrd:mb"):
        search(mail_daemon, output)
    file = file_of(mail_daemon, work / "md")
    file.write_text(text.replace("{md}", str(work / "md")))
    take(mail_daemon, "ham")
    fails(mail_daemon, "up", "--all", naming="lei.saved-search", seconds=SECONDS)
    fails(mail_daemon, "up", "md", naming="lei.saved-search")
    reply = fails(mail_daemon, "ls-search", naming="lei.saved-search")
    assert reply.out == os.fsencode(work / "mb") + b"\n"
    holds(work / "mb", "ham")
    holds(work / "md")
    edit(mail_daemon, "md", lambda old: f'[lei]\n\tq = f:alice\n[lei "q"]\n\toutput = maildir:{work}/md\n'.encode())
    up(mail_daemon, "-q", "md")
    holds(work / "md", "ham")
    file.write_text("[lei")
    succeeds(mail_daemon, "forget-search", "-q", "md")
    assert listed(mail_daemon) == [str(work / "mb")]


@clause("saved.query")
@each("old, new", [param("query", "q = f:alice", 'q = "(f:alice"'), param("setting", '[lei "q"]', '[lei "q"]\n\tlimt = 3'), param("value", '[lei "q"]', '[lei "q"]\n\tlimit = many')])
def test_cannot_run(mail_daemon, work, old, new):
    take(mail_daemon, "ham")
    search(mail_daemon, "md")
    file = file_of(mail_daemon, work / "md")
    file.write_text(file.read_text().replace(old, new))
    take(mail_daemon, "jam")
    fails(mail_daemon, "up", "md", naming=str(work / "md"))
    holds(work / "md", "ham")


# ---- ls-search ----


@clause("saved.list")
def test_prefix(mail_daemon, work):
    for output in ("b", "mboxrd:a1", "a2"):
        search(mail_daemon, output)
    lines = {"": ["a1", "a2", "b"], f"{work}/a": ["a1", "a2"], f"{work}/b": ["b"], "none": []}
    for prefix, names in lines.items():
        args = [prefix] if prefix else []
        out = succeeds(mail_daemon, "ls-search", *args).out
        assert out == b"".join(os.fsencode(work / name) + b"\n" for name in names)


@clause("saved.list.nul")
@each("option", [param("z", "-z"), param("0", "-0")])
def test_ended_by_nul(mail_daemon, work, option):
    for output in ("b", "a"):
        search(mail_daemon, output)
    out = succeeds(mail_daemon, "ls-search", option).out
    assert out == os.fsencode(work / "a") + b"\0" + os.fsencode(work / "b") + b"\0"
    fails(mail_daemon, "ls-search", option, "-f", "json")
    fails(mail_daemon, "ls-search", option, "-l")


@clause("saved.list.json")
def test_as_json(mail_daemon, work):
    search(mail_daemon, "md", "s:caf\u00e9", "OR", "f:alice", more=["--limit=3"])
    search(mail_daemon, "mboxrd:mb")
    forms = {}
    for args in (["-l"], ["-f", "json"], ["-f", "json", "--pretty"], ["-l", "--ascii"]):
        out = succeeds(mail_daemon, "ls-search", *args).out.decode()
        forms[tuple(args)] = json.loads(out)
        if "--ascii" in args:
            require(out.isascii(), "not all is ASCII")
    rows = forms[("-l",)]
    require(all(form == rows for form in forms.values()), f"forms differ: {forms!r}")
    assert [row["output"] for row in rows] == [f"mboxrd:{work}/mb", f"maildir:{work}/md"]
    assert [row["q"] for row in rows] == [["f:alice"], ["s:caf\u00e9", "OR", "f:alice"]]
    out = succeeds(mail_daemon, "ls-search", "-f", "jsonl").out.decode()
    assert [json.loads(line) for line in out.splitlines()] == rows
    text, decoder, got = succeeds(mail_daemon, "ls-search", "-f", "concatjson").out.decode(), json.JSONDecoder(), []
    while text.strip():
        row, at = decoder.raw_decode(text.strip())
        got.append(row)
        text = text.strip()[at:]
    assert got == rows
    succeeds(mail_daemon, "forget-search", "-q", "md", "mb")
    assert json.loads(succeeds(mail_daemon, "ls-search", "-l").out) == []
    fails(mail_daemon, "ls-search", "-f", "text")


# ---- edit-search ----


def edit(daemon, output, change, fine=True):
    """Play the client: change(bytes) is the editor.  The reply, and how often an editor was wanted."""
    call = daemon.begin("edit-search", output)
    packets, asked, seen = [], 0, []
    while True:
        packet = call.peer.recv(SECONDS)
        if packet.data.startswith(b"exec "):
            asked += 1
            words = packet.data[5:].split(b"\0")
            require(words[1:5] == [b"git", b"config", b"--edit", b"-f"], f"it wants {words!r}")
            with open(words[5], "rb") as file:
                seen.append(file.read())
            with open(words[5], "wb") as file:
                file.write(change(seen[-1]))
            packet.close()
            if asked > 3:
                call.hang_up()
                require(False, "the editor is wanted again and again")
            continue
        if not packet.data and not packet.fds:
            break
        packets.append(packet.data)
        packet.close()
    reply = call.done(packets)
    require(reply.succeeded == fine, f"it ended with {reply.packets!r} {reply.err!r}")
    require(asked == 1, f"{asked} editors were wanted")
    return reply, seen[0]


@clause("saved.edit")
def test_edited(mail_daemon, work):
    take(mail_daemon, "ham", "jam")
    search(mail_daemon, "md", "s:ham")
    _, seen = edit(mail_daemon, "md", lambda old: old.replace(b"s:ham", b"s:jam"))
    require(b"s:ham" in seen, f"the editor saw {seen!r}")
    assert settings(mail_daemon, work / "md")["q"] == ["s:jam"]
    up(mail_daemon, "-q", "md")
    holds(work / "md", "ham", "jam")
    edit(mail_daemon, "md", lambda old: old)
    fails(mail_daemon, "edit-search", "unknown", naming="unknown")


@clause("saved.edit.bad", "saved.edit.kept")
@each(
    "change",
    [
        param("syntax", lambda old: old + b"[lei"),
        param("emptied", lambda old: b""),
        param("option", lambda old: old + b"\tlimit = many\n"),
        param("format", lambda old: old.replace(b"maildir:", b"palmleaf:")),
    ],
)
def test_edited_badly(mail_daemon, work, change):
    take(mail_daemon, "ham")
    search(mail_daemon, "md")
    reply, seen = edit(mail_daemon, "md", change, fine=False)
    require(reply.err or reply.texts, "it failed without a reason")
    take(mail_daemon, "jam")
    up(mail_daemon, "-q", "md")
    holds(work / "md", "ham", "jam")
    _, again = edit(mail_daemon, "md", lambda old: seen)
    require(again == change(seen), f"the next edit began with {again!r}")
    _, again = edit(mail_daemon, "md", lambda old: old)
    require(again == seen, f"and the one after that with {again!r}")


@clause("saved.edit.output")
def test_output_is_changed(mail_daemon, work):
    take(mail_daemon, "ham")
    search(mail_daemon, "md")
    search(mail_daemon, "mboxrd:taken")
    edit(mail_daemon, "md", lambda old: old.replace(b"maildir:%b/md" % os.fsencode(work), b"mboxrd:%b/mb" % os.fsencode(work)))
    assert listed(mail_daemon) == [str(work / "mb"), str(work / "taken")]
    holds(work / "mb", "ham")
    take(mail_daemon, "jam")
    up(mail_daemon, "-q", "mb")
    holds(work / "mb", "ham", "jam")
    fails(mail_daemon, "up", "md", naming="md")
    edit(mail_daemon, "mb", lambda old: old.replace(b"/mb\n", b"/taken\n"), fine=False)
    assert listed(mail_daemon) == [str(work / "mb"), str(work / "taken")]


@clause("saved.edit.output")
def test_moved_by_hand(mail_daemon, work):
    take(mail_daemon, "ham")
    search(mail_daemon, "md")
    os.rename(work / "md", work / "moved")
    edit(mail_daemon, "md", lambda old: old.replace(b"/md\n", b"/moved\n"))
    take(mail_daemon, "jam")
    up(mail_daemon, "-q", "moved")
    holds(work / "moved", "ham", "jam")
    require(not (work / "md").exists(), "the old place is there again")


# ---- forget-search ----


@clause("saved.forget")
def test_forgotten(mail_daemon, work):
    take(mail_daemon, "ham")
    for output in ("md", "mboxrd:mb", "other"):
        search(mail_daemon, output)
    fails(mail_daemon, "forget-search", "md", "unknown", "mb", naming="unknown")
    assert listed(mail_daemon) == [str(work / "other")]
    holds(work / "md", "ham")
    holds(work / "mb", "ham")
    fails(mail_daemon, "up", "md")
    fails(mail_daemon, "forget-search")
    left = [p for p in mail_daemon.place.root.rglob("*saved-searches/*") if p.is_dir()]
    require(len(left) == 1, f"this stays behind: {left}")


@clause("saved.forget.prune")
@each("option", [param("all", "--prune"), param("local", "--prune=local"), param("remote", "--prune=remote")])
def test_pruned(mail_daemon, work, option):
    for output in ("md", "gone", "mboxrd:mb", "mboxrd:gone2"):
        search(mail_daemon, output)
    shutil.rmtree(work / "gone")
    (work / "gone2").unlink()
    fails(mail_daemon, "forget-search", option, "md")
    fails(mail_daemon, "forget-search", "--prune=some", naming="some")
    succeeds(mail_daemon, "forget-search", option)
    want = ["mb", "md"] if option != "--prune=remote" else ["gone", "gone2", "mb", "md"]
    assert listed(mail_daemon) == [str(work / name) for name in want]


@clause("saved.complete")
@each("command", [param(c, c) for c in ("up", "edit-search", "forget-search")])
def test_completed(mail_daemon, work, command):
    for output in ("a1", "a2", "mboxrd:b"):
        search(mail_daemon, output)
    out = succeeds(mail_daemon, "_complete", "lei", command, f"{work}/a").out
    assert sorted(out.split()) == [os.fsencode(work / "a1"), os.fsencode(work / "a2")]
