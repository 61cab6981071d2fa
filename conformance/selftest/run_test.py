"""The runner proves itself: each kind of faulty implementation gets its verdict and exit status."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
RUN = HERE.parent / "run"
HELP = "command.help:usage-on-standard-output[command]"


class Outcome:
    def __init__(self, done, report):
        self.status, self.text = done.returncode, done.stdout + done.stderr
        self.report = json.loads(report.read_text()) if report.exists() else None

    def verdict(self, clause):
        return next(c["verdict"] for c in self.report["clauses"] if c["id"] == clause)


@pytest.fixture
def suite(tmp_path):
    def go(fault, *args, more="", program=None):
        toml = tmp_path / "fake.toml"
        toml.write_text(
            'name = "fake"\nroles = ["daemon"]\n'
            f'[programs]\nlei-daemon = "{program or HERE / "fake-daemon"}"\n'
            f'[start]\ncommand = ["{{lei-daemon}}", "{fault}", "{{socket}}"]\nforeground = true\n'
            f'[environment]\nFAKE_MARKER = "{tmp_path / "marker"}"\n{more}'
        )
        report = tmp_path / "report.json"
        argv = [sys.executable, str(RUN), str(toml), "--json", str(report), *args]
        argv += ["--timeout-scale", "0.5"] if fault == "hang" else []  # that one alone is waited for
        return Outcome(subprocess.run(argv, capture_output=True, text=True, timeout=120), report)

    return go


@pytest.mark.parametrize(
    "fault,verdict,status,words",
    [
        ("none", "PASS", 0, "nothing deviates"),
        ("wrong", "FAIL", 1, "wrote b''"),
        ("silent", "FAIL", 1, "failed"),
        ("hang", "TIMEOUT", 3, "nothing from daemon"),
        ("die", "CRASH", 3, "SIGSEGV"),
        ("leak", "FAIL", 1, "leaks 1 descriptors"),
        ("drip", "FAIL", 1, "leaks 1 descriptors"),
        ("litter", "FAIL", 1, "stray files"),
        ("breed", "FAIL", 1, "sleep"),
        ("orphan", "FAIL", 1, "no longer below the daemon"),
    ],
)
def test_verdict_of_fault(suite, fault, verdict, status, words):
    seen = suite(fault, "-k", HELP)
    assert seen.status == status, seen.text
    assert seen.verdict("command.help") == verdict
    assert words in seen.text
    if verdict != "PASS":
        assert f"-k '{HELP}'" in seen.text, "no command to see it again"
        assert "write the usage to standard output" in seen.text, "the clause is not quoted"


def test_second_status(suite):
    seen = suite("twice", "-k", "reply.end")
    assert (seen.verdict("reply.end"), seen.status) == ("FAIL", 1), seen.text
    assert "after the status came b'x_it 0'" in seen.text


def test_cannot_start_is_an_adapter_error(suite):
    seen = suite("cannot-start")
    assert seen.status == 4, seen.text
    assert "no such luck" in seen.text


@pytest.mark.parametrize(
    "text,words",
    [
        ("\xff", "decode"),
        ("name = ", "Invalid value"),
        ("nmae = 'x'\n", "unknown keys: nmae"),
        ("[limits]\nrequst = 1\n", "unknown keys: limits.requst"),
        ("[[deviation]]\nclause = 'command.help'\nreason = 'x'\nexpects = ['CRASH']\n", "deviation.expects"),
        ("[limits]\nrequest = 'much'\n", "`limits.request` is to be a whole number"),
        ("bare_end_is_success = 1\n", "`bare_end_is_success` is to be true or false"),
        ("capabilities = 'core'\n", "`capabilities` is to be a list"),
        ("start = []\n", "`start` is to be a table"),
        ("start.command = ['{lei-deamon}', '{socket}']\n", "names no program: {lei-deamon}"),
        ("", "names no program: {lei}"),
        ("start.command = []\n", "empty"),
    ],
)
def test_description_that_is_wrong(tmp_path, text, words):
    toml = tmp_path / "fake.toml"
    rest = f"[programs]\nlei-daemon = '{HERE / 'fake-daemon'}'\n"
    head = "name = 'fake'\nroles = ['daemon']\n"
    toml.write_bytes((head + text + rest).encode("latin-1"))
    done = subprocess.run([sys.executable, str(RUN), str(toml)], capture_output=True, text=True)
    assert (done.returncode, words in done.stderr) == (4, True), done.stderr


def test_role_without_its_program(tmp_path):
    toml = tmp_path / "fake.toml"
    toml.write_text("name = 'fake'\nroles = ['client']\n[programs]\nlei-daemon = '/bin/true'\n")
    done = subprocess.run([sys.executable, str(RUN), str(toml)], capture_output=True, text=True)
    assert (done.returncode, "role client needs a program `lei`" in done.stderr) == (4, True), done.stderr


def test_program_that_the_kernel_refuses(suite, tmp_path):
    program = tmp_path / "bad"
    program.write_text("#!/nonexistent/interpreter\n")
    program.chmod(0o755)
    seen = suite("none", program=program)
    assert (seen.status, "cannot be run: No such file" in seen.text) == (4, True), seen.text


def test_not_installed_is_a_status_of_its_own(suite):
    seen = suite("none", program="/nonexistent/daemon")
    assert seen.status == 69
    assert "not installed: /nonexistent/daemon" in seen.text


@pytest.mark.parametrize(
    "args,status",
    [
        (["-k", "no.such.clause"], 64),
        (["-k", "command.help:no-such-test"], 64),
        (["-k", "no.such.*"], 66),
        (["-k", "waitevent.cost.pass"], 66),
        (["--level", "mostly"], 64),
        (["--repeat", "0"], 64),
        (["--jobs", "x"], 64),
        (["--no-such-option"], 64),
    ],
)
def test_usage_and_selection(suite, args, status):
    assert suite("none", *args).status == status


def test_unknown_implementation():
    done = subprocess.run([sys.executable, str(RUN), "no-such"], capture_output=True, text=True)
    assert done.returncode == 64
    assert "lei-c" in done.stderr


def deviation(clause, extra=""):
    return f'[[deviation]]\nclause = "{clause}"\nreason = "known"\n{extra}\n'


@pytest.mark.parametrize(
    "fault,extra,verdict,status",
    [
        ("wrong", "", "XFAIL", 0),
        ("hang", 'expect = ["TIMEOUT"]', "XFAIL", 0),
        ("hang", "", "TIMEOUT", 3),
        ("wrong", 'expect = ["TIMEOUT"]', "FAIL", 1),
        ("none", "", "XPASS", 2),
        ("none", "intermittent = true", "PASS", 0),
    ],
)
def test_declared_deviation(suite, fault, extra, verdict, status):
    seen = suite(fault, "-k", "command.help", more=deviation("command.help", extra))
    assert (seen.verdict("command.help"), seen.status) == (verdict, status), seen.text


def test_part_of_a_clause_is_no_unexpected_pass(suite):
    assert suite("none", "-k", HELP, more=deviation("command.help")).status == 0


def test_deviation_of_unknown_clause(suite):
    seen = suite("none", "-k", "command.help", more=deviation("no.such"))
    assert seen.status == 2
    assert "no.such" in seen.text


def test_deviation_without_reason(suite):
    assert suite("none", more='[[deviation]]\nclause = "command.help"\n').status == 4


def test_repeats_find_the_flake(suite):
    seen = suite("alternate", "-k", HELP, "--repeat", "4", "--jobs", "1")
    assert (seen.verdict("command.help"), seen.status) == ("FLAKY", 1), seen.text


def test_level_decides_what_gates(suite):
    clause = "reply.status.bare"
    seen = suite("none", "-k", clause)
    assert (seen.verdict(clause), seen.status) == ("FAIL", 0)
    seen = suite("none", "-k", clause, "--level", "observed")
    assert (seen.verdict(clause), seen.status) == ("FAIL", 1)


def test_unclaimed_is_skipped(suite):
    assert suite("none", "-k", "workers.isolated").verdict("workers.isolated") == "SKIP"


def test_list_runs_nothing(suite):
    seen = suite("cannot-start", "--list", "-k", "command.*")
    assert seen.status == 0
    assert HELP in seen.text


def left_behind(place):
    """Processes that name the place of a test, and the place itself."""

    def command(path):
        try:
            return path.read_bytes()
        except OSError:
            return b""

    found = [p.parent.name for p in Path("/proc").glob("[0-9]*/cmdline") if place.encode() in command(p)]
    return found + [p for p in [place] if os.path.exists(p)]


BROKEN = '''
import os
from suite.api import clause
@clause("command.help")
def test_broken(daemon):
    with open(__file__ + ".place", "w") as stream:
        stream.write(str(daemon.place.root))
    {body}
'''


@pytest.mark.parametrize(
    "body,words",
    [
        ("{}['missing']", "KeyError"),
        ("os._exit(3)", "without a result"),
        ("os.kill(os.getpid(), 9)", "without a result"),
    ],
)
def test_fault_of_a_test_is_the_suites(suite, tmp_path, body, words):
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "broken_test.py").write_text(BROKEN.format(body=body))
    seen = suite("none", "--tests", str(tests))
    assert (seen.verdict("command.help"), seen.status) == ("HARNESS", 5), seen.text
    assert words in seen.text
    assert not left_behind((tests / "broken_test.py.place").read_text())


@pytest.mark.parametrize(
    "source", ["import nothing_of_that_name", "def test_unmarked(): pass", BROKEN.replace("command.help", "no.such")]
)
def test_unusable_test_module(suite, tmp_path, source):
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "broken_test.py").write_text(source.replace("{body}", "pass"))
    assert suite("none", "--tests", str(tests)).status == 5


def test_reports_agree(suite, tmp_path):
    junit = tmp_path / "junit.xml"
    chosen = ["-k", "command.*", "-k", "mail.*", "--junit", str(junit)]
    seen = suite("wrong", *chosen, more=deviation("command.unknown", "intermittent = true"))
    root = ET.parse(junit).getroot()
    tests = {f"{c.get('classname')}:{c.get('name')}": c for c in root.iter("testcase")}
    assert set(tests) == {t["id"] for t in seen.report["tests"]}
    failed = {t["id"] for t in seen.report["tests"] if t["verdict"] == "FAIL" and t["gates"]}
    assert failed == {name for name, case in tests.items() if case.find("failure") is not None}
    assert int(root.get("failures")) == len(failed) > 0
    assert seen.report["exit"] == seen.status == 1
    assert sum(seen.report["summary"].values()) == len(seen.report["clauses"])


@pytest.mark.parametrize("scale", ["nan", "inf", "1e300"])
def test_scale_that_is_none(suite, scale):
    assert suite("none", "--timeout-scale", scale).status == 64


def test_report_where_a_directory_is(suite, tmp_path):
    assert suite("none", "--tap", str(tmp_path)).status == 64
