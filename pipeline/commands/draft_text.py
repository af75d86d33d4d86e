"""A proposed configuration as YAML, with the reason beside each choice."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from data.draft.names import shown
from data.draft.proposal import Proposal
from data.errors import printable

_BY_TIME = "judges by the newest rows, as what is to come, not by rows from all times"
_MANY = 24
"""More columns of a role than this stand side by side, without their reasons."""
_WIDTH = 110
_COMMENT_AT = 34


def draft_text(proposal: Proposal, name: str, source: str, command: str) -> str:
    """The file; `source` is the table's path from where it will lie, `command` runs it."""
    return "\n".join([*_lines(proposal, name, source, command), ""])


def _lines(proposal: Proposal, name: str, source: str, command: str) -> Iterator[str]:
    seen = "all" if proposal.table.all_rows else "the first"
    yield from _comment(
        f"Proposed by `farelite init` after a look at {seen} {proposal.table.rows:,} rows. {command}", ""
    )
    yield from _comment("Whatever is left out here has the default named in docs/reference/configuration.md.", "")
    yield from ("", f"name: {_flow(name)}", "", "data:", f"  source: {_flow(source)}")
    for key, value in proposal.table.settings.items():
        yield _with(f"  {key}: {_flow(value)}", proposal.table.why[key])
    yield from _block("label", proposal.label, proposal.label_why)
    yield from _comment("Inputs. Take out what is not known yet at the moment of a prediction.", "  ")
    if proposal.points:
        yield "  points:"
        for point, (north, east) in proposal.points.items():
            pair = _flow({"latitude": north, "longitude": east})
            yield _with(f"    {_flow(point)}: {pair}", proposal.points_why[point])
    if proposal.time:
        yield from _block("time", proposal.time, proposal.time_why)
    for role, columns in (("numeric", proposal.numeric), ("categorical", proposal.categorical)):
        yield from _columns(role, columns)
    yield from _left_out(proposal.left_out)
    if proposal.filters:
        yield "  filters:"
        for column, limits in proposal.filters.items():
            yield _with(f"    {_flow(column)}: {_flow(limits)}", proposal.filters_why[column])
    if proposal.split:
        yield from _block("split", proposal.split, "; ".join(proposal.split_why))
    if proposal.split_by_time:
        yield from _block("# split", proposal.split_by_time, _BY_TIME)
    if proposal.rejected is not None:
        yield from _block("max_rejected_fraction", proposal.rejected, proposal.rejected_why)
    for remark in proposal.remarks:
        yield from _comment(remark, "")


def _columns(role: str, columns: Mapping[str, str]) -> Iterator[str]:
    if len(columns) > _MANY:
        listed = textwrap.wrap(_flow(list(columns))[1:-1], _WIDTH, break_long_words=False, break_on_hyphens=False)
        yield from (f"  {role}: [", *(f"    {line}" for line in listed), "  ]")
    elif columns:
        yield f"  {role}:"
        yield from (_with(f"    - {_flow(column)}", why) for column, why in columns.items())


def _left_out(columns: Mapping[str, str]) -> Iterator[str]:
    """By reason, since many columns may have the same."""
    by_reason: dict[str, list[str]] = {}
    for name, why in columns.items():
        by_reason.setdefault(why, []).append(name)
    if by_reason:
        yield "  # Left out:"
    for why, names in by_reason.items():
        yield from _comment(f"{', '.join(map(shown, names))}: {why}", "    ")


def _block(key: str, value: Any, why: str) -> Iterator[str]:
    """A line, its reason above where that is long."""
    line = f"  {key}: {_flow(value)}"
    if len(line) + len(why) + 4 <= _WIDTH:
        yield _with(line, why)
    else:
        yield from _comment(why, "  ")
        yield line


def _with(line: str, why: str) -> str:
    return f"{line:<{_COMMENT_AT}} # {printable(why)}" if why else line


def _comment(text: str, indent: str) -> Iterable[str]:
    mark = f"{indent}# "
    return textwrap.wrap(printable(text), _WIDTH, initial_indent=mark, subsequent_indent=mark, break_long_words=False)


def _flow(value: Any) -> str:
    """On one line, with quotes where YAML needs them."""
    text = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=float("inf"), sort_keys=False)
    return text.strip()[1:-1]
