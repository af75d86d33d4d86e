"""The configuration's `kubeflow:` block."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from data.settings import Settings

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]


class Resources(Settings):
    """What one step asks of the cluster.

    Attributes:
        cpu_request, cpu_limit: cores.
        memory_request_gb, memory_limit_gb: in 10^9 bytes.
    """

    cpu_request: float = Field(default=0.5, gt=0)
    cpu_limit: float = Field(default=2.0, gt=0)
    memory_request_gb: float = Field(default=1.5, gt=0)
    memory_limit_gb: float = Field(default=3.0, gt=0)

    @model_validator(mode="after")
    def _limit_above_request(self) -> Resources:
        for name, request, limit in (
            ("cpu", self.cpu_request, self.cpu_limit),
            ("memory", self.memory_request_gb, self.memory_limit_gb),
        ):
            if limit < request:
                raise ValueError(f"{name}: the limit {limit:g} is below the request {request:g}")
        return self


class Models(Settings):
    """The persistent volume that holds the store.

    Attributes:
        claim: name of the PersistentVolumeClaim, in the namespace of the runs.
        mount: where containers see it.
    """

    claim: Name = "farelite-models"
    mount: str = Field(default="/models", pattern=r"^/")


class Data(Settings):
    """The persistent volume that holds the source.

    Attributes:
        claim: name of the PersistentVolumeClaim, in the namespace of the runs.
        mount: where containers see it.
    """

    claim: Name = "farelite-data"
    mount: str = Field(default="/data", pattern=r"^/")


class StepRetries(Settings):
    """What Argo Workflows, which runs the steps, does with one that fails.

    Source: `processNodeRetries` in its workflow/controller/operator.go (commit f016ad89eb26).

    Attributes:
        attempts: further ones; the gates, which fail on purpose, get none.
        delay_s: wait before the first of them.
        factor: of each wait to the one before; a whole number.
        budget_s: for all attempts and waits together, from the start of the first: a step that fails later is not tried
            again, and a further attempt is ended there.
    """

    attempts: int = Field(default=2, ge=0)
    delay_s: int = Field(default=60, ge=0)
    factor: int = Field(default=2, ge=1)
    budget_s: int = Field(default=86400, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _as_argo_takes_it(cls, given: Any) -> Any:
        if isinstance(given, dict) and "max_delay_s" in given:
            raise ValueError(
                "max_delay_s is no setting any more, since Argo takes it for the budget of all attempts and not for "
                "the longest wait: set budget_s, in seconds from the start of the first attempt"
            )
        if isinstance(given, dict) and isinstance(given.get("factor"), float) and given["factor"] % 1:
            raise ValueError(
                f"factor is {given['factor']:g}, but Argo takes whole numbers only and would not try again at all: "
                "write 1, 2 or more"
            )
        return given

    @model_validator(mode="after")
    def _waits_within_budget(self) -> StepRetries:
        waits = sum(self.delay_s * self.factor**number for number in range(self.attempts))
        if waits >= self.budget_s:
            raise ValueError(
                f"the waits before {self.attempts} further attempts come to {waits} s, but budget_s is "
                f"{self.budget_s}: the last would never begin. Raise budget_s, or lower attempts, delay_s or factor"
            )
        return self


class Kubeflow(Settings):
    """The pipeline on open-source Kubeflow Pipelines 2.

    Attributes:
        image: of every step; with its digest: `registry/name@sha256:...`.
        require_digest: refuse an image without a digest, since a tag may name other code tomorrow.
        pipeline_root: where the artifacts of runs go: `minio://`, `s3://` or `gs://` with bucket and folder, and the
            store's query such as `?region=eu-west-1`; null for the cluster's own (`defaultPipelineRoot` of its
            ConfigMap kfp-launcher). Given to each run that `submit` and `schedule` start.
        models: the volume that holds the store, as a runs folder: `<mount>/<name of the pipeline>/models`; null where
            `push.store` holds the versions and no volume is wanted.
        data: the volume that holds the source, mounted for reading; null when the source lies elsewhere.
        data_root: default of the runtime parameter `data_root`: what relative paths of the source count from.
        cache: whether steps may come from the cluster's cache; those that look at what changes outside never do.
        run_as_non_root: says so of each step, as the security profile `restricted` wants it; the image's user is 10001.
            Backends older than 2.16 do not know the field and refuse it: false.
        retries: of each step.
        resources: by step; the rest have what was measured on the default configuration.
        default: of a step that was not measured.
        endpoint: address of the API.
        namespace: of the runs, on a cluster for several users.
        experiment: that runs belong to.
        token_file: holds a bearer token; null for none. The token never enters a specification.
        service_account: of the runs; null takes the cluster's.
        cluster_time_zone: that the cluster keeps schedules in (its CRON_SCHEDULE_TIMEZONE).
        timeout_s: of one request.
    """

    image: str = "farelite"
    require_digest: bool = True
    pipeline_root: str | None = Field(default=None, pattern=r"^(minio|s3|gs)://[^/]+")
    models: Models | None = Models()
    data: Data | None = Data()
    data_root: str = Field(default="/data", pattern=r"^/")
    cache: bool = True
    run_as_non_root: bool = True
    retries: StepRetries = StepRetries()
    resources: dict[str, Resources] = Field(default_factory=dict)
    default: Resources = Resources()
    endpoint: str = Field(default="http://127.0.0.1:8888", pattern=r"^https?://")
    namespace: str | None = None
    experiment: str = "farelite"
    token_file: str | None = None
    service_account: Name | None = None
    cluster_time_zone: str = "UTC"
    timeout_s: float = Field(default=30, gt=0)
