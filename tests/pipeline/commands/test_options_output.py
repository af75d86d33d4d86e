"""JSON for other programs."""

import json
import math

import pytest

from pipeline.commands.options import print_json


def test_what_json_does_not_know_becomes_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"rmse": math.nan, "list": [1, math.inf, -math.inf, {"mae": 2.5}], "name": "nan", "none": None})
    said = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(word))
    assert said == {"rmse": None, "list": [1, None, None, {"mae": 2.5}], "name": "nan", "none": None}
