"""What test modules import."""

import json
import os

import pytest

from . import system
from .daemon import content_of, memory  # noqa: F401
from .plugin import clause, deadline, needs  # noqa: F401
from .system import describe_status  # noqa: F401
from .verdict import Finding, Late
from .wire import REQUEST_COMPAT, pack_request, parse_request  # noqa: F401

each = pytest.mark.parametrize


def param(name, *values):
    """A case with its name in words."""
    return pytest.param(*values, id=name)


def require(true, what):
    """assert with words of ours."""
    if not true:
        raise Finding(what)


def four(daemon):
    """Descriptors of a plain request: empty stdin, captured stdout and stderr, a directory."""
    return [memory(b""), "out", "err", os.open(daemon.place.work, os.O_RDONLY | os.O_DIRECTORY)]


MESSAGE = b"""From lei@example.com Thu Jan  1 00:00:00 1970
From: %(sender)s <%(sender)s@example.com>
To: list@example.com
Subject: %(subject)s
Date: Mon, 02 Oct 2023 10:00:00 +0000
Message-ID: <%(id)s@example.com>
%(more)s
%(body)s
"""


def message(name, sender="alice", subject=None, body=None, more=""):
    """One message of an mbox, found by `name` in subject, body and Message-ID."""
    fields = {
        "sender": sender,
        "subject": subject or f"about {name}",
        "id": name,
        "more": more + "\n" if more else "",
        "body": body or f"the body of {name}\n",
    }
    return MESSAGE % {k.encode(): v.encode() for k, v in fields.items()}


def found(daemon, *terms, **how):
    """The messages that a search finds, as dicts."""
    reply = daemon.call("q", "-f", "json", *terms, seconds=20, **how)
    require(reply.succeeded, f"q failed: {reply.packets!r} {reply.err!r}")
    try:
        rows = json.loads(reply.out)
    except ValueError:
        raise Finding(f"q did not write JSON but {reply.out[:200]!r}") from None
    require(isinstance(rows, list), f"q did not write an array but {reply.out[:200]!r}")
    rows = [row for row in rows if row is not None]
    require(all(isinstance(row, dict) for row in rows), f"not every element is an object: {rows!r}")
    return rows


def ids(daemon, *terms, **how):
    return sorted(row.get("m", "").removesuffix("@example.com") for row in found(daemon, *terms, **how))


def import_mbox(daemon, *messages, **how):
    return daemon.call("import", "-q", "-F", "mboxrd", "-", stdin=b"".join(messages), seconds=20, **how)


class Import:
    """An import in flight: its worker waits for more of its standard input."""

    def __init__(self, daemon, *messages):
        self.daemon = daemon
        read, self.write = os.pipe()
        self.before = set(daemon.workers())
        self.call = daemon.begin("import", "-q", "-F", "mboxrd", "-", stdin=read)
        os.close(read)
        for one in messages:
            os.write(self.write, one)
        daemon.clock.poll("the import's workers wait", self.waits, 10)

    def waits(self):
        """Every worker sleeps: one that has just been forked may not be in its group yet."""
        states = [(system.stat_of(pid) or (0, "gone"))[1] for pid in self.workers()]
        return states and set(states) == {"S"}

    def workers(self):
        return {p: n for p, n in self.daemon.workers().items() if p not in self.before}

    def leaders(self):
        """Workers that the daemon itself has started."""
        return [p for p in self.workers() if (system.stat_of(p) or (0,))[0] == self.daemon.pid]

    def end_input(self):
        if self.write >= 0:
            os.close(self.write)
            self.write = -1

    def finish(self, seconds=15.0):
        self.end_input()
        return self.call.finish(seconds)


def full_pipe():
    """(read, write): a blocking pipe that takes no byte more."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b"x" * 65536)
    except BlockingIOError:
        pass
    try:
        while True:
            os.write(write, b"x")
    except BlockingIOError:
        pass
    os.set_blocking(write, True)
    return read, write


def as_other_user(action):
    """action() as another user, in a child; its bytes.  Needs root."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.write(write, action())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        ret = stream.read()
    os.waitpid(pid, 0)
    return ret


def refuses_to_start(daemon):
    """It does not start, and says why."""
    try:
        daemon.start(settle=False)
    except Late:
        raise
    except Finding:
        require(daemon.start_log(), "refused, but without a reason")
        return
    raise Finding("the daemon started")


def refused(reply, why):
    """Nothing was run and the client would end with a failure."""
    require(not reply.out, f"{why}: yet the command ran and wrote {reply.out!r}")
    require(not reply.succeeded, f"{why}: yet the client would end with success ({reply.packets!r})")
