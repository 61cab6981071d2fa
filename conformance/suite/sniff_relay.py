"""Carries datagrams between clients and a daemon so that neither notices more than it must.

A datagram is forwarded while it still lies unread in the queue that it came by; it leaves that queue
when the other side has read it.  So a sender that would have had to wait waits, descriptors stay in
flight as long as they would have, and who closes with something unread gives the reset it owes.

SO_PASSCRED is set on every socket: then a datagram always brings its sender's credentials, and an
empty one differs from the end of file, which brings nothing.  The credentials also tell which of a
daemon's processes spoke."""

import array
import contextlib
import errno
import fcntl
import os
import select
import socket
import struct
import time
from dataclasses import dataclass, field

from . import look

FDS_MAX = 253  # SCM_MAX_FD
SPACE = socket.CMSG_SPACE(struct.calcsize("3i")) + socket.CMSG_SPACE(FDS_MAX * 4)
SIOCINQ, SIOCOUTQ = 0x541B, 0x5411
SO_SNDBUFFORCE = 32
TICKS = (0.002, 0.05)  # seconds between looks at what no event tells: that a datagram was read


@dataclass
class Packet:
    data: bytes
    fds: list = field(default_factory=list)
    sender: tuple = ()  # pid, uid, gid
    flags: int = 0
    time: float = 0.0
    shown: bool = False

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []


def seqpacket():
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return sock


@contextlib.contextmanager
def reachable(path):
    """A name for `path` that fits into a socket address, however long the path is."""
    directory = os.open(os.path.dirname(path) or ".", os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{os.path.basename(path)}"
    finally:
        os.close(directory)


def state(sock, events):
    """Which of POLLHUP, POLLRDHUP, POLLIN hold now."""
    poll = select.poll()
    poll.register(sock, events)
    found = poll.poll(0)
    return found[0][1] if found else 0


def hung_up(sock):
    return bool(state(sock, 0) & select.POLLHUP)


def queued(sock, request):
    return struct.unpack("i", fcntl.ioctl(sock, request, b"\0" * 4))[0]


def take(control):
    """(descriptors, sender) out of a datagram's control data."""
    fds, sender = [], ()
    for level, kind, payload in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            got = array.array("i")
            got.frombytes(payload[: len(payload) - len(payload) % 4])
            fds += got
        elif level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            sender = struct.unpack("3i", payload)
    return fds, sender


class Direction:
    """Everything from one side to the other."""

    def __init__(self, connection, name, source, target):
        self.connection, self.name = connection, name
        self.source, self.target = source, target
        self.waiting = None  # read, but the target has no room yet
        self.held = None  # size of what was forwarded and still lies in the source's queue
        self.over = self.reset = False
        self.packets = 0

    def pump(self):
        """Carry what there is; return when there is nothing or no room."""
        record = self.connection.relay.record
        while not self.over and (self.waiting or self.fetch()):
            packet = self.waiting
            outcome = self.forward()
            if not packet.shown:
                self.packets += 1
                packet.shown = True
                record.packet(self.connection, self, packet)
            if outcome is None:
                return
            if outcome:
                record.lost(self.connection, self, outcome)
            packet.close()

    def fetch(self):
        """Take the next datagram; False when there is none, or none is to be taken yet."""
        packet = self.peek() if self.release() else None
        if packet is None:
            return False
        if not packet.sender and not packet.data and not packet.fds:
            self.end()
            return False
        self.waiting = packet
        return True

    def release(self):
        """Drop the datagram that was forwarded, once its reader has it or more follows it."""
        if self.held is None:
            return True
        read = queued(self.target, SIOCOUTQ) == 0 and not hung_up(self.target)
        more = queued(self.source, SIOCINQ) > self.held or state(self.source, select.POLLRDHUP)
        if not read and not more:
            return False
        self.drop()
        return True

    def drop(self):
        """Without room for control data the kernel closes the descriptors that came along."""
        self.held = None
        with contextlib.suppress(OSError):
            self.source.recv(1, socket.MSG_DONTWAIT)

    def peek(self):
        """The first datagram of the queue, which stays there; None when there is none."""
        flags = socket.MSG_PEEK | socket.MSG_DONTWAIT
        while True:
            try:
                size = self.source.recv_into(bytearray(1), 1, flags | socket.MSG_TRUNC)
                got = self.source.recvmsg(size + 1, SPACE, flags | socket.MSG_CMSG_CLOEXEC)
            except BlockingIOError:
                return None
            except ConnectionResetError:  # said once; what was sent before it can still be read
                self.reset = True
                continue
            fds, sender = take(got[1])
            return Packet(got[0], fds, sender, got[2], time.monotonic())

    def forward(self):
        """Send what waits: "" when done, None when there is no room yet, else why it is lost."""
        packet = self.waiting
        control = []
        if packet.fds:
            control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", packet.fds))]
        ret = ""
        try:
            self.send(packet.data, control)
        except BlockingIOError:
            return None
        except OSError as e:
            ret = os.strerror(e.errno)
        self.held = len(packet.data)
        self.waiting = None
        return ret

    def send(self, data, control):
        flags = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
        try:
            self.target.sendmsg([data], control, flags)
        except OSError as e:
            if e.errno not in (errno.EMSGSIZE, errno.ENOBUFS):
                raise
            self.enlarge(len(data))
            self.target.sendmsg([data], control, flags)

    def enlarge(self, size):
        """Whoever sent so much had a larger buffer than usual; so must we."""
        for option in (SO_SNDBUFFORCE, socket.SO_SNDBUF):
            with contextlib.suppress(PermissionError):
                self.target.setsockopt(socket.SOL_SOCKET, option, size + 65536)
                return

    def end(self):
        self.over = True
        closed = hung_up(self.source)
        how = "reset" if self.reset else "closed" if closed else "half-closed"
        self.connection.relay.record.end(self.connection, self, how)
        if not closed:
            with contextlib.suppress(OSError):
                self.target.shutdown(socket.SHUT_WR)

    def leave(self, other):
        """At the end: what the other side left unread on purpose stays unread."""
        if self.waiting:
            self.waiting.close()
            self.waiting = None
        if other.reset or self.over:
            return
        if self.held is not None:
            self.drop()
        while True:
            packet = self.peek()
            if packet is None or not packet.sender:
                return
            self.drop()
            self.connection.relay.record.packet(self.connection, self, packet)
            self.connection.relay.record.lost(self.connection, self, "the other side has gone")
            packet.close()


class Connection:
    """One client and its connection to the daemon."""

    def __init__(self, relay, number, client):
        self.relay, self.number, self.client = relay, number, client
        self.daemon = None
        self.directions = []
        self.peers = {"client": look.peer(client)}
        self.began = time.monotonic()
        self.status = None  # the last x_it

    def join(self):
        """Reach the daemon; False when it takes nobody at the moment."""
        if self.daemon is None:
            self.daemon = self.relay.reach()
            if self.daemon is None:
                return False
            self.relay.watch(self.daemon, self)
            self.peers["daemon"] = look.peer(self.daemon)
            self.directions = [
                Direction(self, "client", self.client, self.daemon),
                Direction(self, "daemon", self.daemon, self.client),
            ]
            self.relay.record.connected(self)
        return True

    def pump(self):
        """True while there is a connection."""
        try:
            if not self.join():
                return not hung_up(self.client)
        except OSError as e:
            self.relay.record.note(f"#{self.number} cannot reach the daemon: {e.strerror}")
            return False
        for direction in self.directions:
            direction.pump()
        gone = any(d.over and hung_up(d.source) for d in self.directions)
        return not gone and not all(d.over for d in self.directions)

    def restless(self):
        """Something may change that no event tells."""
        return self.daemon is None or any(d.held is not None or d.waiting for d in self.directions)

    def close(self):
        if self.directions:
            there, back = self.directions
            there.leave(back)
            back.leave(there)
            self.relay.record.over(self)
        self.client.close()
        if self.daemon:
            self.daemon.close()


class Relay:
    """The loop: a listening socket, connections, and a descriptor that signals write to."""

    def __init__(self, listener, reach, record, wakeup):
        self.listener, self.reach, self.record = listener, reach, record
        self.wakeup = wakeup
        self.epoll = select.epoll()
        self.connections, self.watched, self.count = set(), {}, 0
        self.tick = TICKS[0]
        listener.setblocking(False)
        self.epoll.register(listener, select.EPOLLIN)
        self.epoll.register(wakeup, select.EPOLLIN)

    def watch(self, sock, connection):
        self.watched[sock.fileno()] = connection
        wanted = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
        self.epoll.register(sock, wanted)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except BlockingIOError:
                return
            except OSError as e:
                self.record.note(f"cannot accept: {e.strerror}")
                return
            client.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            self.count += 1
            connection = Connection(self, self.count, client)
            who = connection.peers["client"]
            if who["uid"] != os.geteuid():
                # What we pass on carries our name: nobody else may speak under it.
                self.record.note(f"#{self.count} refused: pid {who['pid']} is user {who['uid']}")
                client.close()
                continue
            self.connections.add(connection)
            self.watch(client, connection)
            self.serve(connection)

    def serve(self, connection):
        if connection in self.connections and not connection.pump():
            self.drop(connection)

    def drop(self, connection):
        self.connections.discard(connection)
        for sock in (connection.client, connection.daemon):
            if sock:
                self.watched.pop(sock.fileno(), None)
        connection.close()

    def turn(self, wait=True):
        """One round; True when something happened."""
        restless = [c for c in self.connections if c.restless()]
        timeout = 0 if not wait else self.tick if restless else None
        events = self.epoll.poll(timeout)
        for fd, _ in events:
            if fd == self.wakeup:
                with contextlib.suppress(BlockingIOError):
                    os.read(fd, 512)
            elif fd == self.listener.fileno():
                self.accept()
            elif fd in self.watched:
                self.serve(self.watched[fd])
        if not events:
            for connection in restless:
                self.serve(connection)
        self.tick = TICKS[0] if events else min(self.tick * 1.5, TICKS[1])
        return bool(events)

    def close(self):
        for connection in list(self.connections):
            self.drop(connection)
        self.epoll.close()
