"""The selftests have every signal as a program in the foreground has it: what starts them may ignore
some, as a shell's background does, and programs under test would inherit that."""

import signal

import pytest
import sample
from front import HELP, HOSTILE, MATRIX, call

for signo in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(signo, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def fake(tmp_path):
    def write(name, fault="none", more="", program=sample.HERE / "selftest" / "fake-daemon"):
        path = tmp_path / f"{name}.toml"
        path.write_text(
            f'name = "{name}"\ntitle = "{name} {HOSTILE}"\nroles = ["daemon"]\n[programs]\nlei-daemon = "{program}"\n'
            f'[start]\ncommand = ["{{lei-daemon}}", "{fault}", "{{socket}}"]\nforeground = true\n'
            f'[environment]\nFAKE_MARKER = "{tmp_path / "marker"}"\n{more}'
        )
        return path

    return write


@pytest.fixture
def matrix(tmp_path):
    def go(*argv, chosen=HELP):
        page = tmp_path / "page.html"
        argv = [*argv, "-o", page, "--json", tmp_path / "json", "--timeout-scale", "0.5"]
        status, said = call(MATRIX, *argv, *(["-k", chosen] if chosen else []))
        return status, said, page.read_text() if page.exists() else ""

    return go
