"""spec/upkeep.md: what was removed, in a folder that is watched"""

from suite.api import clause, deadline, needs
from suite.mail import eml, has, succeeds
from suite.maildir import flush, start, stop, watched

pytestmark = [needs("mail", "watch"), deadline(60)]


@clause("upkeep.rm.stays-away")
def test_stays_away(watch_daemon):
    box = watched(watch_daemon, "ham", "spam", state="import-rw")
    flush(watch_daemon)
    succeeds(watch_daemon, "rm", "-q", "-", stdin=eml("spam"))
    box.mark("spam", "S")
    flush(watch_daemon)
    has(watch_daemon, "ham")
    stop(watch_daemon)
    box.mark("spam", "FS")
    start(watch_daemon)
    flush(watch_daemon)
    has(watch_daemon, "ham")
