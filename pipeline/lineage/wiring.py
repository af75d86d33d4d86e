"""Which step reads what of which other, told from the pipeline's definition, for a manifest that stands alone."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.lineage.records import unfolded

Wiring = list[dict[str, Any]]


def wiring(components: Iterable[Any], last: str, channels: Mapping[str, Any]) -> Wiring:
    """One entry a step, in order of the data, the last being the one that gets this.

    Returns:
        `step`, `kind` (its class), `code` (fingerprint of what it runs, where it has one) and `inputs`, such as
        `{"model": "Trainer.model"}`.
    """
    steps = [
        {"step": one.id, "kind": one.type, "code": _code(one.exec_properties), "inputs": _sources(one.inputs)}
        for one in components
    ]
    return [*steps, {"step": last, "kind": "", "code": "", "inputs": _sources(channels)}]


def _sources(channels: Mapping[str, Any]) -> dict[str, str]:
    return {key: f"{channel.producer_component_id}.{channel.output_key}" for key, channel in channels.items()}


def _code(properties: Mapping[str, Any]) -> str:
    settings = unfolded(properties.get("custom_config", properties))
    found = settings.get("code", "") if isinstance(settings, Mapping) else ""
    return found if isinstance(found, str) else ""
