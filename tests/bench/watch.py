#!/usr/bin/python3
"""Watched Maildirs: how soon, how many, how fast to start, how quiet; beside the original, in one run.

Prints a table and whether the targets are met; writes BUILD/bench/watch.json.  The original looks
every two seconds where Perl's Linux::Inotify2 is missing, and flushes after five: it is given fewer
renames.  `daemon-pid` is asked beside a bare server that answers under the same load: what that one
needs is this machine's.

    watch.py [--only STEP] [--mails N] [--renames N]
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from home import BUILD, PERL_LEI, Home, alive
from watched import Maildir, Peak, Probe, in_store, memory, wakeups

PROCESSES = 4
SEED = int(os.environ.get("LEI_SEED", "6"))
PATIENCE = 120.0


class Report:
    def __init__(self):
        self.rows = []

    def add(self, what, unit, ours, target=None, original=None, note=""):
        met = None if target is None else ours <= target
        self.rows.append(dict(what=what, unit=unit, ours=ours, target=target, met=met,
                              original=original, note=note))
        goal = "" if met is None else f"at most {target:.3g} {'MET' if met else 'MISSED'}"
        digits = 2 if unit == "s" else 1 if unit else 0
        theirs = "" if original is None else f"{original:.{digits}f}"
        print(f"| {what:<46} | {ours:>9.{digits}f} {unit:<4} | {goal:<19} | {theirs:>9} | {note:<40} |",
              flush=True)

    def head(self):
        print(f"| {'medians where there are several':<46} | {'ours':<14} | {'target':<19} "
              f"| lei 1.9.0 | {'':<40} |\n|{'-' * 48}|{'-' * 16}|{'-' * 21}|{'-' * 11}|{'-' * 42}|")


class Bench:
    def __init__(self, top: pathlib.Path, mails: int, renames: int):
        self.top, self.mails, self.renames = top, mails, renames
        self.report, self.serial, self.homes = Report(), 0, []

    def fresh(self, lei: str) -> Home:
        self.serial += 1
        home = Home(self.top, str(self.serial), lei)
        self.homes.append(home)
        return home

    def ours(self) -> Home:
        return self.fresh(str(BUILD / "lei"))

    def original(self) -> Home | None:
        return self.fresh(PERL_LEI) if os.path.exists(PERL_LEI) else None

    def watched(self, home: Home, n: int) -> Maildir:
        box = Maildir(home.dir / "md", n)
        home.run("$LEI import -q md && $LEI add-watch -q md 2>/dev/null && $LEI note-event done")
        return box

    @staticmethod
    def pid(home: Home) -> int:
        return int(home.output("exec $LEI daemon-pid"))

    # -- how soon -------------------------------------------------------------------------

    def latency(self) -> None:
        n = 100
        home = self.ours()
        box = self.watched(home, n)
        names = list(box.letters)
        seen = [self.until_seen(home, box, name) for name in names[:n // 2]]
        noted = [self.until_noted(home, box, name) for name in names[n // 2:]]
        asked = [home.run("exec $LEI q -q -f jsonl m:none@example.com >/dev/null") for _ in names]
        theirs = None
        if (peer := self.original()) is not None:
            box = self.watched(peer, 3)
            theirs = statistics.median(self.until_seen(peer, box, m) for m in list(box.letters))
            peer.stop()
        self.report.add("rename until `lei q kw:` finds it", "ms", statistics.median(seen) * 1e3, 50,
                        theirs and theirs * 1e3, f"worst of {n // 2}: {max(seen) * 1e3:.1f}")
        self.report.add("rename until `lei note-event done` ends", "ms", statistics.median(noted) * 1e3,
                        50, None, f"worst of {n // 2}: {max(noted) * 1e3:.1f}")
        self.report.add("of that: one `lei q`", "ms", statistics.median(asked) * 1e3)
        home.stop()

    @staticmethod
    def until_seen(home: Home, box: Maildir, name: str) -> float:
        start = time.monotonic()
        box.mark(name, "S")
        while name not in home.output(f"exec $LEI q -q -f jsonl kw:seen m:{name}@example.com"):
            if time.monotonic() - start > PATIENCE:
                raise RuntimeError(f"{home.lei}: {name} is not seen")
        return time.monotonic() - start

    @staticmethod
    def until_noted(home: Home, box: Maildir, name: str) -> float:
        start = time.monotonic()
        box.mark(name, "S")
        home.run("exec $LEI note-event done")
        seconds = time.monotonic() - start
        if name not in home.output(f"exec $LEI q -q -f jsonl kw:seen m:{name}@example.com"):
            raise RuntimeError(f"{name} is not seen")
        return seconds

    # -- how many -------------------------------------------------------------------------

    def burst(self) -> None:
        home = self.ours()
        start = time.monotonic()
        box = Maildir(home.dir / "md", self.mails)
        made = time.monotonic() - start
        taken = home.run("$LEI import -q md && $LEI add-watch -q md && $LEI note-event done")
        self.report.add(f"import and watch {self.mails:,} messages", "s", taken, None, None,
                        f"making them: {made:.1f} s")
        before = self.settled(home)
        peak = Peak(self.pid(home))
        peak.start()
        with BareServer(self.top) as bare:
            probes = [Probe(BUILD / "bench/request", s) for s in (home.socket, bare)]
            seconds = box.burst(self.renames, PROCESSES, SEED)
            caught_up = home.run("exec $LEI note-event done")
            answers, noise = (p.stop() for p in probes)
        most = peak.stop()
        lost = self.lost(home, box)
        after = self.settled(home)
        self.report.add(f"{self.renames:,} renames, {PROCESSES} processes: lost", "", lost, 0)
        self.report.add("  all in the store after", "s", seconds + caught_up, None, None,
                        f"renaming alone: {seconds:.1f} s")
        for what in ("median", "p99", "worst"):
            target = None if what == "worst" else 20
            self.report.add(f"  meanwhile `daemon-pid`, {what}", "ms", answers[what], target, None,
                            f"bare server beside it: {noise[what]:.1f}; asked {answers['asked']:,}")
        for name in sorted(before):
            at = [sizes[name] for sizes in (before, most, after)]
            own = " ".join(f"{sizes['Pss_Anon:']:.1f}" for sizes in at)
            pss = " ".join(f"{sizes['Pss:']:.1f}" for sizes in at)
            self.report.add(f"  memory of {name}, after", "MiB", at[2]["Pss_Anon:"],
                            at[0]["Pss_Anon:"] + 4, None, f"before, most, after: {own}; PSS {pss}")
        home.stop()

    @staticmethod
    def lost(home: Home, box: Maildir) -> int:
        """Messages about which names, model and store do not agree."""
        disk, store = box.on_disk(), in_store(home)
        return sum(not letters == disk.get(name) == store.get(name)
                   for name, letters in box.letters.items()) + len(store) - len(box.letters)

    def settled(self, home: Home) -> dict[str, dict[str, float]]:
        wakeups(self.pid(home), 0)
        return memory(self.pid(home))

    def few(self) -> None:
        """Few enough for the original: a burst until all of it is found."""
        n, renames = 1_000, 1_000
        figures = []
        for home in filter(None, (self.ours(), self.original())):
            box = self.watched(home, n)
            start = time.monotonic()
            box.burst(renames, PROCESSES, SEED)
            while lost := self.lost(home, box):
                home.run("exec $LEI note-event done")
                if time.monotonic() - start > PATIENCE:
                    break
            figures.append((time.monotonic() - start, lost))
            home.stop()
        theirs = figures[1] if len(figures) > 1 else (None, 0)
        self.report.add(f"{renames:,} renames of {n:,} messages, found", "s", figures[0][0], None,
                        theirs[0], f"lost: {figures[0][1]}; the original: {theirs[1]}")

    # -- start ----------------------------------------------------------------------------

    def start(self) -> None:
        n = 500
        home = self.ours()
        boxes = self.folders(home, n)
        home.run("exec $LEI note-event done")
        quiet = [self.start_once(home) for _ in range(5)]
        busy = []
        for letters in ("S", "F", "RS"):
            self.stop(home)
            for name, box in boxes.items():
                box.mark(name, letters)
            busy.append(home.run("exec $LEI note-event done"))
            if in_store(home) != dict.fromkeys(boxes, letters):
                raise RuntimeError("a change made while no daemon ran was lost")
        home.stop()
        theirs = None
        if (peer := self.original()) is not None:
            self.folders(peer, n)
            theirs = statistics.median(self.start_once(peer) for _ in range(3))
            peer.stop()
        self.report.add(f"start with {n} watched folders, all up to date", "s",
                        statistics.median(quiet), 1, theirs, "the original's command is no barrier")
        self.report.add(f"start, a change in each of {n} meanwhile", "s", statistics.median(busy), 1)

    @staticmethod
    def folders(home: Home, n: int) -> dict[str, Maildir]:
        boxes = {f"m{i}": Maildir(home.dir / f"md{i}", 1, i) for i in range(n)}
        all_of_them = " ".join(box.path.name for box in boxes.values())
        home.run(f"$LEI import -q {all_of_them} && $LEI add-watch -q {all_of_them} 2>/dev/null")
        return boxes

    def start_once(self, home: Home) -> float:
        self.stop(home)
        return home.run("exec $LEI note-event done")

    def stop(self, home: Home) -> None:
        pid = self.pid(home)
        home.stop()
        while alive(pid):
            time.sleep(0.01)

    # -- idle -----------------------------------------------------------------------------

    def idle(self) -> None:
        seconds = 10
        figures = []
        for home in filter(None, (self.ours(), self.original())):
            box = self.watched(home, 10)
            box.mark("m1", "S")
            home.run("exec $LEI note-event done")
            figures.append(wakeups(self.pid(home), seconds))
            home.stop()
        self.report.add(f"wake-ups of all processes in {seconds} idle seconds", "", figures[0], 0,
                        figures[1] if len(figures) > 1 else None)


class BareServer:
    """Answers as soon as this machine lets it."""

    def __init__(self, top: pathlib.Path):
        self.socket = top / "bare.sock"

    def __enter__(self) -> pathlib.Path:
        self.child = subprocess.Popen([BUILD / "bench/request", "serve", self.socket])
        while not self.socket.exists():
            os.sched_yield()
        return self.socket

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait()


STEPS = ("latency", "burst", "few", "start", "idle")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=STEPS)
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--renames", type=int, default=20_000)
    args = parser.parse_args()
    top = pathlib.Path(tempfile.mkdtemp(prefix="leiw"))
    bench = Bench(top, args.mails, args.renames)
    has = subprocess.run(["perl", "-MLinux::Inotify2", "-e1"], stderr=subprocess.DEVNULL).returncode == 0
    print(f"# seed {SEED}; Perl's Linux::Inotify2 is {'here' if has else 'missing'}")
    bench.report.head()
    try:
        for step in [args.only] if args.only else STEPS:
            getattr(bench, step)()
    finally:
        for home in bench.homes:
            home.stop()
        shutil.rmtree(top, ignore_errors=True)
    rows = bench.report.rows
    (BUILD / "bench/watch.json").write_text(json.dumps(rows, indent=1) + "\n")
    return 1 if any(row["met"] is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
