"""A trace says what was passed and who was there."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from suite.trace import Trace, readable  # noqa: E402


def test_packet_with_descriptors(tmp_path):
    path = tmp_path / "file"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    trace = Trace()
    trace.packet("to daemon:", b"x\0\xff", [fd, 999999])
    first, second, third = trace.lines
    assert first.endswith('to daemon: "x\\0\\xff" [78 00 ff]')
    assert second.endswith(f"with file, write, {path}, inode {path.stat().st_ino} O_APPEND")
    assert third.endswith("with 999999: Bad file descriptor")
    os.close(fd)


def test_long_packet_is_cut():
    assert readable(b"x" * 5000).count("x") < 400
    assert "5000 bytes in all" in readable(b"x" * 5000)


def test_processes():
    child = subprocess.Popen(["sleep", "60"])
    try:
        trace = Trace()
        trace.processes()
        assert any(f"process {child.pid} " in line and "sleep" in line for line in trace.lines)
    finally:
        child.kill()
        child.wait()
