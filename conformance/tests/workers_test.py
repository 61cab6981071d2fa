"""spec/workers.md"""

import os
import signal

import pytest
from suite import system
from suite.api import Import, clause, each, ids, import_mbox, memory, message, needs, pack_request, param, require

pytestmark = needs("workers", "mail")


def states(job):
    return {(system.stat_of(p) or (0, "gone"))[1] for p in job.workers()}


@clause("workers.isolated")
def test_killed_beside_another(mail_daemon):
    victim, other = Import(mail_daemon), Import(mail_daemon, message("other"))
    for pid in victim.workers():
        if pid not in other.workers():
            system.kill(pid, signal.SIGKILL)
    victim.finish()
    mail_daemon.barrier()
    require(other.finish().succeeded, "the other command failed")
    assert ids(mail_daemon, "s:other") == ["other"]


@clause("workers.crash.loud")
@each("signo", [param(s.name[3:].lower(), s) for s in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV)])
def test_leader(mail_daemon, signo):
    job = Import(mail_daemon, message("one"))
    for pid in job.leaders():
        mail_daemon.trace.add(f"{signo.name} to worker {pid}")
        system.kill(pid, signo)
    reply = job.call.finish()
    job.end_input()
    require(not reply.succeeded, f"and yet: {reply.packets!r}")


@clause("workers.crash.loud")
def test_sibling(mail_daemon, clock):
    job = Import(mail_daemon, message("one"))
    siblings = [p for p in job.workers() if p not in job.leaders()]
    if not siblings:
        job.finish()
        pytest.skip("the import has no sibling to kill")
    for pid in siblings:
        system.kill(pid, signal.SIGKILL)
    reply = job.finish()
    require(not reply.succeeded, f"and yet: {reply.packets!r}")


@clause("workers.group.own")
def test_not_the_daemons(mail_daemon):
    job = Import(mail_daemon)
    groups = {os.getpgid(p) for p in job.workers()}
    own = os.getpgid(mail_daemon.pid)
    job.call.hang_up()
    job.end_input()
    require(own not in groups, "a worker is in the daemon's process group")


@clause("workers.signal.stop")
def test_all_stop(mail_daemon, clock):
    job = Import(mail_daemon)
    job.call.peer.send(b"STOP")
    clock.poll("the workers are stopped", lambda: states(job) == {"T"})
    job.call.peer.send(b"CONT")
    job.finish()


@clause("workers.signal.cont")
def test_completed(mail_daemon, clock):
    job = Import(mail_daemon, message("one"))
    job.call.peer.send(b"STOP")
    clock.poll("the workers are stopped", lambda: states(job) == {"T"})
    job.call.peer.send(b"CONT")
    clock.poll("the workers go on", lambda: "T" not in states(job))
    require(job.finish().succeeded, "the command failed")
    assert ids(mail_daemon, "m:one@example.com") == ["one"]


@clause("workers.signal.term")
@each("before", [param("running", None), param("stopped", b"STOP")])
def test_all_go(mail_daemon, clock, before):
    job = Import(mail_daemon)
    if before:
        job.call.peer.send(before)
        clock.poll("the workers are stopped", lambda: states(job) == {"T"})
    job.call.peer.send(b"TERM")
    clock.poll("the workers are gone", lambda: not job.workers())
    job.finish()


@clause("workers.signal.term-status")
def test_not_success(mail_daemon):
    job = Import(mail_daemon, message("one"))
    job.call.peer.send(b"TERM")
    reply = job.call.finish()
    job.end_input()
    require(not reply.succeeded, f"and yet: {reply.packets!r}")


@clause("workers.signal.unknown")
@each(
    "data",
    [
        param("word", b"HELLO"),
        param("lower-case", b"stop"),
        param("newline", b"STOP\n"),
        param("one-nul", b"\0"),
        param("long", b"x" * 5000),
    ],
)
def test_other_datagram(mail_daemon, data):
    job = Import(mail_daemon)
    job.call.peer.send(data)
    mail_daemon.barrier()
    job.finish()


@clause("workers.signal.unknown")
def test_second_request(mail_daemon):
    job = Import(mail_daemon)
    out = memory()
    job.call.peer.send(pack_request([b"daemon-pid"]), [memory(), out, memory(), os.open("/", os.O_RDONLY)])
    mail_daemon.barrier()
    job.finish()
    require(os.fstat(out).st_size == 0, "a second request was run")


@clause("workers.client-gone")
def test_hang_up(mail_daemon, clock):
    job = Import(mail_daemon, message("one"))
    job.call.hang_up()
    clock.poll("the workers are gone", lambda: not job.workers())
    job.end_input()


@clause("workers.client-gone.stopped")
def test_stopped_before(mail_daemon, clock):
    job = Import(mail_daemon)
    job.call.peer.send(b"STOP")
    clock.poll("the workers are stopped", lambda: states(job) == {"T"})
    job.call.hang_up()
    clock.poll("the workers are gone", lambda: not job.workers(), 8)
    job.end_input()


@clause("workers.client-gone.blocked")
def test_unread_output(mail_daemon, clock):
    body = "a line of some length that is not empty\n" * 3000
    mbox = [message(f"big{n}", subject="bulk", body=body) for n in range(12)]
    require(import_mbox(mail_daemon, *mbox).succeeded, "the import failed")
    mail_daemon.settle()
    read, write = os.pipe()
    call = mail_daemon.begin("q", "-f", "mboxrd", "s:bulk", stdout=write)
    os.close(write)
    mail_daemon.wait_worker()
    require(os.read(read, 1), "no output")
    call.hang_up()
    clock.poll("the workers are gone", lambda: not mail_daemon.workers(), 8)
    os.close(read)


@clause("workers.descriptors.own")
def test_two_imports(mail_daemon):
    first = Import(mail_daemon)
    pipe = os.readlink(f"/proc/self/fd/{first.write}")
    second = Import(mail_daemon)
    held = {p for p in second.workers() if pipe in system.descriptors(p).values()}
    first.finish()
    second.finish()
    require(not held, f"workers {held} of the second command hold the first one's input")
