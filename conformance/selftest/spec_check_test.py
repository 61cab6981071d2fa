"""The checker of the spec finds each kind of fault."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).resolve().parents[1] / "spec_check.py"

GOOD = """# Part

## part.one (MUST)
A text.
Source: lei(1)
Ruling: 1
"""
TEST = 'from suite.api import clause\n@clause("part.one")\ndef test_it(): pass\n'


def check(root, chapter=GOOD, test=TEST, rulings="## Ruling 1: so\n"):
    (root / "spec").mkdir()
    (root / "spec" / "part.md").write_text(chapter)
    (root / "spec" / "rulings.md").write_text(rulings)
    tests = root / "conformance" / "tests"
    tests.mkdir(parents=True)
    (tests / "part_test.py").write_text(test)
    done = subprocess.run([sys.executable, str(CHECK), "--root", str(root)], capture_output=True, text=True)
    return done.returncode, done.stdout


def test_good(tmp_path):
    assert check(tmp_path)[0] == 0


@pytest.mark.parametrize(
    "change,words",
    [
        ({"chapter": GOOD + GOOD[8:]}, "is also at"),
        ({"chapter": GOOD.replace("part.one", "part.1")}, "not made of words"),
        ({"chapter": GOOD.replace("part.one", "other.one")}, "does not begin with its chapter"),
        ({"chapter": GOOD.replace("MUST", "OUGHT")}, "is no level"),
        ({"chapter": GOOD.replace("A text.\n", "")}, "no text"),
        ({"chapter": GOOD.replace("Source: lei(1)\n", "")}, "no source"),
        ({"chapter": GOOD.replace("lei(1)", "hearsay")}, "not a source"),
        ({"chapter": GOOD.replace("Ruling: 1", "Ruling: 9")}, "no ruling 9"),
        ({"chapter": GOOD + "Untested: cannot\n"}, "and a test names it"),
        ({"test": ""}, "a MUST without a test"),
        ({"test": TEST.replace("part.one", "part.two")}, "no clause is called part.two"),
        ({"rulings": "## Ruling 1: so\n## Ruling 2: or so\n"}, "no clause rests on ruling 2"),
        ({"rulings": "## Ruling 1: so\n## Ruling 1: so\n"}, "ruling 1 twice"),
    ],
)
def test_fault(tmp_path, change, words):
    status, text = check(tmp_path, **change)
    assert status == 1
    assert words in text
