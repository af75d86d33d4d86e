"""How a source is printable on the terminal."""

import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from types import MappingProxyType

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data.draft.names import shown
from data.errors import printable
from data.profile import FENCE, ColumnProfile, Profile
from pipeline.terminal import plain_table

_WIDE = 200


def show_profile(profile: Profile, unit: str, left_out: Mapping[str, str] = MappingProxyType({})) -> None:
    """Rows, rejects and columns, on standard output; and columns without a role, with the reason."""
    # In a pipe or a file nothing is cut to the width of a terminal that is not there.
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDE)
    share = profile.rejected / profile.read
    console.print(
        f"{profile.read:,} rows in {_several(len(profile.files), 'file')} = {profile.accepted:,} accepted + "
        f"{profile.rejected:,} rejected ({share:.1%})"
    )
    if profile.spans:
        console.print(f"spans: {_several(len(profile.spans), 'span')}, {profile.spans[0]} to {profile.spans[-1]}")
    splits = ", ".join(f"{name} {count:,}" for name, count in profile.splits.items())
    about = "" if profile.repeated_exact else "about "
    console.print(f"splits: {splits}; {about}{profile.repeated_share:.1%} of the rows repeat an earlier one")
    if profile.reasons:
        console.print(_reasons(profile))
    console.print(_columns(profile, unit))
    for name, why in left_out.items():
        console.print(f"left out: {shown(name)}: {printable(why)}", markup=False)
    for remark in [*(f"a run stops: {one}" for one in profile.stops), *profile.remarks]:
        console.print(remark, markup=False)
    console.print(
        f"outliers lie more than {FENCE:g} interquartile ranges beyond the quartiles; they are accepted", style="dim"
    )


def _reasons(profile: Profile) -> Table:
    table = plain_table(("rejected because", "rows", "such as"), right=("rows",))
    for reason, count in profile.reasons.items():
        (value, place), *_ = profile.examples.get(reason) or [["", ""]]
        table.add_row(_text(reason), f"{count:,}", _text(f"{value!r} in {place}" if value else place))
    return table


def _columns(profile: Profile, unit: str) -> Table:
    figures = ("missing", "distinct", "low", "median", "high", "outliers")
    table = plain_table(("column", "role", *figures, "commonest"), right=figures)
    for one in profile.columns:
        role = f"{one.role} ({unit})" if one.role == "label" else one.role
        numbers = (_value(one, value) for value in (one.low, one.median, one.high))
        outliers = "" if one.role in ("categorical", "time") else f"{one.outliers:,}"
        top = _text(", ".join(f"{value} {count:,}" for value, count in one.top))
        table.add_row(_text(one.name), role, f"{one.missing:,}", f"{one.distinct:,}", *numbers, outliers, top)
    return table


def _text(words: str) -> str:
    """Words from the data, neither marks for rich nor for the terminal."""
    return escape(printable(words))


def _value(column: ColumnProfile, value: float | None) -> str:
    if value is None:
        return ""
    if column.role == "time":
        return datetime.fromtimestamp(value, timezone.utc).strftime("%Y-%m-%d %H:%M")
    return f"{value:.6g}"


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
