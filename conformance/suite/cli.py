"""conformance/run: arguments, the run, the exit status."""

import argparse
import contextlib
import datetime
import io
import os
import sys
import time
from pathlib import Path

import pytest

from . import environment
from . import implementation as implementations
from . import pace, reuse, spec, system
from . import verdict as v
from .plugin import Plugin, run_tests
from .program import Parser, end_of, positive
from .report import junit, programs, saved, tap, terminal
from .report.results import Results, host
from .selection import SuiteError, Usage, check_items, failed_before, lacking, select

TESTS = spec.ROOT / "conformance" / "tests"
SMOKE = spec.ROOT / "conformance" / "suite" / "smoke.py"


def parse_arguments(argv):
    parser = Parser(prog="conformance/run", description="Run the conformance suite on one implementation.")
    parser.add_argument("implementation", help="a name under conformance/implementations/, or a path to a .toml")
    parser.add_argument("-k", action="append", default=[], metavar="CLAUSE-or-GLOB", dest="select")
    parser.add_argument("--rerun", metavar="FILE", help="only what failed in this JSON report")
    parser.add_argument(
        "--reuse",
        metavar="FILE",
        help="take over from this JSON report what did not fail and depends on nothing that has changed",
    )
    parser.add_argument(
        "--capability",
        action="append",
        choices=sorted(implementations.CAPABILITIES),
        help="only tests that need no other capability than these; more than once",
    )
    parser.add_argument(
        "--level",
        choices=[name.lower() for name in spec.LEVELS],
        default="may",
        help="clauses up to this level decide the exit status (default: may); all are run",
    )
    parser.add_argument("--repeat", type=positive(int), default=1, metavar="N")
    parser.add_argument("--jobs", type=positive(int), metavar="N")
    parser.add_argument("--timeout-scale", type=positive(float), default=1.0, metavar="X")
    for form in ("json", "junit", "tap"):
        parser.add_argument(f"--{form}", metavar="FILE")
    parser.add_argument("--environment", choices=list(environment.KNOWN), default="plain", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="show what would run")
    parser.add_argument("-v", "--verbose", action="store_true", help="explain declared deviations too")
    parser.add_argument("--no-smoke", action="store_true", help=argparse.SUPPRESS)  # for mutants
    # For mutants, too: leave out the tests whose clauses have all failed already.
    parser.add_argument("--until-failed", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--tests", default=str(TESTS), help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.reuse and args.repeat > 1:
        raise Usage("--reuse and --repeat: what is to be repeated cannot be taken over")
    for path in (args.json, args.junit, args.tap):
        if path and (os.path.isdir(path) or not os.access(Path(path).absolute().parent, os.W_OK)):
            raise Usage(f"cannot write {path}")  # said now, and not when all is done
    return args


def collect(plugin, tests):
    """Let pytest collect; its own output only when it fails."""
    said = io.StringIO()
    sys.dont_write_bytecode = not sys.pycache_prefix
    arguments = ["-s", "-p", "no:cacheprovider", "-p", "no:terminal", "--rootdir", str(spec.ROOT)]
    arguments += ["-c", os.devnull, "--import-mode=importlib", str(SMOKE), tests]
    with contextlib.redirect_stderr(said):
        status = pytest.main(arguments, plugins=[plugin])
    if plugin.errors or status not in (0, 5):
        raise SuiteError("\n".join(plugin.errors) or f"pytest ended with {status}\n{said.getvalue()}")


def smoke(plugin, items):
    """Drive each role once; AdapterError says why that failed."""
    failed = []

    def keep(_key, item, result):
        if result["verdict"] != "PASS":
            failed.append((item, result))

    roles = plugin.subject.roles
    wanted = {"smoke-daemon": {"daemon", "pair"}, "smoke-client": {"client"}, "smoke-adapter": {"waitevent"}}
    todo = [(i, item) for i, item in enumerate(items) if wanted[item.name] & roles]
    run_tests(plugin, todo, pace.Pace(1), keep)
    for item, result in failed:
        trace = "\n".join(f"    {line}" for line in result["trace"])
        raise v.AdapterError(
            f"{plugin.subject.name} failed the smoke test ({item.name}): {result['verdict']}\n"
            + "\n".join(result["messages"])
            + f"\n{trace}"
        )


class Run:
    """One run of the suite on one implementation."""

    def __init__(self, args, path, clauses):
        self.args, self.implementation, self.clauses = args, implementations.load(path), clauses
        self.path = path
        self.inputs = self.earlier = None  # known when it is known that tests are run
        self.programs = {}
        self.plugin = Plugin(self.implementation, system.Clock(args.timeout_scale))
        self.begin = time.monotonic()
        self.started = datetime.datetime.now(datetime.timezone.utc)
        self.results = None
        self.stderr = sys.stderr  # collect() turns it elsewhere

    def to_reuse(self):
        if not self.args.reuse:
            return None
        try:
            return reuse.read(self.args.reuse, self.implementation, self.inputs)
        except saved.Unreadable as e:
            raise Usage(f"--reuse: {e}") from None

    def about(self, planned):
        args = self.args
        return {
            "argument": args.implementation,
            "started": self.started.isoformat(timespec="seconds"),
            "roles": sorted(self.implementation.roles),
            "capabilities": sorted(self.implementation.capabilities),
            "scope": self.implementation.scope,
            "programs": self.programs,
            "host": host(),
            "options": {
                "select": args.select,
                "rerun": args.rerun,
                "reuse": args.reuse,
                "level": args.level,
                "capability": args.capability,
                "repeat": args.repeat,
                "jobs": args.jobs or pace.PROCESSORS,
                "timeout_scale": args.timeout_scale,
                "environment": args.environment,
            },
            "planned": planned,
        }

    def data(self, status=None):
        return self.results.data(status, time.monotonic() - self.begin)

    def write(self, status):
        """Every report that was asked for; `status` is the exit status of this program."""
        data = self.data(status)
        if self.args.json:
            saved.write(self.args.json, data)
        if self.args.junit:
            junit.write(data, self.args.junit)
        if self.args.tap:
            tap.write(data, self.args.tap)
        return data

    def choose(self, items):
        chosen = items
        if self.args.rerun:
            chosen, words = failed_before(self.args.rerun, self.implementation, items)
            for line in words:
                print(f"conformance/run: --rerun: {line}", file=self.stderr)
        wanted = {item.id for item in select(self.args.select, items, self.clauses)}
        return [item for item in chosen if item.id in wanted]

    def gate(self):
        return set(spec.LEVELS[: spec.LEVELS.index(self.args.level.upper()) + 1])

    def go(self, items):
        """Called with what pytest collected; the exit status."""
        smoke_items = [i for i in items if i.name.startswith("smoke-")]
        items = [i for i in items if not i.name.startswith("smoke-")]
        check_items(items, self.clauses)
        chosen = self.choose(items)
        if not chosen:
            print("conformance/run: nothing selected", file=self.stderr)
            return v.EXIT_NOTHING
        if self.args.list:
            self.show_list(chosen)
            return v.EXIT_OK
        self.programs = programs.describe(self.implementation.programs)
        self.inputs = reuse.Inputs(self.path, self.programs, [self.args.environment, self.args.timeout_scale])
        self.earlier = self.to_reuse()
        self.results = Results(self.implementation, self.clauses, self.gate(), items, self.about(len(chosen)))
        self.results.inputs = self.inputs
        self.results.stale = self.stale_deviations(items)
        if self.args.capability:
            self.results.limited = True
            self.implementation.capabilities &= set(self.args.capability)
        missing = self.implementation.missing()
        if missing:
            self.results.problem = f"not installed: {' '.join(missing)} {self.implementation.install}".rstrip()
            print(f"SKIP  {self.implementation.title}: {self.results.problem}")
            self.write(v.EXIT_ABSENT)
            return v.EXIT_ABSENT
        try:
            if not self.args.no_smoke:
                smoke(self.plugin, smoke_items)
        except v.AdapterError as e:
            self.results.problem = str(e)
            self.write(v.EXIT_ADAPTER)
            raise
        return self.run_all(chosen)

    def run_all(self, chosen):
        results, keeper = self.results, saved.Keeper(self.args.json) if self.args.json else None

        def keep(_key, item, result):
            results.add(item, result)
            found = results.test_verdict(item.id)
            if found not in ("PASS", "SKIP", "XFAIL") or (self.args.verbose and found == "XFAIL"):
                declared = {c: d.reason for c, d in self.implementation.deviations.items()}
                test = results.test_data(item.id)
                print(terminal.explain(test, result, self.clauses, results.gate, declared), flush=True)
            if keeper:
                keeper.tick(self.data)

        def wanted(item):
            named = [c for c in item.clauses if c in self.args.select] or item.clauses
            return not self.args.until_failed or any(
                results.clause_verdict(c) not in ("FAIL", "TIMEOUT", "CRASH") for c in named
            )

        todo = []
        for item in chosen:
            missing = lacking(item, self.implementation)
            if missing:
                words = f"not claimed: {missing}"
                results.add(item, {"verdict": "SKIP", "messages": [words], "trace": [], "seconds": 0})
            elif not (self.earlier and self.earlier.take(item, results)):
                todo += [(n, item) for n in range(self.args.repeat)]
        if self.earlier:
            print(f"taken over from {self.args.reuse}: {self.earlier.taken} tests; to be run: {len(todo)}", flush=True)
        # What may take long begins first: at the end it would run alone.
        todo.sort(key=lambda entry: -entry[1].deadline)
        run_tests(self.plugin, todo, pace.of_option(self.args.jobs), keep, wanted)
        status = results.exit_status()
        print(terminal.summary(self.write(status)))
        return status

    def stale_deviations(self, items):
        tested = {c for item in items for c in item.clauses}
        return [c for c in self.implementation.deviations if c not in tested]

    def show_list(self, chosen):
        for item in chosen:
            missing = lacking(item, self.implementation)
            levels = "/".join(self.clauses[c].level for c in item.clauses)
            print(f"{item.id:70} {levels:10}" + (f" SKIP: not claimed: {missing}" if missing else ""))


def run(args):
    path = implementations.find(args.implementation)
    if path is None:
        raise Usage(f"no implementation is called {args.implementation}; known: {' '.join(implementations.names())}")
    this = Run(args, path, spec.load())
    outcome, problem = [], []

    def guarded(items):
        try:
            outcome.append(this.go(items))
        except Exception as e:  # pytest would report it in words of its own
            problem.append(e)

    this.plugin.run = guarded
    collect(this.plugin, args.tests)
    if problem:
        raise problem[0]
    return outcome[0]


def main(argv):
    def body():
        system.open_standard_descriptors()
        args = parse_arguments(argv)
        environment.enter(args.environment)
        system.become_subreaper()
        status = run(args)
        sprung = environment.sprung()
        if sprung:
            raise SuiteError(f"files were made where the caller's variables point: {', '.join(sprung)}")
        return status

    return end_of("run", body)
