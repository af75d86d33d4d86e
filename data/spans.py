"""Spans: the numbered or dated parts that a source grows by. Which there are, which a run reads, which are missing.

A source with placeholders, such as `trips/{YYYY}-{MM}-{DD}/*.csv` or `span-{SPAN}.parquet`, has one span for each value
that they take. Whoever wants to know what is new asks `find_spans` for all and the last of them for the newest;
`data.sources.locate` gives the files of the spans that a run reads, and their fingerprint.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from data.errors import DataError
from data.files import is_here, match
from data.span_choice import Spans

_ANY = {"YYYY": "[0-9][0-9][0-9][0-9]", "MM": "[0-9][0-9]", "DD": "[0-9][0-9]"}
_PLACEHOLDER = re.compile(r"\{([^{}/]*)\}")
_ALLOWED = "{SPAN}, {SPAN:3} (three digits), {YYYY}, {YYYY}-{MM} or {YYYY}-{MM}-{DD}"
_EPOCH = date(1970, 1, 1)
_NAMED = 3
"""So many missing spans are named in a message."""


@dataclass(frozen=True)
class Span:
    """One part of a source.

    Attributes:
        number: ascending, one more for the next: the number in the name, or days, months or years since 1970 for
            names with a date.
        label: as the name says it: `7`, `2016-01-31`, `2016-01` or `2016`.
        files: sorted.
    """

    number: int
    label: str
    files: tuple[str, ...]


def has_spans(source: str) -> bool:
    """Whether the source has placeholders; a file of the very name has none."""
    return bool(_PLACEHOLDER.search(source)) and not is_here(source)


def find_spans(source: str, what: str = "data.source") -> list[Span]:
    """All spans of a source with placeholders that are there, ascending; the last one is the newest.

    Raises:
        DataError: nothing is there, or the placeholders make no span.
    """
    grain = _grain(source, what)
    return group(source, match(_PLACEHOLDER.sub(_glob, source), what, folders=True), grain)


def group(source: str, files: Sequence[str], grain: str | None = None) -> list[Span]:
    """Files by the span in their path, ascending; paths that only look alike, such as a 31st of June, are left out."""
    grain = grain or _grain(source, "data.source")
    pattern = _regex(source)
    found: dict[int, list[str]] = {}
    for file in files:
        hit = pattern.search(file)
        number = _number(hit.groupdict(), grain) if hit else None
        if number is not None:
            found.setdefault(number, []).append(file)
    return [Span(number, _label(number, grain), tuple(sorted(found[number]))) for number in sorted(found)]


def choose(found: Sequence[Span], wanted: Spans, source: str) -> list[Span]:
    """The spans that a run reads: the newest `window` of them up to `until`, ascending.

    Raises:
        DataError: none is there, `until` is none of them, or one is missing in between and may not be.
    """
    if not found:
        raise DataError(f"data.source: no file's name makes a span of {source}")
    labels = [span.label for span in found]
    if wanted.until is not None:
        if wanted.until not in labels:
            raise DataError(
                f"data.spans.until is {wanted.until!r}, which is no span of {source}; there are {len(labels)}, "
                f"{labels[0]} to {labels[-1]}"
            )
        found = found[: labels.index(wanted.until) + 1]
    chosen = list(found if wanted.window is None else found[-wanted.window :])
    gaps = missing(chosen, _grain(source, "data.source"))
    if gaps and wanted.gaps == "refuse":
        more = f" and {len(gaps) - _NAMED} more" if len(gaps) > _NAMED else ""
        raise DataError(
            f"data.source: no file for span {', '.join(gaps[:_NAMED])}{more}, between {chosen[0].label} and "
            f"{chosen[-1].label} of {source}; bring it, or set data.spans.gaps to allow"
        )
    return chosen


def label_at(source: str, moment: datetime) -> str:
    """Label of the span that a moment falls in, by its own clock, whether or not it is there.

    Raises:
        DataError: the source has no dated spans.
    """
    grain = _grain(source, "data.source") if has_spans(source) else ""
    if not grain.startswith("YYYY"):
        raise DataError(f"data.source: {source} has no dated spans, such as {{YYYY}}-{{MM}}-{{DD}}")
    number = _number({"YYYY": f"{moment.year:04d}", "MM": f"{moment.month:02d}", "DD": f"{moment.day:02d}"}, grain)
    assert number is not None  # every moment has a date
    return _label(number, grain)


def missing(spans: Sequence[Span], grain: str) -> list[str]:
    """Labels of the spans that are not there between the first and the last."""
    there = {span.number for span in spans}
    return [_label(number, grain) for number in range(min(there), max(there)) if number not in there] if there else []


def _grain(source: str, what: str) -> str:
    """`SPAN`, `YYYY`, `YYYYMM` or `YYYYMMDD`: what one step of the number is."""
    names = {name.split(":")[0] for name in _PLACEHOLDER.findall(source)}
    unknown = sorted(name for name in _PLACEHOLDER.findall(source) if not re.fullmatch(r"SPAN(:\d)?|YYYY|MM|DD", name))
    grain = "".join(name for name in ("SPAN", "YYYY", "MM", "DD") if name in names)
    if unknown or grain not in ("SPAN", "YYYY", "YYYYMM", "YYYYMMDD"):
        seen = ", ".join(f"{{{name}}}" for name in unknown or sorted(names))
        raise DataError(f"{what}: {source} has {seen}; a span is {_ALLOWED}")
    return grain


def _glob(hit: re.Match[str]) -> str:
    name, _, width = hit[1].partition(":")
    return _ANY.get(name) or ("[0-9]" * int(width) if width else "[0-9]*")


def _regex(source: str) -> re.Pattern[str]:
    """Finds the placeholders' values at the end of a path; a value named twice must be the same twice."""
    seen: set[str] = set()
    pieces = []
    for piece in re.split(r"(\{[^{}/]*\}|\*\*/?|\*|\?|\[[^\]]*\])", source.removeprefix("./")):
        if _PLACEHOLDER.fullmatch(piece):
            name, _, width = piece[1:-1].partition(":")
            digits = rf"\d{{{width}}}" if width else {"SPAN": r"\d+", "YYYY": r"\d{4}"}.get(name, r"\d\d")
            pieces.append(f"(?P={name})" if name in seen else f"(?P<{name}>{digits})")
            seen.add(name)
        else:
            wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
            pieces.append(wild.get(piece) or (_letters(piece) if piece.startswith("[") else re.escape(piece)))
    body = "".join(pieces).removesuffix("/")
    return re.compile(
        rf"(?:^|/){body.removeprefix('/')}(?:/[^/]*)?$" if not body.startswith("/") else f"{body}(?:/[^/]*)?$"
    )


def _letters(piece: str) -> str:
    """A glob's set of letters as a regular expression's."""
    inner = piece[1:-1].replace("\\", r"\\").replace("[", r"\[")
    return f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"


def _number(values: dict[str, str], grain: str) -> int | None:
    if grain == "SPAN":
        return int(values["SPAN"])
    year, month = int(values["YYYY"]), int(values.get("MM", 1))
    try:
        day = date(year, month, int(values.get("DD", 1)))
    except ValueError:
        return None
    return {"YYYY": year - 1970, "YYYYMM": (year - 1970) * 12 + month - 1, "YYYYMMDD": (day - _EPOCH).days}[grain]


def _label(number: int, grain: str) -> str:
    if grain == "YYYYMMDD":
        return (_EPOCH + timedelta(days=number)).isoformat()
    if grain == "YYYYMM":
        return f"{1970 + number // 12:04d}-{number % 12 + 1:02d}"
    return f"{1970 + number:04d}" if grain == "YYYY" else str(number)
