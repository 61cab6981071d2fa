"""How many tests run at a time.  Most of a test is waiting, so processors are kept busy by more tests
than there are processors, and how many depends on the implementation and on what else runs here."""

import os
import time

PROCESSORS = len(os.sched_getaffinity(0))
MOST = 5 * PROCESSORS
STEP = 0.05  # seconds until a test that was started shows in the number of those who can run


def runnable():
    """Processes of the whole machine that run or could run now, without us."""
    with open("/proc/loadavg", encoding="ascii") as stream:
        return int(stream.read().split()[3].partition("/")[0]) - 1


class Pace:
    """`jobs` tests at a time, and while processors are idle more, up to `most`."""

    def __init__(self, jobs, most=None):
        self.jobs, self.most = jobs, most or jobs
        self.last = 0.0

    def room(self, running):
        """May another one start, when so many are running?"""
        if running < self.jobs:
            return True
        now = time.monotonic()
        if running >= self.most or now - self.last < STEP or runnable() >= PROCESSORS:
            return False
        self.last = now
        return True

    def wait(self, running, seconds):
        """How long to wait for the end of a test before asking again."""
        return seconds if running >= self.most else min(seconds, STEP)


def of_option(jobs):
    """What --jobs asks for: exactly so many, or by default what keeps the processors busy."""
    return Pace(jobs) if jobs else Pace(PROCESSORS, MOST)
