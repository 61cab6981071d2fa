"""spec/client.md: the suite plays the daemon."""

import fcntl
import os
import signal
import struct

from suite.api import REQUEST_COMPAT, clause, content_of, each, memory, parse_request, param, require


@clause("client.request.form")
def test_arguments_then_environment(client):
    env = {**client.place.env, "ODD": "a=b\nc"}
    run, session = client.converse("q", "-f", "json", "word", env=env)
    args, entries = session.parsed()
    assert args == [b"q", b"-f", b"json", b"word"]
    require(sorted(entries) == sorted(os.fsencode(f"{k}={v}") for k, v in env.items()), f"environment: {entries!r}")
    session.send(b"x_it 0")
    session.close()
    run.end()


@clause("client.request.form")
def test_no_argument(client):
    run, session = client.converse("", env={"XDG_RUNTIME_DIR": client.place.env["XDG_RUNTIME_DIR"]})
    assert session.parsed()[0] == [b""]
    session.send(b"x_it 256")
    session.close()
    assert run.end() == 1


@clause("client.request.arguments")
@each(
    "arg",
    [param("empty", b""), param("newline", b"a\nb"), param("other-bytes", b"\xff\xfe"), param("long", b"x" * 100000)],
)
def test_as_it_is(client, arg):
    run, session = client.converse("help", arg, b"last")
    assert session.parsed()[0] == [b"help", arg, b"last"]
    session.send(b"x_it 0")
    session.close()
    run.end()


def same_file(fd, other):
    a, b = os.fstat(fd), os.fstat(other) if isinstance(other, int) else os.stat(other)
    return (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)


@clause("client.request.descriptors")
def test_standard_ones_and_directory(client):
    stdin = memory(b"in")
    run, session = client.converse("help", stdin=stdin)
    fds = session.fds
    require(len(fds) == 4, f"{len(fds)} descriptors")
    require(same_file(fds[0], stdin), "the first is not standard input")
    require(same_file(fds[1], run.out_path), "the second is not standard output")
    require(same_file(fds[2], run.err_path), "the third is not standard error")
    require(same_file(fds[3], client.place.work), "the fourth is not the working directory")
    session.send(b"x_it 0")
    session.close()
    run.end()


def close_all(fds):
    for fd in fds:
        os.closerange(fd, fd + 1)  # it may be closed already


@clause("client.request.closed")
@each("closed", [param("input", [0]), param("output", [1]), param("errors", [2]), param("all", [0, 1, 2])])
def test_still_four(client, closed):
    run, session = client.converse("help", preexec_fn=lambda: close_all(closed))
    require(len(session.fds) == 4, f"{len(session.fds)} descriptors")
    require(same_file(session.fds[3], client.place.work), "the fourth is not the working directory")
    session.send(b"x_it 0")
    session.close()
    assert run.end() == 0


@clause("client.request.closed-useless")
@each("closed", [param("input", (0, os.O_WRONLY)), param("output", (1, os.O_RDONLY))])
def test_stands_in_uselessly(client, closed):
    fd, useless = closed
    run, session = client.converse("help", preexec_fn=lambda: close_all([fd]))
    mode = fcntl.fcntl(session.fds[fd], fcntl.F_GETFL) & os.O_ACCMODE
    require(mode == useless, f"descriptor {fd} was closed, and what was sent can be used (mode {mode})")
    session.send(b"x_it 0")
    session.close()
    assert run.end() == 0


@clause("client.request.environment-large")
@each("size", [param("just-too-large", 140_000), param("far-too-large", 1_500_000)])
def test_what_matters_is_sent(client, size):
    env = {"PATH": os.defpath, "LANG": "C.UTF-8", **client.place.env, **{f"PAD{n}": "x" * 10_000 for n in range(size // 10_000)}}
    run, session = client.converse("daemon-pid", env=env)
    require(len(session.request.data) <= REQUEST_COMPAT, f"a request of {len(session.request.data)} bytes")
    args, entries = session.parsed()
    assert args == [b"daemon-pid"]
    for name in ("HOME", "XDG_RUNTIME_DIR", "TMPDIR", "PATH", "LANG"):
        require(os.fsencode(f"{name}={env[name]}") in entries, f"{name} was not sent")
    session.send(b"x_it 0")
    session.close()
    assert run.end() == 0


@clause("client.request.arguments-large")
@each("size", [param("just-too-large", 14), param("far-too-large", 100)])
def test_fails_with_a_reason(client, size):
    client.listen()
    run = client.spawn("help", *["x" * 10_000] * size)
    client.fake.sock.settimeout(client.clock.seconds(2))
    try:
        peer = client.fake.accept_raw(1)
        data = peer.recv().data
        if data:
            require(len(parse_request(data)[0]) == size + 1, "the arguments were cut")
            peer.send(b"request command truncated")
        peer.close()
    except AssertionError as e:
        if "cut" in str(e) or "request" in str(e):
            raise
    require(run.end() != 0, "the client succeeded")
    require(run.err, "no reason on standard error")


CODES = [
    param("zero", 0, 0),
    param("one", 256, 1),
    param("two", 512, 2),
    param("missing-program", 32512, 127),
    param("largest", 65280, 255),
    param("wraps-to-zero", 65536, 0),
    param("wraps-to-one", 65792, 1),
    param("core-bit-is-ignored", 384, 1),
]


@clause("client.exit.code")
@each("status,code", CODES)
def test_of_status(client, status, code):
    assert client.answered(b"x_it %d" % status)[0] == code


@clause("client.exit.signal")
@each(
    "status,signo",
    [
        param("pipe", 13, signal.SIGPIPE),
        param("term", 15, signal.SIGTERM),
        param("kill", 9, signal.SIGKILL),
        param("hang-up", 1, signal.SIGHUP),
        param("interrupt", 2, signal.SIGINT),
        param("with-an-exit-code", 269, signal.SIGPIPE),
    ],
)
def test_dies_of_it(client, status, signo):
    code = client.answered(b"x_it %d" % status)[0]
    require(code == -signo, f"ended with {code}, not by {signo.name}")


@clause("client.exit.signal")
def test_with_core_bit(client):
    client.listen()
    run, session = client.converse()
    run.allowed_signals.add(signal.SIGSEGV)
    session.send(b"x_it 139")
    session.close()
    assert run.end() == -signal.SIGSEGV


@clause("client.exit.signal-ignored")
@each("signo", [param("pipe", signal.SIGPIPE), param("term", signal.SIGTERM), param("interrupt", signal.SIGINT)])
@each("how", ["ignored", "blocked"])
def test_ends_all_the_same(client, signo, how):
    def before():
        if how == "ignored":
            signal.signal(signo, signal.SIG_IGN)
        else:
            signal.pthread_sigmask(signal.SIG_BLOCK, [signo])

    code, _ = client.answered(b"x_it %d" % signo, preexec_fn=before, restore_signals=False, seconds=3)
    require(code != 0, "ended with 0")


@clause("client.exit.signal-harmless")
@each(
    "status",
    [
        param("child", 17),
        param("continue", 18),
        param("urgent", 23),
        param("window", 28),
        param("stop", 19),
        param("no-signal", 100),
        param("stopped-marker", 127),
    ],
)
def test_ends(client, status):
    code, _ = client.answered(b"x_it %d" % status, seconds=3)
    require(code != 0, "ended with 0")


@clause("client.exit.first")
@each(
    "packets,code",
    [
        param("error-then-other", [b"child_error 512", b"x_it 256"], 2),
        param("error-then-zero", [b"child_error 512", b"x_it 0"], 2),
        param("zero-then-error", [b"child_error 0", b"child_error 768", b"x_it 0"], 3),
        param("two-errors", [b"child_error 512", b"child_error 768", b"x_it 0"], 2),
        param("signal-then-zero", [b"child_error 15", b"x_it 0"], -15),
    ],
)
def test_that_is_not_zero(client, packets, code):
    assert client.answered(*packets)[0] == code


@clause("client.exit.huge")
@each("number", [param("beyond-sixty-four-bits", 10**20 + 256), param("hundred-digits", 10**99 + 1)])
def test_number(client, number):
    code, _ = client.answered(b"x_it %d" % number, seconds=3)
    require(code != 0 or (number & 127 == 0 and (number >> 8) & 255 == 0), "ended with 0")


@clause("client.x-it.last")
def test_connection_stays_open(client):
    run, session = client.converse()
    session.send(b"x_it 512")
    session.send(b"child_error 768")
    session.send(b"not for anybody")
    assert run.end() == 2
    require(not run.err, f"obeyed what came after: {run.err!r}")


@clause("client.child-error.continues")
def test_until_x_it(client):
    run, session = client.converse()
    session.send(b"child_error 512")
    session.send(b"umask")
    require(session.recv().data[:1] == b"u", "it did not go on")
    session.send(b"x_it 0")
    session.close()
    assert run.end() == 2


@clause("client.eof.bare")
def test_no_status(client):
    code, run = client.answered()
    require(code != 0, "ended with 0")
    require(run.err, "no reason on standard error")


@clause("client.eof.bare")
def test_after_an_error(client):
    assert client.answered(b"child_error 768")[0] == 3


@clause("client.eof.reset")
def test_dropped_unread(client):
    fake = client.listen()
    run = client.spawn("daemon-pid")
    while run.process.poll() is None:
        try:
            fake.accept_raw(0.3).close()
        except AssertionError:
            continue
    require(run.end() != 0, "ended with 0")
    require(run.err, "no reason on standard error")


@clause("client.text")
@each(
    "data",
    [
        param("words", b"something is wrong"),
        param("with-newline", b"wrong\n"),
        param("other-bytes", b"\xff\xfe wrong"),
    ],
)
def test_is_printed(client, data):
    code, run = client.answered(data)
    require(code != 0, "ended with 0")
    require(data.strip() in run.err, f"standard error is {run.err!r}")


@clause("client.text.exact")
@each(
    "data",
    [
        param("no-number", b"x_it"),
        param("sign", b"x_it -1"),
        param("plus", b"x_it +0"),
        param("blank-after", b"x_it 0 "),
        param("two-blanks", b"x_it  0"),
        param("fraction", b"x_it 0.5"),
        param("newline", b"x_it 0\n"),
        param("upper-case", b"X_IT 0"),
        param("error-newline", b"child_error 0\n"),
        param("other-verb", b"STOP"),
    ],
)
def test_almost_a_verb(client, data):
    code, run = client.answered(data)
    require(code != 0, "ended with 0")
    require(data.strip() in run.err, f"standard error is {run.err!r}")


def pack_exec(*args, env=()):
    return b"exec " + b"\0".join([str(len(args)).encode(), *map(os.fsencode, args), *map(os.fsencode, env)])


def sh(script, *args, env=()):
    return pack_exec("/bin/sh", "-c", script, "sh", *args, env=env)


@clause("client.exec.three")
def test_gets_the_descriptors(client):
    run, session = client.converse()
    stdin, out, err = memory(b"from the daemon"), memory(), memory()
    session.send(sh("cat; echo wrong >&2"), [stdin, out, err])
    session.send(b"umask")
    require(session.recv().data[:1] == b"u", "the client did not go on")
    session.send(b"x_it 512")
    session.close()
    require(run.end() == 2, "the status of the command is lost")
    assert content_of(out) == b"from the daemon"
    assert content_of(err) == b"wrong\n"


@clause("client.exec.three")
def test_two_descriptors(client):
    run, session = client.converse()
    stdin, out = memory(b"both"), memory()
    session.send(sh("cat; echo kept >&2"), [stdin, out])
    session.send(b"x_it 0")
    session.close()
    run.end()
    assert content_of(out) == b"both"
    require(b"kept" in run.err, "standard error is not the client's")


@clause("client.exec.arguments")
@each("arg", [param("plain", "word"), param("empty", ""), param("newline", "a\nb"), param("quotes", "'\"$x")])
def test_reach_the_program(client, arg):
    run, session = client.converse()
    out = memory()
    packet = sh('printf "%s|%s|%s" "$1" "$2" "$ADDED"', arg, "end", env=["ADDED=by the daemon"])
    session.send(packet, [memory(), out, memory()])
    session.send(b"x_it 0")
    session.close()
    run.end()
    assert content_of(out) == os.fsencode(f"{arg}|end|by the daemon")


def fifo(client, name):
    path = client.place.root / name
    os.mkfifo(path)
    return path


@clause("client.exec.waits")
@each("last", [param("exit", b"x_it 0"), param("end-of-file", None)])
def test_program_ends_first(client, last):
    run, session = client.converse()
    out, go = memory(), fifo(client, "go")
    session.send(sh(f"read x < {go}; echo done"), [memory(), out, memory()])
    if last:
        session.send(last)
    session.close()
    stream = os.open(go, os.O_WRONLY)
    require(run.process.poll() is None, "the client has ended before the program")
    os.write(stream, b"x\n")
    os.close(stream)
    run.end()
    assert content_of(out) == b"done\n"


@clause("client.exec.replaces")
def test_same_process(client):
    run, session = client.converse()
    out = memory()
    session.send(sh("echo $$; exit 9"))
    code = run.end()
    require(code == 9, f"ended with {code}, not with the program's 9")
    require(run.out.strip() == str(run.pid).encode(), f"the program is process {run.out!r}, not {run.pid}")
    session.send(b"x_it 0")
    session.close()
    os.close(out)


@clause("client.exec.input")
def test_from_the_descriptor(client):
    run, session = client.converse()
    session.send(sh("cat; exit 7"), [memory(b"from the daemon")])
    require(run.end() == 7, "the program's status is lost")
    assert run.out == b"from the daemon"
    session.send(b"x_it 0")
    session.close()


@clause("client.exec.missing")
@each("count", [param("with-descriptors", 3), param("without", 0)])
def test_reported(client, count):
    run, session = client.converse()
    session.send(pack_exec("/nonexistent/program", "x"), [memory() for _ in range(count)])
    session.send(b"x_it 256")
    session.close()
    require(run.end() != 0, "ended with 0")


@clause("client.wait")
def test_until_the_program_ends(client):
    run, session = client.converse()
    go = fifo(client, "go")
    session.send(sh(f"read x < {go}"), [memory(), memory(), memory()])
    session.send(b"wait")
    session.send(b"umask")
    stream = os.open(go, os.O_WRONLY)
    session.peer.sock.setblocking(False)
    try:
        data = session.peer.sock.recv(10)
        raise AssertionError(f"obeyed what came after `wait` too early: {data!r}")
    except BlockingIOError:
        pass
    os.write(stream, b"x\n")
    os.close(stream)
    require(session.recv().data[:1] == b"u", "it did not go on")
    session.send(b"x_it 0")
    session.close()
    run.end()


@clause("client.umask")
@each("mask", [param("usual", 0o22), param("private", 0o77), param("none", 0)])
def test_is_answered(client, mask):
    run, session = client.converse(umask=mask)
    session.send(b"umask")
    assert session.recv().data == b"u" + struct.pack("<I", mask)
    session.send(b"x_it 0")
    session.close()
    assert run.end() == 0


@clause("client.winch")
def test_without_a_program(client):
    run, session = client.converse()
    session.send(b"-WINCH")
    session.send(b"umask")
    require(session.recv().data[:1] == b"u", "it did not go on")
    session.send(b"x_it 0")
    session.close()
    assert run.end() == 0


def obeying(client):
    """A client that is known to be reading replies, its handlers in place."""
    run, session = client.converse()
    session.send(b"umask")
    require(session.recv().data[:1] == b"u", "no answer to umask")
    return run, session


@clause("client.signal.stop")
def test_terminal_stop(client, clock):
    run, session = obeying(client)
    run.signal(signal.SIGTSTP)
    assert session.recv().data == b"STOP"
    clock.poll("the client is stopped", lambda: run.state() == "T")
    run.signal(signal.SIGCONT)
    session.recv()
    session.send(b"x_it 0")
    session.close()
    run.end()


@clause("client.signal.cont")
def test_continue(client):
    run, session = obeying(client)
    run.signal(signal.SIGCONT)
    assert session.recv().data == b"CONT"
    session.send(b"x_it 0")
    session.close()
    run.end()


@clause("client.signal.fatal")
@each("signo", [param(s.name[3:].lower(), s) for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)])
def test_ends_the_connection(client, signo):
    run, session = obeying(client)
    run.signal(signo)
    require(session.closed_by_client(), "the connection stays open, or something was sent")
    require(run.end() == -signo, "the client did not die of it")


@clause("client.descriptors.dropped")
def test_with_other_datagrams(client):
    run, session = client.converse()
    read, write = os.pipe()
    session.send(b"-WINCH", [write])
    os.close(write)
    session.send(b"umask")
    session.recv()
    os.set_blocking(read, False)
    try:
        require(os.read(read, 1) == b"", "?")
    except BlockingIOError:
        raise AssertionError("the client keeps the descriptor") from None
    finally:
        session.send(b"x_it 0")
        session.close()
        run.end()
