"""Stops a run on data that is not what was agreed."""
