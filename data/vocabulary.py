"""The words that all parts share: columns by role, what a file takes and gives, what was measured of it, its manifest.

What follows from a role, such as a dtype, is told here and nowhere else. `make reference` writes the JSON Schema of
`model.json` from `Manifest`, so each text below a field is also what a reader of the schema sees.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from data.settings import Settings
from data.tensor_names import tensor_name

MANIFEST_VERSION: Literal[1] = 1

Axis = Literal["latitude", "longitude"]
Role = Literal["latitude", "longitude", "time", "numeric", "categorical", "label"]
StoredDtype = Literal["float32", "int64", "string"]
"""As ingestion writes it, in TensorFlow's words: `string` is UTF-8, empty for missing; a missing number is NaN."""
DeviceDtype = Literal["float32", "int32"]

TIME_KEYS = {"format", "time_zone", "source_time_zone"}
"""What an input of the role time tells besides."""

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Shape = Annotated[list[Literal[1]], Field(min_length=1, max_length=1)]
OutputShape = Annotated[list[Positive], Field(min_length=1, max_length=2)]
Figure = float | None
"""Null for what is no finite number."""
Metrics = dict[str, Figure]
"""Metrics of `components.task` by name, in label units unless the metric says otherwise; null for NaN."""


class Follows(NamedTuple):
    """What follows from a role; `unit` None means that the configuration decides, or nobody."""

    stored: StoredDtype
    device: DeviceDtype
    unit: str | None = None


ROLES: dict[Role, Follows] = {
    "latitude": Follows("float32", "float32", "degree"),
    "longitude": Follows("float32", "float32", "degree"),
    "time": Follows("int64", "int32", "second"),
    "numeric": Follows("float32", "float32"),
    "categorical": Follows("string", "int32"),
    "label": Follows("float32", "float32"),
}


class Told(Settings):
    """The base of what is written for others to read: the text below a field is its description in the schema."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)


class Column(Told):
    """A column of a role."""

    name: str
    """In the source."""
    role: Role
    unit: str | None
    """What one stands for."""
    meaning: str
    """What a value stands for, and how a missing one is told."""
    point: str | None = None
    """Of a latitude or longitude: the point that it belongs to."""

    @property
    def tensor(self) -> str:
        """Its name in graphs and examples."""
        return tensor_name(self.name)

    @property
    def stored_dtype(self) -> StoredDtype:
        """As ingestion writes it."""
        return ROLES[self.role].stored

    @property
    def device_dtype(self) -> DeviceDtype:
        """As a device gives it to the file: seconds and ids as int32."""
        return ROLES[self.role].device


class Input(Told):
    """One input of the file; a row is one call, so every tensor has the shape `[1]`."""

    index: Count | None = Field(default=None, exclude_if=lambda value: value is None)
    """Place in the file, for runtimes that know no names; inputs are listed in this order. Not told by versions pushed
    before 2026-12."""
    name: str
    """Of the tensor."""
    role: Role
    """What the column is for."""
    dtype: DeviceDtype
    shape: Shape = [1]
    unit: str | None = None
    meaning: str
    vocabulary: list[str] | None = None
    """Values of a category in the order of their ids, from 1; id 0 is missing or unknown. Null for numbers."""
    source_column: str
    """Column of the table that it is read from."""
    training_range: tuple[float, float] | None = None
    """Smallest and largest value of the training rows; null for categories."""
    format: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Time only: unix, or a strptime format."""
    time_zone: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Time only: the input is what the wall clock of this zone shows."""
    source_time_zone: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Time only: the zone that the column is written in; wall-clock for a column that already shows the wall clock of
    time_zone."""
    oov_buckets: Count = Field(default=0, exclude_if=lambda value: not value)
    """Categories only: unknown texts have the ids behind the vocabulary, 1 + its size + h; h is the sum of byte i of
    the UTF-8 text times 257^i over its first 64 bytes, modulo 65521, modulo this number."""

    @property
    def stored_dtype(self) -> StoredDtype:
        """As ingestion writes it."""
        return ROLES[self.role].stored

    @model_validator(mode="after")
    def _complete(self) -> Input:
        needed = {"time": sorted(TIME_KEYS), "categorical": ["vocabulary"]}.get(self.role, [])
        if lacking := [key for key in needed if getattr(self, key) is None]:
            raise ValueError(f"{self.source_column} has the role {self.role} and lacks {', '.join(lacking)}")
        return self


class Decision(Told):
    """How a class is decided for."""

    threshold: float | None = Field(default=None, exclude_if=lambda value: value is None)
    """Least probability that is a yes; not told where the likeliest of several classes is taken."""
    chosen_by: str
    """What the threshold makes best, and on how many validation rows."""


class TemperatureScaling(Told):
    """What dividing the logits by a temperature changed, on the validation rows."""

    temperature: float
    """1 changes nothing; more makes the model less sure."""
    log_loss_before: float
    log_loss: float


class Output(Told):
    """What the file gives."""

    name: str
    """Of the tensor."""
    dtype: DeviceDtype
    shape: OutputShape = [1]
    """`[1]`, or `[1, K]` for one of K classes."""
    kind: Literal["number", "binary", "classes"] = Field(default="number", exclude_if=lambda value: value == "number")
    """Of the label; not told for a number."""
    classes: list[str] | None = Field(default=None, exclude_if=lambda value: value is None)
    """Texts of the values in the order of the outputs; no and yes of a binary label."""
    decision: Decision | None = Field(default=None, exclude_if=lambda value: value is None)
    """Where the label is no number."""
    temperature_scaling: TemperatureScaling | None = Field(default=None, exclude_if=lambda value: value is None)
    """Likewise."""
    unit: str | None = None
    meaning: str
    source_column: str | None = None
    """Column of the label; null in versions pushed before 2026-12."""


class LabelScale(Told):
    """The scale that the label was learned on, by statistics of the training rows; the file turns it back."""

    log: bool
    """Whether its logarithm was learned."""
    mean: float
    """Of what was learned."""
    std: float
    """Standard deviation of the same."""
    highest: float
    """Largest of the same."""
    spread: float
    """Standard deviation of the label itself, in its unit."""
    smearing: float
    """What predictions are multiplied by, since the mean of a logarithm is not the logarithm of the mean; 1 without."""
    shift: float = 0.0
    """What is added to predictions, in the label's unit, so that their mean on the training rows is that of the labels;
    0 where it was near enough."""


class Interface(Told):
    """What a file takes and gives, and what its trainer knows of it; `interface.json` beside a SavedModel."""

    inputs: list[Input] = Field(min_length=1)
    output: Output
    dense_kernels: list[list[int]] = []
    """Shapes of the kernels whose zeros are counted."""
    zeros: Share = 0.0
    """Share of zeros in them, as trained."""
    label: LabelScale | None = None
    """Null in models trained before 2026-12, and for labels that are no numbers."""

    @property
    def spread(self) -> float:
        """Standard deviation of the label over the training rows, in its unit; 1 where nobody knows."""
        return self.label.spread if self.label else 1.0


class Places(Told):
    """Where the training rows lie, coarsely."""

    cell_deg: float = Field(gt=0)
    """Height and width of a cell, in degrees."""
    points: dict[str, list[tuple[float, float, int]]]
    """South and west edge of a cell in degrees, and its training rows, by point; cells of fewer than five rows are left
    out."""


class NumberFormats(Told):
    """Number formats inside the file."""

    dense_kernels: str
    """dtype of the hidden kernels."""
    inputs_and_output: str


class Sparsity(Told):
    """Zeros, counted in the file."""

    dense_kernels: Share
    """Share of zeros in the hidden kernels."""
    weights: Count
    """How many weights the hidden kernels have."""


class Latency(Told):
    """Microseconds a call on one row."""

    p50: float
    p95: float


class Compared(Told):
    """Metrics of all models on the same test rows."""

    rows: Positive
    file: Metrics
    float: Metrics
    """Of the model before compression."""
    baselines: dict[str, Metrics]
    """Of plain models of the training rows."""


class BoostedTrees(Told):
    """Gradient-boosted trees (LightGBM) that the file is measured beside; their metrics are among the baselines."""

    name: Literal["teacher", "booster"]
    """The network's teacher, where it has one; else a rival that was grown for this comparison. Key in
    `metrics.baselines`."""
    trees: Positive
    learning_rate: float
    leaves: Positive
    """Of one tree, at most."""
    rows: Positive
    """Training rows that they have learned from."""
    bytes: Positive
    """Of LightGBM's own text of all trees."""


class OutputDifference(Told):
    """How far the outputs of file and SavedModel lie apart, in the output's units, over the test rows."""

    max: float
    mean: float
    p99: float


class FlippedDecisions(Told):
    """Test rows that the file decides otherwise than the float model."""

    rows: Count
    share: Share


class Importance(Told):
    """How much worse the models get when one input is shuffled among the test rows (permutation importance)."""

    name: str
    """Of the point, or of the source's column."""
    columns: list[str]
    """Of the source, shuffled together."""
    file: Figure
    """Rise of the metric's loss, in the metric's units, mean of the shuffles."""
    float: Figure
    """The same of the model before compression, same rows, same shuffles."""
    file_spread: Figure
    """Standard deviation over the shuffles; null for a single one."""
    float_spread: Figure


class LargestChange(Told):
    """The input whose importance compression has moved furthest."""

    name: str
    change: Figure
    """Importance for the file minus that for the float model, mean of the shuffles."""
    spread: Figure
    """Standard deviation over the shuffles, which both had alike; null for a single one."""


Value = float | str


class Curve(Told):
    """Mean output when one input is set to a value in all rows (partial dependence), by value."""

    name: str
    """Of the point, or of the source's column."""
    of: Literal["", "latitude", "longitude", "date", "hour", "weekday", "month"]
    """What of it is set, the rest of it stays: a date is its first second on the wall clock since 1970, weekday 0 is
    Monday, month 0 is January; empty for the value itself."""
    of_class: str | None
    """The class whose probability it is, in all curves that which the inputs move most; null where there is one
    output."""
    at: list[Value]
    """Numbers between the 5th and the 95th percentile of the rows, or the most frequent categories."""
    file: list[Figure]
    """In the output's units."""
    float: list[Figure]
    apart: Figure
    """Largest difference between the two."""


class Influence(Told):
    """What the file listens to, and the float model, on the same test rows."""

    metric: str
    """Whose loss the importances are rises of."""
    rows: Positive
    """Test rows that were shuffled."""
    repeats: Positive
    """Shuffles of each input."""
    inputs: list[Importance]
    """The most important for the file first."""
    rank_correlation: Figure
    """Spearman's, between the importances for file and float model; null where one of them has no order."""
    largest_change: LargestChange
    curve_rows: Positive
    """Test rows behind each point of a curve."""
    curves: list[Curve]
    """Of the most important inputs."""


class TargetRun(Told):
    """How the file does on one kind of device."""

    runs: bool | None
    """Null where nobody tried."""
    why: str | None = None
    """Why it does not run, or was not tried."""
    version: str
    """The runtime that was measured, or whose source the table of kernels was read from."""
    max_difference_vectors: float | None = None
    """Largest difference on the test vectors to the kernels of this manifest, in the output's units; null for NaN."""
    max_difference_rows: float | None = None
    """The same on the vectors and all test rows."""
    arena_bytes: Count | None = None
    """What the interpreter keeps of its arena, with addresses of 64 bits; the plan is made in memory on top, and with
    addresses of 32 bits both are smaller."""
    flash_bytes: Count | None = None
    """Of the file itself; the runtime with the operators listed comes on top."""
    operators: list[str] = []
    """What a resolver must hold, and no more."""


class Measurements(Told):
    """What was measured of the file itself."""

    bytes: Positive
    """Size of model.tflite."""
    gzip_bytes: Positive
    """The same, gzip level 9."""
    operators: dict[str, Positive]
    """How often each builtin operator occurs."""
    quantization: NumberFormats
    sparsity: Sparsity
    latency_us: Latency
    arena_bytes: Count
    """Working memory that TensorFlow Lite for Microcontrollers took, with addresses of 64 bits; where it was not run,
    the largest sum of tensors alive at one operator, which is a lower bound."""
    targets: dict[str, TargetRun] = Field(default_factory=dict, exclude_if=lambda value: not value)
    """What was seen on litert, micro and webgpu. Not told by versions pushed before 2026-12."""
    kernels: str
    """What the figures were measured with."""
    metrics: Compared
    difference_to_saved_model: OutputDifference
    flipped_decisions: FlippedDecisions | None = Field(default=None, exclude_if=lambda value: value is None)
    """Where the label is no number."""
    influence: Influence | None = Field(default=None, exclude_if=lambda value: value is None)
    """What it listens to. Not told by versions pushed before 2026-12."""
    boosted_trees: BoostedTrees | None = Field(default=None, exclude_if=lambda value: value is None)
    """Not told by versions pushed before 2026-12."""


class SliceCounts(Told):
    """How many slices of the test rows were judged."""

    judged: Count
    small: Count
    """Of fewer rows than gate.min_slice_rows: measured, never judged."""


class Verdict(Told):
    """Why the file was let through."""

    blessed: bool
    reasons: list[str]
    rule: str
    """What the file was held against: absolute limits, baselines, the live version, as far as set."""
    candidate: Metrics
    """Of the file on the test rows, as the gate has judged it; of versions pushed before 2026-12, of the SavedModel."""
    champion: Metrics | None
    """The same of the live version's file on the same rows; null without one."""
    slices: SliceCounts
    source_rows: Count
    """Rows of the source that were read anew, as `predict` reads them, and gave the same inputs; 0 where the pusher had
    no source at hand."""


class ReadFile(Told):
    """One file that was read."""

    path: str
    bytes: Count
    sha256: str = Field(pattern=r"^([0-9a-f]{64})?$")
    """Empty for a file on another filesystem, which is not read for this."""


class ReadData(Told):
    """What was read."""

    fingerprint: str
    """Of names and contents of the files."""
    sources: list[str]
    files: list[ReadFile]
    """At the time of the run."""
    spans: list[str]
    """Names of the spans that the files belong to."""


class PushRun(Told):
    """The run that pushed."""

    id: str
    finished: Moment
    mlmd_ids: dict[str, list[Count]]


class LineageOutput(Told):
    """An output that the pusher saw."""

    type: str
    mlmd_id: Count
    uri: str
    created: Moment | None = Field(default=None, exclude_if=lambda value: value is None)
    """Not told by Kubeflow Pipelines."""
    properties: dict[str, Any]


class LineageStep(Told):
    """A step behind the file."""

    step: str
    kind: str
    code: str
    """Fingerprint of the modules that it ran."""
    inputs: dict[str, Annotated[str, StringConstraints(pattern=r"^[^.]+\.[^.]+$")]]
    outputs: dict[str, list[LineageOutput]]


class Described(Told):
    """What `predict` needs to know of a file."""

    manifest_version: Literal[1] = MANIFEST_VERSION
    pipeline: str
    """Name of the pipeline, config.name."""
    inputs: list[Input] = Field(min_length=1)
    output: Output
    config: dict[str, Any]
    """The whole configuration, as resolved."""
    data: ReadData
    warnings: list[str]
    """What is odd about the data or the evaluation and was let pass."""


class Unsealed(Measurements, Described):
    """`model.json` before the registry gives it a number and a seal."""

    places: Places | None
    """Where the training rows lie, by point; null for data without points."""
    gate: Verdict
    champion: Version | None
    """Version that was live when this one was judged."""
    config_hash: str
    code_revision: str
    run: PushRun
    lineage: list[LineageStep] = Field(min_length=1)
    """Every step behind the file in order of the data, with what it read and those of its outputs that the pusher
    saw."""
    libraries: dict[str, str]


class Manifest(Unsealed):
    """`model.json`, which lies beside model.tflite.

    Metrics are in label units, on the same test rows.
    """

    version: Version
    sha256: Digest
    """Of model.tflite."""
    files: dict[str, Digest]
    """sha256 of each file; of the folders source and kit, over names and contents."""
    seal: Digest
    """sha256 of this file's bytes as they were before the seal was added: JSON, indented by one space."""
