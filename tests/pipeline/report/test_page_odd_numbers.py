"""A page comes out whatever the numbers are: NaN, infinite, absent, of one row or of none."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.report.blocks import Figure, Table
from pipeline.report.material import Material, gather
from pipeline.report.page import _SECTIONS, render
from pipeline.report.rows import Rows

PARTS = (
    "figures",
    "evaluation",
    "summary",
    "profile",
    "learned",
    "history",
    "slices",
    "study",
    "tuning",
    "dimensions",
    "manifests",
    "runs",
)


def changed(tree: Any, change: Callable[[Any], Any]) -> Any:
    """The same with every float changed, and every list of floats."""
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        told = {field.name: getattr(tree, field.name) for field in dataclasses.fields(tree)}
        return dataclasses.replace(tree, **{name: changed(value, change) for name, value in told.items()})
    if isinstance(tree, dict):
        return {name: changed(value, change) for name, value in tree.items()}
    if isinstance(tree, list | tuple) and not (tree and all(isinstance(one, float) for one in tree)):
        return type(tree)(changed(one, change) for one in tree)
    return change(tree)


def every_float(value: Any) -> Callable[[Any], Any]:
    def change(one: Any) -> Any:
        if isinstance(one, list | tuple):
            return type(one)(value for _ in one)
        return value if isinstance(one, float) else one

    return change


def second_of_list(value: float) -> Callable[[Any], Any]:
    return lambda one: [one[0], value, *one[2:]] if isinstance(one, list) and len(one) > 1 else one


CHANGES = {
    "NaN": every_float(math.nan),
    "infinite": every_float(math.inf),
    "below all": every_float(-math.inf),
    "None": every_float(None),
    "zero": every_float(0.0),
    "one NaN": second_of_list(math.nan),
    "huge": every_float(1e300),
}


def sound(material: Material) -> bool:
    """Whether every section is drawn, with cells of text, and no place in a picture that is no number."""
    blocks = [block for section in _SECTIONS for block in section(material).blocks]
    tables = [one.numbers if isinstance(one, Figure) else one for one in blocks]
    cells = [cell for table in tables if isinstance(table, Table) for row in table.rows for cell in row]
    tags = [tag for one in blocks if isinstance(one, Figure) for tag in re.findall(r"<[^>]*>", one.svg)]
    odd = [tag for tag in tags if re.search(r'(="|[MLVH ])-?(nan|inf)', tag) and "aria-label" not in tag]
    return all(isinstance(cell, str) for cell in cells) and not odd


def test_odd_numbers_are_shown_and_the_page_comes_out(finished: Any) -> None:
    material = dataclasses.replace(gather(finished.paths), figures=FIGURES, evaluation=EVALUATION)
    for part, (name, change) in itertools.product(PARTS, CHANGES.items()):
        odd = changed(getattr(material, part), change)
        assert sound(dataclasses.replace(material, **{part: odd})), (part, name)
    everything = {part: changed(getattr(material, part), CHANGES["NaN"]) for part in PARTS}
    assert "nan" in render(dataclasses.replace(material, **everything))


ERRORS = {"rmse": 3.0, "mae": 1.5, "bias": 0.1}
FIGURES = {
    "bytes": 20_000,
    "gzip_bytes": 7_000,
    "sparsity": {"dense_kernels": 0.8, "weights": 4984},
    "latency_us": {"p50": 8.0, "p95": 9.0},
    "difference_to_saved_model": {"max": 0.2},
    "metrics": {"rows": 700, "file": ERRORS, "float": ERRORS, "baselines": {"linear": ERRORS, "mean": ERRORS}},
}
EVALUATION = {"candidate": {**ERRORS, "rows": 700.0}, "champion": {**ERRORS, "rows": 700.0}}


def test_a_model_that_was_refused_before_there_was_a_file_has_a_page(finished: Any) -> None:
    material = gather(finished.paths)
    for name, change in CHANGES.items():
        assert sound(dataclasses.replace(material, figures={}, evaluation=changed(EVALUATION, change))), name


def test_rows_with_odd_values_are_drawn_as_far_as_they_can_be(finished: Any) -> None:
    material = gather(finished.paths)
    rows = material.rows
    assert rows is not None
    for value, what in itertools.product((math.nan, math.inf, -math.inf), ("label", "file", "inputs", "all")):
        odd = np.full(len(rows.label), value)
        inputs = {name: odd if what in ("inputs", "all") else one for name, one in rows.inputs.items()}
        predicted = {name: odd if what in ("file", "all") else one for name, one in rows.predicted.items()}
        changed_rows = Rows(inputs, odd if what in ("label", "all") else rows.label, predicted)
        assert sound(dataclasses.replace(material, rows=changed_rows)), (what, value)


def test_no_row_one_row_and_two_make_a_page(finished: Any) -> None:
    material = gather(finished.paths)
    rows = material.rows
    assert rows is not None
    for count in (0, 1, 2):
        inputs, predicted = ({name: one[:count] for name, one in two.items()} for two in (rows.inputs, rows.predicted))
        assert sound(dataclasses.replace(material, rows=Rows(inputs, rows.label[:count], predicted))), count


def test_lists_of_one_or_none_make_a_page(finished: Any) -> None:
    material = gather(finished.paths)

    def shortened(tree: Any, count: int) -> Any:
        if isinstance(tree, dict):
            return {name: shortened(one, count) for name, one in tree.items()}
        return [shortened(one, count) for one in tree[:count]] if isinstance(tree, list) else tree

    for part, count in itertools.product(("history", "study", "tuning", "dimensions", "slices", "learned"), (0, 1)):
        assert sound(dataclasses.replace(material, **{part: shortened(getattr(material, part), count)})), (part, count)


def test_material_that_is_empty_makes_a_page(finished: Any) -> None:
    material = gather(finished.paths)
    for part in PARTS:
        assert sound(dataclasses.replace(material, **{part: type(getattr(material, part))()})), part
