"""spec/external.md"""

import json
import shutil

from suite.api import clause, each, needs, param, require
from suite.mail import eml, fails, mboxrd, succeeds

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
