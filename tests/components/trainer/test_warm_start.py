from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.trainer import warm_start
from components.trainer.network import Bent, Widths, build_core, build_front
from components.trainer.phases import Net
from components.trainer.weights import save_weights
from tests.components.trainer.designs import settled

EDGES = np.array([[0, 1, 2]], np.float32)


def net(seed: int, block: int = 3, ids: int = 5) -> Net:
    import tf_keras

    tf_keras.utils.set_random_seed(seed)
    widths = Widths({"block": block}, {"hour": (ids, 2)}, {"numbers": Bent([1], EDGES, 2)}, numbers=3)
    return Net(build_front(widths, np.ones(block, np.float32)), build_core(widths.total, settled(units=(4,))))


def take(into: Net, path: Path) -> tuple[int, int]:
    return warm_start.take([("front", into.front), ("core", into.core)], path)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    save_weights(net(1), tmp_path / "Reference")
    path = warm_start.weights_beside(str(tmp_path / "Format-Serving"))
    assert path is not None
    return path


def test_every_weight_is_taken_where_all_shapes_fit(archive: Path) -> None:
    old, new = net(1), net(2)
    assert not np.array_equal(old.core.get_weights()[0], new.core.get_weights()[0])
    taken, total = take(new, archive)
    assert taken == total == len(old.front.get_weights()) + len(old.core.get_weights())
    for one, other in zip(old.core.get_weights(), new.core.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_grown_vocabulary_keeps_its_own_rows_and_takes_the_rest(archive: Path) -> None:
    grown = net(2, ids=9)
    before = grown.front.get_weights()
    taken, total = take(grown, archive)
    assert taken == total - 1
    (fresh,) = [n for n, weight in enumerate(before) if weight.shape == (9, 2)]
    np.testing.assert_array_equal(grown.front.get_weights()[fresh], before[fresh])


def test_another_number_of_weights_takes_none(archive: Path, tmp_path: Path) -> None:
    import tf_keras

    tf_keras.utils.set_random_seed(3)
    deeper = build_core(7, settled(units=(4, 4)))
    before = deeper.get_weights()
    assert warm_start.take([("core", deeper)], archive) == (0, len(before))


def test_without_a_live_model_there_is_nothing_to_start_from(tmp_path: Path) -> None:
    assert warm_start.weights_beside(None) is None
    assert warm_start.weights_beside(str(tmp_path / "Format-Serving")) is None


def learned(angle_deg: float = 0.0, sign: float = 1.0, **changes: Any) -> dict[str, Any]:
    """What a reducer of two axes learned: turned by an angle, the first one flipped or not."""
    turn = np.deg2rad(angle_deg)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) * [[sign], [1.0]]
    return {"kind": "pca", "features": ["km", "hour"], "kept": 2, "loadings": axes.tolist(), **changes}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (learned(), ""),
        (learned(20), ""),
        (learned(45), "axis 1 of pca has turned since: the cosine is 0.71, below 0.9; with features.reducer.kind none"),
        (learned(sign=-1), "axis 1 of pca has turned since: the cosine is -1.00"),
        (learned(kind="svd"), "the live model has other features or another reducer"),
        (learned(features=["km", "weekday"]), "the live model has other features or another reducer"),
        (learned(kept=1), "the live model has other features or another reducer"),
        (learned(kind="none", loadings=[]), "the live model has other features or another reducer"),
    ],
)
def test_weights_are_left_where_the_axes_of_the_inputs_have_turned(
    archive: Path, now: dict[str, Any], said: str
) -> None:
    assets = archive.parents[1] / "assets"
    assets.mkdir()
    (assets / "learned.json").write_text(json.dumps(learned()))
    assert warm_start.turned(archive, now).startswith(said)
    assert bool(warm_start.turned(archive, now)) == bool(said)


def test_without_a_reducer_there_are_no_axes_to_turn(archive: Path) -> None:
    assets = archive.parents[1] / "assets"
    assets.mkdir()
    now = learned(kind="none", loadings=[])
    (assets / "learned.json").write_text(json.dumps(now))
    assert warm_start.turned(archive, now) == ""


def test_weights_without_a_word_on_their_axes_are_left(archive: Path) -> None:
    assert warm_start.turned(archive, learned()) == "learned.json is not beside the live model's weights"
