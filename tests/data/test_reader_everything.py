"""Generated tables through the whole of reading: whatever they hold, no row is lost and none is counted twice."""

import csv

from hypothesis import given, settings
from hypothesis import strategies as st

from data.reader import read
from data.rows import to_rows
from data.spec import Dataset

DATASET = Dataset.model_validate(
    {
        "source": "-",
        "label": {"column": "fare", "range": {"low": 0, "high": 100}},
        "points": {"pickup": {"latitude": "lat", "longitude": "lon"}},
        "time": {"column": "at", "format": "%Y-%m-%d %H:%M", "source_time_zone": "America/New_York"},
        "numeric": ["km"],
        "categorical": ["company"],
        "filters": {"lat": {"low": 37, "high": 45}, "lon": {"low": -78, "high": -70}},
        "split": {"key": ["taxi"]},
    }
)
NUMBER = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True).map(str),
    st.sampled_from(["", "0", "40.7", "-74", "1,234", "1e400", "+5", "x", " 7 ", "nan", "-0.0"]),
)
TIME = st.sampled_from(["2015-03-08 02:30", "2015-03-08 03:30", "", "2015-1-7 3:04", "noon", "1960-01-01 00:00"])
TEXT = st.text(alphabet='aé,"\n ;0', max_size=5)
FINE = ["40.7", "-74", "2015-01-07 03:04", "1", "a"]
GOOD = st.tuples(*map(st.just, FINE), st.sampled_from("579"), TEXT).map(list)
ROW = st.tuples(NUMBER, NUMBER, TIME, NUMBER, TEXT, NUMBER, TEXT).map(list)


@settings(max_examples=150)
@given(rows=st.lists(st.one_of(GOOD, ROW, ROW, st.lists(NUMBER, min_size=1, max_size=9)), max_size=20))
def test_accepted_and_rejected_are_read_always(tmp_path_factory, rows):
    rows = [row for row in rows if row != [""]]  # which is a blank line, and no row
    file = tmp_path_factory.mktemp("generated") / "trips.csv"
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([DATASET.read_columns(), *rows])
    accepted, rejected = 0, 0
    for batch in read(DATASET, str(file)):
        found = to_rows(DATASET, batch)
        assert {len(column) for column in found.columns.values()} == {len(found)}
        assert len(found.split) == len(found.hashes) == len(found)
        assert len(found.rejects.lines) == len(found.rejects.reasons) == len(found.rejects.values)
        assert all(found.rejects.reasons)
        accepted += len(found)
        rejected += len(found.rejects.lines)
    assert accepted + rejected == len(rows)
    assert accepted >= sum(row[:5] == FINE and row[5] in ("5", "7", "9") and len(row) == 7 for row in rows)
