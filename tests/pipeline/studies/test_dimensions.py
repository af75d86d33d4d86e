"""What the dimensions do: independent arithmetic for each figure, and the whole of it on a run's own artifacts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LinearRegression

from components.task import task_of
from components.task.studied import NEIGHBOURS
from components.trainer import network
from pipeline.cli import main
from pipeline.config import Config
from pipeline.paths import RunPaths
from pipeline.studies import dimension_measures as curves
from pipeline.studies.dimension_measures import correlated_pairs, costs, forward, rest, saved
from pipeline.studies.dimensions_view import grouped
from tests.components.trainer.designs import settled
from transforms import in_memory

TREE: dict[str, Any] = {
    "name": "small",
    "data": {
        "source": "/trips.csv",
        "label": {"column": "fare", "unit": "usd"},
        "points": {
            "pickup": {"latitude": "from_lat", "longitude": "from_lon"},
            "dropoff": {"latitude": "to_lat", "longitude": "to_lon"},
        },
        "time": {"column": "at"},
        "categorical": ["company"],
    },
    "features": {
        "diagonals": False,
        "distances": ["haversine_km", "manhattan_km"],
        "time_parts": ["hour"],
        "buckets": {
            "far": {"feature": "haversine_km", "quantiles": 4},
            "row": {"feature": "from_lat", "quantiles": 3, "wide": False},
        },
        "crosses": {"when": {"of": ["hour", "row"], "embedding": 3}, "inner": {"of": ["row"], "embedding": 0}},
        "reducer": {"kind": "pca", "components": 3},
    },
    "training": {"units": [8, 5]},
}
BLOCK = ["from_lat", "from_lon", "to_lat", "to_lon", "haversine_km", "manhattan_km", "hour_sin", "hour_cos"]


def draw(rows: int, seed: int) -> tuple[Any, Any]:
    """Rows `[rows, 5]` of which the last column is the sum of the first two, and a label."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 4)) @ rng.normal(size=(4, 4))
    x = np.concatenate([x, x[:, :1] + x[:, 1:2]], axis=1)
    return x, x @ np.array([1.0, 0.0, -2.0, 0.3, 0.0]) + rng.normal(size=rows)


def test_the_next_feature_is_always_the_one_that_a_linear_model_gains_most_from() -> None:
    x, y = draw(500, 0)
    correlation = np.corrcoef(x.T)
    order, shares = forward(correlation, np.array([np.corrcoef(one, y)[0, 1] for one in x.T]))

    def share(places: list[int]) -> float:
        return float(LinearRegression().fit(x[:, places], y).score(x[:, places], y))

    for step in range(4):
        others = [place for place in range(5) if place not in order[:step]]
        best = max(share([*order[:step], place]) for place in others)
        assert shares[step] == pytest.approx(best, abs=1e-9)
        assert share(order[: step + 1]) == pytest.approx(best, abs=1e-9)
    assert sorted(order) == [0, 1, 2, 3, 4]
    # Of the three that depend on each other, the last one has nothing to add.
    assert order[-1] in (0, 1, 4)
    assert shares[-1] == pytest.approx(shares[-2], abs=1e-9)


def test_features_that_do_not_vary_come_last_in_their_own_order() -> None:
    assert forward(np.diag([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.1, 0.0, -0.5])) == (
        [3, 1, 0, 2],
        pytest.approx([0.25, 0.26, 0.26, 0.26]),
    )


def test_pairs_are_listed_once_the_closest_first_and_without_the_loose_ones() -> None:
    correlation = np.array([[1, 0.2, -0.9], [0.2, 1, 0.8], [-0.9, 0.8, 1]])
    assert correlated_pairs(correlation, 0.8) == [(0, 2, -0.9), (1, 2, 0.8)]


def test_contrast_is_farthest_over_nearest_and_trips_at_the_same_place_are_not_neighbours() -> None:
    # From 0: nearest 1, farthest 10. From 1: 1 and 9. From 10: 9 and 10. The repeated row counts once more.
    rows = np.array([[0.0], [0.0], [1.0], [10.0]])
    assert curves.contrast(rows, 0) == pytest.approx(np.median([10, 10, 9, 10 / 9]))
    assert curves.contrast(np.full((5, 2), 3.0), 0) == 1.0


def test_independent_numbers_lose_their_contrast_as_dimensions_are_added() -> None:
    found = [curves.contrast_of_independent(width, 0) for width in (1, 2, 4, 16, 256)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 1000
    assert found[-1] < 1.5


def test_the_plain_models_are_measured_on_rows_that_they_have_not_seen() -> None:
    (x, y), (others, expected) = draw(200, 1), draw(50, 2)
    found = curves.errors(task_of({}), (x, y), (others, expected), seed=0)
    centred = x - x.mean(axis=0)
    weights = np.linalg.solve(centred.T @ centred + np.eye(5), centred.T @ (y - y.mean()))
    by_formula = {"linear": (others - x.mean(axis=0)) @ weights + y.mean()}
    nearest = np.argsort(((others[:, None] - x) ** 2).sum(axis=2), axis=1)[:, :NEIGHBOURS]
    by_formula["neighbours"] = y[nearest].mean(axis=1)
    for name, prediction in by_formula.items():
        assert found[name]["rmse"] == pytest.approx(np.sqrt(np.mean((prediction - expected) ** 2)))
        assert found[name]["mae"] == pytest.approx(np.mean(abs(prediction - expected)))
    assert found["trees"] == curves.errors(task_of({}), (x, y), (others, expected), seed=0)["trees"]
    assert found["trees"]["rmse"] < np.std(expected)
    assert np.isfinite(curves.errors(task_of({}), (x[:3], y[:3]), (others, expected), 0)["neighbours"]["rmse"])


@pytest.mark.parametrize("kind", ["pca", "nmf", "none"])
def test_what_the_inputs_cost_adds_up_to_the_parameters_of_the_network(kind: str) -> None:
    changes = {"reducer": {"kind": kind, "components": 3}, "scaling": "min_max"}
    plan = Config.model_validate({**TREE, "features": {**TREE["features"], **changes}}).plan()
    # Without a reducer, to_lon is left out, as a number that never changes is.
    used, units = [0, 1, 2, 4, 5, 6, 7] if kind == "none" else [0, 1, 2], (8, 5)
    kept = len(used)
    bends = network.Bent([4, 5], np.array([[0, 1, 2, 5], [0, 2, 3, 9]], np.float32), 6)
    widths = network.Widths(
        {"block": kept, "wide": plan.wide_width()},
        {"id_company": (4, 1), "id_when": (plan.cross_size("when"), 3)},
        {"numbers": bends},
        len(BLOCK),
    )
    front = network.build_front(widths, np.ones(kept, np.float32))
    joined = network.join(front, network.build_core(widths.total, settled(units=units)))
    found = costs(plan, widths, used, units)
    assert sum(one.parameters for one in found) + rest(units) == joined.count_params()
    assert sum(one.width for one in found) == widths.total
    assert saved(found, widths, len(BLOCK), units) == (0 if kind == "none" else (len(BLOCK) - 3) * (8 + 1))
    constants = {one.name: one.constants for one in found}
    assert constants["from_lat"] == 2 + {"pca": 3, "nmf": 6, "none": 0}[kind]
    assert constants["haversine_km"] == constants["from_lat"] + 4
    assert (constants["far"], constants["row"]) == (3, 2)
    assert [one.name for one in found if one.kind in ("cross", "category")] == ["when", "company"]


def test_inputs_that_cost_the_same_go_by_one_name() -> None:
    def one(name: str, kind: str, width: int) -> dict[str, Any]:
        return {"name": name, "kind": kind, "width": width}

    told = [one("a", "feature", 1), one("b", "feature", 1), one("x", "cross", 2), one("y", "cross", 2)]
    assert [name for name, _ in grouped([*told, one("z", "cross", 3)])] == [
        "each of 2 features",
        "each of 2 crosses",
        "z",
    ]


def trips(rows: int, seed: int) -> dict[str, Any]:
    """Columns of a city whose fare is its distance."""
    rng = np.random.default_rng(seed)
    places = rng.normal([41.9, -87.6, 41.9, -87.6], 0.05, size=(rows, 4))
    km = 111 * np.hypot(places[:, 2] - places[:, 0], 0.74 * (places[:, 3] - places[:, 1]))
    columns = dict(zip(BLOCK[:4], places.T.astype(np.float32), strict=True))
    columns["at"] = rng.integers(1_300_000_000, 1_500_000_000, rows)
    columns["company"] = rng.choice(np.array([b"Blue", b"Yellow"], object), rows)
    columns["fare"] = (3 + 2 * km).astype(np.float32)
    return columns


def write_examples(path: Path, columns: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for row in range(len(columns["fare"])):
            feature = {}
            for name, values in columns.items():
                one = tf.train.Feature()
                kind = {"f": one.float_list, "i": one.int64_list}.get(values.dtype.kind, one.bytes_list)
                kind.value.append(values[row])
                feature[name] = one
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


class Run:
    """A made-up run whose examples and transform graph are real.

    Attributes:
        runs_dir, paths, story: where it lies.
        examples, graph: folders of its artifacts.
    """

    def __init__(self, runs_dir: Path, made_up: Any, tree: dict[str, Any]) -> None:
        self.runs_dir, self.paths = runs_dir, RunPaths(runs_dir / "small")
        self.story = made_up.MadeUpRuns(self.paths)
        self.story._config = Config.model_validate(tree)
        self.story.add(1, "pushed")
        self.examples = self.paths.artifacts / "TripExampleGen/examples/1"
        self.graph = self.paths.artifacts / "Transform/transform_graph/1"
        for number, (split, rows) in enumerate((("train", 300), ("validation", 80))):
            write_examples(self.examples / f"Split-{split}" / "data.gz", trips(rows, number))
        in_memory.learn(self.story._config.plan(), trips(300, 0), runs_dir)
        self.graph.parent.mkdir(parents=True)
        shutil.move(runs_dir / "graph", self.graph)

    def ask(self, *more: str) -> int:
        return ask(self.runs_dir, *more)


def ask(runs_dir: Path, *more: str) -> int:
    """The command's exit code."""
    with pytest.raises(SystemExit) as ending:
        main(["dimensions", "--runs-dir", str(runs_dir), *more])
    return int(ending.value.code or 0)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, made_up: Any) -> Run:
    return Run(tmp_path_factory.mktemp("runs"), made_up, TREE)


@pytest.fixture
def story(tmp_path: Path, made_up: Any) -> Any:
    """A pipeline without runs; those that are added have no artifacts."""
    return made_up.MadeUpRuns(RunPaths(tmp_path / "small"))


def test_a_run_tells_what_its_dimensions_do(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.ask("--json", "--few", "40", "--rows", "250") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == {"train": 300, "used": 250, "few": 40, "validation": 80}
    features, components = told["features"], told["components"]
    assert sorted(one["name"] for one in features) == sorted(BLOCK)
    # The fare is a distance, so one feature says nearly all, and further ones only lead the nearest rows astray.
    assert features[0]["name"] in ("haversine_km", "manhattan_km")
    assert features[0]["label_r2"] > 0.8
    assert features[0]["errors"]["neighbours"]["rmse"] < features[-1]["errors"]["neighbours"]["rmse"]
    assert features[-1]["errors"]["linear"]["rmse"] < features[-1]["errors_of_few"]["linear"]["rmse"] * 1.1
    assert features[0]["contrast"] > 10 * features[-1]["contrast"] > 10
    assert [len(one["loadings"]) for one in components] == [len(BLOCK)] * 3
    assert [one["features"] for one in told["pairs"]] == [["haversine_km", "manhattan_km"]]
    learned = json.loads((run.graph / "transform_fn/assets/learned.json").read_text())
    assert [one["explained_variance_ratio"] for one in components] == learned["explained_variance_ratio"][:3]
    assert told["reducer"]["merit"] == learned["merit"]
    assert told["parameters"]["saved_by_reducer"] == (len(BLOCK) - 3) * 9
    assert json.loads(run.paths.dimensions_of(run.story.runs[0]).read_text()) == told


def test_the_tables_and_the_report_show_it(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.ask("--few", "40") == 0
    said = capsys.readouterr()
    for text in (
        "RMSE in usd on 80 validation rows",
        "components of pca: 3 kept",
        "haversine_km",
        "each of 3 components",
    ):
        assert text in said.out
    assert "wrote " in said.err
    page = run.paths.report.read_text()
    assert page.count("<figure", page.index('id="dimensions"'), page.index('id="training"')) == 8


def test_two_measurements_agree_to_the_last_digit(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    told = [(run.ask("--json", "--few", "30", "--seed", "5"), capsys.readouterr().out)[1] for _ in range(2)]
    assert told[0] == told[1]


def test_without_a_reducer_there_are_features_but_no_components(
    tmp_path: Path, made_up: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = Run(tmp_path, made_up, {**TREE, "features": {**TREE["features"], "reducer": {"kind": "none"}}})
    assert plain.ask() == 0
    said = capsys.readouterr().out
    assert "no components: the run's features.reducer.kind is none; set it to pca and make a run" in said
    assert "haversine_km" in said
    assert "the reducer saves" not in said


def test_a_folder_without_runs_says_what_makes_one(
    story: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(tmp_path) == 2
    assert f"{story.paths.root} holds no run yet; `farelite run` makes one" in capsys.readouterr().err


def test_no_folder_at_all_says_what_makes_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path / "none") == 2
    assert "it holds no pipeline; `farelite run` makes one" in capsys.readouterr().err


def test_an_unknown_run_is_named(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.ask("--run", "20200101-000000-abcdef") == 2
    assert "no run '20200101-000000-abcdef' in" in capsys.readouterr().err


def test_a_run_that_ended_before_its_features_were_learned_is_named_with_where(
    story: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(story._random, "randrange", lambda *_: 3)  # crashes in the third step
    story.add(1, "crashed")
    assert ask(tmp_path) == 2
    assert (
        "run 20260101-000000-000001 (crashed in TripExampleGen) has nothing to look at, since TripExampleGen is not "
        "done; give --run of another one, which `farelite runs` lists"
    ) in capsys.readouterr().err


def test_artifacts_that_are_gone_are_named(story: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story.add(1, "pushed")
    assert ask(tmp_path) == 2
    assert "what TripExampleGen made in run 20260101-000000-000001 is missing (" in capsys.readouterr().err


def test_a_configuration_of_another_version_is_named(
    story: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Old:
        hash = staticmethod(lambda: "0" * 12)
        plain = staticmethod(lambda: {"name": "small", "layers": 3})
        data = story._config.data

    story._config = Old
    story.add(1, "pushed")
    for step, key in (("TripExampleGen", "examples"), ("Transform", "transform_graph")):
        (story.paths.artifacts / step / key / "1").mkdir(parents=True)
    assert ask(tmp_path) == 2
    said = capsys.readouterr().err
    assert "run 20260101-000000-000001 was made with a configuration that this version does not read" in said
    assert said.rstrip().endswith("make a new run")
