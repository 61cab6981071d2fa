"""spec/output.md"""

import bz2
import gzip
import json
import lzma
import os
import random
import re
import resource
import socket
import stat

import pytest
from suite import system
from suite.api import clause, each, found, full_pipe, needs, param, require
from suite.mail import MBOXES, closing, eml, fails, has, maildir, mails_of, mboxrd, oid, row_of, succeeds

pytestmark = needs("mail")

RICH = """From: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>, kim@example.org
To: "Last, First" <last@example.org>
Cc: lee@example.org (Lee)
Subject: =?utf-8?q?na=C3=AFve?= text
Date: Mon, 02 Oct 2023 10:00:00 +0200
Message-ID: <rich@example.com>
In-Reply-To: <parent@example.com>
References: <root@example.com> <parent@example.com>
Received: from a by b; Sun, 01 Oct 2023 10:00:00 +0000
{more}
the body
"""


def rich(more=""):
    return RICH.replace("{more}", more).encode()


def take(daemon, *mails, args=()):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", *args, "-", stdin=mboxrd(*mails))


def written(daemon, *args, **how):
    return succeeds(daemon, "q", "-q", *args, **how).out


# ---- JSON ----


@clause("output.json.fields")
def test_everything(mail_daemon):
    take(mail_daemon, rich("Status: RO\nX-Status: F\n"), args=["+L:work", "+L:a"])
    row = row_of(mail_daemon, "rich")
    require(isinstance(row.pop("pct"), int), "pct is no number")
    expected = {
        "L": ["a", "work"],
        "blob": oid(rich()),
        "c": [["Lee", "lee@example.org"]],
        "dt": "2023-10-02T08:00:00Z",
        "f": [["J\u00f6rg", "joerg@example.org"], [None, "kim@example.org"]],
        "kw": ["flagged", "seen"],
        "m": "rich@example.com",
        "refs": ["root@example.com", "parent@example.com"],
        "rt": "2023-10-01T10:00:00Z",
        "s": "na\u00efve text",
        "t": [["Last, First", "last@example.org"]],
    }
    assert row == expected


@clause("output.json.bare")
def test_next_to_nothing(mail_daemon):
    take(mail_daemon, b"X-Only: this\n\nunlikeword\n")
    (row,) = found(mail_daemon, "b:unlikeword")
    require(sorted(set(row) - {"m"}) == ["blob", "dt", "pct", "rt", "s"], f"has {row!r}")
    assert row["s"] == ""
    for key in ("dt", "rt"):
        require(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row[key]), f"{key} is {row[key]!r}")


@clause("output.json.shape")
@each("args", [param("named", ["-f", "json"]), param("default", [])])
def test_array(mail_daemon, args):
    take(mail_daemon, eml("ham"), eml("jam"))
    lines = written(mail_daemon, *args, "f:alice").decode().split("\n")
    require(len(lines) == 4 and lines[2:] == ["null]", ""], f"lines are {lines!r}")
    require(lines[0].startswith("[{") and lines[0].endswith("},") and lines[1].endswith("},"), f"lines are {lines!r}")
    rows = [json.loads(line.lstrip("[").rstrip(",")) for line in lines[:2]]
    compact = json.dumps(rows[0], separators=(",", ":"), ensure_ascii=False)
    require(lines[0] == f"[{compact},", f"wrote {lines[0]!r}, not {compact!r}")


SUBJECTS = [b'quote " and \\', b"tab\tinside", b"latin \xe9", b"cut \xe2\x82", b"zero \x00 byte", b"\xf0\x9f\x90\xa7", b"=?utf-8?b?AAEC?=", b"\x7f\x1b[31m"]


@clause("output.json.text")
def test_odd_bytes(mail_daemon):
    mails = [eml(f"odd{n}").replace(b"about odd%d" % n, b"odd " + s) for n, s in enumerate(SUBJECTS)]
    take(mail_daemon, *mails)
    rows = found(mail_daemon, "f:alice")  # which is strict about JSON
    require(len(rows) == len(SUBJECTS), f"{len(rows)} of {len(SUBJECTS)} come back")
    subjects = {row["m"]: row["s"] for row in rows}
    for n, expected in {0: 'odd quote " and \\', 5: "odd \U0001f427"}.items():
        assert subjects[f"odd{n}@example.com"] == expected


@clause("output.jsonl")
@each("name", [param(name, name) for name in ("jsonl", "ndjson", "ldjson")])
def test_a_line_each(mail_daemon, name):
    take(mail_daemon, eml("ham"), eml("jam"))
    out = written(mail_daemon, "-f", name, "f:alice")
    require(out.endswith(b"}\n") and out.count(b"\n") == 2, f"wrote {out!r}")
    assert sorted(json.loads(line)["m"] for line in out.splitlines()) == ["ham@example.com", "jam@example.com"]
    assert written(mail_daemon, "-f", name, "s:nosuchword") == b""


@clause("output.concatjson")
@each("args", [param("plain", []), param("pretty", ["--pretty"])])
def test_one_after_the_other(mail_daemon, args):
    take(mail_daemon, eml("ham"), eml("jam"))
    text = written(mail_daemon, "-f", "concatjson", *args, "f:alice").decode().strip()
    names = []
    while text:
        row, end = json.JSONDecoder().raw_decode(text)
        require(isinstance(row, dict), f"not an object: {row!r}")
        names.append(row["m"])
        text = text[end:].strip()
    assert sorted(names) == ["ham@example.com", "jam@example.com"]


@clause("output.pretty")
def test_indented(mail_daemon):
    take(mail_daemon, rich())
    plain = written(mail_daemon, "-f", "json", "mid:rich@example.com")
    pretty = written(mail_daemon, "-f", "json", "--pretty", "mid:rich@example.com")
    assert json.loads(plain) == json.loads(pretty)
    require(b'\n  "m": "rich@example.com",\n' in pretty, f"wrote {pretty!r}")


@clause("output.text")
def test_for_a_person(mail_daemon):
    take(mail_daemon, rich("Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n").replace(b"the body", b"caf=E9"))
    row = row_of(mail_daemon, "rich")
    text = written(mail_daemon, "-f", "text", "--no-color", "mid:rich@example.com").decode()
    for part in (f"# blob:{row['blob']}", "Subject: na\u00efve text\n", "J\u00f6rg", "\ncaf\u00e9\n"):
        require(part in text, f"{part!r} is not in {text!r}")


@clause("output.text.order")
def test_keywords_and_names(mail_daemon):
    take(mail_daemon, rich("Status: RO\nX-Status: AT\n"))
    text = written(mail_daemon, "-f", "text", "--no-color", "mid:rich@example.com").decode()
    for part in ("# kw:answered,draft,seen\n", "From: J\u00f6rg <joerg@example.org>"):
        require(part in text, f"{part!r} is not in {text!r}")


# ---- mailboxes ----

BODY = "one\nFrom a\n>From b\n>>From c\nFromage\n From d\n\nlast\n"
QUOTED = {
    "mboxrd": "one\n>From a\n>>From b\n>>>From c\nFromage\n From d\n\nlast\n",
    "mboxo": BODY.replace("From a", ">From a"),
    "mboxcl": BODY.replace("From a", ">From a"),
    "mboxcl2": BODY,
}
formats = each("name", [param(name, name) for name in MBOXES])


def one_as(daemon, name, *args):
    """(separator, header lines, body) of the only message written."""
    out = written(daemon, "-f", name, *args, "mid:ham@example.com")
    separator, rest = out.split(b"\n", 1)
    require(separator.startswith(b"From "), f"begins with {separator!r}")
    head, body = rest.split(b"\n\n", 1)
    require(body.endswith(b"\n\n"), f"no empty line at the end: {body!r}")
    return separator, head.split(b"\n"), body.removesuffix(b"\n")


@clause("output.mbox.quoting")
@formats
def test_lines_like_separators(mail_daemon, name):
    take(mail_daemon, eml("ham", body=BODY))
    _, head, body = one_as(mail_daemon, name)
    assert body == QUOTED[name].encode()
    kept = eml("ham").split(b"\n\n", 1)[0].split(b"\n")
    assert [line for line in head if line in kept] == kept


@clause("output.mbox.length")
@formats
def test_content_length(mail_daemon, name):
    take(mail_daemon, eml("ham", body=BODY))
    _, head, body = one_as(mail_daemon, name)
    lengths = [line for line in head if line.startswith(b"Content-Length")]
    assert lengths == ([b"Content-Length: %d" % len(body)] if "cl" in name else [])


@clause("output.mbox.status")
@each(
    "status,expected",
    [
        param("none", "", [b"Status: O"]),
        param("seen", "Status: R", [b"Status: RO"]),
        param("all", "Status: R\nX-Status: AFT", [b"Status: RO", b"X-Status: AFT"]),
        param("flagged", "X-Status: F", [b"Status: O", b"X-Status: F"]),
    ],
)
def test_keywords_as_headers(mail_daemon, status, expected):
    take(mail_daemon, eml("ham", more=status))
    _, head, _ = one_as(mail_daemon, "mboxrd")
    assert [line for line in head if b"Status" in line] == expected


def elsewhere(daemon, name="other"):
    """An environment with a store of its own."""
    other = daemon.place.root / "data" / name
    other.mkdir(exist_ok=True)
    return {**daemon.place.env, "HOME": str(other)}


@clause("output.mbox.again")
@each("name", [param(name, name) for name in ("mboxrd", "mboxcl2")])
def test_round_trip(mail_daemon, name):
    take(mail_daemon, eml("ham", body=BODY), eml("jam", more="Status: RO\nX-Status: F", body="\n\nFrom\n\n\n"), rich())
    box = written(mail_daemon, "-f", name, "z:0..")
    env = elsewhere(mail_daemon)
    succeeds(mail_daemon, "import", "-q", "-F", name, "-", stdin=box, env=env)
    for one in ("ham", "jam", "rich"):
        old, new = row_of(mail_daemon, one), row_of(mail_daemon, one, env=env)
        old.pop("pct"), new.pop("pct")
        require(old == new, f"{old!r} came back as {new!r}")
    mail_daemon.settle()


# ---- files and Maildirs ----


def bodies_in(path):
    require(path.exists(), f"there is no {path.name}")
    return sorted(re.findall(rb"(?m)^Message-ID: <(\w+)@", path.read_bytes()))


@clause("output.file.written")
@formats
def test_file(mail_daemon, name):
    take(mail_daemon, eml("ham"), eml("jam"))
    out = written(mail_daemon, "-o", f"{name}:box", "f:alice")
    require(out == b"", f"also wrote {out!r}")
    path = mail_daemon.place.work / "box"
    assert bodies_in(path) == [b"ham", b"jam"]
    assert os.listdir(mail_daemon.place.work) == ["box"]


@clause("output.file.replaced")
def test_again_to_the_same(mail_daemon):
    take(mail_daemon, eml("ham"), eml("jam"))
    path = mail_daemon.place.work / "box"
    for name in ("ham", "jam"):
        written(mail_daemon, "-o", "mboxrd:box", f"mid:{name}@example.com")
        assert bodies_in(path) == [name.encode()]
    written(mail_daemon, "-o", "mboxrd:box", "s:nosuchword")
    assert path.read_bytes() == b""


@clause("output.file.augmented")
@each("old", [param("ours", None), param("foreign", mboxrd(eml("yam", body="x\n>From y\n"))), param("empty", b"")])
def test_added(mail_daemon, old):
    take(mail_daemon, eml("ham"), eml("jam"))
    path = mail_daemon.place.work / "box"
    if old is None:
        written(mail_daemon, "-o", "mboxrd:box", "mid:ham@example.com")
        old = path.read_bytes()
    else:
        path.write_bytes(old)
    written(mail_daemon, "--augment", "-o", "mboxrd:box", "mid:jam@example.com")
    require(path.read_bytes().startswith(old), f"the old mail changed: {path.read_bytes()!r}")
    assert [m.split(b"<")[2].split(b"@")[0] for _, m in mails_of(path.read_bytes())][-1] == b"jam"
    assert bodies_in(path) == sorted([*re.findall(rb"-ID: <(\w+)@", old), b"jam"])


@clause("output.file.unended")
def test_added_to_half_a_line(mail_daemon):
    take(mail_daemon, eml("ham"))
    path = mail_daemon.place.work / "box"
    path.write_bytes(mboxrd(eml("yam")).rstrip(b"\n"))
    written(mail_daemon, "--augment", "-o", "mboxrd:box", "mid:ham@example.com")
    mails = [m for _, m in mails_of(path.read_bytes())]
    require(len(mails) == 2 and b"<yam@" in mails[0] and b"<ham@" in mails[1], f"holds {path.read_bytes()!r}")


MAGIC = {"gz": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd7zXZ\0", "zst": b"\x28\xb5\x2f\xfd"}
UNPACK = {"gz": gzip.decompress, "bz2": bz2.decompress, "xz": lzma.decompress}


def written_compressed(daemon, suffix):
    """ham written, and jam added to it; the bytes."""
    take(daemon, eml("ham"), eml("jam"))
    for name, args in (("ham", ()), ("jam", ("--augment",))):
        written(daemon, *args, "-o", f"mboxrd:box.{suffix}", f"mid:{name}@example.com")
    data = (daemon.place.work / f"box.{suffix}").read_bytes()
    require(data.startswith(MAGIC[suffix]), f"begins with {data[:8]!r}")
    return data


@clause("output.file.compressed")
@each("suffix", [param(s, s) for s in UNPACK])
def test_compressed(mail_daemon, suffix):
    data = written_compressed(mail_daemon, suffix)
    path = mail_daemon.place.work / "plain"
    path.write_bytes(UNPACK[suffix](data))
    assert bodies_in(path) == [b"ham", b"jam"]


@clause("output.file.zstd")
def test_compressed_by_zstd(mail_daemon):
    written_compressed(mail_daemon, "zst")
    succeeds(mail_daemon, "convert", "-q", "-o", "mboxrd:plain", "mboxrd:box.zst")
    assert bodies_in(mail_daemon.place.work / "plain") == [b"ham", b"jam"]


@clause("output.file.rsyncable")
@each("suffix,trailer", [param("gz", "gz", 8), param("zst", "zst", 0)])
def test_a_small_change_stays_small(mail_daemon, suffix, trailer):
    dice = random.Random(1)
    bodies = ["".join(dice.choices("etaoin shrdlu\n", k=4000)) + "\n" for _ in range(100)]
    files = []
    for first in ("this", "that, which is longer"):
        box = mboxrd(eml("first", body=first + "\n"), *(eml(f"m{n}", body=b) for n, b in enumerate(bodies)))
        (mail_daemon.place.work / "in").write_bytes(box)
        succeeds(mail_daemon, "convert", "-q", "--rsyncable", "-o", f"mboxrd:{first[:4]}.{suffix}", "mboxrd:in")
        data = (mail_daemon.place.work / f"{first[:4]}.{suffix}").read_bytes()
        files.append(data[: len(data) - trailer])
    same = os.path.commonprefix([data[::-1] for data in files])
    require(len(same) > len(files[0]) // 2, f"{len(same)} bytes of {len(files[0])} are the same")


def in_maildir(path):
    """{message name: flags} of a Maildir."""
    ret = {}
    for sub in ("cur", "new"):
        for file in (path / sub).iterdir():
            name = re.search(rb"Message-ID: <(\w+)@", file.read_bytes())[1].decode()
            ret[name] = file.name.partition(":2,")[2]
    return ret


@clause("output.maildir.written")
@each("where", [param("path", "md"), param("prefix", "maildir:md"), param("slash", "md/")])
def test_directory(mail_daemon, where):
    mails = {"ham": eml("ham"), "jam": eml("jam")}
    take(mail_daemon, mails["ham"], eml("jam", more="Status: R\nX-Status: AFT"))
    written(mail_daemon, "-o", where, "f:alice")
    path = mail_daemon.place.work / "md"
    assert sorted(os.listdir(path)) == ["cur", "new", "tmp"]
    assert in_maildir(path) == {"ham": "", "jam": "DFRS"}
    assert sorted(f.read_bytes() for f in path.glob("[cn]*/*")) == sorted(mails.values())
    assert os.listdir(path / "tmp") == []
    mail_daemon.settle()


def with_old_mail(daemon):
    take(daemon, eml("ham"))
    return maildir(daemon.place.work / "md", {"cur/1.old:2,S": eml("old"), "new/2.newer": eml("newer")})


@clause("output.maildir.replaced")
def test_old_mail_goes(mail_daemon):
    path = with_old_mail(mail_daemon)
    written(mail_daemon, "-o", "md", "mid:ham@example.com")
    assert in_maildir(path) == {"ham": ""}
    mail_daemon.settle()


@clause("output.maildir.augmented")
def test_old_mail_stays(mail_daemon):
    path = with_old_mail(mail_daemon)
    for _ in range(2):
        written(mail_daemon, "--augment", "-o", "md", "mid:ham@example.com")
    kept = in_maildir(path)
    require({"old": "S", "newer": ""}.items() <= kept.items() and "ham" in kept, f"holds {kept!r}")
    mail_daemon.settle()


# ---- places ----


@clause("output.place.link")
@each("where", [param("mailbox", "there"), param("missing", "not-there"), param("compressed", "there.gz")])
@each("args", [param("replaced", []), param("augmented", ["--augment"])])
def test_link_to_a_file(mail_daemon, where, args):
    work = mail_daemon.place.work
    take(mail_daemon, eml("ham"))
    real = work / "far" / where
    real.parent.mkdir()
    if where == "there":
        real.write_bytes(mboxrd(eml("old")))
    link = work / ("link" + real.suffix)
    link.symlink_to(f"far/{where}")
    written(mail_daemon, "--no-save", *args, "-o", f"mboxrd:{link.name}", "mid:ham@example.com")
    require(link.is_symlink() and sorted(os.listdir(work)) == ["far", link.name] and os.listdir(real.parent) == [where], f"holds {os.listdir(work)!r}, {os.listdir(real.parent)!r}")
    data = gzip.decompress(real.read_bytes()) if real.suffix else real.read_bytes()
    assert re.findall(rb"(?m)^Message-ID: <(\w+)@", data) == [*([b"old"] if where == "there" and args else []), b"ham"]


@clause("output.place.link")
def test_link_to_a_maildir(mail_daemon):
    work = mail_daemon.place.work
    take(mail_daemon, eml("ham"))
    maildir(work / "far", {"cur/1.old:2,S": eml("old")})
    (work / "md").symlink_to("far")
    written(mail_daemon, "--no-save", "-o", "md", "mid:ham@example.com")
    require((work / "md").is_symlink(), "is no link any more")
    assert in_maildir(work / "far") == {"ham": ""}
    mail_daemon.settle()


@clause("output.place.stream")
def test_fifo(mail_daemon):
    path = mail_daemon.place.work / "fifo"
    take(mail_daemon, eml("ham"))
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with closing(reader):
        written(mail_daemon, "--no-save", "-o", "mboxrd:fifo", "mid:ham@example.com")
        data = os.read(reader, 65536)
        fails(mail_daemon, "q", "-q", "--no-save", "--augment", "-o", "mboxrd:fifo", "mid:ham@example.com", naming="fifo")
    require(data.startswith(b"From ") and b"<ham@" in data, f"the reader gets {data!r}")
    require(path.is_fifo(), "is no FIFO any more")


@clause("output.place.stream")
@each("name", [param("mboxrd", "mboxrd"), param("text", "text")])
def test_null(mail_daemon, name):
    """On a device of our own: the machine's is not for trying whether it is replaced."""
    path = mail_daemon.place.work / "null"
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root can make a device")
    take(mail_daemon, eml("ham"))
    before = os.stat(path)
    out = written(mail_daemon, "--no-save", "-o", f"{name}:null", "mid:ham@example.com")
    now = os.stat(path)
    require(not out and (now.st_ino, now.st_mode) == (before.st_ino, before.st_mode), "is another file")
    assert os.listdir(mail_daemon.place.work) == ["null"]


@clause("output.place.directory")
@each("name", [param("mboxrd", "mboxrd"), param("text", "text")])
def test_file_onto_a_directory(mail_daemon, name):
    take(mail_daemon, eml("ham"))
    (mail_daemon.place.work / "dir").mkdir()
    fails(mail_daemon, "q", "-q", "--no-save", "-o", f"{name}:dir", "f:alice", naming="dir")
    assert os.listdir(mail_daemon.place.work) == ["dir"] and os.listdir(mail_daemon.place.work / "dir") == []


@clause("output.place.directory")
def test_maildir_into_a_directory(mail_daemon):
    take(mail_daemon, eml("ham"))
    path = mail_daemon.place.work / "dir"
    path.mkdir()
    (path / "diary").write_bytes(b"dear diary\n")
    written(mail_daemon, "--no-save", "-o", "dir", "mid:ham@example.com")
    assert sorted(os.listdir(path)) == ["cur", "diary", "new", "tmp"]
    assert in_maildir(path) == {"ham": ""}
    assert (path / "diary").read_bytes() == b"dear diary\n"
    mail_daemon.settle()


# ---- what fails ----


def limit_files(daemon, size):
    for pid in [daemon.pid, *system.descendants(daemon.pid)]:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


LONG = "a line of sixty-four bytes, which is half of a hundred twenty-8\n" * 8000


@clause("output.failed.file")
@each("args", [param("replaced", []), param("augmented", ["--augment"])])
def test_no_room_for_a_file(mail_daemon, args):
    take(mail_daemon, eml("ham", body=LONG), eml("jam"))
    path = mail_daemon.place.work / "box"
    path.write_bytes(mboxrd(eml("old")))
    limit_files(mail_daemon, 200_000)
    fails(mail_daemon, "q", "-q", *args, "-o", "mboxrd:box", "f:alice")
    limit_files(mail_daemon, resource.RLIM_INFINITY)
    assert path.read_bytes() == mboxrd(eml("old"))
    assert os.listdir(mail_daemon.place.work) == ["box"]
    mail_daemon.settle()


@clause("output.failed.file")
@each("how", [param("told-to-go", "TERM"), param("hung-up", None)])
def test_cut_off(mail_daemon, how):
    path = mail_daemon.place.work / "box"
    path.write_bytes(mboxrd(eml("old")))
    read, write = os.pipe()
    with closing(write):
        call = mail_daemon.begin("convert", "-q", "-F", "mboxrd", "-o", "mboxrd:box", "-", stdin=read)
        os.close(read)
        os.write(write, mboxrd(*(eml(f"new{n}") for n in range(50))))
        mail_daemon.wait_worker()
        if how:
            call.peer.send(how.encode())
            require(not call.finish().succeeded, "cut off, and yet a success")
        else:
            call.hang_up()
        mail_daemon.wait_no_worker()
    assert path.read_bytes() == mboxrd(eml("old"))
    work = mail_daemon.place.work
    mail_daemon.clock.poll("nothing is left beside it", lambda: os.listdir(work) == ["box"], 5)


@clause("output.failed.maildir")
@each("args", [param("replaced", []), param("augmented", ["--augment"])])
def test_no_room_in_a_maildir(mail_daemon, args):
    take(mail_daemon, eml("ham", body=LONG))
    path = maildir(mail_daemon.place.work / "md", {"cur/1.old:2,S": eml("old")})
    limit_files(mail_daemon, 200_000)
    fails(mail_daemon, "q", "-q", *args, "--no-import-before", "-o", "md", "f:alice")
    limit_files(mail_daemon, resource.RLIM_INFINITY)
    assert in_maildir(path) == {"old": "S"}
    assert os.listdir(path / "tmp") == []
    mail_daemon.settle()


@clause("output.failed.place")
@each("where", [param("no-directory", "mboxrd:nowhere/box"), param("file-as-directory", "mboxrd:file/nowhere"), param("maildir-below-a-file", "maildir:file/nowhere")])
def test_nowhere(mail_daemon, where):
    take(mail_daemon, eml("ham"))
    (mail_daemon.place.work / "file").write_bytes(b"x")
    fails(mail_daemon, "q", "-q", "-o", where, "f:alice", naming="nowhere" if where.startswith("mbox") else "file")
    assert os.listdir(mail_daemon.place.work) == ["file"]


@clause("output.failed.full")
@each("name", [param(name, name) for name in ("json", "jsonl", "concatjson", "text", *MBOXES)])
def test_dev_full(mail_daemon, name):
    take(mail_daemon, eml("ham"))
    fd = os.open("/dev/full", os.O_WRONLY)
    with closing(fd):
        fails(mail_daemon, "q", "-f", name, "f:alice", stdout=fd, naming="No space left")


@clause("output.failed.full")
def test_blob_to_dev_full(mail_daemon):
    take(mail_daemon, eml("ham"))
    fd = os.open("/dev/full", os.O_WRONLY)
    with closing(fd):
        fails(mail_daemon, "blob", oid(eml("ham")), stdout=fd)


@clause("output.failed.pipe")
@each("name", [param(name, name) for name in ("json", "mboxrd", "text")])
def test_reader_is_gone(mail_daemon, name):
    take(mail_daemon, eml("ham"))
    read, write = os.pipe()
    os.close(read)
    with closing(write):
        reply = mail_daemon.call("q", "-f", name, "f:alice", stdout=write)
    require(not reply.succeeded, f"ended with success: {reply.packets!r}")


@clause("output.failed.pipe")
def test_reader_goes_while_full(mail_daemon):
    take(mail_daemon, eml("ham"))
    read, write = full_pipe()
    with closing(write):
        call = mail_daemon.begin("q", "-f", "mboxrd", "f:alice", stdout=write)
        mail_daemon.wait_worker()
        os.close(read)
        reply = call.finish()
    require(not reply.succeeded, f"ended with success: {reply.packets!r}")


@clause("output.descriptor")
def test_named_standard_output(mail_daemon):
    take(mail_daemon, eml("ham"))
    read, write = (s.detach() for s in socket.socketpair())  # which cannot be opened by name
    with closing(read):
        succeeds(mail_daemon, "q", "-q", "-o", "mboxrd:/dev/stdout", "f:alice", stdout=write)
        os.close(write)
        require(b"<ham@example.com>" in os.read(read, 65536), "nothing comes out")


@clause("output.descriptor")
@each("number", [param("three", 3), param("nine", 9)])
def test_other_numbers(mail_daemon, number):
    take(mail_daemon, eml("ham"))
    fails(mail_daemon, "q", "-q", "-o", f"mboxrd:/dev/fd/{number}", "f:alice", naming=f"/dev/fd/{number}")


@clause("output.refused")
@each(
    "args",
    [
        param("unknown", ["-f", "mbx"]),
        param("unknown-prefix", ["-o", "mbx:box"]),
        param("contradiction", ["-f", "mboxo", "-o", "mboxrd:box"]),
        param("maildir-on-stdout", ["-f", "maildir"]),
    ],
)
def test_no_such_output(mail_daemon, args):
    take(mail_daemon, eml("ham"))
    reply = fails(mail_daemon, "q", "-q", *args, "f:alice")
    require(not reply.out, f"and writes {reply.out!r}")
    assert os.listdir(mail_daemon.place.work) == []


@clause("output.refused.inbox")
@each("args,name", [param("format", ["-f", "v2"], "v2"), param("prefix", ["-o", "v2:box"], "v2"), param("shared", ["--shared", "-o", "mboxrd:box"], "--shared")])
def test_public_inbox(mail_daemon, args, name):
    take(mail_daemon, eml("ham"))
    fails(mail_daemon, "q", "-q", *args, "f:alice", naming=name)
    assert os.listdir(mail_daemon.place.work) == []


@clause("output.refused.jobs")
@each("jobs,good", [param(j, j, True) for j in ("1", "3,5", ",2")] + [param(f"bad-{n}", j, False) for n, j in enumerate(("x", "0", "1,0", "-1", "1,x"))])
def test_jobs(mail_daemon, jobs, good):
    take(mail_daemon, eml("ham"))
    args = ("q", "-q", "--no-save", f"--jobs={jobs}", "-o", "mboxrd:box", "f:alice")
    if good:
        succeeds(mail_daemon, *args)
    else:
        fails(mail_daemon, *args)
    assert os.listdir(mail_daemon.place.work) == ["box"][: good]


# ---- blobs ----


@clause("output.blob.whole")
def test_as_stored(mail_daemon):
    mails = [eml("ham", body=BODY), eml("jam", body="\r\nodd \0 \xff\n\n\n"), rich()]
    take(mail_daemon, *mails)
    for mail in mails:
        got = succeeds(mail_daemon, "blob", oid(mail)).out
        require(got == mail, f"wrote {got!r}, not {mail!r}")


@clause("output.blob.short")
@each("digits", [param("seven", 7), param("twelve", 12), param("all-but-one", 39)])
def test_first_digits(mail_daemon, digits):
    take(mail_daemon, eml("ham"), eml("jam"))
    assert succeeds(mail_daemon, "blob", oid(eml("ham"))[:digits]).out == eml("ham")


def twins():
    """Two messages whose ids begin with the same seven digits."""
    seen = {}
    template = eml("twin0000000")
    for n in range(200_000):
        mail = template.replace(b"0000000", b"%07d" % n)
        short = oid(mail)[:7]
        if short in seen:
            return seen[short], mail, short
        seen[short] = mail
    raise AssertionError("no two ids begin alike")


@clause("output.blob.ambiguous")
def test_two_fit(mail_daemon):
    one, two, short = twins()
    take(mail_daemon, one, two)
    reply = fails(mail_daemon, "blob", short)
    require(not reply.out, f"wrote {reply.out[:80]!r}")
    for mail in (one, two):
        assert succeeds(mail_daemon, "blob", oid(mail)).out == mail


@clause("output.blob.missing")
@each("name", [param("unknown", "1234567890" * 4), param("unknown-short", "1234567"), param("no-id", "subject"), param("too-long", "a" * 41), param("percent", "%%%%%%%"), param("empty", "")])
def test_none_fits(mail_daemon, name):
    reply = fails(mail_daemon, "blob", name)
    require(not reply.out, f"wrote {reply.out!r}")


# ---- a mail program ----


@clause("output.mua.place")
@needs("pair")
@each("folder", [param("maildir", "md"), param("mailbox", "mboxrd:box")])
def test_mail_program(daemon, client, folder):
    take(daemon, eml("ham"))
    run = client.spawn("q", "-q", "--no-mail-sync", "--mua", "ls -d %f", "-o", folder, "mid:ham@example.com")
    code = run.end(20)
    require(code == 0, f"ended with {code}: {run.err!r}")
    require(folder.removeprefix("mboxrd:").encode() in run.out, f"ls wrote {run.out!r}")
    daemon.settle()


# ---- convert ----


def as_maildir(place, mails):
    maildir(place / "in", {f"cur/{n}:2,{'S' if n == 1 else ''}": m for n, m in enumerate(mails)})


@clause("output.convert.formats")
@each("source", [param(name, name) for name in (*MBOXES, "maildir")])
def test_to_every_format(mail_daemon, source):
    work, body = mail_daemon.place.work, "x\n\nFrom y\nz\n"
    mails = [eml("ham", body=body), eml("jam", body=body)]
    if source == "maildir":
        as_maildir(work, mails)
    else:
        (work / "in").write_bytes(MBOXES[source](mails[0], eml("jam", body=body, more="Status: R")))
    for name in (*MBOXES, "maildir"):
        env = elsewhere(mail_daemon, name)
        succeeds(mail_daemon, "convert", "-q", "-o", f"{name}:out.{name}", f"{source}:in", env=env)
        if name == "maildir":
            assert in_maildir(work / "out.maildir") == {"ham": "", "jam": "S"}
        succeeds(mail_daemon, "import", "-q", f"{name}:out.{name}", env=env)
        got = {n: row_of(mail_daemon, n, env=env) for n in ("ham", "jam")}
        require([r["blob"] for r in got.values()] == [oid(m) for m in mails], f"{name}: other blobs")
        assert [r.get("kw", []) for r in got.values()] == [[], ["seen"]]
    has(mail_daemon)
    mail_daemon.settle()


@clause("output.convert.added")
def test_convert_twice(mail_daemon):
    for name in ("ham", "jam"):
        succeeds(mail_daemon, "convert", "-q", "-F", "eml", "-o", "mboxrd:box", "-", stdin=eml(name))
    assert bodies_in(mail_daemon.place.work / "box") == [b"ham", b"jam"]


@clause("output.convert.old")
def test_convert_to_old_mail(mail_daemon):
    work = mail_daemon.place.work
    for name in ("ham", "jam"):
        for target in ("mboxrd:box", "md"):
            succeeds(mail_daemon, "convert", "-q", "-F", "eml", "-o", target, "-", stdin=eml(name))
    status = [line for line in (work / "box").read_bytes().split(b"\n") if line.startswith(b"Status:")]
    assert status == [b"Status: O"] * 2
    require(not list((work / "md" / "new").iterdir()), "mail in new")
    assert in_maildir(work / "md") == {"ham": "", "jam": ""}


@clause("output.convert.fault")
def test_convert_cut_input(mail_daemon):
    box = MBOXES["mboxcl2"](eml("ham"), eml("jam"))[:-10]
    fails(mail_daemon, "convert", "-q", "-F", "mboxcl2", "-o", "mboxrd:box", "-", stdin=box)
    assert bodies_in(mail_daemon.place.work / "box") == [b"ham"]
