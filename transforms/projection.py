"""Projection of the block onto learned directions."""

import tensorflow as tf


def project(x: tf.Tensor, spread: tf.Tensor, centre: tf.Tensor | None, matrix: tf.Tensor) -> tf.Tensor:
    """(x / spread - centre) @ matrix, as one product with constants: x @ (matrix / spread) - centre @ matrix.

    Args:
        x: float32 `[batch, n]`, each column around zero, so that nothing is lost by subtracting late; NaN spreads over
            its row.
        spread: float32 `[n]`.
        centre: float32 `[n]`, or None for none.
        matrix: float32 `[n, k]`.

    Returns:
        float32 `[batch, k]`.
    """
    projected = tf.linalg.matmul(x, matrix / spread[:, tf.newaxis])
    return projected if centre is None else projected + tf.linalg.matvec(matrix, -centre, transpose_a=True)
