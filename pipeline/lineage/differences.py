"""What differs between two versions, likeliest cause first: data, settings, code, metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.lineage.records import Answer

GROUPS = ("data", "settings", "code", "metrics")


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same; None where one side has none of it.

    Attributes:
        group: one of `GROUPS`.
        what: a source file, a key of the configuration, a step, or a measurement.
    """

    group: str
    what: str
    before: Any
    after: Any


def differences(before: Answer, after: Answer) -> list[Difference]:
    """All differences, by group in the order of `GROUPS`; empty when nothing differs."""
    sides: Sequence[Callable[[Answer], dict[str, Any]]] = (_data, lambda answer: flat(answer.config), _code, _metrics)
    found = []
    for group, side in zip(GROUPS, sides, strict=True):
        left, right = side(before), side(after)
        for what in dict.fromkeys([*left, *right]):
            # A NaN differs from itself.
            if left.get(what) != right.get(what) and repr(left.get(what)) != repr(right.get(what)):
                found.append(Difference(group, what, left.get(what), right.get(what)))
    return found


def _data(answer: Answer) -> dict[str, Any]:
    told = {"fingerprint": answer.fingerprint}
    told |= {file["path"]: f"{file['bytes']:,} bytes, sha256 {file['sha256'][:12]}" for file in answer.files}
    for artifact in answer.chain.artifacts.values():
        for name in ("rows", "read", "rejected"):
            if artifact.type in ("Examples", "farelite.IngestReport") and name in artifact.properties:
                told[f"rows {name}" if name != "rows" else "rows"] = artifact.properties[name]
    return told


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """Leaves by dotted key, as `--set` takes them; an empty group is a leaf."""
    if isinstance(value, Mapping) and value:
        prefix = f"{name}." if name else ""
        return {key: leaf for below, one in value.items() for key, leaf in flat(one, f"{prefix}{below}").items()}
    return {name: value}


def _code(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"revision": answer.code_revision}
    for step in answer.chain.steps.values():
        custom = step.settings.get("custom_config")
        code = step.settings.get("code") or (custom.get("code") if isinstance(custom, dict) else None)
        if code:
            told[step.name] = code
    return told


def _metrics(answer: Answer) -> dict[str, Any]:
    return flat({**answer.metrics, "bytes": answer.bytes})
