"""Whole columns of times at once: the same as Python reads them one by one, or left to Python."""

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.notation import Notation
from data.spec import Time
from data.stored import stored
from data.times import fixed_width, seconds_of

FORMATS = (
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%dT%H:%M",
    "%d/%m/%Y",
    "%Y%m%d%H%M%S",
    "%m/%d/%Y %H:%M:%S",
    "le %d.%m.%Y à %Hh",
)


def by_python(text, form):
    try:
        return datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return float("nan")


@settings(max_examples=300)
@given(form=st.sampled_from(FORMATS), moment=st.datetimes(min_value=datetime(1, 1, 1)))
@example(form=FORMATS[0], moment=datetime(2016, 2, 29, 23, 59, 59))
@example(form=FORMATS[0], moment=datetime(1900, 2, 28))
def test_every_moment_is_read_as_python_reads_it(form, moment):
    # strftime writes the year 7 as "7"; the texts in question have four digits.
    text = moment.strftime(form.replace("%Y", f"{moment.year:04d}"))
    assert fixed_width(pa.array([text]), form).tolist() == [by_python(text, form)]


@settings(max_examples=300)
@given(texts=st.lists(st.text(alphabet="0123456789- :TUCx", min_size=8, max_size=24), min_size=1, max_size=5))
@example(texts=["2015-02-29 00:00:00 UTC", "2015-13-01 00:00:00 UTC", "2015-00-10 00:00:00 UTC"])
@example(texts=["2015-01-01 24:00:00 UTC", "2015-01-01 00:60:00 UTC", "2015-01-01 00:00:61 UTC"])
@example(texts=["0000-01-01 00:00:00 UTC", "2015-01-00 00:00:00 UTC", "2015-04-31 00:00:00 UTC"])
@example(texts=["٢015-01-01 00:00:00 U", "2015-01-01 00:00:00 utc"])
def test_what_it_reads_python_reads_likewise_and_the_rest_is_left(texts):
    found = fixed_width(pa.array(texts), FORMATS[0])
    for text, value in zip(texts, found, strict=True):
        assert np.isnan(value) or value == by_python(text, FORMATS[0])


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d %I:%M %p", "%Y-%m-%dT%H:%M:%S%z", "%H:%M", "%Y-%m", "%Y-%m-%d %Y", "%d %b %Y"]
)
def test_other_formats_are_left_to_python(form):
    assert np.isnan(fixed_width(pa.array(["2015-01-01 00:00"]), form)).all()


def test_unpadded_and_padded_texts_of_one_column_are_all_read():
    time, reasons = Time(column="at", format="%Y-%m-%d %H:%M"), np.full(4, "", dtype=object)
    texts = ["2015-01-07 03:04", "2015-1-7 3:04", " 2015-01-07 03:04 ", "2015-1-7"]
    found = seconds_of(stored(pa.chunked_array([texts[:2], texts[2:]]), "at"), time, reasons, Notation())
    assert found.tolist() == [1420599840] * 3 + [0]
    assert reasons.tolist() == [""] * 3 + ["at: does not read as %Y-%m-%d %H:%M"]


@given(moments=st.lists(st.integers(10 * 86400, 2**31 - 10 * 86400), min_size=1, max_size=20))
@pytest.mark.parametrize(
    ("source", "target"),
    [("UTC", "America/New_York"), ("America/New_York", "America/Chicago"), ("Australia/Lord_Howe", "UTC")],
)
def test_clock_readings_move_between_zones_as_python_moves_them(source, target, moments):
    # Of Python's two readings of a folded hour, the first is meant.
    moments += [1425794400 + step for step in (-86400, -1, 0, 3599, 3600, 7200)]  # 2015-03-08 06:00 UTC
    time = Time(column="at", source_time_zone=source, time_zone=target)
    reasons = np.full(len(moments), "", dtype=object)
    found = seconds_of(stored(pa.chunked_array([moments]), "at"), time, reasons, Notation())
    for reading, value, reason in zip(moments, found.tolist(), reasons.tolist(), strict=True):
        shown = datetime.fromtimestamp(reading, timezone.utc).replace(tzinfo=None)
        moment = shown.replace(tzinfo=ZoneInfo(source)).astimezone(timezone.utc)
        exists = moment.astimezone(ZoneInfo(source)).replace(tzinfo=None) == shown
        assert (reason == "") is exists
        if exists:
            moved = moment.astimezone(ZoneInfo(target)).replace(tzinfo=timezone.utc)
            assert value == moved.timestamp()
