"""conformance/run: arguments, selection, the run, the exit status."""

import argparse
import contextlib
import fnmatch
import io
import os
import sys

import pytest

from . import implementation as implementations
from . import report, spec, system
from . import verdict as v
from .plugin import Plugin, run_tests

TESTS = spec.ROOT / "conformance" / "tests"
SMOKE = spec.ROOT / "conformance" / "suite" / "smoke.py"


class Usage(Exception):
    """Wrong arguments: exit 64."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Usage(f"{message}\n{self.format_usage()}")


def positive(kind):
    def parse(text):
        value = kind(text)
        if value <= 0:
            raise ValueError
        return value

    parse.__name__ = f"positive {kind.__name__}"
    return parse


def parse_arguments(argv):
    parser = Parser(prog="conformance/run", description="Run the conformance suite on one implementation.")
    parser.add_argument("implementation", help="a name under conformance/implementations/, or a path to a .toml")
    parser.add_argument("-k", action="append", default=[], metavar="CLAUSE-or-GLOB", dest="select")
    parser.add_argument(
        "--level",
        choices=[name.lower() for name in spec.LEVELS],
        default="may",
        help="clauses up to this level decide the exit status (default: may); all are run",
    )
    parser.add_argument("--repeat", type=positive(int), default=1, metavar="N")
    parser.add_argument("--jobs", type=positive(int), default=len(os.sched_getaffinity(0)), metavar="N")
    parser.add_argument("--timeout-scale", type=positive(float), default=1.0, metavar="X")
    parser.add_argument("--junit", metavar="FILE")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--list", action="store_true", help="show what would run")
    parser.add_argument("-v", "--verbose", action="store_true", help="explain declared deviations too")
    parser.add_argument("--no-smoke", action="store_true", help=argparse.SUPPRESS)  # for mutants
    # For mutants, too: leave out the tests whose clauses have all failed already.
    parser.add_argument("--until-failed", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--tests", default=str(TESTS), help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def collect(plugin, tests):
    """Let pytest collect; its own output only when it fails."""
    said = io.StringIO()
    sys.dont_write_bytecode = True
    arguments = ["-s", "-p", "no:cacheprovider", "-p", "no:terminal", "--rootdir", str(spec.ROOT)]
    arguments += ["-c", os.devnull, "--import-mode=importlib", str(SMOKE), tests]
    with contextlib.redirect_stderr(said):
        status = pytest.main(arguments, plugins=[plugin])
    if plugin.errors or status not in (0, 5):
        raise SuiteError("\n".join(plugin.errors) or f"pytest ended with {status}\n{said.getvalue()}")


class SuiteError(Exception):
    """The suite itself is broken: exit 5."""


def check_items(items, clauses):
    seen = set()
    for item in items:
        if not item.clauses:
            raise SuiteError(f"{item.node.nodeid} names no clause")
        unknown = [c for c in item.clauses if c not in clauses]
        if unknown:
            raise SuiteError(f"{item.node.nodeid} names unknown clauses: {', '.join(unknown)}")
        if item.id in seen:
            raise SuiteError(f"two tests have the id {item.id}")
        seen.add(item.id)


def matches(pattern, item):
    names = [item.id, *item.clauses, *(f"{c}:{item.name}" for c in item.clauses)]
    if any(name == pattern or name.startswith((pattern + ".", pattern + ":", pattern + "[")) for name in names):
        return True
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)


def select(patterns, items, clauses):
    """The tests that any pattern names; a name that names nothing known is an error."""
    for pattern in patterns:
        if any(c in pattern for c in "*?"):
            continue
        known = any(c == pattern or c.startswith(pattern + ".") for c in clauses)
        if not known and not any(matches(pattern, item) for item in items):
            raise Usage(f"no clause or test is called {pattern}")
    return [i for i in items if not patterns or any(matches(p, i) for p in patterns)]


def lacking(item, implementation):
    """What the implementation does not claim but the test needs; "" when nothing."""
    have = implementation.roles | implementation.capabilities
    needed = set(item.needs)
    if implementation.scope and not any(c.startswith(implementation.scope + ".") for c in item.clauses):
        return f"outside of its scope, {implementation.scope}"
    if "pair" not in needed:
        if {"daemon", "cold_daemon"} & set(item.node.fixturenames):
            needed.add("daemon")
        if "client" in item.node.fixturenames:
            needed.add("client")
        if "adapter" in item.node.fixturenames:
            needed.add("waitevent")
    return ", ".join(sorted(needed - have))


def smoke(plugin, items):
    """Drive each role once; AdapterError says why that failed."""
    failed = []

    def keep(_key, item, result):
        if result["verdict"] != "PASS":
            failed.append((item, result))

    roles = plugin.subject.roles
    wanted = {"smoke-daemon": {"daemon", "pair"}, "smoke-client": {"client"}, "smoke-adapter": {"waitevent"}}
    todo = [(i, item) for i, item in enumerate(items) if wanted[item.name] & roles]
    run_tests(plugin, todo, 1, keep)
    for item, result in failed:
        trace = "\n".join(f"    {line}" for line in result["trace"])
        raise v.AdapterError(
            f"{plugin.subject.name} failed the smoke test ({item.name}): {result['verdict']}\n"
            + "\n".join(result["messages"])
            + f"\n{trace}"
        )


def run_all(plugin, args, clauses, chosen, all_items):
    gate = set(spec.LEVELS[: spec.LEVELS.index(args.level.upper()) + 1])
    results = report.Results(plugin.subject, clauses, gate, all_items)

    def keep(_key, item, result):
        results.add(item, result)
        found = results.test_verdict(item.id)
        if found not in ("PASS", "SKIP", "XFAIL") or (args.verbose and found == "XFAIL"):
            print(report.explain(results, item, result, args.implementation), flush=True)
        if args.json:
            results.write_json(args.json, None)

    todo = []
    for item in chosen:
        missing = lacking(item, plugin.subject)
        if missing:
            skipped = {"verdict": "SKIP", "messages": [f"not claimed: {missing}"], "trace": [], "seconds": 0}
            results.add(item, skipped)
        else:
            todo += [(n, item) for n in range(args.repeat)]

    def wanted(item):
        named = [c for c in item.clauses if c in args.select] or item.clauses
        return not args.until_failed or any(
            results.clause_verdict(c) not in ("FAIL", "TIMEOUT", "CRASH") for c in named
        )

    run_tests(plugin, todo, args.jobs, keep, wanted)
    status = results.exit_status()
    if args.json:
        results.write_json(args.json, status)
    if args.junit:
        results.write_junit(args.junit)
    print(report.summary(results, status))
    return status


def check_deviations(implementation, clauses, items):
    tested = {c for item in items for c in item.clauses}
    stale = [c for c in implementation.deviations if c not in clauses]
    stale += [c for c in implementation.deviations if c in clauses and c not in tested]
    return stale


def show_list(chosen, clauses, implementation):
    for item in chosen:
        missing = lacking(item, implementation)
        levels = "/".join(clauses[c].level for c in item.clauses)
        print(f"{item.id:70} {levels:10}" + (f" SKIP: not claimed: {missing}" if missing else ""))


def run(args):
    path = implementations.find(args.implementation)
    if path is None:
        raise Usage(f"no implementation is called {args.implementation}; known: {' '.join(implementations.names())}")
    implementation = implementations.load(path)
    clauses = spec.load()
    plugin = Plugin(implementation, system.Clock(args.timeout_scale))
    outcome = []

    def go(items):
        smoke_items = [i for i in items if i.name.startswith("smoke-")]
        items = [i for i in items if not i.name.startswith("smoke-")]
        check_items(items, clauses)
        chosen = select(args.select, items, clauses)
        if not chosen:
            print("conformance/run: nothing selected", file=sys.stderr)
            outcome.append(v.EXIT_NOTHING)
            return
        if args.list:
            show_list(chosen, clauses, implementation)
            outcome.append(v.EXIT_OK)
            return
        missing = implementation.missing()
        if missing:
            print(f"SKIP  {implementation.title}: not installed: {' '.join(missing)} {implementation.install}".rstrip())
            outcome.append(v.EXIT_ABSENT)
            return
        if not args.no_smoke:
            smoke(plugin, smoke_items)
        status = run_all(plugin, args, clauses, chosen, items)
        stale = check_deviations(implementation, clauses, items)
        if stale:
            print(f"declared deviations that name no tested clause: {', '.join(stale)}")
            status = max(status, v.EXIT_BASELINE)
        outcome.append(status)

    problem = []

    def guarded(items):
        try:
            go(items)
        except (Usage, v.AdapterError, SuiteError) as e:
            problem.append(e)

    plugin.run = guarded
    collect(plugin, args.tests)
    if problem:
        raise problem[0]
    return outcome[0]


def main(argv):
    try:
        system.become_subreaper()
        return run(parse_arguments(argv))
    except Usage as e:
        print(f"conformance/run: {e}", file=sys.stderr)
        return v.EXIT_USAGE
    except v.AdapterError as e:
        print(f"conformance/run: {e}", file=sys.stderr)
        return v.EXIT_ADAPTER
    except (SuiteError, spec.SpecError) as e:
        print(f"conformance/run: the suite is broken: {e}", file=sys.stderr)
        return v.EXIT_SUITE
