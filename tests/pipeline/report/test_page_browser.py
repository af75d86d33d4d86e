"""The page in a real browser: drawn, quiet, readable in light, dark, on a phone and in print, and by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import report
from pipeline.lineage import journal
from pipeline.report.page import write_report


@pytest.fixture
def opened(page, finished) -> Any:
    """The page of a run with every section, loaded."""
    return show(page, write_report(finished.paths))


def show(page: Any, path: Path) -> Any:
    page.goto(f"file://{path}")
    return page


def test_the_page_is_quiet_and_asks_for_nothing(opened):
    assert opened.complaints == []
    assert [one for one in opened.requested if not one.startswith(("file://", "data:"))] == []
    assert len([one for one in opened.requested if one.startswith("file://")]) == 1


def test_every_figure_is_drawn(opened):
    told = opened.evaluate(
        "[...document.querySelectorAll('.plot svg, .wide svg, td svg')].map(s => {const b = s.getBoundingClientRect();"
        "return {name: s.getAttribute('aria-label'), width: b.width, height: b.height, marks: s.querySelectorAll("
        "'rect, circle, path.line, path.fill').length}})"
    )
    assert len(told) == 26 + 2
    for one in told:
        assert one["name"], one
        assert one["width"] >= 100, one
        assert one["height"] >= 20, one
        assert one["marks"] >= 1, one


def test_the_accessibility_checker_finds_nothing(opened, look, violations):
    look(opened)
    opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(opened) == []


def test_the_checker_would_notice_pale_text(opened, violations):
    opened.evaluate("document.querySelector('h1').style.color = '#ccc'")
    assert [one for one in violations(opened) if one.startswith("color-contrast")]


def test_texts_in_figures_have_contrast_too(opened):
    """axe looks at HTML only. 4.5 is what WCAG 2.1 asks of text."""
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme=scheme)
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
    opened.set_viewport_size({"width": width, "height": 900})
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


def test_the_page_of_a_crashed_run_is_sound_as_well(page, finished, violations):
    (crashed,) = [one for one in journal.runs_of(finished.paths, 9) if one.verdict == "crashed"]
    opened = show(page, write_report(finished.paths, crashed.id))
    assert "Crashed" in opened.evaluate("document.querySelector('header').textContent")
    assert opened.complaints == []
    assert violations(opened) == []


TIMINGS = "#timings .side table"
SCRIPT = Path(report.__file__).parent / "template" / "page.js"


def column(page: Any, table: str, place: int) -> list[str]:
    """Texts of the rows that are shown."""
    rows = f"[...document.querySelectorAll('{table} tbody tr')].filter(row => !row.hidden)"
    return page.evaluate(f"{rows}.map(row => row.cells[{place}].textContent)")


def test_a_table_sorts_by_the_size_of_its_numbers_and_goes_back(opened):
    began, names = column(opened, TIMINGS, 0), column(opened, TIMINGS, 3)
    button = opened.locator(f"{TIMINGS} thead button").nth(3)
    heading = f"document.querySelectorAll('{TIMINGS} thead th')[3].getAttribute('aria-sort')"
    button.press("Enter")
    assert opened.evaluate(heading) == "ascending"
    assert column(opened, TIMINGS, 3) == sorted(names, key=float)
    button.press("Enter")
    assert opened.evaluate(heading) == "descending"
    assert column(opened, TIMINGS, 3) == sorted(names, key=float, reverse=True)
    button.press("Enter")
    assert opened.evaluate(heading) is None
    assert column(opened, TIMINGS, 0) == began


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["1,363", "729", "12", ""], ["12", "729", "1,363", ""]),
        (["-0.5%", "+0.6%", "-1.5%"], ["-1.5%", "-0.5%", "+0.6%"]),
        (["12 (small)", "9 (small)", "1.5e-3"], ["1.5e-3", "9 (small)", "12 (small)"]),
        (["nan", "3", "-2"], ["nan", "-2", "3"]),
        (["hour 10", "hour 9", "distance"], ["distance", "hour 9", "hour 10"]),
        (["7fa0", "12c3", "0b11"], ["0b11", "7fa0", "12c3"]),
        (["2026-02-01", "2025-12-31", "2026-01-05"], ["2025-12-31", "2026-01-05", "2026-02-01"]),
    ],
)
def test_a_column_sorts_as_its_texts_are_meant(page, texts, wanted):
    rows = "".join(f"<tr><td>{text}</td></tr>" for text in texts)
    page.set_content(f"<table><thead><tr><th>seconds</th></tr></thead><tbody>{rows}</tbody></table>")
    page.add_script_tag(path=SCRIPT)
    page.evaluate("sortable(document.querySelector('table'))")
    page.locator("thead button").click()
    assert column(page, "table", 0) == wanted


def test_a_column_of_pictures_is_not_sorted(opened):
    opened.evaluate("sortable(document.querySelector('#data table'))")
    buttons = opened.locator("#data thead button")
    assert [one.split("\u2195")[0] for one in buttons.all_text_contents()][:2] == ["column", "rows"]


def test_a_filter_leaves_the_rows_that_have_every_word_and_says_how_many(opened):
    opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    table = "#card details table"
    rows = column(opened, table, 0)
    field = opened.locator("#card .filter input")
    field.fill("training SEED")
    assert column(opened, table, 0) == ["training.seed"]
    assert opened.locator("#card .filter output").text_content() == f"1 of {len(rows)} rows"
    field.fill("")
    assert column(opened, table, 0) == rows


def test_the_marks_of_a_chart_tell_their_numbers_by_keyboard(opened):
    opened.locator("#timings svg rect[tabindex='0']").focus()
    tip = opened.locator(".tip")
    said = [tip.text_content()]
    for _ in range(2):
        opened.keyboard.press("ArrowDown")
        said.append(tip.text_content())
    names = column(opened, TIMINGS, 0)
    assert [one.split(":")[0] for one in said] == names[:3]
    opened.keyboard.press("End")
    assert tip.text_content().startswith(f"{names[-1]}:")
    assert opened.locator("#timings svg [tabindex='0']").count() == 1
    opened.keyboard.press("Escape")
    assert tip.is_hidden()


def test_the_marks_of_a_chart_tell_their_numbers_to_a_pointer_within_the_window(opened):
    opened.set_viewport_size({"width": 390, "height": 900})
    opened.locator("#errors .plot rect").last.hover()
    tip = opened.locator(".tip").bounding_box()
    assert tip["x"] >= 0
    assert tip["x"] + tip["width"] <= 390
    assert opened.locator(".tip").text_content() == opened.locator("#errors .plot rect").last.get_attribute(
        "aria-label"
    )


def test_without_a_script_every_text_and_every_title_of_a_mark_is_there(browser, page, finished):
    path = write_report(finished.paths)
    marks = "[...document.querySelectorAll('figure svg title')].length"
    show(page, path)
    bare = browser.new_context(java_script_enabled=False).new_page()
    show(bare, path)
    shown = bare.locator("main").text_content()
    assert bare.locator("button, input, .tip").count() == 0
    assert bare.locator("figure svg title").count() == page.locator("figure svg [role=img]").count() > 100
    assert page.evaluate(marks) == 0
    for caption in ("Errors by slice", "All settings", "The newest runs"):
        assert caption in shown
    texts = "main td, main th, main p, main li"
    assert bare.locator(texts).count() == page.locator(texts).count()
