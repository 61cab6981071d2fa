"""spec/watch.md: several sides agree, by nothing but renames"""

from suite.api import clause, deadline, each, needs, param, require
from suite.mail import eml, mboxrd, succeeds
from suite.maildir import Box, Moves, becomes, flush, has_keywords, has_letters, keywords, quiet, watch

pytestmark = [needs("mail", "watch"), deadline(90)]


def pair(daemon, *names, state="import-rw"):
    """Two folders that hold the same messages."""
    boxes = [Box(daemon.place.work / at, *names) for at in ("a", "b")]
    succeeds(daemon, "import", "-q", "a", "b")
    for box in boxes:
        watch(daemon, box, state)
    flush(daemon)
    return boxes


def agree(daemon, boxes, name, letters):
    """Both folders and the store."""
    kw = {"D": "draft", "F": "flagged", "P": "forwarded", "R": "answered", "S": "seen"}
    for box in boxes:
        has_letters(daemon, box, name, letters)
    has_keywords(daemon, name, *(kw[c] for c in letters))


@clause("watch.agree")
@each("state", [param("import", "import-rw"), param("tag", "tag-rw")])
def test_set_and_cleared(watch_daemon, state):
    boxes = a, b = pair(watch_daemon, "ham", "spam", state=state)
    a.mark("ham", "S")
    agree(watch_daemon, boxes, "ham", "S")
    b.mark("ham", "FS")
    agree(watch_daemon, boxes, "ham", "FS")
    a.mark("ham", "F")
    agree(watch_daemon, boxes, "ham", "F")
    agree(watch_daemon, boxes, "spam", "")


@clause("watch.agree")
def test_old_and_new(watch_daemon):
    """In the second folder it has not been looked at."""
    a = Box(watch_daemon.place.work / "a", "ham")
    b = Box(watch_daemon.place.work / "b", "ham", sub="new", info="")
    succeeds(watch_daemon, "import", "-q", "a", "b")
    for box in (a, b):
        watch(watch_daemon, box, "import-rw")
    a.mark("ham", "RS")
    agree(watch_daemon, (a, b), "ham", "RS")
    require(b.file("ham") == "cur/ham.1.host:2,RS", f"it is {b.file('ham')}")


@clause("watch.agree.results")
def test_two_searches(watch_daemon):
    succeeds(watch_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(eml("ham"), eml("spam")))
    for at, words in (("a", ["s:ham"]), ("b", ["s:ham", "OR", "s:spam"])):
        succeeds(watch_daemon, "q", "-q", "-o", at, *words)
    boxes = a, b = [Box(watch_daemon.place.work / at) for at in ("a", "b")]
    require((len(a.names()), len(b.names())) == (1, 2), f"written: {a.names()} {b.names()}")
    a.mark("ham", "S")
    agree(watch_daemon, boxes, "ham", "S")
    b.mark("ham", "FRS")
    agree(watch_daemon, boxes, "ham", "FRS")
    b.mark("ham", "R")
    agree(watch_daemon, boxes, "ham", "R")


@clause("watch.echo")
def test_renames_are_counted(watch_daemon):
    boxes = a, b = pair(watch_daemon, "ham")
    moves = {box: Moves(box) for box in boxes}
    a.mark("ham", "S")
    agree(watch_daemon, boxes, "ham", "S")
    b.mark("ham", "FS")
    agree(watch_daemon, boxes, "ham", "FS")
    for box in boxes:
        quiet(watch_daemon, box)
    for _ in range(3):
        flush(watch_daemon)
    want = ["ham.1.host:2,S", "ham.1.host:2,FS"]
    for box in boxes:
        got = [name for name in moves[box].names() if name.startswith("ham")]
        require(got == want, f"renamed in {box.path.name}: {got}, not {want}")


@clause("watch.needless")
def test_new_mail_is_not_touched(watch_daemon):
    """What is brought in as it is needs no new name."""
    box, other = pair(watch_daemon)
    moves = Moves(box)
    box.deliver("plain")
    box.deliver("read", sub="cur", info=":2,S")
    has_keywords(watch_daemon, "plain")
    has_keywords(watch_daemon, "read", "seen")
    quiet(watch_daemon, other)
    got = moves.names()
    require(got == ["plain.1.host", "read.1.host:2,S"], f"moves: {got}")


@clause("watch.content")
@each("state", [param("import", "import-rw"), param("tag", "tag-rw")])
def test_only_names_change(watch_daemon, state):
    names = [f"m{n}" for n in range(6)]
    boxes = a, b = pair(watch_daemon, *names, state=state)
    before = [box.state() for box in boxes]
    for n, name in enumerate(names):
        boxes[n % 2].mark(name, "SRF"[: n // 2 + 1])
    for n, name in enumerate(names):
        agree(watch_daemon, boxes, name, "".join(sorted("SRF"[: n // 2 + 1])))
    succeeds(watch_daemon, "export-kw", "-q", "--all")
    after = [box.state() for box in boxes]
    for box, old, new in zip(boxes, before, after, strict=True):
        require(set(old) == set(new), f"{box.path.name} has other files than before: {box.names()}")
        require(old == new, f"bytes, mode or time of a file in {box.path.name} have changed")
        strays = list((box.path / "tmp").iterdir())
        require(not strays, f"left in tmp: {strays}")


NAMES = [f"m{n:02d}" for n in range(12)]


@clause("watch.merge")
def test_two_folders(watch_daemon):
    boxes = a, b = pair(watch_daemon, *NAMES)
    for name in NAMES:
        a.set(name, "S")
        b.set(name, "F")
    for name in NAMES:
        agree(watch_daemon, boxes, name, "FS")


@clause("watch.merge")
def test_folder_and_store(watch_daemon):
    boxes = a, b = pair(watch_daemon, *NAMES)
    mails = [eml(name, more="X-Status: F") for name in NAMES]
    call = watch_daemon.begin("import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*mails))
    for name in NAMES:
        a.set(name, "S")
    reply = call.finish(20)
    require(reply.succeeded, f"{reply.packets!r} {reply.err!r}")
    for name in NAMES:
        agree(watch_daemon, boxes, name, "FS")


@clause("watch.merge.both-ways")
def test_set_here_cleared_there(watch_daemon):
    boxes = a, b = pair(watch_daemon, *NAMES)
    for name in NAMES:
        a.mark(name, "S")
    for name in NAMES:
        agree(watch_daemon, boxes, name, "S")
    for name in NAMES:
        a.clear(name, "S")
        b.set(name, "F")
    for name in NAMES:
        agree(watch_daemon, boxes, name, "F")


@clause("watch.merge.both-ways")
def test_same_keyword(watch_daemon):
    """Either may win, but all agree."""
    boxes = a, b = pair(watch_daemon, *NAMES)
    for name in NAMES:
        a.mark(name, "F")
    for name in NAMES:
        agree(watch_daemon, boxes, name, "F")
    for name in NAMES:
        a.clear(name, "F")
        b.set(name, "S")
        b.clear(name, "F")
        b.set(name, "F")

    def sides():
        return {(a.letters(n), b.letters(n), tuple(keywords(watch_daemon, n))) for n in NAMES}

    allowed = {("S", "S", ("seen",)), ("FS", "FS", ("flagged", "seen"))}
    becomes(watch_daemon, "all sides agree", lambda: sides() <= allowed or sides(), True)
