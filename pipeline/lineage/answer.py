"""The answer to "which data, code, settings and measurements made this file?"."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.registry.soundness import CorruptError
from components.registry.store import Store
from pipeline.lineage.connection import open_metadata, recall
from pipeline.lineage.errors import LineageError, MetadataError
from pipeline.lineage.finding import Found, find
from pipeline.lineage.questions import Lineage
from pipeline.lineage.records import Answer, Artifact, Chain, RunRecord, Step, flat_metrics, read_json
from pipeline.paths import RunPaths

PUSHER = "TFLitePusher"


def ask(what: str | None, runs_dir: Path, pipeline: str | None, upgrade: bool = False) -> Answer:
    """Where a file or version came from: by ML Metadata, or by the manifest where that is not at hand.

    Args:
        what: a path, six digits, or `latest`, which None means too.
        runs_dir, pipeline: where to look.
        upgrade: bring an older metadata store to the current schema first.

    Raises:
        LineageError: nobody here knows the file.
        MetadataError: the metadata store is there and cannot be opened, and no manifest is; or it was to be upgraded.
        RunsFolderError, StoreError, CorruptError: there is no such pipeline or version.
    """
    found = find(what, runs_dir, pipeline)
    trouble: MetadataError | None = None
    for paths in found.folders:
        try:
            answer = _asked(found, paths, upgrade)
        except MetadataError as error:
            if upgrade:
                raise
            trouble = error
            continue
        if answer is not None:
            return answer
    if found.manifest is not None:
        live = _live(found.folders, found.version, found.sha256)
        return answer_of_manifest(found.manifest, live, str(trouble or ""))
    if trouble is not None:
        raise trouble
    places = ", ".join(str(paths.root) for paths in found.folders) or f"no pipeline in {runs_dir}"
    asked = f"the file with sha256 {found.sha256[:12]}" if found.sha256 else f"version {found.version}"
    raise LineageError(
        f"{asked} is not known here (asked: {places}), and no manifest lies beside it; was it made elsewhere? Give "
        "--runs-dir of the runs folder that made it, or put its model.json beside it"
    )


def _asked(found: Found, paths: RunPaths, upgrade: bool) -> Answer | None:
    """What the metadata of a pipeline tell; None where they do not know the file."""
    metadata = recall(paths)
    if metadata.kind == "sqlite" and not paths.database.exists():
        return None
    lineage = Lineage(open_metadata(metadata, paths, upgrade=upgrade))
    pushed = _pushed(lineage, found)
    return None if pushed is None else answer_of_push(lineage, pushed, paths)


def _pushed(lineage: Lineage, found: Found) -> Artifact | None:
    """The pusher's record of the file: by the run in the manifest, else by looking through all of them."""
    if found.manifest is not None:
        run = lineage.node_runs(str(found.manifest.get("run", {}).get("id", ""))).get(PUSHER)
        records = run.outputs.get("pushed_model", []) if run else []
        fitting = [one for one in records if one.properties.get("sha256") == found.sha256]
        if fitting:
            return fitting[0]
    matching = [one for one in lineage.pushes() if _fits(one.properties, found)]
    pushed = [one for one in matching if one.properties.get("verdict") == "pushed"]
    return next(iter([*reversed(pushed), *reversed(matching)]), None)


def _fits(recorded: Mapping[str, Any], found: Found) -> bool:
    if found.sha256:
        return recorded.get("sha256") == found.sha256
    return recorded.get("verdict") == "pushed" and recorded.get("version") == found.version


def answer_of_push(lineage: Lineage, pushed: Artifact, paths: RunPaths) -> Answer:
    """What the metadata tells of one push."""
    run = lineage.run_of(pushed.id)
    chain = lineage.chain(run)
    maker = chain.maker(pushed.id)
    told = maker.settings.get("provenance", {}) if maker else {}
    figures = read_json(pushed, "figures") or {}
    version, digest = pushed.properties.get("version", ""), pushed.properties.get("sha256", "")
    champions = [chain.artifacts[one].properties for one in maker.inputs.get("champion", [])] if maker else []
    return Answer(
        pipeline=told.get("config", {}).get("name", paths.root.name),
        version=version,
        sha256=digest,
        bytes=figures.get("bytes", 0),
        verdict=pushed.properties.get("verdict", ""),
        live=_live([paths], version, digest),
        run=run,
        code_revision=told.get("code_revision", ""),
        config_hash=told.get("config_hash", ""),
        fingerprint=told.get("fingerprint", ""),
        champion=str(champions[0].get("version", "")) if champions else "",
        reasons=read_json(pushed, "reasons") or [],
        files=told.get("files", []),
        config=told.get("config", {}),
        metrics=flat_metrics(figures),
        chain=chain,
    )


def answer_of_run(lineage: Lineage, record: RunRecord, paths: RunPaths) -> Answer:
    """What the metadata tells of a run, whether it came to a file or not."""
    chain = lineage.chain(record.id)
    pusher = lineage.node_runs(record.id).get(PUSHER)
    pushed = pusher.outputs.get("pushed_model") if pusher else None
    if pushed:
        return dataclasses.replace(answer_of_push(lineage, pushed[0], paths), run=record.id, chain=chain)
    return Answer(
        pipeline=record.config.get("name", paths.root.name),
        verdict=record.verdict,
        run=record.id,
        code_revision=record.code_revision,
        config_hash=record.config_hash,
        fingerprint=record.fingerprint,
        reasons=record.reasons,
        config=record.config,
        chain=chain,
    )


def _live(folders: list[RunPaths], version: str, digest: str) -> bool | None:
    for paths in folders:
        store = Store(paths.models)
        if version in store.versions() and store.digest(version) == digest:
            try:
                return store.current() == version
            except CorruptError:
                return None
    return None if not folders else False


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
