"""Projection of the block onto learned directions, and the arithmetic that finds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf


def project(x: tf.Tensor, centre: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """(x - centre) @ matrix: float32 `[batch, n]`, `[n]`, `[n, k]` to `[batch, k]`."""
    return tf.linalg.matmul(x - centre, matrix)


@dataclass(frozen=True)
class PrincipalComponents:
    """What PCA learned from n features.

    Attributes:
        matrix: float64 `[n, n]`, one direction a column, by falling variance; columns from `kept` on are zero.
        loadings: float64 `[n, n]`, the directions of unit length, none cut off.
        variances: float64 `[n]`, of the data along each direction.
        kept: number of components in use.
    """

    matrix: npt.NDArray[np.float64]
    loadings: npt.NDArray[np.float64]
    variances: npt.NDArray[np.float64]
    kept: int


def principal_components(
    covariance: npt.NDArray[np.float64], components: int | float, whiten: bool
) -> PrincipalComponents:
    """Principal components of a covariance `[n, n]` (I. T. Jolliffe, "Principal Component Analysis", 2002, ch. 3).

    Directions of no variance are never kept. Each direction's sign makes its largest entry positive, so that two
    runs agree.

    Args:
        covariance: symmetric, positive semi-definite.
        components: how many, or the least share of variance to keep.
        whiten: divide each direction by the standard deviation along it.
    """
    values, vectors = np.linalg.eigh(covariance)
    order = np.argsort(values)[::-1]
    variances, loadings = np.clip(values[order], 0, None), vectors[:, order]
    loadings = loadings * np.sign(loadings[np.abs(loadings).argmax(axis=0), np.arange(len(loadings))])
    total = variances.sum()
    floor = 1e-9 * max(total, 1e-30)
    alive = int((variances > floor).sum())
    if isinstance(components, int):
        wanted = components
    else:
        reached = np.cumsum(variances) / max(total, 1e-30) >= components - 1e-12
        wanted = int(np.argmax(reached)) + 1 if reached.any() else len(variances)
    kept = max(1, min(wanted, alive))
    matrix = np.zeros_like(loadings)
    # A block without any variance keeps one direction: dividing by nothing would blow up the first row that differs.
    scale = np.sqrt(np.where(variances[:kept] > floor, variances[:kept], 1.0)) if whiten else 1.0
    matrix[:, :kept] = loadings[:, :kept] / scale
    return PrincipalComponents(matrix, loadings, variances, kept)
