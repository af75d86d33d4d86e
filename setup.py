"""Beam workers are given this file with --setup_file; everything it would say stands in pyproject.toml."""

from setuptools import setup

setup()
