"""spec/upkeep.md"""

import json
import random
import shutil
import signal

from suite.api import Import, clause, deadline, each, found, message, needs, param, require
from suite.mail import check_each, eml, fails, has, maildir, mboxrd, oid, raw_of, row_of, succeeds
from suite.maildir import start, stop

pytestmark = needs("mail")


def take(daemon, *names, args=()):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", *args, "-", stdin=mboxrd(*map(eml, names)))


def put(daemon, name, data):
    (daemon.place.work / name).write_bytes(data)
    return name


def file_of(daemon, name):
    return put(daemon, f"{name}.eml", eml(name))


def labels(daemon, *args):
    return succeeds(daemon, "ls-label", *args).out


# ---- rm ----


@clause("upkeep.rm.gone")
def test_nothing_finds_it(mail_daemon):
    take(mail_daemon, "ham", args=["+L:mine"])
    take(mail_daemon, "spam", args=["+L:bad", "+kw:seen"])
    succeeds(mail_daemon, "rm", "-q", file_of(mail_daemon, "spam"))
    has(mail_daemon, "ham")
    for term in ("m:spam@example.com", "s:spam", "L:bad", "f:alice", "body"):
        rows = [row["m"] for row in found(mail_daemon, term)]
        require("spam@example.com" not in rows, f"{term} finds it")
    require(labels(mail_daemon) == b"mine\n", "its label is left")
    take(mail_daemon, "third")
    require([row["m"] for row in found(mail_daemon, "s:spam")] == [], "its words are those of another message")


SOURCES = ["file", "stdin", "dash", "mbox", "mbox-stdin", "maildir", "transport"]


@clause("upkeep.rm.sources")
@each("source", [param(s, s) for s in SOURCES])
def test_given_as(mail_daemon, source):
    take(mail_daemon, "ham", "spam", "third")
    both, one = mboxrd(eml("ham"), eml("spam")), eml("ham")
    if source == "file":
        succeeds(mail_daemon, "rm", file_of(mail_daemon, "ham"), file_of(mail_daemon, "spam"))
    elif source in ("stdin", "dash"):
        succeeds(mail_daemon, "rm", "--stdin" if source == "stdin" else "-", stdin=one)
        succeeds(mail_daemon, "rm", "-F", "eml", "-", stdin=eml("spam"))
    elif source == "mbox":
        succeeds(mail_daemon, "rm", "mboxrd:" + put(mail_daemon, "both", both))
    elif source == "mbox-stdin":
        succeeds(mail_daemon, "rm", "-F", "mboxrd", "-", stdin=both)
    elif source == "maildir":
        maildir(mail_daemon.place.work / "md", {"cur/a:2,S": one, "new/b": eml("spam")})
        succeeds(mail_daemon, "rm", "md")
    else:
        way = b"Received: from elsewhere; Thu, 1 Jan 2004 00:00:00 +0000\n"
        succeeds(mail_daemon, "rm", "-F", "mboxrd", "-", stdin=mboxrd(way + one, way + eml("spam")))
    has(mail_daemon, "third")


@clause("upkeep.rm.files")
def test_files_stay(mail_daemon):
    box = maildir(mail_daemon.place.work / "md", {"cur/a:2,S": eml("ham"), "cur/b:2,": eml("spam")})
    succeeds(mail_daemon, "import", "-q", "md")
    succeeds(mail_daemon, "rm", "-q", "md")
    has(mail_daemon)
    files = {str(f.relative_to(box)): f.read_bytes() for f in box.rglob("*") if f.is_file()}
    require(files == {"cur/a:2,S": eml("ham"), "cur/b:2,": eml("spam")}, f"there are {sorted(files)}")


@clause("upkeep.rm.unknown")
def test_passed_over(mail_daemon):
    take(mail_daemon, "ham", "spam")
    succeeds(mail_daemon, "rm", "-F", "mboxrd", "-", stdin=mboxrd(eml("new"), eml("ham"), eml("newer")))
    has(mail_daemon, "spam")
    check_each([["missing.eml"], ["+L:x"]], lambda bad: fails(mail_daemon, "rm", bad, naming=bad))
    has(mail_daemon, "spam")


@clause("upkeep.rm.again")
@each("source", [param("mbox", "mbox"), param("maildir", "maildir")])
def test_back(mail_daemon, source):
    if source == "maildir":
        maildir(mail_daemon.place.work / "md", {"cur/a:2,": eml("ham")})
    args = ["md"] if source == "maildir" else ["mboxrd:" + put(mail_daemon, "box", mboxrd(eml("ham")))]
    succeeds(mail_daemon, "import", "-q", "+L:old", "+kw:seen", *args)
    succeeds(mail_daemon, "rm", "-q", file_of(mail_daemon, "ham"))
    has(mail_daemon)
    succeeds(mail_daemon, "import", "-q", *args)
    row = row_of(mail_daemon, "ham")
    require(row.get("kw", []) == [] and row.get("L", []) == [], f"it is {row}")


@clause("upkeep.rm.named")
def test_by_name(mail_daemon):
    take(mail_daemon, "ham", "spam", "third")
    succeeds(mail_daemon, "rm", f"--oid={oid(eml('ham'))}", "--mid=<spam@example.com>")
    has(mail_daemon, "third")


# ---- labels ----


@clause("upkeep.labels")
def test_each_once(mail_daemon):
    require(labels(mail_daemon) == b"", "there is a label")
    take(mail_daemon, "ham", "spam", args=["+L:b/c", "+L:a"])
    take(mail_daemon, "third", args=["+L:x@y", "+L:a"])
    require(sorted(labels(mail_daemon).splitlines()) == [b"a", b"b/c", b"x@y"], "without options")
    for option in ("-z", "-0"):
        require(sorted(labels(mail_daemon, option).split(b"\0")) == [b"", b"a", b"b/c", b"x@y"], option)
    succeeds(mail_daemon, "tag", file_of(mail_daemon, "third"), "-L:x@y")
    require(sorted(labels(mail_daemon, "-q").splitlines()) == [b"a", b"b/c"], "one has gone")


@clause("upkeep.labels.stats")
def test_numbers(mail_daemon):
    take(mail_daemon, "ham", "spam", args=["+L:a", "+L:b"])
    take(mail_daemon, "third", args=["+L:a"])
    got = [line.split() for line in labels(mail_daemon, "--stats").splitlines()]
    require(got == [[b"3", b"a"], [b"2", b"b"]], f"it is {got}")


def offered(daemon, *words):
    return set(succeeds(daemon, "_complete", "lei", *words).out.decode().split())


@clause("upkeep.labels.completed")
def test_offered(mail_daemon):
    take(mail_daemon, "ham", args=["+L:inbox", "+L:in-tray"])
    cases = [
        ("tag", "+L:", {"+L:inbox", "+L:in-tray"}),
        ("tag", "-L:inb", {"-L:inbox"}),
        ("tag", "-kw:s", {"-kw:seen"}),
        ("tag", "+kw:s", {"+kw:seen"}),
        ("import", "+L:in-", {"+L:in-tray"}),
    ]

    def probe(command, word, want):
        got = {w for w in offered(mail_daemon, command, word) if w.startswith(word)}
        require(got >= want and all(w in want or "kw" in w for w in got), f"{command} {word}: {got}")

    check_each(cases, probe)


@clause("upkeep.labels.completed-terms")
def test_terms(mail_daemon):
    take(mail_daemon, "ham", args=["+L:inbox"])
    require(offered(mail_daemon, "import", "+kw:fl") == {"+kw:flagged"}, "import")
    require(offered(mail_daemon, "q", "L:i") == {"L:inbox"}, "labels")
    require(offered(mail_daemon, "q", "kw:se") == {"kw:seen"}, "keywords")


# ---- fsck ----


def store_files(daemon):
    """{path: bytes} of what the store is made of."""
    top = daemon.place.root / "home/.local/share/lei"
    return {f: f.read_bytes() for f in sorted(top.rglob("*")) if f.is_file()}


def stocked(daemon, count=60):
    """A store with some mail, marked, removed, from a Maildir too; the daemon is gone, all is in its file."""
    names = [f"mail{n:03d}" for n in range(count)]
    take(daemon, *names, args=["+L:all"])
    maildir(daemon.place.work / "md", {f"cur/{n}:2,S": eml(f"file{n}") for n in range(5)})
    succeeds(daemon, "import", "-q", "md")
    maildir(daemon.place.work / "alone", {"cur/a:2,": eml("alone")})
    succeeds(daemon, "index", "-q", "alone")
    succeeds(daemon, "tag", "-q", "-", "+kw:flagged", "-L:all", stdin=eml("mail003"))
    succeeds(daemon, "rm", "-q", "-", stdin=eml("mail004"))
    return names


@clause("upkeep.fsck.whole")
def test_whole(mail_daemon):
    stocked(mail_daemon)
    reply = succeeds(mail_daemon, "fsck")
    require(reply.out == b"", f"it says {reply.out!r}")


@clause("upkeep.fsck.whole")
def test_while_importing(mail_daemon):
    stocked(mail_daemon)
    job = Import(mail_daemon, message("early"))
    succeeds(mail_daemon, "fsck")
    job.finish()
    succeeds(mail_daemon, "fsck")


@clause("upkeep.fsck.whole")
def test_copies_with_other_ids(mail_daemon):
    """The same message on three ways, two of which gave it further Message-IDs."""
    head, body = eml("ham").split(b"\n\n", 1)
    for n, more in enumerate([b"", b"\nX-Alt-Message-ID: <alt@example.com>", b"\nX-Alt-Message-ID: <alt@example.com>"]):
        way = b"Received: from way%d; Thu, 1 Jan 2004 00:00:00 +0000\n" % n
        succeeds(mail_daemon, "import", "-q", "-", stdin=way + head + more + b"\n\n" + body)
    succeeds(mail_daemon, "fsck")
    before = all_rows(mail_daemon), found(mail_daemon, "mid:alt@example.com")
    succeeds(mail_daemon, "reindex")
    require((all_rows(mail_daemon), found(mail_daemon, "mid:alt@example.com")) == before, "it is something else")
    succeeds(mail_daemon, "fsck")
    succeeds(mail_daemon, "rm", "-q", "-", stdin=eml("ham"))
    require(found(mail_daemon, "mid:ham@example.com") == [], "it is there")
    succeeds(mail_daemon, "fsck")


def restarted(daemon):
    """The daemon and its writers are gone, and another daemon is there."""
    stop(daemon)
    start(daemon)


@clause("upkeep.fsck.damaged")
@each("seed", [param(f"place{n}", n) for n in range(8)])
def test_changed_bytes(mail_daemon, seed):
    """A byte in the middle of what is stored densely is another one."""
    stocked(mail_daemon)
    succeeds(mail_daemon, "fsck")
    stop(mail_daemon)
    path, data = max(store_files(mail_daemon).items(), key=lambda item: len(item[1]))
    dense = [at for at in range(len(data) // 2, len(data) - 8) if all(data[at - 8 : at + 8])]
    at = dense[len(dense) * seed // 8]
    path.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
    start(mail_daemon)
    fails(mail_daemon, "fsck")
    mail_daemon.settle()


@clause("upkeep.fsck.damaged")
def test_half(mail_daemon):
    stocked(mail_daemon)
    succeeds(mail_daemon, "fsck")
    stop(mail_daemon)
    path, data = max(store_files(mail_daemon).items(), key=lambda item: len(item[1]))
    path.write_bytes(data[: len(data) // 2])
    start(mail_daemon)
    fails(mail_daemon, "fsck")
    mail_daemon.settle()


@clause("upkeep.fsck.reads")
def test_nothing_changes(mail_daemon):
    stocked(mail_daemon)
    restarted(mail_daemon)
    before = store_files(mail_daemon)
    succeeds(mail_daemon, "fsck")
    after = store_files(mail_daemon)
    changed = [f.name for f in before if not f.name.endswith("-shm") and before[f] != after.get(f)]
    require(not changed, f"changed: {changed}")
    mail_daemon.settle()


@clause("upkeep.fsck.json")
def test_json(mail_daemon):
    stocked(mail_daemon)
    got = json.loads(succeeds(mail_daemon, "fsck", "-f", "json").out)
    require(got["whole"] is True and got["damages"] == [] and got["messages"] == 66, f"it is {got}")
    stop(mail_daemon)
    path, data = max(store_files(mail_daemon).items(), key=lambda item: len(item[1]))
    path.write_bytes(data[: len(data) * 3 // 4] + bytes(len(data) - len(data) * 3 // 4))
    start(mail_daemon)
    got = json.loads(mail_daemon.call("fsck", "--format=json").out)
    require(got["whole"] is False and got["damages"], f"it is {got}")
    require(all(isinstance(d["what"], str) and isinstance(d["text"], str) for d in got["damages"]), f"it is {got}")
    mail_daemon.settle()


def damaged(daemon, path, data, at):
    """The store with other bytes at `at`, behind a daemon that has not seen it otherwise."""
    stop(daemon)
    path.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
    start(daemon)


@clause("upkeep.fsck.repair")
@deadline(90)
def test_repaired(mail_daemon):
    """Of a store that has all from a Maildir, each of some bytes; that the index is among them is likely."""
    names = [f"mail{n:03d}" for n in range(40)]
    maildir(mail_daemon.place.work / "md", {f"cur/{name}:2,S": eml(name) for name in names})
    succeeds(mail_daemon, "import", "-q", "md", "+L:all")
    stop(mail_daemon)
    path, data = max(store_files(mail_daemon).items(), key=lambda item: len(item[1]))
    dense = [at for at in range(len(data) // 2, len(data) - 8) if all(data[at - 8 : at + 8])]
    start(mail_daemon)
    mended = 0
    for n in range(8):
        damaged(mail_daemon, path, data, dense[len(dense) * n // 8])
        fails(mail_daemon, "fsck")
        if mail_daemon.call("fsck", "--repair").succeeded:
            mended += 1
            succeeds(mail_daemon, "fsck")
            rows = found(mail_daemon, "L:all", "kw:seen", "f:alice")
            require(len(rows) == 40, f"{len(rows)} messages are found")
            for name in names:
                require(raw_of(mail_daemon, name) == eml(name), f"{name} is another message")
    require(mended >= 6, f"of 8 damages {mended} were mended")
    mail_daemon.settle()


def all_rows(daemon):
    return sorted(json.dumps(row, sort_keys=True) for row in found(daemon, "z:0.."))


@clause("upkeep.reindex")
def test_the_same(mail_daemon):
    stocked(mail_daemon)
    before = all_rows(mail_daemon)
    succeeds(mail_daemon, "reindex")
    require(all_rows(mail_daemon) == before, "it is something else")
    for terms in (["s:mail007"], ["f:alice", "L:all"], ["kw:flagged"], ["mid:alone@example.com"]):
        require(found(mail_daemon, *terms), f"nothing for {terms}")
    got = found(mail_daemon, "s:mail004")
    require(got == [], f"removed, and found: {got}")


@clause("upkeep.reindex.meanwhile")
def test_imports_go_on(mail_daemon):
    stocked(mail_daemon, 300)
    job = mail_daemon.begin("reindex")
    for n in range(5):
        take(mail_daemon, f"late{n}")
        require(len(found(mail_daemon, f"s:late{n}")) == 1, f"late{n} is not found")
    reply = job.finish(20.0)
    require(reply.succeeded, f"it failed: {reply.err!r}")
    for n in range(5):
        require(len(found(mail_daemon, f"s:late{n}")) == 1, f"late{n} is not found afterwards")
    succeeds(mail_daemon, "fsck")


@clause("upkeep.reindex.killed")
@deadline(120)
def test_killed(mail_daemon):
    stocked(mail_daemon, 300)
    before = all_rows(mail_daemon)
    for turn in range(6):
        job = mail_daemon.begin("reindex")
        mail_daemon.call("q", f"s:mail{turn:03d}")
        for _ in range(turn * 8):
            mail_daemon.call("daemon-pid")
        stop(mail_daemon, signal.SIGKILL)
        job.close()
        start(mail_daemon)
        require(all_rows(mail_daemon) == before, f"turn {turn}: it is something else")
        require(len(found(mail_daemon, "s:mail007")) == 1, f"turn {turn}: words are lost")
        succeeds(mail_daemon, "fsck")
    succeeds(mail_daemon, "reindex")
    succeeds(mail_daemon, "fsck")
    mail_daemon.settle()


# ---- backup ----


def rows_at(daemon, place):
    out = succeeds(daemon, "-c", f"leistore.dir={place}", "q", "-f", "json", "z:0..").out
    return sorted(json.dumps(row, sort_keys=True) for row in json.loads(out) if row)


@clause("upkeep.backup")
def test_all_of_it(mail_daemon):
    stocked(mail_daemon)
    job = Import(mail_daemon, message("early"))
    before = all_rows(mail_daemon)
    succeeds(mail_daemon, "backup", "-q", "copy")
    job.finish()
    succeeds(mail_daemon, "tag", "-q", "-", "+kw:junk", stdin=eml("mail007"))
    place = mail_daemon.place.work / "copy"
    got = [row for row in rows_at(mail_daemon, place) if "early" not in row]
    require(got == [row for row in before if "early" not in row], "it is something else")
    succeeds(mail_daemon, "-c", f"leistore.dir={place}", "fsck")
    out = succeeds(mail_daemon, "-c", f"leistore.dir={place}", "blob", oid(eml("mail007"))).out
    require(out == eml("mail007"), "the bytes are others")


@clause("upkeep.backup.complete")
@deadline(90)
def test_killed_on_the_way(mail_daemon):
    """First there is none, then always the old one or the new one."""
    big = random.Random(1).randbytes(8 << 20).hex().encode()  # hardly smaller when it is packed
    succeeds(mail_daemon, "import", "-q", "-", stdin=eml("big") + b"\n".join(big[n : n + 70] for n in range(0, 16 << 20, 70)))
    stocked(mail_daemon)
    want = len(all_rows(mail_daemon))
    place = mail_daemon.place.work / "copy"
    for turn in range(9):
        job = mail_daemon.begin("backup", "--force", "copy")
        for _ in range(turn % 3 * 4):
            mail_daemon.call("daemon-pid")
        stop(mail_daemon, signal.SIGKILL)
        job.close()
        start(mail_daemon)
        got = len(rows_at(mail_daemon, place))
        require(got == want or (got == 0 and turn < 3), f"turn {turn}: {got} of {want} messages")
        if turn >= 2:
            succeeds(mail_daemon, "backup", "--force", "copy")
    succeeds(mail_daemon, "-c", f"leistore.dir={place}", "fsck")
    mail_daemon.settle()


@clause("upkeep.backup.kept")
def test_not_replaced(mail_daemon):
    take(mail_daemon, "ham")
    succeeds(mail_daemon, "backup", "copy")
    before = rows_at(mail_daemon, mail_daemon.place.work / "copy")
    take(mail_daemon, "spam")
    fails(mail_daemon, "backup", "copy", naming="copy")
    require(rows_at(mail_daemon, mail_daemon.place.work / "copy") == before, "it was replaced")
    succeeds(mail_daemon, "backup", "--force", "copy")
    require(len(rows_at(mail_daemon, mail_daemon.place.work / "copy")) == len(before) + 1, "it was not replaced")
    own = mail_daemon.place.root / "home/.local/share/lei/cstore"
    fails(mail_daemon, "backup", "--force", own, naming="the store itself")
    theirs = mail_daemon.place.work / "store/ALL.git"
    theirs.mkdir(parents=True)
    fails(mail_daemon, "backup", "store/copy", naming="public-inbox")
    has(mail_daemon, "ham", "spam")


@clause("upkeep.backup.restored")
@each("way", [param("init", "init"), param("copy", "copy")])
def test_restored(mail_daemon, way):
    stocked(mail_daemon)
    before = all_rows(mail_daemon)
    succeeds(mail_daemon, "backup", "copy")
    stop(mail_daemon)
    own = mail_daemon.place.root / "home/.local/share/lei/cstore"
    shutil.rmtree(own)
    if way == "copy":
        shutil.copytree(mail_daemon.place.work / "copy", own)
    start(mail_daemon)
    if way == "init":
        succeeds(mail_daemon, "init", "copy")
    require(all_rows(mail_daemon) == before, "it is something else")
    take(mail_daemon, "new")
    require(len(all_rows(mail_daemon)) == len(before) + 1, "it takes no mail")
    succeeds(mail_daemon, "fsck")
    mail_daemon.settle()


# ---- import ----


def odd_mails():
    """{name: message}: each is what some parser has stumbled over."""
    mixed = b"Content-Type: multipart/mixed; boundary=%s\n"
    shapes = {
        "deep": (mixed % b"b0", b"".join(b"--b%d\n" % n + mixed % (b"b%d" % (n + 1)) + b"\n" for n in range(2000))),
        "cyclic": (mixed % b"a", b"--a\n" + mixed % b"a" + b"\n--a\nContent-Type: message/rfc822\n\n" + mixed % b"a" + b"\n--a--\n"),
        "within": (b"Content-Type: message/rfc822\n", b"Content-Type: message/rfc822\n\n" * 3000),
        "parts": (mixed % b"a", b"--a\n\nx\n" * 20000 + b"--a--\n"),
        "nobound": (mixed % b'""', b"--\n\nx\n----\n"),
        "header": (b"X-Big: " + b"y" * (3 << 20) + b"\n", b"x"),
        "headers": (b"".join(b"X-%d: y\n" % n for n in range(50000)), b"x"),
        "subject": (b"Keywords: a\nSubject: " + b"word " * 100000 + b"\n", b"x"),
        "refs": (b"References: " + b" ".join(b"<%d@example.com>" % n for n in range(20000)) + b"\n", b"x"),
        "nuls": (b"X-\0: a\0b\n", b"a\0b\0c" * 1000),
        "utf16": (b"Content-Type: text/plain; charset=utf-16\n", b"\xff\xfe\x80" * 999),
        "liar": (b"Content-Type: text/plain; charset=utf-8\n", b"caf\xe9 \xc3\x28"),
        "unheard": (b"Content-Type: text/plain; charset=unheard-of\n", b"caf\xe9"),
        "base64": (b"Content-Transfer-Encoding: base64\n", b"####=====QUJD" * 1000),
        "quoted": (b"Content-Transfer-Encoding: quoted-printable\n", b"=ZZ=4=\n=" * 1000),
        "line": (b"", b"z" * (4 << 20)),
    }
    return {name: eml(name).split(b"\n\n", 1)[0] + b"\n" + head + b"\n" + body + b"\n" for name, (head, body) in shapes.items()}


@clause("upkeep.import.goes-on")
@deadline(60)
def test_odd_mail(mail_daemon):
    mails = odd_mails()
    box = mboxrd(eml("before"), *mails.values(), eml("after"))
    succeeds(mail_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=box)
    for name in ["before", *mails, "after"]:
        row_of(mail_daemon, name)
    for name in ("cyclic", "nuls", "header"):
        require(raw_of(mail_daemon, name) == mails[name], f"{name} has other bytes")
