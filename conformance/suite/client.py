"""The client under test, and the suite as the daemon it talks to."""

import os
import select
import signal
import socket
import subprocess

from . import system
from .daemon import check_words
from .verdict import Crashed, Finding, Late
from .wire import Packet, Peer, parse_request

CRASHES = {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT}


class ClientProcess:
    """One run of the client program."""

    def __init__(self, argv, place, clock, trace, number, env=None, **popen):
        self.clock, self.trace = clock, trace
        self.out_path, self.err_path = (place.root / f"client.{number}.{s}" for s in ("out", "err"))
        self.allowed_signals = set()
        popen.setdefault("cwd", place.work)
        popen = place.environment.popen(popen)
        trace.add("run: " + " ".join(map(str, argv)))
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            popen.setdefault("stdout", out)
            popen.setdefault("stderr", err)
            self.process = subprocess.Popen(
                argv, env=place.env if env is None else env, start_new_session=True, **popen
            )
        self.pid = self.process.pid

    def end(self, seconds=5.0):
        """Its exit status; negative when a signal ended it, as in subprocess."""
        try:
            code = self.process.wait(self.clock.seconds(seconds))
        except subprocess.TimeoutExpired:
            state = system.stat_of(self.pid)
            raise Late(f"the client does not end (state {state and state[1]})") from None
        self.trace.add(f"the client has ended: {code}; stderr {self.err!r}")
        if code < 0 and -code in CRASHES and -code not in self.allowed_signals:
            raise Crashed(f"the client died of {signal.Signals(-code).name}")
        return code

    @property
    def out(self):
        return self.out_path.read_bytes()

    @property
    def err(self):
        return self.err_path.read_bytes()

    def state(self):
        found = system.stat_of(self.pid)
        return found[1] if found else "gone"

    def signal(self, signo):
        self.trace.add(f"{signal.Signals(signo).name} to the client")
        system.kill(self.pid, signo)


class Session:
    """A connection from the client under test, request read."""

    def __init__(self, peer):
        self.peer = peer
        self.request = peer.recv()

    @property
    def fds(self):
        return self.request.fds

    def parsed(self):
        return parse_request(self.request.data)

    def send(self, data, fds=()):
        self.peer.send(data, fds)

    def recv(self, seconds=5.0):
        return self.peer.recv(seconds)

    def close(self):
        self.peer.trace.add("the daemon hangs up")
        self.request.close()
        self.peer.close()

    def closed_by_client(self, seconds=5.0):
        packet = self.recv(seconds)
        return isinstance(packet, Packet) and not packet.data


class FakeDaemon:
    """A listener at the socket path that says what a test tells it to say."""

    def __init__(self, path, clock, trace):
        self.clock, self.trace = clock, trace
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        self.sock.bind(str(path))
        self.sock.listen(16)
        self.sessions = []

    def accept_raw(self, seconds=5.0):
        ready, _, _ = select.select([self.sock], [], [], self.clock.seconds(seconds))
        if not ready:
            raise Late("the client does not connect")
        sock, _ = self.sock.accept()
        return Peer(sock, self.trace, self.clock, "client")

    def accept(self, seconds=5.0):
        session = Session(self.accept_raw(seconds))
        self.sessions.append(session)
        return session

    def close(self):
        for session in self.sessions:
            session.request.close()
            session.peer.close()
        self.sock.close()


class Client:
    """Makes runs of the client under test."""

    def __init__(self, place, implementation, clock, trace):
        self.place, self.implementation = place, implementation
        self.clock, self.trace = clock, trace
        self.fake = None
        self.runs = []

    def spawn(self, *args, env=None, **popen):
        argv = [self.implementation.programs["lei"], *args]
        run = ClientProcess(argv, self.place, self.clock, self.trace, len(self.runs), env, **popen)
        self.runs.append(run)
        return run

    def listen(self):
        if self.fake is None:
            self.fake = FakeDaemon(self.place.socket, self.clock, self.trace)
        return self.fake

    def converse(self, *args, **popen):
        """Run the client against the fake daemon, up to its request: (process, session)."""
        fake = self.listen()
        run = self.spawn(*(args or ("daemon-pid",)), **popen)
        return run, fake.accept()

    def answered(self, *packets, close=True, seconds=5.0, **popen):
        """The client's exit status after these packets and the end of file."""
        run, session = self.converse(**popen)
        for data in packets:
            session.send(data)
        if close:
            session.close()
        return run.end(seconds), run

    def close(self):
        if self.fake:
            self.fake.close()

    def check_left_nothing(self):
        for run in self.runs:
            if run.process.poll() is None:
                raise Finding(f"the client (pid {run.pid}) is still running at the end of the test")
            check_words(run.err, f"the client (pid {run.pid}) or its worker")


def reap_everything():
    system.kill_all_below(os.getpid())
