"""What of the predictions is drawn."""

import numpy as np
import pytest

from pipeline.report.sections.residuals import _span


@pytest.mark.parametrize(
    ("values", "span"),
    [
        (np.linspace(3, 100, 1001), (0.0, 99.515)),
        (np.linspace(60, 100, 1001), (60.2, 99.8)),
        (np.linspace(-10, 10, 1001), (-9.9, 9.9)),
        (np.full(9, 7.0), (6.5, 7.5)),
        (np.full(9, -7.0), (-7.5, -6.5)),
    ],
)
def test_nearly_all_values_are_drawn_and_zero_where_that_costs_little(values, span):
    assert _span(values) == pytest.approx(span)
