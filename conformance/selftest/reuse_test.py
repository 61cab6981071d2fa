"""--rerun and --reuse: what is taken over from an earlier report, and what is run again."""

import pytest
import sample
from front import HELP, MATRIX, call, run
from suite.report import saved

# ---- rerun ----


def test_rerun_takes_what_failed(fake, tmp_path):
    report, again = tmp_path / "r.json", tmp_path / "again.json"
    assert run(fake("fake", "wrong"), "-k", "command.help", "--json", report)[0] == 1
    failed = saved.failed(saved.read(report))
    assert HELP in failed
    status, said = run(fake("fake"), "--rerun", report, "--json", again)
    ran = [t["id"] for t in saved.read(again)["tests"]]
    assert (status, ran) == (0, failed), said
    status, said = run(fake("fake"), "--rerun", again)
    assert status == 66 and "nothing selected" in said


def test_rerun_of_what_is_gone_and_of_half_a_run(fake, tmp_path):
    report = tmp_path / "r.json"
    half = sample.data({"command.help:no-such-test": [sample.run("FAIL", "x")]}, name="fake")
    saved.write(report, {**half, "exit": None})
    status, said = run(fake("fake"), "--rerun", report)
    assert status == 66
    assert "gone since, not run: command.help:no-such-test" in said
    assert "never ended" in said


def test_rerun_of_no_report(fake, tmp_path):
    other = tmp_path / "other.json"
    saved.write(other, sample.data({}, name="other"))
    for path in (tmp_path / "absent", other):
        assert run(fake("fake"), "--rerun", path)[0] == 64


# ---- reuse ----


def verdicts(report):
    return {t["id"]: (t["verdict"], "taken_from" in t["runs"][0]) for t in saved.read(report)["tests"]}


def test_reuse_takes_what_did_not_fail(fake, tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    chosen = ["-k", "command.help", "-k", "reply.status"]
    run(fake("fake", "wrong"), *chosen, "--json", first)
    was = verdicts(first)
    assert ("FAIL", False) in was.values() and ("PASS", False) in was.values(), was
    status, said = run(fake("fake", "wrong"), *chosen, "--reuse", first, "--json", second)
    passed = sum(1 for verdict, _ in was.values() if verdict == "PASS")
    assert status == 1 and f"taken over from {first}: {passed} tests" in said
    assert verdicts(second) == {test: (verdict, verdict == "PASS") for test, (verdict, _) in was.items()}


@pytest.mark.parametrize("change", ["program", "description", "option"])
def test_reuse_of_what_has_changed(fake, tmp_path, change):
    report, program = tmp_path / "r.json", tmp_path / "fake-daemon"
    program.write_text(f'#!/bin/sh\nexec {sample.HERE / "selftest" / "fake-daemon"} "$@"\n')
    program.chmod(0o755)
    assert run(fake("fake", program=program), "-k", HELP, "--json", report)[0] == 0
    assert "taken over from" in run(fake("fake", program=program), "-k", HELP, "--reuse", report)[1]
    more = []
    if change == "program":
        program.write_text(program.read_text() + "\n# another one\n")
    elif change == "option":
        more = ["--environment", "locale-utf8"]
    fault = "wrong" if change == "description" else "none"
    status, said = run(fake("fake", fault, program=program), "-k", HELP, "--reuse", report, *more)
    assert f"taken over from {report}: 0 tests; to be run: 1" in said
    assert status == (1 if change == "description" else 0)


def test_reuse_applies_deviations_anew(fake, tmp_path):
    report = tmp_path / "r.json"
    declared = '[[deviation]]\nclause = "command.help"\nreason = "known"\n'
    assert run(fake("fake", "wrong", more=declared), "-k", HELP, "--json", report)[0] == 0
    assert "1 tests; to be run: 0" in run(fake("fake", "wrong", more=declared), "-k", HELP, "--reuse", report)[1]
    status, said = run(fake("fake", "wrong"), "-k", HELP, "--reuse", report)
    assert status == 1 and "0 tests; to be run: 1" in said


def test_matrix_reuses_its_own_reports(matrix, fake, tmp_path):
    assert matrix(fake("one"), "--reuse")[0] == 0  # nothing is there yet
    status, said, page = matrix(fake("one"), "--reuse")
    assert status == 0 and "1 of 1 tests as in an earlier run" in said and "taken over from the run of" in page
    assert "earlier run" not in matrix(fake("one"))[1]


def test_reuse_of_no_report(fake, tmp_path):
    other = tmp_path / "other.json"
    saved.write(other, sample.data({}, name="other"))
    for path in (tmp_path / "absent", other):
        assert run(fake("fake"), "--reuse", path)[0] == 64
    assert run(fake("fake"), "--reuse", other, "--repeat", "2")[0] == 64
    assert call(MATRIX, "--reuse", "template")[0] == 64
