"""Columns from which there is nothing to learn: one value in all training rows, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

LEFT_OUT = "the model learns nothing from it"


def sentences(constant: Mapping[str, str], missing: Sequence[str]) -> Iterator[str]:
    """One for each column.

    Args:
        constant: the value by column.
        missing: columns without any value.
    """
    for name, value in constant.items():
        yield f"{name} has the same value in every training row, {value}: {LEFT_OUT}"
    for name in missing:
        yield f"{name} is missing in every training row: {LEFT_OUT}"


def of_label(label: str, constant: Mapping[str, str]) -> Iterator[str]:
    """Why a label of one value stops the run."""
    if label in constant:
        yield (
            f"the label {label} is {constant[label]} in every training row, so there is nothing to predict; check "
            "data.label.column and data.filters"
        )
