"""suite/system.py: who is below us, and who is a stranger; suite/pace.py: how many at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from suite import pace, system  # noqa: E402


@pytest.fixture
def sleeper():
    child = subprocess.Popen(["sleep", "600"])
    yield child.pid
    child.kill()
    child.wait()


def test_new_processes_are_seen(sleeper):
    others = system.Strangers()
    others.learn()
    assert sleeper in others.known() and os.getpid() not in others.known()
    child = subprocess.Popen(["true"])
    assert child.pid not in others.known()
    child.wait()


def test_nobody_stays_a_stranger_for_ever(monkeypatch):
    others = system.Strangers()
    others.learn()
    assert others.known()
    monkeypatch.setattr(system, "forks", lambda: others.until)
    assert others.known() == set()


def test_strangers_are_passed_over(sleeper, monkeypatch):
    monkeypatch.setattr(system, "STRANGERS", system.Strangers())
    assert sleeper in system.processes() and sleeper in system.descendants(os.getpid())
    system.STRANGERS.pids, system.STRANGERS.until = {sleeper}, system.forks() + 1000
    assert sleeper not in system.processes()


@pytest.mark.parametrize("idle", [True, False])
def test_more_only_while_processors_are_idle(monkeypatch, idle):
    monkeypatch.setattr(pace, "runnable", lambda: 0 if idle else pace.PROCESSORS)
    usual = pace.of_option(None)
    assert usual.room(pace.PROCESSORS - 1)
    assert usual.room(pace.PROCESSORS) == idle
    assert not usual.room(pace.PROCESSORS), "the last one does not show yet"
    assert not usual.room(pace.MOST)
    assert pace.of_option(3).room(2) and not pace.of_option(3).room(3)
