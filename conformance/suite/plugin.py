"""The pytest side: marks, fixtures, and one forked process per test.

pytest only collects.  The run loop is ours: each test runs in a child that is a subreaper, so
that the daemon's wait status can be read and nothing it started outlives it; a child that dies
or hangs costs one test."""

import gc
import json
import os
import select
import signal
import time
import traceback

import pytest

from . import system
from .client import Client, reap_everything
from .daemon import Daemon
from .place import Place, remove_places_of
from .trace import Trace
from .verdict import Crashed, Finding, Late, of_exception, worst
from .waitevent import Adapter

DEADLINE = 30.0  # seconds for one test, times --timeout-scale
TEARDOWN = 45.0  # more seconds until a test that does not end is killed: its last questions may not be answered


def clause(*ids):
    """Mark: the clauses that this test shows."""
    return pytest.mark.clause(*ids)


def needs(*what):
    """Mark: roles and capabilities without which this test is skipped."""
    return pytest.mark.needs(*what)


def deadline(seconds):
    """Mark: this test may take longer than usual."""
    return pytest.mark.deadline(seconds)


class Item:
    """A collected test by its id in words: CLAUSE:NAME or CLAUSE:NAME[param]."""

    def __init__(self, node):
        self.node = node
        mark = node.get_closest_marker("clause")
        self.clauses = list(mark.args) if mark else []
        self.name = node.name.removeprefix("test_").replace("_", "-")
        self.id = f"{self.clauses[0] if self.clauses else '?'}:{self.name}"
        self.needs = set()
        for mark in node.iter_markers("needs"):
            self.needs |= set(mark.args)
        mark = node.get_closest_marker("deadline")
        self.deadline = mark.args[0] if mark else DEADLINE


class Plugin:
    def __init__(self, implementation, clock):
        self.subject, self.timing = implementation, clock
        self.items = []
        self.errors = []
        self.run = None  # called with the items once they are collected
        self.log = Trace()
        self.failures = []

    # -- collect --

    def pytest_configure(self, config):
        config.option.verbose = 0  # the terminal plugin, which defines it, is off
        for line in ("clause(*ids): clauses shown", "needs(*what): roles, capabilities", "deadline(s): time"):
            config.addinivalue_line("markers", line)

    def pytest_collectreport(self, report):
        if report.failed:
            self.errors.append(f"{report.nodeid}: {report.longreprtext}")

    def pytest_collection_modifyitems(self, items):
        self.items = [Item(node) for node in items]

    def pytest_runtestloop(self, session):
        if self.run and not self.errors:
            self.run(self.items)
        return True

    # -- fixtures --

    @pytest.fixture
    def implementation(self):
        return self.subject

    @pytest.fixture
    def clock(self):
        return self.timing

    @pytest.fixture
    def trace(self):
        return self.log

    @pytest.fixture
    def place(self):
        place = Place(self.subject, self.log)
        yield place
        reap_everything()
        reports = place.sanitizer_reports()
        place.remove()
        if reports:
            raise Crashed(f"{len(reports)} processes reported: {reports[0][:3000]}")

    @pytest.fixture
    def cold_daemon(self, place):
        """The daemon under test, not started yet."""
        daemon = Daemon(place, self.subject, self.timing, self.log)
        yield daemon
        daemon.check_left_nothing()

    @pytest.fixture
    def daemon(self, cold_daemon):
        """The daemon under test, started and idle."""
        return cold_daemon.start()

    @pytest.fixture
    def mail_daemon(self, daemon):
        """The daemon under test, its store in use already."""
        mbox = b"From a@b Thu Jan  1 00:00:00 1970\nSubject: first\nMessage-ID: <first@example.com>\n\nhi\n"
        reply = daemon.call("import", "-q", "-F", "mboxrd", "-", stdin=mbox, seconds=20)
        if not reply.succeeded:
            raise Finding(f"a first import failed: {reply.packets!r} {reply.err!r}")
        daemon.settle()
        yield daemon
        end_watching(daemon)

    @pytest.fixture
    def watch_daemon(self, mail_daemon):
        """The daemon under test, its store in use; it may keep what it needs for watching."""
        yield mail_daemon
        if not mail_daemon.may_end and system.alive(mail_daemon.pid):
            mail_daemon.call("note-event", "done", seconds=20)
            mail_daemon.settle()

    @pytest.fixture
    def client(self, place):
        client = Client(place, self.subject, self.timing, self.log)
        yield client
        client.close()
        client.check_left_nothing()

    @pytest.fixture
    def adapter(self, place):
        """The adapter that drives wait events under test."""
        return Adapter(place, self.subject, self.timing, self.log)

    # -- one test, in its own process --

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        outcome = yield
        if call.excinfo is None:
            return
        if call.excinfo.errisinstance(pytest.skip.Exception):
            self.failures.append(("SKIP", str(call.excinfo.value), ""))
            return
        exc = call.excinfo.value
        report = outcome.get_result()
        verdict = of_exception(exc)
        crash = getattr(report.longrepr, "reprcrash", None)
        where = next(
            (f"{e.path}:{e.lineno + 1}" for e in reversed(call.excinfo.traceback) if "/tests/" in str(e.path)), ""
        )
        text = str(exc) if isinstance(exc, Finding) else (crash.message if crash else repr(exc))
        text = text.replace("\n  Use -v to get more diff", "")  # pytest's -v, which is not that of run
        if verdict == "HARNESS":
            text = report.longreprtext
        if call.when == "call":
            self.log.processes()
        self.failures.append((verdict, f"{call.when}: {text}" if call.when != "call" else text, where))

    def run_here(self, item):
        """Run one test in this process; the result as data."""
        self.log, self.failures = Trace(), []
        system.become_subreaper()
        system.STRANGERS.learn()

        def late(*_):
            raise Late(f"the test took longer than {self.timing.seconds(item.deadline):g} s")

        signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, self.timing.seconds(item.deadline))
        begin = time.monotonic()
        hook = item.node.config.hook
        item.node.funcargs = {}
        hook.pytest_runtest_logstart(nodeid=item.node.nodeid, location=item.node.location)
        hook.pytest_runtest_protocol(item=item.node, nextitem=None)
        signal.setitimer(signal.ITIMER_REAL, 0)
        reap_everything()
        return {
            "verdict": worst([v for v, _, _ in self.failures]) if self.failures else "PASS",
            "messages": [located(m, w) for _, m, w in self.failures],
            "trace": self.log.lines,
            "seconds": round(time.monotonic() - begin, 3),
        }


def end_watching(daemon):
    """Folders of imports and results are watched from then on, and what that takes is no leak.  What is
    left when they are forgotten is one."""
    if daemon.may_end or not system.alive(daemon.pid) or daemon.extra_fds()[0] <= 0:
        return
    known = daemon.call("ls-mail-sync", "-z", seconds=20)
    folders = [os.fsdecode(url) for url in known.out.split(b"\0") if url]
    if known.succeeded and folders:
        daemon.call("forget-mail-sync", *folders, seconds=20)


def located(message, where):
    """Its first line says where, too."""
    first, newline, rest = message.partition("\n")
    return f"{first} ({where}){newline}{rest}" if where else message


def fork_test(plugin, item):
    """Start one test in a child: (pid, descriptor of its result)."""
    read, write = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    try:
        os.setpgid(0, 0)
        os.close(read)
        # No test may read what the runner's caller typed, nor write between its lines.
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        try:
            result = plugin.run_here(item)
        except BaseException:  # the deadline, too, may fall between the steps that pytest guards
            words = traceback.format_exc()
            result = {"verdict": "HARNESS", "messages": [words], "trace": plugin.log.lines, "seconds": 0}
        result = json.dumps(result).encode()
        with os.fdopen(write, "wb") as stream:
            stream.write(result)
    finally:
        os._exit(0)


def run_tests(plugin, todo, pace, report, wanted=lambda item: True):
    """Run (key, item) pairs still wanted, as many at a time as `pace` says; report(key, item, result) as
    each ends."""
    plugin.subject.sanitized()  # reads whole programs: once here, not in each child
    gc.freeze()  # a child that collects garbage would copy every page of ours
    running = {}  # result descriptor -> [pid, key, item, chunks, end]
    todo = list(reversed(todo))
    while todo or running:
        while todo and pace.room(len(running)):
            key, item = todo.pop()
            if not wanted(item):
                continue
            pid, fd = fork_test(plugin, item)
            end = time.monotonic() + plugin.timing.seconds(item.deadline + TEARDOWN)
            running[fd] = [pid, key, item, [], end]
        if not running:
            return
        nearest = min(entry[4] for entry in running.values())
        pause = max(0, nearest - time.monotonic())
        ready, _, _ = select.select(list(running), [], [], pace.wait(len(running), pause) if todo else pause)
        for fd in ready:
            chunk = os.read(fd, 65536)
            if chunk:
                running[fd][3].append(chunk)
                continue
            finish(running, fd, report, None)
        for fd in [f for f, entry in running.items() if entry[4] <= time.monotonic()]:
            finish(running, fd, report, "the test did not obey its own deadline")


def finish(running, fd, report, killed):
    pid, key, item, chunks, _ = running.pop(fd)
    os.close(fd)
    if killed:
        system.kill_all_below_other(pid)
    status = os.waitpid(pid, 0)[1]
    try:
        result = json.loads(b"".join(chunks))
    except ValueError:
        words = killed or f"the test's process ended without a result ({system.describe_status(status)})"
        result = {"verdict": "HARNESS", "messages": [words], "trace": [], "seconds": 0}
        system.kill_orphans({entry[0] for entry in running.values()})
        remove_places_of(pid)
    report(key, item, result)
