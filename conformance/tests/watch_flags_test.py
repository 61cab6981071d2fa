"""spec/watch.md: names of files become keywords"""

from suite.api import clause, deadline, needs, require
from suite.mail import eml, mboxrd, row_of, succeeds
from suite.maildir import Box, becomes, flush, has_keywords, keywords, quiet, watch, watched

pytestmark = [needs("mail", "watch"), deadline(60)]


@clause("watch.flags.set")
def test_read_and_flagged(watch_daemon):
    box = watched(watch_daemon, "ham", "spam")
    box.mark("ham", "S")
    has_keywords(watch_daemon, "ham", "seen")
    box.mark("ham", "FS")
    has_keywords(watch_daemon, "ham", "flagged", "seen")
    require(keywords(watch_daemon, "spam") == [], "another message got keywords, too")


@clause("watch.flags.clear")
def test_unread_again(watch_daemon):
    box = watched(watch_daemon, "ham")
    box.mark("ham", "FRS")
    has_keywords(watch_daemon, "ham", "answered", "flagged", "seen")
    box.mark("ham", "F")
    has_keywords(watch_daemon, "ham", "flagged")
    box.mark("ham", "")
    has_keywords(watch_daemon, "ham")


LETTERS = {
    "D": ["draft"],
    "F": ["flagged"],
    "P": ["forwarded"],
    "R": ["answered"],
    "S": ["seen"],
    "DFPRS": ["answered", "draft", "flagged", "forwarded", "seen"],
    "SRPFD": ["answered", "draft", "flagged", "forwarded", "seen"],
}


@clause("watch.flags.letters")
def test_each_letter(watch_daemon):
    names = {letters: f"l{n}" for n, letters in enumerate(LETTERS)}
    box = watched(watch_daemon, *names.values())
    for letters, name in names.items():
        box.mark(name, letters)
    for letters, name in names.items():
        has_keywords(watch_daemon, name, *LETTERS[letters])


@clause("watch.flags.moved")
def test_from_new_to_cur(watch_daemon):
    box = Box(watch_daemon.place.work / "in", "read", "unread", sub="new", info="")
    succeeds(watch_daemon, "import", "-q", "in")
    box.mark("unread", "")
    box.mark("read", "S")
    has_keywords(watch_daemon, "read", "seen")
    has_keywords(watch_daemon, "unread")


@clause("watch.flags.trashed")
def test_thrown_away(watch_daemon):
    box = watched(watch_daemon, "kept", state="import-rw")
    box.mark("kept", "F")
    has_keywords(watch_daemon, "kept", "flagged")
    box.mark("kept", "RST")
    box.deliver("never", sub="cur", info=":2,ST")
    quiet(watch_daemon, box)
    require(keywords(watch_daemon, "never") is None, "a new message in the trash was brought in")
    got = keywords(watch_daemon, "kept")
    require(got == ["flagged"], f"thrown away it has {got}")
    require(box.letters("kept") == "RST", f"its file is now {box.file('kept')}")


@clause("watch.flags.trashed")
def test_taken_back(watch_daemon):
    box = watched(watch_daemon, "kept")
    box.mark("kept", "ST")
    box.mark("kept", "FS")
    has_keywords(watch_daemon, "kept", "flagged", "seen")


@clause("watch.flags.unknown")
def test_letters_of_others(watch_daemon):
    box = watched(watch_daemon, "ham", state="import-rw")
    box.mark("ham", "Sabz")
    has_keywords(watch_daemon, "ham", "seen")
    succeeds(watch_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(eml("ham", more="Status: R\nX-Status: F")))
    becomes(watch_daemon, "letters of ham", lambda: "".join(sorted(box.letters("ham"))), "FSabz")


@clause("watch.flags.others")
def test_keywords_without_letters(watch_daemon):
    without = ["junk", "notjunk", "phishing"]
    box = Box(watch_daemon.place.work / "in", "ham")
    succeeds(watch_daemon, "import", "-q", *(f"+kw:{kw}" for kw in without), "in")
    box.mark("ham", "S")
    has_keywords(watch_daemon, "ham", "seen", *without)
    box.mark("ham", "")
    has_keywords(watch_daemon, "ham", *without)


@clause("watch.flags.others")
def test_labels(watch_daemon):
    box = Box(watch_daemon.place.work / "in", "ham")
    succeeds(watch_daemon, "import", "-q", "+L:work", "in")
    box.mark("ham", "S")
    has_keywords(watch_daemon, "ham", "seen")
    labels = row_of(watch_daemon, "ham").get("L", [])
    require(labels == ["work"], f"labels are now {labels}")


@clause("watch.flags.removed")
def test_file_is_gone(watch_daemon):
    box = watched(watch_daemon, "ham", state="import-rw")
    box.mark("ham", "F")
    has_keywords(watch_daemon, "ham", "flagged")
    box.remove("ham")
    quiet(watch_daemon, box)
    got = keywords(watch_daemon, "ham")
    require(got == ["flagged"], f"it has {got}")


@clause("watch.done")
def test_nothing_to_do(daemon):
    for _ in range(3):
        flush(daemon)
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(eml("ham")))
    flush(daemon)
    daemon.settle()  # it has a store now
    flush(daemon)
    require(keywords(daemon, "ham") == [], "ham is not there")


@clause("watch.done")
def test_several_at_once(watch_daemon):
    box = watched(watch_daemon, "ham")
    box.mark("ham", "S")
    calls = [watch_daemon.begin("note-event", "done") for _ in range(8)]
    for call in calls:
        reply = call.finish(20)
        require(reply.succeeded, f"{reply.packets!r} {reply.err!r}")
    has_keywords(watch_daemon, "ham", "seen")


@clause("watch.done.barrier")
def test_once_is_enough(watch_daemon):
    box = watched(watch_daemon, "ham", state="import-rw")
    other = Box(watch_daemon.place.work / "other")
    watch(watch_daemon, other, "import-rw")
    flush(watch_daemon)
    for turn, letters in enumerate(["S", "FS", "", "R"]):
        name = f"new{turn}"
        box.mark("ham", letters)
        box.deliver(name)
        other.deliver(name, sub="cur", info=":2,F")
        flush(watch_daemon)
        kw = {"S": "seen", "F": "flagged", "R": "answered"}
        want = sorted(kw[c] for c in letters)
        got = keywords(watch_daemon, "ham")
        require(got == want, f"turn {turn}: {got}, not {want}")
        require(keywords(watch_daemon, name) == ["flagged"], f"turn {turn}: {keywords(watch_daemon, name)}")
        require(box.letters(name) == "F", f"turn {turn}: the other file is {box.file(name)}")
