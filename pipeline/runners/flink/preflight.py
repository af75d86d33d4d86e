"""What can be known before a job is submitted: job server, Beam's version, slots, memory for exchanges."""

from __future__ import annotations

from importlib.metadata import version

import grpc
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

from pipeline.line import FLINK_REMEDY
from pipeline.runners.flink.errors import FlinkError
from pipeline.runners.flink.rest import Cluster, TaskManager
from pipeline.settings.beam import Flink

TIMEOUT_S = 20.0
NEEDED_OPTIONS = ("flink_master", "parallelism", "environment_cache_millis")


def check(flink: Flink) -> int:
    """Looks at everything; reads only.

    Returns:
        The parallelism to use.

    Raises:
        FlinkError: something does not answer or does not suffice, with the remedy.
    """
    _check_job_server(flink.job_server)
    cluster = Cluster(flink.cluster)
    _check_versions(cluster)
    managers = cluster.task_managers()
    parallelism = _check_slots(flink.parallelism, managers)
    _check_network(flink.min_network_mb, managers)
    return parallelism


def _check_job_server(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        stub = beam_job_api_pb2_grpc.JobServiceStub(channel)
        try:
            told = stub.DescribePipelineOptions(
                beam_job_api_pb2.DescribePipelineOptionsRequest(), timeout=TIMEOUT_S
            ).options
        except grpc.RpcError as error:
            raise FlinkError(
                f"beam.flink.job_server {address}: no Beam job server answers ({error.code().name}); start one "
                f"({FLINK_REMEDY}; elsewhere the Flink job server of Beam {version('apache-beam')}), or correct the "
                "address"
            ) from error
    lacking = [name for name in NEEDED_OPTIONS if name not in {option.name for option in told}]
    if lacking:
        raise FlinkError(
            f"beam.flink.job_server {address}: a Beam job server, but not one for Flink: it knows no option "
            f"{', '.join(lacking)}; start `FlinkJobServerDriver` of Beam {version('apache-beam')}"
        )


def _check_versions(cluster: Cluster) -> None:
    there, here = cluster.beam_version(), version("apache-beam")
    if there not in (None, here):
        raise FlinkError(
            f"beam.flink.cluster {cluster.address}: the cluster runs Beam {there}, farelite has {here}; both sides "
            f"must be the same: put beam-runners-flink of version {here} on the cluster and its job server"
        )


def _check_slots(wanted: int, managers: list[TaskManager]) -> int:
    slots, free = sum(one.slots for one in managers), sum(one.free for one in managers)
    said = f"{len(managers)} TaskManagers with {slots} slots, {free} of them free"
    if slots == 0:
        raise FlinkError(f"beam.flink.cluster: no TaskManager has registered ({said}); start one, or see its log")
    if wanted > slots:
        raise FlinkError(
            f"beam.flink.parallelism is {wanted}, the cluster has {said}; take at most {slots}, or start more "
            "TaskManagers"
        )
    if (wanted or slots) > free:
        raise FlinkError(
            f"beam.flink.parallelism is {wanted or slots}{'' if wanted else ' (all slots)'}, the cluster has {said}; "
            "wait for the other jobs to end, or cancel them"
        )
    return wanted or slots


def _check_network(wanted_mb: int, managers: list[TaskManager]) -> None:
    for one in managers:
        if one.network_mb < wanted_mb * one.slots:
            raise FlinkError(
                f"beam.flink.min_network_mb is {wanted_mb} a slot; {one.id} has {one.network_mb:.0f} MB for "
                f"{one.slots} slots. tf.Transform has hundreds of exchanges and would fail with 'Insufficient number "
                f"of network buffers': set taskmanager.memory.network.min and .max to {wanted_mb * one.slots}m there, "
                "give it fewer slots, or lower min_network_mb if you know better"
            )
