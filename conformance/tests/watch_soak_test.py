"""spec/watch.md: mail readers at work in three folders, processes killed at random, and a model.

A period is a run of changes with a barrier behind it: nothing in it changes the same keyword of a message
twice, so there is one right end.  LEI_SEED repeats a run, LEI_SOAK=SECONDS prolongs it."""

import contextlib
import os
import random
import signal
import time

import pytest
from suite import system
from suite.api import Late, clause, deadline, each, found, needs, param, require
from suite.mail import succeeds
from suite.maildir import Box, flush, start, stop, watch

SOAK = float(os.environ.get("LEI_SOAK", 0))
pytestmark = [needs("mail", "watch", "reliability"), deadline(240 + 2 * SOAK)]

MESSAGES, READERS, PERIODS = 24, 3, 4
WORDS = {"D": "draft", "F": "flagged", "P": "forwarded", "R": "answered", "S": "seen"}


@pytest.fixture
def dice(trace):
    seed = int(os.environ.get("LEI_SEED") or random.randrange(1 << 32))
    trace.add(f"LEI_SEED={seed}")
    return random.Random(seed)


class Folder(Box):
    """Knows which file is which message by the part of its name that never changes."""

    def __init__(self, path):
        super().__init__(path)
        self.unique = {}
        for file in self.names():
            text = (self.path / file).read_text()
            name = text.partition("Message-ID: <")[2].partition("@")[0]
            self.unique[name] = file.partition("/")[2].partition(":")[0]

    def add(self, name, letters, sub):
        info = f":2,{letters}" if letters or sub == "cur" else ""
        self.deliver(name, sub=sub, info=info)

    def here(self):
        """{unique: [file, ...]}"""
        ret = {}
        for file in self.names():
            ret.setdefault(file.partition("/")[2].partition(":")[0], []).append(file)
        return ret

    def all_letters(self):
        files = self.here()
        return {name: [f.partition(":2,")[2] for f in files.get(unique, [])] for name, unique in self.unique.items()}

    def toggle(self, name, letter):
        """As a mail reader does, again when another was quicker."""
        while True:
            files = self.here().get(self.unique[name], [])
            if len(files) != 1:
                continue
            unique, _, letters = files[0].partition("/")[2].partition(":2,")
            with contextlib.suppress(FileNotFoundError):
                now = "".join(sorted({*letters} ^ {letter}))
                os.rename(self.path / files[0], self.path / f"cur/{unique}:2,{now}")
                return


class World:
    def __init__(self, daemon, dice):
        self.daemon, self.dice, self.serial = daemon, dice, 0
        self.model = {f"m{i}": set() for i in range(MESSAGES)}
        a, b = (Box(daemon.place.work / at, *self.model) for at in ("a", "b"))
        succeeds(daemon, "import", "-q", "a", "b")
        succeeds(daemon, "q", "-q", "-o", "results", "--limit=1000", "m:m*")
        for box in (a, b):
            watch(daemon, box, "import-rw")
        flush(daemon)
        self.folders = [Folder(daemon.place.work / at) for at in ("a", "b", "results")]
        for folder in self.folders:
            require(set(folder.unique) == set(self.model), f"in {folder.path.name}: {sorted(folder.unique)}")
        self.contents = [folder.state() for folder in self.folders]

    # -- what the readers will do --

    def plans(self):
        """A list of (method, folder, arguments) for each reader; the model is what comes of them."""
        dice, plans = self.dice, [[] for _ in range(READERS)]
        for name, letters in self.model.items():
            for letter in WORDS:
                if dice.random() < 0.25:
                    step = (Folder.toggle, self.holder(name), (name, letter))
                    dice.choice(plans).append(step)
                    letters ^= {letter}
        for _ in range(dice.randrange(4)):
            self.delivery(dice.choice(plans))
        for plan in plans:
            dice.shuffle(plan)
        return plans

    def holder(self, name):
        return self.dice.choice([f for f in self.folders if name in f.unique])

    def delivery(self, plan):
        """A new message, in one folder or in both: then it has the keywords of both."""
        self.serial += 1
        name, letters = f"m{MESSAGES + self.serial}", set()
        for folder in self.dice.sample(self.folders[:2], self.dice.choice([1, 2])):
            sub = self.dice.choice(["cur", "new"])
            its = {c for c in WORDS if sub == "cur" and self.dice.random() < 0.3}
            letters |= its
            plan.append((Folder.add, folder, (name, "".join(sorted(its)), sub)))
            folder.unique[name] = f"{name}.1.host"
        self.model[name] = letters

    # -- what happens --

    def period(self, kills):
        plans = self.plans()
        pids = [self.reader(plan, self.dice.random()) for plan in plans]
        while pids:
            if kills:
                self.kill()
            time.sleep(self.dice.uniform(0, 0.1))
            pids = [pid for pid in pids if not self.ended(pid)]
        if kills and self.dice.random() < 0.5:
            self.kill()
        self.agrees()

    def reader(self, plan, seed):
        pid = os.fork()
        if pid:
            return pid
        status, dice = 1, random.Random(seed)
        try:
            for method, folder, args in plan:
                method(folder, *args)
                time.sleep(dice.choice([0, 0, 0.002, 0.02]))
            status = 0
        finally:
            os._exit(status)

    @staticmethod
    def ended(pid):
        got, status = os.waitpid(pid, os.WNOHANG)
        require(not got or status == 0, "a reader failed")
        return bool(got)

    def kill(self):
        """The daemon, something below it, or all; then a daemon is there again."""
        daemon, whom = self.daemon, self.dice.choice(["none", "daemon", "child", "child", "child", "all"])
        if whom == "child":
            below = sorted(system.descendants(daemon.pid).items(), key=lambda pid_name: pid_name[1])
            for pid, name in self.dice.sample(below, min(1, len(below))):
                daemon.trace.add(f"SIGKILL to {name}, {pid}")
                system.kill(pid, signal.SIGKILL)
        elif whom == "daemon":
            daemon.signal(signal.SIGKILL)
            daemon.wait_end(15)
            start(daemon)
        elif whom == "all":
            stop(daemon, signal.SIGKILL)
            start(daemon)

    # -- what has come of it --

    def differences(self):
        ret = []
        rows = found(self.daemon, "--limit=100000", "m:m*")
        store = {row["m"].partition("@")[0]: set(row.get("kw", [])) for row in rows}
        require(len(rows) == len(store), "a message is there twice")
        for name, letters in self.model.items():
            if store.get(name) != {WORDS[c] for c in letters}:
                ret.append(f"{name} in the store: {store.get(name)}, not {letters}")
        for folder in self.folders:
            for name, got in folder.all_letters().items():
                if [set(g) for g in got] != [self.model[name]]:
                    ret.append(f"{name} in {folder.path.name}: {got}, not {self.model[name]}")
        return ret

    def agrees(self):
        last = []

        def look():
            reply = self.daemon.call("note-event", "done", seconds=30)
            last[:] = self.differences()
            return reply.succeeded and not last

        try:
            self.daemon.clock.poll("all sides agree with the model", look, 20)
        except Late as e:
            raise Late(f"{e}: {last[:10]}") from None
        for folder, before in zip(self.folders, self.contents, strict=True):
            now = folder.state()
            changed = [ino for ino, what in before.items() if now.get(ino) != what]
            require(not changed, f"{len(changed)} files of {folder.path.name} are not what they were")
            require(len(now) == len(folder.unique), f"files in {folder.path.name}: {folder.names()}")


@clause("watch.burst", "watch.merge", "watch.catch-up.killed", "watch.content")
@each("kills", [param("undisturbed", False), param("killed", True)])
def test_readers_and_a_model(watch_daemon, dice, kills):
    world = World(watch_daemon, dice)
    end, periods = time.monotonic() + SOAK, 0
    while periods < PERIODS or time.monotonic() < end:
        world.period(kills)
        periods += 1
    watch_daemon.trace.add(f"outcome: {periods} periods, {len(world.model)} messages")
