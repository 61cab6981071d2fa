"""A Maildir of small mails that a benchmark or a soak renames, and the processes that watch it."""
import json
import os
import pathlib
import random
import subprocess
import threading
import time

from home import processes

LETTERS = {"D": "draft", "F": "flagged", "P": "forwarded", "R": "answered", "S": "seen"}
MAIL = """\
From: Writer {i} <w{i}@example.com>
To: list@example.com
Subject: number {i}
Message-ID: <{name}@example.com>
Date: Sat, 1 Jan 2022 {h:02}:{m:02}:{s:02} +0000

Text of mail number {i}.
"""


class Maildir:
    """n messages m0, m1, ..., each in cur, without letters."""

    def __init__(self, path: pathlib.Path, n: int, first: int = 0):
        self.path, self.cur = path, path / "cur"
        for sub in ("cur", "new", "tmp"):
            (path / sub).mkdir(parents=True)
        for i in range(first, first + n):
            text = MAIL.format(i=i, name=f"m{i}", h=i // 3600 % 24, m=i // 60 % 60, s=i % 60)
            (self.cur / f"m{i}.1.host:2,").write_text(text)
        self.letters = {f"m{i}": "" for i in range(first, first + n)}

    def mark(self, name: str, letters: str) -> None:
        os.rename(self.cur / f"{name}.1.host:2,{self.letters[name]}",
                  self.cur / f"{name}.1.host:2,{letters}")
        self.letters[name] = letters

    def burst(self, renames: int, processes: int, seed: int) -> float:
        """Renames by several processes at once, each of its own messages, some again and again;
        returns the seconds.  Afterwards `letters` say what the names say."""
        names = list(self.letters)
        plans = [self.plan(names[k::processes], renames // processes, seed + k)
                 for k in range(processes)]
        start = time.monotonic()
        pids = [self.fork(plan) for plan in plans]
        for pid in pids:
            if os.waitpid(pid, 0)[1] != 0:
                raise RuntimeError("a renaming process failed")
        seconds = time.monotonic() - start
        for plan in plans:
            self.letters.update(plan)
        return seconds

    @staticmethod
    def plan(names: list[str], renames: int, seed: int) -> list[tuple[str, str]]:
        dice = random.Random(seed)
        return [(dice.choice(names), "".join(c for c in LETTERS if dice.random() < 0.4))
                for _ in range(renames)]

    def fork(self, plan: list[tuple[str, str]]) -> int:
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            for name, letters in plan:
                if letters != self.letters[name]:
                    self.mark(name, letters)
            status = 0
        finally:
            os._exit(status)

    def on_disk(self) -> dict[str, str]:
        found = (name.split(".1.host:2,") for name in os.listdir(self.cur))
        return {name: letters for name, letters in found}


def in_store(home, words: str = "z:0..") -> dict[str, str]:
    """Message by its keywords' letters, as `lei q` says."""
    of = {kw: c for c, kw in LETTERS.items()}
    out = home.output(f"exec $LEI q -q -f jsonl --limit=1000000 {words}")
    rows = (json.loads(line) for line in out.splitlines())
    return {row["m"].partition("@")[0]: "".join(sorted(of[k] for k in row.get("kw", [])))
            for row in rows}


# ---- processes ----


def switches(daemon: int) -> int:
    """How often they have gone to sleep, all together."""
    total = 0
    for pid in processes(daemon):
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


def wakeups(daemon: int, seconds: float) -> int:
    """While nothing happens, once what happened before is over (or after a minute)."""
    end, before = time.monotonic() + 60, -1
    while (now := switches(daemon)) != before and time.monotonic() < end:
        before = now
        time.sleep(3)
    before = switches(daemon)
    time.sleep(seconds)
    return switches(daemon) - before


def memory(daemon: int) -> dict[str, dict[str, float]]:
    """MiB of the processes that stay, by name: their proportional share ("Pss:"), and what of it is their
    own ("Pss_Anon:") and not a view of the store, which the kernel takes back when it likes."""
    ret: dict[str, dict[str, float]] = {}
    for pid, name in processes(daemon).items():
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        sizes = ret.setdefault(name, {"Pss:": 0.0, "Pss_Anon:": 0.0})
        for line in text.splitlines()[1:]:
            word, kib = line.split()[:2]
            if word in sizes:
                sizes[word] += int(kib) / 1024
    return ret


class Peak(threading.Thread):
    """Samples memory() until it is stopped; the greatest of each name.  Not often: the machine has other
    things to do, which are measured at the same time."""

    def __init__(self, daemon: int):
        super().__init__(daemon=True)
        self.pid, self.most, self.over = daemon, {}, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.2):
            for name, sizes in memory(self.pid).items():
                most = self.most.setdefault(name, sizes)
                for word, mib in sizes.items():
                    most[word] = max(most[word], mib)

    def stop(self) -> dict[str, dict[str, float]]:
        self.over.set()
        self.join()
        return self.most


class Probe:
    """Asks a daemon (or a bare server) for its pid all the while."""

    def __init__(self, program: pathlib.Path, socket: pathlib.Path):
        self.child = subprocess.Popen([program, "probe", socket], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)

    def stop(self) -> dict[str, float]:
        """Milliseconds."""
        n, *us = self.child.communicate()[0].split()
        median, p99, worst = (float(u) / 1000 for u in us)
        return dict(asked=int(n), median=median, p99=p99, worst=worst)
