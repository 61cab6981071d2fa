"""spec/fds.md"""

import fcntl
import os

from suite.api import clause, each, four, memory, pack_request, param, require

TIMES = 30


@clause("fds.order")
def test_output_and_error(daemon):
    reply = daemon.call("daemon-pid")
    require(reply.out and not reply.err, "output is not on the second descriptor alone")
    reply = daemon.call("no-such-command")
    require(reply.err and not reply.out, "errors are not on the third descriptor alone")


@clause("fds.order")
def test_directory(daemon):
    os.mkdir(daemon.place.work / "sub")
    assert daemon.call("-C", "sub", "daemon-pid").succeeded
    reply = daemon.call("-C", "sub", "daemon-pid", cwd=daemon.place.work / "sub")
    require(not reply.succeeded, "a relative name did not start from the passed directory")


BAD = {
    "good": (b"1\0daemon-pid\0\0", 4),
    "no-terminator": (b"1\0daemon-pid", 4),
    "bad-argc": (b"x\0daemon-pid\0\0", 4),
    "argc-too-large": (b"7\0daemon-pid\0\0", 4),
    "empty": (b"", 4),
    "three": (b"1\0daemon-pid\0\0", 3),
    "five": (b"1\0daemon-pid\0\0", 5),
    "unknown-command": (b"1\0no-such\0\0", 4),
}


@clause("fds.released")
@each("kind", list(BAD))
def test_after_request(daemon, kind):
    data, count = BAD[kind]
    for _ in range(TIMES):
        fds = (four(daemon) + [memory()])[:count]
        daemon.exchange(data, fds)
        for fd in fds:
            if isinstance(fd, int):
                os.close(fd)
    daemon.barrier()
    daemon.check_fds()


@clause("fds.released")
def test_after_client_that_left_early(daemon):
    for _ in range(TIMES):
        daemon.begin("help").hang_up()
        daemon.connect().close()
    daemon.barrier()
    daemon.check_fds()


@clause("fds.released.surplus")
@each("count", [param("eleven", 11), param("seventeen", 17), param("hundred", 100), param("most", 253)])
def test_any_number(daemon, count):
    fds = [memory() for _ in range(count)]
    for _ in range(5):
        daemon.exchange(b"1\0daemon-pid\0\0", fds)
    for fd in fds:
        os.close(fd)
    daemon.barrier()
    daemon.check_fds()


@clause("fds.flags.kept")
def test_blocking_stays_blocking(daemon):
    read, write = os.pipe()
    reply = daemon.call("help", stdout=write)
    require(reply.succeeded, f"failed: {reply.packets!r}")
    require(not fcntl.fcntl(write, fcntl.F_GETFL) & os.O_NONBLOCK, "O_NONBLOCK is now set on standard output")
    os.close(read)
    os.close(write)


@clause("fds.path-directory")
def test_opened_with_o_path(daemon):
    fds = four(daemon)[:3] + [os.open("/", os.O_PATH | os.O_DIRECTORY)]
    reply = daemon.exchange(pack_request([b"daemon-pid"]), fds)
    assert reply.out.strip() == str(daemon.pid).encode()
