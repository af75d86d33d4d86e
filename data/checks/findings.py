"""What the checks of single columns say, in the same words in `farelite data describe`, in a run and in a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data.checks import ids, leaks


@dataclass
class Findings:
    """What stops the run, and what is only said."""

    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Takes in the findings of another check."""
        self.reasons += other.reasons
        self.warnings += other.warnings


def of_columns(told: Mapping[str, Any], allow_leaks: Sequence[str]) -> Findings:
    """Of the training rows, by `ColumnSample.findings`, which an ingestion of before has left empty."""
    found = Findings()
    if not told:
        return found
    label, constant = told["label"], told["constant"]
    found.reasons += _of_label(label, constant)
    for name, value in told["telling"].items():
        allowed = name in allow_leaks
        said = leaks.sentence(name, value, label, told["rows"], allowed)
        (found.warnings if allowed else found.reasons).append(said)
    inputs = {name: value for name, value in constant.items() if name != label}
    found.warnings += _of_single_values(inputs, told["missing"])
    found.warnings += ids.sentences_on_numbers(told["numbered"], told["rows"])
    return found


LEFT_OUT = "the model learns nothing from it"


def _of_single_values(constant: Mapping[str, str], missing: Sequence[str]) -> Iterator[str]:
    """From which there is nothing to learn: the one value by column, and columns without any."""
    for name, value in constant.items():
        yield f"{name} has the same value in every training row, {value}: {LEFT_OUT}"
    for name in missing:
        yield f"{name} is missing in every training row: {LEFT_OUT}"


def _of_label(label: str, constant: Mapping[str, str]) -> Iterator[str]:
    """Why a label of one value stops the run."""
    if label in constant:
        yield (
            f"the label {label} is {constant[label]} in every training row, so there is nothing to predict; check "
            "data.label.column and data.filters"
        )
