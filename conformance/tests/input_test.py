"""spec/input.md"""

import array
import ctypes
import fcntl
import itertools
import os
import resource
import signal
import socket
import termios
import time

import pytest
from suite import system
from suite.api import clause, deadline, each, found, import_mbox, needs, param, require
from suite.mail import (
    COMPRESSORS,
    FROM,
    MBOXES,
    closing,
    eml,
    fails,
    has,
    maildir,
    mboxcl2,
    mboxrd,
    oid,
    raw_of,
    row_of,
    succeeds,
)

pytestmark = needs("mail")

QUOTES = "one\n\nFrom here\n>From there\n>>From elsewhere\n\nlast\n"
formats = each("name", [param(name, name) for name in MBOXES])
OLD = ("gz", "bz2", "xz")  # zst came later
suffixes = each("suffix", [param(suffix, suffix) for suffix in OLD])


def three():
    """Three messages whose bodies hold what looks like separators."""
    return {n: eml(n, body=f"{n}\n" + QUOTES) for n in ("ham", "jam", "yam")}


def put(daemon, name, data):
    path = daemon.place.work / name
    path.write_bytes(data)
    return path


def check_blobs(daemon, mails):
    has(daemon, *mails)
    for name, data in mails.items():
        got = row_of(daemon, name)["blob"]
        require(got == oid(data), f"{name} is stored as {raw_of(daemon, name)!r}, not {data!r}")


# ---- formats ----


@clause("input.format.named")
@formats
def test_standard_input(mail_daemon, name):
    mails = three()
    if name in ("mboxo", "mboxcl"):  # what was quoted before cannot be told from what it quotes
        mails = {n: m.replace(b">From", b"from") for n, m in mails.items()}
    succeeds(mail_daemon, "import", "-q", "-F", name, "-", stdin=MBOXES[name](*mails.values()))
    check_blobs(mail_daemon, mails)


@clause("input.format.prefix")
@formats
def test_path(mail_daemon, name):
    mails = {n: eml(n) for n in ("ham", "jam")}
    put(mail_daemon, "box", MBOXES[name](*mails.values()))
    succeeds(mail_daemon, "import", "-q", f"{name}:box")
    check_blobs(mail_daemon, mails)


@clause("input.format.suffix")
def test_single_messages(mail_daemon):
    put(mail_daemon, "one.eml", eml("ham"))
    put(mail_daemon, "two.patch", b"From 0123456789 Mon Sep 17 00:00:00 2001\n" + eml("jam"))
    succeeds(mail_daemon, "import", "-q", "one.eml", "two.patch")
    check_blobs(mail_daemon, {"ham": eml("ham"), "jam": eml("jam")})


@clause("input.format.looking")
@each(
    "data",
    [
        param("message", eml("ham")),
        param("mboxrd", mboxrd(eml("ham"))),
        param("mboxcl-two", mboxcl2(eml("ham", body="x\n\n" + FROM.decode() + "\nx\n"))),
    ],
)
def test_no_format(mail_daemon, data):
    put(mail_daemon, "box", data)
    succeeds(mail_daemon, "import", "-q", "box")
    succeeds(mail_daemon, "import", "-q", "-", stdin=data)
    has(mail_daemon, "ham")


@clause("input.format.looking")
@each("data", [param("json", b"[1, 2, 3]\n"), param("passwd", b"root:x:0:0:root:/root:/bin/sh\n")])
def test_unlike_anything(mail_daemon, data):
    put(mail_daemon, "box", data)
    fails(mail_daemon, "import", "-q", "box", naming="box")


@clause("input.format.conflict")
@each("location", [param("prefix", "mboxrd:box"), param("suffix", "one.eml"), param("maildir", "md")])
def test_two_formats(mail_daemon, location):
    put(mail_daemon, "box", mboxrd(eml("ham")))
    put(mail_daemon, "one.eml", eml("ham"))
    maildir(mail_daemon.place.work / "md", {"cur/a:2,": eml("ham")})
    fails(mail_daemon, "import", "-q", "-F", "mboxcl2", location, naming=location.split(":")[-1])
    has(mail_daemon)


@clause("input.format.unknown")
def test_no_such_format(mail_daemon):
    fails(mail_daemon, "import", "-q", "-F", "mbx", "-", stdin=mboxrd(eml("ham")), naming="mbx")
    has(mail_daemon)


# ---- standard input ----


@clause("input.stdin.names")
@each("word", [param("dash", "-"), param("option", "--stdin"), param("device", "/dev/stdin"), param("number", "/dev/fd/0")])
def test_names_of_it(mail_daemon, word):
    succeeds(mail_daemon, "import", "-q", "-F", "mboxrd", word, stdin=mboxrd(eml("ham")))
    has(mail_daemon, "ham")


@clause("input.stdin.names")
def test_prefix_and_dash(mail_daemon):
    succeeds(mail_daemon, "import", "-q", "mboxrd:/dev/stdin", stdin=mboxrd(eml("ham")))
    has(mail_daemon, "ham")


def unread(fd):
    """Bytes that wait in a pipe or socket."""
    number = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, number)
    return number[0]


@clause("input.stdin.pipe")
@each("kind", [param("pipe", "pipe"), param("socket", "socket")])
def test_comes_in_pieces(mail_daemon, clock, kind):
    if kind == "pipe":
        read, write = os.pipe()
    else:
        read, write = (s.detach() for s in socket.socketpair())
    call = mail_daemon.begin("import", "-q", "-F", "mboxrd", "-", stdin=read)
    data = mboxrd(*three().values())
    with closing(read):
        with closing(write):
            for i in range(0, len(data), 70):
                os.write(write, data[i : i + 70])
                clock.poll("the piece is read", lambda: unread(read) == 0, 10)
        reply = call.finish(20)
    require(reply.succeeded, f"failed: {reply.err!r}")
    check_blobs(mail_daemon, three())


@clause("input.stdin.alone")
def test_option_and_path(mail_daemon):
    put(mail_daemon, "box", mboxrd(eml("jam")))
    fails(mail_daemon, "import", "-q", "--stdin", "-F", "mboxrd", "box", stdin=mboxrd(eml("ham")))
    has(mail_daemon)


# ---- compressed ----


@clause("input.compressed.path")
@suffixes
def test_compressed_file(mail_daemon, suffix):
    compressed_file(mail_daemon, suffix)


@clause("input.compressed.zstd")
def test_zstd_file(mail_daemon):
    compressed_file(mail_daemon, "zst")


def compressed_file(mail_daemon, suffix):
    mails = three()
    put(mail_daemon, f"box.{suffix}", COMPRESSORS[suffix](mboxrd(*mails.values())))
    succeeds(mail_daemon, "import", "-q", f"mboxrd:box.{suffix}")
    check_blobs(mail_daemon, mails)


@clause("input.compressed.stdin")
@each("suffix", [param(suffix, suffix) for suffix in COMPRESSORS])
def test_compressed_standard_input(mail_daemon, suffix):
    mails = three()
    data = COMPRESSORS[suffix](mboxrd(*mails.values()))
    succeeds(mail_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=data)
    check_blobs(mail_daemon, mails)


@clause("input.compressed.members")
def test_two_gzip_files_in_one(mail_daemon):
    data = b"".join(COMPRESSORS["gz"](mboxrd(eml(n))) for n in ("ham", "jam"))
    put(mail_daemon, "box.gz", data)
    succeeds(mail_daemon, "import", "-q", "mboxrd:box.gz")
    has(mail_daemon, "ham", "jam")


# ---- several ----


@clause("input.several")
def test_files_and_a_maildir(mail_daemon):
    put(mail_daemon, "box", mboxrd(eml("ham"), eml("jam")))
    put(mail_daemon, "other", mboxcl2(eml("yam")))
    put(mail_daemon, "one.eml", eml("clam"))
    maildir(mail_daemon.place.work / "md", {"new/a": eml("spam")})
    succeeds(mail_daemon, "import", "-q", "mboxrd:box", "mboxcl2:other", "one.eml", "md")
    has(mail_daemon, "ham", "jam", "yam", "clam", "spam")


@clause("input.several.fault")
def test_one_is_missing(mail_daemon):
    put(mail_daemon, "box", mboxrd(eml("ham")))
    fails(mail_daemon, "import", "-q", "mboxrd:box", "mboxrd:nowhere", naming="nowhere")
    has(mail_daemon)


@clause("input.bad.others")
def test_one_is_damaged(mail_daemon):
    put(mail_daemon, "bad", mboxcl2(eml("jam"))[:-20])
    put(mail_daemon, "box", mboxrd(eml("ham")))
    fails(mail_daemon, "import", "-q", "mboxcl2:bad", "mboxrd:box", naming="bad")
    row_of(mail_daemon, "ham")


# ---- Maildir ----


@clause("input.maildir.both")
@each("location", [param("path", "md"), param("prefix", "maildir:md"), param("slash", "md/")])
def test_cur_and_new(mail_daemon, location):
    mails = {"cur/1.a:2,S": eml("ham"), "new/2.b": eml("jam"), "cur/3.c": eml("yam"), "tmp/4.d": eml("half")}
    maildir(mail_daemon.place.work / "md", mails)
    succeeds(mail_daemon, "import", "-q", location)
    has(mail_daemon, "ham", "jam", "yam")


@clause("input.maildir.one")
def test_one_file_of_it(mail_daemon):
    maildir(mail_daemon.place.work / "md", {"cur/1.a:2,SF": eml("ham"), "cur/2.a:2,": eml("jam")})
    succeeds(mail_daemon, "import", "-q", "md/cur/1.a:2,SF")
    has(mail_daemon, "ham")
    assert row_of(mail_daemon, "ham").get("kw") == ["flagged", "seen"]
    said = succeeds(mail_daemon, "convert", "-q", "-f", "mboxrd", "-o", "-", "md/cur/1.a:2,SF").out
    require(b"\nX-Status: F\n" in said, f"without its flags: {said!r}")


@clause("input.maildir.odd")
def test_not_only_files(mail_daemon):
    path = maildir(mail_daemon.place.work / "md", {"cur/1.a:2,": eml("ham"), "cur/.hidden": eml("hidden")})
    (path / "cur" / "2.dir:2,").mkdir()
    (path / "cur" / "3.link:2,").symlink_to("nowhere")
    os.mkfifo(path / "new" / "4.fifo")
    succeeds(mail_daemon, "import", "-q", "md")
    has(mail_daemon, "ham")


NAMES = [f"mail{i:03d}" for i in range(200)]


def restless(change):
    """change(turn) again and again in a process of its own; its pid."""
    parent, pid = os.getpid(), os.fork()
    if pid == 0:
        try:
            for turn in itertools.count():
                if os.getppid() != parent:
                    break
                change(turn)
        finally:  # never back into the test, of which this process is a copy
            os._exit(0)
    return pid


def import_meanwhile(daemon, change):
    """Import the Maildir while `change` is at work on it: each time into another store, for what one
    import misses the next may find.  The mail of each store."""
    ret, end, pid = [], time.monotonic() + 10, restless(change)
    try:
        for turn in range(20):
            if turn > 1 and time.monotonic() > end:
                break  # a slow one is also hit sooner
            home = daemon.place.root / "data" / f"home{turn}"
            home.mkdir()
            env = {**daemon.place.env, "HOME": str(home)}
            succeeds(daemon, "import", "-q", "md", env=env)
            ret.append({row["m"].removesuffix("@example.com") for row in found(daemon, "z:0..", env=env)})
    finally:
        system.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    daemon.settle()
    return ret


def all_are_in(stores):
    for turn, names in enumerate(stores):
        lost = [n for n in NAMES if n not in names]
        require(not lost, f"import {turn + 1} has lost {lost}")


@clause("input.maildir.moving")
@deadline(120)
def test_names_change_meanwhile(mail_daemon):
    path = maildir(mail_daemon.place.work / "md", {f"new/{n}": eml(n) for n in NAMES})
    where = {name: f"new/{name}" for name in NAMES}

    def change(turn):
        name = NAMES[turn % len(NAMES)]
        to = f"cur/{name}:2,{'FRS'[turn // len(NAMES) % 3]}"
        os.rename(path / where[name], path / to)
        where[name] = to

    all_are_in(import_meanwhile(mail_daemon, change))


@clause("input.maildir.vanishing")
@deadline(120)
def test_removed_meanwhile(mail_daemon):
    """Mail comes and goes under ever new names."""
    path = maildir(mail_daemon.place.work / "md", {f"cur/{n}:2,": eml(n) for n in NAMES})
    data = eml("guest")

    def change(turn):
        (path / "new" / f"z{turn}.guest").write_bytes(data)
        if turn > 0:
            (path / "new" / f"z{turn - 1}.guest").unlink()

    all_are_in(import_meanwhile(mail_daemon, change))


# ---- what cannot be read ----


@clause("input.bad.mbox", "input.bad.text")
def test_no_mbox_at_a_path(mail_daemon):
    put(mail_daemon, "notes", b"milk\nbutter\n")
    reply = fails(mail_daemon, "import", "-q", "-F", "mboxrd", "notes", naming="notes")
    text = b'lei: import: notes: not an mbox (first line is not "From ")\n'
    require(text in reply.err, f"said {reply.err!r}")
    has(mail_daemon)


def damaged():
    """Cases of (format, whole mailbox, damaged mailbox, what it still holds)."""
    first, last = eml("ham"), eml("jam", body="x" * 200_000 + "\n")
    box = mboxcl2(first, last)
    yield "cut mboxcl2", "mboxcl2", box[:-100]
    yield "cut mboxcl", "mboxcl", MBOXES["mboxcl"](first, last)[:-100]
    noise = bytes((i * 2654435761 >> 11) % 94 + 33 for i in range(300_000))
    big = mboxrd(first, eml("jam", body=noise.decode() + "\n"))
    for suffix, compress in COMPRESSORS.items():
        data = compress(big)
        yield f"cut {suffix}", "mboxrd", data[: len(data) * 9 // 10]
    data = bytearray(COMPRESSORS["gz"](big))
    data[len(data) * 9 // 10] ^= 0xFF
    yield "corrupt gz", "mboxrd", bytes(data)


DAMAGED = {name: (form, data) for name, form, data in damaged()}
COMPRESSED = {f"cut {suffix}": f"box.{suffix}" for suffix in COMPRESSORS} | {"corrupt gz": "box.gz"}


def damaged_file(daemon, name):
    form, data = DAMAGED[name]
    path = COMPRESSED.get(name, "box")
    put(daemon, path, data)
    fails(daemon, "import", "-q", f"{form}:{path}", naming=path)
    row_of(daemon, "ham")
    require(import_mbox(daemon, mboxrd(eml("yam"))).succeeded, "the next import fails, too")


@clause("input.bad.cut", "input.bad.kept")
@each("name", [param(name.replace(" ", "-"), name) for name in DAMAGED if name != "cut zst"])
def test_damaged_file(mail_daemon, name):
    damaged_file(mail_daemon, name)


@clause("input.bad.zstd")
def test_damaged_zstd_file(mail_daemon):
    damaged_file(mail_daemon, "cut zst")


@clause("input.bad.stdin")
@each("name", [param(name.replace(" ", "-"), name) for name in DAMAGED])
def test_damaged_standard_input(mail_daemon, name):
    form, data = DAMAGED[name]
    fails(mail_daemon, "import", "-q", "-F", form, "-", stdin=data)
    row_of(mail_daemon, "ham")


@clause("input.bad.length")
@each("length", [param("word", "many"), param("negative", "-1"), param("huge", "99999999999999999999"), param("none", None)])
def test_length_is_no_length(mail_daemon, length):
    data = mboxcl2(eml("ham"))
    line = next(x for x in data.split(b"\n") if x.startswith(b"Content-Length"))
    data = data.replace(line + b"\n", b"" if length is None else f"Content-Length: {length}\n".encode())
    fails(mail_daemon, "import", "-q", "-F", "mboxcl2", "-", stdin=data)


@clause("input.bad.missing")
@each("location", [param("plain", "nowhere"), param("prefix", "mboxrd:nowhere"), param("eml", "nowhere.eml"), param("below-a-file", "box/nowhere")])
def test_no_file(mail_daemon, location):
    put(mail_daemon, "box", mboxrd(eml("ham")))
    fails(mail_daemon, "import", "-q", location, naming="nowhere")


@clause("input.bad.directory")
@each("location", [param("plain", "dir"), param("prefix", "maildir:dir")])
def test_no_maildir(mail_daemon, location):
    (mail_daemon.place.work / "dir" / "tmp").mkdir(parents=True)
    known = succeeds(mail_daemon, "ls-mail-sync").out
    replies = [fails(mail_daemon, "import", "-q", location, naming="dir") for _ in range(2)]
    assert replies[0].err == replies[1].err
    assert succeeds(mail_daemon, "ls-mail-sync").out == known


@clause("input.bad.directory")
def test_as_an_mbox(mail_daemon):
    (mail_daemon.place.work / "dir").mkdir()
    fails(mail_daemon, "import", "-q", "mboxrd:dir")


@clause("input.bad.descriptor")
@each("number", [param(f"number-{w}", n) for n, w in ((3, "three"), (9, "nine"), (4095, "large"))])
@each("directory", [param("dev", "/dev/fd"), param("proc", "/proc/self/fd")])
def test_of_the_worker(mail_daemon, directory, number):
    path = f"{directory}/{number}"
    fails(mail_daemon, "import", "-q", f"mboxrd:{path}", stdin=mboxrd(eml("ham")), naming=path)
    has(mail_daemon)


@clause("input.bad.descriptor")
def test_every_number(mail_daemon):
    """Whichever numbers a worker has in use, none can be read by name."""
    for n in range(3, 24):
        fails(mail_daemon, "import", "-q", "-F", "eml", f"/dev/fd/{n}", naming=f"/dev/fd/{n}")
    has(mail_daemon)


@clause("input.bad.closed")
@each("kind", [param("write-only", "write-only"), param("path-only", "path-only"), param("directory", "directory")])
def test_unreadable_standard_input(mail_daemon, kind):
    work = mail_daemon.place.work
    put(mail_daemon, "box", b"")
    flags = {"write-only": os.O_WRONLY, "path-only": os.O_PATH, "directory": os.O_RDONLY}[kind]
    fd = os.open(work if kind == "directory" else work / "box", flags)
    with closing(fd):
        fails(mail_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=fd)
    has(mail_daemon)


@clause("input.bad.closed")
@needs("pair")
def test_closed_before_the_client_starts(mail_daemon, client):
    run = client.spawn("import", "-q", "-F", "mboxrd", "-", preexec_fn=lambda: os.close(0))
    code = run.end(10)
    require(code != 0, "ended with 0")
    require(run.err, "failed without a reason")
    has(mail_daemon)


PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def without_override():
    """In the daemon to be: modes of files count for root, too."""
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


@clause("input.bad.unreadable")
def test_no_permission(cold_daemon):
    cold_daemon.start(preexec_fn=without_override)
    put(cold_daemon, "box", mboxrd(eml("ham"))).chmod(0)
    path = maildir(cold_daemon.place.work / "md", {"cur/1.a:2,": eml("jam"), "cur/2.b:2,": eml("yam")})
    (path / "cur" / "1.a:2,").chmod(0)
    succeeds(cold_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(eml("early")))
    fails(cold_daemon, "import", "-q", "mboxrd:box", naming="box")
    fails(cold_daemon, "import", "-q", "md", naming="1.a")
    has(cold_daemon, "early", "yam")
    cold_daemon.settle()


# ---- large ----


@clause("input.large.message")
@deadline(90)
def test_two_hundred_megabytes(mail_daemon):
    """Read from a pipe, so that nobody can look ahead."""
    head = FROM + eml("whale", body="the body of whale")
    line = b"a quarter of a kilobyte " * 10 + b"and some..\n\n\n\n\n"
    block = line * (1 << 12)
    fd = os.memfd_create("mbox")
    os.write(fd, head)
    for _ in range(200):
        os.write(fd, block)
    os.write(fd, b"\n" + mboxrd(eml("krill")))
    os.lseek(fd, 0, os.SEEK_SET)
    with closing(fd):
        reply = mail_daemon.call("import", "-q", "-F", "mboxrd", "-", stdin=fd, seconds=60)
    require(reply.succeeded or reply.err, "failed without a reason")
    if reply.succeeded:
        has(mail_daemon, "krill", "whale")
    require(import_mbox(mail_daemon, mboxrd(eml("minnow"))).succeeded, "the next import fails")
    row_of(mail_daemon, "minnow")


@clause("input.large.header")
@each("shape", [param("one-line", "line"), param("folded", "folded"), param("many-fields", "fields")])
def test_a_megabyte_of_header(mail_daemon, shape):
    more = {
        "line": "X-Long: " + "x" * (1 << 20),
        "folded": "X-Long: x" + "\n folded" * (1 << 17),
        "fields": "\n".join(f"X-Field-{i}: value" for i in range(1 << 16)),
    }[shape]
    data = eml("giraffe", more=more)
    succeeds(mail_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(data, eml("mouse")))
    check_blobs(mail_daemon, {"giraffe": data, "mouse": eml("mouse")})


@clause("input.large.depth")
@each("kind", [param("multipart", "multipart"), param("message", "message")])
def test_a_thousand_levels(mail_daemon, kind):
    body = "Content-Type: text/plain\n\nthe bottom\n"
    for i in range(1000):
        if kind == "multipart":
            body = f'Content-Type: multipart/mixed; boundary="b{i}"\n\n--b{i}\n{body}\n--b{i}--\n'
        else:
            body = f"Content-Type: message/rfc822\n\nSubject: level {i}\n{body}"
    head = b"From: a@example.com\nSubject: deep\nMessage-ID: <deep@example.com>\nMIME-Version: 1.0\n"
    data = head + body.encode()
    succeeds(mail_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(data, eml("shallow")))
    check_blobs(mail_daemon, {"deep": data, "shallow": eml("shallow")})


# ---- a full disk ----


def noise(name, size):
    """A message that no compressor makes smaller."""
    body = os.urandom(size // 2).hex()
    return eml(name, body="\n".join(body[i : i + 76] for i in range(0, len(body), 76)) + "\n")


def full_then_not(daemon, lift):
    """An import that finds no room fails; what was there stays; with room it works."""
    mails = [noise(f"big{i}", 400_000) for i in range(10)]
    fails(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*mails), seconds=25)
    row_of(daemon, "early")
    lift()
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(eml("late")), seconds=25)
    row_of(daemon, "early")
    row_of(daemon, "late")


def limit_files(pids, size):
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@clause("input.disk.limit")
@each("whole", [param("everything", True), param("store", False)])
def test_file_size_limit(daemon, whole):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(eml("early")))
    daemon.settle()
    pids = [*([daemon.pid] if whole else []), *system.descendants(daemon.pid)]
    limit_files(pids, 600_000)
    full_then_not(daemon, lambda: limit_files(pids, resource.RLIM_INFINITY))
    daemon.settle()


CLONE_NEWNS, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 0x4000, 0x40000, 2


@pytest.fixture
def small_disk(place):
    """A file system of two megabytes for the store, in a mount namespace of this test."""
    libc = ctypes.CDLL(None, use_errno=True)
    path = place.root / "small"
    path.mkdir()
    private = libc.unshare(CLONE_NEWNS) == 0 and libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None) == 0
    if not private or libc.mount(b"tmpfs", bytes(path), b"tmpfs", 0, b"size=2m") != 0:
        pytest.skip("may not mount a small file system")
    place.env["XDG_DATA_HOME"] = str(path)
    yield path
    libc.umount2(bytes(path), MNT_DETACH)


@clause("input.disk.full")
def test_small_disk(small_disk, daemon):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(eml("early")))
    filler = small_disk / "filler"
    filler.write_bytes(bytes(600_000))
    daemon.settle()
    full_then_not(daemon, filler.unlink)
    daemon.settle()


# ---- directories of Maildirs ---------------------------------------------------------------


def boxes(daemon):
    """mail/: a Maildir that has others below it, and things between that are none."""
    top = daemon.place.work / "mail"
    for name in ("", "lists/git", "lists/perl", ".trash", "old/2022/x"):
        word = name.replace("/", "-").strip(".") or "top"
        maildir(top / name, {f"cur/{word}:2,S": eml(word)})
    maildir(top / "empty", {})
    (top / "notes").mkdir()
    (top / "notes" / "file").write_bytes(eml("not-in-a-maildir"))
    return top


ALL = ["lists-git", "lists-perl", "old-2022-x", "top", "trash"]


@clause("input.recursive.below")
@each("command", [param("import", "import"), param("index", "index")])
@each("option", [param("short", "-r"), param("long", "--recursive")])
def test_recursive(daemon, command, option):
    boxes(daemon)
    succeeds(daemon, command, "-q", option, "mail")
    has(daemon, *ALL)
    daemon.settle()


@clause("input.recursive.below")
def test_not_recursive(daemon):
    boxes(daemon)
    succeeds(daemon, "import", "-q", "mail")
    has(daemon, "top")
    fails(daemon, "import", "-q", "mail/lists", naming="mail/lists")
    has(daemon, "top")
    daemon.settle()


@clause("input.recursive.below")
def test_recursive_and_others(daemon):
    boxes(daemon)
    (daemon.place.work / "x.eml").write_bytes(eml("single"))
    succeeds(daemon, "import", "-q", "-r", "x.eml", "maildir:mail/lists", "mail/old", "+kw:flagged")
    has(daemon, "lists-git", "lists-perl", "old-2022-x", "single")
    require(row_of(daemon, "lists-git")["kw"] == ["flagged", "seen"], "marks are lost")
    daemon.settle()


@clause("input.recursive.choice")
@each(
    "case",
    [
        param("include", (("--include=lists/*",), ["lists-git", "lists-perl"])),
        param("include-short", (("-I", "git", "-I", "2022"), ["lists-git", "old-2022-x"])),
        param("exclude", (("--exclude", "trash", "--exclude=old"), ["lists-git", "lists-perl", "top"])),
        param("both", (("--include=lists", "--exclude=perl"), ["lists-git"])),
        param("top", (("--exclude=lists", "--exclude=.trash", "--exclude=old", "--exclude=mail"), ["top"])),
    ],
)
def test_recursive_choice(daemon, case):
    words, expected = case
    boxes(daemon)
    succeeds(daemon, "import", "-q", "-r", *words, "mail")
    has(daemon, *expected)
    daemon.settle()


@clause("input.recursive.none")
@each(
    "words",
    [
        param("left", ("-r", "--include=nothing", "mail")),
        param("there", ("-r", "mail/notes")),
        param("without", ("--include=git", "mail")),
    ],
)
def test_recursive_none(daemon, words):
    boxes(daemon)
    fails(daemon, "import", "-q", *words, naming=words[-1] if "-r" in words else "--recursive")
    has(daemon)
    daemon.settle()


@clause("input.new-only")
def test_new_only(daemon):
    reply = succeeds(daemon, "import", "--new-only", "-F", "eml", "-", stdin=eml("ham"))
    require(b"IMAP" in reply.err, f"not told: {reply.err!r}")
    has(daemon, "ham")
    daemon.settle()


@clause("input.incremental")
@each("option", [param("on", "--incremental"), param("off", "--no-incremental")])
def test_incremental(daemon, option):
    for _ in range(2):
        succeeds(daemon, "import", "-q", option, "-F", "eml", "-", stdin=eml("ham"))
        has(daemon, "ham")
    daemon.settle()


@clause("input.bad.mh")
@each("form", [param("looking", ("box",)), param("prefix", ("mh:box",)), param("option", ("-F", "mh", "box"))])
def test_mh(daemon, form):
    box = daemon.place.work / "box"
    box.mkdir()
    (box / "1").write_bytes(eml("ham"))
    fails(daemon, "import", *form, naming="" if form[0] == "-F" else form[0])
    has(daemon)
    daemon.settle()


@clause("input.bad.network")
@each(
    "url",
    [
        param("imap", "imap://127.0.0.1:1/INBOX"),
        param("nntp", "nntp://127.0.0.1:1/x"),
        param("https", "https://127.0.0.1:1/x/t.mbox.gz"),
    ],
)
def test_network(daemon, url):
    (daemon.place.work / "x.eml").write_bytes(eml("ham"))
    fails(daemon, "import", "-q", "x.eml", url, naming=url)
    has(daemon)
