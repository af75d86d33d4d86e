"""Starts a run, unless one of its name is there."""

from __future__ import annotations

from typing import Any

from cluster import Cluster, UncertainError
from upload import FOUND, WOULD, Note, experiment, pipeline, version


def submit(cluster: Cluster, request: dict[str, Any], note: Note) -> None:
    """Brings pipeline, version and experiment, then starts the run.

    Args:
        cluster: to ask.
        request: see `ask.py`.
        note: told of each thing.

    Raises:
        ClusterError: a step was refused; what came before stays, and the next call finds it.
    """
    dry_run, run_name = request["dry_run"], request["run_name"]
    pipeline_id = pipeline(cluster, request["name"], dry_run, note)
    version_id = version(cluster, pipeline_id, request["version"], request["spec"], dry_run, note)
    experiment_id = experiment(cluster, request["experiment"], dry_run, note)
    found = []
    if experiment_id:
        where = {"experiment_id": experiment_id}
        found = cluster.named("the run", cluster.list_runs, "runs", run_name, **where)
    if found:
        note("run", run_name, found[0].run_id, f"{FOUND}, {str(found[0].state or 'state unknown').lower()}")
        return
    if dry_run:
        note("run", run_name, "", WOULD)
        return
    try:
        with cluster.asked(f"start the run {run_name}"):
            made = cluster.run_pipeline(
                experiment_id,
                run_name,
                pipeline_id=pipeline_id,
                version_id=version_id,
                params=request["parameters"],
                service_account=request["service_account"],
            )
    except UncertainError as error:
        raise UncertainError(f"{error}. It may have begun: `--name {run_name}` finds it then") from error
    note("run", run_name, made.run_id, "started")
