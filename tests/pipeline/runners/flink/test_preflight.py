"""Each thing that is known before a job is submitted is said with its remedy."""

import re
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest

from pipeline.runners.flink.errors import FlinkError
from pipeline.runners.flink.preflight import check
from pipeline.settings.beam import Flink

NOBODY = "127.0.0.1:9"
BEAM = version("apache-beam")


def test_a_cluster_that_suffices_gives_all_its_slots_or_those_that_are_wanted(
    job_server: Callable[..., str], rest: Any
) -> None:
    assert check(Flink(job_server=job_server(), cluster=rest.address)) == 2
    assert check(Flink(job_server=job_server(), cluster=rest.address, parallelism=1)) == 1


def test_a_job_server_that_does_not_answer_is_named_with_how_to_start_one(rest: Any) -> None:
    said = r"beam.flink.job_server 127.0.0.1:9: no Beam job server answers \(UNAVAILABLE\); start one \(`make flink-up`"
    with pytest.raises(FlinkError, match=said):
        check(Flink(job_server=NOBODY, cluster=rest.address))


def test_another_server_behind_the_address_is_not_taken_for_a_job_server(rest: Any) -> None:
    with pytest.raises(FlinkError, match="no Beam job server answers"):
        check(Flink(job_server=rest.address, cluster=rest.address))


def test_a_job_server_of_another_engine_is_refused(job_server: Callable[..., str], rest: Any) -> None:
    said = f"not one for Flink: it knows no option flink_master, .*`FlinkJobServerDriver` of Beam {re.escape(BEAM)}"
    with pytest.raises(FlinkError, match=said):
        check(Flink(job_server=job_server("spark_master_url", "parallelism"), cluster=rest.address))


def test_a_cluster_that_does_not_answer_is_named(job_server: Callable[..., str]) -> None:
    with pytest.raises(FlinkError, match=r"beam.flink.cluster 127.0.0.1:9: Flink's REST interface does not answer"):
        check(Flink(job_server=job_server(), cluster=NOBODY))


@pytest.mark.parametrize("jar", ["flink-1.19-2.65.0.jar", "flink-1.19-job-server-2.65.0.jar"])
def test_another_version_of_beam_on_the_cluster_is_refused(job_server: Callable[..., str], rest: Any, jar: str) -> None:
    rest.pages["/jobmanager/environment"] = {"classpath": [f"/lib/beam-runners-{jar}"]}
    with pytest.raises(FlinkError, match=rf"runs Beam 2\.65\.0, farelite has {re.escape(BEAM)}; both sides must be"):
        check(Flink(job_server=job_server(), cluster=rest.address))
    rest.pages["/jobmanager/environment"] = {"classpath": [f"/lib/beam-runners-{jar.replace('2.65.0', BEAM)}"]}
    assert check(Flink(job_server=job_server(), cluster=rest.address)) == 2


@pytest.mark.parametrize(
    ("managers", "wanted", "said"),
    [
        ([], 0, "no TaskManager has registered"),
        ([(1, 1, 512)], 2, r"beam.flink.parallelism is 2, the cluster has 1 TaskManagers with 1 slots.*take at most 1"),
        ([(1, 1, 512), (1, 0, 512)], 0, r"parallelism is 2 \(all slots\).*1 of them free; wait for the other jobs"),
        ([(1, 1, 64)], 0, r"tm-0 has 64 MB for 1 slots.*set taskmanager.memory.network.min and .max to 512m"),
        ([(1, 1, 512), (2, 2, 512)], 0, r"tm-1 has 512 MB for 2 slots.*to 1024m"),
    ],
)
def test_slots_and_buffers_that_do_not_suffice_are_counted_before_submission(
    job_server: Callable[..., str], rest: Any, managers: list[tuple[int, int, int]], wanted: int, said: str
) -> None:
    rest.managers(*managers)
    with pytest.raises(FlinkError, match=said):
        check(Flink(job_server=job_server(), cluster=rest.address, parallelism=wanted))
