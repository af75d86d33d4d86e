"""Plots: round ticks, data in their places, texts that stay texts."""

import itertools
import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.plot import Axis, Plot, round_steps
from components.shown import number


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e6))
def test_ticks_are_few_round_and_within_the_ends(low, width):
    steps = round_steps(low, low + width)
    assert 1 <= len(steps) <= 8
    assert all(low - 1e-6 * width <= one <= low + width + 1e-6 * width for one in steps)
    gaps = {f"{after - before:.2e}".split("e")[0] for before, after in itertools.pairwise(steps)}
    assert gaps <= {"1.00", "2.00", "5.00"}


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_a_tick_says_where_it_is(low, width):
    for place, text in Axis("x", low, low + width).marks():
        assert float(text.replace(",", "")) == pytest.approx(place, abs=1e-6 * width)


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (2007, 2009, ["2007", "2007.5", "2008", "2008.5", "2009"]),
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (10_000, 10_002, ["10,000", "10,000.5", "10,001", "10,001.5", "10,002"]),
    ],
)
def test_ticks_close_together_keep_their_digits(low, high, texts):
    assert [text for _, text in Axis("x", low, high).marks()] == texts


def test_an_axis_without_length_has_one_tick():
    assert round_steps(3, 3) == [3]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (1234567, "1,234,567"), (0.12345, "0.1235"), (-2.5, "-2.5"), (math.inf, "inf")]
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_marks_stand_where_their_values_are_and_never_outside():
    plot = Plot(Axis("x", 0, 10), Axis("y", 0, 4), "a plot", width=440, height=300, left=60)
    assert (plot.sx(0), plot.sx(10)) == (60, 426)
    assert plot.sx(5) == pytest.approx(243)
    assert plot.sy(4) < plot.sy(0)
    assert plot.sx(1e9) == 426
    assert plot.sy(-5) == plot.sy(0)


def test_a_nan_makes_a_gap_in_a_line():
    plot = Plot(Axis("x", 0, 3), Axis("y", 0, 1), "gap")
    plot.line([(0, 0), (1, 1), (2, math.nan), (3, 1)], "s1")
    (path,) = [one for one in ElementTree.fromstring(plot.svg()).iter("path") if one.get("class") == "line s1"]
    assert path.get("d").count("M") == 2


def test_labels_with_html_in_them_stay_texts():
    label = "<b>\"'&"
    plot = Plot(Axis(label, 0, 1), Axis(label, 0, 1, ((0.5, label),)), label)
    plot.word(0, 0, label)
    plot.dot(0, 0, "s1", label)
    tree = ElementTree.fromstring(plot.svg())
    assert tree.get("aria-label") == label
    assert [one.text for one in tree.iter("text")].count(label) == 4
    assert [one.text for one in tree.iter("title")] == [label]
