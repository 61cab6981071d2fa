"""Maildirs that are watched: what a mail reader does in them, and what the store then knows."""

import contextlib
import ctypes
import json
import os
import signal
import stat
import struct
from pathlib import Path

from . import api, mail, system
from .api import require
from .verdict import Finding, Late

PATIENCE = 12.0  # seconds for a change to arrive; the original looks every two, and flushes after five


class Box:
    """A Maildir.  Messages are called by the name in their Message-ID, whatever their file is called."""

    def __init__(self, path, *names, sub="cur", info=":2,", **how):
        self.path = Path(path)
        self.url = f"maildir:{self.path}"
        mail.maildir(self.path, {})
        for name in names:
            self.deliver(name, sub=sub, info=info, **how)

    def deliver(self, name, sub="new", info="", data=None, unique=None):
        """As a delivery does: complete in tmp, then moved."""
        file = (unique or f"{name}.1.host") + info
        (self.path / "tmp" / file).write_bytes(mail.eml(name) if data is None else data)
        target = self.path / sub / file
        os.rename(self.path / "tmp" / file, target)
        return target

    def names(self):
        """["cur/...", "new/..."], sorted; neither directory alone may have been read during a move."""
        while True:
            lists = [self._list() for _ in range(2)]
            if lists[0] == lists[1]:
                return lists[0]

    def _list(self):
        return sorted(f"{sub}/{n}" for sub in ("cur", "new") for n in os.listdir(self.path / sub))

    def files(self, name):
        """Files that hold the message, relative to the folder."""
        return [f for f in self.names() if f"<{name}@example.com>".encode() in read_plain(self.path / f)]

    def file(self, name):
        for _ in range(100):
            files = self.files(name)
            if len(files) == 1:
                return files[0]
        raise Finding(f"{name} is in {len(files)} files of {self.path.name}: {files}; there are {self.names()}")

    def letters(self, name):
        return self.file(name).partition(":2,")[2]

    def change(self, name, letters_of):
        """As a mail reader does: a rename to cur that depends on the letters it sees; when the file has
        been renamed meanwhile it looks again."""
        for _ in range(1000):
            old = self.file(name)
            unique, _, letters = old.partition("/")[2].partition(":2,")
            with contextlib.suppress(FileNotFoundError):
                os.rename(self.path / old, self.path / f"cur/{unique}:2,{letters_of(letters)}")
                return
        raise Finding(f"{name} is renamed without end")

    def mark(self, name, letters):
        self.change(name, lambda old: letters)

    def set(self, name, letters):
        self.change(name, lambda old: "".join(sorted({*old, *letters})))

    def clear(self, name, letters):
        self.change(name, lambda old: "".join(c for c in old if c not in letters))

    def remove(self, name):
        os.unlink(self.path / self.file(name))

    def state(self):
        """What must never change: every file by inode, with its bytes, mode and time of change."""
        ret = {}
        for file in self.names():
            found = os.lstat(self.path / file)
            ret[found.st_ino] = (found.st_mode, found.st_mtime_ns, (self.path / file).read_bytes())
        return ret


def read_plain(path):
    """The bytes of a regular file; of anything else, or one that is gone, none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        found = os.fstat(fd)
        return os.pread(fd, found.st_size, 0) if stat.S_ISREG(found.st_mode) else b""
    finally:
        os.close(fd)


# ---- the store's side ----


def flush(daemon, seconds=20.0):
    """The barrier: what has been noticed is in the store when this ends."""
    mail.succeeds(daemon, "note-event", "done", seconds=seconds)


def keywords(daemon, name):
    """None when the message is not there."""
    rows = api.found(daemon, f"mid:{name}@example.com")
    require(len(rows) <= 1, f"{name} is there {len(rows)} times")
    return rows[0].get("kw", []) if rows else None


def becomes(daemon, what, probe, want, seconds=PATIENCE):
    """probe() gets to be `want`, flushing all the while."""
    seen = []

    def look():
        flush(daemon)
        seen[:] = [probe()]
        return seen[0] == want

    try:
        daemon.clock.poll(what, look, seconds)
    except Late as e:
        raise Late(f"{e}; it is {seen}, not {want!r}") from None


def has_keywords(daemon, name, *want, seconds=PATIENCE):
    becomes(daemon, f"keywords of {name}", lambda: keywords(daemon, name), sorted(want), seconds)


def has_letters(daemon, box, name, want, seconds=PATIENCE):
    what = f"letters of {name} in {box.path.name}"
    becomes(daemon, what, lambda: "".join(sorted(box.letters(name))), want, seconds)


def quiet(daemon, *boxes):
    """Whatever has happened in these folders has been dealt with: each gets a message that is looked at
    later, and that has had its turn.  They must bring in what is new."""
    for n, box in enumerate(boxes):
        name = f"quiet{n}x{box.path.name.lower()}x{len(box.names())}"
        box.deliver(name, info=":2,F", sub="cur")
        has_keywords(daemon, name, "flagged")
    for _ in range(2):
        flush(daemon)


def watch(daemon, box, state=None, *more):
    options = [f"--state={state}"] if state else []
    mail.succeeds(daemon, "add-watch", "-q", *options, *more, str(box.path))


def watched(daemon, *names, state=None, at="in"):
    """A Maildir with these messages, in the store and watched; what it brought is settled."""
    box = Box(daemon.place.work / at, *names)
    mail.succeeds(daemon, "import", "-q", str(box.path))
    if state:
        watch(daemon, box, state)
    flush(daemon)
    return box


def locations(daemon, name):
    """{URL of a folder: [file names]} of a message."""
    blob = mail.row_of(daemon, name)["blob"]
    return inspect(daemon, f"blob:{blob}").get("mail-sync", {})


def inspect(daemon, item):
    out = mail.succeeds(daemon, "inspect", item).out
    try:
        return json.loads(out)
    except ValueError:
        raise Finding(f"inspect {item} did not write JSON but {out[:300]!r}") from None


# ---- end and start ----


def stop(daemon, signo=signal.SIGTERM):
    """End the daemon; SIGKILL: and everything below it."""
    daemon.trace.add(f"{signal.Signals(signo).name}")
    daemon.may_end = True
    below = list(system.descendants(daemon.pid))
    for pid in [daemon.pid, *(below if signo == signal.SIGKILL else [])]:
        system.kill(pid, signo)
    daemon.wait_end(15)
    daemon.clock.poll("its processes are gone", lambda: not any(map(system.alive, below)), 15)


def start(daemon):
    daemon.exit_status, daemon.may_end = None, False
    daemon.start(settle=False)


@contextlib.contextmanager
def stopped(daemon):
    """The daemon and all below it stand still: events pile up."""
    pids = [daemon.pid, *system.descendants(daemon.pid)]
    for pid in pids:
        system.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            system.kill(pid, signal.SIGCONT)


# ---- the kernel's side ----

LIBC = ctypes.CDLL(None, use_errno=True)
IN_MOVED_TO = 0x80


class Moves:
    """Counts what is moved into `cur` and `new` of a folder, by whomever."""

    def __init__(self, box):
        self.fd = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        for sub in ("cur", "new"):
            if self.fd < 0 or LIBC.inotify_add_watch(self.fd, bytes(box.path / sub), IN_MOVED_TO) < 0:
                raise OSError(ctypes.get_errno(), "inotify")

    def names(self):
        """Since it was last asked."""
        ret = []
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.fd, 65536):
                while data:
                    size = struct.unpack_from("I", data, 12)[0]
                    ret.append(os.fsdecode(data[16 : 16 + size].rstrip(b"\0")))
                    data = data[16 + size :]
        return ret


def switches(pids):
    """How often these processes have gone to sleep, all together, and for how many ticks they have
    worked: who never rests does not go to sleep either."""
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            proc = Path(f"/proc/{pid}")
            for line in (proc / "status").read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches"):
                    total += int(line.split()[1])
            times = (proc / "stat").read_text().rpartition(")")[2].split()[11:13]
            total += sum(map(int, times))
    return total


CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 1, 32, 4096, 16384, 1 << 18, 2


def own_mounts():
    """Mounts of this process's own from now on; False where that is not to be had."""
    uid, gid = os.geteuid(), os.getegid()
    if LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0:
        return False
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    return LIBC.mount(None, b"/", None, MS_REC | MS_PRIVATE, None) == 0


@contextlib.contextmanager
def read_only_view(source, target):
    """`target` shows `source`, and nobody can write there."""
    Path(target).mkdir()
    where = [bytes(Path(source)), bytes(Path(target))]
    for flags in (MS_BIND, MS_BIND | MS_REMOUNT | MS_RDONLY):
        if LIBC.mount(*where, None, flags, None) != 0:
            raise OSError(ctypes.get_errno(), f"mount {target}")
    try:
        yield
    finally:
        LIBC.umount2(where[1], MNT_DETACH)
