"""spec/everyday.md"""

import json

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
