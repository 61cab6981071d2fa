"""The report as JUnit XML.  <failure>: the implementation's fault; <error>: the suite's."""

import xml.etree.ElementTree as ET
from collections import Counter

from .. import verdict as v
from . import saved
from .text import visible

TAGS = {"SKIP": "skipped", "XFAIL": "skipped", "HARNESS": "error"}


def tag_of(test):
    """What does not gate must not turn a build red: it is skipped, with its verdict."""
    failure = "failure" if test["gates"] else "skipped"
    return TAGS.get(test["verdict"]) or (failure if test["verdict"] in v.STATUS else None)


def add_case(suite, test):
    clause_id, _, name = test["id"].partition(":")
    seconds = sum(run["seconds"] for run in test["runs"])
    case = ET.SubElement(suite, "testcase", classname=visible(clause_id), name=visible(name), time=f"{seconds:.3f}")
    tag = tag_of(test)
    text = visible("\n".join(m for run in test["runs"] for m in run["messages"]))
    if tag:
        found = ET.SubElement(case, tag, message=f"{test['verdict']}: {text[:300]}", type=test["verdict"])
        found.text = text
    if tag in ("failure", "error"):
        trace = [line for run in test["runs"] for line in run["trace"]]
        ET.SubElement(case, "system-out").text = visible("\n".join([*trace, f"again: {test['again']}"]))
    return tag


def write(data, path):
    suite = ET.Element("testsuite", name=visible(data["implementation"]), timestamp=data.get("started", ""))
    count = Counter(add_case(suite, test) for test in data["tests"])
    if data["problem"]:
        case = ET.SubElement(suite, "testcase", classname="smoke", name="smoke", time="0")
        ET.SubElement(case, "error", message=visible(data["problem"])[:300]).text = visible(data["problem"])
        count["error"] += 1
    suite.set("tests", str(len(suite)))
    suite.set("time", f"{data['seconds']:.3f}")
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(count[tag]))
    saved.put(path, "<?xml version='1.0' encoding='utf-8'?>\n" + ET.tostring(suite, encoding="unicode"))
