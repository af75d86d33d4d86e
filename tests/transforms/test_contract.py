"""The contract of every transform and reducer, by a catalogue that must cover the whole vocabulary.

Learned on rows A and applied to rows B as NumPy and scikit-learn have it in float64; whatever the order of rows and the
batches; the same numbers from tf.Transform, from the SavedModel and from a .tflite of builtin operators in both
interpreters; sound on NaN, constants, one row and unseen categories.
"""

from __future__ import annotations

import functools
import itertools
import os
import typing
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform.beam as tft_beam
from ai_edge_litert.interpreter import Interpreter
from apache_beam.options.pipeline_options import PipelineOptions
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import NMF, PCA, FastICA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.random_projection import GaussianRandomProjection
from tensorflow.lite.python.interpreter import Interpreter as TensorFlowInterpreter
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from components.conversion.convert import of_function
from data.categories import category_id
from data.errors import DataError
from data.local_beam import RUNNER
from data.spec import Dataset
from transforms import features, in_memory, settings
from transforms import learned as told
from transforms.features import Features, Plan, id_key
from transforms.moments import row_hash
from transforms.smooth_clip import LIMIT

RADIUS_KM = 6371.0088
DATASET = Dataset.model_validate(
    {
        "source": "-",
        "label": {"column": "fare"},
        "points": {
            "pickup": {"latitude": "lat1", "longitude": "lon1"},
            "dropoff": {"latitude": "lat2", "longitude": "lon2"},
        },
        "time": {"column": "at"},
        "numeric": ["riders"],
        "categorical": ["company"],
    }
)
POINTS = ["lat1", "lon1", "lat2", "lon2"]
GRID = [41.82, 41.86, 41.9, 41.94]


def draw(rows: int, seed: int) -> dict[str, Any]:
    """Raw columns `[rows]`; one count of riders in eight is missing."""
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        "lat1": rng.normal(41.88, 0.05, rows),
        "lon1": rng.normal(-87.65, 0.05, rows),
        "lat2": rng.normal(41.9, 0.03, rows),
        "lon2": rng.normal(-87.63, 0.07, rows),
        "riders": np.where(rng.random(rows) < 1 / 8, np.nan, rng.integers(1, 7, rows)),
    }
    far = np.hypot(columns["lat2"] - columns["lat1"], columns["lon2"] - columns["lon1"])
    columns["fare"] = 3 + 100 * far + rng.gamma(2, 1, rows)
    found = {name: values.astype(np.float32) for name, values in columns.items()}
    found["at"] = rng.integers(1_300_000_000, 1_500_000_000, rows)
    found["company"] = rng.choice(np.array([b"Blue", b"Yellow", b"Flash", b""], object), rows, p=[0.5, 0.3, 0.1, 0.1])
    return found


A, B = draw(600, 0), draw(64, 1)
B["company"][:3] = [b"Unseen", b"Never", b""]

Rows = dict[str, Any]


def point(rows: Rows) -> list[Any]:
    return [rows[name].astype(np.float64) for name in POINTS]


def distances(rows: Rows) -> dict[str, Any]:
    lat1, lon1, lat2, lon2 = (np.radians(one) for one in point(rows))
    a = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    north = (lat2 - lat1) * RADIUS_KM
    east = (lon2 - lon1) * np.cos((lat1 + lat2) / 2) * RADIUS_KM
    return {
        "euclidean_deg": np.degrees(np.hypot(lat2 - lat1, lon2 - lon1)),
        "haversine_km": 2 * RADIUS_KM * np.arcsin(np.sqrt(a)),
        "manhattan_km": abs(north) + abs(east),
        "east_km": east,
        "north_km": north,
        "euclidean_km": np.hypot(east, north),
        "northeast_km": (north + east) / np.sqrt(2),
        "southeast_km": (east - north) / np.sqrt(2),
        # Six metres and less have no direction.
        "bearing_sin": east / (np.hypot(east, north) + 0.006),
        "bearing_cos": north / (np.hypot(east, north) + 0.006),
    }


def diagonals(rows: Rows) -> dict[str, Any]:
    lat1, lon1, lat2, lon2 = point(rows)
    return {
        "pickup_northeast": lat1 + 0.75 * lon1,
        "pickup_southeast": 0.75 * lon1 - lat1,
        "dropoff_northeast": lat2 + 0.75 * lon2,
        "dropoff_southeast": 0.75 * lon2 - lat2,
    }


def time_parts(rows: Rows) -> dict[str, Any]:
    moments = [datetime.fromtimestamp(int(second), timezone.utc) for second in rows["at"]]
    turns = {
        "hour": np.array([one.hour for one in moments]) / 24,
        "weekday": np.array([one.weekday() for one in moments]) / 7,
        "month": np.array([one.month - 1 for one in moments]) / 12,
    }
    found = {f"{name}_sin": np.sin(2 * np.pi * turn) for name, turn in turns.items()}
    found |= {f"{name}_cos": np.cos(2 * np.pi * turn) for name, turn in turns.items()}
    return found | {
        "year": np.array([one.year for one in moments], np.float64),
        "years": rows["at"] / (365.2425 * 86400),
        "hour_of_day": rows["at"] % 86400 / 3600,
        "hour_of_week": np.array([one.weekday() for one in moments]) * 24 + rows["at"] % 86400 / 3600,
        "day_of_week": np.array([one.weekday() for one in moments]),
    }


def season(rows: Rows) -> dict[str, Any]:
    """To a minute or two, which is what float32 has of seconds since 1970."""
    return {"day_of_year": rows["at"] / 86400 % 365.2425}


def filled(rows: Rows, value: Any) -> Any:
    riders = rows["riders"].astype(np.float64)
    return np.where(np.isnan(riders), value, riders)


def number(rows: Rows, name: str) -> Any:
    if name == "riders":
        return filled(rows, np.nanmean(A["riders"]))
    return rows[name].astype(np.float64) if name in POINTS else {**distances(rows), **time_parts(rows)}[name]


def block_of(rows: Rows) -> Any:
    return np.stack([number(rows, name) for name in REDUCED.block_names()], axis=1)


def scaled(rows: Rows) -> Any:
    """The block of the reducers' cases, z-scored by A; a missing count of riders does not count."""
    taught = block_of(A)
    taught[np.isnan(A["riders"]), REDUCED.block_names().index("riders")] = np.nan
    return (block_of(rows) - np.nanmean(taught, axis=0)) / np.nanstd(taught, axis=0)


def ranged(rows: Rows) -> Any:
    """The same, put between 0 and 1 by A."""
    low = block_of(A).min(axis=0)
    return (block_of(rows) - low) / (block_of(A).max(axis=0) - low)


BLOCK = {
    "diagonals": False,
    "distances": ["haversine_km", "east_km"],
    "time_parts": ["hour"],
    "missing": {"fill": "mean", "flag": False},
    "scaling": "z_score",
}
REDUCED = Plan(dataset=DATASET, features=Features.model_validate(BLOCK))


@dataclass(frozen=True)
class Case:
    """One entry of the catalogue.

    Attributes:
        covers: words of the vocabulary.
        graph: the configuration, by its name among `GRAPHS`, whose saved graph holds these outputs.
        expected: from rows to outputs, in float64: by the name of an output, or of a column of the block.
        error: of float32 against that, in the unit of the output.
        signed: False where each column's sign is a choice.
    """

    covers: tuple[str, ...]
    graph: str
    expected: Callable[[Rows], dict[str, Any]]
    error: float = 1e-4
    signed: bool = True


def of_scaling(rows: Rows) -> dict[str, Any]:
    lat1, lon1, lat2, lon2 = point(rows)
    low, high = A["lat1"].min(), A["lat1"].max()
    # A boundary is the value of some row.
    quarter, half, three = np.quantile(A["lat2"].astype(np.float64), [0.25, 0.5, 0.75], method="higher")
    return {
        "lat1": (lat1 - low) / (high - low),
        "lon1": (lon1 + 78) / 8,
        "lat2": (lat2 - half) / (three - quarter),
        "lon2": clipped(lon2, A["lon2"]),
    }


def clipped(values: Any, taught: Any) -> Any:
    quarter, half, three = np.quantile(taught.astype(np.float64), [0.25, 0.5, 0.75], method="higher")
    z = (values - half) / (three - quarter)
    return z / np.sqrt(1 + (z / LIMIT) ** 2)


def scaled_riders(rows: Rows, fill: Any) -> Any:
    """The count of riders, a missing one filled, and z-scored by the counts that A has."""
    riders = A["riders"][~np.isnan(A["riders"])].astype(np.float64)
    return (filled(rows, fill) - riders.mean()) / riders.std()


def of_missing(rows: Rows) -> dict[str, Any]:
    half = np.nanquantile(A["riders"], 0.5, method="higher")
    return {"riders": scaled_riders(rows, half), "riders_missing": np.isnan(rows["riders"])}


def of_block(rows: Rows) -> dict[str, Any]:
    names = [name for name in REDUCED.block_names() if name != "riders"]
    return {name: scaled(rows)[:, REDUCED.block_names().index(name)] for name in names}


def of_discrete(rows: Rows) -> dict[str, Any]:
    lat1, _, lat2, _ = point(rows)
    parts = [datetime.fromtimestamp(int(second), timezone.utc) for second in rows["at"]]
    hour, weekday = (np.array([f(one) for one in parts]) for f in (lambda o: o.hour, lambda o: o.weekday()))
    row1, row2 = np.digitize(lat1, GRID), np.digitize(lat2, GRID)
    edges = np.quantile(A["lon1"], np.arange(1, 4) / 4, method="higher")
    column1 = np.digitize(rows["lon1"], edges)
    pickup, dropoff = row1 * 4 + column1, row2
    return {
        "wide": (rows["lon1"][:, None] >= edges).astype(float),
        "id_pickup": pickup[:, None],
        "id_trip": (pickup * 5 + dropoff)[:, None],
        "id_folded": ((pickup * 5 + dropoff) % 4093 * 2861 % 17)[:, None],
        "id_hours": (weekday * 24 + hour)[:, None],
    }


def of_categories(oov: int, size: int = 2) -> Callable[[Rows], dict[str, Any]]:
    known = dict(list({b"Blue": 1, b"Yellow": 2, b"Flash": 3}.items())[:size])

    def expected(rows: Rows) -> dict[str, Any]:
        return {id_key("company"): np.array([[category_id(text, known, oov)] for text in rows["company"]])}

    return expected


def of_reducer(learn: Callable[[Any], Callable[[Any], Any]], block: Callable[[Rows], Any] = scaled) -> Any:
    @functools.cache
    def model() -> Callable[[Any], Any]:
        return learn(block(A))

    return lambda rows: {"block": model()(block(rows))}


def lda(block: Any) -> Any:
    edges = np.quantile(A["fare"], np.arange(1, 4) / 4, method="higher")
    model = LinearDiscriminantAnalysis(solver="eigen", n_components=2).fit(block, np.digitize(A["fare"], edges))
    return lambda rows: (rows - block.mean(axis=0)) @ model.scalings_[:, :2]


def nmf(block: Any) -> Any:
    model = NMF(3, init="nndsvda", random_state=5, max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(sampled(block))
    parts = model.components_
    products, bound = parts @ parts.T, np.linalg.norm(parts @ parts.T, 2)

    def weigh(rows: Any) -> Any:
        weights = np.maximum(np.maximum(rows, 0) @ np.linalg.pinv(parts), 0)
        for _ in range(10):
            weights = np.maximum(weights - (weights @ products - np.maximum(rows, 0) @ parts.T) / bound, 0)
        return weights

    order = np.argsort(-weigh(block).sum(axis=0) * np.linalg.norm(parts, axis=1))
    return lambda rows: weigh(rows)[:, order]


def ica(block: Any) -> Any:
    model = FastICA(3, whiten="unit-variance", random_state=5, max_iter=500).fit(sampled(block))
    order = np.argsort(-np.square(model.mixing_).sum(axis=0))
    return lambda rows: model.transform(rows)[:, order]


def sampled(block: Any) -> Any:
    """All rows are fewer than the sample; scikit-learn starts from their order, which is that of their hash."""
    seen = np.concatenate([block, A["fare"][:, None]], axis=1).astype(np.float32)
    return block[np.argsort(row_hash(seen, 5), kind="stable")]


def reducing(kind: str, **choice: Any) -> dict[str, Any]:
    return {**BLOCK, "reducer": {"kind": kind, "components": 3, "whiten": False, **choice}}


def sk(model: Any) -> Any:
    return lambda block: model.fit(block).transform


def pls(block: Any) -> Any:
    return PLSRegression(3, scale=False).fit(block, A["fare"]).transform


GRAPHS: dict[str, dict[str, Any]] = {
    "numbers and ids": {
        "distances": list(typing.get_args(features.Distance)),
        "time_parts": list(typing.get_args(features.TimePart)),
        "diagonals": True,
        "scaling": "none",
        "scaling_of": {
            "lat1": "min_max",
            "lon1": {"centre": -78, "spread": 8},
            "lat2": "robust",
            "lon2": "smooth_clip",
            "riders": "z_score",
        },
        "missing": {"fill": "median", "flag": True},
        "buckets": {
            "row1": {"feature": "lat1", "boundaries": GRID, "wide": False},
            "row2": {"feature": "lat2", "boundaries": GRID, "wide": False},
            "column1": {"feature": "lon1", "quantiles": 4},
        },
        "crosses": {
            "pickup": {"of": ["row1", "column1"]},
            "trip": {"of": ["pickup", "row2"]},
            "folded": {"of": ["trip"], "hash_buckets": 17},
            "hours": {"of": ["weekday", "hour"]},
        },
        "categories": {"max_size": 2, "oov_buckets": 0},
        "reducer": {"kind": "none"},
    },
    "z-scores": {
        **BLOCK,
        "missing": {"fill": -2, "flag": False},
        "categories": {"max_size": 2, "oov_buckets": 5},
        "reducer": {"kind": "none"},
    },
    "pca": reducing("pca"),
    "svd": reducing("svd"),
    "pls": reducing("pls"),
    "lda": reducing("lda", components=2, classes=4),
    "ica": reducing("ica", seed=5),
    "nmf": {**reducing("nmf", seed=5), "scaling": "min_max"},
    "random": reducing("random", seed=5),
}
CATALOGUE = {
    "scaling": Case(("min_max", "robust", "smooth_clip", "fixed"), "numbers and ids", of_scaling),
    "missing, median": Case(("median", "flag", "z_score"), "numbers and ids", of_missing),
    "missing, given": Case(("number",), "z-scores", lambda rows: {"riders": scaled_riders(rows, -2)}),
    "diagonals": Case(("diagonals", "none"), "numbers and ids", diagonals),
    "distances": Case(typing.get_args(features.Distance), "numbers and ids", distances, error=2e-3),
    "time parts": Case(typing.get_args(features.TimePart), "numbers and ids", time_parts),
    "season": Case(("day_of_year",), "numbers and ids", season, error=5e-3),
    "buckets and crosses": Case(
        ("quantiles", "boundaries", "exact", "hashed", "of crosses"), "numbers and ids", of_discrete
    ),
    "categories": Case(("vocabulary",), "numbers and ids", of_categories(0)),
    "unknown categories": Case(("oov_buckets",), "z-scores", of_categories(5)),
    "categories that have room": Case(("auto",), "pca", of_categories(0, size=3)),
    "no reducer": Case(("none", "z_score"), "z-scores", of_block, 2e-3),
    # Of the reducers' rows one count of riders in eight is missing, and is the mean's.
    "pca": Case(("pca", "mean"), "pca", of_reducer(sk(PCA(3))), 3e-3, signed=False),
    "svd": Case(("svd",), "svd", of_reducer(sk(TruncatedSVD(3, algorithm="arpack"))), 3e-3, signed=False),
    "pls": Case(("pls",), "pls", of_reducer(pls), 3e-3, signed=False),
    "lda": Case(("lda",), "lda", of_reducer(lda), 1e-2, signed=False),
    "ica": Case(("ica",), "ica", of_reducer(ica), 5e-2, signed=False),
    "nmf": Case(("nmf",), "nmf", of_reducer(nmf, ranged), 1e-3),
    "random": Case(("random",), "random", of_reducer(sk(GaussianRandomProjection(3, random_state=5))), 3e-3),
}
PROVE = bool(os.environ.get("FARELITE_PROVE"))
SHUFFLED = list(GRAPHS) if PROVE else ["numbers and ids", "ica"]
FLAT = (
    list(itertools.product(GRAPHS, ("one row", "constants")))
    if PROVE
    else [("lda", "one row"), ("z-scores", "constants")]
)
"""Graphs of the tests that learn anew; `make prove-transforms` takes them all, the unit tests a share."""


def plan_of(graph: str) -> Plan:
    return Plan(dataset=DATASET, features=Features.model_validate(GRAPHS[graph]))


def output(found: Rows, graph: str, name: str) -> Any:
    """An output, or one column of the block, `[rows, width]`."""
    return found[name] if name in found else found["block"][:, [plan_of(graph).block_names().index(name)]]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """A saved graph, learned from A once."""

    @functools.cache
    def learn(graph: str) -> Any:
        return in_memory.learn(plan_of(graph), A, tmp_path_factory.mktemp("graph"))

    return learn


def agree(found: Any, expected: Any, error: float, signed: bool = True) -> None:
    expected = np.reshape(expected, (len(expected), -1))
    width = expected.shape[1]
    assert not found[:, width:].any()
    found = found[:, :width].astype(np.float64)
    if not signed:
        expected = expected * np.sign(np.sum(found * expected, axis=0))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=error)


def test_the_catalogue_covers_the_whole_vocabulary() -> None:
    words = [features.Distance, features.TimePart, settings.ScalingKind, settings.ReducerKind]
    covered = {word for case in CATALOGUE.values() for word in case.covers}
    assert {one for kind in words for one in typing.get_args(kind)} <= covered


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_rows_a_taught_is_applied_to_rows_b_as_numpy_and_scikit_learn_have_it(learned: Any, name: str) -> None:
    case = CATALOGUE[name]
    found = in_memory.apply(learned(case.graph), DATASET, B)
    for key, expected in case.expected(B).items():
        agree(output(found, case.graph, key), expected, case.error, case.signed)


@pytest.mark.parametrize("graph", SHUFFLED)
def test_the_order_of_rows_and_the_size_of_batches_change_nothing(learned: Any, graph: str, tmp_path: Path) -> None:
    order = np.random.default_rng(9).permutation(len(A["fare"]))
    shuffled = {key: values[order] for key, values in A.items()}
    other = in_memory.learn(plan_of(graph), shuffled, tmp_path, batch=37)
    one, two = in_memory.apply(learned(graph), DATASET, B), in_memory.apply(other, DATASET, B, batch=7)
    for key, values in one.items():
        np.testing.assert_allclose(two[key].astype(float), values.astype(float), rtol=1e-4, atol=1e-3, err_msg=key)


def by_tensorflow_transform(plan: Plan, graph: str, rows: Rows) -> dict[str, Any]:
    """The rows through tf.Transform's own TransformDataset."""
    spec = in_memory.raw_spec(plan.dataset)
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    instances = [{name: [rows[name][row]] for name in spec} for row in range(len(rows["fare"]))]
    out: list[Any] = []
    with (
        beam.Pipeline(options=PipelineOptions([RUNNER, "--direct_running_mode=in_memory"])) as pipeline,
        tft_beam.Context(),
    ):
        raw = pipeline | beam.Create(list(enumerate(instances))) | beam.Map(lambda pair: pair[1]), metadata
        transform_fn = pipeline | tft_beam.ReadTransformFn(graph)
        transformed, _ = (raw, transform_fn) | tft_beam.TransformDataset()
        _ = transformed | beam.combiners.ToList() | beam.Map(_keep, path=graph)
    out = np.load(f"{graph}/rows.npy", allow_pickle=True).tolist()
    return {name: np.array([np.ravel(row[name]) for row in out]) for name in out[0]}


def _keep(rows: list[Any], path: str) -> None:
    np.save(f"{path}/rows.npy", np.array(rows, object), allow_pickle=True)


def to_tflite(plan: Plan, saved: Any) -> bytes:
    """What a device gets of the graph: one row, builtin operators, categories left out since they arrive as ids."""
    layer = saved.transform_features_layer()
    spec = {
        name: tf.TensorSpec([1], tf.int32 if name == "at" else tf.float32, name=name)
        for name in plan.dataset.inputs()
        if name not in plan.dataset.categorical
    }

    def one_row(**raw: Any) -> Any:
        columns = {name: tf.reshape(value, [1, 1]) for name, value in raw.items()}
        columns["at"] = tf.cast(columns["at"], tf.int64)
        return dict(layer(columns))

    return of_function(tf.function(one_row).get_concrete_function(**spec), layer)


def by_interpreter(kind: Any, model: bytes, rows: Rows) -> dict[str, Any]:
    engine = kind(model_content=model)
    runner = engine.get_signature_runner()
    wanted = runner.get_input_details()
    found = []
    for row in range(len(rows["fare"])):
        one = {name: rows[name][row : row + 1].astype(detail["dtype"]) for name, detail in wanted.items()}
        found.append(runner(**one))
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


DEVICE_LACKS = {"label", id_key("company")}
"""Outputs that `to_tflite` leaves out, with the columns that they come from."""


def tolerance(graph: str, key: str) -> Any:
    """What the catalogue allows an output, by column where they differ; 1e-4 where it names none."""
    cases = [case for case in CATALOGUE.values() if case.graph == graph]
    own = {name: case.error for case in cases for name in case.expected(B)}
    if key in own or key not in ("block", "numbers"):
        return own.get(key, 1e-4)
    columns = {name: case.error for case in CATALOGUE.values() for name in case.expected(B)}
    return np.array([columns.get(name, 1e-4) for name in plan_of(graph).block_names()])


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
def test_four_ways_give_the_same_numbers_and_the_file_has_builtin_operators_only(learned: Any, graph: str) -> None:
    plan, saved = plan_of(graph), learned(graph)
    expected = in_memory.apply(saved, DATASET, B)
    ways = {"tf.Transform": by_tensorflow_transform(plan, str(Path(saved.transform_savedmodel_dir).parent), B)}
    model = to_tflite(plan, saved)
    operators = {one["op_name"] for one in Interpreter(model_content=model)._get_ops_details()}
    assert not {one for one in operators if "Flex" in one or "Custom" in one}
    ways["tf.lite"] = by_interpreter(TensorFlowInterpreter, model, B)
    ways["ai_edge_litert"] = by_interpreter(Interpreter, model, B)
    largest = 0.0
    for way, found in ways.items():
        assert set(found) == set(expected) - (set() if way == "tf.Transform" else DEVICE_LACKS), way
        for key, values in found.items():
            wanted = expected[key].astype(float)
            off = abs(values.astype(float) - wanted)
            assert (off <= tolerance(graph, key) + 1e-4 * abs(wanted)).all(), f"{way}: {key} is off by {off.max()}"
            largest = max(largest, float(off.max()))
    print(f"{graph}: largest difference among tf.Transform, SavedModel and both interpreters {largest:.2g}")


@pytest.mark.parametrize(("graph", "rows"), FLAT)
def test_one_row_is_enough_and_constants_harm_nothing(graph: str, rows: str, tmp_path: Path) -> None:
    times = {"one row": 1, "constants": 20}[rows]
    taught = {name: np.repeat(values[:1], times) for name, values in A.items()}
    found = in_memory.apply(in_memory.learn(plan_of(graph), taught, tmp_path), DATASET, B)
    for key, values in found.items():
        assert np.isfinite(values.astype(float)).all(), key


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_place_that_is_not_known_spoils_its_own_row_only(learned: Any, graph: str) -> None:
    rows = {key: values.copy() for key, values in B.items()}
    rows["lat1"][5] = np.nan
    found, expected = (in_memory.apply(learned(graph), DATASET, one) for one in (rows, B))
    others = np.arange(len(rows["fare"])) != 5
    for key, values in found.items():
        np.testing.assert_array_equal(values[others], expected[key][others])
        if key.startswith("id_") and key != id_key("company"):
            assert 0 <= values[5, 0] < plan_of(graph).cross_size(key.removeprefix("id_"))


def test_a_label_of_one_class_is_named_and_what_to_do(tmp_path: Path) -> None:
    rows = {**A, "fare": np.full_like(A["fare"], 9)}
    saved = in_memory.learn(plan_of("lda"), rows, tmp_path)
    assert np.isfinite(in_memory.apply(saved, DATASET, B)["block"]).all()
    with pytest.raises(DataError) as caught:
        told.read(saved.transform_savedmodel_dir)
    for said in (
        "all training rows have the label 9, which is one class, and lda separates classes; check fare, or set "
        "features.reducer.kind to pca",
    ):
        assert said in str(caught.value)


@pytest.mark.parametrize("kind", ["random", "nmf"])  # the one mixes in every column, the other has its own solver
def test_columns_of_one_value_or_none_are_left_out_by_reducers_and_move_nothing_later(
    kind: str, tmp_path: Path
) -> None:
    scaling = "min_max" if kind == "nmf" else "robust"
    reducer = {"kind": kind, "components": 2}
    features = Features.model_validate({**BLOCK, "scaling": scaling, "reducer": reducer})
    plan = Plan(dataset=DATASET, features=features)
    rows = {**A, "riders": np.full_like(A["riders"], np.nan), "lon1": np.full_like(A["lon1"], -87.5)}
    saved = in_memory.learn(plan, rows, tmp_path)
    known = told.read(saved.transform_savedmodel_dir)
    left_out = told.unused(known)
    assert left_out["riders"] == "is missing in all training rows"
    assert left_out["lon1"] == "is -87.5 in all training rows"
    kept = told.used(known)
    there, steady = (
        in_memory.apply(saved, DATASET, {**B, "riders": np.full_like(B["riders"], value)})["block"][:, kept]
        for value in (3.0, np.nan)
    )
    np.testing.assert_allclose(there, steady, atol=1e-5)


def test_negative_values_into_nmf_are_named_with_the_lowest_and_the_remedy(tmp_path: Path) -> None:
    plan = Plan(
        dataset=DATASET,
        features=Features.model_validate({**BLOCK, "scaling": "none", "reducer": {"kind": "nmf", "components": 2}}),
    )
    saved = in_memory.learn(plan, A, tmp_path)
    with pytest.raises(
        DataError,
        match=r"feature lon1 goes down to -87.\d+ after scaling, and nmf takes no negative values; set "
        r"features.scaling_of.lon1 to min_max; feature lon2",
    ):
        told.read(saved.transform_savedmodel_dir)
