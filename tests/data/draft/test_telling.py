import numpy as np

from data.draft.telling import sums, thresholds

DRAWN = np.random.default_rng(0)
FARE, TIP, TOLL, OTHER = (DRAWN.gamma(2, scale, 500).round(2) for scale in (10, 2, 1, 5))


def test_parts_that_make_up_the_label_are_found():
    columns = {"fare": FARE, "tip": TIP, "toll": TOLL, "other": OTHER}
    (parts,) = sums(columns, FARE + TIP + TOLL)
    assert set(parts) == {"fare", "tip", "toll"}
    (parts,) = sums(columns, FARE - TIP)
    assert set(parts) == {"fare", "tip"}


def test_a_label_that_is_only_predicted_well_is_no_sum():
    columns = {"fare": FARE, "tip": TIP}
    assert sums(columns, 2 * FARE + 3 * TIP) == [], "factors other than 1 are a law, not a sum of parts"
    assert sums(columns, FARE + TIP + DRAWN.normal(0, 0.1, 500)) == []
    assert sums({"fare": FARE[:50], "tip": TIP[:50]}, (FARE + TIP)[:50]) == [], "too few rows to tell"
    assert sums({}, FARE) == []


def test_a_threshold_that_parts_no_and_yes_without_an_error_is_found():
    late = (FARE > 15).astype(float)
    assert thresholds({"fare": FARE, "tip": TIP}, late) == {"fare": FARE[FARE > 15].min()}
    assert thresholds({"fare": -FARE}, late) == {"fare": -FARE[FARE <= 15].max()}
    late[:3] = 1 - late[:3]
    assert thresholds({"fare": FARE}, late) == {}
