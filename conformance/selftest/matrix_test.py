"""conformance/matrix, --diff and reports, driven as a user does: exit statuses and what they leave."""

import json
import subprocess
import sys
import time

import pytest
import sample
from front import HELP, HOSTILE, MATRIX, RUN, call, run
from suite.report import compare, saved

# ---- the matrix ----


@pytest.mark.parametrize(
    "faults,status",
    [
        (["none"], 0),
        (["none", "wrong"], 1),
        (["wrong", "die"], 3),
        (["none", "cannot-start"], 4),
    ],
)
def test_the_worst_wins(matrix, fake, tmp_path, faults, status):
    seen, said, page = matrix(*(fake(f"fake-{fault}", fault) for fault in faults))
    assert seen == status, said
    for fault in faults:
        assert f"fake-{fault} &lt;/script&gt;&lt;b&gt;" in page
        assert saved.read(tmp_path / "json" / f"fake-{fault}.json")["title"] == f"fake-{fault} {HOSTILE}"
    assert HOSTILE not in page.replace("</script>\n</body>", "")


def test_deviation_that_passes(matrix, fake):
    more = '[[deviation]]\nclause = "command.help"\nreason = "known"\n'
    status, said, page = matrix(fake("fake", more=more), chosen="command.help")
    assert status == 2 and "XPASS" in page, said


def test_absent_is_listed(matrix, fake):
    here, away = fake("here"), fake("away", program="/nonexistent/daemon")
    status, said, page = matrix(here, away)
    assert status == 69 and "not installed: /nonexistent/daemon" in page, said
    assert matrix(fake("bad", "wrong"), away)[0] == 1


def test_earlier_reports_are_columns(matrix, fake, tmp_path):
    assert matrix(fake("one"))[0] == 0
    status, said, page = matrix(tmp_path / "json" / "one.json", fake("two", "wrong"))
    assert status == 1 and "one &lt;/script" in page and "two &lt;/script" in page, said


def test_wrong_arguments(matrix, tmp_path):
    assert matrix("no-such")[0] == 64
    assert matrix("--no-such-option")[0] == 64
    assert matrix(tmp_path / "absent.json")[0] == 64
    assert call(MATRIX, "-o", "/nonexistent/page.html", "template")[0] == 64
    assert call(MATRIX, "--diff", "one.json")[0] == 64


# ---- other options of the run ----


def test_capabilities_limit_the_run(fake, tmp_path):
    report = tmp_path / "r.json"
    path = fake("fake")
    path.write_text(path.read_text().replace("roles", 'capabilities = ["core", "config", "mail"]\nroles'))
    chosen = ["-k", "command.help", "-k", "command.config", "-k", "query"]
    status, said = run(path, *chosen, "--capability", "core", "--json", report)
    data = saved.read(report)
    assert status == 0, said
    assert {t["verdict"] for t in data["tests"] if not t["id"].startswith("command")} <= {"SKIP"}
    assert data["capabilities"] == ["config", "core", "mail"] and data["options"]["capability"] == ["core"]


def test_reports_that_cannot_be_written(fake):
    for form in ("--json", "--junit", "--tap"):
        assert run(fake("fake"), "-k", HELP, form, "/nonexistent/report")[0] == 64


def test_reports_of_a_failed_start(fake, tmp_path):
    for fault, program, status in (("cannot-start", None, 4), ("none", "/nonexistent/x", 69)):
        path = fake("fake", fault, program=program) if program else fake("fake", fault)
        argv = ["--json", tmp_path / "r.json", "--junit", tmp_path / "r.xml", "--tap", tmp_path / "r.tap"]
        assert run(path, "-k", HELP, *argv)[0] == status
        data = json.loads((tmp_path / "r.json").read_text())
        assert data["exit"] == status and data["problem"] and not data["tests"]
        assert "Bail out!" in (tmp_path / "r.tap").read_text()
        assert 'errors="1"' in (tmp_path / "r.xml").read_text()


def test_death_of_the_runner_leaves_evidence(fake, tmp_path):
    report = tmp_path / "r.json"
    argv = [sys.executable, str(RUN), str(fake("fake")), "-k", "command", "-k", "request", "--json", str(report)]
    runner = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    try:
        while not report.exists() or not saved.read(report)["tests"]:
            assert runner.poll() is None, "it ended, and there never was a report"
            time.sleep(0.01)
    finally:
        runner.kill()
        runner.wait()
    data = saved.read(report)
    assert data["exit"] is None and 0 < len(data["tests"]) < data["planned"]


# ---- diff ----

TEST = "request.argc.zero:it"


def report(**verdicts):
    return sample.data({f"request.argc.zero:{name}": [sample.run(x, f"seen {x}")] for name, x in verdicts.items()})


@pytest.mark.parametrize(
    "before,after,kind,status",
    [
        ("PASS", "FAIL", "worse", 1),
        ("SKIP", "CRASH", "worse", 1),
        (None, "FAIL", "new", 1),
        ("FAIL", "TIMEOUT", "other", 0),
        ("FAIL", "PASS", "fixed", 0),
        ("PASS", "SKIP", "weaker", 2),
        ("FAIL", "SKIP", "weaker", 2),
        ("FAIL", None, "removed", 2),
        (None, "PASS", "added", 0),
        ("SKIP", "PASS", "changed", 0),
        ("PASS", "PASS", None, 0),
        ("FAIL", "FAIL", None, 0),
    ],
)
def test_kinds_of_change(tmp_path, before, after, kind, status):
    for name, verdict in (("a", before), ("b", after)):
        verdicts = {"it": verdict} if verdict else {}
        saved.write(tmp_path / f"{name}.json", report(stays="PASS", **verdicts))
    seen, said = call(MATRIX, "--diff", tmp_path / "a.json", tmp_path / "b.json")
    assert seen == status, said
    if kind is None:
        assert "no test changed its verdict" in said
        return
    assert f"{compare.KINDS[kind]}: 1" in said and TEST in said
    assert ("seen " + after in said) if kind in ("worse", "new", "other") else True


def test_declared_and_its_end():
    runs = {TEST: [sample.run("FAIL", "x")]}
    known = [sample.declared("request.argc.zero")]
    passes = {TEST: [sample.run("PASS")]}
    changes = compare.compare(sample.data(passes), sample.data(runs, deviations=known))
    assert {kind: [one[0] for one in some] for kind, some in changes.items() if some} == {"declared": [TEST]}
    changes = compare.compare(sample.data(runs, deviations=known), sample.data(passes, deviations=known))
    assert [i for i, _, _ in changes["worse"]] == ["request.argc.zero"], "the declaration is out of date"


def test_diff_of_no_report(tmp_path):
    saved.write(tmp_path / "a.json", report(it="PASS"))
    assert call(MATRIX, "--diff", tmp_path / "a.json", tmp_path / "absent.json")[0] == 64
