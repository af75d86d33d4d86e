"""Where the data steps run: the settings, and what Beam is told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from data.local_beam import RUNNER
from data.settings import Settings

ENVIRONMENT_CACHE_MS = 10_000
"""Workers stay so long between the stages of a job, or TensorFlow is imported again for each. A cluster waits longer
before it starts a failed job again: Beam gives a job its old workers again, also those that have died meanwhile."""

Place = Literal["in_process", "multi_process", "flink"]


class Flink(Settings):
    """A Flink cluster and Beam's job server before it. The defaults are the cluster of `make flink-up`.

    Attributes:
        job_server: host and port of Beam's job server, of the Beam version installed here.
        cluster: host and port of the JobManager's REST interface, as the job server too reaches it.
        workers: who runs the Python code. `worker_pool`: a pool beside every TaskManager, with farelite installed;
            `loopback`: the process that runs the pipeline, which only a cluster on the same machine reaches, to try
            things out; `container`: each TaskManager starts `image` by Docker.
        worker_pool: host and port of the pool as its TaskManager sees it.
        image: container image with farelite, for `container`.
        parallelism: slots to use; 0 takes all.
        min_network_mb: memory for exchanges that a slot must have; tf.Transform has hundreds of exchanges.
        handshake_s: so long may the workers take to answer before the first step.
        step_minutes: so long may one step take; then its job is cancelled and the run fails.
    """

    job_server: str = Field(default="127.0.0.1:18099", pattern=r"^[^\s:/]+:\d+$")
    cluster: str = Field(default="127.0.0.1:18081", pattern=r"^[^\s:/]+:\d+$")
    workers: Literal["worker_pool", "loopback", "container"] = "worker_pool"
    worker_pool: str = Field(default="farelite-pool:18050", pattern=r"^[^\s:/]+:\d+$")
    image: str | None = None
    parallelism: int = Field(default=0, ge=0)
    min_network_mb: int = Field(default=512, ge=0)
    handshake_s: int = Field(default=240, ge=1)
    step_minutes: float = Field(default=120, gt=0)

    @model_validator(mode="after")
    def _image_fits(self) -> Flink:
        if (self.workers == "container") != (self.image is not None):
            raise ValueError("image goes with workers: container, and only with that; give both or neither")
        return self

    def arguments(self, parallelism: int, job_name: str) -> list[str]:
        """What Beam is told."""
        # Workers bring farelite and TFX along, so the image is only a name where it is no container: with one given,
        # TFX does not build a package of itself for them.
        image = self.image or "none"
        environment = {
            "worker_pool": ["--environment_type=EXTERNAL", f"--environment_config={self.worker_pool}"],
            "loopback": ["--environment_type=LOOPBACK"],
            "container": ["--environment_type=DOCKER", f"--environment_config={image}"],
        }
        return [
            "--runner=PortableRunner",
            f"--job_endpoint={self.job_server}",
            f"--flink_master={self.cluster}",
            f"--job_name={job_name}",
            f"--parallelism={parallelism}",
            f"--environment_cache_millis={ENVIRONMENT_CACHE_MS}",
            f"--sdk_container_image={image}",
            *environment[self.workers],
        ]


class Beam(Settings):
    """Where the data steps run: TripExampleGen, StatisticsGen, Transform and Evaluator. All others run locally.

    Attributes:
        runner: `in_process`; `multi_process` on all cores of this machine; `flink`; `auto` takes the first of these
            below `auto_rows` rows, and from there on `flink` where that block is given, else `multi_process`.
        auto_rows: see there; rows are estimated from the sizes of the source's files. The default is where two
            processes overtook one on two cores (`make bench-flink`).
        workers: processes of `multi_process`; 0 takes one a core.
        flink: the cluster; null takes the defaults where `runner` is `flink`.
    """

    runner: Literal["auto", "in_process", "multi_process", "flink"] = "auto"
    auto_rows: int = Field(default=1_000_000, ge=0)
    workers: int = Field(default=0, ge=0)
    flink: Flink | None = None

    def place(self, rows: int) -> Place:
        """Where steps on so many rows run."""
        if self.runner != "auto":
            return self.runner
        if rows < self.auto_rows:
            return "in_process"
        return "flink" if self.flink else "multi_process"

    def cluster(self) -> Flink:
        """The cluster's settings."""
        return self.flink or Flink()

    def local_arguments(self, place: Place) -> list[str]:
        """What Beam is told on this machine."""
        if place == "in_process":
            # Nothing leaves the process, so the image is only a name: with one given, TFX does not build a package
            # of itself for workers, which takes two seconds for each component.
            return [RUNNER, "--direct_running_mode=in_memory", "--sdk_container_image=none"]
        return [
            RUNNER,
            "--direct_running_mode=multi_processing",
            f"--direct_num_workers={self.workers}",
            "--sdk_container_image=none",
        ]
