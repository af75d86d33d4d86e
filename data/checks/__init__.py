"""Checks of single columns, one question a file; `findings` composes them for `farelite data describe` and the run."""
