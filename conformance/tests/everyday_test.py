"""spec/everyday.md"""

import json
import os
import subprocess

import pytest

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
