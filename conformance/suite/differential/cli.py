"""conformance/differential: arguments, the run, the exit status."""

import argparse
import concurrent.futures
import fnmatch
import os
import shutil
import time
from pathlib import Path

from .. import implementation as implementations
from .. import system
from .. import verdict as v
from ..program import Parser, end_of, positive
from ..report import saved, terminal
from ..selection import Usage
from . import coverage, lines, normal, report
from .compare import compare
from .side import Side

LANES = 3  # homes at a time: the original waits for its processes as much as it computes


def parse_arguments(argv):
    parser = Parser(
        prog="conformance/differential",
        description="Run documented command lines on ours and on the original, and compare what they do.",
    )
    parser.add_argument("--ours", default="lei-c", metavar="IMPL")
    parser.add_argument("--original", default="lei-perl", metavar="IMPL")
    parser.add_argument("-k", action="append", default=[], metavar="LINE-or-GLOB", dest="select")
    parser.add_argument("--json", metavar="FILE", help="write a report for programs")
    parser.add_argument("--jobs", type=positive(int), default=LANES, metavar="N", help="homes at a time (default: %(default)s)")
    parser.add_argument("--timeout-scale", type=positive(float), default=1.0, metavar="X")
    parser.add_argument("--list", action="store_true", help="show what would run")
    parser.add_argument("-v", "--verbose", action="store_true", help="explain declared differences too")
    parser.add_argument("--lines", metavar="DIR", default=lines.DIRECTORY, type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def select(groups, patterns):
    """The groups with the lines that are asked for; an unknown name is an error."""
    if not patterns:
        return groups
    known = [line.id for group in groups for line in group.lines]
    wanted = set()
    for pattern in patterns:
        found = {i for i in known if fnmatch.fnmatchcase(i, pattern) or i.startswith(f"{pattern}.")}
        if not found:
            raise Usage(f"no line is called {pattern}")
        wanted |= found
    ret = []
    for group in groups:
        group.lines = [line for line in group.lines if line.id in wanted]
        ret += [group] if group.lines else []
    return ret


def subject(name):
    path = implementations.find(name)
    if path is None:
        raise Usage(f"no implementation is called {name}; known: {' '.join(implementations.names())}")
    return implementations.load(path)


def run_group(key, implementation, group, scale):
    """{line id: {field: text}} of one side."""
    side, ret = Side(key, implementation, scale), {}
    try:
        side.begin(group)
        for line in group.lines:
            ret[line.id] = normal.normal(side.run(line), line, side.root)
        if group.store:
            state = side.state()
            for line in group.lines:
                ret[line.id]["store"] = normal.store_rows(state, line)
    finally:
        side.end()
    return ret


def run_all(subjects, groups, args):
    """{key: {line id: {field: text}}}.  The slow side begins."""
    done = {key: {} for key in subjects}
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as lanes:
        order = sorted(groups, key=lambda group: -len(group.lines))
        todo = {
            lanes.submit(run_group, key, subjects[key], group, args.timeout_scale): key
            for key in ("original", "ours")
            for group in order
        }
        for future in concurrent.futures.as_completed(todo):
            done[todo[future]].update(future.result())
    return done


def check_coverage(subjects, groups, args):
    sides = [Side(key, one, args.timeout_scale) for key, one in subjects.items()]
    try:
        return [f"no line uses {what}" for what in coverage.unused(groups, *sides)]
    finally:
        for side in sides:
            side.end()


def exit_status(outcomes, problems):
    verdicts = {one.verdict for one in outcomes}
    if any("hangs" == one.ours["exit"] for one in outcomes):
        return v.EXIT_CRASHED
    if "GONE" in verdicts or problems:
        return v.EXIT_BASELINE
    return v.EXIT_FAILED if "DIFFERENT" in verdicts else v.EXIT_OK


def compare_all(groups, differences, done):
    ret = []
    for line in [line for group in groups for line in group.lines]:
        ret.append(compare(line, done["ours"][line.id], done["original"][line.id], differences))
    return ret


def run(args):
    begin = time.monotonic()
    groups, differences = lines.load(args.lines)
    subjects = {"ours": subject(args.ours), "original": subject(args.original)}
    whole = not args.select
    everything = groups
    groups = select(groups, args.select)
    if not any(group.lines for group in groups):
        return v.EXIT_NOTHING
    if args.list:
        for line in [line for group in groups for line in group.lines]:
            print(f"{line.id:40} {line.run}")
        return v.EXIT_OK
    for one in subjects.values():
        missing = [p for p in [one.programs["lei"]] if not shutil.which(p)]
        if missing:
            print(f"SKIP  {one.title}: not installed: {missing[0]} {one.install}".rstrip())
            return v.EXIT_ABSENT
    problems = check_coverage(subjects, everything, args) if whole else []
    outcomes = compare_all(groups, differences, run_all(subjects, groups, args))
    for one in outcomes:
        if one.verdict != "EQUAL" and (args.verbose or one.verdict != "DECLARED"):
            print(report.explain(one, differences), flush=True)
    if whole:
        problems += [f"{one.name} is declared, but explains nothing" for one in differences if not (one.used or one.intermittent)]
    for words in problems:
        print(terminal.visible(f"PROBLEM   {words}"))
    status, seconds = exit_status(outcomes, problems), time.monotonic() - begin
    if args.json:
        saved.write(args.json, report.data(subjects, outcomes, differences, problems, seconds, status))
    said = ", ".join(f"{number} {name}" for name, number in report.counts(outcomes).items() if number)
    print(f"{len(outcomes)} command lines in {seconds:.0f} s: {said}; exit {status}")
    return status


def main(argv):
    def body():
        system.open_standard_descriptors()
        args = parse_arguments(argv)
        system.become_subreaper()
        return run(args)

    try:
        return end_of("differential", body)
    finally:
        system.kill_all_below(os.getpid())
