"""spec/watch.md: watches, their states, and folders that are watched without being asked"""

from suite.api import clause, deadline, each, needs, param, require
from suite.mail import eml, fails, mboxrd, oid, row_of, succeeds
from suite.maildir import (
    Box,
    becomes,
    flush,
    has_keywords,
    has_letters,
    keywords,
    quiet,
    start,
    stop,
    watch,
    watched,
)

pytestmark = [needs("mail", "watch"), deadline(60)]


def flag_in_store(daemon, *names):
    """Without touching a folder: an mbox says that they are flagged."""
    mails = [eml(name, more="X-Status: F") for name in names]
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*mails))


def sentinel(daemon):
    """A folder of its own whose news show that older news elsewhere have had their turn."""
    box = Box(daemon.place.work / "sentinel")
    watch(daemon, box, "import-ro")
    return box


def retrieved(daemon, name):
    reply = daemon.call("blob", oid(eml(name)), seconds=20)
    return reply.succeeded and reply.out == eml(name)


@clause("watch.state.import")
@each("state", [param("ro", "import-ro"), param("rw", "import-rw")])
def test_brought_in(watch_daemon, state):
    box = Box(watch_daemon.place.work / "in")
    watch(watch_daemon, box, state)
    box.deliver("unread")
    box.deliver("read", sub="cur", info=":2,S")
    has_keywords(watch_daemon, "unread")
    has_keywords(watch_daemon, "read", "seen")
    box.remove("unread")
    becomes(watch_daemon, "a copy in the store", lambda: retrieved(watch_daemon, "unread"), True)


@clause("watch.state.index")
@each("state", [param("ro", "index-ro"), param("rw", "index-rw")])
def test_indexed(watch_daemon, state):
    box = Box(watch_daemon.place.work / "in")
    watch(watch_daemon, box, state)
    box.deliver("ham", sub="cur", info=":2,S")
    has_keywords(watch_daemon, "ham", "seen")
    becomes(watch_daemon, "retrieved from its file", lambda: retrieved(watch_daemon, "ham"), True)
    box.remove("ham")
    becomes(watch_daemon, "no copy in the store", lambda: retrieved(watch_daemon, "ham"), False)


@clause("watch.state.tag")
@each("state", [param("ro", "tag-ro"), param("rw", "tag-rw")])
def test_tagged(watch_daemon, state):
    succeeds(watch_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(eml("known")))
    box, other = Box(watch_daemon.place.work / "in"), sentinel(watch_daemon)
    watch(watch_daemon, box, state)
    box.deliver("unknown")
    box.deliver("known", sub="cur", info=":2,S")
    has_keywords(watch_daemon, "known", "seen")
    box.mark("known", "FS")
    has_keywords(watch_daemon, "known", "flagged", "seen")
    quiet(watch_daemon, other)
    require(keywords(watch_daemon, "unknown") is None, "an unknown message was brought in")


@clause("watch.state.pause")
def test_paused(watch_daemon):
    box, other = Box(watch_daemon.place.work / "in", "known"), sentinel(watch_daemon)
    watch(watch_daemon, box, "pause")
    succeeds(watch_daemon, "import", "-q", "in")
    flush(watch_daemon)
    box.deliver("unknown")
    box.mark("known", "S")
    quiet(watch_daemon, other)
    require(keywords(watch_daemon, "unknown") is None, "a new message was brought in")
    require(keywords(watch_daemon, "known") == [], "keywords were followed")


@clause("watch.state.default")
def test_no_state_named(watch_daemon):
    box = Box(watch_daemon.place.work / "in")
    watch(watch_daemon, box)
    state = succeeds(watch_daemon, "config", f"watch.{box.url}.state").out
    require(state == b"import-rw\n", f"the state is {state!r}")
    box.deliver("ham", sub="cur", info=":2,S")
    has_keywords(watch_daemon, "ham", "seen")
    flag_in_store(watch_daemon, "ham")
    becomes(watch_daemon, "F in its name", lambda: "F" in box.letters("ham"), True)


@clause("watch.state.bad")
@each(
    "state",
    [
        param("word", "import"),
        param("unknown", "copy-rw"),
        param("empty", ""),
        param("tail", "import-rwx"),
        param("head", "pausexyz"),
    ],
)
def test_no_such_state(watch_daemon, state):
    Box(watch_daemon.place.work / "in")
    fails(watch_daemon, "add-watch", f"--state={state}", "in", naming=state)
    out = succeeds(watch_daemon, "ls-watch").out
    require(out == b"", f"it is watched: {out!r}")


@clause("watch.state.write")
@each("state", [param("import", "import-rw"), param("index", "index-rw"), param("tag", "tag-rw")])
def test_written(watch_daemon, state):
    box = Box(watch_daemon.place.work / "in", "cur")
    box.deliver("new")
    command = "index" if state == "index-rw" else "import"
    succeeds(watch_daemon, command, "-q", "in")
    watch(watch_daemon, box, state)
    flush(watch_daemon)
    flag_in_store(watch_daemon, "cur", "new")
    has_letters(watch_daemon, box, "cur", "F")
    has_letters(watch_daemon, box, "new", "F")
    require(box.file("new").startswith("cur/"), f"it is {box.file('new')}")


@clause("watch.state.read")
@each(
    "state",
    [
        param("import", "import-ro"),
        param("index", "index-ro"),
        param("tag", "tag-ro"),
        param("pause", "pause"),
    ],
)
def test_left_alone(watch_daemon, state):
    box = Box(watch_daemon.place.work / "in", "cur")
    box.deliver("new")
    watch(watch_daemon, box, state)
    other = Box(watch_daemon.place.work / "other", "cur", "new")
    watch(watch_daemon, other, "import-rw")
    succeeds(watch_daemon, "import", "-q", "in", "other")
    flush(watch_daemon)
    before = box.names()
    other.mark("cur", "S")
    has_keywords(watch_daemon, "cur", "seen")
    flag_in_store(watch_daemon, "cur", "new")
    has_letters(watch_daemon, other, "new", "F")
    quiet(watch_daemon, other)
    require(box.names() == before, f"names are now {box.names()}, not {before}")


@clause("watch.state.changed")
def test_added_again(watch_daemon):
    box = Box(watch_daemon.place.work / "in")
    watch(watch_daemon, box, "tag-ro")
    watch(watch_daemon, box, "import-ro")
    state = succeeds(watch_daemon, "config", f"watch.{box.url}.state").out
    require(state == b"import-ro\n", f"the state is {state!r}")
    box.deliver("ham")
    has_keywords(watch_daemon, "ham")


@clause("watch.add.kept")
def test_next_daemon(watch_daemon):
    box = Box(watch_daemon.place.work / "in")
    watch(watch_daemon, box, "import-ro")
    state = succeeds(watch_daemon, "config", f"watch.{box.url}.state").out
    require(state == b"import-ro\n", f"the state is {state!r}")
    stop(watch_daemon)
    start(watch_daemon)
    flush(watch_daemon)
    box.deliver("ham", sub="cur", info=":2,S")
    has_keywords(watch_daemon, "ham", "seen")


@clause("watch.add.missing")
def test_no_maildir(watch_daemon):
    (watch_daemon.place.work / "plain").mkdir()
    (watch_daemon.place.work / "file").write_text("hi\n")
    for what in ("nowhere", "plain", "file"):
        fails(watch_daemon, "add-watch", what, naming=what)
    out = succeeds(watch_daemon, "ls-watch").out
    require(out == b"", f"it is watched: {out!r}")


@clause("watch.add.several")
def test_paths_and_urls(watch_daemon):
    boxes = [Box(watch_daemon.place.work / name) for name in ("a", "b", "two words")]
    succeeds(watch_daemon, "add-watch", "a", boxes[1].url, f"{boxes[2].path}/")
    listed = succeeds(watch_daemon, "ls-watch").out.decode().splitlines()
    require(sorted(listed) == sorted(b.url for b in boxes), f"it lists {listed}")
    for n, box in enumerate(boxes):
        box.deliver(f"new{n}")
    for n in range(3):
        has_keywords(watch_daemon, f"new{n}")


@clause("watch.add.old")
def test_there_already(watch_daemon):
    box = Box(watch_daemon.place.work / "in", "old")
    watch(watch_daemon, box, "import-ro")
    quiet(watch_daemon, box)
    came = keywords(watch_daemon, "old") is not None
    watch_daemon.trace.add(f"outcome: what is there {'is brought in, too' if came else 'stays outside'}")


@clause("watch.add.marks")
def test_marked_on_the_way(watch_daemon):
    box = Box(watch_daemon.place.work / "in")
    watch(watch_daemon, box, "import-ro", "+L:inbox", "+kw:flagged")
    box.deliver("ham", sub="cur", info=":2,S")
    has_keywords(watch_daemon, "ham", "flagged", "seen")
    labels = row_of(watch_daemon, "ham").get("L", [])
    require(labels == ["inbox"], f"its labels are {labels}")


@clause("watch.add.recursive")
def test_folders_below(watch_daemon):
    top = watch_daemon.place.work / "mail"
    first = Box(top / "a")
    second = Box(top / "b" / "c")
    succeeds(watch_daemon, "add-watch", "--recursive", "--state=import-ro", "mail")
    first.deliver("one")
    second.deliver("two")
    has_keywords(watch_daemon, "one")
    has_keywords(watch_daemon, "two")
    later = Box(top / "b" / "later")
    later.deliver("three")
    has_keywords(watch_daemon, "three")


@clause("watch.list")
def test_listed(watch_daemon):
    out = succeeds(watch_daemon, "ls-watch").out
    require(out == b"", f"without a watch it lists {out!r}")
    boxes = [Box(watch_daemon.place.work / name) for name in ("b", "a")]
    for box in boxes:
        watch(watch_daemon, box)
    out = succeeds(watch_daemon, "ls-watch").out
    require(sorted(out.decode().splitlines()) == sorted(b.url for b in boxes), f"it lists {out!r}")
    require(out.endswith(b"\n"), f"the last line has no end: {out!r}")


@clause("watch.list.nul")
def test_listed_with_nul(watch_daemon):
    boxes = [Box(watch_daemon.place.work / name) for name in ("a", "b")]
    for box in boxes:
        watch(watch_daemon, box)
    out = succeeds(watch_daemon, "ls-watch", "-z").out
    require(sorted(out.split(b"\0")) == sorted([b"", *(b.url.encode() for b in boxes)]), f"it wrote {out!r}")


@clause("watch.remove")
def test_removed(watch_daemon):
    box, other = Box(watch_daemon.place.work / "in"), sentinel(watch_daemon)
    watch(watch_daemon, box, "import-rw")
    box.deliver("before")
    has_keywords(watch_daemon, "before")
    succeeds(watch_daemon, "rm-watch", "in")
    listed = succeeds(watch_daemon, "ls-watch").out.decode().splitlines()
    require(listed == [other.url], f"it lists {listed}")
    box.deliver("after")
    quiet(watch_daemon, other)
    require(keywords(watch_daemon, "after") is None, "a new message was brought in")
    require(keywords(watch_daemon, "before") == [], "what was there before is gone")


@clause("watch.remove.gone")
def test_directory_is_gone(watch_daemon):
    box = Box(watch_daemon.place.work / "in")
    watch(watch_daemon, box)
    box.path.rename(watch_daemon.place.work / "elsewhere")
    succeeds(watch_daemon, "rm-watch", "in")
    out = succeeds(watch_daemon, "ls-watch").out
    require(out == b"", f"it lists {out!r}")


@clause("watch.pause")
def test_paused_and_resumed(watch_daemon):
    box, other = Box(watch_daemon.place.work / "in"), sentinel(watch_daemon)
    watch(watch_daemon, box, "import-ro")
    box.deliver("before")
    has_keywords(watch_daemon, "before")
    succeeds(watch_daemon, "pause-watch", box.url)
    box.deliver("meanwhile")
    box.mark("before", "S")
    quiet(watch_daemon, other)
    require(keywords(watch_daemon, "meanwhile") is None, "brought in while paused")
    require(keywords(watch_daemon, "before") == [], "followed while paused")
    succeeds(watch_daemon, "resume-watch", box.url)
    has_keywords(watch_daemon, "meanwhile")
    has_keywords(watch_daemon, "before", "seen")


@clause("watch.forget")
def test_forgotten(watch_daemon):
    box = Box(watch_daemon.place.work / "in")
    watch(watch_daemon, box)
    succeeds(watch_daemon, "forget-watch", box.url)
    out = succeeds(watch_daemon, "ls-watch").out
    require(out == b"", f"it lists {out!r}")


def results(daemon, *names, at="results"):
    """A Maildir that a search has written."""
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*map(eml, names)))
    words = " OR ".join(f"mid:{n}@example.com" for n in names).split()
    succeeds(daemon, "q", "-q", "-o", at, *words)
    box = Box(daemon.place.work / at)
    require(len(box.names()) == len(names), f"the search wrote {box.names()}")
    return box


@clause("watch.implicit.results")
def test_results(watch_daemon):
    box = results(watch_daemon, "ham", "spam")
    box.mark("ham", "RS")
    has_keywords(watch_daemon, "ham", "answered", "seen")
    box.mark("ham", "R")
    has_keywords(watch_daemon, "ham", "answered")
    require(keywords(watch_daemon, "spam") == [], "another message got keywords, too")


@clause("watch.implicit.import")
@each("where", [param("cur", "cur"), param("new", "new")])
def test_imported(watch_daemon, where):
    box = Box(watch_daemon.place.work / "in", "ham", sub=where, info=":2," if where == "cur" else "")
    succeeds(watch_daemon, "import", "-q", "in")
    box.mark("ham", "S")
    has_keywords(watch_daemon, "ham", "seen")


@clause("watch.implicit.index")
def test_indexed_before(watch_daemon):
    box = Box(watch_daemon.place.work / "in", "ham")
    succeeds(watch_daemon, "index", "-q", "in")
    box.mark("ham", "S")
    has_keywords(watch_daemon, "ham", "seen")


@clause("watch.implicit.new")
@each("how", [param("results", "results"), param("import", "import"), param("index", "index")])
def test_not_brought_in(watch_daemon, how):
    other = sentinel(watch_daemon)
    if how == "results":
        box = results(watch_daemon, "ham")
    else:
        box = Box(watch_daemon.place.work / "in", "ham")
        succeeds(watch_daemon, how, "-q", "in")
    box.deliver("stranger")
    box.mark("ham", "S")
    if how != "results":  # watch.implicit.results shows that those are followed
        has_keywords(watch_daemon, "ham", "seen")
    quiet(watch_daemon, other)
    require(keywords(watch_daemon, "stranger") is None, "it was brought in")


@clause("watch.implicit.unlisted")
def test_implicit_is_not_listed(watch_daemon):
    watched(watch_daemon, "ham")
    out = succeeds(watch_daemon, "ls-watch").out
    require(out == b"", f"it lists {out!r}")


@clause("watch.state.write")
def test_right_after_import(watch_daemon):
    """The folder has hardly become known when the store gets keywords for it."""
    names = [f"m{n:02d}" for n in range(3)]
    boxes = [Box(watch_daemon.place.work / name, name) for name in names]
    for name, box in zip(names, boxes, strict=True):
        succeeds(watch_daemon, "import", "-q", name)
        watch(watch_daemon, box, "tag-rw")
        flag_in_store(watch_daemon, name)

    def without():
        return [name for name, box in zip(names, boxes, strict=True) if box.letters(name) != "F"]

    becomes(watch_daemon, "messages without F", without, [])
