"""spec/watch.md: which message is which file; what is written back"""

import os

from suite.api import clause, deadline, each, needs, param, require
from suite.mail import eml, fails, mboxrd, raw_of, succeeds
from suite.maildir import (
    Box,
    becomes,
    flush,
    has_letters,
    inspect,
    keywords,
    locations,
    start,
    stop,
    watch,
    watched,
)

pytestmark = [needs("mail", "watch"), deadline(60)]


def folders(daemon, *args):
    """What ls-mail-sync lists, by the last part of the path."""
    out = succeeds(daemon, "ls-mail-sync", *args).out
    end = b"\0" if "-z" in args else b"\n"
    require(not out or out.endswith(end), f"it does not end in {end!r}: {out!r}")
    urls = [part.decode() for part in out.split(end)[:-1]]
    top = f"maildir:{daemon.place.work}/"
    require(all(u.startswith(top) for u in urls), f"not URLs of folders: {urls}")
    return sorted(u.removeprefix(top) for u in urls)


def three(daemon):
    for name in ("inbox", "old-inbox", "lists"):
        Box(daemon.place.work / name, f"in-{name}")
        succeeds(daemon, "import", "-q", name)


@clause("watch.sync.list")
@each("end", [param("lines", ()), param("nul", ("-z",)), param("zero", ("-0",))])
def test_folders(watch_daemon, end):
    out = succeeds(watch_daemon, "ls-mail-sync").out
    require(out == b"", f"before anything is known: {out!r}")
    three(watch_daemon)
    options = ["-z"] if end else []
    if end == ("-0",):
        require(
            succeeds(watch_daemon, "ls-mail-sync", "-0").out == succeeds(watch_daemon, "ls-mail-sync", "-z").out,
            "-0 is not -z",
        )
    got = folders(watch_daemon, *options)
    require(got == ["inbox", "lists", "old-inbox"], f"it lists {got}")


@clause("watch.sync.filter")
def test_filter(watch_daemon):
    three(watch_daemon)
    for words, want in [
        (("*/lists",), ["lists"]),
        (("*inbox",), ["inbox", "old-inbox"]),
        (("*/[a-k]*",), ["inbox"]),
        (("*/old?inbox",), ["old-inbox"]),
        (("*nothing*",), []),
        (("-g", "lists"), ["lists"]),
        (("-g", "*inbox"), []),
        (("--globoff", "old?inbox"), []),
    ]:
        got = folders(watch_daemon, *words)
        require(got == want, f"{' '.join(words)}: {got}, not {want}")


@clause("watch.sync.where")
def test_local_and_remote(watch_daemon):
    three(watch_daemon)
    for words, want in [
        (("--local",), ["inbox", "lists", "old-inbox"]),
        (("--remote",), []),
        (("--local", "--remote"), ["inbox", "lists", "old-inbox"]),
        (("--local", "*/lists"), ["lists"]),
    ]:
        got = folders(watch_daemon, *words)
        require(got == want, f"{' '.join(words)}: {got}, not {want}")


@clause("watch.sync.forget")
def test_forget(watch_daemon):
    three(watch_daemon)
    box = Box(watch_daemon.place.work / "inbox")
    before = box.state(), box.names()
    blob = locations(watch_daemon, "in-inbox")
    require(list(blob) == [box.url], f"it lies in {blob}")
    succeeds(watch_daemon, "forget-mail-sync", "inbox")
    got = folders(watch_daemon)
    require(got == ["lists", "old-inbox"], f"it lists {got}")
    require((box.state(), box.names()) == before, "its files have changed")
    require(raw_of(watch_daemon, "in-inbox") == eml("in-inbox"), "the message is gone")
    require(locations(watch_daemon, "in-inbox") == {}, "the file is still known")


@clause("watch.sync.unknown")
@each(
    "command",
    [param("forget", "forget-mail-sync"), param("refresh", "refresh-mail-sync"), param("export", "export-kw")],
)
def test_unknown_folder(watch_daemon, command):
    three(watch_daemon)
    Box(watch_daemon.place.work / "stranger", "x")
    for what in ("nowhere", "stranger"):
        fails(watch_daemon, command, what, naming=what)
    require(len(folders(watch_daemon)) == 3, f"it lists {folders(watch_daemon)}")


@clause("watch.sync.all")
@each("command", [param("refresh", "refresh-mail-sync"), param("export", "export-kw")])
def test_all(watch_daemon, command):
    three(watch_daemon)
    for word in ("--all", "--all=local"):
        succeeds(watch_daemon, command, "-q", word)
    fails(watch_daemon, command, "--all=some", naming="some")
    fails(watch_daemon, command, "--all", "inbox", naming="inbox")


def changed_while_stopped(daemon, change):
    """A known folder that changes while nobody looks."""
    box = watched(daemon, "ham", "spam")
    flush(daemon)
    stop(daemon)
    change(box)
    start(daemon)
    return box


@clause("watch.sync.pruned")
@each("which", [param("folder", "in"), param("all", "--all"), param("local", "--all=local")])
def test_gone_is_forgotten(watch_daemon, which):
    changed_while_stopped(watch_daemon, lambda box: box.remove("ham"))
    succeeds(watch_daemon, "refresh-mail-sync", "-q", which)
    require(locations(watch_daemon, "ham") == {}, f"known: {locations(watch_daemon, 'ham')}")
    require(len(locations(watch_daemon, "spam")) == 1, "the other one is forgotten, too")
    require(keywords(watch_daemon, "ham") == [], "the message is gone")


@clause("watch.sync.followed")
def test_renamed_is_found(watch_daemon):
    box = changed_while_stopped(watch_daemon, lambda box: box.mark("ham", "S"))
    succeeds(watch_daemon, "refresh-mail-sync", "-q", "in")
    got = locations(watch_daemon, "ham")
    require(got == {box.url: ["ham.1.host:2,S"]}, f"known: {got}")


@clause("watch.sync.followed")
def test_other_name_altogether(watch_daemon):
    def change(box):
        os.rename(box.path / box.file("ham"), box.path / "cur/other.9.host:2,F")

    box = changed_while_stopped(watch_daemon, change)
    succeeds(watch_daemon, "refresh-mail-sync", "-q", "in")
    got = locations(watch_daemon, "ham")
    require(got == {box.url: ["other.9.host:2,F"]}, f"known: {got}")


@clause("watch.sync.folder-gone")
def test_folder_is_forgotten(watch_daemon):
    Box(watch_daemon.place.work / "stays", "spam")
    succeeds(watch_daemon, "import", "-q", "stays")
    away = watch_daemon.place.root / "data" / "away"
    changed_while_stopped(watch_daemon, lambda box: box.path.rename(away))
    watch_daemon.call("refresh-mail-sync", "-q", f"maildir:{watch_daemon.place.work}/in", seconds=20)
    got = folders(watch_daemon)
    require(got == ["stays"], f"it lists {got}")
    require(keywords(watch_daemon, "ham") == [], "the message is gone")


@clause("watch.sync.read-only")
def test_nothing_is_written(watch_daemon):
    box = Box(watch_daemon.place.work / "in", "cur")
    box.deliver("new")
    watch(watch_daemon, box, "pause")
    succeeds(watch_daemon, "import", "-q", "in")
    mails = [eml(name, more="X-Status: F") for name in ("cur", "new")]
    succeeds(watch_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*mails))
    flush(watch_daemon)
    watch_daemon.trace.add(f"{box.names()}")

    def stamps():
        return [box.names(), box.state(), *((box.path / d).stat().st_mtime_ns for d in ("", "cur", "new", "tmp"))]

    before = stamps()
    succeeds(watch_daemon, "refresh-mail-sync", "-q", "in")
    succeeds(watch_daemon, "refresh-mail-sync", "-q", "--all")
    require(stamps() == before, f"changed: {box.names()}, not {before[0]}")


@clause("watch.sync.places")
def test_where_it_lies(watch_daemon):
    boxes = [Box(watch_daemon.place.work / name, "ham") for name in ("a", "b")]
    succeeds(watch_daemon, "import", "-q", "a", "b")
    got = locations(watch_daemon, "ham")
    require(got == {b.url: ["ham.1.host:2,"] for b in boxes}, f"known: {got}")


@clause("watch.sync.places")
def test_where_it_went(watch_daemon):
    box = watched(watch_daemon, "ham")
    for letters in ("S", "", "FS", "F", "R"):
        box.mark("ham", letters)
        want = {box.url: [f"ham.1.host:2,{letters}"]}
        becomes(watch_daemon, "the place of ham", lambda: locations(watch_daemon, "ham"), want)


@clause("watch.sync.places")
def test_two_files(watch_daemon):
    """The same message twice in one folder."""
    box = Box(watch_daemon.place.work / "in", "ham")
    box.deliver("ham", unique="second.1.host", sub="cur", info=":2,")
    succeeds(watch_daemon, "import", "-q", "in")
    got = sorted(locations(watch_daemon, "ham").get(box.url, []))
    require(got == ["ham.1.host:2,", "second.1.host:2,"], f"known: {got}")


@clause("watch.sync.count")
def test_count(watch_daemon):
    box = watched(watch_daemon, "a", "b", "c")
    got = inspect(watch_daemon, box.url)
    require(got == {box.url: {"name.count": 3}}, f"it says {got}")
    box.mark("a", "S")
    box.remove("b")
    becomes(watch_daemon, "its count", lambda: inspect(watch_daemon, box.url)[box.url].get("name.count"), 2)


# ---- export-kw ----


def differing(daemon, letters, *status):
    """A folder left alone, whose file has these letters; the store has keywords of its own."""
    mail = eml("ham", more="\n".join(status))
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(mail))
    box = Box(daemon.place.work / "in", "ham", info=f":2,{letters}")
    watch(daemon, box, "pause")
    succeeds(daemon, "import", "-q", "--no-kw", "in")
    flush(daemon)
    require(box.letters("ham") == letters, f"its file is already {box.file('ham')}")
    return box


def exported(daemon, box, want, *args):
    before = box.state()
    succeeds(daemon, "export-kw", "-q", *args)
    require(box.letters("ham") == want, f"{' '.join(args)}: its file is now {box.file('ham')}")
    require(box.state() == before, "more than its name has changed")


@clause("watch.export")
@each(
    "which",
    [param("folder", "in"), param("url", "maildir:{work}/in"), param("all", "--all"), param("local", "--all=local")],
)
def test_export(watch_daemon, which):
    box = differing(watch_daemon, "", "X-Status: F", "Status: R")
    exported(watch_daemon, box, "FS", which.format(work=watch_daemon.place.work))
    exported(watch_daemon, box, "FS", "--all")  # and again


@clause("watch.export")
def test_export_out_of_new(watch_daemon):
    box = Box(watch_daemon.place.work / "in", "ham", sub="new", info="")
    watch(watch_daemon, box, "pause")
    succeeds(watch_daemon, "import", "-q", "+kw:flagged", "in")
    exported(watch_daemon, box, "F", "in")
    require(box.file("ham") == "cur/ham.1.host:2,F", f"its file is {box.file('ham')}")


@clause("watch.export.merge")
@each("mode", [param("default", ()), param("named", ("--mode=merge",))])
def test_export_merges(watch_daemon, mode):
    box = differing(watch_daemon, "RS", "X-Status: F")
    exported(watch_daemon, box, "FRS", *mode, "in")


@clause("watch.export.set")
def test_export_sets(watch_daemon):
    box = differing(watch_daemon, "RS", "X-Status: F")
    exported(watch_daemon, box, "F", "--mode=set", "in")


@clause("watch.export.mode")
def test_no_such_mode(watch_daemon):
    box = differing(watch_daemon, "RS", "X-Status: F")
    for mode in ("add", "SET", ""):
        fails(watch_daemon, "export-kw", f"--mode={mode}", "in", naming=mode)
    require(box.letters("ham") == "RS", f"its file is now {box.file('ham')}")


@clause("watch.export.unknown")
@each("mode", [param("merge", ("merge", "FSab")), param("set", ("set", "Fab"))])
def test_other_letters_stay(watch_daemon, mode):
    box = differing(watch_daemon, "Sab", "X-Status: F")
    succeeds(watch_daemon, "export-kw", "-q", f"--mode={mode[0]}", "in")
    got = "".join(sorted(box.letters("ham")))
    require(got == "".join(sorted(mode[1])), f"its file is now {box.file('ham')}")


@clause("watch.overwrite")
def test_name_is_taken(watch_daemon):
    box = differing(watch_daemon, "", "X-Status: F")
    taken = box.deliver("other", sub="cur", info=":2,F", unique="ham.1.host")
    watch_daemon.call("export-kw", "-q", "in", seconds=20)
    flush(watch_daemon)
    require(taken.read_bytes() == eml("other"), "the other file is another now")
    require(box.file("ham") and box.file("other"), "one is gone")


@clause("watch.overwrite")
def test_name_is_taken_while_watched(watch_daemon):
    box = watched(watch_daemon, "ham", "spam", state="tag-rw")
    taken = box.deliver("other", sub="cur", info=":2,F", unique="ham.1.host")
    flush(watch_daemon)
    mails = [eml(name, more="X-Status: F") for name in ("ham", "spam")]
    succeeds(watch_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*mails))
    has_letters(watch_daemon, box, "spam", "F")
    flush(watch_daemon)
    require(taken.read_bytes() == eml("other"), "the other file is another now")
    require(box.file("ham") and box.file("other"), "one is gone")
