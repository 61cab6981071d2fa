"""spec/fds.md"""

import fcntl
import os

from suite.api import (
    clause,
    content_of,
    each,
    four,
    ids,
    import_mbox,
    memory,
    message,
    needs,
    pack_request,
    param,
    require,
)

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


@clause("fds.input.bulk")
@needs("mail")
def test_from_where_it_stands(mail_daemon):
    """As after `(read line; lei import ...) <file`: the position is shared."""
    first, second = message("behind"), message("ahead")
    fd = memory(first + second)
    os.lseek(fd, len(first), os.SEEK_SET)
    reply = mail_daemon.call("import", "-q", "-F", "mboxrd", "-", stdin=fd, seconds=20)
    require(reply.succeeded, f"the import failed: {reply.packets!r} {reply.err!r}")
    assert ids(mail_daemon, "s:behind", "OR", "s:ahead") == ["ahead"]
    require(os.lseek(fd, 0, os.SEEK_CUR) == len(first + second), "the input is not at its end")


@clause("fds.output.position")
@needs("mail")
def test_to_where_it_stands(mail_daemon):
    require(import_mbox(mail_daemon, message("written")).succeeded, "the import failed")
    fd = memory()
    os.write(fd, b"before\n")
    require(mail_daemon.call("q", "-f", "mboxrd", "s:written", stdout=fd, seconds=20).succeeded, "q failed")
    require(content_of(fd).startswith(b"before\nFrom "), f"it did not go on there: {content_of(fd)[:60]!r}")
    require(os.lseek(fd, 0, os.SEEK_CUR) == os.fstat(fd).st_size, "its position has not moved along")


def moved(pid):
    """Bytes that a process itself, not its children, has read and written so far."""
    with open(f"/proc/{pid}/task/{pid}/io", encoding="ascii") as stream:
        fields = dict(line.split(": ") for line in stream)
    return int(fields["rchar"]) + int(fields["wchar"])


@clause("fds.input.bulk", "fds.output.bulk")
@needs("mail", "workers")
def test_past_the_daemon(mail_daemon):
    """The daemon itself neither reads nor writes the mail."""
    mbox = [message(f"bulk{n}", subject="bulk", body=f"line {n} of the bulk\n" * 5000) for n in range(20)]
    size, before = sum(map(len, mbox)), moved(mail_daemon.pid)
    require(import_mbox(mail_daemon, *mbox).succeeded, "the import failed")
    reply = mail_daemon.call("q", "-f", "mboxrd", "s:bulk", seconds=20)
    require(len(reply.out) > size // 2, "the mail did not come back")
    through = moved(mail_daemon.pid) - before
    require(through < size // 4, f"{through} bytes went through the daemon for {size} bytes of mail")


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
