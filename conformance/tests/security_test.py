"""spec/security.md"""

import os
import socket
import stat

import pytest
from suite.api import as_other_user, clause, each, needs, pack_request, param, refuses_to_start, require


def only_root():
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")


@clause("security.peer.uid")
@needs("lifecycle")
def test_other_user(daemon):
    place = daemon.place
    for path, mode in ((place.root / "run", 0o755), (place.runtime, 0o755), (place.socket, 0o777)):
        os.chmod(path, mode)
    path = str(place.socket)

    def ask():
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sock.settimeout(5)
        sock.connect(path)
        read, write = os.pipe()
        null, directory = os.open("/dev/null", os.O_RDWR), os.open("/", os.O_RDONLY)
        try:
            socket.send_fds(sock, [pack_request([b"daemon-pid"])], [null, write, null, directory])
            while sock.recv(4096):
                pass
        except OSError:
            pass
        os.close(write)
        sock.close()
        os.set_blocking(read, False)
        try:
            return b"ran:" + os.read(read, 100)
        except BlockingIOError:
            return b"ran:"

    said = as_other_user(ask)
    daemon.trace.add(f"another user got {said!r}")
    require(said == b"ran:", f"another user's command was run and wrote {said[4:]!r}")
    os.chmod(place.runtime, 0o700)
    daemon.barrier()


@clause("security.directory.owner")
@needs("lifecycle")
def test_of_another_user(cold_daemon):
    only_root()
    cold_daemon.place.runtime.mkdir(mode=0o700)
    os.chown(cold_daemon.place.runtime, 65534, 65534)
    refuses_to_start(cold_daemon)


@clause("security.directory.writable")
@needs("lifecycle")
@each("mode", [param("by-the-group", 0o770), param("by-everybody", 0o777)])
def test_writable(cold_daemon, mode):
    runtime = cold_daemon.place.runtime
    runtime.mkdir()
    os.chmod(runtime, mode)
    refuses_to_start(cold_daemon)
    require(stat.S_IMODE(runtime.stat().st_mode) == mode, "its mode was changed")


@clause("security.directory.symlink")
@needs("lifecycle")
def test_to_a_directory(cold_daemon):
    target = cold_daemon.place.root / "target"
    target.mkdir(mode=0o700)
    cold_daemon.place.runtime.symlink_to(target)
    refuses_to_start(cold_daemon)


@clause("security.socket.mode")
@needs("lifecycle")
def test_owner_only(daemon):
    mode = stat.S_IMODE(daemon.place.socket.stat().st_mode)
    require(mode & 0o77 == 0, f"its mode is {mode:o}")


@clause("security.files.mode")
@needs("mail")
def test_of_the_store(mail_daemon):
    share = mail_daemon.place.root / "home" / ".local" / "share"
    tops = [d for d in share.iterdir() if d.is_dir()]
    require(tops, "no directory was made below ~/.local/share")
    for top in tops:
        mode = stat.S_IMODE(top.stat().st_mode)
        require(mode & 0o77 == 0, f"{top} is open to others ({mode:o})")
