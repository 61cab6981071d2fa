"""spec/thread.md"""

import itertools
import json
import re

from suite.api import clause, each, ids, needs, param, require
from suite.mail import check_each, eml, mboxrd, succeeds
from suite.maildir import flush

pytestmark = needs("mail")


def mail(name, refs="", more="", id=None, **how):
    """A message that names others by References."""
    lines = [f"References: {' '.join(f'<{r}@example.com>' for r in refs.split())}"] if refs else []
    data = eml(name, more="\n".join([*lines, *([more] if more else [])]), **how)
    if id is None:
        return data
    return re.sub(rb"Message-ID: .*\n", f"Message-ID: <{id}@example.com>\n".encode() if id else b"", data)


def filled(daemon, *mails):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*mails))


def rows(daemon, *args):
    reply = succeeds(daemon, "q", "-f", "jsonl", *args)
    return [json.loads(line) for line in reply.out.splitlines()]


def subjects(daemon, *args):
    return [row["s"].removeprefix("about ") for row in rows(daemon, *args)]


def thread(daemon, name):
    """The names of all that belong to it."""
    return " ".join(sorted(subjects(daemon, "-t", f"s:{name}")))


FAMILY = [mail("root", body="plum\n"), mail("child", "root"), mail("alone", body="plum\n"), mail("grandchild", "root child", body="plum\n"), mail("cousin", "root")]


@clause("thread.members")
@each("how", [param("short", "-t"), param("long", "--threads")])
def test_whole_threads(mail_daemon, how):
    filled(mail_daemon, *FAMILY)
    cases = [
        ("child", "child cousin grandchild root"),
        ("root", "child cousin grandchild root"),
        ("alone", "alone"),
        ("nobody", ""),
    ]

    def probe(name, expected):
        got = " ".join(sorted(subjects(mail_daemon, how, f"s:{name}")))
        require(got == expected, f"finds {got}")

    check_each(cases, probe)
    assert sorted(subjects(mail_daemon, how, "b:plum")) == ["alone", "child", "cousin", "grandchild", "root"]
    assert sorted(subjects(mail_daemon, "b:plum")) == ["alone", "grandchild", "root"]


@clause("thread.members")
@each("format", [param("mboxrd", "mboxrd"), param("text", "text"), param("json", "json"), param("concatjson", "concatjson")])
def test_in_every_format(mail_daemon, format):
    filled(mail_daemon, *FAMILY)
    out = succeeds(mail_daemon, "q", "-t", "-f", format, "s:child").out
    got = sorted(re.findall(rb"about (\w+)", out))
    require(got == [b"child", b"cousin", b"grandchild", b"root"], f"writes {got}")


@clause("thread.members")
@each("where", [param("maildir", "md"), param("mailbox", "mboxrd:box")])
def test_to_a_place(mail_daemon, where):
    filled(mail_daemon, *FAMILY)
    succeeds(mail_daemon, "q", "-q", "-t", "-o", where, "s:child")
    work = mail_daemon.place.work
    data = (work / "box").read_bytes() if where != "md" else b"".join(f.read_bytes() for f in (work / "md" / "cur").iterdir())
    got = sorted(re.findall(rb"about (\w+)", data))
    require(got == [b"child", b"cousin", b"grandchild", b"root"], f"writes {got}")
    mail_daemon.settle()


@clause("thread.references")
def test_what_holds_them_together(mail_daemon):
    filled(
        mail_daemon,
        mail("a"),
        mail("b", "a"),
        mail("c", more="In-Reply-To: <b@example.com>"),
        mail("d", "nothing c nothing2"),
        mail("e", more="In-Reply-To: Your message of Monday"),
        mail("f", more="Subject-Thread: a"),
    )
    cases = [("a", "a b c d"), ("c", "a b c d"), ("d", "a b c d"), ("e", "e"), ("f", "f")]
    check_each(cases, lambda name, all: require(thread(mail_daemon, name) == all, f"with {thread(mail_daemon, name)}"))
    filled(mail_daemon, re.sub(rb"Subject: .*", b"Subject: Re: about a", mail("same")))
    assert ids(mail_daemon, "-t", "m:same@example.com") == ["same"]


@clause("thread.ghost")
def test_nobody_has_the_id(mail_daemon):
    filled(mail_daemon, mail("one", "lost"), mail("two", "lost"), mail("three", "other"))
    cases = [("one", "one two"), ("two", "one two"), ("three", "three")]
    check_each(cases, lambda name, all: require(thread(mail_daemon, name) == all, f"with {thread(mail_daemon, name)}"))


@clause("thread.ghost")
def test_it_comes(mail_daemon):
    filled(mail_daemon, mail("one", "lost"), mail("two", "lost"), mail("three", "other"), mail("four"))
    filled(mail_daemon, mail("lost", "other"))
    assert thread(mail_daemon, "one") == "lost one three two"
    assert thread(mail_daemon, "four") == "four"
    filled(mail_daemon, mail("other", "four"))
    assert thread(mail_daemon, "four") == "four lost one other three two"


@clause("thread.same-id")
def test_one_id_for_two(mail_daemon):
    filled(mail_daemon, mail("one", id="twin"), mail("two", "far", id="twin"), mail("three", "twin"), mail("four"))
    assert thread(mail_daemon, "one") == "one three two"
    filled(mail_daemon, mail("far"))
    assert thread(mail_daemon, "one") == "far one three two"


@clause("thread.same-id")
@each("field", [param("second", "Message-ID"), param("alternative", "X-Alt-Message-ID")])
def test_several_ids(mail_daemon, field):
    filled(mail_daemon, mail("one", more=f"{field}: <more@example.com>"), mail("two", "more"), mail("three"))
    assert thread(mail_daemon, "one") == "one two"
    assert thread(mail_daemon, "two") == "one two"


@clause("thread.no-id")
def test_drafts(mail_daemon):
    filled(mail_daemon, mail("root"), mail("draft", "root", id=""), mail("other", id=""))
    assert thread(mail_daemon, "draft") == "draft root"
    assert thread(mail_daemon, "other") == "other"


@clause("thread.any-order")
def test_every_order(mail_daemon):
    """Four messages: one answers another, and a ghost ties the other two."""
    groups = []
    for n, order in enumerate(itertools.permutations(range(4))):
        names = [f"t{n}{letter}" for letter in "abcd"]
        refs = ["", f"t{n}a", f"t{n}x t{n}b", f"t{n}x"]
        groups.append((order, names, [mail(names[i], refs[i]) for i in order]))
    filled(mail_daemon, *itertools.chain.from_iterable(mails for _, _, mails in groups))
    for order, names, _ in groups:
        got = ids(mail_daemon, "-t", f"mid:{names[order[0]]}@example.com")
        require(got == names, f"imported as {order}, it is with {got}")


LONG = "x" * 10_000


@clause("thread.odd")
def test_circles_and_long_ids(mail_daemon):
    filled(
        mail_daemon,
        mail("a", "c"),
        mail("b", "a"),
        mail("c", "b"),
        mail("self", "self"),
        mail("long", id=LONG),
        mail("answer", LONG),
        mail("second", f"long2{LONG}"),
        mail("third", f"long2{LONG}"),
        mail("many", " ".join(f"r{n}" for n in range(900))),
        mail("last", "r899"),
    )
    cases = [("a", "a b c"), ("b", "a b c"), ("self", "self"), ("long", "answer long"), ("answer", "answer long"), ("second", "second third"), ("last", "last many")]
    check_each(cases, lambda name, all: require(thread(mail_daemon, name) == all, f"with {thread(mail_daemon, name)}"))


# ---- which, and in what order ----


def dated(name, day, refs="", body="plum\n"):
    return re.sub(rb"Date: .*", f"Date: Mon, {day:02d} Oct 2023 10:00:00 +0000".encode(), mail(name, refs, body=body))


def numbered(daemon):
    """Imported in an order that is not that of their dates."""
    filled(
        daemon,
        dated("a1", 1, body="pear\n"),
        dated("b1", 9),
        dated("a2", 7, "a1"),
        dated("c1", 3),
        dated("b2", 4, "b1", body="pear\n"),
        dated("a3", 8, "a2"),
    )


@clause("thread.order")
@each(
    "args,expected",
    [
        param("received", [], "b1 b2 a1 a2 a3 c1"),
        param("named", ["--sort=received"], "b1 b2 a1 a2 a3 c1"),
        param("reverse", ["-r"], "c1 a1 a2 a3 b1 b2"),
        param("import", ["--sort=docid"], "a1 a2 a3 c1 b1 b2"),
        param("import-reverse", ["--sort=docid", "-r"], "b1 b2 a1 a2 a3 c1"),
    ],
)
def test_order(mail_daemon, args, expected):
    numbered(mail_daemon)
    assert " ".join(subjects(mail_daemon, "-t", *args, "b:plum")) == expected


@clause("thread.order")
def test_best_first(mail_daemon):
    filled(mail_daemon, mail("few", body="plum " + "bread " * 60 + "\n"), mail("many", body="plum " * 60 + "\n"), mail("child", "few"), mail("other", "many"))
    assert subjects(mail_daemon, "-t", "--sort=relevance", "b:plum") == ["many", "other", "few", "child"]


@clause("thread.limit")
def test_matches_are_counted(mail_daemon):
    numbered(mail_daemon)
    cases = [
        (["-n1"], "b1 b2"),
        (["-2"], "b1 b2 a1 a2 a3"),
        (["--limit=3"], "b1 b2 a1 a2 a3"),
        (["--limit=4"], "b1 b2 a1 a2 a3 c1"),
        (["--offset=1", "-n1"], "a1 a2 a3"),
        (["--offset=3"], "c1"),
        (["--offset=4"], ""),
        (["-r", "-n1"], "c1"),
    ]

    def probe(args, expected):
        got = " ".join(subjects(mail_daemon, "-t", *args, "b:plum"))
        require(got == expected, f"writes {got}")

    check_each(cases, probe)


# ---- matches among them ----

FLAGGED = ["child", "root"]


def with_matches(daemon):
    filled(daemon, mail("root", body="plum\n"), mail("child", "root", body="plum\n", more="Status: RO"), mail("other", "child"), mail("third", "root"))


TWICE = [param("bundled", ["-tt"]), param("short", ["-t", "-t"]), param("long", ["--threads", "--threads"])]


@clause("thread.flagged")
@each("args", TWICE)
def test_matches_are_flagged(mail_daemon, args):
    with_matches(mail_daemon)
    got = {row["s"].removeprefix("about "): row.get("kw", []) for row in rows(mail_daemon, *args, "b:plum")}
    assert got == {"root": ["flagged"], "child": ["flagged", "seen"], "other": [], "third": []}
    once = rows(mail_daemon, "-t", "b:plum")
    require(len(once) == 4 and not any("flagged" in row.get("kw", []) for row in once), f"-t alone flags: {once}")


@clause("thread.flagged")
def test_matches_are_flagged_in_mail(mail_daemon):
    with_matches(mail_daemon)
    out = succeeds(mail_daemon, "q", "-tt", "-f", "mboxrd", "b:plum").out
    marked = {name.decode(): b"X-Status: F" in part for part in out.split(b"\nFrom ") for name in re.findall(rb"about (\w+)", part)}
    assert sorted(n for n, flagged in marked.items() if flagged) == FLAGGED
    assert len(marked) == 4
    succeeds(mail_daemon, "q", "-q", "-tt", "-o", "md", "b:plum")
    assert in_place(mail_daemon) == {"root": "F", "child": "FS", "other": "", "third": ""}
    mail_daemon.settle()


def in_place(daemon):
    """{name: flags} of the Maildir."""
    ret = {}
    for file in (daemon.place.work / "md" / "cur").iterdir():
        ret[re.search(rb"about (\w+)", file.read_bytes())[1].decode()] = file.name.partition(":2,")[2]
    return ret


@clause("thread.flagged.output")
def test_the_store_is_not(mail_daemon):
    with_matches(mail_daemon)
    succeeds(mail_daemon, "q", "-q", "-tt", "-o", "md", "b:plum")
    require(not rows(mail_daemon, "kw:flagged"), "the store has them flagged")
    mail_daemon.settle()


@clause("thread.match")
def test_relevance_of_matches(mail_daemon):
    with_matches(mail_daemon)
    got = {row["s"].removeprefix("about "): "pct" in row for row in rows(mail_daemon, "-t", "b:plum")}
    assert got == {"root": True, "child": True, "other": False, "third": False}


@clause("thread.flagged.output")
def test_flags_in_a_maildir(watch_daemon):
    with_matches(watch_daemon)
    succeeds(watch_daemon, "q", "-q", "-tt", "-o", "md", "b:plum")
    for _ in range(2):
        flush(watch_daemon)
        assert in_place(watch_daemon) == {"root": "F", "child": "FS", "other": "", "third": ""}
        succeeds(watch_daemon, "tag", "+kw:answered", "--mid=root@example.com")
        succeeds(watch_daemon, "tag", "-kw:answered", "--mid=root@example.com")
    succeeds(watch_daemon, "tag", "+kw:answered", "--mid=root@example.com")
    flush(watch_daemon)
    assert in_place(watch_daemon)["root"] == "FR"
    cur = watch_daemon.place.work / "md" / "cur"
    for file in cur.iterdir():
        if file.name.endswith(":2,FR"):
            file.rename(cur / file.name.replace(":2,FR", ":2,RS"))
    flush(watch_daemon)
    require(not rows(watch_daemon, "kw:flagged"), "the store has them flagged")
    assert {row["s"]: row["kw"] for row in rows(watch_daemon, "s:root")} == {"about root": ["answered", "seen"]}
    assert in_place(watch_daemon)["root"] == "RS"


# ---- other commands ----


@clause("thread.removed")
def test_without_the_root(mail_daemon):
    data = mail("root", "far")
    filled(mail_daemon, data, mail("one", "root"), mail("two", "root"), mail("distant", "far"), mail("alone"))
    succeeds(mail_daemon, "rm", "-q", "-F", "eml", "-", stdin=data)
    assert thread(mail_daemon, "one") == "distant one two"
    filled(mail_daemon, mail("three", "root"))
    assert thread(mail_daemon, "one") == "distant one three two"
    filled(mail_daemon, data)
    assert thread(mail_daemon, "two") == "distant one root three two"
    assert thread(mail_daemon, "alone") == "alone"


@clause("thread.reindex")
def test_made_anew(mail_daemon):
    filled(mail_daemon, *FAMILY, mail("orphan", "lost"), mail("sibling", "lost"))
    for _ in range(2):
        succeeds(mail_daemon, "reindex", "-q")
        assert thread(mail_daemon, "child") == "child cousin grandchild root"
        assert thread(mail_daemon, "orphan") == "orphan sibling"
    filled(mail_daemon, mail("late", "lost"))
    assert thread(mail_daemon, "orphan") == "late orphan sibling"


@clause("thread.reindex")
def test_made_anew_without_what_tied_them(mail_daemon):
    """What a removed message held together stays so then, too."""
    root = mail("root", "far")
    filled(mail_daemon, root, mail("one", "root"), mail("distant", "far"), mail("draft", "one", id=""), mail("alone"))
    succeeds(mail_daemon, "rm", "-q", "-F", "eml", "-", stdin=root)
    for _ in range(2):
        succeeds(mail_daemon, "reindex", "-q")
        assert thread(mail_daemon, "distant") == "distant draft one"
        assert thread(mail_daemon, "alone") == "alone"
    filled(mail_daemon, root)
    assert thread(mail_daemon, "one") == "distant draft one root"


@clause("thread.copy")
def test_of_copies(mail_daemon):
    """A copy that differs in nothing but a further Message-ID has tied two threads."""
    filled(mail_daemon, mail("one"), mail("two"), mail("two", more="X-Alt-Message-ID: <one@example.com>"))
    for _ in range(2):
        assert thread(mail_daemon, "one") == "one two"
        succeeds(mail_daemon, "reindex", "-q")
    assert thread(mail_daemon, "two") == "one two"


@clause("thread.external")
def test_of_several_stores(daemon):
    filled(daemon, mail("root"), mail("ours", "root", body="plum\n"), mail("both", "root"))
    env = {k: v for k, v in daemon.place.env.items() if not k.startswith("XDG_DATA")}
    env["HOME"] = str(daemon.place.root / "other")
    (daemon.place.root / "other").mkdir()
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", env=env, stdin=mboxrd(mail("both", "root"), mail("theirs", "both", body="plum\n"), mail("strange")))
    share = daemon.place.root / "other" / ".local" / "share" / "lei"
    succeeds(daemon, "add-external", "-q", next(p for p in share.iterdir() if p.is_dir()))
    assert sorted(subjects(daemon, "-t", "b:plum")) == ["both", "ours", "root", "theirs"]
    got = {row["s"].removeprefix("about "): row.get("kw", []) for row in rows(daemon, "-tt", "b:plum")}
    assert got == {"both": [], "ours": ["flagged"], "root": [], "theirs": ["flagged"]}
    assert len(subjects(daemon, "-t", "-n1", "b:plum")) in (2, 3)
    daemon.settle()


@clause("thread.saved")
@each("where", [param("maildir", "md"), param("mailbox", "mboxrd:box")])
def test_up(mail_daemon, where):
    filled(mail_daemon, mail("root", body="plum\n"), mail("one", "root"), mail("alone"))
    succeeds(mail_daemon, "q", "-q", "-t", "-o", where, "b:plum")
    filled(mail_daemon, mail("two", "one"), mail("more"))
    path = mail_daemon.place.work / where.removeprefix("mboxrd:")
    for _ in range(2):
        succeeds(mail_daemon, "up", "-q", path)
        files = [path] if path.is_file() else [*(path / "cur").iterdir(), *(path / "new").iterdir()]
        got = sorted(name for f in files for name in re.findall(rb"about (\w+)", f.read_bytes()))
        require(got == [b"one", b"root", b"two"], f"holds {got}")
    mail_daemon.settle()


@clause("thread.lcat")
def test_link(mail_daemon):
    filled(mail_daemon, *FAMILY)
    whole, one = (succeeds(mail_daemon, "lcat", f"https://example.org/list/child@example.com/{end}").out for end in ("T/", ""))
    assert sorted(re.findall(rb"about (\w+)", whole)) == [b"child", b"cousin", b"grandchild", b"root"]
    assert re.findall(rb"about (\w+)", one) == [b"child"]
