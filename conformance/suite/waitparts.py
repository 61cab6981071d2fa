"""What the model of wait events is made of: times, plans, streams and events."""

SECOND = 10**9
NEVER = 2**63 - 1


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
        self.socket = b""  # what the peer has sent and nobody has read
        self.closed = False
        self.sent = 0
        self.buffer = b""
        self.partial = False  # what is in it makes no line, and lines are wanted
        self.end = None  # the words of reads from now on
        self.freed = False
        self.output = 0

    def receive(self, count, newline):
        came = bytes(48 + n % 10 for n in range(self.sent, self.sent + count))
        self.socket += came[:-1] + b"\n" if newline else came
        self.sent += count

    def ready(self):
        return bool(self.socket or self.closed or (self.buffer and not self.partial))

    def deadline(self):
        return NEVER if self.end or self.limit == NEVER else self.since + self.limit

    def take(self, count):
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        self.partial = self.partial and not taken
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
