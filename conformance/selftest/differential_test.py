"""conformance/differential on programs whose differences are known, and on tables that are wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))

from suite.differential import coverage, lines, normal  # noqa: E402

SCRIPT = """#!/bin/sh
case "$1" in
_complete) [ "$3" != '' ] || echo q; [ "$3" != q ] || printf '%s\\n' --word; exit 0 ;;
daemon-kill) exit 0 ;;
esac
"""
TABLE = """page = "lei-q(1)"
[[group]]
name = "mail"
[[group.line]]
id = "one"
from = "--word"
run = "lei q --word"
"""


class Pair:
    """Two programs that are scripts, and a table for them."""

    def __init__(self, root):
        self.root = root
        (root / "lines").mkdir()
        self.table()

    def program(self, name, text):
        path = self.root / name / "lei"
        path.parent.mkdir(exist_ok=True)
        path.write_text(SCRIPT + text)
        path.chmod(0o755)
        (self.root / f"{name}.toml").write_text(f'name = "{name}"\nroles = ["pair"]\n[programs]\nlei = "{path}"\n')

    def table(self, more="", declared=""):
        (self.root / "lines" / "lei-q.toml").write_text(TABLE + more)
        (self.root / "lines" / "declared.toml").write_text(declared)

    def run(self, ours="", original="", *args):
        self.program("ours", ours)
        self.program("original", original)
        argv = [HERE / "differential", "--ours", self.root / "ours.toml", "--original", self.root / "original.toml"]
        argv += ["--lines", self.root / "lines", "--json", self.root / "out.json", *args]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def report(self):
        return json.loads((self.root / "out.json").read_text())


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


def difference(**what):
    """A declaration of `stdout` for the only line, as TOML."""
    fields = {"name": '"known"', "lines": '["lei-q.mail.one"]', "reason": '"because"', **what}
    return "[[difference]]\n" + "".join(f"{k} = {v}\n" for k, v in fields.items())


def test_equal(pair):
    status, text = pair.run("echo same", "echo same")
    assert status == 0 and "1 EQUAL" in text, text
    assert pair.report()["summary"] == {"EQUAL": 1, "DECLARED": 0, "GONE": 0, "DIFFERENT": 0}
    assert pair.report()["exit"] == 0


@pytest.mark.parametrize(
    "ours, field, shown",
    [
        ("echo other", "stdout", "'other"),
        ("echo same; exit 3", "exit", "'3'"),
        ("echo same; echo oops >&2", "stderr", "message"),
        ("echo same; echo x >left", "files", "+=== left"),
        ("echo same; mkdir -p d/cur d/new d/tmp; echo x >d/cur/1:2,S", "files", "+--- + cur S"),
    ],
)
def test_different(pair, ours, field, shown):
    status, text = pair.run(ours, "echo same")
    assert status == 1 and shown.strip("'") in text and "again: conformance/differential" in text, text
    assert list(pair.report()["lines"][0]["differs"]) == [field]


def test_names_of_mail_mean_nothing(pair):
    made = "mkdir -p d/cur d/new d/tmp; echo x >d/cur/%s:2,S"
    assert pair.run(made % "a", made % "b")[0] == 0


def test_what_was_there_is_not_told(pair):
    pair.table('make = { md = "maildir" }\n')
    status, text = pair.run("mv md/new/* md/cur/c:2,", "")
    assert status == 1 and "--- + cur no flags" in text and "cur S" not in text, text


def test_declared(pair):
    pair.table(declared=difference(stdout='["other\\n", "same\\n"]'))
    status, text = pair.run("echo other", "echo same", "-v")
    assert status == 0 and "1 DECLARED" in text and "because" in text, text
    assert pair.report()["differences"][0]["lines"] == ["lei-q.mail.one"]


def test_declared_otherwise(pair):
    pair.table(declared=difference(stdout='["third\\n", "same\\n"]'))
    assert pair.run("echo other", "echo same")[0] == 2  # different, and the declaration explains nothing
    assert pair.report()["lines"][0]["verdict"] == "DIFFERENT"


def test_one_field_declared_another_not(pair):
    pair.table(declared=difference(stdout='["other\\n", "same\\n"]'))
    assert pair.run("echo other; exit 1", "echo same")[0] == 1


def test_erased(pair):
    pair.table(declared=difference(stdout="{ erase = ' pid \\d+' }"))
    assert pair.run("echo me pid 1", "echo me pid 22")[0] == 0
    assert pair.run("echo you pid 1", "echo me pid 22")[0] == 2


def test_gone(pair):
    pair.table(declared=difference(stdout='["other\\n", "same\\n"]'))
    status, text = pair.run("echo same", "echo same")
    assert status == 2 and "GONE" in text and "known" in text, text


def test_intermittent(pair):
    pair.table(declared=difference(stdout='["other\\n", "same\\n"]', intermittent="true"))
    assert pair.run("echo same", "echo same")[0] == 0


@pytest.mark.parametrize(
    "ours, status",
    [
        ("echo not yet >&2; exit 1", 0),
        ("echo no idea >&2; exit 1", 2),  # fails for another reason
        ("echo not yet >&2", 2),  # and yet succeeds
        ("echo not yet >&2; echo half; exit 1", 1),  # and yet does something
    ],
)
def test_refused(pair, ours, status):
    pair.table(declared=difference(refused="true", says='"not yet"'))
    assert pair.run(ours, "echo done")[0] == status


def test_uncovered_option(pair):
    status, text = pair.run("", "", "-k", "lei-q")
    assert status == 0, text  # only a whole run is asked for
    pair.table()
    table = pair.root / "lines" / "lei-q.toml"
    table.write_text(table.read_text().replace('"lei q --word"', '"lei q"'))
    status, text = pair.run()
    assert status == 2 and "no line uses q --word" in text, text


def test_hang(pair):
    status, text = pair.run("exec sleep 60", "", "--timeout-scale", "0.02")
    assert status == 3 and "hangs" in text, text


def test_absent(pair):
    pair.run()
    (pair.root / "none.toml").write_text('name = "none"\nroles = ["pair"]\n[programs]\nlei = "/nonexistent/lei"\n')
    status, text = pair.run("", "", "--original", pair.root / "none.toml")
    assert status == 69 and "SKIP" in text, text


def test_usage(pair):
    assert pair.run("", "", "-k", "nothing-like-it")[0] == 64
    assert pair.run("", "", "--original", "unheard-of")[0] == 64
    assert pair.run("", "", "--jobs", "0")[0] == 64
    (pair.root / "lines" / "lei-q.toml").write_text("")
    assert pair.run()[0] == 66


@pytest.mark.parametrize(
    "declared, why",
    [
        (difference(stdout='["a", "b"]', lines='["no.such.line"]'), "no line is called"),
        (difference(), "needs"),
        (difference(stdout='["a", "b"]', reason='""'), "needs"),
        (difference(stdout='["a"]'), "either"),
        (difference(stdout='{ erase = "(" }'), "known.stdout"),
        (difference(refused="true"), "`says`"),
        (difference(stdout='["a", "b"]', more="1"), "unknown keys: more"),
        (difference(stdout='["a", "b"]') * 2, "declared twice"),
    ],
)
def test_wrong_declarations(pair, declared, why):
    pair.table(declared=declared)
    status, text = pair.run()
    assert status == 5 and why in text, text


@pytest.mark.parametrize(
    "more, why",
    [
        ('form = "odd"\n', "form is one of"),
        ('more = "odd"\n', "unknown keys: more"),
        ('[[group.line]]\nid = "one"\nfrom = "x"\nrun = "true"\n', "twice"),
        ('[[group.line]]\nid = "Two"\nfrom = "x"\nrun = "true"\n', "not made of words"),
        ('[[group.line]]\nid = "two"\nrun = "true"\n', "`from` is missing"),
        ("[[", "lei-q.toml"),
    ],
)
def test_wrong_tables(pair, more, why):
    pair.table(more)
    status, text = pair.run()
    assert status == 5 and why in text, text


def test_setup_that_fails(pair):
    table = pair.root / "lines" / "lei-q.toml"
    table.write_text(table.read_text().replace('name = "mail"', 'name = "mail"\nsetup = ["false"]'))
    assert pair.run()[0] == 5


def test_shipped_tables():
    groups, differences = lines.load()
    found = [line for group in groups for line in group.lines]
    assert len(found) > 400 and differences
    assert all(line.source.strip() for line in found)


def test_commands_of_a_line():
    run = "lei -C d q --a=1 -n2 x && echo $(lei blob -v --b y) | lei convert - >out"
    assert coverage.commands(run) == [("q", {"-C", "--a", "-n"}), ("blob", {"-v", "--b"}), ("convert", set())]


def test_standard_error_has_a_class():
    assert [normal.class_of(text) for text in (b"", b"\n", b"# 1 written\n", b"# a\nb\n")] == [
        "silent", "silent", "feedback", "message",
    ]  # fmt: skip


def test_rows_are_compared_whatever_their_shape():
    rows = b'{"b": 1, "a": 2}\n'
    assert normal.rows(b"[" + rows + b", null]") == normal.rows(rows + b"null") == '{"a": 2, "b": 1}\nnull\n'
    assert normal.rows(b"no JSON") == "no JSON"
