"""The block `beam:` and what Beam is told because of it."""

from pathlib import Path

import pytest

from pipeline.config import ConfigError, load
from pipeline.settings.beam import Beam, Flink


@pytest.mark.parametrize(
    ("rows", "flink", "place"),
    [
        (0, None, "in_process"),
        (999, Flink(), "in_process"),
        (1000, None, "multi_process"),
        (1000, Flink(), "flink"),
    ],
)
def test_auto_goes_by_the_number_of_rows_and_takes_a_cluster_only_if_one_is_given(
    rows: int, flink: Flink | None, place: str
) -> None:
    assert Beam(auto_rows=1000, flink=flink).place(rows) == place


@pytest.mark.parametrize("runner", ["in_process", "multi_process", "flink"])
def test_a_runner_that_is_named_is_taken_at_any_size(runner: str) -> None:
    assert {Beam(runner=runner).place(rows) for rows in (0, 10**9)} == {runner}  # type: ignore[arg-type]


def test_beam_is_told_server_cluster_slots_restarts_and_the_pool() -> None:
    told = Flink(job_server="jobs:8099", cluster="master:8081", worker_pool="localhost:50000").arguments(7, "one")
    assert set(told) >= {
        "--runner=PortableRunner",
        "--job_endpoint=jobs:8099",
        "--flink_master=master:8081",
        "--job_name=one",
        "--parallelism=7",
        "--environment_type=EXTERNAL",
        "--environment_config=localhost:50000",
        "--environment_cache_millis=10000",
    }


def test_loopback_names_no_pool_and_a_container_names_its_image() -> None:
    loopback = Flink(workers="loopback").arguments(1, "one")
    assert "--environment_type=LOOPBACK" in loopback
    assert not [one for one in loopback if one.startswith("--environment_config")]
    container = Flink(workers="container", image="registry/farelite:1").arguments(1, "one")
    assert {"--environment_type=DOCKER", "--environment_config=registry/farelite:1"} <= set(container)
    assert "--sdk_container_image=registry/farelite:1" in container


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("beam.runner=dataflow", "beam.runner: Input should be 'auto', 'in_process', 'multi_process' or 'flink'"),
        ("beam.flink.job_server=localhost", "beam.flink.job_server: String should match pattern"),
        (
            "beam.flink.workers=container",
            "image goes with workers: container, and only with that; give both or neither",
        ),
        ("beam.flink.image=registry/farelite:1", "image goes with workers: container"),
        ("beam.flink.paralelism=2", "beam.flink.paralelism: no such key. Did you mean parallelism?"),
        ("beam.flink.parallelism=-1", "beam.flink.parallelism: Input should be greater than or equal to 0"),
    ],
)
def test_a_mistake_is_found_before_anything_runs(change: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, [change])
    assert said in str(caught.value)


def test_where_the_steps_run_changes_no_hash_of_the_choices() -> None:
    assert load().hash() == load(None, ["beam.runner=flink", "beam.flink.parallelism=8"]).hash()


def test_kubeflow_refuses_flink_since_workers_would_not_see_a_steps_copies(tmp_path: Path) -> None:
    from pipeline.runners.kubeflow.spec import compile_spec

    digest = "sha256:" + "0" * 64
    with pytest.raises(ConfigError, match=r"beam.runner flink cannot go with Kubeflow.*beam.runner=in_process"):
        compile_spec(load(None, ["beam.runner=flink"]), tmp_path, f"registry/farelite@{digest}")
