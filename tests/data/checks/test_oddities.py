import pyarrow as pa
import pytest

from data.batches import BadRow, Batch
from data.checks.oddities import EXAMPLES, REASONS, Oddities
from data.rows import to_rows
from data.spec import Dataset

DATASET = Dataset.model_validate(
    {
        "source": "-",
        "label": {"column": "fare", "range": {"low": 0, "high": 100}},
        "time": {"column": "at", "format": "%Y-%m-%d"},
    }
)


def read(times, fares, bad=()):
    columns = pa.table({"at": times, "fare": fares})
    batch = Batch("in/trips.csv", pa.array(range(2, 2 + len(times))), columns, tuple(bad))
    rows = to_rows(DATASET, batch)
    reasons = {reason: rows.rejects.reasons.count(reason) for reason in rows.rejects.reasons}
    return rows.oddities, reasons


def test_each_reason_has_an_example_with_its_place():
    bad = [BadRow("in/trips.csv", 9, "1 fields, expected 2", "oops")]
    odd, reasons = read(["2020-01-31", "31.12.2019", "30.12.2019", None], ["5"] * 4, bad)
    assert odd.examples == {
        "1 fields, expected 2": [["oops", "trips.csv:9"]],
        "at: does not read as %Y-%m-%d": [["31.12.2019", "trips.csv:3"], ["30.12.2019", "trips.csv:4"]],
        "at: missing": [["", "trips.csv:5"]],
    }
    assert odd.told(reasons, most=2) == (
        "at: does not read as %Y-%m-%d (2, such as '31.12.2019' in trips.csv:3), at: missing (1, as in trips.csv:5), "
        "and 1 more"
    )


def test_times_that_do_not_read_are_told_the_format_that_they_have():
    odd, reasons = read(["31.12.2019", "30.12.2019"], ["5", "5"])
    (said,) = odd.sentences(reasons, 2, "fare")
    assert said.startswith("at does not read as %Y-%m-%d in rows such as '31.12.2019' (trips.csv:2), '30.12.2019' (tri")
    assert said.endswith("; such texts read as %d.%m.%Y: set data.time.format")
    odd, reasons = read(["soon"], ["5"])
    assert odd.sentences(reasons, 1, "fare")[0].endswith("'soon' (trips.csv:2); mend the rows, or the format")


@pytest.mark.parametrize(
    ("label", "advice"),
    [("fare", "if fare is no number, say data.label.kind: classes"), ("tip", "name it in data.categorical")],
)
def test_a_label_of_texts_is_advised_a_kind_and_an_input_a_role(label, advice):
    odd, reasons = read(["2020-01-31", "2020-01-31"], ["cheap", "5"])
    (said,) = odd.sentences(reasons, 2, label)
    assert said.endswith(advice)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_examples_stay_few_when_files_come_together(order):
    parts = [Oddities(examples={f"reason {i}": [["x", "a:1"]] * 2 for i in range(n, n + 90)}) for n in (0, 50)]
    whole = Oddities()
    for place in order:
        whole.merge(parts[place])
    assert len(whole.examples) == REASONS
    assert max(map(len, whole.examples.values())) == EXAMPLES
