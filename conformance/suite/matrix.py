"""conformance/matrix: the suite on every implementation of this machine, drawn as one page."""

import argparse
import concurrent.futures
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import implementation as implementations
from . import spec
from . import verdict as v
from .program import Parser, end_of, positive
from .report import compare, page, saved, terminal
from .report.text import visible
from .selection import SuiteError, Usage

RUN = spec.ROOT / "conformance" / "run"
LANES = 2  # implementations at a time


def parse_arguments(argv):
    parser = Parser(
        prog="conformance/matrix",
        description="Run the conformance suite on implementations (default: all of this machine), draw one page.",
    )
    parser.add_argument("subject", nargs="*", metavar="IMPL", help="a name, a .toml, or the .json of an earlier run")
    parser.add_argument("-o", "--output", default="build/matrix.html", metavar="FILE", help="(default: %(default)s)")
    parser.add_argument("--json", metavar="DIR", help="keep the JSON report of each implementation here")
    parser.add_argument(
        "--reuse",
        action="store_true",
        help="take over from the reports in --json DIR what did not fail and depends on nothing that has changed",
    )
    parser.add_argument("-k", action="append", default=[], metavar="CLAUSE-or-GLOB", dest="select")
    parser.add_argument("--jobs", type=positive(int), metavar="N", help="tests at a time, of each (default: as for run)")
    parser.add_argument("--timeout-scale", type=positive(float), default=1.0, metavar="X")
    parser.add_argument("--diff", nargs=2, metavar=("A.json", "B.json"), help="what changed from A to B")
    parser.add_argument("--tests", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.reuse and not args.json:
        raise Usage("--reuse: --json DIR says where the earlier reports are")
    return args


class Subject:
    """One implementation that is run, or an earlier report of one."""

    def __init__(self, argument, directory, number):
        self.argument = argument
        self.status, self.said, self.claims = None, "", 0
        self.earlier = argument.endswith(".json")
        self.report = Path(argument) if self.earlier else directory / f"{number}.json"
        if self.earlier:
            return
        path = implementations.find(argument)
        if path is None:
            raise Usage(f"no implementation is called {argument}; known: {' '.join(implementations.names())}")
        self.report = directory / f"{path.stem}.json"
        found = implementations.load(path)
        self.claims = 0 if found.scope else len(found.capabilities) + len(found.roles)

    def run(self, args):
        """In a process of its own: that one is a subreaper, and its faults cost one column."""
        if self.earlier:
            return
        earlier = self.set_aside(args.reuse)
        argv = [sys.executable, str(RUN), self.argument, "--json", str(self.report)]
        argv += ["--timeout-scale", str(args.timeout_scale)]
        argv += ["--jobs", str(args.jobs)] if args.jobs else []
        argv += ["--reuse", str(earlier)] if earlier else []
        argv += [word for pattern in args.select for word in ("-k", pattern)]
        argv += ["--tests", args.tests] if args.tests else []
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.status, self.said = done.returncode, done.stdout.decode(errors="backslashreplace")

    def set_aside(self, wanted):
        """What is there of an earlier run must not pass for the report of this one: its new path, or None."""
        with contextlib.suppress(saved.Unreadable):
            if wanted:
                saved.read(self.report)
                return self.report.replace(self.report.with_suffix(".earlier"))
        self.report.unlink(missing_ok=True)
        return None

    def data(self):
        """The report; one that says why when there is none."""
        try:
            data = saved.read(self.report)
        except saved.Unreadable as e:
            if self.earlier:
                raise Usage(str(e)) from None
            raise SuiteError(f"{self.argument}: ended with {self.status}\n{self.said}") from None
        if self.earlier:
            self.status = data.get("exit")
        elif data.get("exit") != self.status:
            raise SuiteError(f"{self.argument}: ended with {self.status}, reported {data.get('exit')}\n{self.said}")
        return data


def line(subject, data):
    words = (data.get("problem") or terminal.in_words(data["summary"])).partition("\n")[0]
    taken = sum(1 for test in data["tests"] for run in test.get("runs", []) if run.get("taken_from"))
    words += f"; {taken} of {len(data['tests'])} tests as in an earlier run" if taken else ""
    begin = f"{data['implementation']:24}{data.get('seconds', 0):4.0f} s"
    return visible(f"{begin}  exit {subject.status}: {terminal.meaning(data)}; {words}")


def run_all(subjects, args):
    """[report].  Two runs at a time, those that claim most first: one computes while the other waits."""
    def one(subject):
        subject.run(args)
        data = subject.data()
        print(line(subject, data), flush=True)
        return data

    order = sorted(subjects, key=lambda subject: -subject.claims)
    with concurrent.futures.ThreadPoolExecutor(max_workers=LANES) as lanes:
        reports = dict(zip(order, lanes.map(one, order)))
    return [reports[subject] for subject in subjects]


def overall(subjects, named):
    """The worst of 0 to 5; 69 when all that was wrong is that something named is not here."""
    ran = [s.status for s in subjects if s.status != v.EXIT_ABSENT]
    if not ran and not named:
        return v.EXIT_NOTHING
    worst = max((v.EXIT_SUITE if s is None else s for s in ran), default=v.EXIT_OK)
    absent = named and any(s.status == v.EXIT_ABSENT for s in subjects)
    return v.EXIT_ABSENT if worst == v.EXIT_OK and absent else worst


def draw(args):
    output = Path(args.output)
    if output.parent == Path("build"):
        output.parent.mkdir(exist_ok=True)
    if not os.access(output.absolute().parent, os.W_OK):
        raise Usage(f"cannot write {output}")
    with tempfile.TemporaryDirectory(prefix="matrix-") as scratch:
        directory = Path(args.json or scratch)
        directory.mkdir(parents=True, exist_ok=True)
        names = args.subject or implementations.names()
        subjects = [Subject(name, directory, number) for number, name in enumerate(names)]
        begin = time.monotonic()
        output.write_text(page.render(run_all(subjects, args)), encoding="utf-8")
    print(f"{output}: {len(subjects)} implementations in {time.monotonic() - begin:.0f} s")
    return overall(subjects, bool(args.subject))


def diff(first, second):
    try:
        first, second = saved.read(first), saved.read(second)
    except saved.Unreadable as e:
        raise Usage(str(e)) from None
    changes = compare.compare(first, second)
    print(compare.describe(first, second, changes))
    return compare.exit_status(changes)


def main(argv):
    def body():
        try:
            args = parse_arguments(argv)
            return diff(*args.diff) if args.diff else draw(args)
        except BrokenPipeError:  # the reader has seen enough: end as if the signal had come
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return 128 + signal.SIGPIPE

    return end_of("matrix", body)
