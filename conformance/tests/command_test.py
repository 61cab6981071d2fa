"""spec/command.md"""

import re

from suite.api import clause, each, needs, param, require
from suite.mail import fails, succeeds


@clause("command.daemon-pid")
def test_digits_and_newline(daemon):
    reply = daemon.call("daemon-pid")
    require(reply.succeeded, f"failed: {reply.packets!r}")
    require(re.fullmatch(rb"[0-9]+\n", reply.out), f"wrote {reply.out!r}")
    require(not reply.err, f"wrote {reply.err!r} to standard error")


@clause("command.help")
@each("args", [param("command", ["help"]), param("option", ["--help"]), param("of-a-command", ["q", "--help"])])
def test_usage_on_standard_output(daemon, args):
    reply = daemon.call(*args)
    require(reply.succeeded, f"failed: {reply.packets!r}")
    require(b"usage" in reply.out.lower() or b"lei" in reply.out, f"wrote {reply.out!r}")


@clause("command.unknown")
@each("name", [param("word", "frobnicate"), param("other-case", "Daemon-Pid"), param("empty", "")])
def test_is_refused(daemon, name):
    reply = daemon.call(name)
    require(not reply.succeeded, "succeeded")
    require(name.encode() in reply.err, f"standard error is {reply.err!r}")


@clause("command.option.unknown")
@each("args", [param("of-lei", ["--zz"]), param("of-a-command", ["daemon-pid", "--zz"])])
def test_is_refused_with_a_reason(daemon, args):
    reply = daemon.call(*args)
    require(not reply.succeeded, "succeeded")
    require(reply.err, "nothing on standard error")
    require(not reply.out.strip().isdigit(), "the command was run")


@clause("command.arguments.surplus")
def test_too_many(daemon):
    reply = daemon.call("daemon-pid", "surplus")
    require(not reply.succeeded, "succeeded")
    require(reply.err, "nothing on standard error")


@clause("command.directory")
def test_that_exists(daemon):
    assert daemon.call("-C", "/", "daemon-pid").succeeded


@clause("command.directory")
def test_that_does_not_exist(daemon):
    reply = daemon.call("-C", "/nonexistent", "daemon-pid")
    require(not reply.succeeded, "succeeded")
    require(reply.err, "nothing on standard error")


@clause("command.name.underscore")
def test_for_hyphen(daemon):
    assert daemon.call("daemon_pid").out.strip() == str(daemon.pid).encode()


@clause("command.completion")
@each(
    "words,expected",
    [
        param("prefix-of-one", ["lei", "daemon-p"], {b"daemon-pid"}),
        param("prefix-of-two", ["lei", "daemon-"], {b"daemon-pid", b"daemon-kill"}),
        param("nothing-to-offer", ["lei", "zzz"], set()),
    ],
)
def test_commands(daemon, words, expected):
    reply = daemon.call("_complete", *words)
    require(reply.succeeded, f"failed: {reply.packets!r}")
    require(set(reply.out.split()) == expected, f"offered {reply.out!r}")


@clause("command.config.get")
@needs("config")
@each("where", [param("home", "home"), param("own-directory", "xdg")])
def test_value_of_a_key(daemon, where):
    home, xdg = daemon.place.root / "home" / ".config", daemon.place.root / "data" / "config"
    for directory, value in ((home, "from home"), (xdg, "from the variable")):
        (directory / "lei").mkdir(parents=True)
        (directory / "lei" / "config").write_text(f"[test]\n\tvalue = {value}\n")
    more = {"XDG_CONFIG_HOME": str(xdg)} if where == "xdg" else {}
    reply = daemon.call("config", "test.value", env={**daemon.place.env, **more})
    assert reply.out == (b"from the variable\n" if where == "xdg" else b"from home\n")


ORIGINAL = """q up lcat blob rediff mail-diff add-external ls-external ls-label ls-mail-sync ls-mail-source forget-external
ls-search forget-search edit-search rm plonk tag purge-mailsource add-watch rm-watch ls-watch pause-watch resume-watch
forget-watch reindex index import forget-mail-sync refresh-mail-sync export-kw convert p2q config inspect init
daemon-kill daemon-pid help""".split()


@clause("command.absent")
def test_absent(daemon):
    offered = succeeds(daemon, "_complete", "lei", "").out.decode().split()
    for name in ORIGINAL:
        if name not in offered:
            fails(daemon, name, naming=name)
            fails(daemon, "help", name, naming=name)


@clause("command.sucks")
def test_sucks(daemon):
    out = succeeds(daemon, "sucks").out.decode()
    require(out.startswith("lei ") and "git " in out and "SQLite " in out, f"no versions: {out!r}")
