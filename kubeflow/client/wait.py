"""Waits for a run's end, and says in words what the cluster shows only as states of tasks."""

from __future__ import annotations

import time
from typing import Any

from cluster import Cluster, ClusterError, UncertainError
from upload import Note

ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
BROKEN = ("FAILED", "CANCELED")


def wait(cluster: Cluster, run_id: str, request: dict[str, Any], note: Note) -> None:
    """Returns when the run has succeeded.

    Args:
        cluster: to ask.
        run_id: of the run.
        request: see `ask.py`.
        note: told of the end.

    Raises:
        ClusterError: the run failed, or it has not ended in time; says where and what to look at.
    """
    until = time.monotonic() + request["wait_s"]
    name = request["run_name"]
    while True:
        try:
            with cluster.asked(f"look at the run {name}"):
                run = cluster.get_run(run_id)
        except UncertainError:
            # One answer that is late says nothing about the run.
            if time.monotonic() > until:
                raise
        else:
            if run.state == "SUCCEEDED":
                note("run", name, run_id, "succeeded")
                return
            if run.state in ENDED:
                raise ClusterError(_failed(run, request, cluster.own or "kubeflow"))
            if time.monotonic() > until:
                raise ClusterError(_unfinished(run, request, cluster.own or "kubeflow"))
        time.sleep(request["poll_s"])


def _tasks(run: Any, *states: str) -> list[str]:
    """Names of the tasks in a state, each once."""
    details = (run.run_details and run.run_details.task_details) or []
    return list(dict.fromkeys(one.display_name for one in details if one.state in states))


def _failed(run: Any, request: dict[str, Any], namespace: str) -> str:
    broken = _tasks(run, *BROKEN)
    start = f"the run {request['run_name']} ended as {run.state}, with {', '.join(broken) or 'no step begun'}"
    root = request["pipeline_root"] or "the cluster's own pipeline root"
    credentials = (
        f"the cluster has no credentials for {root}: the ConfigMap kfp-launcher in {namespace} names their secret"
    )
    if not broken or any(name.endswith("-driver") for name in broken):
        return (
            f"{start}: the backend's driver failed before a step began. `kubectl logs -n {namespace} POD -c main` of "
            f"its pod has the cause; if it speaks of a secret, a bucket or a provider, {credentials}"
        )
    return (
        f"{start}. `kubectl logs -n {namespace} POD -c main` and the output executor-logs have the cause; if the log "
        f"ends with `failed to open bucket`, `AccessDenied` or `no credentials`, {credentials}"
    )


def _unfinished(run: Any, request: dict[str, Any], namespace: str) -> str:
    start = f"the run {request['run_name']} has not ended within {request['wait_s']:g} s; it goes on"
    waiting = _tasks(run, "PENDING")
    if not waiting:
        return f"{start}, with {', '.join(_tasks(run, 'RUNNING')) or 'nothing begun'}; `--name` finds it again"
    claims = " and ".join(request["claims"])
    mounted = f"; `kubectl get pvc -n {namespace}` must show {claims}, which the steps mount" if claims else ""
    look = f"`kubectl describe pod -n {namespace}` says for what"
    return f"{start}, and {', '.join(waiting)} wait for a pod. {look}{mounted}"
