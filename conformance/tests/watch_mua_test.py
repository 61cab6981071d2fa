"""spec/watch.md: a mail reader that people use, at a terminal"""

from suite.api import clause, deadline, needs, require
from suite.mail import eml, mboxrd, succeeds
from suite.maildir import Box, becomes, flush, has_keywords, has_letters, watch
from suite.mutt import Mutt

pytestmark = [needs("mail", "watch"), deadline(150)]

NAMES = ["flag", "none", "read", "reply"]


def three(daemon):
    """Two results and a folder that was added, with the same messages."""
    succeeds(daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*map(eml, NAMES)))
    query = " OR ".join(f"mid:{name}@example.com" for name in NAMES).split()
    for at in ("results", "others"):
        succeeds(daemon, "q", "-q", "-o", at, *query)
    added = Box(daemon.place.work / "added", *NAMES)
    succeeds(daemon, "import", "-q", str(added.path))
    watch(daemon, added, "import-rw")
    flush(daemon)
    return [Box(daemon.place.work / at) for at in ("results", "others")] + [added]


def agree(daemon, boxes, expected):
    words = {"F": "flagged", "R": "answered", "S": "seen"}
    for name, letters in expected.items():
        for box in boxes:
            has_letters(daemon, box, name, letters)
        has_keywords(daemon, name, *(words[c] for c in letters))


@clause("watch.agree.results", "watch.flags.moved")
def test_marks_of_a_reader(watch_daemon):
    """mutt reads, flags and answers; it writes names when it is told to, and when it ends."""
    boxes = three(watch_daemon)
    with Mutt(watch_daemon, boxes[0]) as mutt:
        mutt.read("read")
        mutt.flag("flag")
        mutt.sync()
        agree(watch_daemon, boxes, {"read": "S", "flag": "F", "none": "", "reply": ""})
        mutt.answer("reply")
        mutt.quit()
    agree(watch_daemon, boxes, {"read": "S", "flag": "F", "none": "", "reply": "RS"})
    for box in boxes:
        require(len(box.names()) == len(NAMES), f"in {box.path.name} there is {box.names()}")


@clause("watch.state.write", "watch.merge")
def test_a_reader_is_told(watch_daemon):
    """What the store and other folders learn is seen in mutt while it is open; what was done there, and not
    written yet, stays."""
    boxes = three(watch_daemon)
    with Mutt(watch_daemon, boxes[0]) as mutt:
        mutt.flag("flag")
        (watch_daemon.place.work / "none.eml").write_bytes(eml("none"))
        require(not mutt.finds("~R", "none"), "it is seen as read before it was")
        succeeds(watch_daemon, "tag", "+kw:seen", "none.eml")
        becomes(watch_daemon, "name of none", lambda: boxes[0].letters("none"), "S")
        mutt.shows("~R", "none")
        boxes[2].mark("reply", "R")
        has_letters(watch_daemon, boxes[0], "reply", "R")
        mutt.shows("~Q", "reply")
        mutt.quit()
    agree(watch_daemon, boxes, {"none": "S", "read": "", "reply": "R", "flag": "F"})
