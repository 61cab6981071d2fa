"""spec/watch.md: what the end of `note-event done` promises, when there is much to do before it"""

import os

from suite.api import clause, deadline, needs, require
from suite.mail import succeeds
from suite.maildir import Box, flush, stopped, watch

pytestmark = [needs("mail", "watch"), deadline(60)]

COUNT = 400


def read_in(box):
    return sum(name.endswith(":2,S") for name in box.names())


@clause("watch.done.barrier")
def test_much_to_do(watch_daemon):
    """Everything is renamed while the daemon stands still; it is asked before it goes on."""
    names = [f"m{n:03d}" for n in range(COUNT)]
    boxes = a, b = [Box(watch_daemon.place.work / at, *names) for at in ("a", "b")]
    succeeds(watch_daemon, "import", "-q", "a", "b")
    for box in boxes:
        watch(watch_daemon, box, "tag-rw")
    flush(watch_daemon)
    with stopped(watch_daemon):
        for name in names:
            os.rename(a.path / f"cur/{name}.1.host:2,", a.path / f"cur/{name}.1.host:2,S")
        call = watch_daemon.begin("note-event", "done")
    reply = call.finish(30)
    written = read_in(b)
    require(reply.succeeded, f"{reply.packets!r} {reply.err!r}")
    require(written == COUNT, f"{written} of {COUNT} names in the other folder were written when it ended")
    seen = succeeds(watch_daemon, "q", "-f", "json", "kw:seen").out.count(b'"blob"')
    require(seen == COUNT, f"{seen} of {COUNT} are seen in the store")
