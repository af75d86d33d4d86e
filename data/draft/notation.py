"""How a table of text writes its values: what stands before decimals, and what for no value."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from data.draft.written import Written
from data.notation import MISSING, Notation
from data.values import reads_as_number

MOSTLY = 0.95
"""A column with so large a share of numbers is one of numbers, and the others are wrong."""
_MARKS = {"?", "-", "--", "---", ".", "..", "...", "*", "na", "n.a.", "N.A.", "NA.", "n/a.", "#NULL!", "#VALUE!",
          "#DIV/0!"}  # fmt: skip
"""Texts that stand for no value in a column of numbers, though `data.notation.MISSING` has them not."""
_WORDS, _WORD_ROWS, _WORD_SHARE, _NUMBERS = 2, 5, 0.2, 20
"""So few different words, each in so many rows or more and all in so small a share, stand for no value where there are
so many different numbers: `k. A.`, `unknown`, or `T` for a trace of rain. Fewer numbers may be classes."""
_COMMA = re.compile(r"[+-]?\d+(,\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([,.]\d{3})+([,.]\d+)?")


def say_notation(written: Written, columns: Mapping[str, Counter[str]]) -> None:
    """What stands before decimals, and for a missing value."""
    commas = [name for name, counts in columns.items() if _is_mostly(counts, _decimal_comma)]
    points = [name for name, counts in columns.items() if _is_mostly(counts, _decimal_point)]
    decimal = "."
    if commas and not points:
        decimal = ","
        written.say("decimal", ",", f"decimal commas, as in {commas[0]}: {_example(columns[commas[0]], ',')}")
    notation = Notation(decimal=decimal)
    found = {name: _stand_ins(counts, notation) for name, counts in columns.items()}
    elsewhere = {text for name, counts in columns.items() if found[name] is None for text in counts}
    marks: dict[str, str] = {}
    for name, texts in found.items():
        # A word may be a class or a category in another column.
        marks |= {text: marks.get(text, name) for text in texts or [] if text in _MARKS or text not in elsewhere}
    if marks:
        where = ", ".join(f"{text} in {name}" for text, name in marks.items())
        written.say("missing", [*MISSING, *marks], f"the usual texts, and {where}")


def _stand_ins(counts: Counter[str], notation: Notation) -> list[str] | None:
    """Texts for no value in a column that holds almost only numbers besides them; None of any other column."""
    odd = {text: count for text, count in counts.items() if not reads_as_number(text, notation)}
    total, numbers = counts.total(), len(counts) - len(odd)
    words = [text for text, count in odd.items() if count >= _WORD_ROWS and not re.search(r"\d", text)]
    words = [text for text in words if text not in _MARKS]
    rare = sum(odd[text] for text in words) <= _WORD_SHARE * total
    known = [text for text in odd if text in _MARKS]
    if len(words) <= _WORDS and rare and numbers >= _NUMBERS:
        known += words
    stand_ins = sum(odd[text] for text in known)
    return known if numbers and sum(odd.values()) - stand_ins <= (1 - MOSTLY) * (total - stand_ins) else None


def _is_mostly(counts: Counter[str], decimal: Callable[[str], bool | None]) -> bool:
    """Whether a column holds almost only numbers, some of which have such decimals."""
    total = sum(counts.values())
    known = [text for text in counts if text in _MARKS]
    shown = {text: count for text, count in counts.items() if text not in known}
    fits = {text: decimal(text) for text in shown}
    rows = sum(count for text, count in shown.items() if fits[text] is not None)
    thousands = all(_THOUSANDS.fullmatch(text) for text, fit in fits.items() if fit)
    return bool(total) and any(fits.values()) and rows >= MOSTLY * sum(shown.values()) and not thousands


def _decimal_comma(text: str) -> bool | None:
    return ("," in text) if _COMMA.fullmatch(text) else None


def _decimal_point(text: str) -> bool | None:
    return ("." in text) if reads_as_number(text, Notation()) else None


def _example(counts: Iterable[str], mark: str) -> str:
    return next(text for text in counts if mark in text)
