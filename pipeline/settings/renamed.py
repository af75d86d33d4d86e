"""Keys of the configuration that have another name now, or are no more, so that an old file is answered with what to
write."""

import re

RENAMED = {
    "data.split.eval_fraction": "data.split.test_fraction",
    "data.split.tune_fraction": "data.split.validation_fraction",
    "data.split.eval_from": "data.split.test_from",
    "data.split.eval_source": "data.split.test_source",
    "training.huber_delta": "training.loss.delta",
    "gate.limits.max_rmse": "gate.limits.rmse",
    "gate.limits.max_mae": "gate.limits.mae",
    "gate.limits.max_bias": "gate.limits.bias",
    "gate.limits.max_miscalibration": "gate.limits.calibration",
    "gate.max_rmse_ratio": "gate.max_ratio",
    "gate.slices.NAME.limits.max_rmse": "gate.slices.NAME.limits.rmse",
    "gate.slices.NAME.limits.max_mae": "gate.slices.NAME.limits.mae",
    "gate.slices.NAME.limits.max_bias": "gate.slices.NAME.limits.bias",
    "gate.slices.NAME.limits.max_miscalibration": "gate.slices.NAME.limits.calibration",
    "gate.slices.NAME.max_rmse_ratio": "gate.slices.NAME.max_ratio",
    "push.max_rmse_increase": "push.max_increase.rmse",
    "push.max_mae_increase": "push.max_increase.mae",
}
"""New dotted key by old; `NAME` stands for any."""

REMOVED = {
    "training.patience": "training ends by itself after the first cycle of training.epochs that brings nothing; leave "
    "training.epochs at auto, or give it the epochs of each cycle"
}
"""What to do instead, by dotted key."""


def renamed(key: str) -> str | None:
    """The name that a dotted key has now; None for one that never was."""
    for old, new in RENAMED.items():
        match = re.fullmatch(re.escape(old).replace("NAME", "([^.]+)"), key)
        if match:
            return new.replace("NAME", match[1]) if match.groups() else new
    return None


def removed(key: str) -> str | None:
    """What to write in place of a dotted key that is no more; None for any other."""
    return REMOVED.get(key)
