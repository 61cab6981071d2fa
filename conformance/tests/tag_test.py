"""spec/tag.md, and what spec/output.md says of outputs that are there already"""

import json

from suite.api import clause, each, needs, param, require
from suite.mail import check_each, eml, fails, has, maildir, mboxrd, oid, raw_of, row_of, succeeds

pytestmark = needs("mail")


def take(daemon, *names, args=()):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", *args, "-", stdin=mboxrd(*map(eml, names)))


def tag(daemon, *args, **how):
    return succeeds(daemon, "tag", *args, **how)


def check(daemon, name, kw=(), labels=()):
    row = row_of(daemon, name)
    got = row.get("kw", []), row.get("L", [])
    require(got == (list(kw), list(labels)), f"{name} has {got}, not {(list(kw), list(labels))}")


def put(daemon, name, data):
    (daemon.place.work / name).write_bytes(data)
    return name


def file_of(daemon, name):
    return put(daemon, f"{name}.eml", eml(name))


# ---- tag ----


@clause("tag.set")
def test_beside_others(mail_daemon):
    take(mail_daemon, "ham", "spam", args=["+kw:draft", "+L:old"])
    tag(mail_daemon, file_of(mail_daemon, "ham"), "+kw:seen", "+L:new", "+kw:junk", "+L:other")
    check(mail_daemon, "ham", ["draft", "junk", "seen"], ["new", "old", "other"])
    check(mail_daemon, "spam", ["draft"], ["old"])


@clause("tag.set")
@each("keyword", [param(k, k) for k in "seen answered flagged draft forwarded phishing junk notjunk".split()])
def test_each_keyword(mail_daemon, keyword):
    take(mail_daemon, "ham")
    tag(mail_daemon, f"+kw:{keyword}", file_of(mail_daemon, "ham"))
    check(mail_daemon, "ham", [keyword])
    tag(mail_daemon, f"-kw:{keyword}", file_of(mail_daemon, "ham"))
    check(mail_daemon, "ham")


@clause("tag.clear")
def test_no_others(mail_daemon):
    take(mail_daemon, "ham", args=["+kw:draft", "+kw:seen", "+L:a", "+L:b"])
    file = file_of(mail_daemon, "ham")
    tag(mail_daemon, file, "-kw:draft", "-L:b", "-kw:flagged", "-L:never")
    check(mail_daemon, "ham", ["seen"], ["a"])
    tag(mail_daemon, "-kw:seen", "+kw:junk", "-L:a", file)
    check(mail_daemon, "ham", ["junk"])


@clause("tag.both")
def test_set_and_cleared(mail_daemon):
    take(mail_daemon, "ham", args=["+kw:draft", "+L:a"])
    tag(mail_daemon, file_of(mail_daemon, "ham"), "+kw:draft", "+kw:seen", "+L:a", "+L:b", "-L:b", "-L:a", "-kw:seen", "-kw:draft")
    check(mail_daemon, "ham", ["draft", "seen"], ["a", "b"])


SOURCES = ["file", "stdin", "dash", "mbox", "mbox-stdin", "maildir"]


@clause("tag.sources")
@each("source", [param(s, s) for s in SOURCES])
def test_given_as(mail_daemon, source):
    take(mail_daemon, "ham", "spam")
    both, one = mboxrd(eml("ham"), eml("spam")), eml("ham")
    if source == "file":
        tag(mail_daemon, file_of(mail_daemon, "ham"), file_of(mail_daemon, "spam"), "+L:x")
    elif source in ("stdin", "dash"):
        tag(mail_daemon, "--stdin" if source == "stdin" else "-", "+L:x", stdin=one)
        tag(mail_daemon, "-F", "eml", "-", "+L:x", stdin=eml("spam"))
    elif source == "mbox":
        tag(mail_daemon, "mboxrd:" + put(mail_daemon, "both", both), "+L:x")
    elif source == "mbox-stdin":
        tag(mail_daemon, "-F", "mboxrd", "-", "+L:x", stdin=both)
    else:
        maildir(mail_daemon.place.work / "md", {"cur/a:2,S": one, "new/b": eml("spam")})
        tag(mail_daemon, "md", "+L:x")
    check(mail_daemon, "ham", labels=["x"])
    check(mail_daemon, "spam", labels=["x"])


@clause("tag.same")
def test_another_way(mail_daemon):
    take(mail_daemon, "ham")
    tag(mail_daemon, "-", "+L:x", stdin=b"Received: from elsewhere; Thu, 1 Jan 2004 00:00:00 +0000\n" + eml("ham"))
    check(mail_daemon, "ham", labels=["x"])


@clause("tag.unknown")
def test_counted(mail_daemon):
    take(mail_daemon, "ham")
    data = mboxrd(eml("new"), eml("ham"), eml("newer"))
    reply = mail_daemon.call("tag", "-F", "mboxrd", "-", "+L:x", stdin=data)
    said = reply.err + b"".join(reply.texts)
    require(b"2 unimported messages" in said, f"it says {said!r}")
    check(mail_daemon, "ham", labels=["x"])
    has(mail_daemon, "ham")


@clause("tag.nothing")
def test_nothing_to_do(mail_daemon):
    take(mail_daemon, "ham")
    fails(mail_daemon, "tag", file_of(mail_daemon, "ham"))


@clause("tag.bad")
def test_nothing_is_tagged(mail_daemon):
    take(mail_daemon, "ham")
    file = file_of(mail_daemon, "ham")
    cases = [["+kw:important"], ["-kw:important"], ["+L:In Box"], ["-L:INBOX"], ["missing.eml"]]
    check_each(cases, lambda bad: fails(mail_daemon, "tag", file, "+kw:seen", bad, naming=bad.split(":")[-1]))
    check(mail_daemon, "ham")


@clause("tag.named")
def test_by_name(mail_daemon):
    take(mail_daemon, "ham", "spam", "third")
    tag(mail_daemon, f"--oid={oid(eml('ham'))}", "--mid=spam@example.com", "--mid", "<third@example.com>", "+kw:seen")
    for name in ("ham", "spam", "third"):
        check(mail_daemon, name, ["seen"])
    reply = mail_daemon.call("tag", f"--oid={'0' * 40}", "--mid=nobody@example.com", "+kw:seen")
    require(b"2 unimported" in reply.err, f"it says {reply.err!r}")


@clause("tag.written")
def test_same_bytes(mail_daemon):
    take(mail_daemon, "ham")
    tag(mail_daemon, file_of(mail_daemon, "ham"), "+kw:seen", "+L:x")
    require(raw_of(mail_daemon, "ham") == eml("ham"), "the bytes have changed")


# ---- inspect ----


def inspect(daemon, *args, **how):
    return json.loads(succeeds(daemon, "inspect", *args, **how).out)


@clause("tag.inspect.blob")
def test_number(mail_daemon):
    take(mail_daemon, "ham", "spam")
    numbers = [inspect(mail_daemon, f"blob:{oid(eml(name))}").get("lei/store") for name in ("ham", "spam")]
    for got in numbers:
        require(isinstance(got, list) and len(got) == 1 and isinstance(got[0], int), f"lei/store is {got}")
    require(numbers[0] != numbers[1], "two messages have one number")


@clause("tag.inspect.lacking")
def test_lacking(mail_daemon):
    take(mail_daemon, "ham")
    maildir(mail_daemon.place.work / "md", {"cur/a:2,S": eml("spam")})
    succeeds(mail_daemon, "import", "-q", "md")
    got = inspect(mail_daemon, f"blob:{'0' * 40}")
    require(got == {}, f"of no blob it knows {got}")
    got = inspect(mail_daemon, "maildir:/nowhere")
    require(got == {"maildir:/nowhere": None}, f"of no folder it knows {got}")


@clause("tag.inspect.mid")
def test_message(mail_daemon):
    take(mail_daemon, "ham")
    got = inspect(mail_daemon, "mid:ham@example.com")
    require(got.get("mid") == "ham@example.com", f"it is {got}")
    (one,) = got["smsg"]
    require(one["blob"] == oid(eml("ham")) and one["mid"] == "ham@example.com", f"smsg is {one}")
    bad = [k for k in ("subject", "from", "to", "cc", "references") if not isinstance(one.get(k), str)]
    bad += [k for k in ("ds", "ts") if not isinstance(one.get(k), int)]
    require(not bad, f"{bad} of {one}")


@clause("tag.inspect.several")
def test_in_order(mail_daemon):
    take(mail_daemon, "ham")
    got = inspect(mail_daemon, "mid:b@example.com", f"blob:{oid(eml('ham'))}", "mid:a@example.com")
    require([sorted(x) for x in got] == [["mid"], ["lei/store"], ["mid"]], f"it is {got}")
    require([x.get("mid") for x in got] == ["b@example.com", None, "a@example.com"], f"it is {got}")


@clause("tag.inspect.stdin")
def test_a_message(mail_daemon):
    take(mail_daemon, "ham")
    got = inspect(mail_daemon, "-", stdin=eml("ham"))
    require(len(got) == 2 and "lei/store" in got[0] and got[1]["mid"] == "ham@example.com", f"it is {got}")


@clause("tag.inspect.pretty")
def test_lines(mail_daemon):
    take(mail_daemon, "ham")
    item = "mid:ham@example.com"
    plain = succeeds(mail_daemon, "inspect", item).out
    out = succeeds(mail_daemon, "inspect", "--pretty", item).out
    require(json.loads(out) == json.loads(plain), "it is something else")
    require(len(out.splitlines()) > len(plain.splitlines()), f"it is {out!r}")


@clause("tag.inspect.odd")
def test_named(mail_daemon):
    take(mail_daemon, "ham")
    check_each([["ham"], ["what:ever"]], lambda item: fails(mail_daemon, "inspect", item, naming=item))


# ---- outputs that are there ----


def results(daemon, kind, *args):
    place = "maildir:out" if kind == "maildir" else "mboxrd:out"
    return succeeds(daemon, "q", "-q", "-o", place, *args)


def mark_flagged(daemon, kind):
    """As a mail reader does, in the one message that is there."""
    path = daemon.place.work / "out"
    if kind == "maildir":
        (file,) = [*(path / "cur").iterdir(), *(path / "new").iterdir()]
        file.rename(path / "cur" / (file.name.partition(":")[0] + ":2,F"))
    else:
        path.write_bytes(path.read_bytes().replace(b"\nSubject:", b"\nX-Status: F\nSubject:", 1))


def add(daemon, kind, name):
    path = daemon.place.work / "out"
    if kind == "maildir":
        (path / "new" / name).write_bytes(eml(name))
    else:
        path.write_bytes(path.read_bytes() + mboxrd(eml(name)))


KINDS = [param("maildir", "maildir"), param("mbox", "mbox")]


@clause("output.before.keywords")
@each("kind", KINDS)
@each("how", [param("replaced", []), param("augmented", ["--augment"])])
def test_keywords_first(mail_daemon, kind, how):
    take(mail_daemon, "ham", "spam")
    results(mail_daemon, kind, "mid:ham@example.com")
    mark_flagged(mail_daemon, kind)
    results(mail_daemon, kind, *how, "mid:spam@example.com")
    check(mail_daemon, "ham", ["flagged"])


@clause("output.before.mail")
@each("kind", KINDS)
def test_mail_first(mail_daemon, kind):
    take(mail_daemon, "ham", "spam")
    results(mail_daemon, kind, "mid:ham@example.com")
    add(mail_daemon, kind, "late")
    results(mail_daemon, kind, "mid:spam@example.com")
    has(mail_daemon, "ham", "spam", "late")
    require(raw_of(mail_daemon, "late") == eml("late"), "it is something else")


@clause("output.before.off")
@each("kind", KINDS)
def test_not_taken(mail_daemon, kind):
    take(mail_daemon, "ham", "spam")
    results(mail_daemon, kind, "mid:ham@example.com")
    add(mail_daemon, kind, "late")
    results(mail_daemon, kind, "--no-import-before", "mid:spam@example.com")
    has(mail_daemon, "ham", "spam")


@clause("output.before.alone")
def test_only_copy(mail_daemon):
    maildir(mail_daemon.place.work / "out", {"cur/a:2,": eml("ham")})
    succeeds(mail_daemon, "index", "-q", "out")
    mail_daemon.call("q", "-q", "-o", "maildir:out", "mid:nobody@example.com")
    mail_daemon.call("q", "-q", "--no-import-before", "-o", "maildir:out", "mid:nobody@example.com")
    require(raw_of(mail_daemon, "ham") == eml("ham"), "it is something else")
