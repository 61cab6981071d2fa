"""Reports made by hand, for tests of what is drawn from them: every verdict, and hostile text."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))

from suite import implementation, spec  # noqa: E402
from suite.report.results import Results, host  # noqa: E402

# What must survive or be escaped, wherever it turns up.
HOSTILE = (
    "]]> &amp; <script>window.pwned=1</script> \"'` \x00\x07\x1b[31m\r\x7f\x9b2J \u202egnp.exe\u2066 "
    "\udcff\ud800\ufffe\U0001f600 # not a directive\nok 1 - forged\n1..0\n...\n-->\\"
)
CLAUSES = ["request.argc.digits", "request.argc.range", "request.argc.zero", "reply.status.bare"]


class Item:
    def __init__(self, test_id, *clauses):
        self.id, self.clauses = test_id, list(clauses) or [test_id.partition(":")[0]]


def subject(name="sample", deviations=()):
    return implementation.Implementation(
        name=name, title=f"{name} <b>&", roles={"daemon"}, capabilities={"core"}, programs={}, environment={},
        start=[], direct=[], foreground=True, request_max=1, bare_end=False, runtime_files=[], install="", scope="",
        deviations={d.clause: d for d in deviations},
    )  # fmt: skip


def about(planned):
    options = {"select": [], "rerun": None, "level": "may", "capability": None, "repeat": 1, "jobs": 1}
    return {
        "argument": "sample.toml",
        "started": "2026-01-02T03:04:05+00:00",
        "roles": ["daemon"],
        "capabilities": ["core"],
        "scope": "",
        "programs": {"lei": {"path": "/x/lei", "version": None, "sha256": "0" * 64}},
        "host": host(),
        "options": {**options, "timeout_scale": 1.0, "environment": "plain"},
        "planned": planned,
    }


def run(verdict, *messages, trace=(), seconds=0.25):
    return {"verdict": verdict, "messages": list(messages), "trace": list(trace), "seconds": seconds}


def results(runs, name="sample", deviations=(), problem=None):
    """Results of {test id: [run]}; the clause is what stands before the colon."""
    items = [Item(test_id) for test_id in runs]
    ret = Results(subject(name, deviations), spec.load(), {"MUST", "SHOULD", "MAY"}, items, about(len(items)))
    ret.problem = problem
    for item in items:
        for one in runs[item.id]:
            ret.add(item, one)
    return ret


def data(runs, **how):
    ret = results(runs, **how)
    return ret.data(ret.exit_status(), 1.5)


def declared(clause, reason="known <i>", expect=("FAIL",)):
    return implementation.Deviation(clause, reason, set(expect))


def everything(name="sample"):
    """A report in which each verdict occurs, and the text is as bad as can be."""
    trace = ["     1.0 ms  LEI_SEED=7", f"     2.0 ms  {HOSTILE}", "     3.0 ms  outcome: exit 0"]
    return data(
        {
            "request.argc.digits:passes": [run("PASS", trace=trace)],
            "request.argc.digits:fails[<i>]": [run("FAIL", HOSTILE, "second", trace=trace)],
            f"request.argc.range:{HOSTILE}": [run("TIMEOUT", "late", trace=["x" * 5000])],
            "request.argc.zero:dies": [run("CRASH", "SIGSEGV")],
            "request.arguments.bytes:skips": [run("SKIP", f"not claimed: {HOSTILE}", seconds=0)],
            "request.empty.refused:breaks": [run("HARNESS", "KeyError")],
            "request.environment.own:wavers": [run("PASS"), run("FAIL", "once")],
            "request.size.accepted:known": [run("FAIL", HOSTILE)],
            "request.size.refused:mended": [run("PASS")],
            "reply.status.bare:other": [run("FAIL", "does not gate")],
        },
        name=name,
        deviations=[declared("request.size.accepted"), declared("request.size.refused", HOSTILE)],
    )
