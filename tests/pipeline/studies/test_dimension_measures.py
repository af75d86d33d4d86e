"""Correlations of the rows that a study looks at."""

import numpy as np

from pipeline.studies import dimension_measures


def test_correlations_are_those_of_the_rows_and_0_where_a_column_does_not_vary() -> None:
    chance = np.random.default_rng(0)
    columns = chance.normal(1e4, 3, (500, 3)).astype(np.float32)
    columns[:, 1] = 41.9
    label = (columns[:, 0] - columns[:, 2]).astype(np.float32)
    with_each_other, with_label = dimension_measures.correlations(columns, label)
    expected = np.corrcoef(np.column_stack([columns, label])[:, [0, 2, 3]], rowvar=False)
    np.testing.assert_allclose(with_each_other[np.ix_([0, 2], [0, 2])], expected[:2, :2], atol=1e-9)
    np.testing.assert_allclose(with_label[[0, 2]], expected[:2, 2], atol=1e-9)
    assert not with_each_other[1].any()
    assert with_label[1] == 0
