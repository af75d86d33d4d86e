"""The limits of length and place that `make lint` holds."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("limits", Path(__file__).resolve().parents[2] / "tools/limits.py")
assert SPEC is not None
assert SPEC.loader is not None
limits = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(limits)


def function(lines: int) -> str:
    return "def f():\n" + "    x = 1\n" * (lines - 1)


def test_a_function_of_40_lines_passes_and_one_of_41_does_not() -> None:
    assert list(limits.too_long("a.py", function(40))) == []
    assert list(limits.too_long("a.py", function(41))) == [("a.py:f", "a.py:1 f: 41 lines, at most 40")]


def test_a_method_within_a_class_counts_as_well() -> None:
    text = "class A:\n" + "".join(f"    {line}\n" for line in function(41).splitlines())
    assert [name for name, _ in limits.too_long("a.py", text)] == ["a.py:f"]


def test_a_module_of_250_lines_passes_and_one_of_251_does_not() -> None:
    assert list(limits.too_long("a.py", "x = 1\n" * 250)) == []
    assert list(limits.too_long("a.py", "x = 1\n" * 251)) == [("a.py", "a.py: 251 lines, at most 250")]


@pytest.mark.parametrize(
    ("test", "lost"),
    [
        ("tests/data/test_reader.py", False),
        ("tests/data/test_reader_everything.py", False),
        ("tests/data/test_inner.py", False),
        ("tests/data/test_everything.py", True),
        ("tests/data/inner/test_reader.py", True),
        ("tests/e2e/test_everything.py", False),
        ("tests/data/conftest.py", False),
    ],
)
def test_a_test_lies_where_the_module_of_its_name_does(test: str, lost: bool) -> None:
    modules = ["data/reader.py", "data/inner/__init__.py"]
    assert [name for name, _ in limits.astray([test], modules)] == [test] * lost


def test_an_exception_that_nothing_needs_is_a_complaint_and_one_that_is_needed_is_none() -> None:
    assert limits.complaints({"a.py": "long"}, ["a.py"]) == []
    assert limits.complaints({"a.py": "long"}, []) == ["long"]
    assert len(limits.complaints({}, ["a.py"])) == 1
