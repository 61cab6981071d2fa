"""Processes as the kernel shows them: /proc, the child subreaper, deadlines."""

import ctypes
import errno
import os
import signal
import time

from .verdict import Late

PR_SET_CHILD_SUBREAPER = 36
DUTY = 3  # a poll rests so many times as long as it asks,
DEAR = 1.0  # but no longer than these seconds


def become_subreaper():
    """Orphans of our children become our children: their wait status can be read."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def open_standard_descriptors():
    """Nothing that is opened later may land on 0, 1 or 2."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(fd)


class Clock:
    """Deadlines.  Every wait of the suite polls for a state; `scale` stretches all of them."""

    def __init__(self, scale=1.0):
        self.scale = scale

    def seconds(self, seconds):
        return seconds * self.scale

    def poll(self, what, probe, seconds=5.0):
        """The first true value of probe(), or Late.  What is dear to ask is asked less often."""
        end = time.monotonic() + self.seconds(seconds)
        pause = 0.001
        while True:
            begin = time.monotonic()
            value = probe()
            if value:
                return value
            now = time.monotonic()
            if now >= end:
                raise Late(f"not within {self.seconds(seconds):g} s: {what}")
            time.sleep(max(pause, min(DUTY * (now - begin), DEAR)))
            pause = min(pause * 1.5, 0.05)


def stat_of(pid):
    """(ppid, state, name) of a process, or None when it is gone."""
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError):
        return None
    try:
        text = os.read(fd, 4096).decode(errors="replace")
    except ProcessLookupError:
        return None
    finally:
        os.close(fd)
    name, _, rest = text[text.index("(") + 1 :].rpartition(")")
    state, ppid = rest.split(maxsplit=2)[:2]
    return int(ppid), state, name


def alive(pid):
    found = stat_of(pid)
    return found is not None and found[1] not in "ZX"


def forks():
    """Processes and threads made since the machine started."""
    with open("/proc/stat", encoding="ascii") as stream:
        return int(next(line for line in stream if line.startswith("processes ")).split()[1])


class Strangers:
    """Processes that are none of ours, known by their pids for as long as the kernel, which gives pids out in
    turn, cannot have come round to them again."""

    def __init__(self):
        self.pids, self.until = set(), 0

    def learn(self):
        """All that are there now.  To be called by a process that has no children yet."""
        with open("/proc/sys/kernel/pid_max", encoding="ascii") as stream:
            self.until = forks() + int(stream.read()) // 2
        self.pids = {int(entry) for entry in os.listdir("/proc") if entry.isdigit()} - {os.getpid()}

    def known(self):
        if self.pids and forks() >= self.until:
            self.pids = set()
        return self.pids


STRANGERS = Strangers()


def processes():
    """{pid: (ppid, state, name)} of all but strangers."""
    ret, strangers = {}, STRANGERS.known()
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) not in strangers:
            found = stat_of(int(entry))
            if found:
                ret[int(entry)] = found
    return ret


def descendants(pid):
    """Living processes below `pid`, as {pid: name}."""
    table = processes()
    ret, todo = {}, [pid]
    while todo:
        parent = todo.pop()
        for child, (ppid, state, name) in table.items():
            if ppid == parent and child not in ret and state not in "ZX":
                ret[child] = name
                todo.append(child)
    return ret


def has_in_environment(pid, word):
    """Was it started with a variable that names `word`?"""
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:
            return os.fsencode(word) in stream.read()
    except OSError:
        return False


def tree(pid):
    """Descendants with their states, for people."""
    lines = []
    for child, name in sorted(descendants(pid).items()):
        found = stat_of(child)
        if found:
            lines.append(f"{child} {found[1]} {name} (parent {found[0]})")
    return lines


def kill(pid, signo):
    try:
        os.kill(pid, signo)
    except ProcessLookupError:
        pass


def kill_all_below(pid):
    """End every descendant and reap what becomes ours."""
    for _ in range(200):
        below = descendants(pid)
        for child in below:
            kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        if not below:
            return
        time.sleep(0.005)


def descriptors(pid):
    """{number: what it is} of a process's open descriptors."""
    ret = {}
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                ret[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
            except OSError as e:
                if e.errno not in (errno.ENOENT, errno.ESRCH):
                    raise
    except FileNotFoundError:
        pass
    return ret


def describe_status(status):
    """A wait status in words."""
    if status is None:
        return "still running"
    if os.WIFSIGNALED(status):
        return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    if os.WIFEXITED(status):
        return f"exit {os.WEXITSTATUS(status)}"
    return f"wait status {status:#x}"


def kill_orphans(spare):
    """End what tests that died have left to us, their subreaper; `spare` are tests that run."""
    for pid, (ppid, state, _) in processes().items():
        if ppid == os.getpid() and pid not in spare and state not in "ZX":
            kill_all_below_other(pid)


def kill_all_below_other(pid):
    """End a process that is stuck, and everything below it."""
    for child in [*descendants(pid), pid]:
        kill(child, signal.SIGKILL)
