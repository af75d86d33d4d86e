"""The linear baseline: ridge regression, in memory that does not grow with the square of the ids."""

import resource

import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import Ridge

from components.tables import Table
from components.task.regression_learning import RIDGE, fit_linear
from pipeline.machine import peak_bytes


def table(rows, sizes, seed=0):
    random = np.random.default_rng(seed)
    block = random.normal(size=(rows, 4)).astype(np.float32)
    inputs = {"block": block, "wide": (block[:, :2] > 0).astype(np.float32)}
    label = block @ [1, -2, 3, 0.5] + 7
    for name, size in sizes.items():
        # Some ids are frequent, most are rare, as names and places are.
        inputs[name] = np.minimum(random.zipf(1.3, rows) - 1, size - 1).astype(np.int32)[:, None]
        label = label + random.normal(size=size)[inputs[name][:, 0]]
    return Table({**inputs, "numbers": 2 * block}, label.astype(np.float32))


def test_it_is_scikit_learns_ridge_on_one_hot_columns():
    sizes = {"zone": 30, "hour": 24}
    rows = table(2000, sizes)
    fitted = fit_linear(rows, sizes)
    columns = [rows.inputs["block"], rows.inputs["wide"], *(np.eye(n)[rows.inputs[k][:, 0]] for k, n in sizes.items())]
    dense = np.concatenate(columns, axis=1).astype(np.float64)
    expected = Ridge(alpha=RIDGE).fit(dense, rows.label.astype(np.float64))
    found = np.concatenate([*fitted.dense.values(), *fitted.ids.values()])
    np.testing.assert_allclose(found, expected.coef_, atol=1e-6)
    assert fitted.intercept == pytest.approx(expected.intercept_, abs=1e-6)
    tensors = {name: tf.constant(column) for name, column in rows.inputs.items()}
    np.testing.assert_allclose(fitted(tensors), expected.predict(dense), atol=1e-4)


def test_a_hundred_thousand_ids_take_no_more_memory_than_their_rows():
    sizes = {"taxi": 100_000, "zone": 20_000}
    rows = table(20_000, sizes)
    before = peak_bytes(resource.getrusage(resource.RUSAGE_SELF))
    fitted = fit_linear(rows, sizes)
    grown_bytes = peak_bytes(resource.getrusage(resource.RUSAGE_SELF)) - before
    assert grown_bytes < 200 << 20, "one-hot columns alone would be nine gigabytes"
    assert len(fitted.ids["taxi"]) == 100_000
    off = np.asarray(fitted({name: tf.constant(column) for name, column in rows.inputs.items()})) - rows.label
    assert np.sqrt(np.mean(off**2)) < 0.7 * rows.label.std()
