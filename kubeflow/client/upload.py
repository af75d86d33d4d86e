"""Brings what a run needs to the cluster: pipeline, version, experiment. What is there already stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cluster import Cluster, ClusterError

Note = Callable[[str, str, str, str], None]
"""Told of each thing: what it is, its name, its id, and what was done."""

ID = {"pipeline": "pipeline_id", "version": "pipeline_version_id", "experiment": "experiment_id"}
"""Where the API keeps the id of each."""

FOUND, MADE, WOULD = "found", "created", "would create"


def pipeline(cluster: Cluster, name: str, dry_run: bool, note: Note) -> str:
    """Id of the pipeline; empty where it would have to be made."""
    found = cluster.named("the pipeline", cluster.list_pipelines, "pipelines", name, **_own(cluster))
    if len(found) > 1:
        raise ClusterError(f"there are {len(found)} pipelines of the name {name}; remove all but one on the page")
    return _brought(cluster, "pipeline", name, found, cluster.add_pipeline, dry_run, note)


def version(cluster: Cluster, pipeline_id: str, name: str, spec: str, dry_run: bool, note: Note) -> str:
    """Id of the version with these contents; empty where it would have to be uploaded.

    Args:
        cluster: to ask.
        pipeline_id: may be empty.
        name: says the contents, so that the same ones are never there twice.
        spec: path of the YAML.
        dry_run: only look.
        note: told of it.
    """
    found: list[Any] = []
    if pipeline_id:
        ask = cluster.list_pipeline_versions
        found = cluster.named("the version", ask, "pipeline_versions", name, pipeline_id=pipeline_id)

    def upload(name: str) -> Any:
        return cluster.upload_pipeline_version(spec, name, pipeline_id=pipeline_id)

    return _brought(cluster, "version", name, found, upload, dry_run, note)


def experiment(cluster: Cluster, name: str, dry_run: bool, note: Note) -> str:
    """Id of the experiment; empty where it would have to be made."""
    found = cluster.named("the experiment", cluster.list_experiments, "experiments", name, **_own(cluster))
    return _brought(cluster, "experiment", name, found, cluster.add_experiment, dry_run, note)


def _own(cluster: Cluster) -> dict[str, str]:
    return {"namespace": cluster.own} if cluster.own else {}


def _brought(
    cluster: Cluster,
    what: str,
    name: str,
    found: list[Any],
    make: Callable[[str], Any],
    dry_run: bool,
    note: Note,
) -> str:
    """Id of the first that was found, else of the one that is made; empty where that would be."""
    if found:
        return _told(note, what, name, found[0], FOUND)
    if dry_run:
        return _told(note, what, name, None, WOULD)
    verb = "upload" if what == "version" else "create"
    with cluster.asked(f"{verb} the {what} {name}"):
        made = make(name)
    return _told(note, what, name, made, MADE)


def _told(note: Note, what: str, name: str, thing: Any, did: str) -> str:
    identity = getattr(thing, ID[what]) if thing else ""
    note(what, name, identity, did)
    return identity
