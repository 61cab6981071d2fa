"""What the programs of the suite have in common: arguments, and how they end when something is wrong."""

import argparse
import sys
import traceback

from . import verdict as v
from .report import saved
from .report.text import visible
from .selection import SuiteError, Usage
from .spec import SpecError


MOST = 1_000_000  # of anything that is counted or stretched


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Usage(f"{message}\n{self.format_usage()}")


def positive(kind):
    def parse(text):
        value = kind(text)
        if not 0 < value <= MOST:  # which `nan` is not, either
            raise ValueError
        return value

    parse.__name__ = f"positive {kind.__name__}"
    return parse


def end_of(name, body):
    """The exit status of body(), or of what it raised, which is told on standard error."""

    def tell(words):
        print(f"conformance/{name}: {words}", file=sys.stderr)

    # What an implementation says may be no text of this terminal's encoding.
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.stderr.reconfigure(errors="backslashreplace")
    try:
        return body()
    except (Usage, saved.Unwritable) as e:
        tell(e)
        return v.EXIT_USAGE
    except v.AdapterError as e:
        tell(visible(str(e)))
        return v.EXIT_ADAPTER
    except (SuiteError, SpecError) as e:
        tell(f"the suite is broken: {visible(str(e))}")
        return v.EXIT_SUITE
    except Exception:  # Python would end with 1, which says that a clause failed
        tell(f"the suite is broken:\n{visible(traceback.format_exc())}")
        return v.EXIT_SUITE
