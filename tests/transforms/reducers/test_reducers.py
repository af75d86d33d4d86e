"""Every reducer against scikit-learn: learned on rows A from sums of parts, applied to rows B."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import NMF, FastICA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression
from sklearn.random_projection import GaussianRandomProjection

from transforms.reducers.evidence import explained
from transforms.reducers.nmf import weigh

RNG = np.random.default_rng(7)
MIXING = RNG.normal(size=(6, 6)) * np.array([4, 3, 2, 1.5, 1, 0.5])[:, None]
WEIGHTS = np.array([1, -2, 0.5, 0, 3, 1])


def draw(rows):
    block = RNG.normal(size=(rows, 6)) @ MIXING + np.array([3, 0, -1, 2, 0, 1])
    return block, block @ WEIGHTS + RNG.normal(size=rows) * 4


A, LABEL_A = draw(1500)
B, _ = draw(300)
SOURCES = RNG.laplace(size=(3000, 4))
MIXED = SOURCES @ RNG.normal(size=(4, 4))
PARTS = RNG.gamma(1, 1, size=(3, 6))
SUMS_A, SUMS_B = (RNG.gamma(1, 1, size=(rows, 3)) @ PARTS for rows in (800, 200))
ALL = {
    "pca": {"components": 3},
    "svd": {"components": 3},
    "pls": {"components": 3},
    "lda": {"components": 3},
    "ica": {"components": 3},
    "nmf": {"components": 3},
    "random": {"components": 3},
}


def up_to_sign(found, expected, **tolerance):
    signs = np.sign(np.sum(found * expected, axis=0))
    np.testing.assert_allclose(found, expected * signs, **tolerance)


@pytest.mark.parametrize("components", [1, 2, 4])
def test_svd_is_scikit_learns(learned, components):
    found = learned(A, kind="svd", components=components, whiten=False)
    expected = TruncatedSVD(components, algorithm="arpack").fit(A)
    assert subspace_angles(found.found.directions[:, :components], expected.components_.T).max() < 1e-4
    up_to_sign(found(B), expected.transform(B), rtol=1e-3, atol=1e-3)
    squares = np.cumsum(expected.singular_values_**2) / np.square(A).sum()
    np.testing.assert_allclose(found.found.by_component[:components], squares, rtol=1e-6)


@pytest.mark.parametrize("components", [1, 2, 4, 6])
def test_pls_is_scikit_learns(learned, components):
    found = learned(A, LABEL_A, kind="pls", components=components, whiten=False)
    expected = PLSRegression(components, scale=False).fit(A, LABEL_A)
    assert subspace_angles(found.found.directions[:, :components], expected.x_rotations_).max() < 1e-4
    up_to_sign(found(B), expected.transform(B), rtol=1e-3, atol=2e-3)
    assert found.found.by_component[components - 1] == pytest.approx(expected.score(A, LABEL_A), abs=1e-6)


def test_pls_reaches_a_share_of_what_a_linear_model_can_explain(learned):
    most = LinearRegression().fit(A, LABEL_A).score(A, LABEL_A)
    found = learned(A, LABEL_A, kind="pls", components=0.9).found
    assert found.by_component[-1] == pytest.approx(most, abs=1e-9)
    assert found.by_component[found.kept - 1] >= 0.9 * most
    assert found.kept == 1 or found.by_component[found.kept - 2] < 0.9 * most


@pytest.mark.parametrize("components", [1, 2, 3])
def test_lda_is_scikit_learns(learned, components):
    found = learned(A, LABEL_A, kind="lda", components=components, classes=4, whiten=False)
    edges = np.quantile(LABEL_A, [0.25, 0.5, 0.75], method="inverted_cdf")
    model = LinearDiscriminantAnalysis(solver="eigen", n_components=components)
    expected = model.fit(A, np.searchsorted(edges, LABEL_A, side="right"))
    assert subspace_angles(found.found.directions[:, :components], expected.scalings_[:, :components]).max() < 1e-4
    shares = np.cumsum(expected.explained_variance_ratio_)
    np.testing.assert_allclose(found.found.by_component[:components], shares[:components], rtol=1e-5)
    # scikit-learn does not centre with this solver.
    up_to_sign(found(B), (B - A.mean(axis=0)) @ expected.scalings_[:, :components], rtol=2e-3, atol=2e-3)


def test_lda_stays_sound_where_features_depend_on_each_other(learned):
    rows = np.concatenate([A, A[:, :1] + A[:, 1:2]], axis=1)
    found = learned(rows, LABEL_A, kind="lda", components=2, classes=4)
    assert np.isfinite(found(rows)).all()
    np.testing.assert_allclose(found(rows).std(axis=0), 1, rtol=1e-2)


def test_ica_finds_the_sources_that_were_mixed(learned):
    found = learned(MIXED, kind="ica", components=4)
    match = abs(np.corrcoef(found(MIXED).T, SOURCES.T)[:4, 4:])
    np.testing.assert_allclose(np.sort(match.max(axis=1)), np.ones(4), atol=0.01)
    assert found.found.value > 2  # a Laplace distribution has 3, a Gaussian 0


def test_ica_is_scikit_learns_on_the_sample(learned):
    found = learned(MIXED, kind="ica", components=3, sample_rows=1000, seed=4)
    assert found.evidence.block.shape == (1000, 4)
    model = FastICA(3, whiten="unit-variance", random_state=4, max_iter=500).fit(found.evidence.block)
    assert subspace_angles(found.found.directions, model.components_.T).max() < 1e-6


def test_nmf_finds_the_parts_that_rows_are_sums_of(learned):
    found = learned(SUMS_A, kind="nmf", components=3, whiten=False)
    assert found.found.value > 0.99
    weights = found(SUMS_B)
    assert (weights >= 0).all()
    lost = np.square(SUMS_B - weights @ found.found.basis).sum() / np.square(SUMS_B - SUMS_B.mean(axis=0)).sum()
    assert lost < 0.02


def test_the_weights_of_nmf_come_close_to_scikit_learns_as_steps_are_added():
    rows = np.random.default_rng(0).uniform(size=(400, 6))
    model = NMF(3, init="nndsvda", random_state=0, max_iter=2000, tol=1e-6).fit(rows)
    best = np.square(rows - model.transform(rows) @ model.components_).sum()
    lost = [np.square(rows - weigh(rows, model.components_, n) @ model.components_).sum() / best for n in (0, 10, 200)]
    assert lost[0] >= lost[1] >= lost[2]
    assert lost[1] < 1.01
    assert lost[2] == pytest.approx(1, abs=1e-3)


def test_a_random_projection_is_scikit_learns_and_depends_on_the_seed_alone(learned):
    found = learned(A, kind="random", components=4, whiten=False, seed=11)
    expected = GaussianRandomProjection(4, random_state=11).fit(A)
    np.testing.assert_allclose(found(B), expected.transform(B), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(
        learned(B, kind="random", components=4, seed=11).found.directions, found.found.directions
    )


@pytest.mark.parametrize("kind", ALL)
def test_whitened_components_have_unit_variance(learned, kind):
    rows = SUMS_A if kind == "nmf" else A
    found = learned(rows, rows @ WEIGHTS, kind=kind, whiten=True, classes=6, **ALL[kind])
    np.testing.assert_allclose(found(rows).var(axis=0), np.ones(3), rtol=0.01)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("shape", [(1, 3), (40, 3)], ids=["one row", "constants"])
def test_rows_without_variance_keep_every_reducer_finite(learned, kind, shape):
    found = learned(np.full(shape, 2.0), np.full(shape[0], 9.0), kind=kind, components=1, classes=4)
    assert found.found.kept == 1
    assert np.isfinite(found(np.full(shape, 2.0))).all()
    assert np.isfinite(found(np.full((2, 3), 3.0))).all()


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind != "nmf"])
def test_what_components_explain_is_what_a_linear_model_on_them_recovers(learned, kind):
    found = learned(A, LABEL_A, kind=kind, classes=6, **ALL[kind])
    block, label = explained(found.evidence.moments, found.found.directions[:, :3])
    scores = found(A)
    assert label[2] == pytest.approx(LinearRegression().fit(scores, LABEL_A).score(scores, LABEL_A), abs=1e-4)
    back = LinearRegression().fit(scores, A).predict(scores)
    lost = np.square(A - back).sum() / np.square(A - A.mean(axis=0)).sum()
    assert block[2] == pytest.approx(1 - lost, abs=1e-4)


@pytest.mark.parametrize("kind", ALL)
def test_two_learnings_agree_to_the_last_bit(learned, kind):
    rows = SUMS_A if kind == "nmf" else A
    one, other = (learned(rows, rows @ WEIGHTS, kind=kind, classes=6, **ALL[kind]) for _ in range(2))
    np.testing.assert_array_equal(one.found.directions, other.found.directions)
