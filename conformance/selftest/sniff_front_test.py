"""The recorder in front of a command: it starts a daemon, ends as the command did, minds signals."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys

import pytest
from ends import DEADLINE, HERE, SNIFF, close_all, listener, place, receive, wait_for  # noqa: F401
from suite.system import stat_of

TEMPLATE = HERE / "implementations" / "template-daemon"
ORIGINAL = "/usr/bin/lei"
BUILD = HERE.parent / os.environ.get("LEI_BUILD", "build")

# A client of a few lines: asks for argv[1:], says STOP and CONT, ends as it is told.
CLIENT = """
import os, signal, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(os.environ["XDG_RUNTIME_DIR"] + "/lei/5.seq.sock")
def stop(*_):
    s.send(b"STOP")
    os.kill(os.getpid(), signal.SIGSTOP)
signal.signal(signal.SIGTSTP, stop)
signal.signal(signal.SIGCONT, lambda *_: s.send(b"CONT"))
for number in (signal.SIGINT, signal.SIGPIPE):
    signal.signal(number, signal.SIG_DFL)
args = [a.encode() for a in sys.argv[1:]]
socket.send_fds(s, [b"\\0".join([b"%d" % len(args), *args]) + b"\\0\\0"], [0, 1, 2, os.open(".", 0)])
verb, number = s.recv(99).split()
number = int(number)
if number & 127:
    os.kill(os.getpid(), number & 127)
sys.exit(number >> 8)
"""


@pytest.fixture
def client(place):
    path = place / "client"
    path.write_text(f"#!{sys.executable}\n{CLIENT}")
    path.chmod(0o755)
    return path


@pytest.fixture
def environment(place):
    for name in ("home", "run"):
        (place / name).mkdir(mode=0o700)
    return {
        "HOME": str(place / "home"),
        "XDG_RUNTIME_DIR": str(place / "run"),
        "TMPDIR": str(place),
        "PATH": os.environ["PATH"],
        "LEI_DAEMON": str(BUILD / "lei-daemon"),
    }


@pytest.fixture
def behind(place, environment):
    """A daemon played by the test, where the environment says."""
    (place / "run" / "lei").mkdir(mode=0o700)
    with listener(place / "run" / "lei" / "5.seq.sock") as sock:
        yield sock


def begin(behind, environment, *argv, **how):
    process = subprocess.Popen([SNIFF, *argv], env=environment, **how)
    behind.accept()[0].close()  # it looks who is there
    return process


def accept(behind):
    daemon, _ = behind.accept()
    daemon.settimeout(DEADLINE)
    data, fds = receive(daemon)
    close_all(fds)
    return daemon, data


@pytest.mark.parametrize("number,status", [(0, 0), (7 << 8, 7), (15, -15), (13, -13)])
def test_ends_as_the_command(behind, environment, client, place, number, status):
    process = begin(behind, environment, "-o", place / "log", "--", client, "help")
    daemon, _ = accept(behind)
    daemon.send(b"x_it %d" % number)
    assert process.wait(DEADLINE) == status
    assert daemon.recv(9) == b""
    assert "the command has ended" in (place / "log").read_text()


def test_output_of_the_command_is_its_own(behind, environment, place):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    argv = ["-o", place / "log", "--", "sh", "-c", "cat; echo no >&2"]
    process = begin(behind, environment, *argv, stdin=subprocess.PIPE, **pipes)
    assert process.communicate(b"yes\n", DEADLINE) == (b"yes\n", b"no\n")


def test_directory_goes_away(behind, environment):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = begin(behind, environment, "--", "printenv", "XDG_RUNTIME_DIR", **pipes)
    path = process.communicate(timeout=DEADLINE)[0].decode().strip()
    assert path != environment["XDG_RUNTIME_DIR"]
    assert not os.path.exists(path)


def test_term_reaches_the_command(behind, environment, client):
    process = begin(behind, environment, "--", client, "help", stderr=subprocess.DEVNULL)
    daemon, _ = accept(behind)
    process.terminate()
    assert process.wait(DEADLINE) == -signal.SIGTERM
    assert daemon.recv(9) == b""


def test_stopped_command_does_not_stop_us(behind, environment, client):
    process = begin(behind, environment, "--", client, "help", stderr=subprocess.DEVNULL)
    daemon, _ = accept(behind)
    pid = int(subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, check=True).stdout)
    os.kill(pid, signal.SIGTSTP)
    assert daemon.recv(9) == b"STOP"
    wait_for(lambda: stat_of(pid)[1] == "T", "the client stops")
    os.kill(pid, signal.SIGCONT)
    assert daemon.recv(9) == b"CONT"
    daemon.send(b"x_it 0")
    assert process.wait(DEADLINE) == 0


def on_a_terminal(behind, environment, client, log):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(SNIFF, [str(SNIFF), "-o", str(log), "--", str(client), "help"], environment)
    behind.accept()[0].close()
    return pid, terminal, accept(behind)[0]


def test_interrupt_from_the_terminal(behind, environment, client, place):
    pid, terminal, daemon = on_a_terminal(behind, environment, client, place / "log")
    os.write(terminal, b"\x03")
    assert daemon.recv(9) == b""
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGINT
    os.close(terminal)


def test_stop_from_the_terminal(behind, environment, client, place):
    """First what the client says, then everybody is stopped; and back."""
    pid, terminal, daemon = on_a_terminal(behind, environment, client, place / "log")
    os.write(terminal, b"\x1a")
    assert daemon.recv(9) == b"STOP"
    status = os.waitpid(pid, os.WUNTRACED)[1]
    assert os.WIFSTOPPED(status)
    os.killpg(pid, signal.SIGCONT)
    assert daemon.recv(9) == b"CONT"
    daemon.send(b"x_it 0")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)


def test_late_connection_is_awaited(behind, environment, client, place):
    """A client may leave a child that goes on talking."""
    words = f"{client} help & until [ -e {place}/go ]; do sleep 0.01; done; exit 3"
    process = begin(behind, environment, "-o", place / "log", "--", "sh", "-c", words)
    daemon, _ = accept(behind)
    (place / "go").touch()
    wait_for(lambda: "has ended: exit 3" in (place / "log").read_text(), "the command ends")
    daemon.send(b"x_it 0")
    assert daemon.recv(9) == b""
    assert process.wait(DEADLINE) == 3


def test_starts_a_daemon(environment, client, place):
    """--start, and that the command's own standard streams stay out of the daemon."""
    starter = place / "starter"
    path = place / "run" / "lei" / "5.seq.sock"
    starter.write_text(
        f"#!/bin/sh\n{TEMPLATE} {path} </dev/null >/dev/null 2>&1 &\necho $! >{place}/pid\n"
        f"while ! [ -S {path} ]; do sleep 0.01; done; echo started\n"
    )
    starter.chmod(0o755)
    argv = [SNIFF, "--start", starter, "-o", place / "log", "--json", "--", client, "daemon-pid"]
    try:
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=DEADLINE)
    finally:
        os.kill(int((place / "pid").read_text()), signal.SIGTERM)
    assert (done.returncode, done.stdout, done.stderr) == (0, (place / "pid").read_text(), "")
    events = [json.loads(line) for line in (place / "log").read_text().splitlines()]
    assert "it ended with 0 and said: started" in [e.get("text") for e in events]
    assert [e["event"] for e in events[-5:]] == ["packet", "packet", "end", "over", "exit"]


def test_no_such_command(behind, environment):
    process = begin(behind, environment, "--", "/nonexistent", stderr=subprocess.PIPE)
    assert b"/nonexistent: No such file" in process.communicate(timeout=DEADLINE)[1]
    assert process.returncode == 127


@pytest.mark.parametrize("program", [str(BUILD / "lei"), ORIGINAL])
@pytest.mark.parametrize("starter", [str(BUILD / "lei"), ORIGINAL])
def test_real_programs(environment, place, program, starter):
    """Every pair of a real client with a real daemon: success, failure, bulk in and out."""
    if not shutil.which(program) or not shutil.which(starter):
        pytest.skip("not installed here")
    mail = (
        b"From a Thu Jan  1 00:00:00 1970\nFrom: a@example.com\nSubject: needle\n"
        b"Message-ID: <1@example.com>\n\nhay\n"
    )

    def lei(*args, data=b""):
        argv = [SNIFF, "--start", f"{starter} daemon-pid", "-o", place / "log", "--", program, *args]
        return subprocess.run(argv, env=environment, input=data, capture_output=True, timeout=60)

    try:
        assert lei("daemon-pid").returncode == 0
        assert lei("no-such-command").returncode == 1
        done = lei("import", "-q", "-F", "mboxrd", "-", data=mail)
        assert done.returncode == 0, done.stderr
        assert "pipe" in (place / "log").read_text()
        done = lei("q", "-f", "mboxrd", "s:needle")
        assert done.returncode == 0, done.stderr
        assert b"Subject: needle" in done.stdout
    finally:
        subprocess.run([starter, "daemon-kill"], env=environment, timeout=60)


THROUGH = """
name = "through-sniff"
roles = ["daemon"]
[programs]
lei-daemon = "{starter}"
[limits]
request = 1048576
[start]
command = ["{{lei-daemon}}", "{{socket}}"]
foreground = true
[[deviation]]
clause = "request.descriptors.text"
reason = "The text names the number that came (ruling 2)."
"""


@pytest.mark.skipif(not (BUILD / "lei-daemon").exists(), reason="not built")
def test_suite_through_it(place):
    """Nothing that the suite looks at is another when it looks through a sniff."""
    starter, described = place / "starter", place / "through.toml"
    starter.write_text(
        '#!/bin/sh\nreal=$XDG_RUNTIME_DIR/real\nmkdir -m 700 -p "$real" "${1%/*}"\n'
        f"XDG_RUNTIME_DIR=$real LEI_DAEMON={BUILD}/lei-daemon {BUILD}/lei daemon-pid >/dev/null || exit 1\n"
        f'exec {SNIFF} --listen "$1" --to "$real/lei/5.seq.sock" -o /dev/null\n'
    )
    starter.chmod(0o755)
    described.write_text(THROUGH.format(starter=starter))
    argv = [HERE / "run", described, "--timeout-scale", "3"]
    for name in ("request.empty", "request.size", "request.descriptors", "fds.released", "reply.grammar"):
        argv += ["-k", name]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
