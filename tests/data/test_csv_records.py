"""Where records begin and end: every byte lies in one of them, and the fast way agrees with the slow one."""

import csv
import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.csv_records import BEHIND, UNCLOSED, fields_of, find_any, find_plain, ragged

TEXT = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from([b'"', b",", b"\n", b"\r", b"a", b'""', b'","', b"\0", b"\xff"]), max_size=40).map(
        b"".join
    ),
)


def lines_of(text, width=3, **options):
    """First lines of sound records, and of the others with their reasons."""
    found = find_any(text, b",", width, last=True, **options)
    return found.lines.tolist(), [(one.line, one.reason) for one in found.bad]


@pytest.mark.parametrize(
    ("text", "sound", "bad"),
    [
        (b"a,b,c\nd,e,f", [1, 2], []),
        (b"\n\r\na,b,c\r\rd,e,f\n", [3, 5], []),
        (b'"a\n\nb",c,d\ne,f,g', [1, 4], []),
        (b'a,b,"say ""c"""\n', [1], []),
        (b'a,b,5" pipe\n', [1], []),
        (b'a,"b" x,c\nd,e,f', [2], [(1, BEHIND)]),
        (b'a,b,"c\nd,e,f', [2], [(1, UNCLOSED)]),
        (b'a,b,"c\nd,"e",f\ng,h,i', [2, 3], [(1, UNCLOSED)]),
        (b'a,"b\nc",d,e\nf,g,h', [2, 3], [(1, UNCLOSED)]),  # joined they would have four fields
        (b"a,b\nc,d,e,f\n", [], [(1, ragged(2, 3)), (2, ragged(4, 3))]),
    ],
)
def test_records_begin_where_quotes_say_and_stray_quotes_spoil_one_line(text, sound, bad):
    assert lines_of(text) == (sound, bad)


def test_lines_that_each_look_like_a_row_are_rows_whatever_quotes_join_them():
    rows = [b"1,2,3,4,x", b'5,6,7,8,"y', b"1,2,3,4,x", b'5,6,7,"b, c",z"', b"1,2,3,4,x"]
    assert lines_of(b"\n".join(rows), width=5) == ([1, 3, 4, 5], [(2, UNCLOSED)])


def test_a_value_of_several_lines_is_one_although_a_line_has_commas_enough():
    assert lines_of(b'1,"2 Main St\nChicago, IL"\n', width=2) == ([1], [])
    assert lines_of(b'1,2,3,4,"x\ny, z"\n', width=5) == ([1], [])


def test_a_record_that_the_text_does_not_close_waits_for_more():
    found = find_any(b'a,b,c\nd,"e\n', b",", 3, last=False)
    assert (found.lines.tolist(), found.bad, found.used, found.passed) == ([1], [], 6, 1)


@settings(max_examples=400)
@given(text=TEXT, width=st.integers(1, 4), last=st.booleans())
@example(text=b'"\n""\n', width=1, last=True)
def test_every_byte_lies_in_one_record_or_in_a_blank_line(text, width, last):
    if not last:
        text = text[: text.rfind(b"\n") + 1]
    found = find_any(text, b",", width, last)
    spans = sorted([*zip(found.starts, found.ends, strict=True), *((b.start, b.start + len(b.raw)) for b in found.bad)])
    place = 0
    for start, end in spans:
        assert text[place:start].strip(b"\r\n") == b""
        assert end > start
        place = end
    assert text[place : found.used].strip(b"\r\n") == b""
    assert found.used == len(text) or not last
    assert found.passed == len(text[: found.used].splitlines())
    lines = [*found.lines.tolist(), *(one.line for one in found.bad)]
    starts = [*found.starts.tolist(), *(one.start for one in found.bad)]
    assert lines == [len((text[:start] + b"x").splitlines()) for start in starts]


@settings(max_examples=400)
@given(text=TEXT, width=st.integers(1, 4))
def test_the_fast_way_agrees_with_the_slow_one_or_gives_way(text, width):
    fast, slow = find_plain(text, b",", width) if text else None, find_any(text, b",", width, last=True)
    if fast is not None:
        for one, other in zip(fast[:3], slow[:3], strict=True):
            np.testing.assert_array_equal(one, other)
        assert fast[4:] == slow[4:]


@given(fields=st.lists(st.text(alphabet='a,"\n é', max_size=5), min_size=1, max_size=4))
def test_fields_are_those_that_pythons_writer_wrote(fields):
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerow(fields)
    assert [field.decode() for field in fields_of(stream.getvalue().encode(), b",")] == fields
