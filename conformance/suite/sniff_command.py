"""The wrapped command, the signals that come meanwhile, and ending as it ended."""

import contextlib
import errno
import os
import resource
import signal
import subprocess
import sys

from .sniff_place import CANNOT_RUN, Problem, restore_limits

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def in_foreground():
    """The terminal signals us and the command alike."""
    try:
        with open("/dev/tty", "rb", buffering=0) as tty:
            return os.tcgetpgrp(tty.fileno()) == os.getpgrp()
    except OSError:
        return False


class Signals:
    """Signals as bytes in a pipe that the loop waits for."""

    def __init__(self):
        self.read, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self.seen = []
        for signo in (*PASSED_ON, signal.SIGCHLD, signal.SIGTSTP):
            if signal.getsignal(signo) != signal.SIG_IGN:
                signal.signal(signo, lambda number, _: self.seen.append(number))

    def take(self):
        ret = []
        while self.seen:  # one may come at any moment
            ret.append(self.seen.pop(0))
        return ret


class Command:
    """The client in front of which we stand."""

    def __init__(self, argv, runtime, record):
        self.record, self.status = record, None
        try:
            self.process = subprocess.Popen(
                argv, env={**os.environ, "XDG_RUNTIME_DIR": runtime}, preexec_fn=restore_limits
            )
        except OSError as e:
            raise Problem(f"{argv[0]}: {e.strerror}", CANNOT_RUN - (e.errno == errno.EACCES)) from None

    def signal(self, signo):
        """Pass it on, unless the terminal has told the command already."""
        if self.status is None and not in_foreground():
            os.kill(self.process.pid, signo)

    def look(self):
        """"stopped" or "ended" when it just did."""
        pid, status = 0, 0
        if self.status is None:
            pid, status = os.waitpid(self.process.pid, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
        if not pid:
            return ""
        if os.WIFSTOPPED(status):
            self.record.note(f"the command is stopped by {signal.Signals(os.WSTOPSIG(status)).name}")
            return "stopped"
        if os.WIFCONTINUED(status):
            self.record.note("the command continues")
            return ""
        self.status = self.process.returncode = os.waitstatus_to_exitcode(status)
        how = f"exit {self.status}" if self.status >= 0 else signal.Signals(-self.status).name
        self.record.event("exit", status=self.status, text=f"the command has ended: {how}")
        return "ended"


def end_like(status):
    """Our exit status; dies of the signal that the command died of."""
    if status >= 0:
        return status
    sys.stdout.flush()
    sys.stderr.flush()
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with contextlib.suppress(OSError, ValueError):
        signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
    return 128 - status
