"""The configuration: one validated tree, read from YAML, with every mistake answered by file, key and remedy."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, model_validator

from components.compression_settings import MICRO_LACKS, Conversion, check_combination
from components.data_gate.settings import DataGate
from components.evaluation.slices import Slicing, settle
from components.settings import Gate, Push, Training
from components.study.settings import Study
from components.task import task_of
from components.task.settings import check_metrics
from components.tuner.settings import Tuner
from data.errors import DataError
from data.files import below, expanded, is_remote
from data.settings import Settings
from data.spec import Dataset
from pipeline.settings.beam import Beam
from pipeline.settings.kubeflow import Kubeflow
from pipeline.settings.metadata import Metadata
from pipeline.settings.mistakes import explain
from pipeline.settings.schedule import Schedule
from pipeline.yaml_text import YamlError, parse, read_text
from transforms.features import Features, Plan

DEFAULT_CONFIG = Path(__file__).parent / "configs" / "chicago.yaml"
_TABLES = (".csv", ".tsv", ".csv.gz", ".parquet")


class ConfigError(ValueError):
    """The configuration is wrong; the message has file, key, what is allowed and a near match."""


class Config(Settings):
    """Every choice of a pipeline.

    Attributes:
        name: of the pipeline; lower case letters, digits and dashes, as Kubeflow wants it.
        data: where rows come from.
        schema_file: a reviewed schema (`schema:` in the file); None infers one from the training rows.
        data_gate: what the data must keep to.
        features: what the Transform step makes of them.
        training, gate, push: the model, its judgement, its publication.
        conversion: from the trained model to the file.
        study: variants to measure and choose from, between training and judgement; null trains the one that
            `training` says. `farelite study` takes the default grid where this is null.
        tuner: a search for better choices before training, which the Trainer then takes; null trains as `training`
            says. `farelite tune` takes the usual search where this is null.
        beam: where the data steps run.
        schedule: when it runs unattended; null for never.
        metadata: where the record of every run is kept.
        kubeflow: how it runs on Kubeflow Pipelines.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,127}$")
    data: Dataset
    schema_file: str | None = Field(default=None, alias="schema")
    data_gate: DataGate = DataGate()
    features: Features = Features()
    training: Training = Training()
    conversion: Conversion = Conversion()
    study: Study | None = None
    tuner: Tuner | None = None
    gate: Gate = Gate()
    push: Push = Push()
    beam: Beam = Beam()
    schedule: Schedule | None = None
    metadata: Metadata = Metadata()
    kubeflow: Kubeflow = Kubeflow()

    @model_validator(mode="after")
    def _features_fit_data(self) -> Config:
        self.plan()
        self.slicings()
        return self

    @model_validator(mode="after")
    def _leaks_are_of_inputs(self) -> Config:
        unknown = [name for name in self.data_gate.allow_leaks if name not in self.data.inputs()]
        if unknown:
            raise ValueError(
                f"data_gate.allow_leaks names {', '.join(unknown)}, which is no input; inputs are "
                f"{', '.join(self.data.inputs())}"
            )
        return self

    @model_validator(mode="after")
    def _windows_need_dates(self) -> Config:
        if self.schedule and self.schedule.until_lag_h is not None:
            try:
                self.schedule.newest_span(self.data.source, 0)
            except DataError as error:
                raise ValueError(f"schedule.until_lag_h needs dated spans; {error}") from error
        return self

    @model_validator(mode="after")
    def _compression_fits(self) -> Config:
        training = self.training
        phases = (training.pruning, training.clustering, training.quantization)
        check_combination(training.known_units, *phases, self.conversion)
        kind = self.conversion.quantization
        if "micro" in self.push.targets and kind in MICRO_LACKS:
            raise ValueError(
                f"push.targets has micro, but microcontrollers have no kernel for {MICRO_LACKS[kind]}, which "
                f"conversion.quantization {kind} makes; take int8, or leave micro out of push.targets"
            )
        if self.study:
            self.study.check(training)
        if self.study and self.tuner:
            raise ValueError("study and tuner both choose how the file is compressed; set one of them to null")
        return self

    @model_validator(mode="after")
    def _the_store_takes_it(self) -> Config:
        # ml-metadata 1.16 quotes a text with a backslash as 'E'...'', which PostgreSQL does not read.
        if self.metadata.kind == "postgresql" and "\\" in json.dumps(self.plain()):
            raise ValueError(
                "metadata.kind is postgresql, where ml-metadata stores no text with a backslash, a quote or a letter "
                "beyond ASCII, and one stands in this configuration; write it otherwise, or take sqlite or mysql"
            )
        return self

    @model_validator(mode="after")
    def _metrics_fit_label(self) -> Config:
        label = self.data.label
        if label.kind is None:
            return self  # asked again once somebody has looked
        named: dict[str, Iterable[str]] = {
            f"gate.slices.{name}.limits": one.limits for name, one in self.gate.slices.items()
        }
        named |= {"gate.limits": self.gate.limits, "push.max_increase": self.push.max_increase}
        if self.study and self.study.select.metric:
            named["study.select.metric"] = (self.study.select.metric,)
        check_metrics(task_of(label.model_dump()), named)
        return self

    def plan(self) -> Plan:
        """Features settled for this dataset."""
        return Plan(dataset=self.data, features=self.features)

    def slicings(self) -> list[Slicing]:
        """Slices of the gate settled for this dataset."""
        return settle(self.gate.slices, self.plan())

    def plain(self) -> dict[str, Any]:
        """JSON values under the names of the file, without `schedule`, `kubeflow` and `beam`: when and where says
        nothing about the model."""
        return self.model_dump(mode="json", by_alias=True, exclude={"schedule", "kubeflow", "beam"})

    def hash(self) -> str:
        """Twelve hex digits of all choices that `plain` tells."""
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()[:12]


def load(path: Path | None = None, overrides: Sequence[str] = ()) -> Config:
    """Reads a configuration and applies `key=value` overrides such as `training.seed=3`.

    Relative paths in the file count from the file's folder.

    Raises:
        ConfigError: no such file, no YAML, or a key or value that is not allowed.
    """
    path = path or DEFAULT_CONFIG
    if path.name.lower().endswith(_TABLES):
        raise ConfigError(f"{path} is a table; `farelite init {path}` writes a configuration for it")
    try:
        tree = parse(read_text(path))
    except FileNotFoundError as error:
        raise ConfigError(f"no configuration file {path} (looked from {Path.cwd()})") from error
    except YamlError as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(tree, dict):
        held = "nothing" if tree is None else "a list" if isinstance(tree, list) else "one value"
        raise ConfigError(f"{path} holds no keys but {held}; start from {DEFAULT_CONFIG}")
    return _validated(tree, overrides, path, path.resolve().parent)


def from_tree(tree: Mapping[str, Any], overrides: Sequence[str] = ()) -> Config:
    """What `load` makes of a file that says this; relative paths count from the current folder."""
    return _validated(copy.deepcopy(dict(tree)), overrides, Path("configuration"), Path.cwd())


def _validated(tree: dict[str, Any], overrides: Sequence[str], path: Path, folder: Path) -> Config:
    for override in overrides:
        _override(tree, override)
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(explain(path, Config, tree, error)) from error
    return _with_absolute_paths(config, folder)


def _override(tree: dict[str, Any], text: str) -> None:
    key, equals, value = text.partition("=")
    if not equals or not all(key.split(".")):
        raise ConfigError(f"--set {text!r}: write key=value, such as training.seed=3")
    *parents, leaf = key.split(".")
    for parent in parents:
        below = tree.setdefault(parent, {})
        if below is None:
            below = tree[parent] = {}
        if isinstance(below, list):
            raise ConfigError(f"--set {text!r}: {parent} is a list; give the whole of it, such as {parent}=[a, b]")
        if not isinstance(below, dict):
            raise ConfigError(f"--set {text!r}: {parent} is a value, not a group of keys")
        tree = below
    try:
        tree[leaf] = parse(value)
    except YamlError as error:
        raise ConfigError(f"--set {text!r}: the value: {error}") from error


def _with_absolute_paths(config: Config, folder: Path) -> Config:
    def absolute(path: str | None) -> str | None:
        return None if path is None else below(str(folder), path)

    split = config.data.split.model_copy(update={"test_source": absolute(config.data.split.test_source)})
    data = config.data.model_copy(update={"source": absolute(config.data.source), "split": split})
    store = config.push.store  # no pattern
    if store is not None and not is_remote(store):
        store = str(folder / expanded(store))
    push = config.push.model_copy(update={"store": store})
    return config.model_copy(update={"data": data, "schema_file": absolute(config.schema_file), "push": push})
