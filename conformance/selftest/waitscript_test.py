"""Random scripts find a wrong implementation of wait events, and become small."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from suite.waitmodel import Model  # noqa: E402
from suite.waitscript import COMMON, OURS, difference, essence, expected, write  # noqa: E402
from suite.waitshrink import minimise  # noqa: E402


class LastFirst(Model):
    """Runs what is due in the wrong order."""

    def due(self, stream=None):
        return super().due(stream)[::-1]


def wrong(script):
    right = expected(OURS, script)
    return right is not None and difference(LastFirst().run(script), right) is not None


def test_wrong_order_is_found_and_made_small():
    script = next(script for script in (write(OURS, seed) for seed in range(1000)) if wrong(script))
    small = minimise(script, wrong)
    assert wrong(small)
    assert len(small) <= 5, small


def test_a_seed_is_a_script_anywhere():
    code = "from suite.waitscript import *; print(*write(OURS, 5), *write(COMMON, 6), sep='\\n')"
    said = [
        subprocess.check_output([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": n}, cwd=HERE.parent)
        for n in "12"
    ]
    assert said[0] == said[1]


def test_scripts_are_defined_and_do_something():
    for profile in (OURS, COMMON):
        traces = [expected(profile, write(profile, seed)) for seed in range(50)]
        assert None not in traces
        assert sum(" fire " in line for trace in traces for line in trace) > 50


def test_difference():
    right = ["1000 fire A", "1001 eof S"]
    assert difference(["adapter x 1", "1000 fire A", "1000 sleep 1", "1001 eof S"], right) is None
    assert difference(["adapter x 1", "1000 fire B", "1001 eof S"], right) == (1, "1000 fire A")
    assert difference(["adapter x 1", "1000 fire A"], right) == (2, "1001 eof S")
    assert difference(["1000 fire A", "1001 eof S", "1001 eof S"], right) == (2, "the end")
    assert essence(["1000 error S any words"]) == ["1000 error S"]
