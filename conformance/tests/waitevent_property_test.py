"""spec/waitevent.md: random scripts, ours, Cyrus's and anybody's, each against the reference model

Two implementations that agree with the model on the same scripts agree with each other.  Each script
is made of one seed.  $LEI_SEED is the first (a failure prints its own), $LEI_SCRIPTS says how many
there are: some in every run, thousands in a long one."""

import os
import random

import pytest
from suite.api import Finding, Late, clause, deadline, each, needs, param
from suite.waitscript import COMMON, OURS, difference, expected, write
from suite.waitshrink import minimise

pytestmark = needs("waitevent")

SCRIPTS = int(os.environ.get("LEI_SCRIPTS", 150))
LONG = 60 + SCRIPTS / 5


@pytest.fixture
def seeds(trace):
    first = int(os.environ.get("LEI_SEED") or random.randrange(1 << 32))
    trace.add(f"LEI_SEED={first}")
    return range(first, first + SCRIPTS)


def fault(adapter, profile, script):
    """What is wrong with the trace of a script: None, or what to raise."""
    right = expected(profile, script)
    if right is None:
        return None
    try:
        run = adapter.run("\n".join(script))
    except Finding as e:
        return e
    differs = difference(run.lines, right)
    if not differs:
        return None
    mark, wanted = differs
    shown = "\n".join(f"    {line}" for line in right)
    return Finding(run.explain(f"the model says, where the trace shows >: {wanted}", mark, shown))


def compare(adapter, profile, seeds):
    """A script with a word that the adapter has not is passed over, unless all are."""
    lacks = []
    for seed in seeds:
        script = write(profile, seed)
        try:
            found = fault(adapter, profile, script)
        except pytest.skip.Exception as e:
            lacks.append(e)
            continue
        if not found:
            continue
        if not isinstance(found, Late):
            script = minimise(script, lambda less: fault(adapter, profile, less))
            found = fault(adapter, profile, script) or found
        raise type(found)(f"LEI_SEED={seed} repeats it; made smaller: {found}")
    if len(lacks) == len(seeds):
        raise lacks[0]


EXACT = needs("waitevent-idle", "waitevent-fractions", "waitevent-turns", "waitevent-output", "waitevent-exact")


@clause("waitevent.model.common")
@deadline(LONG)
def test_what_all_define(adapter, seeds):
    compare(adapter, COMMON, seeds)


@clause("waitevent.model.every")
@EXACT
@deadline(LONG)
def test_everything(adapter, seeds):
    compare(adapter, OURS, seeds)


# What random scripts have found, made small.
FOUND = [
    param("limit-before-an-event-of-the-pass", "stream S limit 2; add S A -1 again +2; turn; turn"),
    param("retry-of-what-was-not-due", "stream S; add S A now mark A +0.000000001, keep | gone; turn 1; turn 1"),
    param("retry-in-a-turn", "stream S; add S A -3 again -2; turn; turn"),
    param("retry-hides-the-next", "stream S; add S A now again now | gone; add S B +0.5 gone; turn 1; turn 1; turn 1"),
]


@clause("waitevent.model.every")
@EXACT
@each("script", FOUND)
def test_found(adapter, script):
    script = [line.strip().replace(",", " ;") for line in script.split(";")]
    assert expected(OURS, script), "the model does not define it"
    found = fault(adapter, OURS, script)
    if found:
        raise found
