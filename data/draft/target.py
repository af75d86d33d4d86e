"""Which column is predicted, and what kind of label it is."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from data.draft.names import LABELS, LIKELY_LABELS, NEVER_NEGATIVE, says, words
from data.draft.seen import Seen, Table
from data.errors import DataError, printable
from data.label_kind import ROWS_OF_EACH, likely_kind

_YES = ("yes", "y", "true", "1", "positive", "pos", "ja", "oui", "si")
_NO = ("no", "n", "false", "0", "negative", "neg", "nein", "non")
_NAMED = 40


def label_named(table: Table, name: str | None) -> tuple[Seen, str]:
    """The column to predict, without a name the likeliest one, and why.

    Raises:
        DataError: there is no such column, or none that can be predicted.
    """
    if name is not None:
        column = _named(name, table)
        if column.kind not in ("number", "truth", "text"):
            what = column.why or ("a time" if column.kind == "moment" else "a column without values")
            raise DataError(f"--label {name}: {what} cannot be predicted; name another")
        return column, "as asked"
    found = list(_likely(table))
    if not found:
        raise DataError("no column looks like something to predict; name one: --label COLUMN")
    return found[0]


def _named(name: str, table: Table) -> Seen:
    """Spaces around a name in the header are seldom meant."""
    alike = [one for one in table.columns if one.strip() == name.strip()]
    if name not in table.columns and len(alike) != 1:
        raise DataError(_absent(name, table))
    return table.columns[name if name in table.columns else alike[0]]


def _absent(name: str, table: Table) -> str:
    near = difflib.get_close_matches(name, table.columns, n=1, cutoff=0.5)
    shown = ", ".join(printable(one) for one in list(table.columns)[:_NAMED])
    return f"--label {name}: no such column.{f' Did you mean {near[0]}?' if near else ''} There are: {shown}"


def _likely(table: Table) -> Iterator[tuple[Seen, str]]:
    """Columns that may be the label, the likeliest first."""
    fit = [one for one in table.columns.values() if one.distinct > 1 and _learnable(one)]
    for known, why in ((LABELS, "called so"), (LIKELY_LABELS, "by its name")):
        named = [one for one in fit if any(word in known for word in words(one.name))]
        yield from ((one, f"guessed {why}; --label names another") for one in named)
    yield from ((one, "guessed: the last column; --label names another") for one in reversed(fit))


def _learnable(column: Seen) -> bool:
    if column.kind == "text":
        return not column.why and column.distinct * ROWS_OF_EACH <= column.known
    return column.kind == "truth" or (column.kind == "number" and not _counts_rows(column))


def _counts_rows(column: Seen) -> bool:
    known = column.values
    return bool(column.whole and len(known) > 1 and (np.diff(known) == 1).all())


def block(table: Table, column: Seen, why: str) -> tuple[dict[str, Any], str]:
    """The block `data.label`, and why it is so.

    Raises:
        DataError: the column cannot be learned.
    """
    if column.distinct < 2:
        held = next(iter(column.counts), "nothing")
        raise DataError(f"--label {column.name}: every row holds {held}, so there is nothing to predict; name another")
    found: dict[str, Any] = {"column": column.name}
    lacking = f"; {column.missing:,} rows lack it" if column.missing else ""
    kind = likely_kind(column.counts, table.notation, column.kind != "truth")
    if column.distinct == 2 or kind is None:
        return _binary(found, column, f"{why}{lacking}")
    if kind == "classes":
        shown = ", ".join(printable(one) for one in list(column.counts)[:5])
        return {**found, "kind": "classes"}, f"{why}: {column.distinct} classes, {shown}{lacking}"
    if column.kind == "text":
        texts = f"{column.distinct:,} different texts in {column.known:,} rows ({next(iter(column.counts))!r})"
        why = column.why or f"{texts} are neither numbers nor classes that repeat; name another"
        raise DataError(f"--label {column.name}: {why}")
    seen = f"{column.distinct:,} different numbers, {np.nanmin(column.numbers):g} to {np.nanmax(column.numbers):g}"
    if says(column.name, NEVER_NEGATIVE) and (limits := never_negative(column)):
        return {**found, "kind": "number", "range": limits[0]}, f"{why}: {seen}; {limits[1]}{lacking}"
    return {**found, "kind": "number"}, f"{why}: {seen}{lacking}"


def _binary(found: Mapping[str, Any], column: Seen, why: str) -> tuple[dict[str, Any], str]:
    common, rare = column.counts
    pair = {common, rare}
    if pair in ({"0", "1"}, {"false", "true"}):
        yes = max(pair)
        return {**found, "kind": "binary"}, f"{why}: {yes} in {column.counts[yes] / column.known:.1%} of the rows"
    yes = next((one for one in column.counts if one.casefold() in _YES), "")
    no = next((one for one in column.counts if one.casefold() in _NO), "")
    positive = yes or next(iter(pair - {no})) if yes or no else rare
    told = f"{why}: {positive!r} in {column.counts[positive] / column.known:.1%} of the rows"
    guess = "" if yes or no else f"; taken for the yes as the rarer of two, else write {common!r}"
    return {**found, "kind": "binary", "positive": positive}, f"{told}{guess}"


FEW = 0.02
"""A larger share of negative values is no mistake."""


def never_negative(column: Seen) -> tuple[dict[str, float], str] | None:
    """A range from 0 for a column of which a few values are negative, and why; None where there are none or many."""
    known = column.values
    negative = known[known < 0]
    if not len(negative) or len(negative) > FEW * len(known):
        return None
    high = _rounded_up(10 * float(known.max()))
    told = f"{len(negative):,} rows below 0, such as {negative.min():g}, cannot be; the upper end is far from any value"
    return {"low": 0, "high": high}, told


def _rounded_up(value: float) -> Any:
    """To one digit."""
    power = 10 ** int(np.floor(np.log10(max(value, 1))))
    return int(np.ceil(value / power) * power)
