"""Real trips with real defects, counted by reason and by other means: `../shared/data`, where it is there."""

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from data.loading import load
from data.spec import Dataset

FILE = Path(__file__).parents[3] / "shared" / "data" / "nyc_trips_2016_with_defects.csv.gz"
AXES = {"latitude": (37, 45), "longitude": (-78, -70)}

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"needs the trips of January 2016, {FILE}")


def describe():
    points = {name: {axis: f"{name}_{axis}" for axis in AXES} for name in ("pickup", "dropoff")}
    ranges = {f"{name}_{axis}": limits for name in points for axis, limits in AXES.items()}
    ranges["passenger_count"] = (1, 6)
    return Dataset.model_validate(
        {
            "source": str(FILE),
            "label": {"column": "fare_amount", "range": {"low": 2.5, "high": 500}},
            "points": points,
            "time": {"column": "pickup_datetime", "format": "%Y-%m-%d %H:%M:%S UTC"},
            "numeric": ["passenger_count"],
            "filters": {name: {"low": low, "high": high} for name, (low, high) in ranges.items()},
        }
    )


def expected():
    """The first reason of each row, by pandas: fare and passengers, then 0/0, then the range of a coordinate."""
    trips = pd.read_csv(FILE)
    reasons = pd.Series("", index=trips.index)

    def give(where, reason):
        reasons[where & (reasons == "")] = reason

    give(~trips.passenger_count.between(1, 6), "passenger_count: outside 1 to 6")
    give(~trips.fare_amount.between(2.5, 500), "fare_amount: outside 2.5 to 500")
    for name in ("pickup", "dropoff"):
        give((trips[f"{name}_latitude"] == 0) & (trips[f"{name}_longitude"] == 0), f"{name}: 0/0 is no place")
    for name in ("pickup", "dropoff"):
        for axis, (low, high) in AXES.items():
            give(~trips[f"{name}_{axis}"].between(low, high), f"{name}_{axis}: outside {low} to {high}")
    return len(trips), Counter(reasons[reasons != ""])


def test_the_defects_are_counted_by_reason_as_pandas_counts_them():
    rows, reasons = expected()
    loaded = load(describe())
    assert loaded.reasons == reasons
    assert loaded.reasons.total() == 1544
    assert loaded.table.num_rows + loaded.reasons.total() == loaded.read == rows == 21544
