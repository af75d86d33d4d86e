"""Brings what a run needs to the cluster: pipeline, version, experiment. What is there already stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cluster import Cluster, ClusterError

Note = Callable[[str, str, str, str], None]
"""Told of each thing: what it is, its name, its id, and what was done."""

FOUND, MADE, WOULD = "found", "created", "would create"


def pipeline(cluster: Cluster, name: str, dry_run: bool, note: Note) -> str:
    """Id of the pipeline; empty where it would have to be made."""
    where = {"namespace": cluster.own} if cluster.own else {}
    found = cluster.named("the pipeline", cluster.list_pipelines, "pipelines", name, **where)
    if len(found) > 1:
        raise ClusterError(f"there are {len(found)} pipelines of the name {name}; remove all but one on the page")
    if found:
        return _told(note, "pipeline", name, found[0].pipeline_id, FOUND)
    if dry_run:
        return _told(note, "pipeline", name, "", WOULD)
    with cluster.asked(f"create the pipeline {name}"):
        made = cluster.add_pipeline(name)
    return _told(note, "pipeline", name, made.pipeline_id, MADE)


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
    if found:
        return _told(note, "version", name, found[0].pipeline_version_id, FOUND)
    if dry_run:
        return _told(note, "version", name, "", WOULD)
    with cluster.asked(f"upload the version {name}"):
        made = cluster.upload_pipeline_version(spec, name, pipeline_id=pipeline_id)
    return _told(note, "version", name, made.pipeline_version_id, MADE)


def experiment(cluster: Cluster, name: str, dry_run: bool, note: Note) -> str:
    """Id of the experiment; empty where it would have to be made."""
    where = {"namespace": cluster.own} if cluster.own else {}
    found = cluster.named("the experiment", cluster.list_experiments, "experiments", name, **where)
    if found:
        return _told(note, "experiment", name, found[0].experiment_id, FOUND)
    if dry_run:
        return _told(note, "experiment", name, "", WOULD)
    with cluster.asked(f"create the experiment {name}"):
        made = cluster.add_experiment(name)
    return _told(note, "experiment", name, made.experiment_id, MADE)


def _told(note: Note, what: str, name: str, identity: str, did: str) -> str:
    note(what, name, identity, did)
    return identity
