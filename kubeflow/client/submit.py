"""Starts a run, unless one of its name is there, and waits for its end where that is wished."""

from __future__ import annotations

from typing import Any

from cluster import PAGE, Cluster, UncertainError
from upload import FOUND, WOULD, Note, experiment, pipeline, version
from wait import wait

UNDER_WAY = ("PENDING", "RUNNING")


def submit(cluster: Cluster, request: dict[str, Any], note: Note) -> None:
    """Brings pipeline, version and experiment, then starts the run.

    Args:
        cluster: to ask.
        request: see `ask.py`.
        note: told of each thing.

    Raises:
        ClusterError: a step was refused; what came before stays, and the next call finds it. Or the run failed, or did
            not end in time.
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
        run_id = found[0].run_id
        note("run", run_name, run_id, f"{FOUND}, {str(found[0].state or 'state unknown').lower()}")
    else:
        if experiment_id:
            _tell_of_others(cluster, experiment_id, pipeline_id, note)
        run_id = "" if dry_run else _start(cluster, request, experiment_id, pipeline_id, version_id)
        note("run", run_name, run_id, WOULD if dry_run else "started")
    if request["wait_s"] and not dry_run:
        wait(cluster, run_id, request, note)


def _tell_of_others(cluster: Cluster, experiment_id: str, pipeline_id: str, note: Note) -> None:
    """Of the newest runs those under way: the store keeps two pushes apart, but not what they were judged by."""
    with cluster.asked("look for other runs"):
        newest = cluster.list_runs(experiment_id=experiment_id, sort_by="created_at desc", page_size=PAGE).runs or []
    for one in newest:
        reference = one.pipeline_version_reference
        if one.state in UNDER_WAY and reference and reference.pipeline_id == pipeline_id:
            did = "under way too: the one that ends last goes live, judged by what was live when it began"
            note("run", one.display_name, one.run_id, did)


def _start(cluster: Cluster, request: dict[str, Any], experiment_id: str, pipeline_id: str, version_id: str) -> str:
    run_name = request["run_name"]
    try:
        with cluster.asked(f"start the run {run_name}"):
            made = cluster.run_pipeline(
                experiment_id,
                run_name,
                pipeline_id=pipeline_id,
                version_id=version_id,
                params=request["parameters"],
                pipeline_root=request["pipeline_root"],
                service_account=request["service_account"],
            )
    except UncertainError as error:
        raise UncertainError(f"{error}. It may have begun: `--name {run_name}` finds it then") from error
    return str(made.run_id)
