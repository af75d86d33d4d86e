"""What each column is good for: an input of which kind, a name for rows that belong together, or nothing."""

from typing import NamedTuple

import numpy as np

from data.checks.ids import SHARE
from data.draft.names import CODES, GROUPS, IDS, PERSONS, REMARKS, ROWS, TIMES, says, words
from data.draft.seen import Seen
from data.errors import printable

_FEW_ROWS = 30
"""Of fewer, even a useful column may have another value in each."""
_GROUP_ROWS, _GROUPS = 50, 100
"""What has fewer rows each on average, and is so many, names whom a row is of rather than what it is like."""
_SEEN_OFTEN = 5
"""Rarer texts are unknown to the model, see `features.category.min_count`."""
_WORDS, _FEW_WORDS = 6, 3
_LONGEST = 30
_MONTHS, _WEEKS, _YEARS = {28, 29, 30, 31}, {52, 53}, {365, 366}
"""Where days or weeks begin to be counted anew."""


class Role(NamedTuple):
    """`numeric`, `categorical`, `key` or `left out`, and why."""

    name: str
    why: str


def role_of(column: Seen) -> Role:
    """What a column is good for, that is neither label nor time nor part of a place."""
    if column.kind == "unusable":
        return Role("left out", column.why)
    if column.kind == "nothing":
        return Role("left out", "no value in any row")
    if column.distinct == 1:
        where = "every row that has a value" if column.missing else "every row"
        return Role("left out", f"{_shown(next(iter(column.counts)))} in {where}")
    if column.kind == "truth":
        return Role("numeric", "true and false, as 1 and 0" + _lacking(column))
    if column.kind == "moment":
        return Role("left out", "a second time")
    return _of_number(column) if column.kind == "number" else _of_text(column)


def _of_number(column: Seen) -> Role:
    if reason := _row_number(column) or _counter(column):
        return Role("left out", reason)
    if column.whole and says(column.name, CODES | PERSONS):
        if _names_rows(column):
            return Role("left out", "an id: another one in nearly each row")
        return _grouping(column) or Role("categorical", f"{column.distinct:,} codes: more of it means nothing")
    values = column.values
    count = f"{column.odd.total():,} rows hold" if column.odd.total() > 1 else "1 row holds"
    odd = f"; {count} no number, such as {_shown(next(iter(column.odd)))}" if column.odd else ""
    lowest, highest = f"{values.min():g}", f"{values.max():g}"
    between = f"{lowest} to {highest}" if column.distinct > 2 else f"{lowest} or {highest}"
    return Role("numeric", f"{between}{_lacking(column)}{odd}")


def _row_number(column: Seen) -> str:
    """Why a column of whole numbers names its rows; empty where it does not."""
    if not column.whole or column.distinct < column.known or column.known < _FEW_ROWS:
        return ""
    values = column.values
    counts = (np.diff(values) == 1).all() and not says(column.name, TIMES)
    if counts and (set(words(column.name)) <= ROWS or values[0] in (0, 1)):
        return "the number of the row"
    return "an id: another number in each row" if says(column.name, IDS | CODES) else ""


def _counter(column: Seen) -> str:
    """Why a column of whole numbers only counts the rows of each group; empty where it does not.

    It begins again at 0 or 1, and not after equally many each time, as what a clock or a calendar shows does.
    """
    values = column.numbers
    if not column.whole or column.missing or len(values) < _FEW_ROWS or values[0] not in (0, 1):
        return ""
    again = np.flatnonzero(np.diff(values) != 1)
    if not len(again) or len(again) > len(values) / 3 or (values[again + 1] != values[0]).any():
        return ""
    ends = {int(value) for value in values[again]}
    if (len(ends) == 1 and not says(column.name, IDS)) or ends <= _MONTHS or ends <= _WEEKS or ends <= _YEARS:
        return ""
    return f"counts the rows of a group from {values[0]:g} to {values.max():g}, over and over"


def _of_text(column: Seen) -> Role:
    first = next(iter(column.counts))
    if column.why:
        return Role("left out", column.why)
    if _names_rows(column):
        return Role("left out", f"an id or free text: another one in nearly each row, such as {_shown(first)}")
    length = np.mean([len(text.split()) for text in column.counts])
    if length > _WORDS and column.distinct > column.known / 5:
        return Role("left out", f"free text, such as {_shown(first)}")
    if column.missing > column.known and (length > _FEW_WORDS or says(column.name, REMARKS)):
        return Role("left out", f"remarks on few rows, such as {_shown(first)}{_lacking(column)}")
    if group := _grouping(column):
        return group
    often = sum(count for count in column.counts.values() if count >= _SEEN_OFTEN) / column.known
    if often < 0.1:
        return Role("left out", f"hardly repeats: {column.distinct:,} texts in {column.known:,} rows")
    share = column.counts[first] / column.known
    return Role("categorical", f"{column.distinct:,} texts, mostly {_shown(first)} ({share:.0%}){_lacking(column)}")


def _names_rows(column: Seen) -> bool:
    """Whether nearly each row has a value of its own."""
    return column.known >= _FEW_ROWS and column.distinct >= SHARE * column.known


def _grouping(column: Seen) -> Role | None:
    """An id of what several rows are of."""
    if not says(column.name, GROUPS):
        return None
    if column.distinct >= _GROUPS and column.known < _GROUP_ROWS * column.distinct and not column.missing:
        each = column.known / column.distinct
        return Role(
            "key", f"{column.distinct:,} of them with {each:.1f} rows each, which stay in one part of the split"
        )
    return None


def _lacking(column: Seen) -> str:
    return f", missing in {shown_share(column.missing / column.rows)}" if column.missing else ""


def shown_share(share: float) -> str:
    """In percent, never rounded to nothing."""
    return "under 0.1%" if 0 < share < 0.001 else f"{share:.1%}"


def _shown(text: str) -> str:
    told = printable(text)
    return repr(told if len(told) <= _LONGEST else f"{told[: _LONGEST - 3]}...")
