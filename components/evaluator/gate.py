"""The accuracy gate: one function from measured metrics to reasons for refusal."""

from __future__ import annotations

from collections.abc import Mapping

from components.settings import Gate

Metrics = Mapping[str, float]


def bias(metrics: Metrics) -> float:
    """Mean prediction minus mean label, in label units."""
    return metrics["mean_prediction"] - metrics["mean_label"]


def judge(gate: Gate, candidate: Metrics, champion: Metrics | None) -> list[str]:
    """Reasons to refuse the candidate; an empty list blesses it.

    Args:
        gate: limits.
        candidate: `rmse`, `mae`, `mean_prediction`, `mean_label` on the evaluation rows.
        champion: the same of the live model on the same rows; None when there is none, and then only absolute
            limits hold.
    """
    limits = gate.limits
    measured = [
        ("RMSE", candidate["rmse"], limits.max_rmse, "gate.limits.max_rmse"),
        ("MAE", candidate["mae"], limits.max_mae, "gate.limits.max_mae"),
        ("size of the bias", abs(bias(candidate)), limits.max_bias, "gate.limits.max_bias"),
    ]
    reasons = [
        f"{name} {value:.4g} is above {key} {limit:.4g}"
        for name, value, limit, key in measured
        # Written so that a NaN fails: it compares false with everything.
        if limit is not None and not value <= limit
    ]
    if not candidate["rmse"] < float("inf"):
        reasons.append(f"RMSE is {candidate['rmse']}: the model does not give finite numbers")
    if champion is not None and not candidate["rmse"] <= champion["rmse"] * gate.max_rmse_ratio:
        reasons.append(
            f"RMSE {candidate['rmse']:.4g} is more than gate.max_rmse_ratio {gate.max_rmse_ratio:.4g} times the "
            f"champion's {champion['rmse']:.4g} on the same rows"
        )
    return reasons
