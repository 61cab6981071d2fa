"""spec/reply.md"""

import os
import re

from suite.api import clause, content_of, each, param, require

FORMS = re.compile(rb"x_it [0-9]+|child_error [0-9]+|exec .*|wait|umask|-WINCH", re.S)


@clause("reply.grammar")
@each("args", [param("success", ["daemon-pid"]), param("failure", ["no-such-command"]), param("help", ["--help"])])
def test_every_datagram(daemon, args):
    for data in daemon.call(*args).packets:
        require(FORMS.fullmatch(data), f"not a reply: {data!r}")


@clause("reply.status.explicit")
@each("args", [param("pid", ["daemon-pid"]), param("help", ["help"]), param("completion", ["_complete", "lei"])])
def test_zero_is_said(daemon, args):
    reply = daemon.call(*args)
    require(reply.packets[-1:] == [b"x_it 0"], f"the last datagram is {reply.packets[-1:]!r}")


@clause("reply.status.bare")
def test_nothing_is_said(daemon):
    assert daemon.call("daemon-pid").packets == []


@clause("reply.status.failure")
def test_status_and_reason(daemon):
    reply = daemon.call("no-such-command")
    require(("x_it", 256) in reply.statuses, f"no `x_it 256` but {reply.packets!r}")
    require(reply.err, "no reason on standard error")


@clause("reply.end")
@each("name", ["daemon-pid", "help", "no-such-command"])
def test_connection_is_closed(daemon, name):
    call, over = daemon.begin(name), False
    while data := call.peer.recv().data:
        require(not over, f"after the status came {data!r}")
        over = data.startswith(b"x_it ")
    call.close()


@clause("reply.output.first")
@each("args", [param("small", ["daemon-pid"]), param("larger", ["help"])])
def test_complete_at_the_first_datagram(daemon, args):
    for _ in range(20):
        call = daemon.begin(*args)
        call.peer.recv()
        at_status = content_of(call.out)
        reply = call.finish()
        require(reply.out and at_status == reply.out, "output arrived after the status")


def full_device():
    return os.open("/dev/full", os.O_WRONLY)


def read_only():
    fd = os.open("/dev/null", os.O_RDONLY)
    return fd


@clause("reply.output.lost")
@each("make", [param("full-device", full_device), param("not-open-for-writing", read_only)])
def test_cannot_be_written(daemon, make):
    fd = make()
    reply = daemon.call("daemon-pid", stdout=fd)
    os.close(fd)
    require(not reply.succeeded, f"output was lost and yet: {reply.packets!r}")


@clause("reply.output.closed")
def test_pipe_without_reader(daemon):
    read, write = os.pipe()
    os.close(read)
    reply = daemon.call("daemon-pid", stdout=write)
    os.close(write)
    daemon.barrier()
    require(not reply.succeeded, f"output was lost and yet: {reply.packets!r}")


@clause("reply.errors.unread")
@each("args", [param("failure", ["no-such-command"]), param("success", ["daemon-pid"])])
def test_status_is_unchanged(daemon, args):
    usual = daemon.call(*args).status
    read, write = os.pipe()
    os.close(read)
    reply = daemon.call(*args, stderr=write)
    os.close(write)
    require(reply.status == usual, f"wait status {reply.status} instead of {usual}")
    daemon.barrier()
