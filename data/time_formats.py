"""Which `strptime` formats some texts read in, found from how they look."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

_DATES = (
    (r"\d{4}-\d{1,2}-\d{1,2}", "%Y-%m-%d"),
    (r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d"),
    (r"\d{4}\.\d{1,2}\.\d{1,2}", "%Y.%m.%d"),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    (r"\d{1,2}\.\d{1,2}\.\d{2}(?!\d)", "%d.%m.%y"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "%m/%d/%Y", "%d/%m/%Y"),
    (r"\d{1,2}/\d{1,2}/\d{2}(?!\d)", "%m/%d/%y", "%d/%m/%y"),
    (r"\d{1,2}-\d{1,2}-\d{4}", "%d-%m-%Y", "%m-%d-%Y"),
    (r"(?:19|20)\d{6}(?!\d)", "%Y%m%d"),
    (r"\d{1,2} [A-Za-z]{3} \d{4}", "%d %b %Y"),
    (r"\d{1,2} [A-Za-z]{3,9} \d{4}", "%d %B %Y"),
    (r"\d{1,2}-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
    (r"\d{1,2}-[A-Za-z]{3}-\d{2}(?!\d)", "%d-%b-%y"),
    (r"[A-Za-z]{3} \d{1,2},? \d{4}", "%b %d, %Y", "%b %d %Y"),
    (r"[A-Za-z]{3,9} \d{1,2},? \d{4}", "%B %d, %Y", "%B %d %Y"),
)
"""How a date looks, and the formats that it may be; of two, the likelier one first."""
_WEEKDAYS = ((r"()", ""), (r"[A-Z][a-z]{2}(,? )", "%a"), (r"[A-Z][a-z]{5,8}(,? )", "%A"))
_CLOCK = re.compile(
    r"(?P<join>T| |, )(?P<clock>\d{1,2}[:.]\d{2}(?P<seconds>[:.]\d{2})?(?P<fraction>\.\d{1,6})?)"
    r"(?P<half> ?[AaPp][Mm])?(?P<zone>Z| ?[+-]\d{2}:?\d{2}| [A-Z]{3})?"
)
_LOOK, _FIRST = 1000, 5
"""So many texts tell enough, and so many of them may give the format."""


def formats_of(texts: Sequence[str], share: float = 1.0) -> list[str]:
    """The formats that read most of the texts, the likeliest first; several where day and month cannot be told apart.

    Args:
        texts: without surrounding spaces; at most the first 1,000 are looked at.
        share: of them that a format must read.
    """
    some = texts[:_LOOK]
    forms = dict.fromkeys(form for text in some[:_FIRST] for form in _candidates(text))
    counts = {form: sum(reads(text, form) for text in some) for form in forms}
    most = max(counts.values(), default=0)
    return [form for form, count in counts.items() if count == most and count >= max(1, share * len(some))]


def reads(text: str, form: str) -> bool:
    """Whether a text is a time in this format."""
    try:
        datetime.strptime(text, form)
    except (ValueError, OverflowError):
        return False
    return True


def _candidates(text: str) -> Iterator[str]:
    for pattern, day in _WEEKDAYS:
        weekday = re.match(pattern, text)
        if weekday is None:
            continue
        before = day + weekday[1]
        for look, *forms in _DATES:
            date = re.match(look, text[weekday.end() :])
            if date is None:
                continue
            clock = _clock(text[weekday.end() + date.end() :])
            yield from (f"{before}{form}{clock}" for form in forms if clock is not None)


def _clock(text: str) -> str | None:
    """The format of what stands behind a date: nothing, or a time of day; None for anything else."""
    if not text:
        return ""
    hit = _CLOCK.fullmatch(text)
    if hit is None:
        return None
    mark = "." if "." in hit["clock"][:3] else ":"
    seconds = f"{mark}%S" if hit["seconds"] else ""
    fraction = ".%f" if hit["fraction"] else ""
    half = hit["half"] or ""
    zone = hit["zone"] or ""
    offset = f"{' ' if zone.startswith(' ') else ''}%z" if re.search(r"\d", zone) else zone
    hours = f"%I{mark}%M" if half else f"%H{mark}%M"
    return f"{hit['join']}{hours}{seconds}{fraction}{' %p' if ' ' in half else '%p' if half else ''}{offset}"
