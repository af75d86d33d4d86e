"""Rows of any described source to tf.Examples, with the rejects kept."""
