"""The rendered contract holds everything, needs nothing, and survives any text."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))

from suite import render_data, render_html, render_man, spec  # noqa: E402
from suite.render_markup import blocks, inline  # noqa: E402

RENDER = HERE / "spec_render.py"
NASTY = """.so /etc/passwd
'nd <script>alert(1)</script> & "quotes" \\fBback\\slash\\n `<b>\\e .x` *em & ph* ünïcode \u2028 -- ^~`

- an item
  that goes on
- `another`

| a | b |
|---|---|
| <i> | .b |

    .pre <pre>
    \\(bu

See `part.one` and ruling 1, not ruling 9.
"""


@pytest.fixture
def tree(tmp_path):
    """A small contract of nothing but trouble."""
    clause = f"{NASTY}Source: ours (<&>)\nRuling: 1\n"
    files = {
        "spec/README.md": f"# C\n\n{NASTY}\nChapters: part.\n",
        "spec/part.md": (
            f"# Part <1>\n\n{NASTY}\n## part.one (MUST)\n{clause}\n## part.two (MAY)\n{clause}Untested: a<b\n"
        ),
        "spec/rulings.md": f"# R\n\n## Ruling 1: <so>\n{NASTY}",
        "spec/LENIENCY.md": f"# L\n{NASTY}",
        "conformance/tests/part_test.py": '@clause("part.one")\ndef test_it_holds(): pass\n',
        "conformance/mutants/bad.patch": "Clause: part.one\nWhy: it is <wrong>\n--- a\n",
        "conformance/implementations/x.toml": (
            'name = "x"\ntitle = "the <x>"\n[[deviation]]\nclause = "part.one"\nreason = ".so what"\n'
        ),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "spec" / "VERSION").write_text(f"2.7 rulings {spec.rulings_digest(tmp_path)}\n")
    return tmp_path


class Reader(HTMLParser):
    """Checks that what is opened is closed, and keeps ids, links and text."""

    VOID = {"meta", "input", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.tags, self.words = [], [], [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        self.ids += [v for k, v in attrs if k == "id"]
        self.links += [v for k, v in attrs if k in ("href", "src")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words += data


@pytest.fixture(params=["the contract", "nasty"])
def contract(request, tree):
    return render_data.gather(tree if request.param == "nasty" else spec.ROOT)


def test_page_is_whole(contract):
    page = Reader(render_html.render(contract))
    assert len(page.ids) == len(set(page.ids))
    assert {c.id for c in contract.clauses} <= set(page.ids)
    assert {f"ruling-{n}" for n in contract.rulings} <= set(page.ids)
    for one in [*contract.tests.values(), *contract.mutants.values()]:
        for name, _ in one:
            assert name in page.words


def test_page_needs_nothing(contract):
    text = render_html.render(contract)
    page = Reader(text)
    assert {link[0] for link in page.links} == {"#"}
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert not re.search(r"url\(|@import|https?://", text.split("<main>")[0])
    assert [tag for tag, _ in page.tags].count("script") == 1, "nobody else may add one"


def test_page_says_what_is_known(tree):
    page = Reader(render_html.render(render_data.gather(tree)))
    for words in (
        "Version 2.7: 2 clauses, 1 rulings, 1 tests, 1 mutants",
        "<script>alert(1)</script>",
        "part.one:it-holds",
        "bad it is <wrong>",
        "the <x>: .so what",
        "none: a<b",
        "1: <so>",
    ):
        assert words in page.words
    assert "#ruling-1" in page.links
    assert "#ruling-9" not in page.links


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_man_page_has_no_warnings(contract):
    source = render_man.render(contract)
    argv = ["groff", "-man", "-Tutf8", "-ww", "-P-cbou"]
    done = subprocess.run(argv, input=source.encode(), capture_output=True)
    assert done.stderr == b""
    text = done.stdout.decode()
    for clause in contract.clauses:
        assert f"{clause.id} ({clause.level})" in text


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_man_page_shows_what_is_there(tree):
    source = render_man.render(render_data.gather(tree))
    argv = ["groff", "-man", "-Tutf8", "-P-cbou", "-rLL=300n"]
    text = subprocess.run(argv, input=source.encode(), capture_output=True).stdout.decode()
    for words in (
        ".so /etc/passwd 'nd <script>",
        "\\fBback\\slash\\n <b>\\e .x em & ph ünïcode",
        "-- ^~`",
        ".pre <pre>\n",
        "\\(bu\n",
        "Deviates: the <x>: .so what",
        "contract 2.7",
    ):
        assert words in text, text
    assert "root:" not in text


def test_same_tree_same_bytes(tree, tmp_path):
    seen = set()
    for name in ("a", "b"):
        subprocess.run([sys.executable, RENDER, "--root", tree, tmp_path / name], check=True)
        pages = [tmp_path / name / page for page in ("spec/lei-contract.html", "man/lei-contract.7")]
        seen.add(tuple(page.read_bytes() for page in pages))
        assert not list((tmp_path / name).rglob("*.new"))
    assert len(seen) == 1


def test_chapters_in_the_order_of_the_readme():
    assert [c.name for c in render_data.gather().chapters] == spec.chapter_order()


def test_version():
    assert re.fullmatch(r"\d+\.\d+", spec.contract_version())


def test_blocks():
    found = blocks("one\ntwo\n\n- a\n  b\n- c\n\n| h | i |\n|---|---|\n| x | y |\n\n    pre\n      in".split("\n"))
    assert [(b.kind, b.content) for b in found] == [
        ("paragraph", "one two"),
        ("list", ["a b", "c"]),
        ("table", [["h", "i"], ["x", "y"]]),
        ("pre", "pre\n  in"),
    ]


def test_inline():
    shown = inline("a `b*c*` *d* * e", str.upper, lambda t: f"[{t}]", lambda t: f"<{t}>")
    assert shown == "A [b*c*] <d> * E"
