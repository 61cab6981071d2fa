"""spec/watch.md: messages that are only indexed"""

from suite.api import clause, deadline, each, needs, param, require
from suite.mail import eml, fails, mails_of, mboxrd, row_of, succeeds
from suite.maildir import Box, becomes, flush, has_keywords, keywords, start, stop, watch

pytestmark = [needs("mail", "watch"), deadline(60)]


def indexed(daemon, *names, at="in"):
    box = Box(daemon.place.work / at, *names)
    succeeds(daemon, "index", "-q", at)
    flush(daemon)
    return box


def blob(daemon, name):
    return row_of(daemon, name)["blob"]


def shown(daemon, name):
    """The message as q writes it, without what is written about keywords."""
    out = succeeds(daemon, "q", "-q", "-f", "mboxrd", f"mid:{name}@example.com").out
    mails = [mail for _, mail in mails_of(out)] if out else []
    lines = [line for mail in mails for line in mail.split(b"\n")]
    return b"\n".join(line for line in lines if not line.startswith((b"Status:", b"X-Status:")))


def whole(daemon, name):
    """It can be had by both ways."""
    out = shown(daemon, name)
    require(out == eml(name), f"q shows {out!r}")
    out = succeeds(daemon, "blob", blob(daemon, name)).out
    require(out == eml(name), f"blob shows {out!r}")


@clause("watch.index.found")
@each("term", [param("subject", "s:ham"), param("body", "b:body"), param("sender", "f:alice")])
def test_found(watch_daemon, term):
    indexed(watch_daemon, "ham")
    out = succeeds(watch_daemon, "q", "-f", "json", term).out
    require(b"ham@example.com" in out, f"{term} finds {out!r}")


@clause("watch.index.found")
def test_with_keywords(watch_daemon):
    box = Box(watch_daemon.place.work / "in", "ham", info=":2,FS")
    box.deliver("trash", sub="cur", info=":2,ST")
    succeeds(watch_daemon, "index", "-q", "in")
    require(keywords(watch_daemon, "ham") == ["flagged", "seen"], f"it has {keywords(watch_daemon, 'ham')}")
    require(keywords(watch_daemon, "trash") is None, "the trash was indexed")


@clause("watch.index.found")
def test_then_imported(watch_daemon):
    """Then it is in the store, once."""
    box = indexed(watch_daemon, "ham")
    succeeds(watch_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(eml("ham")))
    box.remove("ham")
    flush(watch_daemon)
    whole(watch_daemon, "ham")


@clause("watch.index.uncopied")
def test_not_copied(watch_daemon):
    box = indexed(watch_daemon, "ham", "spam")
    known = blob(watch_daemon, "ham")
    box.remove("ham")
    flush(watch_daemon)
    fails(watch_daemon, "blob", known)
    whole(watch_daemon, "spam")


@clause("watch.index.uncopied")
def test_only_copies_are_files(watch_daemon):
    """Of two files one is enough."""
    boxes = [Box(watch_daemon.place.work / at, "ham") for at in ("a", "b")]
    succeeds(watch_daemon, "index", "-q", "a", "b")
    boxes[0].remove("ham")
    flush(watch_daemon)
    whole(watch_daemon, "ham")


@clause("watch.index.retrieved")
def test_retrieved(watch_daemon):
    indexed(watch_daemon, "ham")
    whole(watch_daemon, "ham")


@clause("watch.index.retrieved")
def test_to_a_maildir(watch_daemon):
    indexed(watch_daemon, "ham")
    succeeds(watch_daemon, "q", "-q", "-o", "out", "mid:ham@example.com")
    out = Box(watch_daemon.place.work / "out")
    require((out.path / out.file("ham")).read_bytes() == eml("ham"), "it is another message")


@clause("watch.index.renamed")
def test_renamed_while_watched(watch_daemon):
    box = indexed(watch_daemon, "ham")
    for letters, kw in (("S", ["seen"]), ("FS", ["flagged", "seen"]), ("", [])):
        box.mark("ham", letters)
        has_keywords(watch_daemon, "ham", *kw)
        becomes(watch_daemon, "q shows ham", lambda: shown(watch_daemon, "ham"), eml("ham"))
        whole(watch_daemon, "ham")


@clause("watch.index.renamed")
def test_brought_in_by_a_watch(watch_daemon):
    box = Box(watch_daemon.place.work / "in")
    watch(watch_daemon, box, "index-ro")
    box.deliver("ham")
    has_keywords(watch_daemon, "ham")
    whole(watch_daemon, "ham")
    box.mark("ham", "S")
    has_keywords(watch_daemon, "ham", "seen")
    becomes(watch_daemon, "q shows ham", lambda: shown(watch_daemon, "ham"), eml("ham"))


@clause("watch.index.renamed")
def test_renamed_while_stopped(watch_daemon):
    box = indexed(watch_daemon, "ham")
    stop(watch_daemon)
    box.mark("ham", "S")
    start(watch_daemon)
    succeeds(watch_daemon, "refresh-mail-sync", "-q", "in")
    whole(watch_daemon, "ham")
