"""Every mistake in a configuration is answered with its file, its key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.settings import Push
from pipeline.config import DEFAULT_CONFIG, ConfigError, load
from pipeline.settings.renamed import REMOVED, RENAMED

MINIMAL = """
name: test
data:
  source: trips.csv
  label: {column: fare}
  numeric: [distance]
"""


PLACES = """
name: places
data:
  source: trips.csv
  label: {column: fare}
  points: {pickup: {latitude: lat, longitude: lon}, dropoff: {latitude: to_lat, longitude: to_lon}}
  time: {column: start}
features:
  diagonals: false
  distances: [haversine_km, bearing]
  time_parts: [hour]
  buckets: {pickup_north: {feature: lat, quantiles: 4}}
  reducer: {kind: pca}
"""


@pytest.fixture
def places(tmp_path: Path) -> Path:
    path = tmp_path / "places.yaml"
    path.write_text(PLACES)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my.yaml"
    path.write_text(MINIMAL)
    return path


def mistake(path: Path, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path, overrides)
    return str(caught.value)


def test_the_configurations_that_come_along_are_valid() -> None:
    for path in sorted(DEFAULT_CONFIG.parent.glob("*.yaml")):
        assert load(path).name == path.stem


@pytest.mark.parametrize(
    ("override", "key", "near", "allowed"),
    [
        ("trainning.seed=1", "trainning", "training", "beam, conversion, data, data_gate, features"),
        ("training.sead=1", "training.sead", "seed", "batch_size, clustering, decision, distillation, dropout, epochs"),
        ("data.lable=1", "data.lable", "label", "categorical, decimal, delimiter"),
        (
            "training.pruning.final_sparsty=1",
            "training.pruning.final_sparsty",
            "final_sparsity",
            "epochs, final_sparsity",
        ),
        ("schema_file=x", "schema_file", "schema", "push, schedule, schema"),
    ],
)
def test_an_unknown_key_is_answered_with_a_near_match_and_the_allowed_ones(
    file: Path, override: str, key: str, near: str, allowed: str
) -> None:
    said = mistake(file, override)
    assert str(file) in said
    assert f"{key}: no such key. Did you mean {near}?" in said
    assert allowed in said.partition("Allowed: ")[2]


def test_an_unknown_key_like_no_other_is_answered_with_the_allowed_ones_alone(file: Path) -> None:
    said = mistake(file, "zzzzzz=1")
    assert "zzzzzz: no such key. Allowed: beam, conversion, data" in said


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("training.seed=many", "training.seed: Input should be a valid integer"),
        ("training.epochs=0", "training.epochs: Input should be greater than or equal to 1 or 'auto' (got 0)"),
        ("training.epochs=[8, 0]", "training.epochs: Input should be greater than or equal to 1 or 'auto' (got [8, 0]"),
        ("training.epochs=two", "training.epochs: Input should be a list or 'auto' (got 'two')"),
        ("training.epochs=[]", "training.epochs: Tuple should have at least 1 item"),
        ("training.batch_size=all", "training.batch_size: Input should be a valid integer"),
        ("training.piecewise.bins=1", "training.piecewise.bins: Input should be greater than or equal to 2 or 'auto'"),
        ("features.missing.flag=perhaps", "features.missing.flag: Input should be a valid boolean"),
        ("features.scaling_of={distance: {centre: 1}}", "features.scaling_of.distance.spread: missing"),
        (
            "training.loss.delta=0.2 std",
            "training.loss.delta: give a number in label units, or a share of its standard",
        ),
        ("push.max_difference=0", "push.max_difference: must be above 0 (got 0)"),
        ("gate.limits.mae=-1 sd", "gate.limits.mae: "),
        (
            "training.loss.kind=hinge",
            "training.loss.kind: Input should be 'unbiased_huber', 'huber', 'mae' or 'mse' (got 'hinge')",
        ),
        (
            "gate.limits.rsme=5",
            "gate.limits.rsme: there is no metric rsme. Did you mean rmse? Allowed: rmse, mae, bias",
        ),
        ("gate.limits.rmse=-1", "gate.limits.rmse: Input should be greater than or equal to 0"),
        ("gate.slices.h.limits.r2=1", "gate.slices.h.limits.r2: there is no metric r2. Allowed: rmse, mae, bias"),
        ("push.max_increase.bias=1", "push.max_increase.bias: there is no metric bias. Allowed: rmse, mae"),
        ("study.select.metric=r2", "study.select.metric: there is no metric r2. Allowed: rmse, mae"),
        ("name=Not Allowed", "name: String should match pattern"),
        ("data.split.test_fraction=1.5", "data.split.test_fraction: Input should be less than 1"),
        ("data.time={column: t, time_zone: Mars/Base}", "'Mars/Base' is no IANA time zone"),
        ("data.label.range={low: 5, high: 1}", "low must not be above high"),
        ("data.numeric=[distance, distance]", "distance has more than one role"),
        ("data.numeric=[]", "no input: name at least one"),
        ("data.filters={speed: {low: 0, high: 1}}", "speed, which has no role; roles: distance, fare"),
        ("training.pruning={initial_sparsity: 0.9, final_sparsity: 0.5}", "0.9 is above final_sparsity 0.5"),
    ],
)
def test_a_wrong_value_is_answered_with_key_and_remedy(file: Path, override: str, said: str) -> None:
    assert said in mistake(file, override)


def test_every_mistake_is_told_at_once(file: Path) -> None:
    said = mistake(file, "training.seed=x", "gate.max_ratio=0", "nonsense=1")
    assert "3 mistakes" in said
    assert all(key in said for key in ("training.seed", "gate.max_ratio", "nonsense"))


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("name: test\ndata: {source: x, numeric: [a]}")
    assert "data.label: missing" in mistake(path)


def test_overrides_reach_any_depth_and_read_as_yaml(file: Path) -> None:
    config = load(file, ["training.seed=3", "training.units=[8, 4]", "training.pruning=null", "push.min_sparsity=0"])
    assert (config.training.seed, config.training.units, config.training.pruning) == (3, (8, 4), None)
    assert load(file, ["gate.limits.rmse=2"]).gate.limits == {"rmse": 2.0}
    assert load(file, ["data.label.unit=eur=1"]).data.label.unit == "eur=1"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("training.seed", "write key=value"),
        ("=3", "write key=value"),
        ("name.first=3", "name is a value, not a group of keys"),
        ("training.units=[8", "not readable as YAML"),
    ],
)
def test_an_override_that_is_none_says_how_to_write_one(file: Path, override: str, said: str) -> None:
    assert said in mistake(file, override)


def test_relative_paths_count_from_the_file_and_others_stay(file: Path, tmp_path: Path) -> None:
    config = load(file, ["data.split.test_source=more/test.csv", "schema=s.pbtxt"])
    assert config.data.source == str(tmp_path / "trips.csv")
    assert config.data.split.test_source == str(tmp_path / "more" / "test.csv")
    assert config.schema_file == str(tmp_path / "s.pbtxt")
    assert load(file, ["data.source=/data/trips.csv"]).data.source == "/data/trips.csv"
    assert load(file, ["data.source=package:tfx/data.csv"]).data.source == "package:tfx/data.csv"
    assert load(file, ["data.source=~/t.csv"]).data.source == str(Path("~/t.csv").expanduser())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: [unclosed", "not readable as YAML"),
        (b"\xff\xfe\x00", "not readable as YAML"),
        (b"", "holds no keys"),
        (b"- a\n- b", "holds no keys"),
        (b"just text", "holds no keys"),
    ],
)
def test_a_file_that_holds_no_configuration_says_so(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "my.yaml"
    path.write_bytes(content)
    assert said in mistake(path)
    assert str(path) in mistake(path)


@pytest.mark.parametrize("name", ["trips.csv", "TRIPS.CSV", "trips.csv.gz", "trips.parquet"])
def test_a_table_in_place_of_a_configuration_is_sent_to_init(name: str) -> None:
    assert f"`farelite init {name}` writes a configuration" in mistake(Path(name))


def test_a_file_that_is_not_there_or_is_a_folder_says_so(tmp_path: Path) -> None:
    assert "no configuration file" in mistake(tmp_path / "absent.yaml")
    assert str(tmp_path) in mistake(tmp_path)


def test_the_hash_follows_every_choice(file: Path) -> None:
    assert load(file).hash() == load(file).hash()
    assert load(file).hash() != load(file, ["training.seed=9"]).hash()


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["features.reducer.components=20"],
            "features.reducer.components is 20, but the block has 9 features: lat, lon, to_lat, to_lon, haversine_km, ",
        ),
        (["features.reducer.components=20"], "; give at most 9, or a share such as 0.99"),
        (
            ["features.reducer.kind=nmf", "features.reducer.components=3"],
            "features.reducer.kind is nmf, which takes no negative values, but the scaling of lat, lon, ",
        ),
        (
            ["features.reducer.kind=nmf", "features.reducer.components=3"],
            " gives some; set features.scaling to min_max",
        ),
        (
            ["features.reducer.kind=lda", "features.reducer.classes=1"],
            "features.reducer: classes is 1; lda separates classes of the label, so give 2 or more",
        ),
        (
            ["features.crosses.place={of: [pickup_nort, hour]}"],
            "features.crosses.place is of pickup_nort, which is neither a bucket nor a cyclic time part nor a cross "
            "above it; did you mean pickup_north?; discrete features are pickup_north, hour, ",
        ),
        (
            ["features.buckets.far={feature: haversine_km, boundaries: [1, 5, 5]}"],
            "features.buckets.far: boundaries of haversine_km must be strictly increasing, got [1.0, 5.0, 5.0]; sort "
            "them and drop repeated ones",
        ),
    ],
)
def test_features_that_cannot_be_are_answered_with_the_feature_and_the_remedy(
    places: Path, overrides: list[str], said: str
) -> None:
    assert said in mistake(places, *overrides)


def test_a_limit_is_written_down_as_it_was_given_and_null_takes_it_away(file: Path) -> None:
    assert load(file, ["push.max_increase.rmse=0.5"]).push.max_increase == {"rmse": 0.5}
    push = load(file, ["push.max_increase={mae: null}"]).push
    assert push.max_increase == {"mae": None}
    assert Push.model_validate_json(push.model_dump_json()) == push
    assert load(file, ["gate.limits={rmse: 5, mae: 2}", "gate.limits.rmse=null"]).gate.limits == {"mae": 2.0}


@pytest.mark.parametrize(("old", "new"), list(RENAMED.items()))
def test_an_old_key_is_answered_with_the_new_one_which_is_allowed(file: Path, old: str, new: str) -> None:
    old, new = (key.replace("NAME", "far") for key in (old, new))
    assert f"{old}: is called {new} now" in mistake(file, f"{old}=1")
    wrong = mistake(file, f"{new}=[]")
    assert f"{new}: " in wrong
    assert "no such key" not in wrong
    assert "there is no metric" not in wrong


@pytest.mark.parametrize(("gone", "instead"), list(REMOVED.items()))
def test_a_key_that_is_no_more_is_answered_with_what_to_write(file: Path, gone: str, instead: str) -> None:
    said = mistake(file, f"{gone}=1")
    assert f"{gone}: is no more; {instead}" in said
    assert "no such key" not in said


def test_amounts_are_numbers_or_shares_of_the_labels_spread(file: Path) -> None:
    config = load(file, ["training.loss.delta=0.5 sd", "push.max_difference=3", "gate.limits.rmse=1.50 sd"])
    assert config.training.loss.delta == "0.5 sd"
    assert config.push.max_difference == 3
    assert config.gate.limits == {"rmse": "1.5 sd"}
    assert load(file, ["gate.limits.rmse=0"]).gate.limits == {"rmse": 0}


def test_one_number_of_epochs_is_a_single_cycle(file: Path) -> None:
    assert load(file, ["training.epochs=5"]).training.epochs == (5,)
    assert load(file, ["training.epochs=[4, 8]"]).training.epochs == (4, 8)
    assert load(file).training.epochs == "auto"


def test_what_ml_metadata_cannot_store_on_postgresql_is_told_before_a_run(file: Path) -> None:
    assert load(file, ["metadata.kind=postgresql"]).metadata.kind == "postgresql"
    said = mistake(file, "metadata.kind=postgresql", 'data.missing=["\\\\N"]')
    assert "stores no text with a backslash, a quote or a letter beyond ASCII" in said
    assert load(file, ["metadata.kind=mysql", 'data.missing=["\\\\N"]']).data.missing == ("\\N",)


def test_the_kind_of_a_loss_may_stand_for_the_whole(file: Path) -> None:
    assert load(file, ["training.loss=mse"]).training.loss.kind == "mse"
