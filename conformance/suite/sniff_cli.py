"""conformance/sniff: arguments, and the two ways to stand between."""

import argparse
import contextlib
import errno
import os
import shlex
import shutil
import signal
import sys
import tempfile

from .sniff_command import PASSED_ON, Command, Signals, end_like, in_foreground
from .sniff_place import ABSENT, USAGE, Daemon, Problem, default_socket, listen, raise_limits
from .sniff_record import Json, Record, Text
from .sniff_relay import Relay
from .wire import SOCKET_NAME

class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Problem(f"{message}\n{self.format_usage()}", USAGE)


def parse(argv):
    parser = Parser(
        prog="conformance/sniff",
        usage="%(prog)s [options] -- COMMAND...\n       %(prog)s [options] --listen PATH --to PATH",
        description="Stand between a lei client and a lei-daemon and record what they say.",
        epilog="Ends like COMMAND; 64 for wrong arguments, 69 when there is no daemon.",
    )
    parser.add_argument("--socket", metavar="PATH", help="the daemon's socket (default: where lei looks)")
    parser.add_argument("--listen", metavar="PATH", help="be a listener at PATH until a signal comes")
    parser.add_argument("--to", metavar="PATH", help="with --listen: the daemon's socket")
    parser.add_argument("--start", metavar="WORDS", help="what starts a daemon (default: lei daemon-pid)")
    parser.add_argument("--no-start", action="store_true", help="do not start a daemon")
    parser.add_argument("-o", metavar="FILE", dest="output", default="", help="write there, not to standard error")
    parser.add_argument("--json", action="store_true", help="one JSON object for each event")
    parser.add_argument("-x", "--bytes", action="store_true", help="every byte, values of the environment too")
    parser.add_argument("command", nargs="*", metavar="COMMAND", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if bool(args.listen) != bool(args.to):
        parser.error("--listen and --to go together")
    if bool(args.listen) == bool(args.command):
        parser.error("either a COMMAND or --listen")
    if args.listen and args.socket:
        parser.error("--socket goes with a COMMAND")
    return args


def attend(relay, signals, command):
    """Carry until the command and its connections have ended, or a second wish to end comes."""
    wishes = 0
    while command.status is None or relay.connections:
        relay.turn(wait=command.status is None or bool(relay.connections))
        for signo in signals.take():
            if signo in PASSED_ON:
                wishes += 1
                command.signal(signo)
        if wishes and command.status is not None or wishes > 1:
            break
        while (change := command.look()) == "stopped":
            while relay.turn(wait=False):  # what it said before it stopped
                pass
            if in_foreground():
                os.kill(os.getpid(), signal.SIGSTOP)
        if change == "ended":
            while relay.turn(wait=False):
                pass


def in_front(args, record, signals):
    """Run COMMAND with a runtime directory of its own in which we listen."""
    path = os.path.abspath(args.socket or default_socket(os.environ))
    first = args.command[0]
    starter = shlex.split(args.start or "") or ([first, "daemon-pid"] if os.path.basename(first) == "lei" else [])
    starter = starter or ([shutil.which("lei"), "daemon-pid"] if shutil.which("lei") else [])
    with tempfile.TemporaryDirectory(prefix="sniff-", dir="/tmp") as runtime:  # short: sun_path
        os.mkdir(f"{runtime}/lei", 0o700)
        listener = listen(f"{runtime}/lei/{SOCKET_NAME}")
        daemon = Daemon(path, [] if args.no_start else starter, record, listener)
        with listener:
            say_where(record, f"{runtime}/lei/{SOCKET_NAME}", path)
            meet(daemon)
            relay = Relay(listener, daemon.reach, record, signals.read)
            try:
                command = Command(args.command, runtime, record)
                attend(relay, signals, command)
            finally:
                relay.close()
                daemon.close()
    if command.status is None:  # told twice to end
        command.process.wait()
        command.status = command.process.returncode
    return command.status


def say_where(record, here, there):
    record.event("start", listen=here, to=there, pid=os.getpid())


def meet(daemon):
    """See who the daemon is before the first client comes; it costs an empty connection."""
    try:
        sock = daemon.reach()
    except OSError as e:
        raise Problem(f"no daemon at {daemon.path}: {e.strerror}") from None
    if sock:
        sock.close()


def as_listener(args, record, signals):
    """Stand between two paths until a signal comes."""
    listener = listen(args.listen)
    daemon = Daemon(os.path.abspath(args.to), shlex.split(args.start or ""), record, listener)
    made = os.stat(args.listen)
    with listener:
        say_where(record, args.listen, args.to)
        try:
            meet(daemon)
        except Problem as e:
            record.note(str(e))
        relay = Relay(listener, daemon.reach, record, signals.read)
        try:
            while not set(signals.take()) & set(PASSED_ON):
                relay.turn()
        finally:
            relay.close()
            daemon.close()
            with contextlib.suppress(OSError):
                if os.path.samestat(made, os.stat(args.listen)):
                    os.unlink(args.listen)
    return 0


def writer(args):
    if args.output in ("", "-"):
        stream = sys.stdout if args.output else sys.stderr
    else:
        stream = open(args.output, "w", encoding="utf-8")
    stream.reconfigure(errors="backslashreplace")
    write = Json(stream) if args.json else Text(stream, stream.isatty() and not os.environ.get("NO_COLOR"))

    def guarded(event):
        """The conversation goes on when its recording cannot."""
        try:
            write(event)
        except OSError as e:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno(), inheritable=stream.fileno() <= 2)
            os.close(nowhere)
            if e.errno != errno.EPIPE:
                print(f"conformance/sniff: the recording ends here: {e.strerror}", file=sys.stderr)

    return guarded


def main(argv):
    try:
        args = parse(argv)
        raise_limits()
        signals = Signals()
        record = Record(writer(args), args.bytes)
        return end_like((as_listener if args.listen else in_front)(args, record, signals))
    except Problem as e:
        print(f"conformance/sniff: {e}", file=sys.stderr)
        return e.status
    except OSError as e:
        print(f"conformance/sniff: {e}", file=sys.stderr)
        return ABSENT
