"""The gate's record of a file, which the manifest repeats."""

from __future__ import annotations

import json

import numpy as np

from components.pusher.judgement import judge_file
from components.settings import Gate
from components.task import task_of

TASK = task_of({})


def test_figures_are_json_where_the_labels_have_no_mean_to_be_calibrated_to() -> None:
    label = np.array([-1.0, 1.0] * 50, np.float32)
    predictions = {"file": label * np.float32(0.9), "mean": label * 0, "linear": label * np.float32(0.9)}
    judged = judge_file(TASK, Gate(), [], {}, label, predictions, ("", TASK, None))
    told = json.loads(json.dumps(judged.figures, allow_nan=False))
    assert told["candidate"]["calibration"] is None
    assert round(told["candidate"]["rmse"], 6) == 0.1
    assert judged.reasons == []
    strict = judge_file(TASK, Gate(limits={"calibration": 0.5}), [], {}, label, predictions, ("", TASK, None))
    assert strict.reasons == ["model.tflite: calibration nan is further than gate.limits.calibration 0.5 from 1"]
