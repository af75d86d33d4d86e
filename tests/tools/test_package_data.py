"""What the wheel holds besides modules: workers and installed packages have nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("package", ["pipeline", "components", "transforms", "data"])
def test_every_file_that_is_no_module_is_package_data(package: str) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    globs = settings["tool"]["setuptools"]["package-data"].get(package, [])
    named = {path for one in globs for path in (ROOT / package).glob(one)}
    told = subprocess.run(["git", "ls-files", package], cwd=ROOT, capture_output=True, text=True, check=True)
    files = {ROOT / one for one in told.stdout.split() if not one.endswith((".py", "README.md"))}
    assert files <= named


def test_the_image_is_built_of_all_that_the_wheel_holds() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    wanted = {one.removesuffix("*") for one in settings["packages"]["find"]["include"]}
    wanted |= {f"{one}.py" for one in settings["py-modules"]}
    copied = {line.split()[1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert wanted <= copied
    assert wanted <= let_in
