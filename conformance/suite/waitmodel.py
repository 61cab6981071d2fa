"""Wait events as a model: the executable form of spec/waitevent.md.

It speaks adapters/PROTOCOL.md and is slow, plain and exact.  Times are whole nanoseconds.  Besides its
trace it keeps `notes`: words for what a script has touched that the contract leaves open.  Scripts
meant for comparing avoid them."""

from collections import deque

SECOND = 10**9
NEVER = 2**63 - 1
RETRY = SECOND // 1000  # an event that stays due runs again this much later
GUARD = 10000  # firings and waits in one command


class Over(Exception):
    """The script ends here: blocked, spinning, or unsupported."""


def nanoseconds(text):
    """A TIME of the protocol."""
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.lstrip("+-").partition(".")
    return sign * (int(whole) * SECOND + int(f"{fraction:0<9}"[:9]))


def seconds(ns):
    whole, fraction = divmod(abs(ns), SECOND)
    text = f"{whole}.{fraction:09}".rstrip("0").rstrip(".")
    return f"-{text}" if ns < 0 else text


def parse_plan(words):
    """[[action, …], …]: firings of actions, each a list of words."""
    return [[action.split() for action in firing.split(";")] for firing in " ".join(words).split("|")]


class Stream:
    def __init__(self, name, words, now):
        self.name = name
        self.nonblock = "nonblock" in words
        self.bare = "bare" in words or "write" in words
        self.bound = "bound" in words
        self.limit = nanoseconds(words[words.index("limit") + 1]) if "limit" in words else NEVER
        self.since = now  # when the idle time began
        self.reported = False  # the idle limit, by a turn
        self.socket = b""  # what the peer has sent and nobody has read
        self.closed = False
        self.sent = 0
        self.buffer = b""
        self.end = None  # the words of reads from now on
        self.freed = False
        self.output = 0

    def ready(self):
        return bool(self.socket) or self.closed

    def deadline(self):
        return NEVER if self.limit == NEVER else self.since + self.limit

    def take(self, count):
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken


class Event:
    """One event, from its addition to its end."""

    def __init__(self, name, stream, plan, mark=None, idle=None, due=None):
        self.name = name
        self.stream = stream
        self.plan = plan
        self.mark = mark  # by the wall clock; None for an idle event
        self.idle = idle
        self.due = due  # an idle event's next time, by the monotonic clock
        self.firings = 0

    def next_firing(self):
        firing = self.plan[min(self.firings, len(self.plan) - 1)]
        self.firings += 1
        return firing


class Model:
    """Carries out one script, command by command."""

    def __init__(self):
        self.now = 1000 * SECOND  # the monotonic clock
        self.offset = 0  # from it to the wall clock
        self.trace = ["adapter model 1"]
        self.notes = set()
        self.streams = {}
        self.events = []  # active ones, in the order of their addition
        self.named = {}  # the event that a name means
        self.plans = {}
        self.scheduled = deque()  # (time, words), in order
        self.current = None  # the event whose callback runs
        self.effort = 0

    # ---- words ----

    def wall(self):
        return self.now + self.offset

    def say(self, *words):
        self.trace.append(" ".join([seconds(self.now), *words]))

    def note(self, word):
        self.notes.add(word)

    def when(self, text):
        """A MARK."""
        if text in ("min", "max"):
            return -(2**63) if text == "min" else NEVER
        if text == "now":
            return self.wall()
        return self.wall() + nanoseconds(text) if text[0] in "+-" else nanoseconds(text)

    def stream(self, name):
        found = self.streams.get(name)
        return None if found is None or found.freed else found

    def spend(self):
        self.effort += 1
        if self.effort > GUARD:
            self.say("spin")
            raise Over

    # ---- the script ----

    def run(self, script):
        """The trace of a whole script."""
        for line in script:
            if not self.execute(line):
                break
        return self.trace

    def execute(self, line):
        """One line; false when the script is over."""
        words = line.split()
        if not words or words[0].startswith("#"):
            return True
        self.effort = 0
        try:
            self.command(words)
        except Over:
            return False
        return True

    def command(self, words):
        if len(words) > 2 and words[-2] == "at":
            return self.schedule(nanoseconds(words[-1]), words[:-2])
        do = getattr(self, "do_" + words[0].replace("-", "_"), None)
        if do is None:
            self.trace.append(f"unsupported {words[0]}")
            raise Over
        return do(*words[1:])

    def schedule(self, time, words):
        if time <= self.now:
            return self.command(words)
        after = [item for item in self.scheduled if item[0] > time]
        before = [item for item in self.scheduled if item[0] <= time]
        self.scheduled = deque([*before, (time, words), *after])
        return None

    def move_to(self, time):
        """The clocks move; what is scheduled up to then happens."""
        while self.scheduled and self.scheduled[0][0] <= time:
            self.now, words = self.scheduled.popleft()
            self.command(words)
        self.now = time

    def sleep_until(self, time):
        """A wait: it ends at `time`, by the monotonic clock, or when something scheduled happens."""
        self.spend()
        ahead = self.scheduled[0][0] if self.scheduled else NEVER
        if min(time, ahead) == NEVER:
            self.say("blocked")
            raise Over
        self.move_to(min(time, ahead))

    # ---- streams ----

    def do_stream(self, name, *words):
        self.streams[name] = Stream(name, words, self.now)

    def do_free(self, name):
        stream = self.stream(name)
        if stream:
            stream.freed = True
            self.events = [e for e in self.events if e.stream is not stream]

    def do_limit(self, name, limit):
        stream = self.stream(name)
        if stream:
            if stream.reported:
                self.note("a new limit after a turn has reported the old one")
            stream.limit = NEVER if limit == "none" else nanoseconds(limit)

    def do_touch(self, name):
        stream = self.stream(name)
        if stream:
            self.begin_idle(stream)

    def begin_idle(self, stream):
        stream.since = self.now
        stream.reported = False
        for event in self.events:
            if event.stream is stream and event.idle is not None:
                event.due = self.now + event.idle

    def do_nonblock(self, name, word):
        stream = self.stream(name)
        if stream:
            stream.nonblock = word == "on"

    def do_input(self, name, count):
        stream = self.stream(name)
        if stream and not stream.closed and not stream.bare:
            digits = range(stream.sent, stream.sent + int(count))
            stream.socket += bytes(48 + n % 10 for n in digits)
            stream.sent += int(count)

    def do_input_line(self, name, count):
        stream = self.stream(name)
        if stream and not stream.closed and not stream.bare:
            self.do_input(name, count)
            stream.socket = stream.socket[:-1] + b"\n"

    def do_eof(self, name):
        stream = self.stream(name)
        if stream and not stream.bare:
            stream.closed = True

    def do_signal(self):
        pass

    def do_step(self, by):
        self.offset += nanoseconds(by)

    def do_busy(self, by):
        self.move_to(self.now + nanoseconds(by))

    # ---- events ----

    def do_define(self, name, *plan):
        self.plans[name] = parse_plan(plan)

    def do_add(self, name, event, mark, *plan):
        stream = self.admit(name, event, plan)
        if stream:
            self.enlist(Event(event, stream, self.plans[event], mark=self.when(mark)))

    def do_add_idle(self, name, event, idle, *plan):
        stream = self.admit(name, event, plan)
        if stream:
            idle = nanoseconds(idle)
            self.enlist(Event(event, stream, self.plans[event], idle=idle, due=self.now + idle))

    def admit(self, name, event, plan):
        if plan:
            self.plans[event] = parse_plan(plan)
        stream = self.stream(name)
        if not stream:
            self.say("refused", event)
        elif event not in self.plans:
            self.note("an event without a plan")
            self.plans[event] = [[["none"]]]
        return stream

    def enlist(self, event):
        self.events.append(event)
        self.named[event.name] = event

    def active(self, name):
        """The event that a name means, unless it is over."""
        event = self.named.get(name)
        return event if event in self.events else None

    def do_remove(self, name, event):
        stream, event = self.stream(name), self.active(event)
        if stream and event and event.stream is stream:
            self.events.remove(event)

    def do_remove_none(self, name):
        pass

    def do_mark(self, event, mark):
        event = self.active(event)
        if event and event.mark is not None:
            event.mark = self.when(mark)

    def due_at(self, event):
        """When it is due, by the monotonic clock."""
        if event.mark is None:
            return event.due
        return NEVER if event.mark == NEVER else event.mark - self.offset

    def due(self, stream=None):
        """The events that are due, of one stream or of all, in the order of their addition."""
        return [e for e in self.events if stream in (None, e.stream) and self.due_at(e) <= self.now]

    def run_pass(self, stream=None):
        """Every event that is due now runs once.  {event: when to retry it} of those still due then."""
        began, ran = self.now, []
        for event in self.due(stream):
            if event in self.events and self.due_at(event) <= self.now:
                if self.due_at(event) > began:
                    self.note("due since the pass began, by a callback")
                self.fire(event)
                ran.append(event)
        return {event: self.now + RETRY for event in self.due(stream) if event in ran}

    def fire(self, event):
        self.spend()
        self.say("fire", event.name)
        if event.idle is not None:
            if event.due < self.now:
                self.note("an idle event is late")
            event.due = self.now + event.idle
        *actions, final = event.next_firing()
        self.current = event
        for verb, *words in actions:
            do = getattr(self, "act_" + verb, None) or getattr(self, "do_" + verb)
            do(*words)
        if not self.finish(event, *final) and event in self.events:
            self.events.remove(event)
        self.current = None

    def finish(self, event, word, *rest):
        """The last action of a firing.  Whether the callback returns its own event."""
        if word in ("again", "lost") and event.mark is not None:
            event.mark = self.when(rest[0])
        if word in ("gone", "stale") and event in self.events:
            self.events.remove(event)
        if word == "other":
            return self.named.get(rest[0]) is event
        return word in ("again", "keep", "stale")

    def act_take(self, by):
        self.move_to(self.now + nanoseconds(by))

    def act_output(self, count):
        if self.current.stream.bound:
            self.current.stream.output += int(count)

    def act_flush(self):
        self.flush(self.current.stream)

    def flush(self, stream):
        if stream.output and not stream.freed:
            self.say("delivered", str(stream.output))
        stream.output = 0

    # ---- reads ----

    def do_read(self, name, count="1"):
        self.reading(name, lambda stream: stream.take(int(count)))

    def do_line(self, name):
        def line(stream):
            end = stream.buffer.find(b"\n") + 1
            if not end and stream.end == ["eof"]:
                end = len(stream.buffer)
            return stream.take(end)

        self.reading(name, line)

    def act_read(self, name, count):
        """A read inside a callback: what is there, and nothing else."""
        stream = self.stream(name)
        if not stream:
            return self.say("error", name, "freed")
        if not stream.buffer and not stream.end:
            self.fill(stream)
        return self.answer(stream, stream.take(int(count)), ["busy"])

    def fill(self, stream):
        """read(2), without waiting."""
        if stream.bare:
            stream.end = ["error", "no descriptor"]
        elif stream.socket:
            stream.buffer += stream.socket
            stream.socket = b""
            self.begin_idle(stream)
        elif stream.closed:
            stream.end = ["eof"]

    def reading(self, name, taking):
        """A pass, input, the idle limit, sleep: again and again, until taking(stream) takes something."""
        stream = self.stream(name)
        if not stream:
            return self.say("error", name, "freed")
        got, more = taking(stream), True
        while more and not got and not stream.end:
            retries = self.run_pass(stream)
            if stream.freed:
                return self.say("error", name, "freed")
            got = taking(stream)
            if not got and not stream.end:
                self.fill(stream)
                got = taking(stream)
            if not got and not stream.end:
                more = self.rest(stream, retries)
        return self.answer(stream, got, ["again"])

    def rest(self, stream, retries):
        """A read has found nothing: it sleeps, or reaches the idle limit.  False: it does not wait."""
        if any(event not in retries for event in self.due(stream)):
            return not stream.nonblock
        if self.now >= stream.deadline():
            stream.end = ["timeout"]
        elif not stream.nonblock:
            mine = [event for event in self.events if event.stream is stream]
            self.flush(stream)
            self.sleep_until(min([stream.deadline(), *[retries.get(e, self.due_at(e)) for e in mine]]))
        return bool(stream.end) or not stream.nonblock

    def answer(self, stream, got, nothing):
        if got:
            return self.say("input", stream.name, got.decode().replace("\n", "\\n"))
        word, *rest = stream.end or nothing
        return self.say(word, stream.name, *rest)

    # ---- turns ----

    def do_turn(self, most=None):
        until = NEVER if most is None else self.wall() + nanoseconds(most)
        if any(stream.buffer for stream in self.alive()):
            until = self.wall()
        retries = self.run_pass()
        while not self.woken(retries, until):
            for stream in self.alive():
                self.flush(stream)
            self.sleep_until(self.next_wake(retries, until))
        input_ = [s for s in self.alive() if s.ready() or s.buffer]
        idle = self.idle(retries)
        for stream in input_:
            if stream.ready():
                self.begin_idle(stream)
        for stream in idle:
            stream.reported = True
        words = ["input", *names(input_)] if input_ else []
        words += ["due"] if self.due() else []
        words += ["idle", *names(idle)] if idle else []
        self.say("turned", *(words or ["none"]))

    def alive(self):
        return [stream for stream in self.streams.values() if not stream.freed]

    def idle(self, retries):
        """The streams whose limit is reached, and comes before nothing else."""
        busy = [event.stream for event in self.due() if event not in retries]
        return [
            s
            for s in self.alive()
            if self.now >= s.deadline() and not (s.reported or s.ready() or s in busy)
        ]

    def next_wake(self, retries, until):
        limits = [s.deadline() for s in self.alive() if not s.reported]
        until = NEVER if until == NEVER else until - self.offset
        return min([until, *limits, *[retries.get(e, self.due_at(e)) for e in self.events]])

    def woken(self, retries, until):
        ready = any(stream.ready() for stream in self.alive())
        return ready or self.now >= self.next_wake(retries, until)


def names(streams):
    return [stream.name for stream in streams]
