"""What mutants/run says about mutants, without building any."""

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[1] / "mutants" / "run"
loader = importlib.machinery.SourceFileLoader("mutants_run", str(RUN))
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutants_run", loader))
sys.modules["mutants_run"] = run
loader.exec_module(run)

CAUGHT, SURVIVED, BROKEN = (
    run.Mutant(name, Path(name), ["a.b"], "why", verdict) for name, verdict in
    (("one", "caught"), ("two", "SURVIVED"), ("three", "BROKEN"))
)  # fmt: skip


@pytest.mark.parametrize(
    "mutants,bare,status",
    [([CAUGHT], [], 0), ([CAUGHT, SURVIVED], [], 1), ([SURVIVED, BROKEN], [], 2), ([CAUGHT, SURVIVED], ["c.d"], 3)],
)
def test_status(mutants, bare, status):
    assert run.status_of(mutants, bare) == status


@pytest.mark.parametrize("text", ["Why: no clause\n--- a/x\n", "Clause: a.b\n--- a/x\nWhy: too late\n", ""])
def test_header_must_be_whole(tmp_path, text):
    path = tmp_path / "bad.patch"
    path.write_text(text)
    with pytest.raises(run.Broken):
        run.read(path)


def test_table_and_json_agree(tmp_path):
    one = run.Mutant("one", Path("one"), ["a.b", "c.d"], "why", "SURVIVED", killers={"a.b": ["a.b:test[x]"]})
    assert "c.d NOT NOTICED" in run.line_of(one)
    assert ":test[x]" in run.table([one]).splitlines()[2]
    run.write_json(tmp_path / "out.json", [one], ["e.f"], 3)
    data = json.loads((tmp_path / "out.json").read_text())
    assert data["clauses"]["a.b"][0]["killed_by"] == ["a.b:test[x]"]
    assert data["clauses"]["c.d"][0]["killed_by"] == []
    assert (data["exit"], data["without_mutant"]) == (3, ["e.f"])


@pytest.mark.parametrize(
    "args,status", [(["-k", "no-such"], 66), (["--jobs", "x"], 64), (["--list", "-k", "store.*"], 0)]
)
def test_exit_status(args, status):
    assert subprocess.run([sys.executable, str(RUN), *args], capture_output=True).returncode == status
