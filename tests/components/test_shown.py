"""Figures of labels of any scale."""

from __future__ import annotations

import pytest

from components.shown import scale_of, shown, with_spread


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (3.14159, None, "3.142"),
        (0.0, None, "0.000"),
        (-12.5, None, "-12.500"),
        (123456.7, None, "123,457"),
        (0.00012345, None, "0.000123"),
        (1.2345e-9, None, "1.23e-09"),
        (0.01234, 3.0, "0.012"),
        (-0.0000012, 0.0018, "-0.00000"),
        (12.3, 50_000.0, "12"),
        (float("nan"), None, "nan"),
        (1.0, float("inf"), "1.0"),
    ],
)
def test_every_scale_has_three_digits_or_more_that_tell(value: float, scale: float | None, text: str) -> None:
    assert shown(value, scale) == text


def test_figures_that_stand_together_keep_the_digits_of_the_smallest() -> None:
    scale = scale_of([0.018, 0.0, 8.8e-5, float("nan")])
    assert [shown(one, scale) for one in (0.018, 8.8e-5)] == ["0.0180000", "0.0000880"]
    assert shown(1234.5, scale_of([1234.5, 3.2])) == "1,234.500"
    assert scale_of([0.0]) == 1.0


def test_a_mean_and_its_spread_have_the_digits_of_the_larger() -> None:
    assert with_spread(6.5, 0.25) == "6.500 ± 0.250"
    assert with_spread(-0.00001234, 0.00234) == "-0.00001 ± 0.00234"
    assert (with_spread(6.5, None), with_spread(None, None)) == ("6.500", "not finite")
