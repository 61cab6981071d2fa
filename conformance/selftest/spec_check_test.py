"""The checker of the spec finds each kind of fault."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
CHECK = HERE / "spec_check.py"
sys.path.insert(0, str(HERE))

from suite import spec  # noqa: E402

GOOD = """# Part

## part.one (MUST)
A text.
Source: lei(1)
Ruling: 1
"""
TEST = 'from suite.api import clause\n@clause("part.one")\ndef test_it(): pass\n'


MUTANT = "Clause: part.one\nWhy: wrong\n--- a\n+++ b\n"
README = "# Contract\n\nChapters: part.\n"
RULINGS = "## Ruling 1: so\n"


def write(root, chapter=GOOD, test=TEST, rulings=RULINGS, mutant=MUTANT, retired="", version=None, readme=README):
    (root / "spec").mkdir(exist_ok=True)
    (root / "spec" / "part.md").write_text(chapter)
    (root / "spec" / "README.md").write_text(readme)
    (root / "spec" / "rulings.md").write_text(rulings)
    (root / "spec" / "VERSION").write_text(version or f"1.0 rulings {spec.rulings_digest(root)}\n")
    if retired:
        (root / "spec" / "retired.md").write_text(retired)
    for name, file, text in (("tests", "part_test.py", test), ("mutants", "bad.patch", mutant)):
        place = root / "conformance" / name
        place.mkdir(parents=True, exist_ok=True)
        (place / file).write_text(text)


def run(root, *args):
    done = subprocess.run([sys.executable, CHECK, "--root", root, *args], capture_output=True, text=True)
    return done.returncode, done.stdout


def check(root, *args, **content):
    write(root, **content)
    return run(root, *args)


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
        ({"chapter": GOOD.replace("lei(1)", "lei(1) (ours)")}, "not a source"),
        ({"chapter": GOOD.replace("lei(1)", "")}, "`Source:` says nothing"),
        ({"chapter": GOOD.replace("Ruling: 1", "Ruling: one")}, "not numbers of rulings"),
        ({"chapter": GOOD.replace("Ruling: 1", "Ruling: 9")}, "no ruling 9"),
        ({"chapter": GOOD + "Untested: cannot\n"}, "and a test names it"),
        ({"chapter": GOOD + "Untested:\n", "test": ""}, "`Untested:` says nothing"),
        ({"chapter": GOOD + "Mutant: none\n"}, "none, because"),
        ({"chapter": GOOD + "Mutant: none, because so\n"}, "and bad breaks it"),
        ({"mutant": MUTANT.replace("part.one", "part.two")}, "no clause is called part.two"),
        ({"retired": "- `part.one`: gone\n"}, "is retired (spec/retired.md:1) and never used again"),
        ({"retired": "- part.two\n"}, "spec/retired.md:1: a line is"),
        ({"version": "1.0 rulings 0123456789ab\n"}, "the rulings have changed since 1.0"),
        ({"readme": "Chapters: part, other."}, "there is no chapter other"),
        ({"readme": "Chapters: other."}, "the chapter part is not in its list"),
        ({"readme": "# Contract"}, "no line `Chapters:"),
        ({"version": "new\n"}, "spec/VERSION: it is one line"),
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


def test_mutant_missing(tmp_path):
    assert check(tmp_path, mutant="--- a\n")[0] == 0, "without --mutants it is no fault"
    status, text = run(tmp_path, "--mutants")
    assert status == 1
    assert "part.md:3: part.one: a MUST without a mutant" in text


def test_mutant_excused(tmp_path):
    chapter = GOOD + "Mutant: none, because nothing smaller than all of it breaks\n"
    assert check(tmp_path, "--mutants", mutant="--- a\n", chapter=chapter)[0] == 0


def test_id_that_went_away(tmp_path):
    def git(*args):
        name = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(["git", *name, "-C", tmp_path, *args], check=True, capture_output=True)

    git("init", "-q")
    write(tmp_path, chapter=GOOD + GOOD[8:].replace("part.one", "part.two").replace("MUST", "MAY"))
    for chapter in (None, GOOD):
        if chapter:
            (tmp_path / "spec" / "part.md").write_text(chapter)
        git("add", "-A")
        git("commit", "-qm", "x")
    status, text = run(tmp_path)
    assert status == 1
    assert "part.two was a clause and is none now" in text
    assert check(tmp_path, retired="# Retired\n\n- `part.two`: nobody needs it\n")[0] == 0
