"""The column that says when a row takes place, and how it is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from data.draft.names import TIMES, words
from data.draft.notation import MOSTLY
from data.draft.seen import Seen
from data.spec import WALL_CLOCK
from data.time_formats import formats_of, reads
from data.times import INT32_SECONDS

MOST_MISSING = 0.2
"""Rows without a time or a place are rejected; a column that lacks more of them is not worth it."""
_EARLIEST = 3e8
"""Unix seconds of 1979: smaller numbers may be anything."""
_YEARS = (1970, 2037)
_IN_UTC = ("Z", "UTC", "GMT", "%z")


@dataclass(frozen=True)
class Moment:
    """A column of times.

    Attributes:
        format: as `data.time.format`; None for stored timestamps, which need none.
        is_moment: whether its values say themselves which zone they are of; else they show some clock.
        why: what it looks like.
        other_format: one that reads all of them too, and says other times.
    """

    name: str
    format: str | None
    is_moment: bool
    why: str
    other_format: str | None = None


def moments(columns: Mapping[str, Seen]) -> tuple[list[Moment], dict[str, str]]:
    """Columns that can be the time, the likeliest first, and why others that look like times cannot."""
    found, unfit = [], {}
    for column in columns.values():
        moment = _moment(column)
        if isinstance(moment, str):
            unfit[column.name] = moment
        elif moment is not None and column.missing > MOST_MISSING * column.rows:
            unfit[column.name] = f"a time that {column.missing / column.rows:.0%} of the rows lack"
        elif moment is not None and column.distinct > 1:
            found.append(moment)
    return sorted(found, key=lambda one: _rank(one.name)), unfit


def settings(moment: Moment, zone: tuple[str, float] | None) -> tuple[dict[str, Any], str]:
    """The block `data.time`, and why it is so; `zone` is that of the places, with its distance in kilometres."""
    block: dict[str, Any] = {"column": moment.name}
    if moment.format is not None:
        block["format"] = moment.format
    why = [moment.why]
    if moment.other_format is not None:
        why.append(f"{moment.other_format} would read too: which is the day?")
    if zone is None:
        why.append("hours are taken as they stand" if not moment.is_moment else "hours are those of UTC")
        why.append("say time_zone for another clock")
        return block, "; ".join(why)
    block = in_zone(block, zone[0])
    if not moment.is_moment:
        why.append("taken as what the clocks there show")
    why.append(f"the zone of the nearest city, {zone[1]:.0f} km from the middle of the places")
    return block, "; ".join(why)


def in_zone(block: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """The block with a time zone; what is no moment of itself is what the clocks there show."""
    form = block.get("format", "")
    shown = {} if form == "unix" or form.endswith(_IN_UTC) else {"source_time_zone": WALL_CLOCK}
    return {**block, "time_zone": zone, **shown}


def _rank(name: str) -> int:
    return min((TIMES.index(word) for word in words(name) if word in TIMES), default=len(TIMES))


def _moment(column: Seen) -> Moment | str | None:
    """A sentence where it is a time that cannot be read."""
    if column.kind == "moment":
        zoned = next(iter(column.counts)).endswith("+00:00")
        return Moment(column.name, None, zoned, "stored timestamps" + (" with a zone" if zoned else ""))
    if column.kind == "text":
        return _of_texts(column)
    if column.kind == "number" and column.whole and _rank(column.name) < len(TIMES):
        return _of_numbers(column)
    return None


def _of_texts(column: Seen) -> Moment | str | None:
    texts = _spread(column)
    forms = formats_of(texts, MOSTLY)
    if not forms:
        return None
    return _dated(column, forms, f"such as {texts[0]}")


def _of_numbers(column: Seen) -> Moment | str | None:
    known = column.values
    low, high = float(known.min()), float(known.max())
    if low >= _EARLIEST and high <= INT32_SECONDS:
        return Moment(column.name, "unix", True, "seconds since 1970")
    if low >= _EARLIEST * 1e3 and high <= INT32_SECONDS * 1e3:
        return "milliseconds since 1970; divide by 1,000 to use it as the time"
    forms = formats_of(_spread(column))
    return _dated(column, forms, f"such as {_spread(column)[0]}") if forms else None


def _dated(column: Seen, forms: list[str], why: str) -> Moment | str:
    texts = [text for text in _spread(column) if reads(text, forms[0])]
    years = np.array([datetime.strptime(text, forms[0]).year for text in texts])
    if np.mean((years >= _YEARS[0]) & (years <= _YEARS[1])) < MOSTLY:
        return f"times {why} outside {_YEARS[0]} to {_YEARS[1]}, which a time of the file cannot be"
    other = next((form for form in forms[1:] if _differ(texts, forms[0], form)), None)
    return Moment(column.name, forms[0], forms[0].endswith(_IN_UTC), why, other)


def _differ(texts: list[str], one: str, other: str) -> bool:
    pairs = ((datetime.strptime(text, one), datetime.strptime(text, other)) for text in texts if reads(text, other))
    return any(first != second for first, second in pairs)


def _spread(column: Seen, most: int = 1000) -> list[str]:
    texts = list(column.counts)
    return texts[:: max(1, len(texts) // most)]
