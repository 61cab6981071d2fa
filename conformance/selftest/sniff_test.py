"""The recorder carries every datagram as it is and says what it was: small ends in Python."""

import contextlib
import errno
import json
import os
import select
import signal
import socket
import struct
import subprocess

import pytest
from ends import (  # noqa: F401
    DEADLINE,
    REQUEST,
    SNIFF,
    close_all,
    listener,
    place,
    reachable,
    receive,
    seqpacket,
    wait_for,
)
from suite import spec, system


def descriptors_of(pid):
    return sorted(system.descriptors(pid).values())


class Between:
    """A sniff that listens, the daemon behind it played by the test."""

    def __init__(self, place, *options, json_lines=True, to=None, path="front"):
        self.log, self.path = place / "log", place / path
        self.daemon = listener(to or place / "behind")
        argv = [SNIFF, "--listen", self.path, "--to", to or place / "behind", "-o", self.log, *options]
        self.process = subprocess.Popen([*argv, "--json"] if json_lines else argv)
        self.daemon.accept()[0].close()  # it looks who is there
        wait_for(self.path.exists, "sniff listens")

    def pair(self):
        """A client's end and the daemon's end of one connection."""
        client = seqpacket()
        with reachable(str(self.path)) as name:
            client.connect(name)
        daemon, _ = self.daemon.accept()
        daemon.settimeout(DEADLINE)
        return client, daemon

    def events(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def of(self, kind, number=1):
        """Events of one kind, once there are so many."""

        def probe():
            found = [e for e in self.events() if e["event"] == kind]
            return found if len(found) >= number else None

        return wait_for(probe, f"{number} x {kind}")

    def end(self, signo=signal.SIGINT):
        self.process.send_signal(signo)
        status = self.process.wait(DEADLINE)
        self.daemon.close()
        return status


@pytest.fixture
def between(place):
    made = []

    def make(*args, **how):
        made.append(Between(place, *args, **how))
        return made[-1]

    yield make
    for one in made:
        if one.process.poll() is None:
            assert one.end() == 0


def test_both_ways_with_descriptors(between):
    sniff = between()
    client, daemon = sniff.pair()
    sniff.of("connect")
    held = descriptors_of(sniff.process.pid)
    read, write = os.pipe()
    directory = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    socket.send_fds(client, [REQUEST], [read, write, write, directory])
    data, fds = receive(daemon)
    assert data == REQUEST
    assert len(fds) == 4
    assert [os.fstat(a).st_ino for a in fds] == [os.fstat(b).st_ino for b in (read, write, write, directory)]
    os.write(fds[1], b"through")
    assert os.read(read, 9) == b"through"
    close_all(fds)
    socket.send_fds(daemon, [b"exec 1\0cat"], [read])
    data, fds = receive(client)
    assert (data, len(fds)) == (b"exec 1\0cat", 1)
    close_all(fds)
    daemon.send(b"x_it 0")
    assert client.recv(9) == b"x_it 0"
    wait_for(lambda: descriptors_of(sniff.process.pid) == held, "it keeps no descriptor")
    os.close(write)
    assert os.read(read, 1) == b"", "somebody still holds the pipe"
    request, execute, status = sniff.of("packet", 3)
    assert [d["type"] for d in request["descriptors"]] == ["pipe", "pipe", "pipe", "directory"]
    assert [d["access"] for d in request["descriptors"]] == ["read", "write", "write", "read"]
    assert request["descriptors"][3]["path"] == "/"
    assert request["arguments"] == ['"help"']
    assert execute["arguments"] == ['"cat"']
    assert (status["verb"], status["from"]) == ("x_it", "daemon")
    assert request["remarks"] == []


def test_empty_datagram_is_not_the_end(between):
    sniff = between()
    client, daemon = sniff.pair()
    for sock, other in ((client, daemon), (daemon, client)):
        sock.send(b"")
        sock.send(b"after")
        assert [other.recv(9), other.recv(9)] == [b"", b"after"]
    client.send(b"")
    client.close()
    assert [daemon.recv(9), daemon.recv(9)] == [b"", b""]
    assert sniff.of("end")[0]["how"] == "closed"
    packets = sniff.of("packet", 5)
    assert [p["size"] for p in packets] == [0, 5, 0, 5, 0]
    assert "request.empty.refused" in [r["clause"] for r in packets[0]["remarks"]]


def test_empty_datagram_with_descriptors(between):
    sniff = between()
    client, daemon = sniff.pair()
    socket.send_fds(client, [b""], [0])
    data, fds = receive(daemon)
    assert (data, len(fds)) == (b"", 1)
    close_all(fds)
    assert len(sniff.of("packet")[0]["descriptors"]) == 1


def test_large_datagram(between):
    sniff = between()
    client, daemon = sniff.pair()
    size = (1 << 20) + 4097
    try:
        client.setsockopt(socket.SOL_SOCKET, 32, size * 2)  # SO_SNDBUFFORCE
    except PermissionError:
        size = 200000  # what fits into the usual buffer
    sent = os.urandom(size)
    client.send(sent)
    assert receive(daemon)[0] == sent
    assert sniff.of("packet")[0]["size"] == size


def test_most_descriptors(between):
    sniff = between()
    client, daemon = sniff.pair()
    sniff.of("connect")
    held = descriptors_of(sniff.process.pid)
    for _ in range(3):
        socket.send_fds(client, [b"x"], [0] * 253)
        data, fds = receive(daemon)
        assert (data, len(fds)) == (b"x", 253)
        close_all(fds)
    wait_for(lambda: descriptors_of(sniff.process.pid) == held, "it keeps no descriptor")
    assert {len(p["descriptors"]) for p in sniff.of("packet", 3)} == {253}


def test_reset_of_a_dropped_request(between):
    sniff = between()
    client, daemon = sniff.pair()
    client.send(REQUEST)
    wait_for(lambda: select.select([daemon], [], [], 0)[0], "the request arrives")
    daemon.close()
    with pytest.raises(ConnectionResetError):
        client.recv(9)
    assert sniff.of("end")[0]["how"] == "reset"


def test_end_after_a_read_request(between):
    sniff = between()
    client, daemon = sniff.pair()
    client.send(REQUEST)
    assert daemon.recv(999) == REQUEST
    daemon.send(b"x_it 256")
    daemon.close()
    assert [client.recv(9), client.recv(9)] == [b"x_it 256", b""]
    assert (sniff.of("over")[0]["status"], sniff.of("over")[0]["left"]) == (256, "daemon")


def test_reset_of_a_dropped_reply(between):
    sniff = between()
    client, daemon = sniff.pair()
    daemon.send(b"x_it 0")
    wait_for(lambda: select.select([client], [], [], 0)[0], "the reply arrives")
    client.close()
    with pytest.raises(ConnectionResetError):
        daemon.recv(9)
    sniff.of("over")


def test_client_gone(between):
    sniff = between()
    client, daemon = sniff.pair()
    client.send(REQUEST)
    client.send(b"STOP")
    client.send(b"CONT")
    client.close()
    assert [daemon.recv(999) for _ in range(4)] == [REQUEST, b"STOP", b"CONT", b""]
    assert sniff.of("over")[0]["left"] == "client"
    assert [p["verb"] for p in sniff.of("packet", 3)] == ["request", "STOP", "CONT"]


def test_half_close(between):
    sniff = between()
    client, daemon = sniff.pair()
    client.send(REQUEST)
    client.shutdown(socket.SHUT_WR)
    assert [daemon.recv(999), daemon.recv(9)] == [REQUEST, b""]
    daemon.send(b"x_it 0")
    assert client.recv(9) == b"x_it 0"
    daemon.close()
    assert client.recv(9) == b""
    assert [e["how"] for e in sniff.of("end", 2)] == ["half-closed", "closed"]


def test_order_and_back_pressure(between):
    """A daemon that does not read makes the client wait, and loses nothing."""
    sniff = between()
    client, daemon = sniff.pair()
    client.setblocking(False)
    sent = 0
    while sent < 5000:
        try:
            client.send(b"%d" % sent)
            sent += 1
        except BlockingIOError:
            if not select.select([], [client], [], 0.2)[1]:
                break
    assert sent < 5000, "nobody ever made it wait"
    assert [int(daemon.recv(9)) for _ in range(sent)] == list(range(sent))


def test_several_connections(between):
    sniff = between()
    pairs = [sniff.pair() for _ in range(5)]
    for n, (client, _) in enumerate(pairs):
        client.send(b"1\0help\0N=%d\0\0" % n)
    for n, (_, daemon) in reversed(list(enumerate(pairs))):
        assert b"N=%d" % n in daemon.recv(99)
        daemon.send(b"x_it %d" % (n << 8))
        daemon.close()
    for n, (client, _) in enumerate(pairs):
        assert client.recv(99) == b"x_it %d" % (n << 8)
    assert {e["connection"]: e["status"] for e in sniff.of("over", 5)} == {n + 1: n << 8 for n in range(5)}


def test_who_speaks(between):
    sniff = between()
    client, daemon = sniff.pair()
    client.send(REQUEST)
    assert daemon.recv(999) == REQUEST
    cred = daemon.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    assert struct.unpack("3i", cred)[0] == sniff.process.pid, "the README says so"
    if (pid := os.fork()) == 0:
        daemon.send(b"child_error 9")
        os._exit(0)
    os.waitpid(pid, 0)
    assert client.recv(99) == b"child_error 9"
    request, reply = sniff.of("packet", 2)
    assert request["sender"] is None
    assert reply["sender"]["pid"] == pid
    peers = sniff.of("connect")[0]
    assert peers["client"]["pid"] == peers["daemon"]["pid"] == os.getpid()


def test_daemon_away_and_back(between, place):
    sniff = between()
    sniff.daemon.close()
    client = seqpacket()
    client.connect(str(sniff.path))
    with contextlib.suppress(ConnectionResetError):
        assert client.recv(9) == b""
    assert "Connection refused" in sniff.of("note")[0]["text"]
    (place / "behind").unlink()
    sniff.daemon = listener(place / "behind")
    client, daemon = sniff.pair()
    client.send(REQUEST)
    assert daemon.recv(999) == REQUEST


@pytest.mark.parametrize("signo", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it(between, signo):
    sniff = between()
    client, daemon = sniff.pair()
    assert sniff.end(signo) == 0
    assert client.recv(9) == daemon.recv(9) == b""
    assert not sniff.path.exists()


def test_paths_longer_than_an_address(between, place):
    deep = place
    while len(str(deep)) < 150:
        deep /= "deep" * 8
    deep.mkdir(parents=True)
    sniff = between(to=deep / "behind", path=deep.relative_to(place) / "front")
    client, daemon = sniff.pair()
    client.send(REQUEST)
    assert daemon.recv(999) == REQUEST


def test_stranger(between):
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    sniff = between()
    os.chmod(sniff.path, 0o777)
    os.chmod(sniff.path.parent, 0o755)
    if (pid := os.fork()) == 0:
        os.setuid(65534)
        client = seqpacket()
        client.connect(str(sniff.path))
        with contextlib.suppress(ConnectionResetError):
            client.recv(9)
        os._exit(0)
    os.waitpid(pid, 0)
    assert "is user 65534" in sniff.of("note")[0]["text"]
    sniff.daemon.setblocking(False)
    with pytest.raises(BlockingIOError):
        sniff.daemon.accept()


@pytest.mark.parametrize(
    "data,clause",
    [
        (b"1x\0help\0\0", "request.argc.digits"),
        (b"9\0help\0\0", "request.argc.range"),
        (b"9" * 5000 + b"\0help\0\0", "request.argc.range"),
        (b"0\0\0", "request.argc.zero"),
        (b"1\0help\0", "request.terminator.required"),
        (b"1\0help\0junk\0A=b\0\0", "request.environment.malformed"),
        (b"1\0help\0A=b\0A=c\0\0", "request.environment.repeated"),
        (b"1\0help\0\0", "request.descriptors.four"),
        (b"\xff\xfe", "request.argc.digits"),
    ],
)
def test_remark_on_a_request(between, data, clause):
    sniff = between()
    client, daemon = sniff.pair()
    client.send(data)
    assert daemon.recv(9999) == data
    assert clause in [r["clause"] for r in sniff.of("packet")[0]["remarks"]]
    assert clause in spec.load()


@pytest.mark.parametrize(
    "data,verb,says",
    [
        (b"x_it 0", "x_it", "0: success"),
        (b"x_it 13", "x_it", "13: signal 13, SIGPIPE"),
        (b"x_it 65", "x_it", "65: signal 65, which does not exist"),
        (b"child_error 512", "child_error", "512: exit 2"),
        (b"x_it " + b"9" * 5000, "x_it", "9" * 20 + ": signal 127, which does not exist"),
        (b"wait", "wait", "wait for what `exec` started"),
        (b"x_it 0\n", "text", "for a person; the client fails"),
        (b"exec x", "exec", ""),
    ],
)
def test_replies(between, data, verb, says):
    sniff = between()
    client, daemon = sniff.pair()
    daemon.send(data)
    assert client.recv(9999) == data
    event = sniff.of("packet")[0]
    assert (event["verb"], event["says"]) == (verb, says)


def test_values_of_the_environment_stay_private(between):
    sniff = between()
    client, daemon = sniff.pair()
    client.send(REQUEST)
    daemon.recv(999)
    assert sniff.of("packet")[0]["environment"] == ["SECRET", "HOME"]
    assert "hunter2" not in sniff.log.read_text()
    assert b"hunter2".hex() not in sniff.log.read_text()


def test_every_byte_on_request(between):
    sniff = between("-x")
    client, daemon = sniff.pair()
    client.send(REQUEST)
    daemon.recv(999)
    event = sniff.of("packet")[0]
    assert bytes.fromhex(event["bytes"]) == REQUEST
    assert "SECRET=hunter2" in event["environment"]


def test_text(between):
    sniff = between(json_lines=False)
    client, daemon = sniff.pair()
    null = os.open("/dev/null", os.O_RDWR | os.O_NONBLOCK)
    socket.send_fds(client, [b"1\0he\nlp\0A=b\0\0"], [null])
    daemon.recv(999)
    daemon.send(b"so\0\xff")
    client.recv(9)
    daemon.close()
    client.recv(9)
    wait_for(lambda: "over" in sniff.log.read_text(), "the end of the recording")
    lines = [line[15:].rstrip() for line in sniff.log.read_text().splitlines()]
    text = "\n".join(lines)
    inode = os.fstat(null).st_ino
    for expected in (
        "#1   client -> daemon  request, 13 bytes, 1 descriptor",
        '       argc 1  "he\\nlp"',
        "       env     A",
        f"       fd 0    stdin     device    read+write /dev/null  inode {inode} O_NONBLOCK",
        "       !       request.descriptors.four: 1 descriptors instead of 4",
        "#1   client <- daemon  text, 4 bytes, for a person; the client fails",
        '       text    "so\\0\\xff"',
        "               000000  73 6f 00 ff                                       |so..|",
        "#1   client <- daemon  end of file, closed",
    ):
        assert expected in lines, text
    assert "over     1 packet there, 1 back," in text
    assert "no x_it: a bare end of file" in text


def test_recording_nobody_reads(place):
    """The recording ends; the conversation does not."""
    behind = listener(place / "behind")
    argv = [SNIFF, "--listen", place / "front", "--to", place / "behind"]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE)
    behind.accept()[0].close()
    process.stderr.readline()
    process.stderr.close()
    client = seqpacket()
    client.connect(str(place / "front"))
    daemon, _ = behind.accept()
    client.send(REQUEST)
    assert daemon.recv(999) == REQUEST
    process.terminate()
    assert process.wait(DEADLINE) == 0


def test_recording_on_a_full_disk(place):
    behind = listener(place / "behind")
    argv = [SNIFF, "--listen", place / "front", "--to", place / "behind", "-o", "/dev/full"]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    behind.accept()[0].close()
    client = seqpacket()
    wait_for((place / "front").exists, "sniff listens")
    client.connect(str(place / "front"))
    daemon, _ = behind.accept()
    client.send(REQUEST)
    assert daemon.recv(999) == REQUEST
    process.terminate()
    said = process.communicate(timeout=DEADLINE)[1]
    assert process.returncode == 0
    assert said == "conformance/sniff: the recording ends here: No space left on device\n"


def test_living_listener_is_left_alone(place):
    with listener(place / "front"), listener(place / "behind"):
        argv = [SNIFF, "--listen", place / "front", "--to", place / "behind"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 69
    assert "somebody listens there" in done.stderr


@pytest.mark.parametrize("words", ["", "--listen x", "--to x", "--listen x --to y -- z", "--no-such-option"])
def test_usage(words):
    assert subprocess.run([SNIFF, *words.split()], capture_output=True, timeout=DEADLINE).returncode == 64


def test_errno_of_no_daemon(place):
    argv = [SNIFF, "--no-start", "--socket", place / "none", "--", "true"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 69
    assert os.strerror(errno.ENOENT) in done.stderr
