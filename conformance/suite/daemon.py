"""The daemon under test, and the suite as its raw client."""

import os
import re
import signal
import socket
import subprocess

from . import system
from .verdict import Crashed, Finding, Late
from .wire import Peer, Reply, pack_request

SANITIZER = re.compile(r"^.*(AddressSanitizer|LeakSanitizer|runtime error:)", re.M)


def memory(content=b"", name="memory"):
    """An unnamed file with some content, to pass as a descriptor."""
    fd = os.memfd_create(name, os.MFD_CLOEXEC)
    if content:
        os.write(fd, content)
        os.lseek(fd, 0, os.SEEK_SET)
    return fd


def check_words(data, who):
    """UBSan reports on standard error, whatever it is told."""
    text = data.decode(errors="replace")
    found = SANITIZER.search(text)
    if found:
        raise Crashed(f"{who} reported: {text[found.start() : found.start() + 2000]}")


def content_of(fd):
    size = os.fstat(fd).st_size
    return os.pread(fd, size, 0)


class Call:
    """One request in flight, with its own stdin, stdout, stderr and directory."""

    def __init__(self, daemon, args, env=None, stdin=None, stdout=None, stderr=None, cwd=None, peer=None):
        self.daemon = daemon
        self.out, self.err = memory(name="stdout"), memory(name="stderr")
        owned = []
        if stdin is None or isinstance(stdin, bytes):
            stdin = memory(stdin or b"", "stdin")
            owned.append(stdin)
        directory = os.open(cwd or daemon.place.work, os.O_RDONLY | os.O_DIRECTORY)
        owned.append(directory)
        fds = [stdin, self.out if stdout is None else stdout, self.err if stderr is None else stderr]
        self.peer = peer or daemon.connect()
        base = dict(daemon.place.env) if env is None else env
        self.peer.send(pack_request(args, base), [*fds, directory])
        for fd in owned:
            os.close(fd)

    def finish(self, seconds=10.0):
        """Read packets up to the end of file."""
        packets = []
        while True:
            packet = self.peer.recv(seconds)
            if not packet.data and not packet.fds:
                break
            packets.append(packet.data)
            packet.close()
        return self.done(packets)

    def done(self, packets):
        reply = Reply(packets, content_of(self.out), content_of(self.err), self.peer.reset)
        reply.bare_ok = self.daemon.implementation.bare_end
        for name, data in (("stdout", reply.out), ("stderr", reply.err)):
            if data:
                self.daemon.trace.packet(f"{name}:", data)
        self.close()
        check_words(reply.err, "a worker")
        return reply

    def close(self):
        self.peer.close()
        for fd in (self.out, self.err):
            if fd >= 0:
                os.close(fd)
        self.out = self.err = -1

    def hang_up(self):
        self.daemon.trace.add("client hangs up")
        self.close()


class Daemon:
    """Started in a place; knows its pid, its baseline, and whether it may end."""

    def __init__(self, place, implementation, clock, trace):
        self.place, self.implementation = place, implementation
        self.clock, self.trace = clock, trace
        self.pid = None
        self.may_end = False
        self.exit_status = None
        self.baseline_fds = {}
        self.baseline_children = {}
        self.process = None

    # -- start and end --

    def start(self, settle=True, command=None, **popen):
        argv = self.implementation.argv(command or self.implementation.start, socket=self.place.socket)
        self.trace.add("start: " + " ".join(argv))
        popen.setdefault("cwd", self.place.work)
        popen = self.place.environment.popen(popen)
        env = {**self.place.env, **popen.pop("env", {})}
        log = open(self.place.root / "start.log", "ab")
        with log:
            try:
                self.process = subprocess.Popen(
                    argv, env=env, stdout=log, stderr=log, start_new_session=True, **popen
                )
            except OSError as e:
                raise Finding(f"{argv[0]} cannot be run: {e.strerror}") from None
        if self.implementation.foreground:
            self.clock.poll("the daemon listens", self._listens)
        else:
            try:
                code = self.process.wait(self.clock.seconds(10))
            except subprocess.TimeoutExpired:
                raise Late(f"{' '.join(argv)} does not end; is it the daemon itself, `foreground`?") from None
            if code != 0:
                raise Finding(f"{' '.join(argv)} ended with {code}: {self.start_log()}")
        self.pid = self.ask_pid()
        if settle:
            self.settle()
        return self

    def start_log(self):
        return (self.place.root / "start.log").read_text(errors="replace").strip()

    def _listens(self):
        if self.process.poll() is not None:
            raise Crashed(f"the daemon ended while starting: {self.start_log()}")
        try:
            self.connect().close()
        except Finding:
            return False
        return True

    def ask_pid(self):
        reply = self.call("daemon-pid")
        if not reply.out.strip().isdigit():
            raise Finding(f"daemon-pid answered {reply.out!r} {reply.err!r} {reply.packets!r}")
        return int(reply.out)

    def settle(self):
        """Take what the daemon holds now as its baseline."""

        def steady():
            fds = system.descriptors(self.pid)
            return fds if len(fds) == len(system.descriptors(self.pid)) else None

        self.baseline_fds = self.clock.poll("the daemon's descriptors settle", steady)
        self.baseline_children = system.descendants(self.pid)

    def wait_end(self, seconds=5.0, why="the daemon ends"):
        """Its wait status, once it has ended."""
        self.may_end = True

        def ended():
            if self.exit_status is not None:
                return True
            if self.process is not None and self.process.pid == self.pid:
                code = self.process.poll()
                if code is None:
                    return False
                self.exit_status = code << 8 if code >= 0 else -code
                return True
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                # Not ours to reap: judge by its state.
                if system.alive(self.pid):
                    return False
                pid, status = self.pid, -1
            if pid:
                self.exit_status = status
            return bool(pid)

        self.clock.poll(why, ended, seconds)
        self.trace.add(f"the daemon has ended: {system.describe_status(self.exit_status)}")
        return self.exit_status

    def signal(self, signo):
        self.trace.add(f"{signal.Signals(signo).name} to the daemon")
        system.kill(self.pid, signo)

    # -- talk --

    def connect(self, path=None):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        try:
            sock.settimeout(self.clock.seconds(5))
            sock.connect(str(path or self.place.socket))
        except OSError as e:
            sock.close()
            raise Finding(f"connect to {path or self.place.socket}: {e.strerror}") from None
        return Peer(sock, self.trace, self.clock, "daemon")

    def refuses_connections(self):
        try:
            self.connect().close()
        except Finding:
            return True
        return False

    def begin(self, *args, **how):
        return Call(self, args, **how)

    def call(self, *args, seconds=10.0, **how):
        return self.begin(*args, **how).finish(seconds)

    def exchange(self, data, fds, seconds=10.0, room=0):
        """Send one raw datagram; the reply."""
        out, err = memory(name="stdout"), memory(name="stderr")
        fds = [{"out": out, "err": err}.get(fd, fd) for fd in fds]
        peer = self.connect()
        if room:
            peer.room(room)
        peer.send(data, fds)
        call = Call.__new__(Call)
        call.daemon, call.out, call.err, call.peer = self, out, err, peer
        return call.finish(seconds)

    def barrier(self):
        """A full round trip: whatever was sent before has been dealt with."""
        if self.ask_pid() != self.pid:
            raise Finding(f"another daemon answers now, not {self.pid}")

    # -- what it holds --

    def workers(self):
        """Processes below the daemon that were not there at the baseline."""
        return {p: n for p, n in system.descendants(self.pid).items() if p not in self.baseline_children}

    def orphans(self):
        """Processes of this place that nobody is the parent of any more, {pid: name}."""
        known = {self.pid, self.process.pid, *system.descendants(self.pid)}
        below = system.descendants(os.getpid()).items()
        return {p: n for p, n in below if p not in known and system.has_in_environment(p, self.place.root)}

    def wait_worker(self, seconds=10.0):
        return self.clock.poll("a worker starts", self.workers, seconds)

    def wait_no_worker(self, seconds=5.0, why="the command's workers are gone"):
        self.clock.poll(why, lambda: not self.workers(), seconds)

    def extra_fds(self):
        now = system.descriptors(self.pid)
        return len(now) - len(self.baseline_fds), now

    def check_log(self):
        """A build with sanitizers says there what it has found."""
        log = self.place.runtime / "errors.log"
        text = log.read_text(errors="replace") if log.is_file() else ""
        found = SANITIZER.search(text)
        if found:
            raise Crashed(f"errors.log: {text[found.start() : found.start() + 2000]}")

    def check_left_nothing(self):
        """After a test: alive, and holding what it held before."""
        self.check_log()
        if self.pid is None or self.may_end:
            return
        if not system.alive(self.pid):
            status = self.wait_end()
            raise Crashed(f"the daemon died: {system.describe_status(status)}")
        if self.baseline_fds:
            self.check_fds()
        try:
            self.wait_no_worker()
        except Late:
            raise Finding("processes stay behind: " + "; ".join(system.tree(self.pid))) from None
        try:
            self.clock.poll("orphans are gone", lambda: not self.orphans())
        except Late:
            left = [f"{pid} {name}" for pid, name in sorted(self.orphans().items())]
            raise Finding(f"processes stay behind, no longer below the daemon: {'; '.join(left)}") from None
        strays = self.place.strays()
        if strays:
            raise Finding(f"stray files in the runtime directory: {', '.join(strays)}")

    def check_fds(self, seconds=2.0):
        try:
            self.clock.poll("descriptors back to the baseline", lambda: self.extra_fds()[0] <= 0, seconds)
        except Late:
            more, now = self.extra_fds()
            new = [f"{n} {w}" for n, w in sorted(now.items()) if self.baseline_fds.get(n) != w]
            raise Finding(
                f"the daemon leaks {more} descriptors ({len(self.baseline_fds)} before): " + "; ".join(new[:12])
            ) from None
