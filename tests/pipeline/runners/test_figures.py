"""What a step's line says of it."""

import json

import pytest

from pipeline.lineage.records import Artifact, NodeRun
from pipeline.runners.figures import figure_of


def line(node, output, **properties):
    told = {name: value if isinstance(value, int | str) else json.dumps(value) for name, value in properties.items()}
    return figure_of(node, {node: NodeRun(node, "ran", {output: [Artifact(1, "", "", told)]})})


@pytest.mark.parametrize(("blessed", "verdict"), [(1, "keeps the limits"), (0, "breaks a limit")])
def test_the_evaluator_s_verdict_is_of_the_saved_model_for_the_file_may_be_refused_all_the_same(blessed, verdict):
    metrics = {"candidate": {"rmse": 3.5, "mae": 1.5, "rows": 4868.0}}
    told = line("Evaluator", "blessing", metrics=metrics, blessed=blessed)
    assert told == f"RMSE 3.500, MAE 1.500 on 4,868 rows; the SavedModel {verdict}"


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"verdict": "pushed", "version": "000002", "figures": {"bytes": 14_488}}, "14.5 kB, pushed as 000002"),
        ({"verdict": "refused", "version": "", "figures": {"bytes": 14_488}}, "14.5 kB, the file is refused"),
        ({"verdict": "refused", "version": "", "figures": {}}, "the file is refused"),
    ],
)
def test_the_pusher_s_verdict_is_of_the_file(properties, told):
    assert line("TFLitePusher", "pushed_model", **properties) == told
