"""Settings of runs whose numbers do not matter: little training, and no gate or proof that it could fail."""

LEAN = (
    "training.epochs=2",
    "training.distillation.trees=20",
    "training.distillation.rows=1.0",
    "training.pruning.epochs=2",
    "training.quantization.epochs=1",
    "gate.limits.max_rmse=null",
    "gate.limits.max_mae=null",
    "gate.limits.max_bias=null",
    "gate.max_rmse_ratio=99",
    "gate.min_skill=null",
    "gate.max_linear_ratio=null",
    "gate.slices={}",
    "push.max_rmse_increase=9",
    "push.max_mae_increase=9",
    "push.max_difference=99",
    "push.max_p99_difference=99",
    "push.max_mean_difference=99",
)


def sets(*overrides: str) -> list[str]:
    """As options of the command line."""
    return [word for one in overrides for word in ("--set", one)]
