"""spec/external.md"""

import json
import shutil

from suite.api import clause, each, needs, param, require
from suite.mail import eml, fails, maildir, mboxrd, oid, succeeds

pytestmark = needs("mail", "config")


def home(daemon, name):
    """The environment of another user of this daemon."""
    path = daemon.place.root / name
    path.mkdir(exist_ok=True)
    gone = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    return {k: v for k, v in daemon.place.env.items() if k not in gone} | {"HOME": str(path)}


def other(daemon, name, *mails, args=()):
    """A store of somebody else that holds these messages: its directory."""
    env = home(daemon, name)
    mails = mails or (eml(f"in-{name}"),)
    succeeds(daemon, "import", "-q", "-F", "mboxrd", *args, "-", stdin=mboxrd(*mails), env=env)
    share = daemon.place.root / name / ".local" / "share" / "lei"
    stores = [p for p in sorted(share.iterdir()) if p.is_dir()]
    require(len(stores) == 1, f"not one store in {share}: {stores}")
    daemon.settle()
    return stores[0]


def listed(daemon, *args):
    return succeeds(daemon, "ls-external", *args).out.decode().splitlines()


def locations(daemon, *args):
    return [line.rsplit(" boost=", 1)[0] for line in listed(daemon, *args)]


def configured(daemon, *numbers):
    """Externals that nobody can search, for lists of them: /nowhere/aN, with these numbers."""
    for i, number in enumerate(numbers):
        succeeds(daemon, "config", f"external./nowhere/a{i}.boost", str(number))


# ---- which there are -----------------------------------------------------------------------


@clause("external.add.store")
@each("form", [param("absolute", "{}"), param("slash", "{}/"), param("relative", "../other/.local/share/lei/{name}")])
def test_add(daemon, form):
    path = other(daemon, "other")
    for _ in range(2):
        succeeds(daemon, "add-external", form.format(path, name=path.name))
    require(listed(daemon) == [f"{path} boost=0"], f"{listed(daemon)}")
    got = succeeds(daemon, "config", f"external.{path}.boost").out
    require(got == b"0\n", f"the configuration says {got!r}")


@clause("external.add.boost")
def test_boost(daemon):
    path = other(daemon, "other")
    for args, number in (((), 0), (("--boost=7",), 7), (("--boost", "-3"), -3), (("--boost=-3",), -3), ((), 0)):
        succeeds(daemon, "add-external", *args, path)
        require(listed(daemon) == [f"{path} boost={number}"], f"{args}: {listed(daemon)}")


@clause("external.add.boost")
def test_boost_is_a_number(daemon):
    path = other(daemon, "other")
    fails(daemon, "add-external", "--boost=much", path, naming="boost")
    require(listed(daemon) == [], "it was added all the same")


@clause("external.add.missing")
@each("what", [param("nothing", None), param("file", b"")])
def test_add_missing(daemon, what):
    if what is not None:
        (daemon.place.work / "here").write_bytes(what)
    fails(daemon, "add-external", "here", naming="here")
    require(listed(daemon) == [], "it was added all the same")


@clause("external.add.refused")
@each("what", [param("empty", "empty"), param("above", ".."), param("url", "https://example.com/inbox/")])
def test_add_refused(daemon, what):
    (daemon.place.work / "empty").mkdir()
    fails(daemon, "add-external", what, naming=what.strip("."))
    require(listed(daemon) == [], "it was added all the same")


@clause("external.add.refused")
@each("mark", [param("inbox", "inbox.lock"), param("external-index", "ei.lock"), param("old", "public-inbox")])
def test_add_another_format(daemon, mark):
    place = daemon.place.work / "inbox"
    place.mkdir()
    (place / mark).touch()
    fails(daemon, "add-external", "inbox", naming="public-inbox")
    require(listed(daemon) == [], "it was added all the same")


@clause("external.list.order")
def test_order(daemon):
    configured(daemon, 0, 5, -2, 5, 10)
    expected = ["/nowhere/a4 boost=10", "/nowhere/a1 boost=5", "/nowhere/a3 boost=5"]
    expected += ["/nowhere/a0 boost=0", "/nowhere/a2 boost=-2"]
    require(listed(daemon) == expected, f"{listed(daemon)}")


@clause("external.list.config")
def test_configuration(daemon):
    configured(daemon, 1, 2)
    succeeds(daemon, "config", "--unset", "external./nowhere/a1.boost")
    require(listed(daemon) == ["/nowhere/a0 boost=1"], f"{listed(daemon)}")


@clause("external.list.override")
def test_override(daemon):
    configured(daemon, 1)
    got = succeeds(daemon, "-c", "external./nowhere/a0.boost=4", "ls-external").out.decode()
    require(got == "/nowhere/a0 boost=4\n", f"with -c: {got!r}")


@clause("external.list.filter")
def test_filter(daemon):
    for name in ("/mail/abc", "/mail/abd/store", "/mail/x.c", "/mail/a*c", "https://example.com/list/"):
        succeeds(daemon, "config", f"external.{name}.boost", "0")
    cases = {
        ("abc",): ["/mail/abc"],
        ("mail",): [],
        ("list",): ["https://example.com/list/"],
        ("ab",): [],
        ("mail/ab",): ["/mail/abc", "/mail/abd/store"],
        ("ab?",): ["/mail/abc", "/mail/abd/store"],
        ("/mail/*store",): [],
        ("/mail/*/store",): ["/mail/abd/store"],
        ("/[ax]*c",): ["/mail/a*c", "/mail/abc", "/mail/x.c"],
        ("x?c",): ["/mail/x.c"],
        ("--globoff", "a*c"): ["/mail/a*c"],
        ("-g", "l/a*"): ["/mail/a*c"],
        ("-g", "ab?"): [],
    }
    for args, expected in cases.items():
        got = locations(daemon, *args)
        require(got == expected, f"{args}: {got}")


@clause("external.list.invert")
@each("option", [param("long", "--invert-match"), param("short", "-v")])
def test_invert(daemon, option):
    configured(daemon, 0, 0, 0)
    require(locations(daemon, option, "a1") == ["/nowhere/a0", "/nowhere/a2"], f"{locations(daemon, option, 'a1')}")
    require(locations(daemon, option, "*a[01]") == ["/nowhere/a2"], f"{locations(daemon, option, '*a[01]')}")


@clause("external.list.where")
def test_where(daemon):
    configured(daemon, 0)
    succeeds(daemon, "config", "external.https://example.com/x/.boost", "1")
    paths, urls = ["/nowhere/a0"], ["https://example.com/x/"]
    for args, expected in (("--local",), paths), (("--remote",), urls), (("--local", "--remote"), urls + paths):
        require(locations(daemon, *args) == expected, f"{args}: {locations(daemon, *args)}")


@clause("external.list.nul")
@each("option", [param("z", "-z"), param("zero", "-0")])
def test_nul(daemon, option):
    configured(daemon, 3, 1)
    got = succeeds(daemon, "ls-external", option).out
    require(got == b"/nowhere/a0\0boost=3\0\0/nowhere/a1\0boost=1\0\0", f"{got!r}")


@clause("external.list.json")
def test_json(daemon):
    configured(daemon, 3)
    succeeds(daemon, "config", 'external./a "quoted" one.boost', "-1")
    out = succeeds(daemon, "ls-external", "-f", "json").out
    require(out.startswith(b"["), f"no JSON: {out!r}")
    got = json.loads(out)
    expected = [{"location": "/nowhere/a0", "boost": 3}, {"location": '/a "quoted" one', "boost": -1}]
    require(got == expected, f"{got}")


@clause("external.forget.named")
@each("form", [param("absolute", "{}"), param("slash", "{}/"), param("relative", "../other/.local/share/lei/{name}")])
def test_forget(daemon, form):
    path = other(daemon, "other")
    configured(daemon, 1, 2)
    succeeds(daemon, "add-external", path)
    reply = succeeds(daemon, "forget-external", form.format(path, name=path.name), "/nowhere/a0")
    require(str(path).encode() in reply.err and b"a0" in reply.err, f"no feedback: {reply.err!r}")
    require(locations(daemon) == ["/nowhere/a1"], f"{locations(daemon)}")
    require(path.is_dir() and list(path.iterdir()), "the store itself has gone")


@clause("external.forget.named")
def test_forget_gone(daemon):
    """Nothing needs to be there any more."""
    configured(daemon, 1)
    succeeds(daemon, "config", "external.https://example.com/x/.boost", "0")
    reply = succeeds(daemon, "forget-external", "-q", "/nowhere/a0/", "https://example.com/x")
    require(b"forgotten" not in reply.err, f"feedback with -q: {reply.err!r}")
    require(locations(daemon) == [], f"{locations(daemon)}")


@clause("external.forget.unknown")
def test_forget_unknown(daemon):
    configured(daemon, 1)
    reply = succeeds(daemon, "forget-external", "elsewhere", "/nowhere/a0")
    require(b"elsewhere not found" in reply.err, f"not told: {reply.err!r}")
    require(locations(daemon) == [], f"{locations(daemon)}")


@clause("external.forget.prune")
def test_prune(daemon):
    path = other(daemon, "other")
    gone = other(daemon, "gone")
    succeeds(daemon, "add-external", path)
    succeeds(daemon, "add-external", gone)
    configured(daemon, 1)
    succeeds(daemon, "config", "external.https://example.com/x/.boost", "0")
    daemon.settle()
    shutil.rmtree(gone)
    succeeds(daemon, "forget-external", "--prune")
    require(locations(daemon) == [str(path), "https://example.com/x/"], f"{locations(daemon)}")


def offered(daemon, *words):
    return succeeds(daemon, "_complete", "lei", *words).out.decode().splitlines()


@clause("external.complete")
@each("words", [param("forget", ("forget-external",)), *(param(f"q{o}", ("q", o)) for o in ("-I", "--only", "--exclude"))])
def test_complete(daemon, words):
    configured(daemon, 0, 0)
    succeeds(daemon, "config", "external./nowhere/b/a0.boost", "0")
    got = offered(daemon, *words, "/nowhere/a")
    require(sorted(got) == ["/nowhere/a0", "/nowhere/a1"], f"{got}")
    if words[0] == "q":
        got = offered(daemon, *words, "a")
        require(got == ["a1"], f"by name: {got}")


# ---- searching them ------------------------------------------------------------------------


def dated(name, day, word="common", more=""):
    return (
        f"From: a@example.com\nTo: b@example.com\nSubject: {word} {name}\nDate: {day:02} Oct 2023 10:00:00 +0000\n"
        f"Message-ID: <{name}@example.com>\n{more}\nbody of {name}\n"
    ).encode()


def own(daemon, *mails, args=()):
    succeeds(daemon, "import", "-q", "-F", "mboxrd", *args, "-", stdin=mboxrd(*mails))


def two(daemon, marks=(), their_marks=()):
    """Days 1, 3, 5 in the own store, 2, 4, 5 in an external, which is returned."""
    own(daemon, *(dated(f"d{n}", n) for n in (1, 3, 5)), args=marks)
    path = other(daemon, "other", *(dated(f"d{n}", n) for n in (2, 4, 5)), args=their_marks)
    succeeds(daemon, "add-external", path)
    return path


def rows(daemon, *words, status=True, **how):
    """What q finds, in order; with `status` None it need not succeed."""
    reply = daemon.call("q", "-f", "jsonl", *words, seconds=20, **how)
    require(reply.succeeded or status is None, f"q {words}: {reply.packets!r} {reply.err!r}")
    return [json.loads(line) for line in reply.out.splitlines()]


def names(daemon, *words, **how):
    return " ".join(row["m"].removesuffix("@example.com") for row in rows(daemon, *words, **how))


def finds(daemon, expected, *words, **how):
    got = names(daemon, *words, **how)
    require(got == expected, f"{' '.join(map(str, words))}: finds {got!r}, not {expected!r}")


@clause("external.search.all")
def test_search(daemon):
    two(daemon)
    finds(daemon, "d5 d4 d3 d2 d1", "s:common")
    finds(daemon, "d4", "m:d4@example.com")
    finds(daemon, "", "s:nothing")


@clause("external.search.all")
@each("format", [param("mboxrd", "mboxrd"), param("text", "text")])
def test_bytes(daemon, format):
    two(daemon)
    out = succeeds(daemon, "q", "-f", format, "s:common").out
    for n in range(1, 6):
        require(out.count(b"body of d%d\n" % n) == 1, f"d{n} is not there once: {out!r}")


@clause("external.search.all")
def test_maildir(daemon):
    two(daemon)
    path = daemon.place.work / "md"
    succeeds(daemon, "q", "-q", "-o", str(path), "s:common")
    got = sorted(f.read_bytes() for sub in ("cur", "new") for f in (path / sub).iterdir())
    require(got == sorted(dated(f"d{n}", n) for n in range(1, 6)), f"{got}")
    daemon.settle()


@clause("external.search.all")
def test_without_an_own_store(daemon):
    path = other(daemon, "other", dated("d1", 1))
    succeeds(daemon, "add-external", path)
    finds(daemon, "d1", "s:common")


@clause("external.search.indexed")
def test_indexed(daemon):
    own(daemon, dated("d1", 1))
    box = maildir(daemon.place.root / "box", {"cur/x:2,": dated("d2", 2)})
    env = home(daemon, "other")
    succeeds(daemon, "index", "-q", box, env=env)
    succeeds(daemon, "add-external", other(daemon, "other"))
    out = succeeds(daemon, "q", "-f", "mboxrd", "m:d2@example.com").out
    require(out.count(b"body of d2") == 1, f"{out!r}")
    daemon.settle()


@clause("external.search.once")
def test_once(daemon):
    two(daemon)
    third = other(daemon, "third", dated("d4", 4), dated("d5", 5))
    succeeds(daemon, "add-external", "--boost=9", third)
    finds(daemon, "d5 d4 d3 d2 d1", "s:common")
    finds(daemon, "d5", "-I", third, "s:common", "d:20231005..")


@clause("external.search.content")
def test_content(daemon):
    on_the_way = "Received: by mx.example.com; Sun, 01 Oct 2023 10:00:00 +0000\n"
    own(daemon, dated("d1", 1, more=on_the_way), dated("d2", 2))
    succeeds(daemon, "add-external", other(daemon, "other", dated("d1", 1), dated("d3", 3)))
    finds(daemon, "d3 d2 d1", "s:common")
    finds(daemon, "d3 d2 d1 d1", "--dedupe=oid", "s:common")


@clause("external.search.threads")
def test_threads(daemon):
    reply = "In-Reply-To: <d1@example.com>\n"
    own(daemon, dated("d1", 1), dated("d2", 2, word="another"))
    mails = dated("d1", 1), dated("d3", 3, word="answer", more=reply), dated("d4", 4, word="stranger")
    succeeds(daemon, "add-external", other(daemon, "other", *mails))
    got = names(daemon, "-t", "s:common").split()
    require(sorted(got) == ["d1", "d3"], f"{got}")
    got = names(daemon, "-t", "s:answer").split()
    require(sorted(got) == ["d1", "d3"], f"{got}")


@clause("external.search.copies")
def test_copies(daemon):
    two(daemon)
    finds(daemon, "d5 d5 d4 d3 d2 d1", "--dedupe=none", "s:common")


@clause("external.search.order")
def test_one_order(daemon):
    two(daemon)
    finds(daemon, "d5 d4 d3 d2 d1", "--sort=received", "s:common")
    finds(daemon, "d1 d2 d3 d4 d5", "--reverse", "s:common")


@clause("external.search.limit")
def test_limit(daemon):
    two(daemon)
    finds(daemon, "d5 d4", "-n", "2", "s:common")
    finds(daemon, "d3 d2", "--offset=2", "-n", "2", "s:common")
    finds(daemon, "d1", "--offset=4", "s:common")
    finds(daemon, "d1 d2 d3", "--reverse", "-n", "3", "s:common")


@clause("external.search.only")
@each("option", [param("long", "--only"), param("short", "-O")])
def test_only(daemon, option):
    path = two(daemon)
    third = other(daemon, "third", dated("d7", 7))
    finds(daemon, "d5 d4 d2", option, path, "s:common")
    finds(daemon, "d7", option, third, "s:common")
    finds(daemon, "d7 d5 d4 d2", option, path, option, third, "s:common")
    finds(daemon, "d7 d5 d3 d1", option, third, "--local", "s:common")
    out = succeeds(daemon, "q", "-f", "mboxrd", option, third, "s:common").out
    require(out.count(b"body of d7") == 1, f"{out!r}")


@clause("external.search.include")
@each("option", [param("long", "--include"), param("short", "-I")])
def test_include(daemon, option):
    two(daemon)
    third = other(daemon, "third", dated("d7", 7))
    finds(daemon, "d7 d5 d4 d3 d2 d1", option, third, "s:common")


@clause("external.search.exclude")
def test_exclude(daemon):
    path = two(daemon)
    third = other(daemon, "third", dated("d7", 7))
    succeeds(daemon, "add-external", third)
    finds(daemon, "d7 d5 d3 d1", "--exclude", path, "s:common")
    finds(daemon, "d5 d3 d1", "--exclude", path, "--exclude", third, "s:common")


@clause("external.search.without")
def test_without(daemon):
    path = two(daemon)
    third = other(daemon, "third", dated("d7", 7))
    finds(daemon, "d5 d3 d1", "--no-external", "s:common")
    finds(daemon, "d7 d5 d3 d1", "--no-external", "-I", third, "s:common")
    finds(daemon, "d7", "--no-local", "-I", third, "s:common")
    fails(daemon, "q", "--no-local", "s:common")
    fails(daemon, "q", "--no-local", "--no-external", "s:common")
    require(path.is_dir(), "it has gone")


@clause("external.search.named")
def test_named(daemon):
    own(daemon, dated("d1", 1))
    name = None
    for who, day in (("one", 2), ("two", 3)):
        path = other(daemon, who, dated(f"d{day}", day))
        name = path.name
        link = daemon.place.root / f"of-{who}"
        path.rename(link)
        succeeds(daemon, "add-external", link)
    require(name is not None, "there are none")
    finds(daemon, "d2", "--only", "of-one", "s:common")
    finds(daemon, "d3 d1", "--exclude", "of-one", "s:common")
    finds(daemon, "d3 d2", "--only", "/of-*", "s:common")
    finds(daemon, "d3", "--only", "*t[vw]o", "s:common")
    finds(daemon, "d1", "--exclude", "of-???", "s:common")
    for words in ("--only", "of-six"), ("--only", "six*"), ("-g", "--only", "of-*"), ("--exclude", "six"):
        fails(daemon, "q", *words, "s:common", naming=words[-1])


@clause("external.search.named")
def test_ambiguous(daemon):
    own(daemon, dated("d1", 1))
    for place in "/nowhere/a/box", "/nowhere/b/box":
        succeeds(daemon, "config", f"external.{place}.boost", "0")
    fails(daemon, "q", "--only", "box", "s:common", naming="/nowhere/b/box")
    finds(daemon, "d1", "--exclude", "*box", "s:common")
    daemon.settle()


@clause("external.search.marks")
def test_marks(daemon):
    path = two(daemon, marks=("+kw:flagged", "+L:mine"))
    for words in ("m:d5@example.com",), ("-O", path, "m:d5@example.com"):
        got = rows(daemon, *words)
        require([(r.get("kw"), r.get("L")) for r in got] == [(["flagged"], ["mine"])], f"{words}: {got}")
    finds(daemon, "d5 d3 d1", "kw:flagged")


@clause("external.search.unmarked")
def test_unmarked(daemon):
    two(daemon, marks=("+kw:flagged", "+L:mine"))
    finds(daemon, "d4 d2", "s:common", "AND", "NOT", "kw:flagged", "AND", "NOT", "L:mine")


@clause("external.search.personal")
def test_personal(daemon):
    two(daemon, their_marks=("+kw:flagged", "+L:theirs"))
    got = rows(daemon, "s:common")
    require(all("kw" not in r and "L" not in r for r in got), f"shown: {got}")
    finds(daemon, "", "kw:flagged")
    finds(daemon, "", "L:theirs")


@clause("external.search.gone")
def test_gone(daemon):
    path = two(daemon)
    daemon.settle()
    shutil.rmtree(path)
    reply = daemon.call("q", "-f", "jsonl", "s:common", seconds=20)
    require(str(path).encode() in reply.err, f"not named: {reply.err!r}")
    finds(daemon, "d5 d3 d1", "s:common", status=None)


def spoil(daemon, how):
    """An external that cannot be searched."""
    path = two(daemon)
    daemon.settle()
    if how == "empty":
        for f in path.iterdir():
            f.unlink() if f.is_file() else shutil.rmtree(f)
    elif how == "inbox":
        shutil.rmtree(path)
        path.mkdir()
        (path / "inbox.lock").touch()
    else:
        for f in sorted(path.rglob("*.sqlite3*")):
            data = f.read_bytes()
            f.write_bytes(b"" if f.name.endswith(("-wal", "-shm")) else how_spoilt(data, how))
    return path


def how_spoilt(data, how):
    if how == "newer":  # user_version, and the version that a store has there
        return data[:60] + (99).to_bytes(4, "big") + data[64:]
    return {"garbage": b"garbage" * 1000, "cut": data[: len(data) // 2 // 4096 * 4096]}[how]


@clause("external.search.unreadable", "external.search.status")
@each("how", [param(how, how) for how in ("garbage", "newer", "cut", "empty", "inbox")])
def test_unreadable(daemon, how):
    path = spoil(daemon, how)
    fails(daemon, "q", "-f", "jsonl", "s:common", naming=str(path))
    finds(daemon, "d5 d3 d1", "s:common", status=None)


@clause("external.search.left")
def test_nothing_is_left(daemon):
    path = spoil(daemon, "empty")
    fails(daemon, "q", "--only", str(path), "s:common", naming=str(path))
    fails(daemon, "q", "-o", "md", "--only", str(path), "s:common", naming=str(path))
    require(not (daemon.place.work / "md").exists(), "the output was made all the same")


@clause("external.search.network")
def test_network(daemon):
    url = "http://127.0.0.1:1/inbox/"
    own(daemon, dated("d1", 1))
    for option in "-O", "-I":
        reply = fails(daemon, "q", option, url, "s:common", naming=url)
        require(reply.out == b"", f"something was searched: {reply.out!r}")
    succeeds(daemon, "config", f"external.{url}.boost", "0")
    fails(daemon, "q", "s:common", naming=url)
    finds(daemon, "d1", "s:common", status=None)
    for words in ("--no-remote",), ("--no-external",), ("--exclude", url):
        finds(daemon, "d1", *words, "s:common")
    succeeds(daemon, "add-external", other(daemon, "other", dated("d2", 2)))
    finds(daemon, "d2 d1", "s:common")
    fails(daemon, "q", "--remote", "s:common", naming=url)


def content(path):
    return {f.name: f.read_bytes() for f in path.iterdir() if f.is_file() and not f.name.endswith(("-wal", "-shm"))}


@clause("external.search.untouched")
def test_untouched(daemon):
    """A copy, of which its owner knows nothing."""
    path = two(daemon)
    daemon.settle()
    copy = daemon.place.root / "copy"
    shutil.copytree(path, copy)
    succeeds(daemon, "forget-external", "-q", path)
    succeeds(daemon, "add-external", copy)
    before = content(copy)
    finds(daemon, "d5 d4 d3 d2 d1", "s:common")
    succeeds(daemon, "q", "-q", "-o", "md", "s:common")
    succeeds(daemon, "q", "-q", "-o", "md", "s:common", "m:d4@example.com")
    succeeds(daemon, "tag", "-q", "-F", "eml", "-", "+kw:seen", stdin=dated("d5", 5))
    succeeds(daemon, "tag", "-q", "-F", "eml", "-", "+kw:seen", stdin=dated("d4", 4))
    daemon.settle()
    require(content(copy) == before, "its files have changed")


@clause("external.search.busy")
def test_busy(daemon):
    two(daemon)
    env = home(daemon, "other")
    for n in range(6, 26):
        succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(dated(f"d{n}", n)), env=env)
        finds(daemon, f"d{n}", f"m:d{n}@example.com")


@clause("external.blob")
def test_blob(daemon):
    two(daemon)
    data = dated("d4", 4)
    require(succeeds(daemon, "blob", oid(data)).out == data, "not its bytes")
    require(succeeds(daemon, "blob", oid(data)[:12]).out == data, "not by the start of the id")
    fails(daemon, "blob", "0" * 40)


@clause("external.lcat")
def test_lcat(daemon):
    two(daemon)
    out = succeeds(daemon, "lcat", "<d4@example.com>").out
    require(b"body of d4" in out, f"{out!r}")


@clause("external.tag")
def test_tag(daemon):
    two(daemon)
    succeeds(daemon, "tag", "-q", "-F", "eml", "-", "+kw:flagged", "+L:mine", stdin=dated("d4", 4))
    got = rows(daemon, "m:d4@example.com")
    require([(r.get("kw"), r.get("L")) for r in got] == [(["flagged"], ["mine"])], f"{got}")
    finds(daemon, "d5 d4 d3 d2 d1", "s:common")
    daemon.settle()


@clause("external.tag.named")
def test_tag_named(daemon):
    two(daemon)
    succeeds(daemon, "tag", "-q", "--mid=d4@example.com", "+kw:flagged")
    succeeds(daemon, "tag", "-q", f"--oid={oid(dated('d2', 2))}", "+kw:flagged", "+L:mine")
    reply = succeeds(daemon, "tag", "--mid=d4@example.com", "-kw:seen", "-L:none")
    require(b"unimported" not in reply.err, f"{reply.err!r}")
    finds(daemon, "d4 d2", "kw:flagged")
    finds(daemon, "d2", "L:mine")
    daemon.settle()
