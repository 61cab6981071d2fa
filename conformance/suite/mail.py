"""Mail for tests: messages, mailboxes, Maildirs, compressors; and the store asked about them."""

import bz2
import contextlib
import gzip
import hashlib
import lzma
import os
import re
import struct

from . import api
from .api import require
from .verdict import Finding

FROM = b"From lei@example.com Thu Jan  1 00:00:00 1970\n"


def eml(name, **how):
    """One message without the line that an mbox puts before it."""
    return api.message(name, **how).split(b"\n", 1)[1].removesuffix(b"\n")


def oid(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


# ---- mailboxes ----


def mboxrd(*mails):
    return b"".join(FROM + re.sub(rb"^(>*From )", rb">\1", m, flags=re.M) + b"\n" for m in mails)


def mboxo(*mails):
    return b"".join(FROM + re.sub(rb"^(From )", rb">\1", m, flags=re.M) + b"\n" for m in mails)


def with_length(mail, quoted):
    head, body = mail.split(b"\n\n", 1)
    if quoted:
        body = re.sub(rb"^(From )", rb">\1", body, flags=re.M)
    return FROM + head + b"\nContent-Length: %d\n\n" % len(body) + body + b"\n"


def mboxcl(*mails):
    return b"".join(with_length(m, True) for m in mails)


def mboxcl2(*mails):
    return b"".join(with_length(m, False) for m in mails)


MBOXES = {"mboxrd": mboxrd, "mboxo": mboxo, "mboxcl": mboxcl, "mboxcl2": mboxcl2}


def mails_of(data):
    """(separator line, message) of each message of an mboxrd, quotes removed."""
    parts = re.split(rb"^(From [^\n]*\n)", data, flags=re.M)
    require(parts[0] == b"", f"not an mbox: {data[:80]!r}")
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return [(line, re.sub(rb"^>(>*From )", rb"\1", m, flags=re.M).removesuffix(b"\n")) for line, m in pairs]


def maildir(path, mails):
    """Make a Maildir; `mails`: {"cur/name:2,S": bytes}."""
    for sub in ("cur", "new", "tmp"):
        (path / sub).mkdir(parents=True, exist_ok=True)
    for name, data in mails.items():
        (path / name).write_bytes(data)
    return path


# ---- compressors ----


def zstd(data, chunk=65536):
    """A frame of stored blocks; the shape is all that a test needs."""
    chunks = [data[i : i + chunk] for i in range(0, len(data), chunk)] or [b""]
    out = b"\x28\xb5\x2f\xfd" + b"\xe0" + struct.pack("<Q", len(data))
    for n, part in enumerate(chunks):
        last = n == len(chunks) - 1
        out += struct.pack("<I", len(part) << 3 | last)[:3] + part
    return out


COMPRESSORS = {
    "gz": lambda data: gzip.compress(data, 1),
    "bz2": lambda data: bz2.compress(data, 1),
    "xz": lambda data: lzma.compress(data, preset=0),
    "zst": zstd,
}


# ---- the daemon ----


def succeeds(daemon, *args, seconds=20.0, **how):
    reply = daemon.call(*args, seconds=seconds, **how)
    require(reply.succeeded, f"{' '.join(map(str, args))} failed: {reply.packets!r} {reply.err!r}")
    return reply


def fails(daemon, *args, naming=b"", seconds=20.0, **how):
    """It does not succeed and says why on standard error."""
    reply = daemon.call(*args, seconds=seconds, **how)
    what = " ".join(map(str, args))
    require(not reply.succeeded, f"{what} ended with success ({reply.packets!r}) {reply.err!r}")
    said = reply.err + b"".join(reply.texts)
    require(said, f"{what} failed without a reason")
    naming = naming.encode() if isinstance(naming, str) else naming
    require(naming in said, f"the reason does not name {naming!r}: {said!r}")
    return reply


def has(daemon, *names, **how):
    """The store holds the messages of these names, besides the fixture's `first`."""
    rows = api.found(daemon, "z:0..", **how)
    got = sorted(row.get("m", "").removesuffix("@example.com") for row in rows)
    got = [name for name in got if name != "first"]
    require(got == sorted(names), f"the store holds {got}, not {sorted(names)}")


def row_of(daemon, name, **how):
    rows = api.found(daemon, f"mid:{name}@example.com", **how)
    require(len(rows) == 1, f"{name} is there {len(rows)} times")
    return rows[0]


def raw_of(daemon, name):
    """The bytes of a message in the store."""
    return succeeds(daemon, "blob", row_of(daemon, name)["blob"]).out


@contextlib.contextmanager
def closing(*fds):
    try:
        yield
    finally:
        for fd in fds:
            os.close(fd)


def check_each(cases, probe):
    """probe(*case) for each case; every failure in one Finding."""
    bad = []
    for case in cases:
        try:
            probe(*case)
        except Finding as e:
            if e.verdict != "FAIL":
                raise
            bad.append(f"{case!r}: {e}")
    require(not bad, "\n".join(bad))
