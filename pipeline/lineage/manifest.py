"""The same answer from `model.json` alone, for a file that has left its metadata store behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.lineage.records import Answer, Artifact, Chain, Step, flat_metrics


def answer_of_manifest(manifest: Mapping[str, Any], live: bool | None, trouble: str = "") -> Answer:
    """What a manifest tells; of settings it knows the whole configuration, of steps what each read and made."""
    run, data = manifest.get("run", {}), manifest.get("data", {})
    return Answer(
        pipeline=manifest.get("config", {}).get("name", ""),
        version=manifest.get("version", ""),
        sha256=manifest.get("sha256", ""),
        bytes=manifest.get("bytes", 0),
        verdict="pushed",
        live=live,
        asked="manifest",
        run=run.get("id", ""),
        code_revision=manifest.get("code_revision", ""),
        config_hash=manifest.get("config_hash", ""),
        fingerprint=data.get("fingerprint", ""),
        champion=manifest.get("champion") or "",
        trouble=trouble,
        files=data.get("files", []),
        config=manifest.get("config", {}),
        metrics=flat_metrics(manifest),
        chain=_chain(manifest.get("lineage", []), run),
    )


def _chain(lineage: list[Mapping[str, Any]], run: Mapping[str, Any]) -> Chain:
    """Steps by a running number. An output that the manifest knows by name only gets a number below 0."""
    artifacts: dict[int, Artifact] = {}
    numbers: dict[str, list[int]] = {}
    for step in lineage:
        for key, group in step.get("outputs", {}).items():
            for one in group:
                artifacts[one["mlmd_id"]] = Artifact(
                    one["mlmd_id"], one["type"], one["uri"], one.get("properties", {}), one.get("created", "")
                )
            numbers[f"{step['step']}.{key}"] = [one["mlmd_id"] for one in group]
    for source in [source for step in lineage for source in step["inputs"].values()]:
        if source not in numbers:
            numbers[source] = [-len(numbers) - 1]
            artifacts[numbers[source][0]] = Artifact(numbers[source][0], source.split(".")[1], "", {})
    steps = {}
    for number, step in enumerate(lineage, start=1):
        made = {source.split(".")[1]: ids for source, ids in numbers.items() if source.split(".")[0] == step["step"]}
        created = [artifacts[one].created for ids in made.values() for one in ids if artifacts[one].created]
        started = min(created) if created else (run.get("finished", "") if number == len(lineage) else "")
        settings = {"code": step["code"]} if step.get("code") else {}
        inputs = {key: numbers[source] for key, source in step["inputs"].items()}
        steps[number] = Step(number, step["step"], str(run.get("id", "")), "ran", started, 0.0, settings, inputs, made)
    return Chain(steps, artifacts)
