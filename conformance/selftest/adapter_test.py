"""Bad adapters are told from bad implementations of wait events, and each gets its exit status."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from run_test import RUN, Outcome

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from suite.waitevent import compare, parse_expected  # noqa: E402

TEST = "waitevent.mark.past:at-once[zero]"


@pytest.fixture
def adapter_suite(tmp_path):
    def go(fault, *args, programs=f'adapter = "{HERE / "fake-adapter"}"'):
        toml = tmp_path / "fake.toml"
        toml.write_text(
            'name = "fake"\nroles = ["waitevent"]\ncapabilities = []\n'
            f'[programs]\n{programs}\n[environment]\nFAULT = "{fault}"\n'
        )
        report = tmp_path / "report.json"
        argv = [sys.executable, str(RUN), str(toml), "--json", str(report), *args]
        argv += ["--timeout-scale", "0.3"] if fault.endswith("hang") else []  # those alone are waited for
        return Outcome(subprocess.run(argv, capture_output=True, text=True, timeout=120), report)

    return go


@pytest.mark.parametrize(
    "fault,words",
    [
        ("die", "killed by SIGSEGV"),
        ("status", "exit 3"),
        ("hang", "does not end within"),
        ("chatter", "File too large"),
        ("garbage", "the first line is not"),
        ("mute", "the first line is not"),
        ("version", "the first line is not `adapter NAME 1`"),
        ("deaf", "not answered by `unsupported no-such-word-"),
        ("other-word", "not answered by `unsupported no-such-word-"),
        ("goes-on", "something follows"),
        ("asan", "AddressSanitizer"),
    ],
)
def test_bad_adapter(adapter_suite, fault, words):
    seen = adapter_suite(fault)
    assert seen.status == 4, seen.text
    assert words in seen.text
    assert "by hand" in seen.text


@pytest.mark.parametrize(
    "fault,verdict,status,words",
    [
        ("none", "PASS", 0, "nothing deviates"),
        ("late", "FAIL", 1, "> 1001 fire A"),
        ("never", "FAIL", 1, "> 1010 input S 0"),
        ("twice", "FAIL", 1, "> 1000 fire A"),
        ("backwards", "FAIL", 1, "goes back in time"),
        ("lacks-add", "FAIL", 1, "`add` is not optional"),
        ("claims", "FAIL", 1, "`add-idle` is not optional"),
        ("spin", "TIMEOUT", 3, "lines more"),
        ("add-hang", "TIMEOUT", 3, "does not end within"),
        ("add-crash", "CRASH", 3, "killed by SIGSEGV"),
        ("add-asan", "CRASH", 3, "AddressSanitizer"),
    ],
)
def test_bad_implementation(adapter_suite, fault, verdict, status, words):
    seen = adapter_suite(fault, "-k", TEST)
    assert (seen.verdict("waitevent.mark.past"), seen.status) == (verdict, status), seen.text
    assert words in seen.text
    if verdict != "PASS":
        assert "add S A 0 gone" in seen.text, "the script is not shown"
        assert f"-k '{TEST}'" in seen.text, "no command to see it again"


def test_optional_word_is_skipped(adapter_suite):
    seen = adapter_suite("no-stale", "-k", "waitevent.callback.stale")
    assert (seen.verdict("waitevent.callback.stale"), seen.status) == ("SKIP", 0), seen.text
    assert "unsupported: stale" in seen.text


def test_unclaimed_is_skipped(adapter_suite):
    seen = adapter_suite("none", "-k", "waitevent.idle.every")
    assert (seen.verdict("waitevent.idle.every"), seen.status) == ("SKIP", 0), seen.text


def test_no_daemon_is_needed(adapter_suite):
    seen = adapter_suite("none", "-k", "request.argc", "-k", TEST)
    assert seen.status == 0, seen.text


def test_role_needs_an_adapter(adapter_suite):
    seen = adapter_suite("none", programs="")
    assert seen.status == 4
    assert "`adapter`" in seen.text


TRACES = """
1000 fire A x1..3
? 1001 fire B
1005..1010 error S *
"""


@pytest.mark.parametrize(
    "trace,fault",
    [
        ("1000 fire A, 1005 error S x", None),
        ("1000 fire A, 1000.999 fire A, 1001.1 fire B, 1010 error S x y", None),
        ("1005 error S x", 0),
        ("999.999 fire A, 1005 error S x", 0),
        ("1000 fire A, 1000 fire A, 1000 fire A, 1000 fire A", 3),
        ("1001 fire A", 0),
        ("1000 fire A, 1010.001 error S x", 1),
        ("1000 fire A", 1),
        ("1000 fire A, 1005 error S x, 1006 eof S", 2),
    ],
)
def test_comparison(trace, fault):
    lines = [line.split(" ", 1) for line in trace.split(", ")]
    found = compare(parse_expected(TRACES), [(Decimal(time), words) for time, words in lines])
    assert (found and found[0]) == fault
