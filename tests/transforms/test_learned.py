"""Which columns of the block are used, and what is said of the others."""

import pytest

from data.errors import DataError
from transforms import learned


def column(minimum, maximum, known=100):
    return {"minimum": minimum, "maximum": maximum, "known": known}


COLUMNS = {
    "km": column(0.5, 30),
    "vendor": column(7, 7),
    "tolls": column(0, 0, known=0),
    "longitude": column(-87.65000153, -87.65),  # two neighbours in float32
    "tiny": column(1e-9, 2e-9),
    "vendor_missing": column(0, 0),
    "tolls_missing": column(1, 1),
    "km_missing": column(0, 1),
}


def known(columns, kind="none", kept=2):
    return {"kind": kind, "kept": kept, "features": list(columns), "columns": columns}


def test_without_a_reducer_the_columns_that_vary_by_more_than_rounding_are_used():
    assert [list(COLUMNS)[place] for place in learned.used(known(COLUMNS))] == ["km", "tiny", "km_missing"]


def test_what_is_left_out_is_said_with_the_reason_but_for_flags():
    assert learned.unused(known(COLUMNS)) == {
        "vendor": "is 7 in all training rows",
        "tolls": "is missing in all training rows",
        "longitude": "is -87.65 in all training rows",
    }


def test_behind_a_reducer_the_components_kept_are_used_and_what_is_left_out_is_said_too():
    assert learned.used(known(COLUMNS, "pca")) == [0, 1]
    assert learned.unused(known(COLUMNS, "pca")) == learned.unused(known(COLUMNS))


def test_where_no_number_varies_but_there_are_categories_one_number_stands_for_all():
    flat = {name: COLUMNS[name] for name in ("vendor", "tolls")}
    assert learned.used({**known(flat), "categories": ["company"]}) == [0]


def test_rows_in_which_nothing_varies_are_refused_with_the_features():
    flat = {name: COLUMNS[name] for name in ("vendor", "tolls")}
    with pytest.raises(DataError, match=r"each of the features vendor, tolls has one value in all training rows, so"):
        learned.used(known(flat))
    with pytest.raises(DataError, match="one value in all training rows"):
        learned.used(known(flat, "pca"))
