"""The chain of steps behind a file, told in its manifest, so that it can be asked without the metadata store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from components.files import ADDRESS

_OWN_OF_RUNNERS = {
    *("tfx_version", "is_external", "stats_dashboard_link"),
    *("display_name", "store_session_info", ADDRESS),
}
"""What TFX and Kubeflow Pipelines put on every artifact."""


def lineage(steps: Sequence[Mapping[str, Any]], inputs: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Each step with those of its outputs that are known here.

    Args:
        steps: `step`, `kind`, `code` and `inputs` (such as `{"model": "Trainer.model"}`), the pusher's own last.
        inputs: the pusher's input artifacts by key.

    Returns:
        The steps, each with `outputs`: by key, a list of `type`, `mlmd_id`, `uri`, `created` and `properties`; without
        `created` where the runner does not tell it, as Kubeflow Pipelines does not.
    """
    outputs: dict[str, dict[str, Any]] = {one["step"]: {} for one in steps}
    for key, source in steps[-1]["inputs"].items():
        step, output = source.split(".")
        outputs[step][output] = [_described(one) for one in inputs.get(key, [])]
    return [{**one, "outputs": outputs[one["step"]]} for one in steps]


def _described(artifact: Any) -> dict[str, Any]:
    created = artifact.mlmd_artifact.create_time_since_epoch / 1000
    when = datetime.fromtimestamp(created, timezone.utc).isoformat(timespec="milliseconds")
    properties = {name: _plain(artifact, name) for name in artifact.mlmd_artifact.custom_properties}
    return {
        "type": artifact.type_name,
        "mlmd_id": artifact.id,
        "uri": properties.get(ADDRESS) or artifact.uri,
        **({"created": when} if created else {}),
        "properties": {
            name: value
            for name, value in properties.items()
            if name not in _OWN_OF_RUNNERS and isinstance(value, str | int | float)
        },
    }


def _plain(artifact: Any, name: str) -> Any:
    """A custom property; in a container of Kubeflow Pipelines TFX holds every one as JSON."""
    value = artifact.mlmd_artifact.custom_properties[name]
    kind = value.WhichOneof("value")
    return artifact.get_json_value_custom_property(name) if kind == "struct_value" else getattr(value, kind or "", None)
