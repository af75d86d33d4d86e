"""What differs between two versions, and in which order it is told."""

import dataclasses

from rich.console import Console

from pipeline.lineage.answer import ask
from pipeline.lineage.differences import Difference, differences
from pipeline.lineage.records import Artifact, Chain, Step
from pipeline.lineage.tree import tree


def answers(runs, *versions):
    return [ask(version, runs.paths.root.parent, None) for version in versions]


def test_a_version_does_not_differ_from_itself(runs):
    first, again = answers(runs, "000001", "000001")
    assert differences(first, again) == []


def test_what_is_no_number_on_both_sides_is_no_difference(runs):
    first, again = answers(runs, "000001", "000001")
    odd = [dataclasses.replace(one, metrics={"file": {"rmse": float("nan"), "mae": None}}) for one in (first, again)]
    assert differences(*odd) == []
    console = Console(width=1000, color_system=None)
    with console.capture() as capture:
        console.print(tree(odd[0]))
    assert "file nan / " in capture.get()


def test_differences_come_in_the_order_of_likely_cause(runs):
    first, second = answers(runs, "000001", "000002")
    config = {**second.config, "training": {**second.config["training"], "seed": 7}}
    files = [{**second.files[0], "sha256": "f" * 64}]
    second = dataclasses.replace(second, config=config, files=files, code_revision="fedcba987654")
    found = differences(first, second)
    groups = [one.group for one in found]
    assert groups == sorted(groups, key=["data", "settings", "code", "metrics"].index)
    assert Difference("settings", "training.seed", 0, 7) in found
    assert Difference("code", "revision", "0123456789ab", "fedcba987654") in found
    (file,) = [one for one in found if one.what == "/trips.csv"]
    assert (file.group, file.after) == ("data", "1,922,812 bytes, sha256 ffffffffffff")
    assert {one.what for one in found if one.group == "metrics"} >= {"file.rmse", "file.mae"}


def test_a_source_file_that_came_or_went_is_told_by_its_name(runs):
    first, second = answers(runs, "000001", "000001")
    second = dataclasses.replace(second, files=[*second.files, {"path": "/more.csv", "bytes": 5, "sha256": "a" * 64}])
    assert differences(first, second) == [Difference("data", "/more.csv", None, "5 bytes, sha256 aaaaaaaaaaaa")]
    assert differences(second, first) == [Difference("data", "/more.csv", "5 bytes, sha256 aaaaaaaaaaaa", None)]


def test_a_step_with_other_code_is_named(runs):
    first, second = answers(runs, "000001", "000001")
    steps = {
        key: dataclasses.replace(step, settings={**step.settings, "code": "other"}) if step.name == "Trainer" else step
        for key, step in second.chain.steps.items()
    }
    second = dataclasses.replace(second, chain=Chain(steps, second.chain.artifacts))
    assert differences(first, second) == [Difference("code", "Trainer", "0123456789ab", "other")]


def drawn(answer) -> str:
    console = Console(width=1000, highlight=False, color_system=None)
    with console.capture() as caught:
        console.print(tree(answer))
    return str(caught.get())


def test_the_tree_has_every_step_once_and_the_source_below_the_step_that_read_it(runs):
    (answer,) = answers(runs, "000003")
    lines = drawn(answer).splitlines()
    for step in answer.chain.steps.values():
        full = [line for line in lines if f"{step.name} #{step.id} " in line and "(above)" not in line]
        assert len(full) == 1, step.name
    source = next(number for number, line in enumerate(lines) if "read /trips.csv 1,922,812 bytes" in line)
    reader = next(number for number, line in enumerate(lines) if "TripExampleGen #" in line)
    assert reader < source
    assert lines[source].index("read") > lines[reader].index("TripExampleGen") - len("examples: ")


def test_names_with_markup_are_drawn_as_they_are(runs):
    (answer,) = answers(runs, "000001")
    steps = {5: Step(5, "TFLitePusher", "[red]run[/red]", "ran", "", 0.0, {"label": "[bold]x"}, {}, {"out": [1]})}
    chain = Chain(steps, {1: Artifact(1, "Model", "/a/[link=http://x]b[/link]", {})})
    told = drawn(dataclasses.replace(answer, pipeline="[blink]p", chain=chain, run="[red]run[/red]"))
    for text in ("[blink]p", "[bold]x", "/a/[link=http://x]b[/link]", "[red]run[/red]"):
        assert text in told
