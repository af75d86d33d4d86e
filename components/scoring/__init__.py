"""Rows of a table to predictions of a published version."""
