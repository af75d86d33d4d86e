"""Beam on this machine, in this process or beside it."""

RUNNER = "--runner=apache_beam.runners.portability.fn_api_runner.fn_runner.FnApiRunner"
"""By its class: what Beam calls DirectRunner is Prism from 2.68 on, a program that it fetches from the network."""
