"""Small ends of a conversation, for tests of what stands between them."""

import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
SNIFF = HERE / "sniff"
sys.path.insert(0, str(HERE))

from suite.sniff_relay import reachable  # noqa: E402

REQUEST = b"1\0help\0SECRET=hunter2\0HOME=/root\0\0"
DEADLINE = 20


def wait_for(probe, what):
    end = time.monotonic() + DEADLINE
    while not (found := probe()):
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.005)
    return found


def seqpacket():
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.settimeout(DEADLINE)
    return sock


def listener(path):
    sock = seqpacket()
    with reachable(str(path)) as name:
        sock.bind(name)
    sock.listen(16)
    return sock


def receive(sock):
    """(data, descriptors) of the next datagram."""
    data, fds, _, _ = socket.recv_fds(sock, 1 << 22, 253)
    return data, fds


def close_all(fds):
    for fd in fds:
        os.close(fd)


@pytest.fixture
def place():
    """A directory with a short path."""
    with tempfile.TemporaryDirectory(prefix="st", dir="/tmp") as path:
        yield Path(path)
