"""Settings of runs whose numbers do not matter: little training, and no gate or proof that it could fail."""

LEAN = (
    "training.epochs=1",
    "training.members=1",
    "training.distillation=null",
    "training.pruning.epochs=2",
    "training.quantization.epochs=1",
    "gate.limits.rmse=null",
    "gate.limits.mae=null",
    "gate.limits.bias=null",
    "gate.max_ratio=99",
    "gate.min_skill=null",
    "gate.max_linear_ratio=null",
    "gate.slices={}",
    "push.max_increase.rmse=9",
    "push.max_increase.mae=9",
    "push.max_difference=99",
    "push.max_p99_difference=99",
    "push.max_mean_difference=99",
)


def sets(*overrides: str) -> list[str]:
    """As options of the command line."""
    return [word for one in overrides for word in ("--set", one)]
