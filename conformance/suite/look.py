"""Descriptors and processes as the kernel shows them to whoever holds or meets them."""

import fcntl
import os
import socket
import stat
import struct
from pathlib import Path

O_PATH = 0o10000000
ACCESS = {os.O_RDONLY: "read", os.O_WRONLY: "write", os.O_RDWR: "read+write"}
FLAGS = ((os.O_NONBLOCK, "O_NONBLOCK"), (os.O_APPEND, "O_APPEND"))
KINDS = (
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISBLK, "block device"),
    (stat.S_ISLNK, "symbolic link"),
)


def kind_of(fd, mode):
    for test, name in KINDS:
        if test(mode):
            return name
    if stat.S_ISCHR(mode):
        return "tty" if os.isatty(fd) else "device"
    return "kernel object"  # eventfd, epoll and their like have no type


def descriptor(fd):
    """What one open descriptor is, as a dict."""
    st = os.fstat(fd)
    mode = fcntl.fcntl(fd, fcntl.F_GETFL)
    path = os.fsencode(os.readlink(f"/proc/self/fd/{fd}"))
    return {
        "type": kind_of(fd, st.st_mode),
        "access": "path only" if mode & O_PATH else ACCESS.get(mode & os.O_ACCMODE, "?"),
        "flags": [name for bit, name in FLAGS if mode & bit],
        "path": path.decode("utf-8", "backslashreplace"),
        "inode": st.st_ino,
    }


def process(pid, uid=None, gid=None):
    """Who a process is: its name and command line, when it still lives and may be looked at."""
    ret = {"pid": pid, "uid": uid, "gid": gid, "name": "", "command": ""}
    try:
        ret["name"] = Path(f"/proc/{pid}/comm").read_text(errors="backslashreplace").rstrip("\n")
        words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        ret["command"] = b" ".join(words).decode("utf-8", "backslashreplace")
    except OSError:
        pass
    return ret


def peer(sock):
    """The process at the other end: who called connect(2), or listen(2)."""
    cred = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return process(*struct.unpack("3i", cred))
