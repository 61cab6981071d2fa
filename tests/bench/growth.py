#!/usr/bin/python3
"""What a message costs when there are many: 6 k, 60 k and 600 k of them (grow.py).

Each size is imported into a store of its own and asked; its costs stand beside those of the smallest.
Prints a table with targets and verdicts; writes BUILD/bench/growth.json and the plot
BUILD/bench/growth.svg.  The peers index what they can in reasonable time; mairix, notmuch and mu stand
in the plot.  Only ratios within this run are judged, and memory.

    growth.py [--sizes N,N,...] [--all-commands N] [--peers N]
"""
import argparse
import json
import pathlib
import shutil
import sqlite3
import statistics
import sys
import tempfile

from grow import ROUND, corpus, write_mbox
from growth_plot import plot
from home import BUILD, PERL_LEI, Home, PeakMemory, size_mib
from peers import Mairix, Mu, Notmuch, fill_maildir
from table import median_of

OURS = str(BUILD / "lei")
SIZES = (ROUND, 10 * ROUND, 100 * ROUND)
COMMON = "linux"  # the newest hundred of ever more
RESULTS = 100
GROWTH = 1.5  # at most, of the cost of one message
MEMORY = 200  # MiB at most, for any command
EVERYTHING = "q -q -f mboxrd --limit=1000000000 z:0.."


class Report:
    """figures[what][size][who] = (value, unit)"""

    def __init__(self, sizes):
        self.sizes, self.figures, self.rows = sizes, {}, []

    def add(self, what: str, size: int, who: str, value: float) -> None:
        self.figures.setdefault(what, {}).setdefault(who, {})[size] = value
        print(f"# {size:>7,} messages: {what}: {who} {value:.4g}", flush=True)

    def judge(self, what: str, unit: str, limit: float, absolute: bool = False) -> None:
        of_size = self.figures.get(what, {}).get("lei", {})
        if not of_size:
            return
        first, last = min(of_size), max(of_size)
        figure = max(of_size.values()) if absolute else of_size[last] / of_size[first]
        self.rows.append(dict(what=what, unit=unit, figures=of_size, figure=figure, limit=limit,
                              at=last, absolute=absolute, met=figure <= limit))

    def print(self) -> bool:
        heads = "".join(f"| {size:>9,} " for size in self.sizes)
        print(f"| {'ours':<42} {heads}| {'verdict':<34} |\n"
              f"|{'-' * 44}{('|' + '-' * 11) * len(self.sizes)}|{'-' * 36}|")
        for r in self.rows:
            cells = "".join(f"| {r['figures'].get(n, float('nan')):>9.4g} ".replace("nan", "  -")
                            for n in self.sizes)
            limit = f"at most {r['limit']:g}" + (" MiB" if r["absolute"] else "x")
            figure = "" if r["absolute"] else f"{r['figure']:.2f}x, "
            print(f"| {r['what'] + ', ' + r['unit']:<42} {cells}"
                  f"| {figure}{limit} {'MET' if r['met'] else 'MISSED':<8} |")
        return all(r["met"] for r in self.rows)


class Growth:
    def __init__(self, top: pathlib.Path, report: Report, args):
        self.top, self.report, self.args = top, report, args

    def grow(self, n: int) -> None:
        mbox = self.top / "mbox"
        with mbox.open("wb") as f:
            write_mbox(n, f)
        home = Home(self.top, f"h{n}", OURS)
        try:
            self.imported(n, home, mbox)
            self.asked(n, home)
            self.dumped(n, home)
            if n <= self.args.all_commands:
                self.commanded(n, home, mbox)
            if n <= self.args.peers:
                self.peers(n, mbox)
        finally:
            home.stop()
            mbox.unlink()
            shutil.rmtree(home.dir, ignore_errors=True)

    def measured(self, n: int, home: Home, what: str, command: str) -> float:
        """Seconds; and the memory that it took."""
        with PeakMemory(home.daemon()) as peak:
            seconds = home.run(command)
        self.report.add(f"memory of {what}", n, "lei", peak.mib())
        return seconds

    def imported(self, n: int, home: Home, mbox: pathlib.Path) -> None:
        home.run("exec $LEI init -q")
        seconds = self.measured(n, home, "import", f"exec $LEI import -q -F mboxrd - <{mbox}")
        self.report.add("import", n, "lei", seconds / n * 1e6)
        home.end()
        self.report.add("store", n, "lei", size_mib(home.store()) * 1024 / n)

    def asked(self, n: int, home: Home) -> None:
        self.few = self.word_of(home, RESULTS)
        for what, word in (("a common word", COMMON), ("a rare word", self.few)):
            command = f"exec $LEI q -q -f jsonl --limit={RESULTS} {word} >/dev/null"
            seconds = statistics.median(home.run(command) for _ in range(self.args.runs))
            self.report.add(f"{RESULTS} results of {what}", n, "lei", seconds * 1e3)
        self.measured(n, home, f"q of {RESULTS}", command)

    @staticmethod
    def word_of(home: Home, hits: int) -> str:
        """A word that about so many messages have, and no other word leads to."""
        db = sqlite3.connect(f"file:{home.store()}/store.sqlite3?mode=ro", uri=True)
        db.execute("CREATE VIRTUAL TABLE temp.word USING fts5vocab(main, fts, row)")
        found = db.execute(
            "SELECT term FROM temp.word WHERE term >= 'm' AND doc BETWEEN ? AND ? * 6 / 5"
            " AND term NOT GLOB '*[^a-z]*'"
            " AND NOT EXISTS(SELECT 1 FROM stem WHERE stem = term OR word = term) LIMIT 1",
            (hits, hits)).fetchone()
        db.close()
        return found[0]

    def dumped(self, n: int, home: Home) -> None:
        """Beside cat, which reads the same bytes from the mailbox."""
        command = f"$LEI {EVERYTHING} | cat >/dev/null"
        runs = self.args.runs if n == ROUND else 3
        self.measured(n, home, "dump", command)
        dump, cat = median_of(runs, lambda: home.run(command),
                              lambda: home.run(f"cat {self.top}/mbox | cat >/dev/null"))
        self.report.add("dump", n, "lei", dump / n * 1e6)
        self.report.add("dump", n, "cat", cat / n * 1e6)

    def commanded(self, n: int, home: Home, mbox: pathlib.Path) -> None:
        """Commands that touch all: for their memory."""
        box = home.dir / "out"
        self.measured(n, home, "tag of all", f"exec $LEI tag -q -F mboxrd {mbox} +kw:seen +L:all")
        self.measured(n, home, "q -o maildir", f"exec $LEI q -q -o maildir:{box} "
                                               "--limit=1000000000 z:0..")
        other = Home(self.top, f"i{n}", OURS)
        try:
            self.measured(n, other, "index", f"exec $LEI index -q {box}")
        finally:
            other.stop()
            shutil.rmtree(other.dir, ignore_errors=True)
            shutil.rmtree(box, ignore_errors=True)
        for what, command in (("q -t", "q -q -t -f jsonl --limit=1000000000 z:0.. >/dev/null"),
                              ("reindex", "reindex -q"), ("fsck", "fsck -q"),
                              ("backup", f"backup -q {home.dir}/copy"),
                              ("convert", f"convert -q -o mboxrd:{home.dir}/out.mbox mboxrd:{mbox}")):
            self.measured(n, home, what, f"exec $LEI {command}")

    def peers(self, n: int, mbox: pathlib.Path) -> None:
        box = fill_maildir(mbox, self.top / f"mail{n}")
        for kind in (Mairix, Notmuch, Mu):
            peer = kind(self.top, mbox, box)
            self.report.add("import", n, peer.name, peer.index() / n * 1e6)
            for what, word in (("a common word", COMMON), ("a rare word", self.few)):
                if kind is not Mairix:
                    seconds = statistics.median(peer.find(word) for _ in range(self.args.runs))
                    self.report.add(f"{RESULTS} results of {what}", n, peer.name, seconds * 1e3)
            peer.clear()
        shutil.rmtree(box)
        if n == ROUND:
            self.original(n, mbox)

    def original(self, n: int, mbox: pathlib.Path) -> None:
        home = Home(self.top, f"p{n}", PERL_LEI)
        home.run("exec $LEI daemon-pid >/dev/null")
        try:
            seconds = home.run(f"exec $LEI import -q -F mboxrd - <{mbox} 2>/dev/null")
            self.report.add("import", n, "lei 1.9.0", seconds / n * 1e6)
            for what, word in (("a common word", COMMON), ("a rare word", self.few)):
                command = f"exec $LEI q -q -f jsonl --limit={RESULTS} {word} >/dev/null"
                seconds = statistics.median(home.run(command) for _ in range(self.args.runs))
                self.report.add(f"{RESULTS} results of {what}", n, "lei 1.9.0", seconds * 1e3)
            seconds = home.run(f"$LEI {EVERYTHING} | cat >/dev/null")
            self.report.add("dump", n, "lei 1.9.0", seconds / n * 1e6)
        finally:
            home.end()
            self.report.add("store", n, "lei 1.9.0", size_mib(home.store()) * 1024 / n)


def judge(report: Report) -> None:
    for what in ("import", "dump"):
        report.judge(what, "us per message", GROWTH)
    for what in ("a common word", "a rare word"):
        report.judge(f"{RESULTS} results of {what}", "ms", GROWTH)
    report.judge("store", "KiB per message", GROWTH)
    for what in list(report.figures):
        if what.startswith("memory of "):
            report.judge(what, "MiB", MEMORY, absolute=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--all-commands", type=int, default=10 * ROUND,
                        help="the largest size at which commands that touch all messages are run")
    parser.add_argument("--peers", type=int, default=10 * ROUND, help="and the peers")
    parser.add_argument("--runs", type=int, default=9)
    args = parser.parse_args()
    sizes = [int(n) for n in args.sizes.split(",")]
    corpus()
    top = pathlib.Path(tempfile.mkdtemp(prefix="leig"))
    report = Report(sizes)
    growth = Growth(top, report, args)
    try:
        for n in sizes:
            growth.grow(n)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    judge(report)
    kept = report.print()
    out = BUILD / "bench"
    out.mkdir(exist_ok=True)
    (out / "growth.json").write_text(json.dumps(dict(figures=report.figures, rows=report.rows),
                                                indent=1) + "\n")
    plot(report.figures, out / "growth.svg")
    print(f"plot: {out / 'growth.svg'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
