"""The page in a real browser: filters, cells, keyboard, no scripts, narrow, dark, and no network."""

import os
from pathlib import Path

import pytest
import sample
from browser import PROGRAM, browser
from suite.report import page, text

pytestmark = pytest.mark.skipif(not PROGRAM, reason="chromium is not installed: `ci/deps matrix` gets it")

ROWS = "[...document.querySelectorAll('tr.clause')].filter(r => r.offsetParent !== null)"
FORM = "document.getElementById('filters')"
DRAWN = "[...document.querySelectorAll('.drawer')].filter(d => getComputedStyle(d).display !== 'none').map(d => d.id)"
SECTIONS = (
    "[...document.querySelectorAll('.drawer .cell')].filter(d => d.offsetParent !== null || d.getClientRects().length)"
    ".map(d => d.id)"
)
CELL = "request.argc.digits@sample"
CLAUSE = "#request\\.argc\\.digits"


@pytest.fixture(scope="module")
def chromium():
    with browser() as one:
        yield one


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "matrix.html"
    other = sample.data(
        {
            "request.argc.digits:passes": [sample.run("PASS")],
            "request.argc.range:passes": [sample.run("PASS")],
            "request.size.refused:mended": [sample.run("PASS")],
        },
        name="other",
    )
    path.write_text(page.render([sample.everything(), other]), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def seen(chromium, url):
    chromium.ask("Emulation.setScriptExecutionDisabled", value=False)
    chromium.media()
    chromium.size(1400, 900)
    chromium.open(url)
    yield chromium
    assert chromium.complaints() == []
    assert chromium.see("window.pwned") is None
    assert len(chromium.files()) == 1, "it asked for another file"


def count(seen):
    return seen.see(f"{ROWS}.length")


def choose(seen, what, value):
    seen.see(f"({FORM}.elements.{what}.value = {value!r}, {FORM}.dispatchEvent(new Event('input')))")


def tick(seen, name, value):
    seen.see(f"document.querySelector('[name={name}][value=\"{value}\"]').click()")


def test_everything_is_there(seen):
    data = sample.everything()
    assert count(seen) == len(data["clauses"])
    assert seen.see(f"{FORM}.hidden") is False
    assert seen.see(DRAWN) == []
    assert text.one_line(data["title"]) in seen.see("document.body.innerText")


@pytest.mark.parametrize(
    "what,value,left",
    [
        ("text", "ARGC digits", {"request.argc.digits"}),
        ("text", "no such words", set()),
        ("verdict", "XPASS", {"request.size.refused"}),
        ("verdict", "CRASH", {"request.argc.zero"}),
    ],
)
def test_filters(seen, what, value, left):
    every = count(seen)
    choose(seen, what, value)
    found = set(seen.see(f"{ROWS}.map(r => r.querySelector('.id').textContent)"))
    assert left <= found and len(found) < every
    if what == "verdict" or not left:
        assert found == left
    assert seen.see("document.getElementById('shown').textContent") == f"{len(found)} of {every} clauses"
    seen.see(f"{FORM}.querySelector('[type=reset]').click()")
    assert seen.see("new Promise(r => setTimeout(r, 0))") is None
    assert count(seen) == every


def test_filter_by_level_and_differences(seen):
    every = count(seen)
    tick(seen, "level", "OBSERVED")
    assert count(seen) == every - 1
    assert seen.see("[...document.querySelectorAll('tr.chapter')].filter(r => r.offsetParent).length") == 1
    seen.see(f"{FORM}.elements.differ.click()")
    names = seen.see(f"{ROWS}.map(r => r.querySelector('.id').textContent)")
    assert names == ["request.argc.digits", "request.argc.range", "request.size.refused"]
    tick(seen, "column", "other")
    assert count(seen) == 0
    assert seen.see("[...document.querySelectorAll('th[data-i]')].filter(h => h.offsetParent).length") == 1


def test_a_cell_explains_itself(seen):
    seen.see(f"document.querySelector('a[href=\"#{CELL}\"]').click()")
    assert seen.see(DRAWN) == ["request.argc.digits"]
    assert seen.see(SECTIONS) == [CELL]
    assert seen.see("document.activeElement.id") == CELL
    words = seen.see("document.getElementById('request.argc.digits').innerText")
    for expected in (
        "ARGC is one or more decimal digits",
        "observed, lei 1.9.0",
        "Ruling 3",
        text.visible(sample.HOSTILE).splitlines()[0].split("  ")[0][:20],
        "LEI_SEED=7",
        "exit 0",
        "conformance/run sample.toml -k 'request.argc.digits:fails[<i>]'",
    ):
        assert expected in words, expected
    seen.see("document.querySelector('#request\\\\.argc\\\\.digits .tabs li:last-child a').click()")
    assert seen.see(SECTIONS) == ["request.argc.digits@other"]
    assert seen.see("scrollY") == 0, "the page moved behind the drawer"
    seen.press("Escape", 27)
    assert seen.see(DRAWN) == []


def test_declared_reason_is_shown(seen, url):
    seen.open(url + "#request.size.accepted@sample")
    assert seen.see(SECTIONS) == ["request.size.accepted@sample"]
    assert "Declared: known <i>" in seen.see("document.querySelector('.cell:target').innerText")


def test_keyboard_alone(seen):
    seen.see(f"document.querySelector('a[href=\"#{CELL}\"]').focus()")
    hrefs = []
    for key, code in (("ArrowRight", 39), ("ArrowDown", 40), ("ArrowLeft", 37), ("ArrowUp", 38)):
        seen.press(key, code)
        hrefs.append(seen.see("document.activeElement.getAttribute('href')"))
    assert hrefs == [
        "#request.argc.digits@other",
        "#request.argc.range@other",
        "#request.argc.range@sample",
        f"#{CELL}",
    ]
    seen.press("Enter", 13, "\r")
    assert seen.see("document.activeElement.id") == CELL
    seen.press("Escape", 27)
    assert seen.see(DRAWN) == []
    assert seen.see("document.activeElement.getAttribute('href')") == f"#{CELL}"
    seen.press("/", 191, "/")
    assert seen.see("document.activeElement.name") == "text"


def drawn(seen, selector):
    """As `see`, but without a script."""
    root = seen.ask("DOM.getDocument")["root"]["nodeId"]
    node = seen.ask("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
    try:
        return bool(seen.ask("DOM.getBoxModel", nodeId=node))
    except AssertionError:
        return False


def test_without_scripts(seen, url):
    seen.ask("Emulation.setScriptExecutionDisabled", value=True)
    try:
        seen.open(f"{url}#{CELL}")
        for selector in ("tr.clause .v.FAIL", ".summary", CLAUSE, ".cell:target", ".cell:target .seen"):
            assert drawn(seen, selector), selector
        for selector in ("#request\\.argc\\.range", f"{CLAUSE}\\@other", "#filters"):
            assert not drawn(seen, selector), selector
    finally:
        seen.ask("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.parametrize("width", [360, 768, 1400])
def test_nothing_sticks_out(seen, url, width):
    seen.size(width, 800)
    for address in (url, f"{url}#{CELL}"):
        seen.open(address)
        wide = seen.see("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], address
    narrow = seen.see("getComputedStyle(document.querySelector('td .v .long')).display") == "none"
    assert narrow == (width < 500 or width == 768)


CONTRAST = """(() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = c => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c[3] === 255) return c; } return [255, 255, 255]; };
  const light = c => { const [r, g, b] = c.map(x => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  return [...document.querySelectorAll('td .v, .id, .head, .sub, .level, .legend li, h1')].filter(e => e.offsetParent)
    .map(e => [e.className, ratio(light(rgb(getComputedStyle(e).color)), light(ground(e)))])
    .filter(([, r]) => r < 4.5);
})()"""


def test_light_and_dark_are_readable(seen):
    grounds = []
    for scheme in ("light", "dark"):
        seen.media(prefers_color_scheme=scheme)
        assert seen.see(CONTRAST) == []
        grounds.append(seen.see("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1]


def test_print(seen):
    seen.media("print")
    assert seen.see(f"getComputedStyle({FORM}).display") == "none"
    assert seen.see("getComputedStyle(document.querySelector('.matrix thead')).display") == "table-header-group"
    assert len(seen.ask("Page.printToPDF", preferCSSPageSize=True)["data"]) > 10000


@pytest.mark.skipif("MATRIX_PAGE" not in os.environ, reason="no $MATRIX_PAGE: `make matrix` looks at the page it made")
def test_the_page_itself(chromium):
    chromium.media()
    chromium.size(1400, 900)
    chromium.open(Path(os.environ["MATRIX_PAGE"]).as_uri())
    assert count(chromium) == chromium.see("document.querySelectorAll('.drawer').length") > 0
    lost = "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.hash.slice(1))"
    lost += ".filter(i => i !== '-' && !document.getElementById(decodeURIComponent(i)))"
    assert chromium.see(lost) == []
    chromium.see("document.querySelector('tr.clause td[data-v=PASS] a').click()")
    assert len(chromium.see(SECTIONS)) == 1
    assert chromium.complaints() == [] and len(chromium.files()) == 1
