"""Wait events as a model: the executable form of spec/waitevent.md.

It speaks adapters/PROTOCOL.md and is slow, plain and exact.  Times are whole nanoseconds.  Besides its
trace it keeps `notes`: words for what a script has touched that the contract leaves open.  Scripts
meant for comparing avoid them."""

from collections import deque

from .waitparts import NEVER, SECOND, Event, Stream, nanoseconds, parse_plan, seconds

RETRY = SECOND // 1000  # an event that stays due runs again this much later


class Over(Exception):
    """The script ends here: blocked, spinning, or unsupported."""


class Model:
    """Carries out one script, command by command."""

    GUARD = 10000  # firings and waits in one command

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
        self.touched = set()  # events that a pass has run, or its callbacks have added or marked
        self.later = {}  # those of them still due after it: when the next pass is for them
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
        if self.effort > self.GUARD:
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
            stream.limit = NEVER if limit == "none" else nanoseconds(limit)

    def do_touch(self, name):
        stream = self.stream(name)
        if stream:
            self.begin_idle(stream)

    def begin_idle(self, stream):
        stream.since = self.now
        for event in self.events:
            if event.stream is stream and event.idle is not None:
                event.due = self.now + event.idle

    def do_nonblock(self, name, word):
        stream = self.stream(name)
        if stream:
            stream.nonblock = word == "on"

    def do_input(self, name, count, newline=False):
        stream = self.stream(name)
        if stream and not stream.closed and not stream.bare:
            stream.receive(int(count), newline)

    def do_input_line(self, name, count):
        self.do_input(name, count, newline=True)

    def do_eof(self, name):
        stream = self.stream(name)
        if stream:
            stream.closed = not stream.bare

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
        self.touched.add(event)
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
            self.touched.add(event)

    def due_at(self, event):
        """When it is due, by the monotonic clock."""
        if event.mark is None:
            return event.due
        return NEVER if event.mark == NEVER else event.mark - self.offset

    def due(self, stream=None):
        """The events that are due, of one stream or of all, in the order of their addition."""
        return [e for e in self.events if stream in (None, e.stream) and self.due_at(e) <= self.now]

    def run_pass(self, stream=None):
        """Every event that is due now runs once, unless another's callback puts it off."""
        self.touched = set()
        began, wall = self.now, self.wall()
        for event in self.due(stream):
            still = event.due <= began if event.mark is None else event.mark <= wall
            if event in self.events and still:
                self.fire(event, began)
        self.later = {event: self.now + RETRY for event in self.due(stream) if event in self.touched}

    def fire(self, event, began):
        self.spend()
        self.say("fire", event.name)
        self.touched.add(event)
        if event.idle is not None:
            event.due = began + event.idle
        *actions, final = event.next_firing()
        self.current = event
        for verb, *words in actions:
            do = getattr(self, "act_" + verb, None) or getattr(self, "do_" + verb)
            do(*words)
        if not self.finish(event, *final) and event in self.events:
            self.events.remove(event)
        self.current = None

    def came_due(self, stream=None):
        """Those that are due and had no part in the latest pass: nothing may keep them waiting."""
        return [event for event in self.due(stream) if event not in self.later]

    def wake(self, stream=None):
        """When an event wants the next pass."""
        times = [self.later.get(e, self.due_at(e)) for e in self.events if stream in (None, e.stream)]
        if self.later and any(self.now < time < self.now + RETRY for time in times):
            self.note("something within a retry")
        return min(times, default=NEVER)

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
        stream = self.stream(name)
        if stream and self.trace[-1].split()[1] != "input":
            stream.partial = bool(stream.buffer)

    def act_read(self, name, count):
        """A read inside a callback: what is there, and nothing else."""
        self.reading(name, lambda stream: stream.take(int(count)), ["busy"], waits=False)

    def fill(self, stream):
        """read(2), without waiting: whether there was anything."""
        if stream.socket:
            stream.buffer += stream.socket
            stream.socket = b""
            stream.partial = False
            self.begin_idle(stream)
            return True
        if stream.closed:
            stream.end = ["eof"]
        return stream.closed

    def filled(self, stream, taking):
        """What taking(stream) takes of what is there."""
        got = taking(stream)
        while not got and not stream.end and self.fill(stream):
            got = taking(stream)
        return got

    def reading(self, name, taking, nothing=("again",), waits=True):
        """A pass, input, the idle limit, sleep: again and again, until taking(stream) takes something."""
        stream = self.stream(name)
        if not stream or stream.bare:
            return self.say("error", name, "freed" if not stream else "no descriptor")
        got = taking(stream) if waits else self.filled(stream, taking)
        while waits and not got and not stream.end:
            began = self.now
            self.run_pass(stream)
            if stream.freed:
                return self.say("error", name, "freed")
            got = self.filled(stream, taking)
            if not got and not stream.end:
                waits = self.rest(stream, began)
        return self.answer(stream, got, nothing)

    def rest(self, stream, began):
        """A read has found nothing: it sleeps, or reaches the idle limit.  False: it does not wait."""
        if began >= stream.deadline():
            stream.end = ["timeout"]
        elif not stream.nonblock and self.now < stream.deadline() and not self.came_due(stream):
            self.flush(stream)
            self.sleep_until(min(stream.deadline(), self.wake(stream)))
        return not stream.nonblock

    def answer(self, stream, got, nothing):
        if got:
            return self.say("input", stream.name, got.decode().replace("\n", "\\n"))
        word, *rest = stream.end or nothing
        return self.say(word, stream.name, *rest)

    # ---- turns ----

    def do_turn(self, most=None):
        until = NEVER if most is None else self.wall() + nanoseconds(most)
        self.run_pass()
        while not any(stream.ready() for stream in self.alive()) and self.now < self.turn_end(until):
            for stream in self.alive():
                self.flush(stream)
            self.sleep_until(self.turn_end(until))
        idle = [s for s in self.alive() if self.now >= s.deadline() and not self.comes_first(s)]
        ready = [s for s in self.alive() if s.ready()]
        for stream in ready:
            if stream.socket or stream.closed:
                self.begin_idle(stream)
        for stream in idle:
            if stream.buffer:
                self.note("a turn at the idle limit, with bytes in the buffer")
            stream.end = ["timeout"]
        words = ["input", *names(ready)] if ready else []
        words += ["due"] if self.due() else []
        words += ["idle", *names(idle)] if idle else []
        self.say("turned", *(words or ["none"]))

    def alive(self):
        return [stream for stream in self.streams.values() if not stream.freed]

    def comes_first(self, stream):
        """Something that goes before the idle limit: input, or events that the pass has not seen."""
        return stream.socket or stream.closed or self.came_due(stream)

    def turn_end(self, until):
        until = NEVER if until == NEVER else until - self.offset
        return min([until, self.wake(), *[stream.deadline() for stream in self.alive()]])


def names(streams):
    return [stream.name for stream in streams]
