"""Which tests are run: by name, by what failed in an earlier report, by what is claimed."""

import fnmatch

from .report import saved


class Usage(Exception):
    """Wrong arguments: exit 64."""


class SuiteError(Exception):
    """The suite itself is broken: exit 5."""


def check_items(items, clauses):
    seen = set()
    for item in items:
        if not item.clauses:
            raise SuiteError(f"{item.node.nodeid} names no clause")
        unknown = [c for c in item.clauses if c not in clauses]
        if unknown:
            raise SuiteError(f"{item.node.nodeid} names unknown clauses: {', '.join(unknown)}")
        if item.id in seen:
            raise SuiteError(f"two tests have the id {item.id}")
        seen.add(item.id)


def matches(pattern, item):
    names = [item.id, *item.clauses, *(f"{c}:{item.name}" for c in item.clauses)]
    if any(name == pattern or name.startswith((pattern + ".", pattern + ":", pattern + "[")) for name in names):
        return True
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)


def select(patterns, items, clauses):
    """The tests that any pattern names; a name that names nothing known is an error."""
    for pattern in patterns:
        if any(c in pattern for c in "*?"):
            continue
        known = any(c == pattern or c.startswith(pattern + ".") for c in clauses)
        if not known and not any(matches(pattern, item) for item in items):
            raise Usage(f"no clause or test is called {pattern}")
    return [i for i in items if not patterns or any(matches(p, i) for p in patterns)]


def failed_before(path, implementation, items):
    """(the tests that failed in an earlier report, words about the rest)"""
    try:
        earlier = saved.read(path)
    except saved.Unreadable as e:
        raise Usage(f"--rerun: {e}") from None
    if earlier["implementation"] != implementation.name:
        raise Usage(f"--rerun: {path} is about {earlier['implementation']}, not {implementation.name}")
    failed = saved.failed(earlier)
    there = {item.id: item for item in items}
    words = [f"gone since, not run: {test}" for test in failed if test not in there]
    if earlier.get("exit") is None:
        words.append(f"that run never ended: only {len(earlier['tests'])} tests of it are known")
    return [there[test] for test in failed if test in there], words


def lacking(item, implementation):
    """What the implementation does not claim but the test needs; "" when nothing."""
    have = implementation.roles | implementation.capabilities
    needed = set(item.needs)
    if implementation.scope and not any(c.startswith(implementation.scope + ".") for c in item.clauses):
        return f"outside of its scope, {implementation.scope}"
    if "pair" not in needed:
        if {"daemon", "cold_daemon"} & set(item.node.fixturenames):
            needed.add("daemon")
        if "client" in item.node.fixturenames:
            needed.add("client")
        if "adapter" in item.node.fixturenames:
            needed.add("waitevent")
    return ", ".join(sorted(needed - have))
