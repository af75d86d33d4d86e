"""What a file must keep to ship: the contract, the budgets, and its nearness to the model that it comes from."""

from __future__ import annotations

from components.conversion import inspection
from components.settings import Push
from components.shown import number
from components.task.amounts import in_label_units
from components.task.task import Task
from data.vocabulary import Compared, Interface, Latency, Measurements, OutputDifference

FORBIDDEN = ("FLEX", "CUSTOM")
NEGLIGIBLE = 0.01
"""Share of the label's standard deviation by which an error may grow all the same, where the limit is the usual one: of
a label that is nearly a function of the inputs, rounding to integers may double an error that is nothing. A log loss
may grow by as much: the probability of what is right then falls by one percent (a geometric mean)."""


def broken(
    task: Task, anatomy: inspection.Anatomy, figures: Measurements, interface: Interface, push: Push
) -> list[str]:
    """Reasons to refuse a file; an empty list lets it ship.

    Args:
        task: of the label.
        anatomy: of the file.
        figures: what was measured of it.
        interface: what its inputs and output must be.
        push: budgets and tolerances.
    """
    return [
        *_contract(anatomy, interface),
        *_kept_zeros(anatomy, interface),
        *_budgets(figures, push),
        *_differences(figures.difference_to_saved_model, push, interface.spread),
        *_flips(task, figures, push),
        *worse_than_float(task, figures.metrics, push, interface.spread),
    ]


def _contract(anatomy: inspection.Anatomy, interface: Interface) -> list[str]:
    reasons = [f"operator {name} is not builtin" for name in anatomy.operators if name.upper().startswith(FORBIDDEN)]
    wanted = {one.name: (one.dtype, tuple(one.shape)) for one in interface.inputs}
    output = interface.output
    wanted_output = {output.name: (output.dtype, tuple(output.shape))}
    for what, seen, want in (("inputs", anatomy.inputs, wanted), ("output", anatomy.outputs, wanted_output)):
        if seen != want:
            reasons.append(f"{what} of the file are {seen}, the contract says {want}")
    if list(anatomy.inputs) != list(wanted):
        reasons.append(
            f"inputs of the file stand as {', '.join(anatomy.inputs)}, the contract says {', '.join(wanted)}"
        )
    return reasons


def _kept_zeros(anatomy: inspection.Anatomy, interface: Interface) -> list[str]:
    """Rounding to integers makes zeros and takes none; fewer than the trained model has are a conversion gone wrong."""
    seen, trained = anatomy.dense_kernels["zeros"], interface.zeros
    if seen >= trained - 1e-4:
        return []
    return [f"{seen:.2%} of the file's dense weights are zero, of the trained model's {trained:.2%}"]


def _budgets(figures: Measurements, push: Push) -> list[str]:
    reasons = []
    if figures.bytes > push.max_bytes:
        reasons.append(f"the file has {figures.bytes:,} bytes, above push.max_bytes {push.max_bytes:,}")
    zeros = figures.sparsity.dense_kernels
    if push.min_sparsity is not None and zeros < push.min_sparsity:
        reasons.append(f"{zeros:.1%} of the dense weights are zero, below push.min_sparsity {push.min_sparsity:.1%}")
    return reasons


def too_slow(latency: Latency, push: Push) -> list[str]:
    """The reason to refuse a file by the time of a call."""
    if push.max_latency_us is None or latency.p95 <= push.max_latency_us:
        return []
    return [f"a call takes {latency.p95:g} us (p95), above push.max_latency_us {push.max_latency_us:g}"]


def _differences(seen: OutputDifference, push: Push, spread: float) -> list[str]:
    limits = [
        ("by {} on one row", seen.max, push.max_difference, "max_difference"),
        ("by {} on one row in a hundred", seen.p99, push.max_p99_difference, "max_p99_difference"),
        ("by {} in the mean", seen.mean, push.max_mean_difference, "max_mean_difference"),
    ]
    numbers = [(how, value, in_label_units(amount, spread), key) for how, value, amount, key in limits]
    return [
        f"file and SavedModel differ {how.format(number(value))}, above push.{key} {number(limit)}"
        for how, value, limit, key in numbers
        # Written so that a NaN fails: it compares false with everything.
        if not value <= limit
    ]


def _flips(task: Task, figures: Measurements, push: Push) -> list[str]:
    limit = task.max_flipped if push.max_flipped is None else push.max_flipped
    flips = figures.flipped_decisions
    if flips is None or limit is None or flips.share <= limit:
        return []
    return [
        f"the file decides {flips.rows:,} rows otherwise than the float model, {flips.share:.2%} of them; "
        f"push.max_flipped allows {limit:.2%}"
    ]


def worse_than_float(task: Task, metrics: Compared, push: Push, spread: float) -> list[str]:
    """Where the file's errors have grown by more than push.max_increase; `spread` is the label's."""
    reasons = []
    for name, limit in {**task.increases, **push.max_increase}.items():
        metric, file, float_ = (
            task.metrics[name],
            *(_known(one[name]) for one in (metrics.file, metrics.float)),
        )
        usual = name not in push.max_increase and metric.better == "lower"
        if usual and file - float_ <= NEGLIGIBLE * (spread if metric.in_label_units else 1.0):
            continue
        if limit is not None and not metric.keeps_up(file, float_, 1 + limit):
            reasons.append(
                f"{metric.title} of the file is {number(file)}, {file / float_ - 1:+.2%} against the float model's "
                f"{number(float_)}; push.max_increase.{name} allows {limit:+.2%}"
            )
    return reasons


def _known(value: float | None) -> float:
    return float("nan") if value is None else value
