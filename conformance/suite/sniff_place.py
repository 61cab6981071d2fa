"""Where to stand: socket paths, and the daemon behind us, reached, started and imitated."""

import os
import resource
import shlex
import socket
import subprocess

from . import look
from .sniff_relay import reachable, seqpacket
from .wire import SOCKET_NAME

USAGE, ABSENT, CANNOT_RUN = 64, 69, 127
SOFT_LIMIT, HARD_LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)

# The client of lei-c asks who listens: from the original a bare end of file is success.  So when the
# original is behind us, a process of its kind does the listening.
STAND_IN = """$0 = "lei-daemon $ARGV[0] (sniff)"; listen(STDIN, 4096) or die "listen: $!";
open(my $up, "+<&=", 1) or die; syswrite($up, "1"); sysread($up, my $end, 1);"""


class Problem(Exception):
    """Words for the user and an exit status."""

    def __init__(self, words, status=ABSENT):
        super().__init__(words)
        self.status = status


def raise_limits():
    """Descriptors pass through here: room for many, but not in what we start."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (HARD_LIMIT, HARD_LIMIT))


def restore_limits():
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT_LIMIT, HARD_LIMIT))


def default_socket(env):
    """Where a client looks (transport.path.*)."""
    runtime = env.get("XDG_RUNTIME_DIR")
    if runtime:
        return os.path.join(runtime, "lei", SOCKET_NAME)
    tmp = env.get("TMPDIR", "")
    tmp = tmp if tmp and os.path.isdir(tmp) and os.access(tmp, os.W_OK | os.X_OK) else "/tmp"
    return os.path.join(tmp, f"lei-{os.getuid()}", SOCKET_NAME)


def connect(path):
    """A connection to `path`; None when the daemon's queue is full for the moment."""
    sock = seqpacket()
    try:
        sock.setblocking(False)
        with reachable(path) as name:
            sock.connect(name)
        sock.setblocking(True)
        return sock
    except BlockingIOError:
        sock.close()
        return None
    except OSError:
        sock.close()
        raise


def listen(path):
    """A socket at `path`, for its owner only; a dead one there is replaced, a living one is not."""
    try:
        connect(path).close()
        raise Problem(f"{path}: somebody listens there")
    except (FileNotFoundError, AttributeError):
        pass
    except ConnectionRefusedError:
        os.unlink(path)
    except OSError as e:
        raise Problem(f"{path}: {e.strerror}") from None
    sock, mask = seqpacket(), os.umask(0o077)
    try:
        with reachable(path) as name:
            sock.bind(name)
        sock.listen(socket.SOMAXCONN)
    except OSError as e:
        raise Problem(f"{path}: {e.strerror}") from None
    finally:
        os.umask(mask)
    return sock


class Daemon:
    """The one behind us: reached by path, started when it is not there."""

    def __init__(self, path, start, record, listener):
        self.path, self.start, self.record = path, start, record
        self.listener = listener
        self.stand_in = self.leash = None

    def reach(self):
        """A connection; None when it takes nobody at the moment."""
        try:
            sock = connect(self.path)
        except (FileNotFoundError, ConnectionRefusedError):
            if not self.start:
                raise
            self.run_starter()
            sock = connect(self.path)
        if sock:
            self.dress(look.peer(sock)["pid"])
        return sock

    def run_starter(self):
        env = dict(os.environ)
        directory, name = os.path.split(self.path)
        if name == SOCKET_NAME and os.path.basename(directory) == "lei":
            env["XDG_RUNTIME_DIR"] = os.path.dirname(directory)
        self.record.note("no daemon there: " + shlex.join(self.start))
        try:
            done = subprocess.run(
                self.start,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=60,
                preexec_fn=restore_limits,
            )
        except (OSError, subprocess.TimeoutExpired) as e:
            self.record.note(f"that does not start one: {e}")
            return
        said = " ".join((done.stdout + done.stderr).decode(errors="backslashreplace").split())
        self.record.note(f"it ended with {done.returncode} and said: {said}")

    def dress(self, pid):
        """Look like the daemon to whoever asks the kernel who listens."""
        try:
            program = os.readlink(f"/proc/{pid}/exe")
        except OSError:
            return
        original = os.path.basename(program).startswith("perl")
        if not original or (self.stand_in and self.stand_in.poll() is None):
            return
        self.close()
        self.leash, theirs = socket.socketpair()  # it ends when our end does
        with theirs:
            argv = [program, "-e", STAND_IN, self.path]
            self.stand_in = subprocess.Popen(argv, stdin=self.listener, stdout=theirs)
        if not self.leash.recv(1):
            self.record.note("the daemon is the original, and nothing of its kind can listen in its stead")
            return
        self.record.note(
            f"the daemon is the original: pid {self.stand_in.pid} listens in its stead, so that a client"
            " that asks takes us for the original, too"
        )

    def close(self):
        if self.stand_in:
            self.leash.close()
            self.stand_in.wait()
            self.stand_in = None
