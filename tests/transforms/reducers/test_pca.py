import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

RNG = np.random.default_rng(0)
MIXING = RNG.normal(size=(6, 6)) * np.array([5, 3, 2, 1, 0.5, 0.1])[:, None]
TRAIN = RNG.normal(size=(1000, 6)) @ MIXING + np.arange(6)
OTHER = RNG.normal(size=(200, 6)) @ MIXING + np.arange(6)


@pytest.fixture
def pca(learned):
    def learn(rows, components, whiten=False):
        return learned(rows, kind="pca", components=components, whiten=whiten)

    return learn


def test_variances_are_scikit_learns(pca):
    # scikit-learn divides by one row less.
    expected = PCA().fit(TRAIN).explained_variance_ * 999 / 1000
    np.testing.assert_allclose(pca(TRAIN, 6).found.variances, expected, rtol=1e-9)


@pytest.mark.parametrize("components", [1, 2, 3, 5])
def test_the_directions_span_scikit_learns_subspace(pca, components):
    found = pca(TRAIN, components).found
    assert found.kept == components
    angles = subspace_angles(found.matrix(6, False)[:, :components], PCA(components).fit(TRAIN).components_.T)
    assert angles.max() < 1e-4


def test_other_rows_are_projected_as_scikit_learn_does_up_to_sign(pca):
    expected = PCA(4).fit(TRAIN).transform(OTHER)
    np.testing.assert_allclose(abs(pca(TRAIN, 4)(OTHER)), abs(expected), rtol=1e-3, atol=1e-4)


def test_whitened_training_rows_have_unit_covariance_and_other_rows_match_scikit_learn(pca):
    found = pca(TRAIN, 4, whiten=True)
    np.testing.assert_allclose(np.cov(found(TRAIN).T, bias=True), np.eye(4), atol=1e-3)
    expected = PCA(4, whiten=True).fit(TRAIN).transform(OTHER) * np.sqrt(1000 / 999)
    np.testing.assert_allclose(abs(found(OTHER)), abs(expected), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99, 0.9999])
def test_a_share_keeps_as_few_components_as_reach_it(pca, share):
    found = pca(TRAIN, share).found
    ratios = np.cumsum(found.variances) / found.variances.sum()
    assert ratios[found.kept - 1] >= share
    assert found.kept == 1 or ratios[found.kept - 2] < share
    assert found.kept == PCA(share).fit(TRAIN).n_components_
    assert found.value == pytest.approx(ratios[found.kept - 1])


def test_the_whole_share_keeps_everything_and_the_number_one_keeps_one(pca):
    assert pca(TRAIN, 1.0).found.kept == 6
    assert pca(TRAIN, 1).found.kept == 1


@pytest.mark.parametrize("components", [6, 1.0])
def test_directions_without_variance_are_never_kept(pca, components):
    # Six columns that span three dimensions.
    rows = RNG.normal(size=(500, 3)) @ RNG.normal(size=(3, 6))
    found = pca(rows, components, whiten=True)
    assert found.found.kept == 3
    np.testing.assert_allclose(np.cov(found(rows).T, bias=True), np.eye(3), atol=1e-3)


def test_a_constant_column_has_no_weight(pca):
    rows = TRAIN.copy()
    rows[:, 2] = 7
    found = pca(rows, 6, whiten=True).found
    assert found.kept == 5
    np.testing.assert_allclose(found.matrix(6, True)[2], np.zeros(6), atol=1e-9)


@pytest.mark.parametrize("components", [2, 0.99, 1.0])
@pytest.mark.parametrize("whiten", [True, False])
def test_a_block_of_constants_keeps_one_direction_and_stays_finite_on_rows_that_differ(pca, components, whiten):
    rows = np.full((20, 3), 5.0)
    found = pca(rows, components, whiten)
    assert found.found.kept == 1
    np.testing.assert_array_equal(found(rows), np.zeros((20, 1)))
    assert abs(found(rows + 1)).max() <= 2


def test_directions_are_orthonormal_by_falling_variance_with_a_positive_largest_entry(pca):
    found = pca(TRAIN, 0.5).found
    np.testing.assert_allclose(found.directions.T @ found.directions, np.eye(6), atol=1e-12)
    assert (np.diff(found.variances) <= 0).all()
    largest = np.take_along_axis(found.directions, abs(found.directions).argmax(axis=0)[None], axis=0)
    assert (largest > 0).all()


def test_all_components_lose_nothing(pca):
    found = pca(TRAIN, 6).found
    back = (OTHER - found.centre) @ found.matrix(6, False) @ found.directions.T + found.centre
    np.testing.assert_allclose(back, OTHER, atol=1e-9)
