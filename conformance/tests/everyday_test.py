"""spec/everyday.md"""

import json
import os
import signal
import subprocess

import pytest

from suite import system
from suite.api import clause, each, needs, param, require
from suite.mail import check_each, eml, fails, maildir, mboxrd, oid, succeeds

pytestmark = needs("mail")


def take(daemon, *mails):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*mails))


def names_in(out):
    """The messages of -f jsonl in order."""
    return [json.loads(line)["m"].removesuffix("@example.com") for line in out.splitlines()]


def shows(daemon, *args, names, **how):
    out = succeeds(daemon, "lcat", "-f", "jsonl", *args, **how).out
    got = names_in(out)
    require(sorted(got) == sorted(names), f"{args} shows {got}, not {names}")


# ---- lcat ----


def with_mid(mid):
    return eml("odd").replace(b"<odd@example.com>", b"<" + mid + b">")


@clause("everyday.lcat.text")
def test_text(mail_daemon):
    take(mail_daemon, eml("ham"), eml("spam"))
    out = succeeds(mail_daemon, "lcat", "<ham@example.com>").out
    require(out.startswith(b"# blob:" + oid(eml("ham")).encode()), f"begins {out[:60]!r}")
    require(b"Message-ID: <ham@example.com>\n" in out and b"spam" not in out, f"is {out!r}")


@clause("everyday.lcat.text")
def test_not_text_with_output(mail_daemon):
    take(mail_daemon, eml("ham"))
    succeeds(mail_daemon, "lcat", "-q", "-o", "mboxrd:out", "<ham@example.com>")
    require((mail_daemon.place.work / "out").read_bytes().startswith(b"From "), "no mbox")


FORMS = [
    "<ham@example.com>", "Message-ID: <ham@example.com>", "as he said in <ham@example.com>, so", "mid:ham@example.com",
    "id:ham@example.com", "see id:ham@example.com please", "https://archive.example/inbox/ham@example.com/",
    "https://archive.example/inbox/h%61m@example.com/",
    "Link: <https://archive.example/inbox/ham@example.com/>",
]  # fmt: skip


@clause("everyday.lcat.forms")
def test_forms(mail_daemon):
    take(mail_daemon, eml("ham"), eml("spam"))
    check_each([(form,) for form in FORMS], lambda form: shows(mail_daemon, form, names=["ham"]))


@clause("everyday.lcat.terms")
def test_terms(mail_daemon):
    take(mail_daemon, eml("ham"), eml("spam"))
    shows(mail_daemon, "m:ham", names=["ham"])
    shows(mail_daemon, "m:ham", "<spam@example.com>", names=["ham", "spam"])


URLS = [
    ("http://a.example/ham@example.com", "ham"), ("https://a.example/i/ham@example.com/raw", "ham"),
    ("https://a.example/i/ham@example.com/#t", "ham"), ("https://a.example/i/ham@example.com/?x=y", "ham"),
    ("(https://a.example/i/ham@example.com/).", "ham"), ("news://a.example/ham@example.com", "ham"),
    ("https://a.example/i/nowhere/raw", "nowhere"),
]  # fmt: skip
THREADS = ["T", "T/", "t/", "t.mbox.gz", "t.atom"]


@clause("everyday.lcat.url")
def test_urls(mail_daemon):
    take(mail_daemon, eml("ham"), with_mid(b"nowhere"))
    threads = [(f"https://a.example/i/nowhere/{end}", "nowhere") for end in THREADS]
    check_each(URLS + threads, lambda url, name: shows(mail_daemon, url, names=[name]))


@clause("everyday.lcat.url")
def test_urls_without(mail_daemon):
    take(mail_daemon, eml("ham"))
    for url in ("https://a.example/", "https://a.example/i/nowhere/", "ftp://a.example/nowhere/raw", "https://ham@example.com/x"):
        fails(mail_daemon, "lcat", url, naming=url)


@clause("everyday.lcat.several")
def test_several(mail_daemon):
    take(mail_daemon, eml("ham"), eml("spam"), eml("eggs"))
    shows(mail_daemon, "<ham@example.com>", "mid:eggs@example.com", names=["ham", "eggs"])
    shows(mail_daemon, "<ham@example.com>", "mid:ham@example.com", names=["ham"])


@clause("everyday.lcat.several")
def test_several_and_blob(mail_daemon):
    take(mail_daemon, eml("ham"), eml("spam"))
    shows(mail_daemon, f"blob:{oid(eml('ham'))}", "<ham@example.com>", "<spam@example.com>", names=["ham", "spam"])


PASTED = b"""> Link: https://archive.example/inbox/ham@example.com/
\xff\x00 nothing <> here id: 12:30 a < b > c
in-reply-to:  <eggs@example.com>,
"""


@clause("everyday.lcat.stdin")
@each("args", [param("option", ["--stdin"]), param("dash", ["-"]), param("nothing", [])])
def test_pasted(mail_daemon, args):
    take(mail_daemon, eml("ham"), eml("spam"), eml("eggs"))
    shows(mail_daemon, *args, names=["ham", "eggs"], stdin=PASTED)


@clause("everyday.lcat.stdin")
def test_pasted_without(mail_daemon):
    take(mail_daemon, eml("ham"))
    fails(mail_daemon, "lcat", "-", stdin=b"nothing of interest\n")
    fails(mail_daemon, "lcat", "-", stdin=b"")
    fails(mail_daemon, "lcat", "-", "<ham@example.com>", stdin=b"<ham@example.com>")


@clause("everyday.lcat.argument")
def test_bad_argument(mail_daemon):
    take(mail_daemon, eml("ham"))
    for bad in ("nothing", "ham@example.com", "", "<>", "blob:HELLO"):
        reply = fails(mail_daemon, "lcat", "<ham@example.com>", bad, naming=bad)
        require(reply.out == b"", f"{bad!r} shows {reply.out!r}")


@clause("everyday.lcat.unknown")
def test_unknown(mail_daemon):
    take(mail_daemon, eml("ham"))
    shows(mail_daemon, "<never@example.com>", names=[])


ODD = [b"a b@c", b"x)y@c", b"kw:seen OR", b"(@c", b"\xc3\xa4\xc3\xb6@c", b"a*@c", b"-@c", b"(x OR y)@c"]


@clause("everyday.lcat.odd")
def test_odd(mail_daemon):
    take(mail_daemon, eml("ham"), *map(with_mid, ODD))
    for mid in ODD:
        out = succeeds(mail_daemon, "lcat", "-f", "jsonl", b"<" + mid + b">").out
        require([json.loads(line)["m"].encode() for line in out.splitlines()] == [mid], f"{mid!r} shows {out!r}")


@clause("everyday.lcat.blob")
@each("digits", [7, 12, 40])
def test_blob(mail_daemon, digits):
    take(mail_daemon, eml("ham"), eml("spam"))
    shows(mail_daemon, f"blob:{oid(eml('ham'))[:digits]}", names=["ham"])


@clause("everyday.lcat.blob")
def test_blob_missing(mail_daemon):
    take(mail_daemon, eml("ham"))
    reply = fails(mail_daemon, "lcat", "-f", "jsonl", "blob:0123456789", f"blob:{oid(eml('ham'))}", naming="0123456789")
    require(names_in(reply.out) == ["ham"], f"shows {reply.out!r}")


@clause("everyday.lcat.folder")
def test_folder(mail_daemon):
    box = maildir(mail_daemon.place.work / "box", {"cur/1:2,S": eml("ham"), "new/2": eml("eggs")})
    succeeds(mail_daemon, "import", "-q", box)
    take(mail_daemon, eml("spam"))
    shows(mail_daemon, f"maildir:{box}", names=["ham", "eggs"])


@clause("everyday.lcat.folder")
def test_folder_unknown(mail_daemon):
    take(mail_daemon, eml("ham"))
    reply = fails(mail_daemon, "lcat", "-f", "jsonl", "maildir:/never", "<ham@example.com>", naming="maildir:/never")
    require(names_in(reply.out) == ["ham"], f"shows {reply.out!r}")


@clause("everyday.lcat.remote")
@each("url", [param("imap", "imap://127.0.0.1:1/INBOX"), param("nntp", "nntp://127.0.0.1:1/a.group")])
def test_remote(mail_daemon, url):
    take(mail_daemon, eml("ham"))
    fails(mail_daemon, "lcat", url, naming=url)


@clause("everyday.lcat.options")
def test_options(mail_daemon):
    take(mail_daemon, *map(eml, ("a1", "b2", "c3")))
    all_three = [f"<{name}@example.com>" for name in ("a1", "b2", "c3")]
    docid = names_in(succeeds(mail_daemon, "lcat", "-f", "jsonl", "-s", "docid", *all_three).out)
    require(docid == ["c3", "b2", "a1"], f"by docid: {docid}")
    back = names_in(succeeds(mail_daemon, "lcat", "-f", "jsonl", "-r", "-s", "docid", "-2", *all_three).out)
    require(back == ["a1", "b2"], f"reversed, two of them: {back}")
    fails(mail_daemon, "lcat", "-f", "unheard-of", *all_three, naming="unheard-of")


# ---- a repository, and mail with patches ----

NUMBERS = "".join(f"line {n} of the file\n" for n in range(1, 41))
GIT_ENV = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_AUTHOR_DATE": "2023-10-02T10:00:00+0000",
    "GIT_COMMITTER_DATE": "2023-10-02T10:00:00+0000", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
}  # fmt: skip


def git(place, *args, **how):
    done = subprocess.run(["git", "-C", str(place), *args], env={**os.environ, **GIT_ENV}, capture_output=True, check=True, **how)
    return done.stdout


class Repository:
    """Commits to one file, each with its patch as mail."""

    def __init__(self, place):
        self.place = place
        place.mkdir()
        git(place, "init", "-q")
        self.ids, self.patches = [], []
        self.commit("begin", "f.c", NUMBERS)
        self.commit("twenty", "f.c", NUMBERS.replace("line 20 ", "line twenty "))
        self.commit("more", "f.c", NUMBERS.replace("line 20 ", "line twenty ").replace("line 22 ", "line 2+2 "))

    def commit(self, subject, name, text):
        (self.place / name).write_text(text)
        git(self.place, "add", name)
        git(self.place, "commit", "-q", "-m", subject, "-m", "+not a line of it\n\nindex not..this")
        self.ids.append(git(self.place, "rev-parse", f"HEAD:{name}").decode().strip())
        mail = git(self.place, "format-patch", "-1", "--stdout").split(b"\n", 1)[1]
        self.patches.append(b"Message-ID: <%s@example.com>\n" % subject.encode() + mail)


@pytest.fixture
def repository(mail_daemon):
    return Repository(mail_daemon.place.work / "repository")


# ---- p2q ----


def asks(daemon, *args, **how):
    return succeeds(daemon, "p2q", *args, **how).out.decode()


@clause("everyday.patch.default")
def test_p2q_default(mail_daemon, repository):
    short = repository.ids[1][:7]
    got = asks(mail_daemon, "-F", "eml", "-", stdin=repository.patches[1])
    require(got == f"dfpost:{short}\n", f"is {got!r}")
    long = repository.patches[1].replace(b".." + short.encode(), b".." + repository.ids[1][:9].encode())
    got = asks(mail_daemon, "-F", "eml", "-", stdin=long)
    lengths = [repository.ids[1][:n] for n in (9, 8, 7)]
    require(got == " OR ".join(f"dfpost:{i}" for i in lengths) + "\n", f"is {got!r}")


@clause("everyday.patch.input")
@each("how", ["file", "eml-file", "mbox", "maildir", "stdin", "dash", "nothing"])
def test_p2q_input(mail_daemon, repository, how):
    work, one, two = mail_daemon.place.work, *repository.patches[1:]
    both = [i[:7] for i in repository.ids[1:]]
    if how == "file":
        (work / "p").write_bytes(one)
        args, stdin, want = ["-F", "eml", "p"], None, both[:1]
    elif how == "eml-file":
        (work / "p.patch").write_bytes(one)
        args, stdin, want = ["p.patch"], None, both[:1]
    elif how == "mbox":
        (work / "p").write_bytes(mboxrd(one, two))
        args, stdin, want = ["mboxrd:p"], None, both
    elif how == "maildir":
        maildir(work / "p", {"cur/1:2,": one, "cur/2:2,": two})
        args, stdin, want = ["p"], None, both
    else:
        args, stdin, want = {"stdin": ["--stdin"], "dash": ["-"], "nothing": []}[how], one, both[:1]
    got = asks(mail_daemon, *args, stdin=stdin) if stdin else asks(mail_daemon, *args)
    require(sorted(got.split()) == sorted(f"dfpost:{i}" for i in want), f"is {got!r}")


@clause("everyday.patch.commit")
def test_p2q_commit(mail_daemon, repository):
    got = asks(mail_daemon, "-C", repository.place, "HEAD~1")
    require(got == f"dfpost:{repository.ids[1][:7]}\n", f"is {got!r}")


@clause("everyday.patch.commit")
@each("name", [param("unknown", "never"), param("option", "--output=stolen")])
def test_p2q_no_commit(mail_daemon, repository, name):
    reply = fails(mail_daemon, "p2q", "-C", repository.place, "HEAD", "--", name, naming=name)
    require(not reply.out and not (repository.place / "stolen").exists(), f"wrote {reply.out!r}")


WANTED = {
    "dfa": 'dfa:"line 20 of the file"', "dfb": 'dfb:"line twenty of the file"', "dfn": "dfn:f.c",
    "dfctx": " ".join(f'dfctx:"line {n} of the file"' for n in (17, 18, 19, 21, 22, 23)),
    "dfhh": 'dfhh:"line 16 of the file"',
}  # fmt: skip


@clause("everyday.patch.want")
def test_p2q_want(mail_daemon, repository):
    ids = {"dfpre": f"dfpre:{repository.ids[0][:7]}", "dfpost": f"dfpost:{repository.ids[1][:7]}"}
    every = {**WANTED, **ids}

    def probe(words, *args):
        got = asks(mail_daemon, "-F", "eml", *args, stdin=repository.patches[1])
        want = " ".join(every[word] for word in words) + "\n"
        require(got == want, f"{args} is {got!r}, not {want!r}")

    cases = [((word,), "-w", word) for word in every]
    cases += [(("dfn", "dfa"), "--want=dfn,dfa"), (("dfa", "dfn"), "-w", "dfa", "-w", "dfn"), ((), "-w", "never")]
    check_each(cases, probe)


@clause("everyday.patch.length")
@each("length", [5, 6, 7, 40])
def test_p2q_length(mail_daemon, repository, length):
    got = asks(mail_daemon, "-F", "eml", "-w", f"dfpre{length}", stdin=repository.patches[1])
    want = " OR ".join(f"dfpre:{repository.ids[0][:n]}" for n in range(7, min(length, 7) - 1, -1)) + "\n"
    require(got == want, f"is {got!r}, not {want!r}")


HEADS = [
    ("s", 's:"about the ham"'), ("bs", 'bs:"about the ham"'), ("f", 'f:"Ann <ann@example.com>"'), ("t", "t:bob@example.com"),
    ("c", "c:carl@example.com"), ("tc", "tc:bob@example.com tc:carl@example.com"), ("d", "d:1696240800"), ("rt", "rt:1696240800"),
]  # fmt: skip


@clause("everyday.patch.head")
def test_p2q_head(mail_daemon):
    mail = b"From: Ann <ann@example.com>\nTo: bob@example.com\nCc: carl@example.com\nSubject: about the ham\n" + (
        b"Date: Mon, 02 Oct 2023 10:00:00 +0000\n\nnothing\n"
    )

    def probe(word, want):
        got = asks(mail_daemon, "-F", "eml", "-w", word, stdin=mail)
        require(got.strip() == want, f"{word} is {got!r}, not {want!r}")

    check_each(HEADS, probe)


@clause("everyday.patch.words")
def test_p2q_words(mail_daemon, repository):
    post = f"dfpost:{repository.ids[1][:7]}"
    cases = [
        ("dfn,OR,dfpost", f"dfn:f.c OR {post}"), ("+dfn,-dfpost", f"+dfn:f.c -{post}"), ("dfn*,dfpost*", f"dfn:f.c* {post}"),
        ("dfn,NEAR/3,dfhh", 'dfn:f.c NEAR/3 dfhh:"line 16 of the file"'),
    ]  # fmt: skip

    def probe(word, want):
        got = asks(mail_daemon, "-F", "eml", "-w", word, stdin=repository.patches[1])
        require(got == want + "\n", f"{word} is {got!r}, not {want!r}")

    check_each(cases, probe)


def patch_of(*lines):
    body = "".join(f"{line}\n" for line in lines)
    return f"Subject: x\n\ndiff --git a/f b/f\nindex 1234567..89abcde\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n{body}".encode()


@clause("everyday.patch.phrases")
def test_p2q_phrases(mail_daemon):
    cases = [
        (["+x = call(arg, other);"], 'dfb:"x = call" dfb:"arg, other"'),
        (["+same", "+same"], "dfb:same"), (["+ a/b.c:10@home-made "], "dfb:a/b.c:10@home-made"), (["+++", "+ ;;"], ""), (["+x"], ""),
        (["+x y|z"], 'dfb:"x y|z"'),
    ]  # fmt: skip

    def probe(lines, want):
        got = asks(mail_daemon, "-F", "eml", "-w", "dfb", stdin=patch_of(*lines))
        require(got == want + "\n", f"{lines} is {got!r}, not {want!r}")

    check_each(cases, probe)


@clause("everyday.patch.outside")
def test_p2q_outside(mail_daemon, repository):
    got = asks(mail_daemon, "-F", "eml", "-w", "dfb,dfpre", stdin=repository.patches[1])
    require("not a line" not in got and "not" not in got.split(), f"is {got!r}")
    signed = patch_of("+inside", "-- ", "+outside", " context")
    got = asks(mail_daemon, "-F", "eml", "-w", "dfb,dfctx", stdin=signed)
    require(got == "dfb:inside\n", f"is {got!r}")


@clause("everyday.patch.uri")
def test_p2q_uri(mail_daemon, repository):
    got = asks(mail_daemon, "--uri", "-F", "eml", "-w", "dfa,dfn", stdin=repository.patches[1])
    require(got == "dfa%3A%22line%2020%20of%20the%20file%22+dfn%3Af.c\n", f"is {got!r}")


@clause("everyday.patch.debug")
def test_p2q_debug(mail_daemon, repository):
    reply = succeeds(mail_daemon, "p2q", "--debug", "-F", "eml", "-", stdin=repository.patches[1])
    found = json.loads(reply.err)
    require(found["dfpost"] == [repository.ids[1][:7]] and found["dfn"] == ["f.c"], f"shows {found!r}")
    require(reply.out == f"dfpost:{repository.ids[1][:7]}\n".encode(), f"is {reply.out!r}")


@clause("everyday.patch.found")
def test_p2q_found(mail_daemon, repository):
    take(mail_daemon, *repository.patches)
    for n, subject in ((-1, "more"), (-2, "twenty")):
        query = asks(mail_daemon, "-C", repository.place, f"HEAD~{-n - 1}")
        rows = succeeds(mail_daemon, "q", "-f", "jsonl", "--stdin", stdin=query.encode()).out
        require(names_in(rows) == [subject], f"{query!r} finds {rows!r}")


# ---- blob ----


MIXED = b"""From: a@example.com
Message-ID: <mixed@example.com>
Content-Type: multipart/mixed; boundary="x"

--x
Content-Type: text/plain

first part
--x
Content-Type: multipart/mixed; boundary="y"

--y
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

AAEC/w==
--y
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

h=C3=A4m
--y--
--x--
"""


@clause("everyday.blob.part")
def test_blob_part(mail_daemon):
    take(mail_daemon, MIXED)
    for part, want in (("1", b"first part"), ("2.1", b"\0\1\2\xff"), ("2.2", "häm".encode())):
        got = succeeds(mail_daemon, "blob", f"{oid(MIXED)}:{part}").out
        require(got.removesuffix(b"\n").removesuffix(b"\r") == want, f"{part} is {got!r}")
    for part in ("2", "3", "1.1"):
        reply = fails(mail_daemon, "blob", f"{oid(MIXED)}:{part}", naming=part)
        require(not reply.out, f"{part} is {reply.out!r}")


def blob(daemon, place, *args):
    return succeeds(daemon, "blob", "-C", place, *args).out


def at(repository, n):
    return git(repository.place, "cat-file", "blob", repository.ids[n])


@clause("everyday.blob.git")
def test_blob_git(mail_daemon, repository):
    for name in (repository.ids[0], repository.ids[0][:8], "HEAD:f.c"):
        want = git(repository.place, "cat-file", "blob", name)
        require(blob(mail_daemon, repository.place, name) == want, f"{name} is another")
    head = blob(mail_daemon, repository.place, "HEAD")
    require(b"more" in head and b"diff --git" in head, f"HEAD is {head!r}")


@clause("everyday.blob.git")
def test_blob_git_dir(mail_daemon, repository):
    work = mail_daemon.place.work
    git(work, "init", "-q", "--bare", "other.git")
    dirs = ["--git-dir", "other.git", f"--git-dir={repository.place}/.git"]
    require(blob(mail_daemon, work, *dirs, repository.ids[1]) == at(repository, 1), "is another")


@clause("everyday.blob.order")
def test_blob_order(mail_daemon, repository):
    take(mail_daemon, eml("ham"), eml("spam"))
    (repository.place / "mail").write_bytes(eml("spam"))
    code = git(repository.place, "hash-object", "-w", "mail").decode().strip()
    require(blob(mail_daemon, repository.place, code) == eml("spam"), "is another")
    require(blob(mail_daemon, repository.place, "--no-mail", code) == eml("spam"), "is not code, too")
    fails(mail_daemon, "blob", "-C", repository.place, "--no-mail", oid(eml("ham")))
    fails(mail_daemon, "blob", "-C", repository.place, "--oid-a=1234567", oid(eml("ham")))
    fails(mail_daemon, "blob", "-C", repository.place, "--mail", repository.ids[0])


@clause("everyday.blob.here")
def test_blob_here(mail_daemon, repository):
    fails(mail_daemon, "blob", "-C", repository.place, "--no-cwd", repository.ids[0])
    fails(mail_daemon, "blob", repository.ids[0])
    fails(mail_daemon, "blob", "--cwd", repository.ids[0])
    args = ["--no-cwd", f"--git-dir={repository.place}/.git"]
    require(blob(mail_daemon, mail_daemon.place.work, *args, repository.ids[0]) == at(repository, 0), "is another")


@pytest.fixture
def base(mail_daemon, repository):
    """A repository with the first of the blobs alone."""
    place = mail_daemon.place.work / "base"
    place.mkdir()
    git(place, "init", "-q")
    git(place, "hash-object", "-w", "--stdin", input=NUMBERS.encode())
    return place


@clause("everyday.blob.patches")
def test_blob_patches(mail_daemon, repository, base):
    git(repository.place, "mv", "f.c", "g h.c")
    repository.commit("move", "g h.c", (repository.place / "g h.c").read_text().replace("line 30", "LINE 30"))
    repository.commit("new", "other", "something new\n")
    take(mail_daemon, *repository.patches[1:])
    for n in range(1, 5):
        require(blob(mail_daemon, base, repository.ids[n]) == at(repository, n), f"blob {n} is another")


@clause("everyday.blob.short")
@each("digits", [7, 9, 40])
def test_blob_short(mail_daemon, repository, base, digits):
    take(mail_daemon, *repository.patches[1:])
    require(blob(mail_daemon, base, repository.ids[2][:digits]) == at(repository, 2), "is another")


@clause("everyday.blob.ways")
def test_blob_ways(mail_daemon, repository, base):
    damaged = repository.patches[1].replace(b"twenty@", b"damaged@").replace(b" line 19", b" line nineteen")
    take(mail_daemon, damaged, *repository.patches[1:])
    require(blob(mail_daemon, base, repository.ids[2]) == at(repository, 2), "is another")


@clause("everyday.blob.hints")
def test_blob_hints(mail_daemon, repository, base):
    take(mail_daemon, *repository.patches[1:])
    want = repository.ids[1]
    for hint in (f"--oid-a={repository.ids[0][:7]}", "--path-a=f.c", "--path-b=f.c"):
        require(blob(mail_daemon, base, hint, want) == at(repository, 1), f"{hint} is another")
    for hint in (f"--oid-a={repository.ids[2][:7]}", "--path-b=g.c"):
        fails(mail_daemon, "blob", "-C", base, hint, want, naming=want)


@clause("everyday.blob.false")
@each("how", ["other", "outside", "circle"])
def test_blob_false(mail_daemon, repository, base, how):
    old, new = repository.ids[0][:7].encode(), repository.ids[1][:7].encode()
    patch = repository.patches[1]
    if how == "other":
        patch = patch.replace(b"+line twenty of", b"+line XX of")
    elif how == "outside":
        patch = patch.replace(b"a/f.c", b"a/../f.c").replace(b"b/f.c", b"b/../f.c")
    else:
        patch = patch.replace(old + b".." + new, b"1234567.." + new)
        take(mail_daemon, patch.replace(b"twenty@", b"back@").replace(b"1234567.." + new, new + b"..1234567"))
    take(mail_daemon, patch)
    reply = fails(mail_daemon, "blob", "-C", base, repository.ids[1], naming=repository.ids[1])
    require(not reply.out, f"wrote {reply.out!r}")


# ---- mail-diff ----


def mail_diff(daemon, *mails, args=(), differs=True):
    reply = daemon.call("mail-diff", "-F", "mboxrd", *args, "-", stdin=mboxrd(*mails), seconds=20.0)
    status = reply.packets[-1] if reply.packets else b"x_it 0"
    require((status not in (b"x_it 0", b"")) == differs, f"ended with {reply.packets!r} {reply.err!r}")
    return reply.out.decode(errors="replace")


@clause("everyday.diff.parts")
def test_diff_parts(mail_daemon):
    one = eml("ham")
    require(mail_diff(mail_daemon, one, one, differs=False) == "", "the same differs")
    require(mail_diff(mail_daemon, one, differs=False) == "", "one differs")
    other = one + b"more\n"
    out = mail_diff(mail_daemon, one, one, other)
    require(out.startswith("diff --git a/a/1.txt b/N2/1.txt\n") and "\n+more\n" in out, f"is {out!r}")
    out = mail_diff(mail_daemon, MIXED, MIXED.replace(b"h=C3=A4m", b"h=61m"))
    require("/2.2.txt" in out and "/1.txt" not in out and "\n+ham\n" in out.replace("\r", ""), f"is {out!r}")


@clause("everyday.diff.decoded")
def test_diff_decoded(mail_daemon):
    plain = b"Message-ID: <x@example.com>\n\nham\n"
    encoded = b"Message-ID: <x@example.com>\nContent-Transfer-Encoding: base64\n\naGFtCg==\n"
    require(mail_diff(mail_daemon, plain, encoded, differs=False) == "", "differs")


@clause("everyday.diff.digest")
def test_diff_digest(mail_daemon):
    one = b"From: A <a@Example.com>\nTo: b\nSubject: x $y @z\nReferences: <r@x>\nDate: Mon, 02 Oct 2023 10:00:00 +0000\n\nham\n\n"
    for old, new in ((b"x $y", b"xx $y"), (b"r@x", b"q@x"), (b"To: b", b"To: c"), (b"Oct", b"Nov"), (b"A <", b"B <")):
        out = mail_diff(mail_daemon, one, one.replace(old, new))
        require("/content_digest" in out and "/1.txt" not in out, f"{new} is {out!r}")
    require(mail_diff(mail_daemon, one, one.replace(b"Example", b"example"), differs=False) == "", "case of domains differs")
    out = mail_diff(mail_daemon, one, one.replace(b"x $y", b"xx $y"), args=["-U9"])
    for line in ('-  "Subject\\0x \\$y \\@z\\0"\n', '+  "Subject\\0xx \\$y \\@z\\0"\n', '   "ref\\0r\\@x\\0"\n'):
        require(line in out, f"no {line!r} in {out!r}")


@clause("everyday.diff.header")
def test_diff_header(mail_daemon):
    one = eml("ham")
    other = one.replace(b"\n\n", b"\nX-Other: yes\n\n", 1)
    require(mail_diff(mail_daemon, one, other, differs=False) == "", "the header differs")
    out = mail_diff(mail_daemon, one, other, args=["--raw-header"])
    require("/1.hdr" in out and "\n+X-Other: yes\n" in out, f"is {out!r}")


@clause("everyday.diff.options")
def test_diff_options(mail_daemon):
    one = eml("ham") + NUMBERS.encode()
    other = one.replace(b"line 20 ", b"line  20 ")
    for option in ("-U0", "--unified=0"):
        out = mail_diff(mail_daemon, one, other, other, args=[option])
        require("\n line 19" not in out and out.count("\n+line  20") == 2, f"{option} is {out!r}")
    require("1.txt" not in mail_diff(mail_daemon, one, other, args=["-w"]), "-w shows blanks")
    require("\33[" in mail_diff(mail_daemon, one, other, args=["--color"]), "no colors")
    require("\33[" not in mail_diff(mail_daemon, one, other, args=["--no-color"]), "colors")


# ---- rediff ----


def rediff(daemon, place, *args, **how):
    return succeeds(daemon, "rediff", "-C", place, *args, **how).out


@clause("everyday.rediff.same")
def test_rediff_same(mail_daemon, repository):
    for mail in repository.patches:
        got = rediff(mail_daemon, repository.place, "-", stdin=mail)
        require(got == mail, f"is {got!r}, not {mail!r}")


def patch_again(repository, *args):
    text = git(repository.place, "format-patch", "-1", "--stdout", *args).split(b"\ndiff --git", 1)[1]
    return b"\ndiff --git" + text


@clause("everyday.rediff.options")
@each("option", ["-U9", "--unified=1", "-W", "--no-prefix", "--src-prefix=x/", "--abbrev=12", "--full-index", "-R", "--word-diff"])
def test_rediff_options(mail_daemon, repository, option):
    got = rediff(mail_daemon, repository.place, option, "-", stdin=repository.patches[2])
    want = patch_again(repository, option)
    require(want in got, f"is {got!r}, not {want!r}")


@clause("everyday.rediff.options")
def test_rediff_order(mail_daemon, repository):
    repository.commit("second", "a.c", "a\n")
    (repository.place / "b.c").write_text("b\n")
    git(repository.place, "add", "b.c")
    git(repository.place, "commit", "-q", "--amend", "-m", "second")
    (repository.place / "order").write_text("b.c\na.c\n")
    mail = b"Subject: x\n\n" + git(repository.place, "format-patch", "-1", "--stdout")
    got = rediff(mail_daemon, repository.place, "-O", "order", "-", stdin=mail)
    require(0 < got.find(b"+++ b/b.c") < got.find(b"+++ b/a.c"), f"is {got!r}")


@clause("everyday.rediff.several")
def test_rediff_several(mail_daemon, repository):
    (repository.place / "other").write_text("x\n")
    repository.commit("both", "f.c", NUMBERS.replace("line 3 ", "line three "))
    git(repository.place, "add", "other")
    git(repository.place, "commit", "-q", "--amend", "--no-edit")
    both = b"Subject: both\n\n" + git(repository.place, "format-patch", "-1", "--stdout")
    got = rediff(mail_daemon, repository.place, "-U0", "-", stdin=both)
    require(patch_again(repository, "-U0") in got, f"is {got!r}")
    (repository.place / "box").write_bytes(mboxrd(*repository.patches[:3]))
    got = rediff(mail_daemon, repository.place, "mboxrd:box")
    require(got == b"".join(repository.patches[:3]), f"is {got!r}")


@clause("everyday.rediff.around")
def test_rediff_around(mail_daemon, repository):
    mail = repository.patches[1].replace(b"index not..this", b"before\n\xc3\xa4 - not a line\n+nor this")
    mail += b"-and in\n the signature\n"
    got = rediff(mail_daemon, repository.place, "-U1", "-", stdin=mail)
    head, tail = mail.split(b"\ndiff --git")[0], mail[mail.index(b"\n-- \n") :]
    require(got.startswith(head) and got.endswith(tail), f"is {got!r}")


@clause("everyday.rediff.bare")
def test_rediff_bare(mail_daemon, repository):
    patch = git(repository.place, "diff", "HEAD~2")
    for args in ([], ["-"], ["--stdin"]):
        got = rediff(mail_daemon, repository.place, "-U1", *args, stdin=patch)
        require(got.lstrip(b"\n") == git(repository.place, "diff", "-U1", "HEAD~2"), f"is {got!r}")


@clause("everyday.rediff.made")
def test_rediff_made(mail_daemon, repository, base):
    got = rediff(mail_daemon, base, "-", stdin=repository.patches[1])
    require(got == repository.patches[1], f"is {got!r}")
    take(mail_daemon, repository.patches[1])
    got = rediff(mail_daemon, base, "-", stdin=repository.patches[2])
    require(got == repository.patches[2], f"is {got!r}")


@clause("everyday.rediff.missing")
def test_rediff_missing(mail_daemon, repository, base):
    reply = fails(mail_daemon, "rediff", "-C", base, "-U0", "-", stdin=repository.patches[2], naming=repository.ids[1][:7])
    require(reply.out == repository.patches[2], f"is {reply.out!r}")


def quoted(mail, mark):
    head, body = mail.split(b"\n\n", 1)
    return head + b"\n\n" + b"".join(mark + line for line in body.splitlines(keepends=True))


@clause("everyday.rediff.requote")
@each("levels", [1, 2])
def test_rediff_requote(mail_daemon, repository, levels):
    plain, mark = repository.patches[1], b"> " * levels
    mail = quoted(plain, mark)
    got = rediff(mail_daemon, repository.place, f"--drq={levels}", "-", stdin=mail)
    require(got == mail, f"is {got!r}, not {mail!r}")
    got = rediff(mail_daemon, repository.place, f"--dequote-only={levels}", "-", stdin=mail)
    require(got == plain, f"is {got!r}, not {plain!r}")
    if levels == 1:
        short = rediff(mail_daemon, repository.place, "--drq", "-U0", "-", stdin=mail)
        require(b"\n> -line 20" in short and b"\n>  line 19" not in short, f"is {short!r}")
    fails(mail_daemon, "rediff", "-C", repository.place, "--drq", "--dequote-only", "-", stdin=mail)


@clause("everyday.rediff.quiet")
def test_rediff_quiet(mail_daemon, repository, base):
    mail = quoted(repository.patches[1], b"> ")
    reply = succeeds(mail_daemon, "rediff", "-C", base, "--drq", "-", stdin=mail)
    require(reply.err == b"", f"said {reply.err!r}")
    require(succeeds(mail_daemon, "rediff", "-C", base, "--drq", "-v", "-", stdin=mail).err != b"", "said nothing")


# ---- git ----

COMMANDS = {
    "p2q": lambda r: ["p2q", "HEAD"], "blob": lambda r: ["blob", r.ids[0]],
    "rediff": lambda r: ["rediff", "../mail.patch"], "mail-diff": lambda r: ["mail-diff", "../mail.patch", "../other.patch"],
}  # fmt: skip


def with_git(daemon, repository, script):
    """The environment in which `git` is a program of ours, or nothing."""
    path = daemon.place.work / "bin"
    path.mkdir()
    for name in ("sh", "sleep"):
        (path / name).symlink_to(f"/usr/bin/{name}")
    if script:
        (path / "git").write_text(f"#!/bin/sh\n{script}\n")
        (path / "git").chmod(0o755)
    (daemon.place.work / "mail.patch").write_bytes(repository.patches[1])
    (daemon.place.work / "other.patch").write_bytes(repository.patches[2])
    return {**daemon.place.env, "PATH": str(path)}


@clause("everyday.git.gone")
@each("how", [param("missing", ""), param("fails", "exit 3"), param("is-killed", "kill -9 $$"), param("talks", "echo nonsense; exit 1")])
@each("command", list(COMMANDS))
def test_git_gone(mail_daemon, repository, command, how):
    args = COMMANDS[command](repository)
    env = with_git(mail_daemon, repository, how)
    reply = mail_daemon.call(args[0], "-C", repository.place, *args[1:], env=env, seconds=20.0)
    require(not reply.succeeded, f"{command} ended with success: {reply.out!r}")
    if command != "mail-diff":
        require(reply.err, "no reason")
        require(b"line 1 of" not in reply.out and b"dfpost" not in reply.out, f"wrote {reply.out!r}")


def hanging(daemon, repository, clock, command):
    """A command whose git does not end."""
    started = daemon.place.work / "started"
    env = with_git(daemon, repository, f"echo $$ >{started}; exec sleep 1000")
    args = COMMANDS[command](repository)
    call = daemon.begin(args[0], "-C", repository.place, *args[1:], env=env)
    clock.poll("git runs", lambda: started.exists() and started.read_text().endswith("\n"))
    return call, int(started.read_text())


@clause("everyday.git.signal")
@each("command", list(COMMANDS))
def test_git_signal(mail_daemon, repository, clock, command):
    call, pid = hanging(mail_daemon, repository, clock, command)
    call.peer.send(b"TERM")
    reply = call.finish()
    require(not reply.succeeded, "ended with success")
    try:
        clock.poll("git is gone", lambda: not system.alive(pid))
    finally:
        if system.alive(pid):
            os.kill(pid, signal.SIGKILL)
    clock.poll("nobody is left", lambda: not mail_daemon.workers())


@clause("everyday.git.left")
@each("end", ["success", "failure", "term", "disconnect"])
@each("command", ["mail-diff", "rediff"])
def test_git_left(mail_daemon, repository, clock, command, end):
    tmp = mail_daemon.place.root / "tmp"
    before = set(os.listdir(tmp))
    if end in ("success", "failure"):
        args = COMMANDS[command](repository)
        env = mail_daemon.place.env
        if end == "failure":
            env = with_git(mail_daemon, repository, "exit 3")
        else:
            for name, n in (("mail.patch", 1), ("other.patch", 2)):
                (mail_daemon.place.work / name).write_bytes(repository.patches[n])
        mail_daemon.call(args[0], "-C", repository.place, *args[1:], env=env, seconds=20.0)
        require(set(os.listdir(tmp)) == before, f"left {os.listdir(tmp)}")
        return
    call, _ = hanging(mail_daemon, repository, clock, command)
    require(command == "rediff" or set(os.listdir(tmp)) != before, "makes none: what is tested here?")
    if end == "term":
        call.peer.send(b"TERM")
        call.finish()
    else:
        call.close()
    clock.poll("nothing is left", lambda: set(os.listdir(tmp)) == before)
