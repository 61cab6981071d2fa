"""What happened in one test, in order, readable."""

import os
import time

from . import system
from .look import descriptor

SHOWN = 320  # bytes of one packet that a report shows


def readable(data):
    """b'x_it 0' -> text with escapes, then hex; long packets are cut."""
    shown = data[:SHOWN]
    text = "".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\x{b:02x}" for b in shown)
    text = text.replace("\\x00", "\\0").replace("\\x0a", "\\n")
    more = f" ... {len(data)} bytes in all" if len(data) > SHOWN else ""
    return f'"{text}"{more} [{shown[:32].hex(" ")}{" ..." if len(data) > 32 else ""}]'


def describe_fd(fd):
    try:
        found = descriptor(fd)
    except OSError as e:
        return f"{fd}: {e.strerror}"
    flags = "".join(f" {flag}" for flag in found["flags"])
    return f"{found['type']}, {found['access']}, {found['path']}, inode {found['inode']}{flags}"


class Trace:
    def __init__(self):
        self.lines = []
        self.start = time.monotonic()

    def add(self, line):
        self.lines.append(f"{(time.monotonic() - self.start) * 1000:8.1f} ms  {line}")

    def packet(self, arrow, data, fds=()):
        self.add(f"{arrow} {readable(data)}")
        for fd in fds:
            self.add(f"{' ' * len(arrow)}   with {describe_fd(fd)}")

    def processes(self):
        """Who is there now, and in which state: a hang shows here who waits."""
        for line in system.tree(os.getpid()):
            self.add(f"process {line}")
