"""The chain of steps behind a file, told in its manifest, so that it can be asked without the metadata store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

_OWN_OF_TFX = {"tfx_version", "is_external", "stats_dashboard_link"}


def lineage(steps: Sequence[Mapping[str, Any]], inputs: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Each step with those of its outputs that are known here.

    Args:
        steps: `step`, `kind`, `code` and `inputs` (such as `{"model": "Trainer.model"}`), the pusher's own last.
        inputs: the pusher's input artifacts by key.

    Returns:
        The steps, each with `outputs`: by key, a list of `type`, `mlmd_id`, `uri`, `created` and `properties`.
    """
    outputs: dict[str, dict[str, Any]] = {one["step"]: {} for one in steps}
    for key, source in steps[-1]["inputs"].items():
        step, output = source.split(".")
        outputs[step][output] = [_described(one) for one in inputs.get(key, [])]
    return [{**one, "outputs": outputs[one["step"]]} for one in steps]


def _described(artifact: Any) -> dict[str, Any]:
    created = artifact.mlmd_artifact.create_time_since_epoch / 1000
    return {
        "type": artifact.type_name,
        "mlmd_id": artifact.id,
        "uri": artifact.uri,
        "created": datetime.fromtimestamp(created, timezone.utc).isoformat(timespec="milliseconds"),
        "properties": {
            name: getattr(value, kind)
            for name, value in artifact.mlmd_artifact.custom_properties.items()
            if name not in _OWN_OF_TFX and (kind := value.WhichOneof("value")) not in (None, "struct_value")
        },
    }
