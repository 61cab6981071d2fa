"""The protocol as the suite speaks it, written apart from any implementation under test."""

import array
import os
import re
import socket
from dataclasses import dataclass, field

from .verdict import Finding, Late

SOCKET_NAME = "5.seq.sock"
REQUEST_COMPAT = 4096 * 33  # bytes every daemon must accept
SO_SNDBUFFORCE = 32
X_IT = re.compile(rb"^x_it ([0-9]+)\Z")
CHILD_ERROR = re.compile(rb"^child_error ([0-9]+)\Z")


def as_bytes(value):
    return value if isinstance(value, bytes) else os.fsencode(value)


def pack_request(args, env=(), argc=None, tail=b"\0\0"):
    """A request; `env` is a dict or a list of raw entries, `argc` and `tail` for bad ones."""
    if isinstance(env, dict):
        env = [as_bytes(k) + b"=" + as_bytes(v) for k, v in env.items()]
    argc = str(len(args)).encode() if argc is None else as_bytes(argc)
    return b"\0".join([argc, *map(as_bytes, args), *map(as_bytes, env)]) + tail


def parse_request(data):
    """(args, env entries) of a well-formed request; Finding otherwise."""
    if not data.endswith(b"\0\0"):
        raise Finding("the request does not end in NUL NUL")
    argc, *rest = data[:-2].split(b"\0")
    if not re.fullmatch(rb"[0-9]+", argc):
        raise Finding(f"ARGC is not digits: {argc!r}")
    if int(argc) > len(rest):
        raise Finding(f"ARGC is {argc!r} but only {len(rest)} strings follow")
    return rest[: int(argc)], rest[int(argc) :]


@dataclass
class Packet:
    data: bytes
    fds: list = field(default_factory=list)
    cut: bool = False

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []


class Peer:
    """One end of a connection.  Every packet goes into the trace."""

    def __init__(self, sock, trace, clock, name):
        self.sock, self.trace, self.clock, self.name = sock, trace, clock, name
        self.reset = False

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def send(self, data, fds=()):
        self.trace.packet(f"to {self.name}:  ", data, fds)
        control = []
        if fds:
            control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
        self.sock.settimeout(self.clock.seconds(5))
        try:
            self.sock.sendmsg([data], control, socket.MSG_NOSIGNAL)
        except (BrokenPipeError, ConnectionResetError) as e:
            self.trace.add(f"   {self.name} has hung up: {e.strerror}")
            self.reset = True
        except TimeoutError:
            raise Late(f"{self.name} takes no packet") from None

    def room(self, size):
        """Let one packet of `size` bytes fit; False when this user may not."""
        want = size + 65536
        for option in (SO_SNDBUFFORCE, socket.SO_SNDBUF):
            try:
                self.sock.setsockopt(socket.SOL_SOCKET, option, want)
                break
            except PermissionError:
                continue
        return self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) > size + 4096

    def recv(self, seconds=5.0):
        """The next packet; b"" without descriptors is the end of file."""
        self.sock.settimeout(self.clock.seconds(seconds))
        try:
            data, control, flags, _ = self.sock.recvmsg(
                1 << 20, socket.CMSG_SPACE(253 * 4), socket.MSG_CMSG_CLOEXEC
            )
        except TimeoutError:
            raise Late(f"nothing from {self.name} within {self.clock.seconds(seconds):g} s") from None
        except ConnectionResetError:
            self.trace.add(f"from {self.name}: connection reset")
            self.reset = True
            return Packet(b"")
        fds = []
        for level, kind, payload in control:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                got = array.array("i")
                got.frombytes(payload[: len(payload) - len(payload) % 4])
                fds += got
        if not data and not fds:
            self.trace.add(f"from {self.name}: end of file")
        else:
            self.trace.packet(f"from {self.name}:", data, fds)
        return Packet(data, fds, bool(flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)))

    def hang_up(self):
        """Shut down both directions at once."""
        self.trace.add(f"to {self.name}:   (hang up)")
        self.close()

    def close(self):
        self.sock.close()


@dataclass
class Reply:
    """Everything a daemon answered to one request."""

    packets: list
    out: bytes = b""
    err: bytes = b""
    reset: bool = False
    bare_ok: bool = False  # the implementation means success by a bare end of file

    @property
    def statuses(self):
        """(verb, N) of each status packet."""
        ret = []
        for data in self.packets:
            for verb, pattern in (("x_it", X_IT), ("child_error", CHILD_ERROR)):
                found = pattern.match(data)
                if found:
                    ret.append((verb, int(found[1])))
        return ret

    @property
    def texts(self):
        """Packets that are text for a person."""
        known = (b"-WINCH", b"umask", b"wait")
        return [
            d
            for d in self.packets
            if d not in known and not d.startswith(b"exec ") and not X_IT.match(d) and not CHILD_ERROR.match(d)
        ]

    @property
    def status(self):
        """The wait status a client ends with; text as the last word counts as failure, and so
        does saying nothing, unless the implementation is of the kind that means success by it."""
        for _, number in self.statuses:
            if number:
                return number
        return 0 if not self.texts and (self.explicit or self.bare_ok) else 1 << 8

    @property
    def succeeded(self):
        return self.status == 0 and not self.reset

    @property
    def explicit(self):
        return bool(self.packets) and bool(X_IT.match(self.packets[-1]))
