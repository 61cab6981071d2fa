"""spec/request.md"""

import os

import pytest
from suite.api import (
    REQUEST_COMPAT,
    Late,
    clause,
    each,
    four,
    memory,
    needs,
    pack_request,
    param,
    refused,
    require,
)

PID = [b"daemon-pid"]


def ask(daemon, data, **how):
    reply = daemon.exchange(data, four(daemon), **how)
    daemon.barrier()
    return reply


@clause("request.argc.digits")
@each(
    "argc",
    [
        param("letter", "x"),
        param("letter-after-digit", "1x"),
        param("space-before-digit", " 1"),
        param("space-after-digit", "1 "),
        param("sign", "+1"),
        param("negative", "-1"),
        param("fraction", "1.9"),
        param("exponent", "1e0"),
        param("hexadecimal", "0x1"),
        param("nothing", ""),
    ],
)
def test_other_than_digits(daemon, argc):
    refused(ask(daemon, pack_request(PID, argc=argc)), f"ARGC is {argc!r}")


@clause("request.argc.range")
@each(
    "argc",
    [
        param("one-too-many", "2"),
        param("beyond-thirty-two-bits", "4294967297"),
        param("beyond-sixty-four-bits", "18446744073709551617"),
    ],
)
def test_more_than_there_are(daemon, argc):
    refused(ask(daemon, pack_request(PID, argc=argc)), f"ARGC is {argc} for one string")


@clause("request.argc.range")
def test_entries_do_not_become_arguments(daemon):
    refused(ask(daemon, pack_request(PID, {"HOME": "/nonexistent"}, argc="9")), "ARGC is 9")


@clause("request.argc.zero")
def test_no_command(daemon):
    reply = ask(daemon, pack_request([], daemon.place.env))
    refused(reply, "no command")
    require(reply.err, "nothing on standard error")


@clause("request.arguments.bytes")
def test_newline_and_other_bytes(daemon):
    reply = daemon.call(b"odd\n\xff\xfename")
    require(b"odd\n\xff\xfename" in reply.err, f"the name came back as {reply.err!r}")


@clause("request.terminator.required")
@each("tail", [param("one-nul", b"\0"), param("none", b""), param("other-byte", b"\0\0x")])
@each("env", [param("after-arguments", []), param("after-environment", [b"NAME=value"])])
def test_missing(daemon, tail, env):
    refused(ask(daemon, pack_request(PID, env, tail=tail)), f"it ends in {tail!r}")


@clause("request.terminator.required")
@each("data", [param("one-letter", b"x"), param("one-nul", b"\0"), param("one-digit", b"1")])
def test_one_byte(daemon, data):
    refused(ask(daemon, data), f"the request is {data!r}")


@clause("request.terminator.surplus")
def test_three_nuls(daemon):
    reply = ask(daemon, pack_request(PID, tail=b"\0\0\0"))
    require(reply.out.strip() == str(daemon.pid).encode(), "the command did not run")


@clause("request.empty.refused")
@each("with_fds", [param("with-descriptors", True), param("without", False)])
def test_datagram_of_no_bytes(daemon, with_fds):
    reply = daemon.exchange(b"", four(daemon) if with_fds else [])
    require(not reply.out, "a command ran")
    require(not with_fds or not reply.succeeded, f"looks like success: {reply.packets!r}")
    daemon.barrier()


def configured(place, name, value):
    """A configuration directory of that name whose test.value is `value`."""
    directory = place.root / "data" / name
    (directory / "lei").mkdir(parents=True)
    (directory / "lei" / "config").write_text(f"[test]\n\tvalue = {value}\n")
    return b"XDG_CONFIG_HOME=" + os.fsencode(directory)


def value_seen(daemon, entries):
    base = [os.fsencode(f"{k}={v}") for k, v in daemon.place.env.items()]
    reply = ask(daemon, pack_request([b"config", b"test.value"], base + entries))
    return reply.out.decode().strip()


@clause("request.environment.own")
@needs("config")
def test_two_homes(daemon):
    first, second = configured(daemon.place, "first", "one"), configured(daemon.place, "second", "two")
    assert value_seen(daemon, [first]) == "one"
    assert value_seen(daemon, [second]) == "two"
    require(value_seen(daemon, []) == "", "a variable of an earlier request is still there")


@clause("request.environment.value")
@needs("config")
@each("name", [param("equals-sign", "a=b=c"), param("newline", "a\nb")])
def test_odd_bytes(daemon, name):
    assert value_seen(daemon, [configured(daemon.place, name, "seen")]) == "seen"


@clause("request.environment.malformed")
@needs("config")
@each(
    "junk",
    [
        param("no-equals-sign", [b"JUNK"]),
        param("two-of-them", [b"JUNK", b"MORE"]),
        param("no-name", [b"=value"]),
        param("empty", [b""]),
    ],
)
def test_neighbours_are_left_alone(daemon, junk):
    entry = configured(daemon.place, "own", "mine")
    assert value_seen(daemon, [*junk, entry, b"LAST=1"]) == "mine"
    assert value_seen(daemon, [entry, *junk, b"LAST=1"]) == "mine"


@clause("request.environment.repeated")
@needs("config")
def test_last_counts(daemon):
    first, second = configured(daemon.place, "first", "one"), configured(daemon.place, "second", "two")
    assert value_seen(daemon, [first, second]) == "two"
    assert value_seen(daemon, [second, first]) == "one"


def sized(size, args=PID):
    """A request of exactly `size` bytes."""
    bare = len(pack_request(args, [b"PAD="]))
    return pack_request(args, [b"PAD=" + b"x" * (size - bare)])


@clause("request.size.accepted")
@each("size", [param("a-page", 4096), param("most-of-it", REQUEST_COMPAT - 1), param("all-of-it", REQUEST_COMPAT)])
def test_up_to_the_limit(daemon, size):
    reply = ask(daemon, sized(size), room=size)
    require(reply.out.strip() == str(daemon.pid).encode(), f"{size} bytes were not accepted: {reply.packets!r}")


def too_large(daemon, data):
    peer = daemon.connect()
    can = peer.room(len(data))
    peer.close()
    if not can:
        pytest.skip("this user may not send datagrams of that size")
    refused(ask(daemon, data, room=len(data)), f"{len(data)} bytes")


@clause("request.size.refused")
@each("more", [param("one-byte-more", 1), param("far-more", 100000)])
def test_beyond_the_limit(daemon, more, implementation):
    too_large(daemon, sized(implementation.request_max + more))


@clause("request.size.refused")
def test_cut_at_two_nuls(daemon, implementation):
    head = sized(implementation.request_max)
    too_large(daemon, head + b"TAIL=1\0\0")


def plain(count):
    return [memory(b"") for _ in range(count)]


@clause("request.descriptors.four")
@each(
    "count",
    [
        param("none", 0),
        param("one", 1),
        param("two", 2),
        param("three", 3),
        param("five", 5),
        param("ten", 10),
        param("seventeen", 17),
        param("sixty", 60),
        param("most-the-kernel-passes", 253),
    ],
)
def test_any_other_number(daemon, count):
    fds = (four(daemon) + plain(count))[:count]
    reply = daemon.exchange(pack_request(PID, daemon.place.env), fds)
    refused(reply, f"{count} descriptors")
    for fd in fds:
        if isinstance(fd, int):
            os.close(fd)
    daemon.barrier()


@clause("request.descriptors.text")
@each("count", [param("three", 3), param("five", 5)])
def test_wording(daemon, count):
    reply = daemon.exchange(pack_request(PID), (four(daemon) + plain(count))[:count])
    assert reply.texts == [b"not enough FDs=%d" % (count - 1)]


@clause("request.descriptors.directory")
@each("kind", [param("file", "file"), param("null-device", "null"), param("pipe", "pipe")])
def test_not_a_directory(daemon, kind):
    fds = four(daemon)[:3]
    makers = {
        "file": lambda: memory(b"x"),
        "null": lambda: os.open("/dev/null", os.O_RDONLY),
        "pipe": lambda: os.pipe()[0],
    }
    fds.append(makers[kind]())
    reply = daemon.exchange(pack_request(PID), fds)
    require(not reply.succeeded, f"a {kind} was taken for a directory")
    daemon.barrier()


@clause("request.one-datagram")
def test_halves_are_not_joined(daemon):
    whole = pack_request(PID)
    with daemon.connect() as peer:
        out = memory()
        peer.send(whole[:5], [memory(b""), out, memory(), os.open("/", os.O_RDONLY)])
        peer.send(whole[5:])
        try:
            while peer.recv(2).data:
                pass
        except Late:
            pass
        require(os.fstat(out).st_size == 0, "the halves were joined and run")
    daemon.barrier()
