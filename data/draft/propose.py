"""Proposes a description of a table: by its first rows, then by all as a run would read them, so that none stops it."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from data.draft import moments, names, places, target, telling
from data.draft.proposal import Proposal
from data.draft.roles import role_of, shown_share
from data.draft.seen import Seen, Table, look
from data.errors import DataError
from data.label_kind import settle
from data.loading import Loaded, load
from data.sources import locate
from data.spec import Dataset
from data.values import FloatArray

_SAFE_REJECTED = 0.04
"""Above it, other rows of the same kind might be too many."""
_LEAST_TEST_ROWS = 40
_ROUNDS = 3
_CLOSE = 0.9


def propose(source: str, label: str | None = None, table: Table | None = None) -> tuple[Proposal, Dataset, Loaded]:
    """A proposal, the dataset that it describes with the label's kind settled, and all rows of it.

    Args:
        source: as `data.source` takes it, from the current folder.
        label: column to predict; None takes the likeliest.
        table: what was seen of the source already.

    Raises:
        DataError: the source is no table, or holds nothing to predict or to predict from.
    """
    proposal = first_look(source, label, table)
    _look_further(proposal)
    for _ in range(_ROUNDS):
        if not proposal.inputs():
            left = [f"{names.shown(name)}: {why}" for name, why in list(proposal.left_out.items())[:5]]
            shown = "; ".join(left) or "it is the only one"
            raise DataError(f"{source}: no column is left to predict {proposal.label['column']} from ({shown})")
        dataset, _ = settle(proposal.dataset(), locate(proposal.dataset()))
        loaded = load(dataset)
        found = dict(_unfit(proposal, dataset, loaded))
        for name, why in found.items():
            proposal.leave_out(name, why)
        if not found:
            break
    _ask_of_close(proposal, dataset, loaded)
    _allow_rejects(proposal, loaded)
    _enough_rows(proposal, loaded)
    return proposal, dataset, loaded


def _look_further(proposal: Proposal) -> None:
    """Makes classes of a yes and no where rows behind those that were looked at hold more than two values."""
    if proposal.table.all_rows or proposal.label["kind"] != "binary":
        return
    dataset = proposal.dataset()
    several = dataset.label.model_copy(update={"kind": "classes", "positive": None})
    classes = settle(dataset.model_copy(update={"label": several}), locate(dataset))[0].label.classes or ()
    if len(classes) > 2:
        proposal.label = {"column": several.column, "kind": "classes"}
        proposal.label_why += f"; {len(classes)} classes further down, so it is no yes and no"


def first_look(source: str, label: str | None = None, table: Table | None = None) -> Proposal:
    """The roles as the first rows suggest them."""
    table = table or look(source)
    column, why = target.label_named(table, label)
    proposal = Proposal(source, table, *target.block(table, column, why))
    rest = {name: one for name, one in table.columns.items() if name != column.name}
    for name in list(_places(proposal, rest)):
        del rest[name]
    found, unfit = moments.moments(rest)
    if found:
        pairs = list(proposal.points.values())
        zone = places.zone_of([table.columns[a] for a, _ in pairs], [table.columns[b] for _, b in pairs])
        proposal.time, proposal.time_why = moments.settings(found[0], zone)
        del rest[found[0].name]
    for other in found[1:]:
        # Numbers that only might be times are numbers all the same.
        unfit[other.name] = f"a second time beside {found[0].name}; ends are known only afterwards"
    for name, why in unfit.items():
        proposal.left_out[name] = why
        del rest[name]
    for one in rest.values():
        role, why = role_of(one)
        _give(proposal, one.name, role, why)
        if (
            one.name in proposal.numeric
            and names.says(one.name, names.NEVER_NEGATIVE)
            and (limits := target.never_negative(one))
        ):
            proposal.filters[one.name], proposal.filters_why[one.name] = limits
    return proposal


def _places(proposal: Proposal, columns: Mapping[str, Seen]) -> Iterator[str]:
    """Takes pairs of coordinates for points, and gives their columns' names."""
    for name, north, east in list(places.pairs(columns)):
        lacking = max(columns[north].missing, columns[east].missing) / proposal.table.rows
        if lacking > moments.MOST_MISSING:
            continue  # numbers may be missing, places may not
        proposal.points[name] = (north, east)
        proposal.points_why[name] = "; ".join(
            ["degrees", *([f"{shown_share(lacking)} of the rows lack it and are rejected"] if lacking else [])]
        )
        yield from (north, east)


def _give(proposal: Proposal, name: str, role: str, why: str) -> None:
    if role == "numeric":
        proposal.numeric[name] = why
    elif role == "categorical":
        proposal.categorical[name] = why
    elif role == "key" and "key" not in proposal.split:
        proposal.split["key"] = [name]
        proposal.split_why.append(f"{name}: {why}")
        proposal.left_out[name] = "named in data.split.key"
    else:
        proposal.left_out[name] = why


def _unfit(proposal: Proposal, dataset: Dataset, loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Inputs that a run would stop at or learn nothing from, and why."""
    label = dataset.label.column
    time = dataset.time.column if dataset.time else None
    told = loaded.sample.findings(label, time)
    known = "where it is known before, say data_gate.allow_leaks"
    for name, value in told["telling"].items():
        yield name, f"tells the label: correlation {value:.4f} with {label}; {known}"
    points = dataset.coordinates()
    for name, only in told["constant"].items():
        if name not in (label, time, *points):
            yield name, f"{only} in every training row"
    yield from ((name, "no value in any training row") for name in told["missing"])
    rows = loaded.part("train").slice(0, 5000)
    numbers = {name: _floats(rows[name]) for name in proposal.numeric if name not in told["telling"]}
    if dataset.label.kind == "binary":
        for name, limit in telling.thresholds(numbers, _floats(rows[label])).items():
            yield name, f"tells the label: {limit:g} parts no and yes without an error; {known}"
    elif dataset.label.is_number:
        for parts in telling.sums(numbers, _floats(rows[label])):
            yield from ((name, f"tell the label: together they make up {label} exactly; {known}") for name in parts)


def _floats(column: pa.ChunkedArray) -> FloatArray:
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _ask_of_close(proposal: Proposal, dataset: Dataset, loaded: Loaded) -> None:
    """Says of numbers that go along with the label that they may be known only with it."""
    rows = loaded.part("train").slice(0, 5000)
    label = _floats(rows[dataset.label.column])
    for name in proposal.numeric:
        values = _floats(rows[name])
        known = np.isfinite(values) & np.isfinite(label)
        if known.sum() >= telling.MIN_ROWS and (value := telling.correlation(values[known], label[known])) >= _CLOSE:
            proposal.numeric[name] += f"; goes along with {dataset.label.column} ({value:.2f}): is it known before?"


def _allow_rejects(proposal: Proposal, loaded: Loaded) -> None:
    share = loaded.reasons.total() / loaded.read
    if share <= _SAFE_REJECTED:
        return
    top = ", ".join(f"{reason} {count:,}" for reason, count in loaded.reasons.most_common(3))
    proposal.rejected = min(1.0, math.ceil(share * 125) / 100)
    proposal.rejected_why = f"{share:.1%} of the rows are rejected: {top}"


def _enough_rows(proposal: Proposal, loaded: Loaded) -> None:
    accepted = loaded.table.num_rows
    if accepted / 3 >= _LEAST_TEST_ROWS:
        return
    if accepted >= 2 * _LEAST_TEST_ROWS:
        proposal.split["test_fraction"] = 0.5
        proposal.split_why.append(f"{accepted:,} rows: half of them to judge by")
    else:
        proposal.remarks.append(
            f"{accepted:,} rows are accepted, of which about {accepted / 3:.0f} would judge the model; with less than "
            "gate.min_rows (30) it is refused: bring more rows"
        )
