"""Judging needs neither the Evaluator's TFMA nor, for what it measures by, TensorFlow."""

from __future__ import annotations

import subprocess
import sys

from components.code_hash import import_closure


def test_the_file_is_judged_without_the_evaluator() -> None:
    assert not [one for one in import_closure("components.pusher.judgement.judge_file") if "evaluator" in one]


def test_the_task_and_the_gate_start_without_tensorflow() -> None:
    heavy = "{'tensorflow', 'tfx', 'apache_beam', 'sklearn', 'lightgbm'}"
    modules = "components.task.words, components.evaluation.gate, components.evaluation.plain_models"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {modules}; print(sorted({heavy} & set(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
