"""Verdicts, what raises them, and the exit status they add up to."""

# From best to worst: the verdict of a clause is the worst of its tests.
ORDER = ("SKIP", "PASS", "XFAIL", "FLAKY", "XPASS", "FAIL", "TIMEOUT", "CRASH", "HARNESS")

EXIT_OK = 0
EXIT_FAILED = 1  # a gating clause failed
EXIT_BASELINE = 2  # a declared deviation passed, or names a clause that does not exist
EXIT_CRASHED = 3  # the implementation crashed or hung
EXIT_ADAPTER = 4  # the implementation could not be started or failed the smoke test
EXIT_SUITE = 5  # the suite itself is broken
EXIT_USAGE = 64  # wrong arguments, unknown clause or implementation
EXIT_NOTHING = 66  # nothing selected
EXIT_ABSENT = 69  # the implementation is not installed here

STATUS = {
    "FAIL": EXIT_FAILED,
    "FLAKY": EXIT_FAILED,
    "XPASS": EXIT_BASELINE,
    "TIMEOUT": EXIT_CRASHED,
    "CRASH": EXIT_CRASHED,
    "HARNESS": EXIT_SUITE,
}


class Finding(AssertionError):
    """The implementation did something the clause forbids."""

    verdict = "FAIL"


class Late(Finding):
    """The implementation did not do in time what it had to do."""

    verdict = "TIMEOUT"


class Crashed(Finding):
    """A process of the implementation died that should live."""

    verdict = "CRASH"


class AdapterError(Exception):
    """The implementation cannot be driven at all."""


def worst(verdicts):
    return max(verdicts, key=ORDER.index, default="SKIP")


def of_exception(exc):
    """The verdict that an exception out of a test stands for."""
    if isinstance(exc, Finding):
        return exc.verdict
    if isinstance(exc, AssertionError):
        return "FAIL"
    return "HARNESS"
