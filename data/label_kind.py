"""What a label is, settled before a run by a look at its column: its kind, and the classes of the training rows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataError
from data.label import MAX_CLASSES, Label, no_and_yes
from data.loading import time_cut
from data.notation import Notation
from data.reader import read
from data.rows import to_rows
from data.sources import Located
from data.spec import Dataset
from data.splits import SPLITS
from data.stored import stored, text_of
from data.values import like_a_number

LOOK_ROWS = 100_000
"""So many rows from the beginning show what a label is."""
FEW, ROWS_OF_EACH = 10, 20
"""At most so many different whole numbers, or any number of texts, with so many rows each on average, are taken for
classes; texts that hardly repeat are numbers gone wrong, which ingestion rejects with a reason."""
_SHOWN = 8


def settle(dataset: Dataset, located: Located) -> tuple[Dataset, str]:
    """The dataset with the label's kind and classes filled in, and a sentence on what was found.

    Reads no row where both are given, the first rows where the kind is missing, and all where the classes are.

    Raises:
        DataError: what the label is cannot be told; the message asks. Or it is no label to learn.
    """
    label = dataset.label
    given = label.kind is not None
    if not given:
        label = Label.model_validate({**label.model_dump(), "kind": _kind(dataset, located)})
    if not label.is_number:
        classes = label.classes or _ordered(_training_counts(_with(dataset, label), located))
        label = Label.model_validate({**label.model_dump(), "classes": _checked(label, classes)})
    if label.is_number:
        return _with(dataset, label), f"label {label.column}: a number"
    counted = f"{len(label.classes or ())} classes" if label.kind == "classes" else "no and yes"
    hint = "" if given else "; set data.label.kind to have it otherwise"
    return _with(dataset, label), f"label {label.column}: {counted} ({_listed(label.classes or ())}){hint}"


def _with(dataset: Dataset, label: Label) -> Dataset:
    return dataset.model_copy(update={"label": label})


def _kind(dataset: Dataset, located: Located) -> str:
    label = dataset.label
    texts, counts = _look(dataset, located)
    if label.positive is not None:
        return "binary"
    if label.classes is not None:
        return "classes" if len(label.classes) > 2 else "binary"
    kind = likely_kind(counts, dataset.notation, texts)
    return kind or _ask(label, sorted(counts))


def likely_kind(counts: Counter[str], notation: Notation, texts: bool = True) -> str | None:
    """What a label with these values is: `number` or `classes`; None where it holds two and may be yes or no.

    Args:
        counts: rows of each text.
        notation: of the texts.
        texts: whether they are stored as texts or numbers, not as truth values.
    """
    rows = sum(counts.values())
    numbers = sum(count for text, count in counts.items() if like_a_number(text, notation))
    if len(counts) == 2 and (numbers < rows or set(counts) == {"0", "1"} or not texts):
        return None
    repeat = 2 < len(counts) <= rows // ROWS_OF_EACH
    few = len(counts) <= FEW and numbers == rows and all(map(_whole, counts))
    return "classes" if repeat and (few or 2 * numbers < rows) else "number"


def _ask(label: Label, values: list[str]) -> NoReturn:
    no_yes = no_and_yes(set(values), None)
    yes = "" if no_yes else f" and data.label.positive: {values[-1]} (or {values[0]})"
    number = ", or data.label.kind: number" if no_yes else ""
    raise DataError(
        f"data.label.column {label.column} holds {values[0]!r} and {values[1]!r} only. Is it yes or no? Then write "
        f"data.label.kind: binary{yes}{number}"
    )


def _whole(text: str) -> bool:
    return float(text).is_integer() if text.replace(".", "").lstrip("+-").isdigit() else False


def _look(dataset: Dataset, located: Located) -> tuple[bool, Counter[str]]:
    """Whether the column is stored as text or numbers, not as truth values; and its values with their rows."""
    plain, counts, seen = True, Counter[str](), 0
    for file in located.files:
        for batch in read(dataset, file):
            column = stored(batch.columns[dataset.label.column], dataset.label.column)
            plain = plain and not pa.types.is_boolean(column.type)
            texts = text_of(column, dataset.notation)
            counts.update({one["values"]: one["counts"] for one in pc.value_counts(texts.drop_null()).to_pylist()})
            seen += len(texts)
            if seen >= LOOK_ROWS:
                return plain, counts
    return plain and set(counts) != {"true", "false"}, counts


def _training_counts(dataset: Dataset, located: Located) -> Counter[str]:
    """Accepted training rows by class."""
    counts, reasons = Counter[str](), Counter[str]()
    cut = time_cut(dataset, located.files)
    only = "fit" if dataset.split.test_source else None
    train = SPLITS.index("train")
    for rows in (to_rows(dataset, batch, only, cut) for file in located.files for batch in read(dataset, file)):
        reasons.update(rows.rejects.reasons)
        texts = rows.columns[dataset.label.column].filter(pa.array(rows.split == train))
        counts.update({one["values"].decode(): one["counts"] for one in pc.value_counts(texts).to_pylist()})
    if not counts:
        told = ", ".join(f"{reason} ({count:,})" for reason, count in reasons.most_common(3)) or "it holds no rows"
        raise DataError(f"{dataset.source}: no training row is accepted: {told}")
    return counts


def _ordered(counts: Iterable[str]) -> tuple[str, ...]:
    """By number where all are numbers, else by text."""
    texts = sorted(counts)
    try:
        return tuple(sorted(texts, key=float))
    except ValueError:
        return tuple(texts)


def _checked(label: Label, classes: tuple[str, ...]) -> tuple[str, ...]:
    place = f"data.label.column {label.column}"
    if len(classes) == 1:
        raise DataError(f"{place}: all training rows are of one class, {classes[0]!r}; there is nothing to tell apart")
    if len(classes) > MAX_CLASSES:
        raise DataError(
            f"{place} has {len(classes):,} different values in the training rows, at most {MAX_CLASSES:,} classes are "
            "allowed; join rare ones, or set data.label.kind: number if it is one"
        )
    if label.classes is None:
        _check_alike(place, classes)
    if label.kind == "classes" or label.classes is not None:
        return classes
    if label.positive is not None and label.positive not in classes:
        raise DataError(
            f"data.label.positive {label.positive!r} never occurs in the training rows; {label.column} holds "
            f"{_listed(classes)}"
        )
    found = no_and_yes(set(classes), label.positive)
    if found is None and len(classes) == 2:
        raise DataError(f"{place} holds {_listed(classes)}; name the yes: data.label.positive: {classes[-1]}")
    if found is None:
        raise DataError(
            f"{place} holds {len(classes):,} values, {_listed(classes)}; a binary label has two. Give the two as "
            "data.label.classes: [no, yes], and other rows become rejects, or set data.label.kind: classes"
        )
    return found


def _check_alike(place: str, classes: tuple[str, ...]) -> None:
    seen: dict[str, str] = {}
    for one in classes:
        other = seen.setdefault(" ".join(one.casefold().split()), one)
        if other != one:
            raise DataError(
                f"{place} holds {other!r} and {one!r}, which differ in case or spaces only: write them alike, or give "
                "data.label.classes, and rows with others become rejects"
            )


def _listed(values: Sequence[str]) -> str:
    shown = [one if len(one) <= 40 else f"{one[:37]}..." for one in values[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else "")
