"""Charts from plain numbers: what is drawn where, and what each mark tells."""

import re

import numpy as np
import pytest

from components.plot import Axis
from pipeline.report.charts import bars, changes, density, lines, ramp


def boxes(svg):
    """Left edge, width and title of each mark."""
    found = re.findall(r'<rect class="[^"]*" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*><title>(.*?)</title>', svg)
    return [(float(left), float(width), title) for left, width, title in found]


def test_a_long_name_is_cut_beside_its_bar_and_whole_in_its_title():
    name = "majority class, by shares of the training rows"
    svg = bars([(name, (2.0,), ""), ("short", (1.0,), "")], "bars", "usd")
    assert "majority class, by shares of…</text>" in svg
    assert [title for _, _, title in boxes(svg)] == [f"{name}: 2", "short: 1"]


def test_changes_go_to_both_sides_of_nought_and_say_which_is_better():
    svg = changes([("night", -10.0, "4 to 3.6", "better"), ("day", 5.0, "2 to 2.1", "worse")], "moved", "change (%)")
    (left, width, told), (right, half, _) = boxes(svg)
    assert told == "night: 4 to 3.6"
    assert left + width == pytest.approx(right, abs=0.2)
    assert width == pytest.approx(2 * half, abs=0.2)
    assert "-10.0 %, better" in svg
    assert "+5.0 %, worse" in svg


def test_cells_of_a_density_tell_their_rows_and_their_ranges_below_zero_too():
    values = np.array([-2.0, -2.0, 2.0])
    svg, most = density(values, values, (-3.0, 3.0), "density", ("true (usd)", "predicted (usd)"), cells=2)
    assert most == 2
    assert [title for _, _, title in boxes(svg)] == [
        "2 rows: true (usd) -3 to 0, predicted (usd) -3 to 0",
        "1 row: true (usd) 0 to 3, predicted (usd) 0 to 3",
    ]


@pytest.mark.parametrize(("points", "dots", "faint"), [(40, 40, 0), (41, 41, 41), (251, 0, 0)])
def test_points_of_a_line_are_drawn_while_they_are_few_and_told_while_there_is_room(points, dots, faint):
    series = {"loss": [(float(one), 1.0) for one in range(points)]}
    svg = lines(series, Axis("epoch", 0, points), Axis("loss", 0, 2), "losses")
    assert (svg.count("<circle"), svg.count("faint")) == (dots, faint)


def test_a_scale_has_its_ends_beside_it_and_two_hues_where_it_goes_both_ways():
    assert ramp("1 row", "<9 rows").startswith("1 row<svg")
    assert ramp("1 row", "<9 rows").endswith("</svg>&lt;9 rows")
    assert {"s1", "s2"} == set(re.findall(r"fill (s\d)", ramp("-1", "+1", both_ways=True)))
