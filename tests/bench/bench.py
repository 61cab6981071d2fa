#!/usr/bin/python3
"""Side by side with the peers, on real mail, in one run.

Prints one table: medians, ratios, and whether each ratio meets its target; writes the same to
BUILD/bench.json.  Only ratios within this run are judged: absolute times are this machine's.

    bench.py [--runs N] [--only STEP]
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from grow import ROUND, corpus, write_mbox
from home import BUILD, PERL_LEI, Home, PeakMemory, resident_mib, size_mib
from peers import Mairix, Mu, Notmuch, fill_maildir
from table import Table, median_of

OURS = str(BUILD / "lei")
WORD = "linux"  # in more than a hundred of the messages


class Bench:
    def __init__(self, top: pathlib.Path, mbox: pathlib.Path, runs: int):
        self.top, self.mbox, self.runs = top, mbox, runs
        self.table, self.serial = Table(f"medians of {runs}"), 0
        self.homes: dict[str, Home] = {}
        self.peers: list = []

    def fresh(self, lei: str) -> Home:
        self.serial += 1
        home = Home(self.top, str(self.serial), lei)
        home.run("exec $LEI daemon-pid >/dev/null")
        return home

    def stop(self) -> None:
        for home in self.homes.values():
            home.stop()

    # -- import -------------------------------------------------------------------------

    def import_into(self, lei: str) -> float:
        """Into a new store, which then is the one of that program."""
        home = self.fresh(lei)
        seconds = home.run(f"exec $LEI import -q -F mboxrd - <{self.mbox} {quiet(lei)}")
        old = self.homes.pop(lei, None)
        self.homes[lei] = home
        if old:
            old.stop()
            shutil.rmtree(old.dir, ignore_errors=True)
        return seconds

    def beside(self) -> list:
        if not self.peers:
            box = fill_maildir(self.mbox, self.top / "mail")
            self.peers = [kind(self.top, self.mbox, box) for kind in (Notmuch, Mu, Mairix)]
        return self.peers

    def imports(self) -> None:
        mine, perl, notmuch, mu, mairix = median_of(
            self.runs, lambda: self.import_into(OURS), lambda: self.import_into(PERL_LEI),
            *(peer.index for peer in self.beside()))
        what = f"import {ROUND:,} from stdin"
        self.table.add(what, mine, "lei 1.9.0", perl, 15)
        self.table.add(what, mine, "mairix (index)", mairix, 1)
        self.table.add(what, mine, "notmuch", notmuch, 3)
        self.table.add(what, mine, "mu", mu)

    def memory(self) -> None:
        """Peak memory must not follow the mailbox's size: one copy against four."""
        peaks = []
        for copies in (1, 4):
            home = self.fresh(OURS)
            with PeakMemory(home.daemon()) as peak:
                feed = " ".join([str(self.mbox)] * copies)
                home.run(f"cat {feed} | $LEI import -q -F mboxrd -")
            home.stop()
            peaks.append(peak.mib())
        self.table.add("peak memory, 4 mailboxes against 1", peaks[1], "1 mailbox", peaks[0], 1.5,
                       at_least=False, unit="MiB")

    def size(self) -> None:
        """At rest: the log is folded in when a daemon has gone."""
        sizes = []
        for home in self.both():
            home.end()
            sizes.append(size_mib(home.store()))
        self.table.add("store", sizes[0], "lei 1.9.0", sizes[1], 1, False, "MiB")

    # -- reading ------------------------------------------------------------------------

    def dump(self) -> None:
        mine, perl = self.both()
        everything = "q -f mboxrd --limit=1000000 z:0.."
        copy = self.top / "dump"
        mine.run(f"$LEI {everything} >{copy}")
        print(f"# dump: {copy.stat().st_size} bytes ours, "
              f"{perl.output(f'$LEI {everything} | wc -c')} bytes theirs")
        a, b, c = median_of(max(self.runs, 5), *(
            lambda h=h, what=what: h.run(f"{what} | cat >/dev/null")
            for h, what in ((mine, f"$LEI {everything}"), (mine, f"cat {copy}"),
                            (perl, f"$LEI {everything}"))))
        self.table.add("dump all as mboxrd through a pipe", a, "cat", b, 5, False)
        self.table.add("dump all as mboxrd through a pipe", a, "lei 1.9.0", c, 30)

    def query(self) -> None:
        mine, perl = self.both()
        command = f"exec $LEI q -f jsonl --limit=100 {WORD} >/dev/null"
        notmuch, mu, _ = self.beside()
        for peer in (notmuch, mu):
            if not peer.dir.exists():
                peer.index()
        a, b, c, d = median_of(max(self.runs, 15), lambda: mine.run(command),
                               lambda: perl.run(command), lambda: notmuch.find(WORD),
                               lambda: mu.find(WORD))
        self.table.add("one word, 100 JSON results", a, "lei 1.9.0", b, 2)
        self.table.add("one word, 100 JSON results", a, "notmuch", c, 1)
        self.table.add("one word, 100 JSON results", a, "mu", d, 1)

    def results(self) -> None:
        """Ten thousand need more mail: a second round into the same stores."""
        more = self.top / "more"
        with more.open("wb") as f:
            write_mbox(2 * ROUND, f)
        homes = self.both()
        for home in homes:
            home.run(f"exec $LEI import -q -F mboxrd - <{more} {quiet(home.lei)}")
        more.unlink()
        command = "exec $LEI q -f jsonl --limit=10000 z:0.. >/dev/null"
        a, b = median_of(max(self.runs, 5), *(lambda h=h: h.run(command) for h in homes))
        self.table.add("10,000 JSON results", a, "lei 1.9.0", b, 20)

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
        ours, theirs = (resident_mib(home.daemon(), True) for home in (mine, perl))
        self.table.add("idle daemon, resident", resident_mib(mine.daemon(), False), "8 MiB", 8.0, 1,
                       False, "MiB")
        self.table.add("daemon and store, resident", ours, "lei 1.9.0", theirs, unit="MiB")

    def both(self) -> tuple[Home, Home]:
        for lei in (OURS, PERL_LEI):
            if lei not in self.homes:
                self.import_into(lei)
        return self.homes[OURS], self.homes[PERL_LEI]


def quiet(lei: str) -> str:
    """The original has something to say about long Message-IDs."""
    return "2>/dev/null" if lei == PERL_LEI else ""


STEPS = ("imports", "memory", "idle", "dump", "query", "complete", "request", "size", "results")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=STEPS)
    args = parser.parse_args()
    top = pathlib.Path(tempfile.mkdtemp(prefix="leib"))
    bench = Bench(top, corpus() / "corpus.mboxrd", args.runs)
    try:
        for step in [args.only] if args.only else STEPS:
            getattr(bench, step)()
    finally:
        bench.stop()
        shutil.rmtree(top, ignore_errors=True)
    (BUILD / "bench.json").write_text(json.dumps(bench.table.rows, indent=1) + "\n")
    return 1 if bench.table.missed() else 0


if __name__ == "__main__":
    sys.exit(main())
