"""The lock holds one set of versions for each Python and system that farelite says it takes."""

import sys
from pathlib import Path

import pytest
from packaging.markers import Marker

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LOCK = tomllib.loads((Path(__file__).parents[2] / "uv.lock").read_text())
LINUX = {"sys_platform": "linux", "platform_machine": "x86_64"}
MAC = {"sys_platform": "darwin", "platform_machine": "arm64"}
NEWER = {
    "tfx": "1.21.",
    "tensorflow": "2.21.",
    "apache-beam": "2.77.",
    "tf-keras": "2.21.",
    "protobuf": "6.",
    "numpy": "2.",
}
OLDER = {
    "tfx": "1.16.",
    "tensorflow": "2.16.",
    "apache-beam": "2.62.",
    "tf-keras": "2.16.",
    "protobuf": "3.",
    "numpy": "1.",
}


def locked(system, python):
    """Versions and files by name, of the packages that this system and Python may get."""
    environment = {**system, "python_version": python, "python_full_version": f"{python}.1"}
    found = {}
    for package in LOCK["package"]:
        markers = package.get("resolution-markers", [])
        if not markers or any(Marker(marker).evaluate(environment) for marker in markers):
            found.setdefault(package["name"], []).append(package)
    return found


@pytest.mark.parametrize(
    ("system", "python", "line"),
    [(LINUX, "3.10", OLDER)]
    + [(system, python, NEWER) for system in (LINUX, MAC) for python in ("3.11", "3.12", "3.13")],
)
def test_every_python_and_system_gets_one_version_of_each_package_and_those_of_its_line(system, python, line):
    found = locked(system, python)
    assert {name: versions for name, versions in found.items() if len(versions) > 1} == {}
    assert {
        name: found[name][0]["version"] for name in line if not found[name][0]["version"].startswith(line[name])
    } == {}


@pytest.mark.parametrize("python", ["311", "312", "313"])
def test_macos_gets_wheels_of_all_that_takes_long_to_build(python):
    found = locked(MAC, f"{python[0]}.{python[1:]}")
    for name in (
        "tensorflow",
        "tfx-bsl",
        "ml-metadata",
        "tensorflow-data-validation",
        "pyarrow",
        "numpy",
        "scipy",
        "grpcio",
    ):
        wheels = [wheel["url"].rpartition("/")[2] for wheel in found[name][0]["wheels"]]
        assert [
            one for one in wheels if f"cp{python}-macosx" in one and one.endswith(("arm64.whl", "universal2.whl"))
        ], name
