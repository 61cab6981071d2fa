"""Random scripts for wait events (adapters/PROTOCOL.md), and what the model says of them.

A script is grown against the model command by command: what would touch something that the contract
leaves open, or that the profile excludes, is thrown away.  So every script has exactly one right trace."""

import random
from dataclasses import dataclass

from .waitmodel import Model, Over
from .waitparts import nanoseconds, seconds


@dataclass(frozen=True)
class Profile:
    """What scripts are made of."""

    model: type
    features: frozenset
    finals: tuple = ("again +{n}", "again +{n}", "keep", "gone")
    always_limited: bool = False


class Plain(Model):
    """Notes what ends badly in any implementation, and would tell nothing."""

    GUARD = 400

    def say(self, *words):
        if words[0] == "spin":
            self.note("spin")
        super().say(*words)


class Common(Plain):
    """Notes all that Cyrus does otherwise, too."""

    def __init__(self):
        super().__init__()
        self.reader = None
        self.before, self.after = [], []  # the events of a stream around the one that runs

    def reading(self, name, taking):
        self.reader = self.stream(name)
        if self.reader and self.reader.nonblock and self.now >= self.reader.deadline():
            self.note("non-blocking at the idle limit")
        super().reading(name, taking)
        if self.reader and self.reader.buffer and self.trace[-1].split()[1] != "input":
            self.note("part of a line")

    def sleep_until(self, time):
        super().sleep_until(time)
        first = [bool(self.due(self.reader)), self.reader.ready(), self.now >= self.reader.deadline()]
        if sum(first) > 1:
            self.note("a tie")

    def fire(self, event, began):
        mine = [e for e in self.events if e.stream is event.stream]
        place = mine.index(event)
        self.before, self.after = mine[:place], mine[place + 1 :]
        super().fire(event, began)
        if event in self.events and self.due_at(event) <= self.now:
            self.note("behind")

    def finish(self, event, word, *rest):
        if event not in self.events and word != "gone":
            self.note("sets or returns an event that is removed")
        return super().finish(event, word, *rest)

    def do_free(self, name):
        stream = self.stream(name)
        if any(event.stream is stream for event in self.events):
            self.note("events of a freed stream")
        super().do_free(name)

    def enlist(self, event):
        super().enlist(event)
        if self.current and event.stream is self.current.stream:
            if not self.after:
                self.note("added by the last event")
            if self.due_at(event) <= self.now:
                self.note("added by an event, and due")

    def do_remove(self, name, event):
        found = self.active(event)
        if not found:
            self.note("stale handle")
        if self.current and self.after[:1] == [found]:
            self.note("removes the next")
        super().do_remove(name, event)

    def do_mark(self, event, mark):
        found = self.active(event)
        if not found:
            self.note("stale handle")
        super().do_mark(event, mark)
        if self.current and found and found is not self.current:
            if found in self.before or self.due_at(found) <= self.now:
                self.note("mark of an event before, or due")

    def do_limit(self, name, limit):
        stream = self.stream(name)
        if stream and stream.since != self.now:
            self.note("a limit counts from its call")
        super().do_limit(name, limit)


ALL = frozenset(
    "streams nonblock unlimited limits idle turns fractions steps signals bound slow behind reentrant finals "
    "lines ends extremes".split()
)
OURS = Profile(Plain, ALL)
COMMON = Profile(
    Common,
    frozenset("streams nonblock signals reentrant lines ends".split()),
    finals=("again +{n}", "again +{n}", "gone"),
    always_limited=True,
)


class Writer:
    """Makes up one script."""

    def __init__(self, profile, seed):
        self.rng = random.Random(seed)
        self.profile = profile
        chosen = sorted(profile.features)
        self.features = {f for f in chosen if self.rng.random() < 0.6}
        self.limited = profile.always_limited or "unlimited" not in self.features
        self.size = self.rng.choice((6, 12, 25, 50))
        self.streams, self.events = [], []
        self.model = profile.model()

    def script(self):
        lines = []
        for _ in range(4 * self.size):
            more = self.command()
            over = not all(self.model.execute(line) for line in more)
            if self.model.notes:
                self.model = self.profile.model()
                for line in lines:
                    self.model.execute(line)
                continue
            lines += more
            if over or len(lines) > self.size:
                break
        return lines

    # ---- words ----

    def has(self, feature):
        return feature in self.features

    def time(self, least=0, most=12):
        whole = self.rng.randint(least, self.rng.choice((least + 2, most)))
        if self.has("fractions") and self.rng.random() < 0.5:
            return f"{whole}.{self.rng.choice(('25', '5', '001', '0005', '000000001', '75'))}"
        return str(whole)

    def mark(self):
        kind = self.rng.random()
        if kind < 0.05 and self.has("extremes"):
            return self.rng.choice(("min", "max", "0", "99999999"))
        if kind < 0.15:
            return "now"
        if kind < 0.25:
            return f"-{self.time(1)}"
        return f"+{self.time()}"

    def lively(self):
        """The streams that still wait for something."""
        return [s.name for s in self.model.alive() if not s.end]

    def a_stream(self):
        names = self.lively() if self.rng.random() < 0.97 else self.streams
        return self.rng.choice(names or self.streams)

    def an_event(self):
        active = [event.name for event in self.model.events]
        return self.rng.choice(active if active and self.rng.random() < 0.7 else self.events or ["E1"])

    def new(self, kind, names):
        names.append(f"{kind}{len(names) + 1}")
        return names[-1]

    def final(self):
        choices = list(self.profile.finals)
        if self.has("finals"):
            choices += ["none", "stale", "other {e}", "lost +{n}"]
        if self.has("behind"):
            choices += ["again now", "again -{n}"]
        word = self.rng.choice(choices)
        return word.format(n=self.time(1), e=self.an_event())

    def plan(self, idle=False):
        firings = []
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            count = self.rng.choice((0, 0, 1, 2)) if self.has("reentrant") else 0
            actions = [self.action() for _ in range(count)]
            final = self.rng.choice(("keep", "keep", "gone")) if idle else self.final()
            if any(action.startswith("free") for action in actions):
                final = "none"
            firings.append(" ; ".join([*actions, final]))
        return " | ".join(firings)

    def action(self):
        choices = [self.act_remove, self.act_mark, self.act_add, self.act_input]
        if "finals" in self.profile.features:
            choices += [self.act_stream, self.act_read]
        if self.has("ends"):
            choices.append(lambda: f"eof {self.a_stream()}")
        if self.has("slow"):
            choices.append(lambda: f"take {self.time(1, 4)}")
        if self.has("bound"):
            choices += [lambda: f"output {self.rng.randint(1, 9)}", lambda: "flush"]
        return self.rng.choice(choices)()

    def act_remove(self):
        return f"remove {self.a_stream()} {self.an_event()}"

    def act_mark(self):
        return f"mark {self.an_event()} {self.mark()}"

    def act_add(self):
        return f"add {self.a_stream()} {self.an_event()} {self.mark()}"

    def act_input(self):
        return f"input {self.a_stream()} {self.rng.randint(1, 4)}"

    def act_read(self):
        return f"read {self.a_stream()} {self.rng.randint(1, 4)}"

    def act_stream(self):
        name = self.a_stream()
        choices = [f"touch {name}", f"nonblock {name} {self.rng.choice(('on', 'off'))}", f"free {name}"]
        if self.has("limits"):
            choices.append(f"limit {name} {self.time(1, 20)}")
        return self.rng.choice(choices)

    # ---- commands ----

    def command(self):
        if not self.lively():
            return self.do_stream()
        choices = [
            (1, self.do_stream), (6, self.do_add), (2, self.do_define), (2, self.do_mark), (2, self.do_remove),
            (4, self.do_input), (8, self.do_read), (2, self.do_busy), (0.2, self.do_free),
        ]  # fmt: skip
        more = {
            "nonblock": (1, lambda: [f"nonblock {self.a_stream()} {self.rng.choice(('on', 'off', 'off'))}"]),
            "limits": (1, self.do_limit),
            "idle": (3, self.do_idle),
            "turns": (6, self.do_turn),
            "steps": (2, self.do_step),
            "signals": (1, lambda: [self.maybe_at("signal")]),
            "lines": (3, self.do_line),
            "ends": (0.3, lambda: [self.maybe_at(f"eof {self.a_stream()}")]),
        }
        choices += [more[f] for f in sorted(self.features & more.keys())]
        weights, makers = zip(*choices)
        return self.rng.choices(makers, weights)[0]()

    def maybe_at(self, line):
        if self.rng.random() < 0.3:
            return line
        return f"{line} at {seconds(self.model.now + nanoseconds(self.time(1, 15)))}"

    def do_stream(self):
        if len(self.lively()) > (3 if self.has("streams") else 0):
            return self.do_add()
        words = ["stream", self.new("S", self.streams)]
        if self.has("nonblock") and self.rng.random() < 0.3:
            words.append("nonblock")
        if self.limited or self.rng.random() < 0.5:
            words.append(f"limit {self.time(2, 60)}")
        if self.has("bound"):
            words.append("bound")
        return [" ".join(words)]

    def do_add(self):
        plan = self.plan()
        return [f"add {self.a_stream()} {self.new('E', self.events)} {self.mark()} {plan}"]

    def do_define(self):
        if not self.has("reentrant"):
            return self.do_add()
        plan = self.plan()
        return [f"define {self.new('E', self.events)} {plan}"]

    def do_idle(self):
        plan = self.plan(idle=True)
        kind = self.rng.random()
        if kind < 0.2:
            return [f"touch {self.a_stream()}"]
        return [f"add-idle {self.a_stream()} {self.new('E', self.events)} {self.time(1, 8)} {plan}"]

    def do_mark(self):
        return [f"mark {self.an_event()} {self.mark()}"] if self.events else self.do_add()

    def do_remove(self):
        return [f"remove {self.a_stream()} {self.an_event()}"] if self.events else self.do_add()

    def do_input(self):
        return [self.maybe_at(f"input {self.a_stream()} {self.rng.randint(1, 5)}")]

    def do_read(self):
        name = self.a_stream()
        read = f"read {name} {self.rng.randint(1, 5)}"
        return [read] if self.rng.random() < 0.4 else [self.maybe_at(f"input {name} {self.rng.randint(1, 5)}"), read]

    def do_busy(self):
        return [f"busy {self.time(1, 15)}"]

    def do_free(self):
        return [f"free {self.a_stream()}"]

    def do_limit(self):
        return [f"limit {self.a_stream()} {self.time(1, 20)}"]

    def do_turn(self):
        return ["turn" if self.rng.random() < 0.2 else f"turn {self.time(0, 10)}"]

    def do_step(self):
        return [self.maybe_at(f"step {self.rng.choice(('', '-'))}{self.time(1, 20)}")]

    def do_line(self):
        name = self.a_stream()
        return [self.maybe_at(f"input-line {name} {self.rng.randint(1, 5)}"), f"line {name}"]


def write(profile, seed):
    """The script of this seed: a list of lines."""
    return Writer(profile, seed).script()


def expected(profile, script):
    """Its only right trace, or None when it touches what the profile excludes."""
    model = profile.model()
    try:
        trace = model.run(script)
    except (IndexError, KeyError, ValueError, TypeError, Over):
        return None  # a command that was cut too short
    return None if model.notes else essence(trace)


def essence(trace):
    """The lines of a trace that must be the same everywhere."""
    return [line for _, line in numbered_essence(trace)]


def numbered_essence(trace):
    """(index, line) of each of them."""
    ret = []
    for index, line in enumerate(trace):
        words = line.split(" ")
        if words[0] != "adapter" and words[1:2] != ["sleep"]:
            ret.append((index, " ".join(words[:3]) if words[1:2] == ["error"] else line))
    return ret


def difference(trace, right):
    """(index of the first line of a trace that is not as it must be, the line in its place), or None."""
    seen = numbered_essence(trace)
    for (index, line), wanted in zip(seen, right):
        if line != wanted:
            return index, wanted
    if len(seen) > len(right):
        return seen[len(right)][0], "the end"
    return (len(trace), right[len(seen)]) if len(seen) < len(right) else None
