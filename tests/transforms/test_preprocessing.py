"""The Transform step by tf.Transform itself: learned on rows A, saved, and applied to rows B, against NumPy."""

import functools
import json
from datetime import datetime, timezone
from pathlib import Path

import apache_beam as beam
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from data.local_beam import RUNNER
from data.spec import Dataset
from transforms import in_memory, learned, piecewise
from transforms.categories import vocabulary_file
from transforms.features import LEARNED_FILE, Features, Plan
from transforms.preprocessing import preprocessing_fn

RADIUS_KM = 6371.0088
NAMES = ["from_lat", "from_lon", "to_lat", "to_lon", "passengers", "vendor", "fare"]
SPEC = {
    **{name: tf.io.FixedLenFeature([1], tf.float32) for name in NAMES},
    "at": tf.io.FixedLenFeature([1], tf.int64),
    "company": tf.io.FixedLenFeature([1], tf.string),
}
PLAN = Plan(
    dataset=Dataset.model_validate(
        {
            "source": "-",
            "label": {"column": "fare"},
            "points": {
                "pickup": {"latitude": "from_lat", "longitude": "from_lon"},
                "dropoff": {"latitude": "to_lat", "longitude": "to_lon"},
            },
            "time": {"column": "at"},
            "numeric": ["passengers", "vendor"],
            "categorical": ["company"],
        }
    ),
    features=Features.model_validate(
        {
            "diagonals": False,
            "distances": [
                "euclidean_deg",
                "euclidean_km",
                "haversine_km",
                "manhattan_km",
                "east_km",
                "north_km",
                "bearing",
            ],
            "time_parts": ["hour", "weekday", "month", "year", "years"],
            "missing": {"fill": "mean", "flag": False},
            "scaling": "z_score",
            "buckets": {
                "far": {"feature": "haversine_km", "quantiles": 8},
                "crowd": {"feature": "passengers", "boundaries": [1.5, 2.5, 4.5]},
                "row": {"feature": "from_lat", "boundaries": [41.8, 41.85, 41.9, 41.95], "wide": False},
            },
            "crosses": {
                "hour_of_week": {"of": ["weekday", "hour"]},
                "row_crowd": {"of": ["row", "crowd"]},
                "folded": {"of": ["month", "row", "hour"], "hash_buckets": 11},
            },
            "categories": {"min_count": 3, "max_size": 3, "oov_buckets": 0},
            "reducer": {"kind": "pca", "components": 0.95, "whiten": True},
        }
    ),
)
SIMPLE = Plan(
    dataset=PLAN.dataset.model_copy(update={"points": {}, "time": None}),
    features=Features.model_validate({"scaling": "min_max", "missing": {"fill": "mean", "flag": False}}),
)


def trips(rows, seed):
    """Raw columns `[rows, 1]`; one passenger count in eight is missing, `vendor` never changes."""
    rng = np.random.default_rng(seed)
    columns = {
        "from_lat": rng.normal(41.88, 0.06, rows),
        "from_lon": rng.normal(-87.65, 0.05, rows),
        "to_lat": rng.normal(41.9, 0.04, rows),
        "to_lon": rng.normal(-87.63, 0.07, rows),
        "passengers": np.where(rng.random(rows) < 1 / 8, np.nan, rng.integers(1, 7, rows)),
        "vendor": np.full(rows, 7),
        "fare": rng.gamma(4, 3, rows),
    }
    found = {name: values.astype(np.float32)[:, None] for name, values in columns.items()}
    found["at"] = rng.integers(1_300_000_000, 1_500_000_000, rows)[:, None]
    found["company"] = rng.choice([b"Blue", b"Yellow", b"Checker", b"Flash", b""], rows, p=[0.4, 0.3, 0.15, 0.05, 0.1])
    found["company"] = found["company"].astype(object)[:, None]
    return found


def rare_companies(columns):
    """A company twice, which is less than `min_count`."""
    columns["company"][:2] = b"Once"
    return columns


A = rare_companies(trips(400, seed=0))
B = trips(150, seed=1)
B["company"][:3, 0] = [b"Unseen", b"Once", b""]
B["vendor"][0] = 8


def transform(plan, columns, folder):
    """Analyzes the columns, saves the graph under `folder` and loads it again."""
    names = [*plan.dataset.columns()]
    schema = schema_utils.schema_from_feature_spec({name: SPEC[name] for name in names})
    instances = [{name: columns[name][row].tolist() for name in names} for row in range(len(columns["fare"]))]
    learn = functools.partial(preprocessing_fn, custom_config={"plan": plan.model_dump_json()})
    with beam.Pipeline(options=PipelineOptions([RUNNER])) as pipeline, tft_beam.Context(temp_dir=str(folder / "temp")):
        raw = pipeline | beam.Create(instances), dataset_metadata.DatasetMetadata(schema)
        (_, _), transform_fn = raw | tft_beam.AnalyzeAndTransformDataset(learn)
        _ = transform_fn | tft_beam.WriteTransformFn(str(folder / "graph"))
    return tft.TFTransformOutput(str(folder / "graph"))


def apply(plan, saved, columns):
    layer = saved.transform_features_layer()
    inputs = {name: tf.constant(columns[name].tolist(), SPEC[name].dtype) for name in plan.dataset.columns()}
    return {name: tensor.numpy() for name, tensor in layer(inputs).items()}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return transform(PLAN, A, tmp_path_factory.mktemp("saved"))


@pytest.fixture(scope="module")
def simple(tmp_path_factory):
    return transform(SIMPLE, A, tmp_path_factory.mktemp("simple"))


@pytest.fixture(scope="module")
def on_a(saved):
    return apply(PLAN, saved, A)


@pytest.fixture(scope="module")
def on_b(saved):
    return apply(PLAN, saved, B)


# The same in NumPy and Python, in float64.


def calendar(columns):
    return [datetime.fromtimestamp(int(second), timezone.utc) for second in columns["at"][:, 0]]


def parts_of(columns):
    moments = calendar(columns)
    return {
        "hour": np.array([moment.hour for moment in moments]),
        "weekday": np.array([moment.weekday() for moment in moments]),
        "month": np.array([moment.month - 1 for moment in moments]),
        "year": np.array([moment.year for moment in moments]),
        "years": columns["at"][:, 0] / (365.2425 * 86400),
    }


def raw_block(columns):
    """By name, before filling and scaling."""
    block = {name: columns[name][:, 0].astype(np.float64) for name in NAMES if name != "fare"}
    lat1, lon1, lat2, lon2 = (np.radians(block[name]) for name in NAMES[:4])
    a = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    block["euclidean_deg"] = np.degrees(np.hypot(lat2 - lat1, lon2 - lon1))
    block["haversine_km"] = 2 * RADIUS_KM * np.arcsin(np.sqrt(a))
    block["north_km"] = (lat2 - lat1) * RADIUS_KM
    block["east_km"] = (lon2 - lon1) * np.cos((lat1 + lat2) / 2) * RADIUS_KM
    block["manhattan_km"] = abs(block["north_km"]) + abs(block["east_km"])
    block["euclidean_km"] = np.hypot(block["north_km"], block["east_km"])
    block["bearing_sin"] = block["east_km"] / (block["euclidean_km"] + 0.006)
    block["bearing_cos"] = block["north_km"] / (block["euclidean_km"] + 0.006)
    parts = parts_of(columns)
    for name, period in [("hour", 24), ("weekday", 7), ("month", 12)]:
        block[f"{name}_sin"] = np.sin(2 * np.pi * parts[name] / period)
        block[f"{name}_cos"] = np.cos(2 * np.pi * parts[name] / period)
    block["year"], block["years"] = parts["year"].astype(np.float64), parts["years"]
    return np.stack([block[name] for name in PLAN.block_names()], axis=1)


class Expected:
    """What rows A teach, and the model's inputs it makes of any rows."""

    def __init__(self):
        block = raw_block(A)
        self.mean, self.std = np.nanmean(block, axis=0), np.nanstd(block, axis=0)
        self.std[self.std == 0] = 1
        scaled = self.scale(A)
        self.centre = scaled.mean(axis=0)
        variances, vectors = np.linalg.eigh(np.cov(scaled, rowvar=False, bias=True))
        self.variances, self.vectors = variances[::-1], vectors[:, ::-1]
        self.ratios = self.variances / self.variances.sum()
        self.kept = int((np.cumsum(self.ratios) < 0.95).sum()) + 1

    def fill(self, columns):
        block = raw_block(columns)
        return np.where(np.isnan(block), self.mean, block)

    def scale(self, columns):
        return (self.fill(columns) - self.mean) / self.std

    def whiten(self, columns):
        components = (self.scale(columns) - self.centre) @ self.vectors
        return components[:, : self.kept] / np.sqrt(self.variances[: self.kept])

    def feature(self, columns, name):
        return self.fill(columns)[:, PLAN.block_names().index(name)]

    def bucket(self, columns, name):
        bucket = PLAN.features.buckets[name]
        return np.digitize(self.feature(columns, bucket.feature), bucket.boundaries)


@pytest.fixture(scope="module")
def expected():
    return Expected()


def test_the_outputs_are_the_block_the_wide_part_the_ids_and_the_label(on_b):
    shapes = {name: (value.dtype.name, value.shape) for name, value in on_b.items()}
    assert shapes == {
        "block": ("float32", (150, len(PLAN.block_names()))),
        "numbers": ("float32", (150, len(PLAN.block_names()))),
        "wide": ("float32", (150, PLAN.wide_width())),
        **{f"id_{name}": ("float32", (150, 1)) for name in ["hour_of_week", "row_crowd", "folded"]},
        "id_company": ("int64", (150, 1)),
        "label": ("float32", (150, 1)),
    }


def test_the_label_passes_unchanged(on_b):
    np.testing.assert_array_equal(on_b["label"], B["fare"])


@pytest.mark.parametrize("rows", ["A", "B"])
def test_the_block_is_filled_scaled_projected_and_whitened_by_what_a_taught(on_a, on_b, expected, rows):
    columns, block = (A, on_a["block"]) if rows == "A" else (B, on_b["block"])
    components = expected.whiten(columns)
    # Signs are a choice; the largest loading decides. float32 latitudes and years cost the digits behind 1e-3.
    signs = np.sign(np.sum(block[:, : expected.kept] * components, axis=0))
    varied = columns["vendor"][:, 0] == 7
    np.testing.assert_allclose(block[varied, : expected.kept], (components * signs)[varied], atol=5e-3)
    assert not block[:, expected.kept :].any()


def test_a_number_that_never_changed_in_training_does_not_matter_later(saved, on_b):
    steady = apply(PLAN, saved, {**B, "vendor": np.full_like(B["vendor"], 7)})
    np.testing.assert_allclose(on_b["block"], steady["block"], atol=1e-5)


def test_missing_numbers_leave_no_nan_behind(on_a, on_b):
    assert np.isnan(A["passengers"]).any()
    assert np.isnan(B["passengers"]).any()
    for outputs in (on_a, on_b):
        assert np.isfinite(outputs["block"]).all()
        assert np.isfinite(outputs["wide"]).all()


def test_learned_quantiles_cut_training_rows_into_equal_parts_and_other_rows_at_the_same_places(on_a, on_b, expected):
    x, marks = expected.feature(A, "haversine_km"), on_a["wide"][:, :7]
    shares = 1 - marks.mean(axis=0)
    np.testing.assert_allclose(shares, np.arange(1, 8) / 8, atol=0.005 + 1 / 400)
    other = expected.feature(B, "haversine_km")
    for boundary in range(7):
        below, reached = x[marks[:, boundary] == 0].max(), x[marks[:, boundary] == 1].min()
        assert below < reached
        assert not on_b["wide"][other < below - 1e-4, boundary].any()
        assert on_b["wide"][other > reached + 1e-4, boundary].all()


def test_what_is_learned_is_the_same_to_the_bit_however_the_batches_are_cut(tmp_path):
    columns = {name: values[:, 0] for name, values in A.items()}
    whole, pieces = (in_memory.learn(PLAN, columns, tmp_path / str(batch), batch) for batch in (400, 37))
    texts = [(Path(one.transform_savedmodel_dir) / "assets" / LEARNED_FILE).read_text() for one in (whole, pieces)]
    assert texts[0] == texts[1]
    for name, values in apply(PLAN, whole, B).items():
        np.testing.assert_array_equal(values, apply(PLAN, pieces, B)[name])


def test_given_boundaries_make_a_thermometer(on_b, expected):
    boundaries = np.array(PLAN.features.buckets["crowd"].boundaries)
    np.testing.assert_array_equal(
        on_b["wide"][:, 7:], expected.feature(B, "passengers")[:, None] >= boundaries[None, :]
    )


def test_crosses_number_the_combinations(on_b, expected):
    parts, row, crowd = parts_of(B), expected.bucket(B, "row"), expected.bucket(B, "crowd")
    np.testing.assert_array_equal(on_b["id_hour_of_week"][:, 0], parts["weekday"] * 24 + parts["hour"])
    np.testing.assert_array_equal(on_b["id_row_crowd"][:, 0], row * 4 + crowd)
    joint = (parts["month"] * 5 + row) * 24 + parts["hour"]
    np.testing.assert_array_equal(on_b["id_folded"][:, 0], joint % 4093 * 2861 % 11)


def test_every_id_lies_within_its_embedding(on_a, on_b):
    for outputs in (on_a, on_b):
        for name in PLAN.features.crosses:
            ids = outputs[f"id_{name}"]
            assert ids.min() >= 0
            assert ids.max() < PLAN.cross_size(name)


def test_categories_are_numbered_by_falling_frequency_and_0_is_missing_rare_or_unseen(saved, on_b):
    # "Flash" is fourth of at most three, "Once" too rare, "Unseen" new.
    values, counts = np.unique(A["company"][A["company"] != b""].astype(bytes), return_counts=True)
    ranking = [value for _, value in sorted(zip(-counts, values, strict=True))][:3]
    assert saved.vocabulary_by_name(vocabulary_file("company")) == ranking
    numbers = {value: place for place, value in enumerate(ranking, start=1)}
    assert on_b["id_company"][:, 0].tolist() == [numbers.get(value, 0) for value in B["company"][:, 0]]
    assert on_b["id_company"][:3, 0].tolist() == [0, 0, 0]
    assert set(on_b["id_company"][:, 0]) == {0, 1, 2, 3}


def test_the_learned_file_is_an_asset_that_tells_what_was_kept(saved, expected):
    file = Path(saved.transform_savedmodel_dir) / "assets" / "learned.json"
    told = json.loads(file.read_text())
    assert (told["kind"], told["whiten"], told["kept"]) == ("pca", True, expected.kept)
    assert told["features"] == PLAN.block_names()
    assert told["rows"] == 400
    np.testing.assert_allclose(told["explained_variance_ratio"], expected.ratios, atol=1e-5)
    loadings = np.array(told["loadings"])[: expected.kept]
    np.testing.assert_allclose(abs(np.sum(loadings * expected.vectors.T[: expected.kept], axis=1)), 1, atol=1e-4)


def test_the_learned_file_tells_of_columns_correlations_and_boundaries(saved, expected):
    told_file = json.loads((Path(saved.transform_savedmodel_dir) / "assets" / "learned.json").read_text())
    block = raw_block(A)
    columns = told_file["columns"]
    assert list(columns) == PLAN.block_names()
    told = np.array([[one[key] for key in ("mean", "std", "minimum", "maximum", "known")] for one in columns.values()])
    known = (~np.isnan(block)).sum(axis=0)
    statistics = np.nanmean(block, 0), np.nanstd(block, 0), np.nanmin(block, 0), np.nanmax(block, 0), known
    np.testing.assert_allclose(told, np.stack(statistics, axis=1), rtol=1e-4, atol=1e-3)
    assert {(one["scaling"], one["spread"] > 0) for one in columns.values()} == {("z_score", True)}
    varied = [place for place, name in enumerate(PLAN.block_names()) if name != "vendor"]
    scaled = expected.scale(A)[:, varied]
    correlation = np.array(told_file["correlation"])[np.ix_(varied, varied)]
    np.testing.assert_allclose(correlation, np.corrcoef(scaled, rowvar=False), atol=1e-3)
    assert told_file["buckets"]["crowd"] == {"feature": "passengers", "boundaries": [1.5, 2.5, 4.5]}
    far = np.quantile(expected.feature(A, "haversine_km"), np.arange(1, 8) / 8)
    np.testing.assert_allclose(told_file["buckets"]["far"]["boundaries"], far, rtol=0.05)


def test_the_learned_file_has_quantiles_from_the_smallest_to_the_largest_of_the_rows_that_are_known(saved):
    columns = json.loads((Path(saved.transform_savedmodel_dir) / "assets" / "learned.json").read_text())["columns"]
    steps = np.arange(piecewise.PARTS + 1) / piecewise.PARTS
    for name in ("from_lat", "passengers", "vendor"):
        known = A[name][~np.isnan(A[name])].astype(np.float64)
        np.testing.assert_array_equal(columns[name]["quantiles"], np.quantile(known, steps, method="higher"))


def test_with_a_reducer_a_column_that_never_changes_is_left_out_and_said(saved):
    told = learned.read(saved.transform_savedmodel_dir)
    assert learned.used(told) == list(range(told["kept"]))
    assert learned.unused(told) == {"vendor": "is 7 in all training rows"}


def test_without_a_reducer_a_column_that_never_changes_is_left_out_and_said(simple):
    told = learned.read(simple.transform_savedmodel_dir)
    assert (told["kind"], told["kept"], told["features"]) == ("none", 2, ["passengers", "vendor"])
    assert learned.used(told) == [0]
    assert learned.unused(told) == {"vendor": "is 7 in all training rows"}
    assert told["rows"] == 400
    # Hundreds of columns, each multiplied with each other exactly, take minutes.
    assert (told["correlation"], told["loadings"], told["merit"]) == ([], [], None)


def test_the_order_of_rows_does_not_matter(on_b, tmp_path):
    order = np.random.default_rng(5).permutation(400)
    shuffled = transform(PLAN, {name: values[order] for name, values in A.items()}, tmp_path)
    for name, values in apply(PLAN, shuffled, B).items():
        np.testing.assert_allclose(values, on_b[name], atol=1e-4, err_msg=name)


def test_numbers_and_categories_alone_are_enough_and_min_max_scales_them(simple):
    found = apply(SIMPLE, simple, B)
    assert sorted(found) == ["block", "id_company", "label", "numbers"]
    low, high, mean = (f(A["passengers"].astype(np.float64)) for f in (np.nanmin, np.nanmax, np.nanmean))
    passengers = np.where(np.isnan(B["passengers"]), mean, B["passengers"])
    # A constant column has range 1: B's one vendor that differs keeps its distance.
    scaled = np.concatenate([(passengers - low) / (high - low), B["vendor"] - 7], axis=1)
    np.testing.assert_allclose(found["block"], scaled, atol=1e-6)
