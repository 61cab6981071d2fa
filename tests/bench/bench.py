#!/usr/bin/python3
"""Side by side with the peers, on real mail, in one run.

Prints one table: medians, ratios, and whether each ratio meets its target; writes the same to
BUILD/bench.json.  Only ratios within this run are judged: absolute times are this machine's.

    bench.py [--runs N] [--only WORD]
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
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build"))
PERL_LEI = "/usr/bin/lei"


class Home:
    """A private HOME with its own daemon; `lei` says whose."""

    def __init__(self, top: pathlib.Path, name: str, lei: str):
        self.dir = top / name
        self.lei = lei
        run = self.dir / "r"
        run.mkdir(parents=True, mode=0o700)
        self.env = {
            "HOME": str(self.dir), "XDG_RUNTIME_DIR": str(run), "TMPDIR": str(self.dir),
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
        }
        self.socket = run / "lei" / "5.seq.sock"

    def run(self, command: str, **kw) -> float:
        """Wall seconds of a shell command in which $LEI is the program."""
        start = time.monotonic()
        subprocess.run(["/bin/sh", "-c", command], env=self.env | {"LEI": self.lei}, check=True,
                       cwd=self.dir, **kw)
        return time.monotonic() - start

    def output(self, command: str) -> str:
        return subprocess.run(["/bin/sh", "-c", command], env=self.env | {"LEI": self.lei},
                              check=True, cwd=self.dir, stdout=subprocess.PIPE,
                              text=True).stdout.strip()

    def stop(self) -> None:
        subprocess.run([self.lei, "daemon-kill"], env=self.env, check=False,
                       stderr=subprocess.DEVNULL)


class MemoryWatch(threading.Thread):
    """Samples the peak resident size of the processes that belong to one daemon."""

    def __init__(self, program: str):
        super().__init__(daemon=True)
        self.program, self.peak_one, self.peak_sum = program, 0, 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.01):
            total = 0
            for status in pathlib.Path("/proc").glob("[0-9]*/status"):
                try:
                    if os.readlink(status.with_name("exe")) != self.program:
                        continue
                    text = status.read_text()
                    kib = field(text, "VmRSS:")
                    total += kib
                    self.peak_one = max(self.peak_one, field(text, "VmHWM:"))
                except (OSError, ValueError, IndexError):
                    continue
            self.peak_sum = max(self.peak_sum, total)

    def stop(self) -> None:
        self.over.set()
        self.join()


def field(status: str, name: str) -> int:
    return int(status.split(name, 1)[1].split(None, 1)[0])


def resident_mib(pid: int, with_children: bool) -> float:
    """VmRSS of a process, with its children if asked."""
    pids = [pid]
    if with_children:
        tasks = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        pids += [int(p) for p in tasks.read_text().split()]
    return sum(field(pathlib.Path(f"/proc/{p}/status").read_text(), "VmRSS:")
               for p in pids) / 1024


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, ours, peer, theirs, target=None, at_least=True, unit="s"):
        """`target`: how many times faster (at_least) or slower (not at_least) than the peer."""
        ratio = theirs / ours if at_least else ours / theirs
        met = None if target is None else (ratio >= target if at_least else ratio <= target)
        self.rows.append(dict(what=what, ours=ours, peer=peer, theirs=theirs, unit=unit,
                              ratio=ratio, faster=at_least, target=target, met=met))
        print(self.line(self.rows[-1]), flush=True)

    @staticmethod
    def line(r) -> str:
        better = "smaller" if r["unit"] == "MiB" else "faster"
        target = "" if r["target"] is None else (
            f"{'at least' if r['faster'] else 'at most'} {r['target']:g}x "
            f"{'MET' if r['met'] else 'MISSED'}")
        return (f"| {r['what']:<34} | {r['ours']:>9.3f} {r['unit']:<3} | {r['peer']:<14} "
                f"{r['theirs']:>9.3f} {r['unit']:<3} | {r['ratio']:>7.2f}x "
                f"{better if r['faster'] else 'of it':<7} | {target:<22} |")


def median_of(runs: int, *measures):
    """Run the measures in turn, A B A B ..., and return the median of each."""
    figures = [[] for _ in measures]
    for _ in range(runs):
        for column, measure in zip(figures, measures):
            column.append(measure())
    return [statistics.median(column) for column in figures]


class Bench:
    def __init__(self, top: pathlib.Path, corpus: pathlib.Path, runs: int):
        self.top, self.corpus, self.runs = top, corpus, runs
        self.table, self.serial = Table(), 0

    def fresh(self, lei: str) -> Home:
        self.serial += 1
        home = Home(self.top, str(self.serial), lei)
        home.run("exec $LEI daemon-pid >/dev/null")
        return home

    # -- import -------------------------------------------------------------------------

    def import_into(self, lei: str, keep: dict | None = None) -> float:
        home = self.fresh(lei)
        # The original has something to say about long Message-IDs.
        quiet = "2>/dev/null" if lei == PERL_LEI else ""
        seconds = home.run(f"exec $LEI import -q -F mboxrd - <{self.corpus}/corpus.mboxrd {quiet}")
        old = keep.get(lei) if keep is not None else None
        if keep is not None:
            keep[lei] = home
        for done in ([old] if old else []) if keep is not None else [home]:
            done.stop()
            shutil.rmtree(done.dir, ignore_errors=True)
        return seconds

    def maildir(self) -> pathlib.Path:
        mail = self.top / "mail"
        if not mail.exists():
            for sub in ("cur", "new", "tmp"):
                (mail / sub).mkdir(parents=True)
            for eml in (self.corpus / "eml").iterdir():
                shutil.copy(eml, mail / "cur" / f"{eml.stem}:2,")
        return mail

    def notmuch(self) -> float:
        home = self.top / "notmuch"
        home.mkdir()
        shutil.rmtree(self.maildir() / ".notmuch", ignore_errors=True)
        config = home / "config"
        config.write_text(f"[database]\npath={self.maildir()}\n[new]\ntags=\n[maildir]\n"
                          "synchronize_flags=false\n")
        seconds = self.peer(home, f"notmuch --config={config} new --quiet")
        shutil.rmtree(self.maildir() / ".notmuch")
        return seconds

    def mu(self) -> float:
        home = self.top / "mu"
        home.mkdir()
        return self.peer(home, f"mu init --quiet --muhome={home} --maildir={self.maildir()} && "
                               f"mu index --quiet --muhome={home}")

    def mairix(self) -> float:
        home = self.top / "mairix"
        home.mkdir()
        (home / "rc").write_text(f"base={self.corpus}\nmbox=corpus.mboxrd\nmfolder={home}/out\n"
                                 f"database={home}/db\n")
        return self.peer(home, f"mairix -f {home}/rc")

    @staticmethod
    def peer(home: pathlib.Path, command: str) -> float:
        start = time.monotonic()
        subprocess.run(["/bin/sh", "-c", command], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env=os.environ | {"HOME": str(home)})
        seconds = time.monotonic() - start
        shutil.rmtree(home)
        return seconds

    def imports(self) -> None:
        self.homes: dict[str, Home] = {}
        ours = str(BUILD / "lei")
        mine, perl, notmuch, mu, mairix = median_of(
            self.runs, lambda: self.import_into(ours, self.homes),
            lambda: self.import_into(PERL_LEI, self.homes), self.notmuch, self.mu, self.mairix)
        self.table.add("import 6,046 from stdin", mine, "lei 1.9.0", perl, 10)
        self.table.add("import 6,046 from stdin", mine, "notmuch", notmuch, 3)
        self.table.add("import 6,046 from stdin", mine, "mu", mu)
        self.table.add("import 6,046 from stdin", mine, "mairix (index)", mairix)

    def memory(self) -> None:
        """Peak memory must not follow the mailbox's size: one copy against four."""
        peaks = []
        for copies in (1, 4):
            home = self.fresh(str(BUILD / "lei"))
            watch = MemoryWatch(str(BUILD / "lei-daemon"))
            watch.start()
            feed = " ".join([f"{self.corpus}/corpus.mboxrd"] * copies)
            home.run(f"cat {feed} | $LEI import -q -F mboxrd -")
            watch.stop()
            home.stop()
            peaks.append(watch.peak_sum / 1024)
        self.table.add("peak memory, 4 mailboxes against 1", peaks[1], "1 mailbox", peaks[0], 1.5,
                       at_least=False, unit="MiB")

    # -- reading ------------------------------------------------------------------------

    def dump(self) -> None:
        mine, perl = self.both()
        everything = "q -f mboxrd --limit=1000000 z:0.. | wc -c"
        sizes = [int(home.output(f"$LEI {everything}")) for home in (mine, perl)]
        print(f"# dump: {sizes[0]} bytes ours, {sizes[1]} bytes theirs")
        a, b = median_of(self.runs, *(lambda h=h: h.run(f"$LEI {everything} >/dev/null")
                                      for h in (mine, perl)))
        self.table.add("dump all as mboxrd to stdout", a, "lei 1.9.0", b, 30)

    def query(self) -> None:
        mine, perl = self.both()
        command = "exec $LEI q -f jsonl --limit=100 linux >/dev/null"
        a, b = median_of(max(self.runs, 9), *(lambda h=h: h.run(command) for h in (mine, perl)))
        self.table.add("one word, 100 JSON results", a, "lei 1.9.0", b)

    def complete(self) -> None:
        mine, _ = self.both()
        spawn = str(BUILD / "bench/spawn")
        ours = f"{spawn} 300 $LEI _complete lei q --form"
        bare = f"{spawn} 300 /bin/true"
        a, b = median_of(7, *(lambda c=c: float(mine.output(c)) / 1000 for c in (ours, bare)))
        self.table.add("lei _complete, whole process", a, "/bin/true", b, 2.5, False, "ms")

    def request(self) -> None:
        mine, _ = self.both()
        socket, program = self.top / "echo.sock", str(BUILD / "bench/request")
        server = subprocess.Popen([program, "serve", str(socket)])
        try:
            while not socket.exists():
                os.sched_yield()
            a, b = median_of(11, *(lambda s=s: float(mine.output(f"{program} ask {s} 1000")) / 1000
                                   for s in (mine.socket, socket)))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
        self.table.add("one request to the daemon", a, "bare C server", b, 2, False, "ms")

    def idle(self) -> None:
        mine, perl = self.both()
        ours = resident_mib(int(mine.output("$LEI daemon-pid")), False)
        whole = resident_mib(int(mine.output("$LEI daemon-pid")), True)
        theirs = resident_mib(int(perl.output("$LEI daemon-pid")), True)
        self.table.add("idle daemon, resident", ours, "8 MiB", 8.0, 1, False, "MiB")
        self.table.add("daemon and store, resident", whole, "lei 1.9.0", theirs, unit="MiB")

    def both(self) -> tuple[Home, Home]:
        if not hasattr(self, "homes"):
            self.homes = {}
            for lei in (str(BUILD / "lei"), PERL_LEI):
                self.import_into(lei, self.homes)
        return self.homes[str(BUILD / "lei")], self.homes[PERL_LEI]


STEPS = ("imports", "memory", "dump", "query", "complete", "request", "idle")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=STEPS)
    args = parser.parse_args()
    corpus = subprocess.run([ROOT / "ci/corpus"], check=True, stdout=subprocess.PIPE,
                            text=True).stdout.strip()
    top = pathlib.Path(tempfile.mkdtemp(prefix="leib"))
    bench = Bench(top, pathlib.Path(corpus), args.runs)
    print(f"| {'medians of ' + str(args.runs):<34} | {'ours':<13} | {'beside':<28} "
          f"| {'ratio':<16} | {'target':<22} |\n|{'-' * 36}|{'-' * 15}|{'-' * 30}|{'-' * 18}|{'-' * 24}|")
    try:
        for step in [args.only] if args.only else STEPS:
            getattr(bench, step)()
    finally:
        for home in getattr(bench, "homes", {}).values():
            home.stop()
        shutil.rmtree(top, ignore_errors=True)
    (BUILD / "bench.json").write_text(json.dumps(bench.table.rows, indent=1) + "\n")
    return 1 if any(row["met"] is False for row in bench.table.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
