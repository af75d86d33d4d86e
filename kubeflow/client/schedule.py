"""Makes one recurring run be as the configuration says: created, changed or left alone, and never there twice."""

from __future__ import annotations

from typing import Any

from cluster import Cluster, ClusterError
from upload import FOUND, WOULD, Note, experiment, pipeline, version

KIND = "recurring run"


def schedule(cluster: Cluster, request: dict[str, Any], note: Note) -> None:
    """Brings pipeline, version and experiment, then the recurring run.

    The API changes none that is there. So the new one is made first, switched off, the old one is removed, and then the
    new one is switched on: at no moment would both start a run, and wherever this is cut off, the next call goes on.

    Args:
        cluster: to ask.
        request: see `ask.py`.
        note: told of each thing.

    Raises:
        ClusterError: a step was refused; the message says what is in force.
    """
    dry_run, name = request["dry_run"], request["name"]
    pipeline_id = pipeline(cluster, name, dry_run, note)
    version_id = version(cluster, pipeline_id, request["version"], request["spec"], dry_run, note)
    experiment_id = experiment(cluster, request["experiment"], dry_run, note)
    wanted = {**request, "version_id": version_id}
    there = []
    if experiment_id:
        ask = cluster.list_recurring_runs
        there = cluster.named(f"the {KIND}", ask, "recurring_runs", name, experiment_id=experiment_id)
    same = sorted((one for one in there if not changes(one, wanted)), key=lambda one: not _enabled(one))
    keep = same[0] if same else None
    others = [one for one in there if one is not keep]
    if dry_run:
        note(KIND, name, keep.recurring_run_id if keep else "", _outlook(keep, others, wanted))
        return
    told = "; ".join(dict.fromkeys(change for one in others for change in changes(one, wanted)))
    if keep is None:
        with cluster.asked(f"create the {KIND} {name}"):
            keep = _create(cluster, wanted, pipeline_id, experiment_id, enabled=not others)
        note(KIND, name, keep.recurring_run_id, f"changed: {told}" if others else "created")
    else:
        note(KIND, name, keep.recurring_run_id, FOUND)
    _remove(cluster, others, name, note)
    if not _enabled(keep):
        try:
            with cluster.asked(f"switch on the {KIND} {name}"):
                cluster.enable_recurring_run(keep.recurring_run_id)
        except ClusterError as error:
            raise ClusterError(f"{error}. Nothing is scheduled until then; the same command goes on") from error
        note(KIND, name, keep.recurring_run_id, "switched on")


def changes(there: Any, wanted: dict[str, Any]) -> list[str]:
    """What differs between one that is there and what is wanted."""
    cron = there.trigger.cron_schedule if there.trigger else None
    version_id = there.pipeline_version_reference and there.pipeline_version_reference.pipeline_version_id
    parameters = (there.runtime_config and there.runtime_config.parameters) or {}
    root = there.runtime_config and there.runtime_config.pipeline_root
    pairs = [
        ("cron", (cron and cron.cron) or "none", wanted["cron"]),
        ("catching up", not there.no_catchup, not wanted["no_catchup"]),
        ("runs at once", int(there.max_concurrency or 0), 1),
        ("version", version_id or "none", wanted["version_id"] or "a new one"),
        ("parameters", parameters, wanted["parameters"]),
        ("pipeline root", root or "the cluster's", wanted["pipeline_root"] or "the cluster's"),
    ]
    if wanted["service_account"]:
        # Where none is wanted, the cluster fills in its own.
        pairs.append(("service account", there.service_account, wanted["service_account"]))
    return [f"{what} {old} to {new}" for what, old, new in pairs if old != new]


def _create(cluster: Cluster, wanted: dict[str, Any], pipeline_id: str, experiment_id: str, enabled: bool) -> Any:
    return cluster.create_recurring_run(
        experiment_id,
        wanted["name"],
        cron_expression=wanted["cron"],
        max_concurrency=1,
        no_catchup=wanted["no_catchup"],
        params=wanted["parameters"],
        pipeline_id=pipeline_id,
        version_id=wanted["version_id"],
        pipeline_root=wanted["pipeline_root"],
        enabled=enabled,
        service_account=wanted["service_account"],
    )


def _remove(cluster: Cluster, others: list[Any], name: str, note: Note) -> None:
    for one in others:
        try:
            with cluster.asked(f"remove the {KIND} {one.recurring_run_id}"):
                cluster.delete_recurring_run(one.recurring_run_id)
        except ClusterError as error:
            raise ClusterError(
                f"{error}. Until then the old one goes on as before and the new one is switched off; the same command "
                "goes on"
            ) from error
        note(KIND, name, one.recurring_run_id, "old one removed")


def _enabled(one: Any) -> bool:
    return bool(one.status == "ENABLED" or one.mode == "ENABLE")


def _outlook(keep: Any, others: list[Any], wanted: dict[str, Any]) -> str:
    if keep is None and not others:
        return WOULD
    if keep is None:
        return "would change: " + "; ".join(changes(others[0], wanted))
    would = [f"would remove {len(others)} more of its name"] if others else []
    would += [] if _enabled(keep) else ["would switch it on"]
    return "; ".join([FOUND, *would])
