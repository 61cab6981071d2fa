"""spec/setup.md"""

import os

from suite.api import clause, each, needs, param, require
from suite.mail import eml, fails, has, mboxrd, row_of, succeeds

pytestmark = needs("mail", "config")


def config_file(daemon):
    return daemon.place.root / "home" / ".config" / "lei" / "config"


def below(path):
    """Every file below a directory with its content."""
    return {str(p.relative_to(path)): p.read_bytes() if p.is_file() else None for p in sorted(path.rglob("*"))}


def take(daemon, name, *args, **how):
    succeeds(daemon, *args, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(eml(name)), **how)


@clause("setup.init.default")
@each("variable", [param("home", False), param("xdg-data-home", True)])
def test_default_place(daemon, variable):
    root = daemon.place.root
    env = daemon.place.env | ({"XDG_DATA_HOME": str(root / "data")} if variable else {})
    for _ in range(2):
        succeeds(daemon, "init", env=env)
    share = root / "data" if variable else root / "home" / ".local" / "share"
    made = share / "lei"
    require(made.is_dir() and list(made.iterdir()), "nothing was made there")
    daemon.settle()


# The original picks /nonexistent, and makes it when it may: not on the machine of whoever tests.
@needs("homeless")
@clause("setup.place.none")
@each(
    "words",
    [
        param("search", ("q", "word")), param("init", ("init",)), param("import", ("import", "-F", "eml", "-")),
        param("labels", ("ls-label",)),
    ],
)
def test_nowhere(daemon, words):
    env = {k: v for k, v in daemon.place.env.items() if k not in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    for more in ({}, {"XDG_CONFIG_HOME": str(daemon.place.work)}):  # settings may be somewhere, mail not
        fails(daemon, *words, env={**env, **more}, stdin=eml("ham"), naming="HOME")


@clause("setup.init.place")
@each("where", [param("relative", "mail/store"), param("absolute", None)])
def test_own_place(daemon, where):
    path = daemon.place.work / (where or "elsewhere")
    succeeds(daemon, "init", "-q", where or str(path))
    require(path.is_dir() and list(path.iterdir()), "nothing was made there")
    before = below(path)
    take(daemon, "ham")
    has(daemon, "ham")
    require(below(path) != before, "the mail went somewhere else")
    require(str(path) in succeeds(daemon, "config", "leistore.dir").out.decode(), "the place is not recorded")
    daemon.settle()


@clause("setup.init.other")
def test_second_place(daemon):
    work = daemon.place.work
    succeeds(daemon, "init", "-q", "one")
    take(daemon, "ham")
    fails(daemon, "init", "two", naming=str(work / "one"))
    require(not (work / "two").exists(), "it was made all the same")
    succeeds(daemon, "init", "-q", "one")
    has(daemon, "ham")
    daemon.settle()


@clause("setup.init.other")
def test_beside_the_default_place(daemon):
    succeeds(daemon, "init", "-q")
    take(daemon, "ham")
    fails(daemon, "init", "two", naming="two")
    require(not (daemon.place.work / "two").exists(), "it was made all the same")
    has(daemon, "ham")
    daemon.settle()


@clause("setup.init.needless")
def test_import_first(daemon):
    take(daemon, "ham")
    has(daemon, "ham")
    daemon.settle()


def original(path):
    """What a store of public-inbox looks like, as far as names go."""
    (path / "ei15" / "0").mkdir(parents=True)
    (path / "ALL.git").mkdir()
    (path / "ei.lock").write_bytes(b"")
    (path / "ei15" / "over.sqlite3").write_bytes(b"SQLite format 3\0")
    return path


@clause("setup.original.refused")
@each("inside", [param("itself", ""), param("below", "/ei15/mine")])
def test_a_store_of_the_original(daemon, inside):
    path = original(daemon.place.work / "theirs")
    before = below(path)
    place = f"{path}{inside}"
    fails(daemon, "init", place, naming=str(path))
    fails(daemon, "-c", f"leistore.dir={place}", "import", "-F", "mboxrd", "-", stdin=mboxrd(eml("ham")), naming=str(path))
    fails(daemon, "-c", f"leistore.dir={place}", "q", "s:ham", naming=str(path))
    require(below(path) == before, "something in it was changed")


@clause("setup.original.beside")
def test_the_default_place_of_the_original(daemon):
    path = original(daemon.place.root / "home" / ".local" / "share" / "lei" / "store")
    before = below(path)
    succeeds(daemon, "init", "-q")
    take(daemon, "ham")
    has(daemon, "ham")
    require(below(path) == before, "something in it was changed")
    daemon.settle()


@clause("setup.config.set")
def test_written_and_read(daemon):
    succeeds(daemon, "config", "some.thing", "a value")
    assert succeeds(daemon, "config", "some.thing").out == b"a value\n"
    path = config_file(daemon)
    require(path.exists() and "a value" in path.read_text(), "it is not in the file")
    succeeds(daemon, "config", "some.thing", "another")
    assert succeeds(daemon, "config", "some.thing").out == b"another\n"


@clause("setup.config.missing")
@each("name", [param("unset", "no.such"), param("no-name", "nonsense")])
def test_not_set(daemon, name):
    succeeds(daemon, "config", "some.thing", "a value")
    reply = daemon.call("config", name)
    require(reply.status == 1 << 8, f"wait status {reply.status:#x}")
    require(not reply.out, f"wrote {reply.out!r}")


@clause("setup.config.list")
def test_options_of_git(daemon):
    succeeds(daemon, "config", "some.thing", "a value")
    assert b"some.thing=a value\n" in succeeds(daemon, "config", "--list").out
    succeeds(daemon, "config", "--unset", "some.thing")
    require(not daemon.call("config", "some.thing").out, "still there")


@clause("setup.config.list")
def test_of_nothing(daemon):
    assert succeeds(daemon, "config", "--list").out == b""


@clause("setup.config.override")
@each("order", [param("before", 0), param("after", 1)])
def test_for_one_command(daemon, order):
    succeeds(daemon, "config", "some.thing", "of the file")
    words = ["-c", "some.thing=of the line"]
    args = [*words, "config", "some.thing"] if order == 0 else ["config", *words, "some.thing"]
    assert succeeds(daemon, *args).out == b"of the line\n"
    assert succeeds(daemon, "config", "some.thing").out == b"of the file\n"


@clause("setup.init.override")
def test_place_for_one_command(daemon):
    take(daemon, "ham")
    place = str(daemon.place.work / "other")
    take(daemon, "jam", "-c", f"leistore.dir={place}")
    has(daemon, "ham")
    rows = succeeds(daemon, "-c", f"leistore.dir={place}", "q", "-f", "jsonl", "z:0..").out
    require(b'"jam@example.com"' in rows and b"ham@" not in rows, f"holds {rows!r}")
    daemon.settle()


@clause("setup.config.override-bad")
@each("text", [param("no-section", "thing=x"), param("empty", "")])
@each("command", [param("config", ("config", "some.thing")), param("search", ("q", "word"))])
def test_no_setting(daemon, command, text):
    fails(daemon, "-c", text, *command)


@clause("setup.directory.relative")
def test_paths_below_it(daemon):
    sub = daemon.place.work / "sub"
    sub.mkdir()
    (sub / "box").write_bytes(mboxrd(eml("ham")))
    succeeds(daemon, "-C", "sub", "import", "-q", "mboxrd:box")
    row_of(daemon, "ham")
    succeeds(daemon, "-C", "sub", "q", "-q", "-o", "mboxrd:out", "s:ham")
    assert sorted(os.listdir(sub)) == ["box", "out"]
    assert os.listdir(daemon.place.work) == ["sub"]
    daemon.settle()
