"""The contract's page in a browser: it asks for nothing, finds clauses, suits the dark and paper."""

import sys
from pathlib import Path

import pytest
from browser import PROGRAM, browser

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from suite import render_data, render_html  # noqa: E402

pytestmark = pytest.mark.skipif(not PROGRAM, reason="chromium is not installed")
SHOWN = "[...document.querySelectorAll('article[data-level]:not([hidden])')].map(a => a.id)"
BACK = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "contract.html"
    path.write_text(render_html.render(render_data.gather()))
    with browser() as one:
        one.url = path.as_uri()
        yield one


def find(page, words):
    page.see(f"(w => {{ w.value = {words!r}; w.dispatchEvent(new Event('input')) }})(document.querySelector('input'))")
    return page.see(SHOWN)


def test_needs_nothing(page):
    page.open(page.url)
    assert page.see(SHOWN) == [c.id for c in render_data.gather().clauses]
    assert page.complaints() == []
    assert page.files() == [page.url]


def test_finds_by_words(page):
    page.open(page.url)
    found = find(page, "request.empty datagram")
    assert found == ["request.empty.refused"]
    assert page.see("document.querySelectorAll('section.chapter:not([hidden])').length") == 1
    assert "1 of " in page.see("document.querySelector('output').textContent")


def test_finds_by_level(page):
    page.open(page.url)
    for level in ("MUST", "SHOULD", "MAY"):
        page.see(f"document.querySelector('input[value={level}]').click()")
    assert set(page.see(SHOWN)) == {c.id for c in render_data.gather().clauses if c.level == "OBSERVED"}


def test_link_to_what_is_filtered_away(page):
    page.open(page.url)
    find(page, "no such words")
    page.see("location.hash = 'request.argc.zero'")
    assert "request.argc.zero" in page.see(SHOWN)
    assert 0 <= page.see("document.getElementById('request.argc.zero').getBoundingClientRect().top") < 400


def test_narrow(page):
    page.size(360, 800)
    page.open(page.url)
    assert page.see("document.documentElement.scrollWidth") <= 360


def test_dark_and_paper(page):
    seen = []
    for scheme in ("light", "dark"):
        page.media(prefers_color_scheme=scheme)
        page.open(page.url)
        seen.append(page.see(BACK))
    assert len(set(seen)) == 2
    page.media("print")
    page.open(page.url)
    assert page.see("getComputedStyle(document.querySelector('.find')).display") == "none"
    page.media()
