"""Every format is read back and says the same as the data; bad text breaks none of them."""

import copy
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from collections import Counter
from html.parser import HTMLParser

import jsonschema
import pytest
import sample
from suite import spec
from suite.report import junit, page, saved, tap, terminal, text

SCHEMA = json.loads((sample.HERE / "report.schema.json").read_text())
BAD = {"FAIL", "TIMEOUT", "CRASH", "FLAKY"}


@pytest.fixture
def data():
    return sample.everything()


def strict(schema):
    """The schema without room for what it does not name: nothing goes undocumented."""
    ret = copy.deepcopy(schema)

    def close(node):
        if isinstance(node, dict):
            if "properties" in node:
                node.setdefault("additionalProperties", False)
            for value in list(node.values()):
                close(value)
        elif isinstance(node, list):
            for value in node:
                close(value)

    close(ret)
    return ret


def totals(data):
    """Tests by verdict; those that do not gate are `quiet`."""
    return Counter(t["verdict"] if t["gates"] or t["verdict"] not in BAD else "quiet" for t in data["tests"])


# ---- JSON ----


def test_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_verdict_occurs(data):
    assert {t["verdict"] for t in data["tests"]} | {c["verdict"] for c in data["clauses"]} == set(
        SCHEMA["$defs"]["verdict"]["enum"]
    )


def test_data_obeys_the_schema(data):
    jsonschema.validate(data, strict(SCHEMA), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("contract"),
        lambda d: d.update(schema=2),
        lambda d: d["clauses"][0].update(verdict="GOOD"),
        lambda d: d["tests"][0].update(runs=[]),
        lambda d: d.update(undocumented=1),
    ],
)
def test_schema_refuses(data, spoil):
    spoil(data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, strict(SCHEMA), jsonschema.Draft202012Validator)


def test_json_survives(data, tmp_path):
    path = tmp_path / "r.json"
    saved.write(path, data)
    assert saved.read(path) == data
    assert path.read_bytes().isascii()


@pytest.mark.parametrize("writer", [saved.write, lambda p, d: tap.write(d, p), lambda p, d: junit.write(d, p)])
@pytest.mark.parametrize("kind", ["file", "link", "pipe"])
def test_only_a_file_is_replaced(data, tmp_path, kind, writer):
    """A device would be gone for every program of the machine."""
    path, said = tmp_path / "there", []
    if kind == "pipe":
        os.mkfifo(path)
        reader = threading.Thread(target=lambda: said.append(path.read_bytes()), daemon=True)
        reader.start()
    else:
        (tmp_path / "old").write_text("old")
        os.symlink("old", path) if kind == "link" else os.rename(tmp_path / "old", path)
    before = path.lstat()
    writer(path, data)
    if kind == "pipe":
        reader.join(10)
    assert stat.S_IFMT(path.lstat().st_mode) == stat.S_IFMT(before.st_mode)
    assert len(said[0] if said else path.read_bytes()) > 1000
    assert not list(tmp_path.glob("*.new"))


@pytest.mark.parametrize("path", ["/dev/full", "/nonexistent/x"])
def test_what_cannot_be_written_is_told(data, tmp_path, path):
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(saved.Unwritable, match="link: N"):
        saved.write(link, data)


def test_evidence_is_told(data):
    test = next(t for t in data["tests"] if t["id"] == "request.argc.digits:passes")
    assert (test["seeds"], test["outcomes"]) == (["7"], ["exit 0"])
    ruling = next(c for c in data["clauses"] if c["id"] == "request.argc.digits")["rulings"][0]
    assert data["rulings"][str(ruling)]["text"]
    assert data["contract"] == spec.contract_version()
    assert data["exit"] == 5


def test_long_traces_are_cut():
    runs = {"request.argc.zero:long": [sample.run("PASS", trace=["y" * 9999, *(str(n) for n in range(5000))])]}
    trace = sample.data(runs)["tests"][0]["runs"][0]["trace"]
    assert len(trace) < 700 and max(map(len, trace)) < 2100
    assert "lines left out" in " ".join(trace) and trace[-1] == "4999"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"schema": 2}', '{"schema": 1}', "\xff", "[" * 100000, '{"schema": 1, "tests": 3}']
)
def test_what_is_no_report(tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(saved.Unreadable):
        saved.read(path)
    with pytest.raises(saved.Unreadable):
        saved.read(tmp_path / "absent")


# ---- JUnit ----


def test_junit_says_the_same(data, tmp_path):
    path = tmp_path / "r.xml"
    junit.write(data, path)
    suite = ET.parse(path).getroot()
    want, cases = totals(data), list(suite)
    assert int(suite.get("tests")) == len(cases) == len(data["tests"])
    for attribute, tag, verdicts in (
        ("failures", "failure", BAD),
        ("errors", "error", {"HARNESS"}),
        ("skipped", "skipped", {"SKIP", "XFAIL", "quiet"}),
    ):
        found = [case.find(tag) for case in cases if case.find(tag) is not None]
        assert int(suite.get(attribute)) == len(found) == sum(want[x] for x in verdicts) > 0
        assert {f.get("type") for f in found} <= verdicts | ({"FAIL"} if "quiet" in verdicts else set())
    names = [f"{case.get('classname')}:{case.get('name')}" for case in cases]
    assert names == [text.visible(t["id"]) for t in data["tests"]]
    failed = cases[1].find("failure").text
    assert failed == text.visible(sample.HOSTILE) + "\nsecond"


# ---- TAP ----

POINT = re.compile(r"^(ok|not ok) (\d+) - ((?:[^#\\]|\\.)*?)(?: # (SKIP|TODO)(?: (.*))?)?$")


def read_tap(content):
    """(plan, [(ok, name, directive, {key: value or list})], bail): a small reader of TAP."""
    lines = content.split("\n")
    assert lines[0] == "TAP version 13" and lines[-1] == ""
    plan, points, bail, block, key = None, [], None, None, None
    for line in lines[1:-1]:
        if block is not None:
            key, block = read_yaml(line, points[-1][3], key)
        elif line == "  ---":
            block = True
        elif found := POINT.match(line):
            assert int(found[2]) == len(points) + 1
            points.append((found[1] == "ok", re.sub(r"\\(.)", r"\1", found[3]), found[4], {}))
        elif found := re.match(r"^1\.\.(\d+)$", line):
            assert plan is None
            plan = int(found[1])
        elif line.startswith("Bail out! "):
            bail = line[10:]
        else:
            assert line.startswith("#"), f"no line of TAP: {line!r}"
    return plan, points, bail


def read_yaml(line, values, key):
    """One line of a diagnosis: (the key that a list belongs to, whether the block goes on)."""
    if line == "  ...":
        return None, None
    if line.startswith("    - "):
        values[key].append(json.loads(line[6:]))
        return key, True
    name, value = re.match(r"^  (\w+):(?: (.*))?$", line).groups()
    values[name] = [] if value is None else json.loads(value) if value.startswith('"') else value
    return name, True


def test_tap_says_the_same(data, tmp_path):
    path = tmp_path / "r.tap"
    tap.write(data, path)
    plan, points, bail = read_tap(path.read_text(encoding="utf-8"))
    want = totals(data)
    assert (plan, bail) == (len(data["tests"]), None) and len(points) == plan
    assert [name for _, name, _, _ in points] == [text.one_line(t["id"]) for t in data["tests"]]
    assert sum(d == "SKIP" for _, _, d, _ in points) == want["SKIP"]
    assert sum(d == "TODO" for _, _, d, _ in points) == want["XFAIL"] + want["quiet"] > want["XFAIL"]
    assert sum(not ok and not d for ok, _, d, _ in points) == sum(want[x] for x in BAD | {"HARNESS"})
    for test, (ok, _, directive, told) in zip(data["tests"], points):
        if not ok:
            assert told["verdict"] == test["verdict"]
            assert told.get("seen", "") == "\n".join(m for r in test["runs"] for m in r["messages"])
            assert told["again"] == test["again"]


@pytest.mark.skipif(not shutil.which("prove"), reason="no prove here")
@pytest.mark.parametrize("verdict", ["FAIL", "PASS", "all"])
def test_tap_suits_prove(data, tmp_path, verdict):
    """Whose reader refuses some of what is YAML, and then all that comes after."""
    if verdict != "all":
        messages = ["teardown: it left : things", "AssertionError:", "- x", "~", "'", '"']
        trace = ["    29.9 ms  start: x", "123456.7 ms  outcome: a: b"]
        runs = {
            "request.argc.digits:one": [sample.run("FAIL", *messages, trace=trace)],
            "request.argc.zero:two": [sample.run(verdict, *messages, trace=trace)],
            "request.argc.zero:three": [sample.run("SKIP", "not claimed: mail")],
        }
        data = sample.data(runs, deviations=[sample.declared("request.argc.digits")])
    tap.write(data, tmp_path / "r.tap")
    done = subprocess.run(["prove", "-e", "cat", tmp_path / "r.tap"], capture_output=True, text=True)
    assert "Parse errors" not in done.stdout, done.stdout
    assert (done.returncode == 0) == (verdict == "PASS"), done.stdout


def test_tap_of_a_run_that_could_not_begin(tmp_path):
    data = sample.data({}, problem=f"not installed: {sample.HOSTILE}")
    tap.write(data, tmp_path / "r.tap")
    plan, points, bail = read_tap((tmp_path / "r.tap").read_text(encoding="utf-8"))
    assert (plan, points) == (0, []) and bail.startswith("not installed")
    junit.write(data, tmp_path / "r.xml")
    assert ET.parse(tmp_path / "r.xml").getroot().get("errors") == "1"


# ---- terminal ----


def test_terminal_says_the_same_and_nothing_else(data):
    shown = terminal.summary(data)
    words = re.search(rf"{len(data['clauses'])} clauses, {len(data['tests'])} tests in \d+ s: (.+)", shown)[1]
    assert {k: int(n) for n, k in (part.split() for part in words.split(", "))} == data["summary"]
    test = next(t for t in data["tests"] if t["id"].endswith("fails[<i>]"))
    shown += terminal.explain(test, test["runs"][0], spec.load(), {"MUST"}, {})
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", shown)
    assert "\\x1b[31m" in shown and "\\xff" in shown


def test_stdout_takes_any_text(tmp_path):
    """A report of bytes that are not UTF-8, to a terminal that knows ASCII alone."""
    saved.write(tmp_path / "a.json", sample.everything())
    argv = [sys.executable, str(sample.HERE / "matrix"), "--diff", str(tmp_path / "a.json"), str(tmp_path / "a.json")]
    env = {"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    assert subprocess.run(argv, env=env, capture_output=True).returncode == 0


# ---- HTML ----

VOID = {"meta", "link", "input", "br", "wbr", "rect"}


class Page(HTMLParser):
    """Checks that tags nest, and keeps cells, ids, links and what may fetch or run."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.cells, self.scripts = [], [], [], {}, 0
        self.words = []

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        assert not [a for a in named if a.startswith("on") or a == "style"], f"<{tag}> would run or style"
        assert named.get("src") is None
        if "href" in named:
            assert named["href"].startswith(("#", "data:,"))
            self.links.append(named["href"])
        if "id" in named:
            self.ids.append(named["id"])
        if tag == "td" and named.get("data-v"):
            self.cells.setdefault(named["data-i"], Counter())[named["data-v"]] += 1
        self.scripts += tag == "script"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, words):
        self.words.append(words)


def read_page(content):
    parser = Page()
    parser.feed(content)
    parser.close()
    assert not parser.open
    return parser


def test_page_says_the_same(data):
    other = sample.data({"request.argc.zero:passes": [sample.run("PASS")]}, name="other")
    found = read_page(page.render([data, other]))
    assert found.cells == {"sample": Counter(data["summary"]), "other": Counter(PASS=1)}
    assert len(found.ids) == len(set(found.ids))
    known = {f"#{i}" for i in found.ids} | {"#-", "data:,"}
    assert set(found.links) <= known
    words = "".join(found.words)
    assert found.scripts == 1
    assert text.visible(sample.HOSTILE) in words, "the evidence is not shown"
    assert data["tests"][1]["again"].split(" -k ")[0] in words
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", words)


def test_two_columns_of_one_name(data):
    found = read_page(page.render([data, sample.everything(), sample.everything("a b/c\"'<")]))
    assert len(found.cells) == 3


def test_page_lists_what_is_absent(data):
    absent = sample.data({}, name="elsewhere", problem="not installed: /nowhere")
    absent["exit"] = 69
    words = "".join(read_page(page.render([data, absent])).words)
    assert "not installed: /nowhere" in words
    read_page(page.render([absent]))
