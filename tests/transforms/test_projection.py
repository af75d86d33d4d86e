import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from transforms.projection import principal_components, project

RNG = np.random.default_rng(0)
MIXING = RNG.normal(size=(6, 6)) * np.array([5, 3, 2, 1, 0.5, 0.1])[:, None]
TRAIN = RNG.normal(size=(1000, 6)) @ MIXING + np.arange(6)
OTHER = RNG.normal(size=(200, 6)) @ MIXING + np.arange(6)


def learn(rows, components, whiten=False):
    return rows.mean(axis=0), principal_components(np.cov(rows, rowvar=False, bias=True), components, whiten)


def apply(rows, centre, found):
    return project(rows.astype(np.float32), centre.astype(np.float32), found.matrix.astype(np.float32)).numpy()


def test_variances_are_scikit_learns():
    _, found = learn(TRAIN, 6)
    # scikit-learn divides by one row less.
    np.testing.assert_allclose(found.variances, PCA().fit(TRAIN).explained_variance_ * 999 / 1000, rtol=1e-9)


@pytest.mark.parametrize("components", [1, 2, 3, 5])
def test_the_directions_span_scikit_learns_subspace(components):
    _, found = learn(TRAIN, components)
    assert found.kept == components
    angles = subspace_angles(found.matrix[:, :components], PCA(components).fit(TRAIN).components_.T)
    assert angles.max() < 1e-4


def test_other_rows_are_projected_as_scikit_learn_does_up_to_sign():
    centre, found = learn(TRAIN, 4)
    expected = PCA(4).fit(TRAIN).transform(OTHER)
    projected = apply(OTHER, centre, found)
    np.testing.assert_allclose(abs(projected[:, :4]), abs(expected), rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(projected[:, 4:], np.zeros((200, 2)))


def test_whitened_training_rows_have_unit_covariance_and_other_rows_match_scikit_learn():
    centre, found = learn(TRAIN, 4, whiten=True)
    np.testing.assert_allclose(np.cov(apply(TRAIN, centre, found)[:, :4].T, bias=True), np.eye(4), atol=1e-3)
    expected = PCA(4, whiten=True).fit(TRAIN).transform(OTHER) * np.sqrt(1000 / 999)
    np.testing.assert_allclose(abs(apply(OTHER, centre, found)[:, :4]), abs(expected), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99, 0.9999])
def test_a_share_keeps_as_few_components_as_reach_it(share):
    _, found = learn(TRAIN, share)
    ratios = np.cumsum(found.variances) / found.variances.sum()
    assert ratios[found.kept - 1] >= share
    assert found.kept == 1 or ratios[found.kept - 2] < share
    assert found.kept == PCA(share).fit(TRAIN).n_components_


def test_the_whole_share_keeps_everything_and_the_number_one_keeps_one():
    assert learn(TRAIN, 1.0)[1].kept == 6
    assert learn(TRAIN, 1)[1].kept == 1


def test_directions_without_variance_are_never_kept():
    # Six columns that span three dimensions.
    rows = RNG.normal(size=(500, 3)) @ RNG.normal(size=(3, 6))
    for components in (6, 1.0):
        centre, found = learn(rows, components, whiten=True)
        assert found.kept == 3
        np.testing.assert_allclose(np.cov(apply(rows, centre, found)[:, :3].T, bias=True), np.eye(3), atol=1e-3)
        assert not found.matrix[:, 3:].any()


def test_a_constant_column_has_no_weight():
    rows = TRAIN.copy()
    rows[:, 2] = 7
    _, found = learn(rows, 6, whiten=True)
    assert found.kept == 5
    np.testing.assert_allclose(found.matrix[2], np.zeros(6), atol=1e-9)


@pytest.mark.parametrize("components", [2, 0.99, 1.0])
@pytest.mark.parametrize("whiten", [True, False])
def test_a_block_of_constants_keeps_one_direction_and_stays_finite_on_rows_that_differ(components, whiten):
    rows = np.full((20, 3), 5.0)
    centre, found = learn(rows, components, whiten)
    assert found.kept == 1
    np.testing.assert_array_equal(apply(rows, centre, found), np.zeros((20, 3)))
    assert abs(apply(rows + 1, centre, found)).max() <= 2


def test_loadings_are_orthonormal_by_falling_variance_with_a_positive_largest_entry():
    _, found = learn(TRAIN, 0.5)
    np.testing.assert_allclose(found.loadings.T @ found.loadings, np.eye(6), atol=1e-12)
    assert (np.diff(found.variances) <= 0).all()
    largest = np.take_along_axis(found.loadings, abs(found.loadings).argmax(axis=0)[None], axis=0)
    assert (largest > 0).all()


def test_all_components_lose_nothing():
    centre, found = learn(TRAIN, 6)
    back = (OTHER - centre) @ found.matrix @ found.loadings.T + centre
    np.testing.assert_allclose(back, OTHER, atol=1e-9)
