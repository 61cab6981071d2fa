"""spec/lifecycle.md"""

import os
import resource
import select
import signal
import socket
import stat

import pytest
from suite import system
from suite.api import (
    Finding,
    Import,
    Late,
    clause,
    describe_status,
    each,
    found,
    full_pipe,
    message,
    needs,
    param,
    require,
)


def pid_of(run):
    require(run.end(20) == 0, f"the client failed: {run.err!r}")
    require(run.out.strip().isdigit(), f"no pid but {run.out!r}")
    return int(run.out)


@clause("lifecycle.start.lazy")
@needs("pair")
def test_daemon_for_the_first_command(client):
    run = client.spawn("daemon-pid")
    pid = pid_of(run)
    require(not run.err, f"standard error: {run.err!r}")
    require(system.alive(pid), "the daemon did not stay")


def stale_socket(place):
    """What a daemon that was killed leaves."""
    place.runtime.mkdir(mode=0o700, exist_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.bind(str(place.socket))
    sock.listen(1)
    sock.close()


def race(client, clock, count):
    runs = [client.spawn("daemon-pid") for _ in range(count)]
    pids = {pid_of(run) for run in runs}
    require(len(pids) == 1, f"{len(pids)} daemons answered")
    try:
        clock.poll("one daemon is left", lambda: len(system.descendants(os.getpid())) == 1, 5)
    except Late:
        raise Finding("more than one daemon: " + "; ".join(system.tree(os.getpid()))) from None


@clause("lifecycle.start.single")
@needs("pair")
def test_many_clients_no_socket(client, clock, place):
    for _ in range(8):
        race(client, clock, 16)
        system.kill_all_below(os.getpid())
        place.socket.unlink()


@clause("lifecycle.start.single-stale")
@needs("pair")
@each("count", [param("two", 2), param("twelve", 12)])
def test_many_clients(client, clock, place, count):
    for _ in range(3):
        stale_socket(place)
        race(client, clock, count)
        system.kill_all_below(os.getpid())
        place.socket.unlink()


@clause("lifecycle.start.stale")
@needs("pair")
def test_socket_without_listener(client, place):
    stale_socket(place)
    run = client.spawn("daemon-pid")
    pid_of(run)
    require(not run.err, f"standard error: {run.err!r}")


@clause("lifecycle.start.stale")
@needs("lifecycle")
def test_after_a_kill(cold_daemon):
    first = cold_daemon.start(settle=False)
    pid = first.pid
    first.signal(signal.SIGKILL)
    first.wait_end()
    cold_daemon.exit_status, cold_daemon.may_end = None, False
    require(cold_daemon.start().pid != pid, "the same process")


@clause("lifecycle.start.live")
@needs("lifecycle")
@each("how", ["as-usual", "directly"])
def test_second_start(daemon, implementation, how):
    command = implementation.start if how == "as-usual" else implementation.direct
    if not command:
        pytest.skip("its description has no start.direct")
    inode = os.stat(daemon.place.socket).st_ino
    pid = daemon.pid
    try:
        daemon.start(settle=False, command=command)
    except Finding:
        pass
    require(os.stat(daemon.place.socket).st_ino == inode, "the socket of a living daemon was replaced")
    daemon.pid = pid
    daemon.barrier()


@clause("lifecycle.start.foreign")
@needs("pair")
@each("kind", ["file", "directory"])
def test_not_a_socket(client, place, kind):
    place.runtime.mkdir(mode=0o700)
    if kind == "file":
        place.socket.write_text("mine")
    else:
        place.socket.mkdir()
    run = client.spawn("daemon-pid")
    require(run.end(20) != 0, "the client succeeded")
    require(run.err, "no reason on standard error")
    left = place.socket.read_text() == "mine" if kind == "file" else place.socket.is_dir()
    require(left, f"the {kind} was replaced")


@clause("lifecycle.start.impossible")
@needs("pair")
@each("what", [param("is-a-file", "file"), param("cannot-be-made", "/proc/no/such")])
def test_runtime_directory(client, place, what):
    (place.root / "file").write_text("")
    run = client.spawn("daemon-pid", env={**place.env, "XDG_RUNTIME_DIR": str(place.root / what)})
    require(run.end(20) != 0, "the client succeeded")
    require(run.err, "no reason on standard error")


@clause("lifecycle.session.own")
@needs("lifecycle")
def test_apart_from_the_starter(daemon):
    # The suite gives every process that it starts a session; a foreground daemon is in that.
    if not daemon.implementation.foreground:
        require(os.getsid(daemon.pid) != daemon.process.pid, "in the session of its starter")
    fields = open(f"/proc/{daemon.pid}/stat").read().rsplit(")", 1)[1].split()
    require(fields[4] == "0", "it has a controlling terminal")


@clause("lifecycle.inherit.descriptors")
@needs("pair")
def test_standard_ones(client, clock):
    read, write = os.pipe()
    run = client.spawn("daemon-pid", stdout=write, stderr=write, stdin=read)
    os.close(write)
    require(run.end(20) == 0, "the client failed")
    while True:
        ready, _, _ = select.select([read], [], [], clock.seconds(5))
        require(ready, "no end of file: the daemon holds the client's output")
        if not os.read(read, 4096):
            return


@clause("lifecycle.inherit.descriptors")
@needs("pair")
def test_others(client, clock):
    read, write = os.pipe()
    pid_of(client.spawn("daemon-pid", pass_fds=[write]))
    os.close(write)
    ready, _, _ = select.select([read], [], [], clock.seconds(3))
    require(ready, "the daemon holds a descriptor of its first client")


@clause("lifecycle.inherit.directory")
@needs("lifecycle")
def test_not_that_of_a_client(daemon):
    sub = daemon.place.work / "sub"
    sub.mkdir()
    daemon.call("daemon-pid", cwd=sub)
    daemon.call("-C", str(sub), "daemon-pid")
    cwd = os.readlink(f"/proc/{daemon.pid}/cwd")
    require(not cwd.startswith(str(daemon.place.work)), f"its working directory is {cwd}")


@clause("lifecycle.inherit.limits")
@needs("pair")
@each("what", ["nice-value", "soft-limit"])
def test_of_the_first_client(client, what):
    if os.geteuid() != 0 and what == "nice-value":
        pytest.skip("only root may lower a nice value")

    def before():
        if what == "nice-value":
            os.nice(5)
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))

    pid = pid_of(client.spawn("daemon-pid", preexec_fn=before))
    if what == "nice-value":
        nice = os.getpriority(os.PRIO_PROCESS, pid)
        require(nice in (0, os.getpriority(os.PRIO_PROCESS, 0)), f"its nice value is {nice}")
    else:
        soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        require(soft == hard, f"its limit on file size is {soft}")


@clause("lifecycle.inherit.umask")
@needs("pair")
@each("mask", [param("nothing-masked", 0), param("usual", 0o22)])
def test_of_the_daemon(client, mask):
    pid = pid_of(client.spawn("daemon-pid", umask=mask))
    line = next(x for x in open(f"/proc/{pid}/status") if x.startswith("Umask:"))
    require(int(line.split()[1], 8) == 0o77, line.strip())


@clause("lifecycle.inherit.signals")
@needs("pair", "lifecycle")
@each("how", ["ignored", "blocked"])
def test_by_the_starter(client, cold_daemon, how):
    def before():
        for signo in (signal.SIGTERM, signal.SIGPIPE, signal.SIGCHLD):
            if how == "ignored":
                signal.signal(signo, signal.SIG_IGN)
            else:
                signal.pthread_sigmask(signal.SIG_BLOCK, [signo])

    cold_daemon.pid = pid_of(client.spawn("daemon-pid", preexec_fn=before, restore_signals=False))
    cold_daemon.settle()
    read, write = os.pipe()
    os.close(read)
    cold_daemon.call("help", stdout=write)
    cold_daemon.barrier()
    cold_daemon.signal(signal.SIGTERM)
    cold_daemon.wait_end()


@clause("lifecycle.errors-log")
@needs("lifecycle")
def test_exists_and_is_private(daemon):
    log = daemon.place.runtime / "errors.log"
    require(log.is_file(), "there is no errors.log")
    mode = stat.S_IMODE(log.stat().st_mode)
    require(mode == 0o600, f"its mode is {mode:o}")


@clause("lifecycle.kill.default")
@needs("lifecycle")
def test_without_arguments(daemon):
    daemon.may_end = True
    reply = daemon.call("daemon-kill")
    require(reply.succeeded, f"failed: {reply.packets!r} {reply.err!r}")
    daemon.wait_end()


@clause("lifecycle.kill.signal")
@needs("lifecycle")
@each(
    "args",
    [
        param("name", ["-TERM"]),
        param("long-name", ["-SIGTERM"]),
        param("number", ["-15"]),
        param("short-option", ["-s", "TERM"]),
        param("long-option", ["--signal", "INT"]),
        param("long-option-joined", ["--signal=QUIT"]),
        param("kill", ["-KILL"]),
    ],
)
def test_that_ends(daemon, args):
    daemon.may_end = True
    daemon.call("daemon-kill", *args)
    daemon.wait_end()


@clause("lifecycle.kill.signal")
@needs("lifecycle")
@each("args", [param("nothing", ["-0"]), param("hang-up", ["-HUP"]), param("user", ["-s", "USR1"])])
def test_that_does_not_end(daemon, args):
    reply = daemon.call("daemon-kill", *args)
    require(reply.succeeded, f"failed: {reply.packets!r} {reply.err!r}")
    daemon.barrier()


@clause("lifecycle.kill.unknown")
@needs("lifecycle")
@each("args", [param("name", ["-FOO"]), param("number", ["-s", "99"])])
def test_no_such_signal(daemon, args):
    reply = daemon.call("daemon-kill", *args)
    require(not reply.succeeded, "succeeded")
    daemon.barrier()


ENDING = [param(s.name[3:].lower(), s) for s in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)]


@clause("lifecycle.signals.end")
@needs("lifecycle")
@each("signo", ENDING)
def test_when_idle(daemon, signo):
    daemon.signal(signo)
    daemon.wait_end()


@clause("lifecycle.signals.status")
@needs("lifecycle")
@each("signo", ENDING)
@each("before", ["idle", "after-a-broken-pipe"])
def test_after_drain(daemon, signo, before):
    if before != "idle":
        read, write = os.pipe()
        os.close(read)
        daemon.call("help", stdout=write)
        os.close(write)
    daemon.signal(signo)
    status = daemon.wait_end()
    good = status == -1 or os.WIFEXITED(status) and os.WEXITSTATUS(status) in (0, signo)
    require(good, f"it ended with {describe_status(status)}")
    daemon.trace.add(f"outcome: {describe_status(status)}")


@clause("lifecycle.signals.ignored")
@needs("lifecycle")
@each("signo", [param(s.name[3:].lower(), s) for s in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)])
def test_lives_on(daemon, signo):
    for _ in range(3):
        daemon.signal(signo)
        daemon.barrier()


@clause("lifecycle.drain.listener")
@needs("lifecycle", "workers")
def test_no_more_connections(mail_daemon, clock):
    job = Import(mail_daemon, message("one"))
    mail_daemon.signal(signal.SIGTERM)
    clock.poll("connections are refused", mail_daemon.refuses_connections)
    mail_daemon.may_end = True
    require(job.finish().succeeded, "the command in flight failed")
    mail_daemon.wait_end()


@clause("lifecycle.drain.command")
@needs("lifecycle", "workers", "mail")
@each("signo", ENDING)
def test_is_completed(mail_daemon, clock, signo):
    job = Import(mail_daemon, message("one"))
    mail_daemon.signal(signo)
    clock.poll("connections are refused", mail_daemon.refuses_connections)
    mail_daemon.may_end = True
    os.write(job.write, message("two"))
    require(job.finish().succeeded, "the command in flight failed")
    mail_daemon.wait_end()
    mail_daemon.exit_status = None
    mail_daemon.start(settle=False)
    require(len(found(mail_daemon, "m:one@example.com", "OR", "m:two@example.com")) == 2, "mail is missing")


@clause("lifecycle.drain.successor")
@needs("lifecycle", "workers")
def test_takes_its_place(mail_daemon, clock):
    old = mail_daemon.pid
    job = Import(mail_daemon, message("one"))
    mail_daemon.signal(signal.SIGTERM)
    clock.poll("connections are refused", mail_daemon.refuses_connections)
    mail_daemon.may_end = True
    mail_daemon.start(settle=False)
    new = mail_daemon.pid
    require(new != old, "the draining daemon answered")
    require(job.finish().succeeded, "the command in flight failed")
    clock.poll("the first daemon ends", lambda: not system.alive(old))
    mail_daemon.barrier()


@clause("lifecycle.drain.again")
@needs("lifecycle", "workers")
def test_second_signal(mail_daemon, clock):
    job = Import(mail_daemon, message("one"))
    mail_daemon.signal(signal.SIGTERM)
    clock.poll("connections are refused", mail_daemon.refuses_connections)
    mail_daemon.signal(signal.SIGTERM)
    mail_daemon.wait_end()
    reply = job.call.finish()
    require(not reply.succeeded, f"the command was cut off, and yet: {reply.packets!r}")


# Nobody connects or signals after these: nothing else may wake the daemon.


@clause("lifecycle.socket.unlinked")
@needs("lifecycle")
def test_while_idle(daemon):
    daemon.place.socket.unlink()
    daemon.wait_end()


@clause("lifecycle.socket.replaced")
@needs("lifecycle")
@each("by", ["file", "socket"])
def test_rename_over(daemon, by):
    other = daemon.place.root / "other"
    if by == "file":
        other.write_text("mine")
    else:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sock.bind(str(other))
    inode = other.stat().st_ino
    other.rename(daemon.place.socket)
    daemon.wait_end()
    require(daemon.place.socket.stat().st_ino == inode, "it removed what had replaced its socket")


@clause("lifecycle.socket.renamed")
@needs("lifecycle")
@each("where", ["within-the-directory", "out-of-the-directory"])
def test_away(daemon, where):
    parent = daemon.place.runtime if where == "within-the-directory" else daemon.place.root
    daemon.place.socket.rename(parent / "moved")
    daemon.wait_end()


@clause("lifecycle.socket.directory-renamed")
@needs("lifecycle")
@each("how", ["renamed", "removed"])
def test_directory(daemon, how):
    if how == "renamed":
        daemon.place.runtime.rename(daemon.place.root / "moved")
    else:
        for name in os.listdir(daemon.place.runtime):
            (daemon.place.runtime / name).unlink()
        daemon.place.runtime.rmdir()
    daemon.wait_end()


@clause("lifecycle.socket.unlinked-busy")
@needs("lifecycle", "workers")
def test_command_in_flight(mail_daemon):
    job = Import(mail_daemon, message("one"))
    mail_daemon.place.socket.unlink()
    mail_daemon.may_end = True
    require(job.finish().succeeded, "the command in flight failed")
    mail_daemon.wait_end()


@clause("lifecycle.socket.successor-kept")
@needs("lifecycle")
def test_by_the_first(daemon, clock):
    old = daemon.pid
    daemon.place.socket.unlink()
    daemon.may_end = True
    daemon.start(settle=False)
    inode = os.stat(daemon.place.socket).st_ino
    clock.poll("the first daemon ends", lambda: not system.alive(old))
    require(os.stat(daemon.place.socket).st_ino == inode, "the successor's socket is gone")
    daemon.barrier()


@clause("lifecycle.socket.successor-kept")
@needs("lifecycle")
def test_what_was_renamed_over_it(daemon):
    other = daemon.place.root / "other"
    other.write_text("mine")
    other.rename(daemon.place.socket)
    daemon.wait_end()
    require(daemon.place.socket.is_file(), "it removed what had replaced its socket")


@clause("lifecycle.stall.silent")
def test_other_clients(daemon):
    with daemon.connect():
        reply = daemon.call("daemon-pid", seconds=3)
        require(reply.out, "no answer")


@clause("lifecycle.stall.silent")
@needs("lifecycle")
def test_the_signal_to_end(daemon):
    with daemon.connect():
        daemon.signal(signal.SIGTERM)
        daemon.wait_end(3)


@clause("lifecycle.stall.silent")
@needs("workers")
def test_commands_in_flight(mail_daemon):
    job = Import(mail_daemon, message("one"))
    with mail_daemon.connect():
        require(job.finish(5).succeeded, "the command in flight failed")


@clause("lifecycle.stall.output")
@each("args", [param("short", ["daemon-pid"]), param("long", ["help"])])
def test_full_pipe(daemon, args):
    read, write = full_pipe()
    stuck = daemon.begin(*args, stdout=write)
    os.close(write)
    daemon.call("daemon-pid", seconds=3)
    got = b""
    while chunk := os.read(read, 65536):
        got += chunk
    os.close(read)
    require(stuck.finish().succeeded, "the slow client's command failed")
    require(got.strip(b"x"), "the slow client's output is missing")


@clause("lifecycle.stall.output")
def test_full_pipe_and_gone(daemon):
    read, write = full_pipe()
    daemon.begin("help", stdout=write).hang_up()
    os.close(write)
    daemon.call("daemon-pid", seconds=3)
    os.close(read)


@clause("lifecycle.stall.input")
@needs("workers")
def test_import_that_waits(mail_daemon):
    jobs = [Import(mail_daemon), Import(mail_daemon)]
    mail_daemon.call("daemon-pid", seconds=3)
    for job in jobs:
        os.write(job.write, message("one"))
        require(job.finish().succeeded, "an import failed")


@clause("lifecycle.stall.replies")
def test_unread(daemon):
    calls = [daemon.begin("no-such-command") for _ in range(20)]
    for _ in range(20):
        daemon.begin("no-such-command").hang_up()
    daemon.call("daemon-pid", seconds=3)
    for call in calls:
        require(not call.finish().succeeded, "succeeded")


@clause("lifecycle.crash.loud")
@needs("lifecycle", "workers")
def test_daemon_killed(mail_daemon):
    job = Import(mail_daemon, message("one"))
    mail_daemon.signal(signal.SIGKILL)
    mail_daemon.wait_end()
    reply = job.finish()
    require(not reply.succeeded, f"the client would end with success: {reply.packets!r}")
