"""Spans of a source: found by their names, chosen by window, missed when one is absent."""

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataError
from data.sources import PLAIN, locate
from data.span_choice import Spans
from data.spans import Span, choose, find_spans, group, has_spans
from data.spec import Dataset, Label


def touch(folder, *names):
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"km,fare\n{len(name)},5\n")


def describe(source, **changes):
    return Dataset(**{"source": str(source), "label": Label(column="fare"), "numeric": ("km",), **changes})


def labels(spans):
    return [span.label for span in spans]


@pytest.mark.parametrize(
    ("source", "expected"),
    [("trips.csv", False), ("trips/*.csv", False), ("span-{SPAN}.csv", True), ("{YYYY}-{MM}-{DD}/*", True)],
)
def test_placeholders_make_spans(source, expected):
    assert has_spans(source) is expected


def test_numbered_spans_are_sorted_by_number_and_not_by_text(tmp_path):
    touch(tmp_path, "span-10.csv", "span-9.csv", "span-11.csv", "span-x.csv", "other.csv")
    found = find_spans(str(tmp_path / "span-{SPAN}.csv"))
    assert [(span.number, span.label) for span in found] == [(9, "9"), (10, "10"), (11, "11")]
    assert found[-1].files == (str(tmp_path / "span-11.csv"),)


def test_a_span_of_fixed_width_takes_no_other_width(tmp_path):
    touch(tmp_path, "span-001.csv", "span-1.csv", "span-0002.csv")
    assert labels(find_spans(str(tmp_path / "span-{SPAN:3}.csv"))) == ["1"]


def test_daily_spans_count_days_since_1970_as_tfx_does(tmp_path):
    touch(tmp_path, "2016-01-31/a.csv", "2016-01-31/b.csv", "2016-02-01/a.csv", "2016-02-30/a.csv", "latest/a.csv")
    found = find_spans(str(tmp_path / "{YYYY}-{MM}-{DD}/*.csv"))
    assert [(span.number, span.label, len(span.files)) for span in found] == [
        (16831, "2016-01-31", 2),
        (16832, "2016-02-01", 1),
    ]


def test_the_months_after_december_follow_without_a_gap(tmp_path):
    touch(tmp_path, "t_2015-12.parquet", "t_2016-01.parquet")
    december, january = find_spans(str(tmp_path / "t_{YYYY}-{MM}.parquet"))
    assert january.number == december.number + 1
    assert (december.label, january.label) == ("2015-12", "2016-01")


def test_a_folder_a_span_gives_its_visible_files(tmp_path):
    touch(tmp_path, "2015/a.csv", "2015/_SUCCESS", "2015/.b.csv", "2016/a.csv")
    assert [len(span.files) for span in find_spans(str(tmp_path / "{YYYY}"))] == [1, 1]


def test_a_placeholder_named_twice_must_agree(tmp_path):
    touch(tmp_path, "2015/trips-2015-01.csv", "2016/trips-2015-02.csv")
    assert labels(find_spans(str(tmp_path / "{YYYY}" / "trips-{YYYY}-{MM}.csv"))) == ["2015-01"]


@pytest.mark.parametrize("name", ["{VERSION}", "{YYYY}-{DD}", "{MM}", "{SPAN}-{YYYY}", "{day}"])
def test_other_placeholders_are_refused_with_those_allowed(tmp_path, name):
    with pytest.raises(DataError, match=r"a span is \{SPAN\}, \{SPAN:3\} \(three digits\), \{YYYY\}, "):
        find_spans(str(tmp_path / f"trips-{name}.csv"))


def test_no_span_at_all_is_an_error_that_names_the_pattern(tmp_path):
    with pytest.raises(DataError, match=r"data.source: the pattern matches no file: .*span-\[0-9\]\*\.csv"):
        find_spans(str(tmp_path / "span-{SPAN}.csv"))


def spans(*numbers):
    return [Span(n, str(n), (f"span-{n}.csv",)) for n in numbers]


def test_all_spans_are_read_unless_a_window_is_set():
    assert choose(spans(1, 2, 3), Spans(), "span-{SPAN}.csv") == spans(1, 2, 3)


def test_a_window_takes_the_newest_and_rolls_on():
    assert choose(spans(1, 2, 3), Spans(window=2), "span-{SPAN}.csv") == spans(2, 3)
    assert choose(spans(1, 2, 3, 4), Spans(window=2), "span-{SPAN}.csv") == spans(3, 4)


def test_a_window_over_fewer_spans_takes_those_that_are_there():
    # TFX's own rolling window raises here.
    assert choose(spans(1), Spans(window=7), "span-{SPAN}.csv") == spans(1)


def test_until_ends_the_window_there():
    assert choose(spans(1, 2, 3), Spans(window=2, until="2"), "span-{SPAN}.csv") == spans(1, 2)


def test_until_may_be_written_as_yaml_reads_a_date_or_a_number():
    assert Spans(until=datetime.date(2016, 1, 31)).until == "2016-01-31"
    assert Spans(until=7).until == "7"


def test_an_unknown_until_names_the_range_there_is():
    with pytest.raises(DataError, match=r"data.spans.until is '9', which is no span of span-\{SPAN\}.csv; there are 3"):
        choose(spans(1, 2, 3), Spans(until="9"), "span-{SPAN}.csv")


def test_a_span_missing_in_the_middle_is_named():
    with pytest.raises(
        DataError,
        match=re.escape("no file for span 2, 3, 5 and 1 more, between 1 and 7 of span-{SPAN}.csv; bring it, or set"),
    ):
        choose(spans(1, 4, 7), Spans(), "span-{SPAN}.csv")


def test_a_missing_span_may_be_allowed():
    assert choose(spans(1, 3), Spans(gaps="allow"), "span-{SPAN}.csv") == spans(1, 3)


def test_a_span_missing_before_the_window_does_not_matter():
    assert choose(spans(1, 3, 4), Spans(window=2), "span-{SPAN}.csv") == spans(3, 4)


def test_a_new_span_is_located_and_changes_the_fingerprint(tmp_path):
    touch(tmp_path, "span-1.csv", "span-2.csv")
    dataset = describe(tmp_path / "span-{SPAN}.csv", spans={"window": 2})
    before = locate(dataset)
    assert before.labels() == ["1", "2"]
    assert locate(dataset).fingerprint() == before.fingerprint()
    touch(tmp_path, "span-3.csv")
    after = locate(dataset)
    assert after.labels() == ["2", "3"]
    assert after.fingerprint() != before.fingerprint()


def test_spans_chosen_earlier_are_read_though_a_newer_one_has_come(tmp_path):
    touch(tmp_path, "span-1.csv", "span-2.csv")
    dataset = describe(tmp_path / "span-{SPAN}.csv", spans={"window": 1})
    told = PLAIN.dump_json(locate(dataset))
    touch(tmp_path, "span-3.csv")
    assert PLAIN.validate_json(told).files == (str(tmp_path / "span-2.csv"),)
    assert PLAIN.validate_json(told).labels() == ["2"]


def test_a_changed_file_changes_the_fingerprint_and_a_moved_folder_does_not(tmp_path):
    touch(tmp_path, "one/a.csv", "other/a.csv")
    one, two = (locate(describe(tmp_path / name / "*.csv")).fingerprint() for name in ("one", "other"))
    assert one != two  # their contents differ by the length of the name
    (tmp_path / "other" / "a.csv").write_bytes((tmp_path / "one" / "a.csv").read_bytes())
    assert locate(describe(tmp_path / "other" / "*.csv")).fingerprint() == one


def test_an_eval_source_with_placeholders_gives_the_same_spans(tmp_path):
    touch(tmp_path, "fit-1.csv", "fit-2.csv", "eval-1.csv", "eval-2.csv", "eval-3.csv")
    split = {"test_source": str(tmp_path / "eval-{SPAN}.csv")}
    located = locate(describe(tmp_path / "fit-{SPAN}.csv", split=split, spans={"window": 1}))
    assert located.test_files == (str(tmp_path / "eval-2.csv"),)
    touch(tmp_path, "fit-4.csv", "fit-3.csv")
    with pytest.raises(DataError, match=r"data\.split\.test_source: no file for span 4"):
        locate(describe(tmp_path / "fit-{SPAN}.csv", split=split, spans={"window": 1}))


def test_an_eval_source_with_placeholders_needs_a_source_with_placeholders(tmp_path):
    touch(tmp_path, "fit.csv", "eval-1.csv")
    dataset = describe(tmp_path / "fit.csv", split={"test_source": str(tmp_path / "eval-{SPAN}.csv")})
    with pytest.raises(DataError, match=r"but data\.source has no placeholders: give both or none"):
        locate(dataset)


@given(numbers=st.sets(st.integers(0, 10**6), min_size=1), window=st.integers(1, 9))
def test_whatever_the_numbers_the_newest_are_taken_in_order(numbers, window):
    found = group("s/span-{SPAN}.csv", [f"/data/s/span-{n}.csv" for n in numbers])
    chosen = choose(found, Spans(window=window, gaps="allow"), "s/span-{SPAN}.csv")
    assert [span.number for span in chosen] == sorted(numbers)[-window:]
