"""The page in a real browser: drawn, quiet, readable in light, dark, on a phone and in print, and by keyboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.lineage import journal
from pipeline.report.page import write_report

AXE = Path(__file__).resolve().parents[2] / "axe/node_modules/axe-core/axe.min.js"
LOOKS = [(1280, False), (1280, True), (390, False), (390, True)]


@pytest.fixture
def opened(page, finished) -> Any:
    """The page of a run with every section, loaded."""
    return show(page, write_report(finished.paths))


def show(page: Any, path: Path) -> Any:
    page.goto(f"file://{path}")
    return page


def look(page: Any, width: int, dark: bool) -> None:
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_viewport_size({"width": width, "height": 900})


def violations(page: Any) -> list[str]:
    """What axe-core finds wrong: rule, and where."""
    page.evaluate(f"{AXE.read_text()}; true")
    found = json.loads(
        page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations))")
    )
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def test_the_page_is_quiet_and_asks_for_nothing(opened):
    assert opened.complaints == []
    assert [one for one in opened.requested if not one.startswith(("file://", "data:"))] == []
    assert len([one for one in opened.requested if one.startswith("file://")]) == 1


def test_every_figure_is_drawn(opened):
    told = opened.evaluate(
        "[...document.querySelectorAll('figure svg, td svg')].map(s => {const b = s.getBoundingClientRect();"
        "return {name: s.getAttribute('aria-label'), width: b.width, height: b.height, marks: s.querySelectorAll("
        "'rect, circle, path.line, path.fill').length}})"
    )
    assert len(told) == 22 + 2
    for one in told:
        assert one["name"], one
        assert one["width"] >= 100, one
        assert one["height"] >= 20, one
        assert one["marks"] >= 1, one


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_accessibility_checker_finds_nothing(opened, width, dark):
    if not AXE.exists():
        pytest.skip("no axe-core here; `npm ci` in tests/axe brings it")
    look(opened, width, dark)
    opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(opened) == []


def test_the_checker_would_notice_pale_text(opened):
    if not AXE.exists():
        pytest.skip("no axe-core here; `npm ci` in tests/axe brings it")
    opened.evaluate("document.querySelector('h1').style.color = '#ccc'")
    assert [one for one in violations(opened) if one.startswith("color-contrast")]


def test_texts_in_figures_have_contrast_too(opened):
    """axe looks at HTML only. 4.5 is what WCAG 2.1 asks of text."""
    for dark in (False, True):
        look(opened, 1280, dark)
        colours = opened.evaluate(
            "(() => {const section = getComputedStyle(document.querySelector('section')).backgroundColor;"
            "return [...new Set([...document.querySelectorAll('svg text')].map(t => getComputedStyle(t).fill))]"
            ".map(one => [one, section])})()"
        )
        assert colours
        assert min(contrast(text, stage_data) for text, stage_data in colours) >= 4.5


def contrast(text: str, stage_data: str) -> float:
    """Ratio of relative luminances (WCAG 2.1) of two `rgb(r, g, b)`."""

    def luminance(colour: str) -> float:
        parts = [int(one) / 255 for one in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(text), luminance(stage_data)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("width", [390, 320, 1280])
def test_nothing_sticks_out_at_the_side(opened, width):
    look(opened, width, False)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_the_report_the_sections_and_what_scrolls(opened):
    def press() -> str:
        opened.keyboard.press("Tab")
        return str(opened.evaluate("document.activeElement.getAttribute('href') || document.activeElement.className"))

    reached = [press() for _ in range(20)]
    assert reached[0] == "#main"
    assert reached[1:4] == ["#verdict", "#errors", "#predictions"]
    assert "scroll" in reached


def test_print_shows_numbers_that_are_folded_on_the_screen(opened):
    opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
    folded = "document.querySelector('details .scroll').getBoundingClientRect().height"
    assert opened.evaluate(
        "document.querySelector('details .scroll').checkVisibility({contentVisibilityAuto: true})"
    ) in (
        False,
        None,
    )
    opened.emulate_media(media="print")
    assert opened.evaluate(folded) > 20
    assert opened.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert opened.pdf()


def test_hostile_names_leave_no_element_and_no_dialog(opened):
    assert opened.evaluate("document.querySelectorAll('script, img, iframe').length") == 1
    assert opened.evaluate("document.body.textContent.includes('<script>alert(\"x\")</script>')") is True


def test_the_page_of_a_crashed_run_is_sound_as_well(page, finished):
    (crashed,) = [one for one in journal.runs_of(finished.paths, 9) if one.verdict == "crashed"]
    opened = show(page, write_report(finished.paths, crashed.id))
    assert "Crashed" in opened.evaluate("document.querySelector('header').textContent")
    assert opened.complaints == []
    if AXE.exists():
        assert violations(opened) == []
