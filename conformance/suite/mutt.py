"""mutt, a real mail reader, at a terminal of its own.

Keys are typed ahead; whether mutt has come to their end it says by running a command.  What it shows
is asked for in the same way, by its own patterns: no picture of the screen is read."""

import contextlib
import os
import pty
import shutil
import signal

import pytest

from .verdict import Finding

PATIENCE = 30.0
# As a newcomer's, but without questions.
SETTINGS = """\
set mbox_type=Maildir folder="{home}" spoolfile="{box}" header_cache="" record="" tmpdir="{home}"
set editor=true sendmail=/bin/true sendmail_wait=0 from=reader@example.com use_envelope_from=no
set fast_reply=yes include=no abort_unmodified=no abort_nosubject=no copy=no recall=no fcc_clear=no
set move=no delete=no quit=yes wait_key=no beep=no confirmappend=no timeout=1 mail_check=1 sort=subject
set pager=builtin pager_stop=yes resolve=no pipe_decode=no pipe_split=no
macro index X "<tag-prefix-cond><pipe-message>cat >{home}/found<enter><untag-pattern>~A<enter>"
"""


class Mutt:
    def __init__(self, daemon, box):
        program = shutil.which("mutt")
        if program is None:
            pytest.skip("mutt is not installed")
        self.daemon, self.box = daemon, box
        self.home = daemon.place.root / "data"
        self.marks = self.home / f"marks-{box.path.name}"
        self.marks.write_bytes(b"")
        self.marked = 0
        rc = self.home / "muttrc"
        rc.write_text(SETTINGS.format(home=self.home, box=box.path))
        daemon.trace.add(f"mutt -f {box.path.name}")
        argv = [program, "-n", "-F", str(rc), "-f", str(box.path)]
        env = daemon.place.env | {"HOME": str(self.home), "TERM": "xterm", "LINES": "24", "COLUMNS": "80"}
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            with contextlib.suppress(OSError):
                os.execve(program, argv, env)
            os._exit(127)
        os.set_blocking(self.terminal, False)
        self.screen = b""
        self.done()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self._reap()
        os.close(self.terminal)

    def _reap(self):
        status = os.waitpid(self.pid, 0)[1]
        self.pid = 0
        return status

    def _look(self):
        """Take what it writes, or it stops; True while it is there."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.terminal, 65536):
                self.screen = (self.screen + data)[-2000:]

    def keys(self, text, quietly=False):
        if not quietly:
            self.daemon.trace.add(f"keys {text!r}")
        os.write(self.terminal, text.encode())

    def _poll(self, what, probe):
        def look():
            try:
                self._look()
            except OSError:
                raise Finding(f"mutt has ended: {self.screen!r}") from None
            return probe()

        return self.daemon.clock.poll(what, look, PATIENCE)

    def done(self):
        """All that was typed has been dealt with."""
        self.marked += 1
        os.write(self.terminal, f":set my_mark=`echo >>{self.marks}`\r".encode())
        self._poll("mutt comes to the end of its keys", lambda: self.marks.stat().st_size >= self.marked)

    def at(self, name):
        """Put the cursor there."""
        self.keys(f"/~i <{name}@example.com>\r")

    def read(self, name):
        self.at(name)
        self.keys("\rq")
        self.done()

    def flag(self, name):
        self.at(name)
        self.keys("F")
        self.done()

    def answer(self, name):
        self.at(name)
        self.keys("r")
        self.keys("y")
        self.done()

    def sync(self):
        self.keys("$")
        self.done()

    def finds(self, pattern, name):
        """Does it see this message by a pattern, such as ~R for those that were read?"""
        found = self.home / "found"
        found.write_bytes(b"")
        self.keys(f"T{pattern} ~i <{name}@example.com>\rX", quietly=True)
        self.done()
        return f"<{name}@example.com>".encode() in found.read_bytes()

    def shows(self, pattern, name):
        self._poll(f"mutt finds {name} by {pattern}", lambda: self.finds(pattern, name))

    def quit(self):
        """Writes what is left to be written."""
        self.keys("q")
        ended = []

        def look():
            with contextlib.suppress(OSError):
                self._look()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                ended.append(status)
            return pid

        self.daemon.clock.poll("mutt ends", look, PATIENCE)
        self.pid = 0
        if ended != [0]:
            raise Finding(f"mutt ended with {ended[0]}: {self.screen!r}")
