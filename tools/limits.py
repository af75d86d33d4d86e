"""Part of `make lint`: how long modules and functions may be, and that tests lie where their modules do."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

MODULE_LINES, FUNCTION_LINES = 250, 40
LONGER = {
    "components/compression_settings.py:check_combination": "one rule after another, each with its message",
    "components/conversion/verification.py:verify_file": "one measurement after another of one file",
    "components/pusher/component.py:Do": "conversion, proof and publication in order, with what each records",
    "components/study/component.py:Do": "unpacks TFX's artifacts and records the outcome",
    "components/trainer/designing.py:designed": "one choice after another, from learned numbers to the design",
    "components/trip_example_gen/writer.py:convert_file": "one pass over a file, where all counts come together",
    "data/vocabulary.py": "every word that files share, in one place",
    "kubeflow/client/schedule.py:schedule": "a script for an environment of its own, which imports nothing of ours",
    "pipeline/commands/explain.py:explain": "half of it is options with their help",
    "pipeline/commands/history.py:lineage": "half of it is options with their help",
    "pipeline/runners/flink/greeting.py:greet": "travels to the workers as one function",
    "transforms/features.py": "the vocabulary of features in one place",
}
"""Modules, and functions as `path:name`, that may be longer, each with its reason."""

PACKAGES = ("data", "transforms", "components", "pipeline")
ACROSS = {
    "tests/components/evaluation/test_imports.py": "of what the whole room imports",
    "tests/components/task/test_seam.py": "greps the tree for what belongs to the task",
    "tests/pipeline/runners/flink/test_manifests.py": "of kubeflow/flink, which is no package",
    "tests/pipeline/runners/kubeflow/test_kubernetes.py": "of kubeflow/manifests on a real API server",
    "tests/pipeline/runners/kubeflow/test_manifests.py": "of kubeflow/manifests, which is no package",
    "tests/pipeline/test_one_ride.py": "holds predict, kit and demo against each other",
    "tests/transforms/reducers/test_reducers.py": "of all reducers in one table",
    "tests/transforms/test_contract.py": "of all transforms and reducers in one catalogue",
}
"""Tests of more than one module, or of what is no module, each with its reason."""


def too_long(path: str, text: str) -> Iterator[tuple[str, str]]:
    """What of one module is longer than allowed: its name as in `LONGER`, and what to say."""
    lines = text.count("\n")
    if lines > MODULE_LINES:
        yield path, f"{path}: {lines} lines, at most {MODULE_LINES}"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            if length > FUNCTION_LINES:
                where = f"{path}:{node.lineno} {node.name}"
                yield f"{path}:{node.name}", f"{where}: {length} lines, at most {FUNCTION_LINES}"


def astray(tests: Sequence[str], modules: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Test files that do not lie where the module of their name does: the file, and what to say.

    `test_reader.py`, or by a part of it `test_reader_everything.py`, is of `reader.py` or the package `reader`.
    """
    places = {path.removesuffix(".py").removesuffix("/__init__") for path in modules}
    for test in tests:
        place = Path(test).relative_to("tests")
        if place.parts[0] not in PACKAGES or not place.name.startswith("test_"):
            continue
        words = place.stem.removeprefix("test_").split("_")
        names = ["_".join(words[:count]) for count in range(1, len(words) + 1)]
        if not places & {str(place.with_name(name)) for name in names}:
            yield test, f"{test}: {place.parent} holds no {names[-1]}.py"


def complaints(found: Mapping[str, str], excepted: Iterable[str]) -> list[str]:
    """What is found and not excepted, and exceptions that nothing needs any more."""
    excepted = set(excepted)
    gone = sorted(excepted - found.keys())
    return [
        *(said for name, said in found.items() if name not in excepted),
        *(f"{name} is excepted, but keeps the limits or is not there: take it off the list" for name in gone),
    ]


def main() -> None:
    """Prints what breaks a limit; ends with 1 if anything does."""
    tracked = subprocess.run(["git", "ls-files", "*.py"], capture_output=True, text=True, check=True).stdout.split()
    tests = [path for path in tracked if path.startswith("tests/")]
    modules = [path for path in tracked if not path.startswith("tests/")]
    found = dict(one for path in modules for one in too_long(path, Path(path).read_text()))
    said = [*complaints(found, LONGER), *complaints(dict(astray(tests, modules)), ACROSS)]
    if said:
        print("\n".join([*said, "split it, or name it with a reason in tools/limits.py"]), file=sys.stderr)
    sys.exit(bool(said))


if __name__ == "__main__":
    main()
