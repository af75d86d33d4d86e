"""The lineage as a picture."""

import dataclasses
from xml.etree import ElementTree

from pipeline.lineage.answer import ask
from pipeline.lineage.figure import lineage_svg
from pipeline.lineage.records import Chain

SVG = "{http://www.w3.org/2000/svg}"


def boxes(svg: str) -> dict[str, tuple[float, float]]:
    """Left upper corners by title."""
    tree = ElementTree.fromstring(svg)
    return {
        str(group.find(f"{SVG}text").text): (float(rect.get("x")), float(rect.get("y")))
        for group in tree.iter(f"{SVG}g")
        for rect in group.iter(f"{SVG}rect")
    }


def test_every_step_has_a_box_below_all_it_reads_from(runs):
    answer = ask("000002", runs.paths.root.parent, None)
    places = boxes(lineage_svg(answer))
    assert set(places) == {step.name for step in answer.chain.steps.values()} | {"source", "model.tflite 000002"}
    for step in answer.chain.steps.values():
        for maker in answer.chain.before(step):
            assert places[answer.chain.steps[maker].name][1] < places[step.name][1]
    assert places["model.tflite 000002"][1] == max(down for _, down in places.values())


def test_no_two_boxes_lie_on_each_other(runs):
    places = list(boxes(lineage_svg(ask("000002", runs.paths.root.parent, None))).values())
    for number, (x, y) in enumerate(places):
        for left, top in places[number + 1 :]:
            assert abs(x - left) >= 190 or abs(y - top) >= 52


def test_names_with_html_in_them_stay_text(runs):
    answer = ask("000002", runs.paths.root.parent, None)
    name = '<script>alert("1")</script>&'
    steps = {key: dataclasses.replace(step, name=name) for key, step in answer.chain.steps.items()}
    svg = lineage_svg(dataclasses.replace(answer, pipeline=name, chain=Chain(steps, answer.chain.artifacts)))
    assert "<script" not in svg
    assert name in boxes(svg)
