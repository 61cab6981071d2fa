"""spec/output.md, spec/input.md: locks of mailbox files"""

import contextlib
import errno
import fcntl
import os
import re
import signal

import pytest
from suite import system
from suite.api import clause, each, needs, param, require
from suite.mail import closing, eml, fails, has, mboxrd, succeeds

pytestmark = needs("mail")

METHODS = ("fcntl", "dotlock", "flock")
LOCKS = [param("default", [], {"fcntl", "dotlock"}), *(param(m, ["--lock", m], {m}) for m in METHODS)]
LOCKS += [param("commas", ["--lock=flock,dotlock"], {"flock", "dotlock"}), param("again", ["--lock=flock", "--lock", "fcntl"], {"flock", "fcntl"})]
QUICK = "timeout=0.2"


def is_taken(path, method):
    """Does somebody else hold this lock of the mailbox?"""
    if method == "dotlock":
        return path.with_name(path.name + ".lock").exists()
    with path.open("rb+") as file:
        try:
            take = fcntl.lockf if method == "fcntl" else fcntl.flock
            take(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            require(e.errno in (errno.EAGAIN, errno.EACCES), f"cannot ask for {method}: {e}")
            return True
    return False


def taken(path):
    return {m for m in METHODS if path.exists() and is_taken(path, m)}


@contextlib.contextmanager
def held(path, method):
    """We hold it."""
    path.touch()
    lock = path.with_name(path.name + ".lock")
    if method == "dotlock":
        lock.write_bytes(b"%d\n" % os.getpid())
        yield
        lock.unlink()
        return
    with path.open("rb+") as file:
        (fcntl.lockf if method == "fcntl" else fcntl.flock)(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def converting(daemon, *args, mails=()):
    """A convert to box that waits for more of its input: the call, and the end to write to."""
    read, write = os.pipe()
    with closing(write):
        call = daemon.begin("convert", "-q", *args, "-F", "mboxrd", "-o", "mboxrd:box", "-", stdin=read)
        os.close(read)
        os.write(write, mboxrd(*mails))
        yield call, write


def names_in(path):
    return re.findall(r"(?m)^Message-ID: <(\w+)@", path.read_text())


@clause("output.lock.taken")
@each("args,locks", LOCKS)
def test_while_it_writes(mail_daemon, args, locks):
    box = mail_daemon.place.work / "box"
    with converting(mail_daemon, *args) as (call, _):
        mail_daemon.clock.poll(f"takes {locks}", lambda: taken(box) == locks, 10)
    require(call.finish().succeeded, "convert failed")
    assert taken(box) == set()


@clause("output.lock.held")
@each("method", [param(m, m) for m in METHODS])
@each("command", [param("q", ["q", "first"]), param("convert", ["convert", "-F", "eml", "new.eml"])])
def test_somebody_elses(mail_daemon, method, command):
    work = mail_daemon.place.work
    (work / "new.eml").write_bytes(eml("new"))
    box = work / "box"
    box.write_bytes(mboxrd(eml("old")))
    with held(box, method):
        fails(mail_daemon, *command, "-q", f"--lock={method},{QUICK}", "-o", "mboxrd:box")
    assert box.read_bytes() == mboxrd(eml("old"))


@clause("output.lock.held")
def test_in_the_end_free(mail_daemon):
    box = mail_daemon.place.work / "box"
    with held(box, "dotlock"), converting(mail_daemon, "--lock=dotlock,timeout=60", mails=[eml("new")]) as (call, write):
        mail_daemon.wait_worker()
    require(call.finish().succeeded, "did not wait for the lock")
    assert names_in(box) == ["new"]


@clause("output.lock.held")
def test_by_default(mail_daemon):
    box = mail_daemon.place.work / "box"
    with held(box, "dotlock"):
        fails(mail_daemon, "q", "-q", "-o", "mboxrd:box", "z:0..", naming="box.lock", seconds=30)


@clause("output.lock.holder")
@each("method", [param(m, m) for m in ("fcntl", "dotlock")])
def test_who(mail_daemon, method):
    with held(mail_daemon.place.work / "box", method):
        said = fails(mail_daemon, "q", "-q", f"--lock={method},{QUICK}", "-o", "mboxrd:box", "z:0..").err
    require(method.encode() in said and re.search(rb"\b%d\b" % os.getpid(), said), f"said {said!r}")


@clause("output.lock.itself")
def test_to_itself(mail_daemon):
    box = mail_daemon.place.work / "box"
    box.write_bytes(mboxrd(eml("ham")))
    fails(mail_daemon, "convert", "-q", "--lock=fcntl,dotlock,timeout=60", "-o", "mboxrd:box", "mboxrd:box", naming="box", seconds=20)
    assert box.read_bytes() == mboxrd(eml("ham"))
    assert os.listdir(mail_daemon.place.work) == ["box"]


@clause("output.lock.none")
def test_none(mail_daemon):
    box = mail_daemon.place.work / "box"
    with contextlib.ExitStack() as stack:
        for method in METHODS:
            stack.enter_context(held(box, method))
        with converting(mail_daemon, "--lock=none", mails=[eml("new")]) as (call, _):
            mail_daemon.wait_worker()
        require(call.finish().succeeded, "minds a lock")
    assert names_in(box) == ["new"]
    assert os.listdir(mail_daemon.place.work) == ["box"]


@clause("output.lock.gone")
@each("how", [param("told-to-go", "TERM"), param("hung-up", None), param("killed", signal.SIGKILL), param("input-is-bad", b"no mail")])
def test_cut_off(mail_daemon, how):
    work = mail_daemon.place.work
    box = work / "box"
    box.write_bytes(mboxrd(eml("old")))
    with converting(mail_daemon, mails=[eml("new")]) as (call, write):
        mail_daemon.clock.poll("the locks", lambda: taken(box) == {"fcntl", "dotlock"}, 10)
        if how is None:
            call.hang_up()
        elif how == signal.SIGKILL:
            for pid in mail_daemon.workers():
                if (system.stat_of(pid) or (0,))[0] == mail_daemon.pid:
                    os.kill(pid, how)
        elif isinstance(how, str):
            call.peer.send(how.encode())
        else:
            os.write(write, how)
        if how is not None and not isinstance(how, bytes):
            require(not call.finish().succeeded, "cut off, and yet a success")
    mail_daemon.clock.poll("no lock is left", lambda: not taken(box), 5)
    mail_daemon.clock.poll("nothing is left beside it", lambda: os.listdir(work) == ["box"], 5)
    mail_daemon.wait_no_worker()


@clause("output.lock.stale")
def test_of_the_dead(mail_daemon):
    work = mail_daemon.place.work
    box, lock = work / "box", work / "box.lock"
    with converting(mail_daemon, mails=[eml("one")]) as (call, _):
        mail_daemon.clock.poll("the lock", lock.exists, 10)
        text = lock.read_bytes()
    require(call.finish().succeeded, "convert failed")
    mail_daemon.wait_no_worker()
    lock.write_bytes(text)  # as if nobody had been able to remove it
    with converting(mail_daemon, mails=[eml("two")]) as (call, _):
        pass
    require(call.finish().succeeded, f"the lock {text!r} keeps others out")
    assert names_in(box) == ["one", "two"]
    assert os.listdir(work) == ["box"]


@clause("output.lock.two")
@each("lock", [param(m, [f"--lock={m},timeout=60"]) for m in METHODS])
@each("suffix", [param("plain", ""), param("gz", ".gz")])
def test_both_add(mail_daemon, lock, suffix):
    work = mail_daemon.place.work
    calls = []
    for n in range(6):
        (work / f"in{n}").write_bytes(mboxrd(*(eml(f"m{n}x{k}") for k in range(40))))
        calls.append(mail_daemon.begin("convert", "-q", *lock, "-o", f"mboxrd:box{suffix}", f"mboxrd:in{n}"))
    for call in calls:
        require(call.finish(60).succeeded, "one of them failed")
    succeeds(mail_daemon, "convert", "-q", "-o", "mboxrd:all", f"mboxrd:box{suffix}")
    got = names_in(work / "all")
    runs = [got[at : at + 40] for at in range(0, len(got), 40)]
    assert sorted(runs) == sorted([f"m{n}x{k}" for k in range(40)] for n in range(6))


@clause("output.lock.two")
def test_both_replace(mail_daemon):
    mails = {name: [eml(f"{name}{k}") for k in range(40)] for name in ("ham", "jam")}
    for some in mails.values():
        succeeds(mail_daemon, "import", "-q", "-F", "mboxrd", "-", stdin=mboxrd(*some))
    calls = [mail_daemon.begin("q", "-q", "--lock=fcntl,dotlock,timeout=60", "-o", "mboxrd:box", f"s:{name}*") for name in mails for _ in range(3)]
    for call in calls:
        require(call.finish(60).succeeded, "one of them failed")
    got = sorted(names_in(mail_daemon.place.work / "box"))
    require(got in [sorted(f"{name}{k}" for k in range(40)) for name in mails], f"holds {got!r}")


@clause("output.lock.unknown")
@each("word", [param("word", "lockf"), param("none-and-another", "none,fcntl"), param("number", "timeout=x")])
def test_no_such_lock(mail_daemon, word):
    fails(mail_daemon, "q", "-q", f"--lock={word}", "-o", "mboxrd:box", "z:0..", naming=word.split(",")[0])


# ---- input ----


def large(work):
    """More than a pipe holds, and what is read ahead."""
    (work / "in").write_bytes(mboxrd(*(eml(f"m{k}", body="x" * 1000 + "\n") for k in range(3000))))
    return work / "in"


@clause("input.lock")
@each("method", [param(m, m) for m in METHODS])
@each("command", [param("import", ["import"]), param("convert", ["convert", "-f", "mboxrd"])])
def test_input_of_somebody(mail_daemon, method, command):
    box = mail_daemon.place.work / "box"
    box.write_bytes(mboxrd(eml("ham")))
    with held(box, method):
        reply = fails(mail_daemon, *command, "-q", f"--lock={method},{QUICK}", "mboxrd:box", naming="box")
        require(b"From: " not in reply.out, "read all the same")
    has(mail_daemon)
    succeeds(mail_daemon, *command, "-q", f"--lock={method}", "mboxrd:box")


@clause("input.lock")
@each("args,locks", LOCKS)
def test_while_it_reads(mail_daemon, args, locks):
    box = large(mail_daemon.place.work)
    read, write = os.pipe()  # which nobody reads: the command has to wait
    with closing(read):
        call = mail_daemon.begin("convert", "-q", *args, "-f", "mboxrd", "mboxrd:in", stdout=write)
        os.close(write)
        mail_daemon.clock.poll(f"takes {locks}", lambda: taken(box) == locks, 10)
    call.finish()
    mail_daemon.clock.poll("lets go", lambda: not taken(box), 5)
    assert os.listdir(mail_daemon.place.work) == ["in"]


@clause("input.lock.denied")
def test_nothing_may_be_made_there(mail_daemon):
    work = mail_daemon.place.work / "other"
    work.mkdir()
    (work / "box").write_bytes(mboxrd(eml("ham")))
    work.chmod(0o555)
    if os.access(work, os.W_OK):
        pytest.skip("root may make files everywhere")
    succeeds(mail_daemon, "import", "-q", "mboxrd:other/box")
    has(mail_daemon, "ham")
