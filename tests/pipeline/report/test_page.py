"""The page: every section from its artifact, and nothing but its absence where there is none."""

import dataclasses
import json
import shutil
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markupsafe import Markup

from data.errors import DataError
from pipeline.lineage import journal
from pipeline.lineage.connection import open_metadata
from pipeline.lineage.errors import LineageError, MetadataError
from pipeline.lineage.records import Artifact, NodeRun
from pipeline.report import blocks
from pipeline.report.blocks import Section, Table
from pipeline.report.material import _warnings, gather
from pipeline.report.page import render, sections, write_report
from pipeline.report.profile import SplitColumn
from pipeline.report.sections.inputs import _column
from pipeline.report.sections.record import _limits, _network
from pipeline.settings.metadata import Metadata

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>&\'"'


class Page(HTMLParser):
    """Elements and texts of a page, by section."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.figures: dict[str, int] = {}
        self._section = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.elements.append((tag, told))
        if tag == "section":
            self._section = str(told["id"])
        if tag == "figure":
            self.figures[self._section] = self.figures.get(self._section, 0) + 1

    def handle_data(self, data: str) -> None:
        self.texts[self._section] = self.texts.get(self._section, "") + data


FIGURES = {
    "errors": 1,
    "predictions": 1,
    "residuals": 4,
    "influence": 2,
    "rejects": 1,
    "dimensions": 8,
    "training": 2,
    "tuning": 1,
    "compression": 1,
    "timings": 1,
    "lineage": 1,
    "history": 1,
}


def test_every_section_is_there_with_its_figures(finished):
    page = Page(render(gather(finished.paths)))
    assert [told["id"] for tag, told in page.elements if tag == "section"] == [
        section.id for section in sections(gather(finished.paths))
    ]
    assert "Not part of this run" not in "".join(page.texts.values())
    assert page.figures == FIGURES


def test_the_verdict_comes_first(finished):
    page = Page(render(gather(finished.paths)))
    assert "Pushed: this model is published." in page.texts[""]
    assert next(told["id"] for tag, told in page.elements if tag == "section") == "verdict"
    assert "000002" in page.texts["verdict"]


def test_names_with_html_in_them_are_shown_and_never_obeyed(finished):
    html = render(gather(finished.paths))
    page = Page(html)
    assert [tag for tag, _ in page.elements if tag in ("script", "img", "iframe", "object")] == ["script"]
    assert html.count(HOSTILE[:20]) == 0
    assert not [name for _, told in page.elements for name in told if name.startswith("on")]
    for section in ("rejects", "data", "anomalies", "dimensions", "slices", "history"):
        assert HOSTILE in page.texts[section], section


def test_the_page_loads_nothing_from_elsewhere(finished):
    page = Page(render(gather(finished.paths)))
    told = [
        str(value) for _, attributes in page.elements for name, value in attributes.items() if name in ("src", "href")
    ]
    assert [one for one in told if not one.startswith("#")] == ["data:,"]


def test_what_the_data_gate_let_pass_with_a_warning_is_shown(finished):
    material = gather(finished.paths)
    told = Artifact(1, "GateRecord", "", {"warnings": json.dumps([f"skew in {HOSTILE}"])})
    nodes = {"DataGate": NodeRun("DataGate", "ran", {"record": [told]})}
    page = Page(render(dataclasses.replace(material, warnings=_warnings(nodes))))
    assert f"Let pass with a warning: skew in {HOSTILE}" in page.texts["anomalies"]
    page = Page(render(dataclasses.replace(material, anomalies=[], warnings=[])))
    assert "Every split fits the schema." in page.texts["anomalies"]


def test_importances_and_curves_stand_side_by_side_for_both_models(finished):
    html = render(gather(finished.paths))
    told = Page(html).texts["influence"]
    assert (
        "rank correlation of the importances 1 (1: the same order); moved most: pickup, by 0.100 ± 0.010 usd." in told
    )
    cells = "6.700 ± 0.100</td><td>6.600 ± 0.100</td>".replace(" ", "\N{NO-BREAK SPACE}")
    assert f'<th scope="row">pickup (pickup_latitude, pickup_longitude)</th><td>{cells}' in html
    # Two series of three values; of a category float dots are hollow.
    assert "<title>float model: 41.9, 9.6</title>" in html
    assert '<circle class="ring s1"' in html
    assert "<title>model.tflite, Blue: 9.5</title>" in html
    assert "<td>Dec</td><td>10.6</td><td>10.6</td>" in html


def test_names_of_inputs_and_classes_are_text_in_the_pictures_of_influence(finished):
    material = gather(finished.paths)
    told = json.loads(json.dumps(material.figures["influence"]).replace("company", json.dumps(HOSTILE)[1:-1]))
    told["curves"][2] |= {"of_class": HOSTILE, "at": [HOSTILE, "b"]}
    page = Page(render(dataclasses.replace(material, figures={**material.figures, "influence": told})))
    assert HOSTILE in page.texts["influence"]
    assert [tag for tag, _ in page.elements if tag in ("script", "img")] == ["script"]


def test_refused_slices_are_marked_and_small_ones_fold_out(finished):
    html = render(gather(finished.paths))
    judged, small = html[html.index('<section id="slices"') :].split("</section>")[0].split("<details>")
    assert '<tr class="bad"><th scope="row">hour 17</th><td>300</td>' in judged
    assert '<tr><th scope="row">hour 3</th><td>12</td>' in small
    assert "too few rows" in small
    assert "too few rows" not in judged


def test_the_live_model_has_a_column_only_where_slices_have_one(finished):
    material = gather(finished.paths)
    assert "RMSE of the live model" in Page(render(material)).texts["slices"]
    alone = [{**one, "champion": None} for one in material.slices["slices"]]
    page = Page(render(dataclasses.replace(material, slices={**material.slices, "slices": alone})))
    assert "RMSE of the live model" not in page.texts["slices"]


def test_withdrawn_versions_are_marked_in_the_history(finished):
    material = gather(finished.paths)
    digest = material.manifests[0]["sha256"]
    (finished.paths.models / "withdrawn.json").write_text(json.dumps([digest]))
    assert "000001 (withdrawn)" in Page(render(gather(finished.paths))).texts["history"]
    assert "(withdrawn)" not in Page(render(material)).texts["history"]


def test_times_in_the_data_are_days_and_not_seconds(finished):
    material = gather(finished.paths)
    time = material.answer.config["data"]["time"]["column"]
    column = SplitColumn(time, 9, 0, 1.4e9, 1.4e9, 1.4e9 + 86_400, 1.4e9, 129_600.0)
    text = Page(render(dataclasses.replace(material, profile={"train": [column]}))).texts["data"]
    assert "2014-05-13 16:53" in text
    assert "2014-05-14 16:53" in text
    assert "1.5 days" in text


def test_the_model_card_of_classes_names_their_loss_and_no_range_of_their_numbers(finished):
    material = gather(finished.paths)
    material = dataclasses.replace(material, summary={"ranges": {"fare": [0, 2], "seats": [1, 6]}})
    assert _limits(material)[-1] == "trained on fare 0 to 2, seats 1 to 6."
    data = material.answer.config["data"]
    label = {**data["label"], "kind": "classes", "classes": ["a", "b", "c"]}
    config = {**material.answer.config, "data": {**data, "label": label}, "training": {"loss": {"kind": "huber"}}}
    answer = dataclasses.replace(material.answer, config=config)
    told = dataclasses.replace(material, answer=answer, figures={}, evaluation={}, history=None)
    assert _network(told).endswith("; loss: cross-entropy")
    assert _limits(told)[-1] == "trained on seats 1 to 6."


def test_classes_in_the_data_have_no_mean_and_a_yes_or_no_has_its_share():
    column = SplitColumn("weather", 880, 0, 0.0, 3.0, 4.0, 2.65, 1.4, histogram=[1.0, 2.0])
    assert _column(column, False, 5)[4:] == ("5 classes", "", "", "", "")
    assert _column(column, False, 2)[7] == "2.65"


def test_a_long_text_in_a_table_has_room_on_a_phone():
    table = Table("odd", ("column", "what"), [("rain", "short"), ("rain", "long " * 20), ("rain", Markup("<b>") * 20)])
    page = blocks.Page("t", "h", "1", [], [Section("anomalies", "Anomalies", [table])], "")
    assert [told.get("class") for tag, told in Page(blocks.draw(page)).elements if tag == "td"] == [None, "long", None]


def test_the_model_card_names_the_layers_that_were_trained_and_no_places_where_there_are_none(finished):
    material = gather(finished.paths)
    training = {"units": [48, 16], "loss": {"kind": "huber", "delta": "0.2 sd"}, "distillation": {"rows": 2.0}}
    told = dataclasses.replace(material, history={**material.history, "choices": {"training": training}})
    page = Page(render(told))
    assert "hidden layers of 48 and 16 units; loss: huber" in page.texts["card"]
    assert "labelled by boosted trees" in page.texts["training"]
    assert "labelled by boosted trees" not in Page(render(material)).texts["training"]
    config = {**material.answer.config, "data": {**material.answer.config["data"], "points": {}}}
    placeless = dataclasses.replace(material, answer=dataclasses.replace(material.answer, config=config))
    assert "Location data" in page.texts["card"]
    assert "Location data" not in Page(render(placeless)).texts["card"]


def test_drift_is_called_drift_and_errors_come_first(finished):
    found = gather(finished.paths).anomalies
    assert [(one.column, one.severity, one.kind) for one in found] == [
        ("fare", "error", "drift"),
        ("company", "warning", "anomaly"),
    ]


def test_only_what_stopped_the_run_is_marked_among_the_anomalies(finished):
    material = gather(finished.paths)
    passed = render(material)
    passed = passed[passed.index('<section id="anomalies"') :].split("</section>")[0]
    assert passed.count("<td>let pass</td>") == 2
    assert 'class="bad"' not in passed
    reasons = ["train: company: Unexpected string values: of the gate's own words; the schema expects others"]
    record = dataclasses.replace(material.record, verdict="stopped", reasons=reasons)
    stopped = render(dataclasses.replace(material, record=record))
    marked = stopped[stopped.index('<section id="anomalies"') :].split("</section>")[0].split('<tr class="bad">')
    assert [one.partition("</th>")[0] for one in marked[1:]] == ['<th scope="row">company']


def test_boosted_trees_stand_among_the_baselines_with_how_they_were_made(finished):
    material = gather(finished.paths)
    assert "LightGBM" not in Page(render(material)).texts["errors"], "an older run has none"
    metrics = material.figures["metrics"]
    measured = {**metrics, "baselines": {**metrics["baselines"], "booster": metrics["float"]}}
    trees = {"name": "booster", "trees": 450, "leaves": 31, "learning_rate": 0.05, "rows": 700, "bytes": 1_200_000}
    figures = {**material.figures, "metrics": measured, "boosted_trees": trees}
    told = Page(render(dataclasses.replace(material, figures=figures))).texts["errors"]
    assert "boosted trees, same features" in told
    assert "were grown to be measured beside: 450 of up to 31 leaves at rate 0.05, from 700 training rows" in told
    assert "1,200,000 bytes beside" in told


def test_the_curve_over_dates_has_dates_on_its_axis_and_in_its_table(finished):
    material = gather(finished.paths)
    influence = json.loads(json.dumps(material.figures["influence"]))
    days = [86_400.0 * day for day in (0, 365, 730)]
    influence["curves"] = [{**influence["curves"][0], "of": "date", "at": days}]
    page = Page(render(dataclasses.replace(material, figures={**material.figures, "influence": influence})))
    for text in ("1970-01-01", "1972-01-01", "1970-05-02", "1971-09-01"):  # two of the table, two of the axis
        assert page.texts["influence"].count(text) == 1


def test_dimensions_that_were_not_measured_are_said_to_be_a_command_away(finished):
    finished.paths.dimensions_of(finished.run).unlink()
    page = Page(render(gather(finished.paths)))
    assert page.figures["dimensions"] == 3
    assert "`farelite dimensions` adds correlations, error and distances" in page.texts["dimensions"]


def test_features_have_a_table_of_what_the_training_rows_have_shown(finished):
    path = finished.uris["transform_graph"] / "transform_fn/assets/learned.json"
    column = {"mean": 1.5, "std": 0.25, "minimum": 1.0, "maximum": 2.0, "known": 1190, "scaling": "smooth_clip"}
    path.write_text(json.dumps({**json.loads(path.read_text()), "columns": {HOSTILE: column}}))
    html = render(gather(finished.paths))
    assert "<td>1</td><td>1.5</td><td>2</td><td>0.25</td><td>1,190</td><td>smooth clip</td>" in html
    assert HOSTILE in Page(html).texts["dimensions"]


def test_features_that_were_not_reduced_have_correlations_and_no_scree(finished):
    path = finished.uris["transform_graph"] / "transform_fn/assets/learned.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "kind": "none"}))
    page = Page(render(gather(finished.paths)))
    assert page.figures["dimensions"] == FIGURES["dimensions"] - 2
    assert "3 dense features, no reducer." in page.texts["dimensions"]
    assert "components (none)" not in page.texts["dimensions"]


@pytest.mark.parametrize(
    ("key", "sections"),
    [
        ("study", ["compression"]),
        ("tuner_results", ["tuning"]),
        ("pushed_model", ["predictions", "residuals"]),
        ("report", ["rejects"]),
        ("statistics", ["data"]),
        ("anomalies", ["anomalies"]),
        ("transform_graph", ["dimensions"]),
        ("model_run", ["training"]),
        ("evaluation", ["slices"]),
    ],
)
def test_a_section_whose_artifact_is_gone_says_so_and_the_others_stay(finished, key, sections):
    shutil.rmtree(finished.uris[key])
    page = Page(render(gather(finished.paths)))
    absent = [name for name, text in page.texts.items() if "Not part of this run" in text]
    assert absent == sections


def test_a_run_that_crashed_half_way_is_shown_as_such(finished):
    (crashed,) = [one for one in journal.runs_of(finished.paths, 9) if one.verdict == "crashed"]
    page = Page(render(gather(finished.paths, crashed.id)))
    assert "Crashed: the run never told its end." in page.texts[""]
    assert f"It was in the step {crashed.last_step}." in page.texts["verdict"]
    assert "Not part of this run: no model was measured." in page.texts["errors"]
    assert "running" in page.texts["timings"]


def test_a_run_that_broke_off_before_its_first_step_has_a_page_too(finished):
    store = open_metadata(Metadata(), finished.paths)
    journal.begin(store, "early", {"code_revision": "r", "config_hash": "c", "fingerprint": "f", "config": "{}"})
    journal.finish(store, "early", "failed", reasons=[f"ValueError: {HOSTILE}"])
    page = Page(render(gather(finished.paths)))
    assert "Failed: a step broke off with an error." in page.texts[""]
    assert HOSTILE in page.texts["verdict"]
    assert page.figures == {"history": 1}


@pytest.mark.parametrize("verdict", ["interrupted", "failed", ""])  # without one, it crashed
def test_a_run_without_a_verdict_leaves_the_page_of_the_one_before(finished, verdict):
    before = write_report(finished.paths).read_bytes()
    store = open_metadata(Metadata(), finished.paths)
    journal.begin(store, "cut short", {"config": "{}"})
    if verdict:
        journal.finish(store, "cut short", verdict)
    path = write_report(finished.paths)
    assert path == finished.paths.root / "report-unfinished.html"
    assert "cut short" in path.read_text()
    assert finished.paths.report.read_bytes() == before


def test_the_page_is_small_and_made_at_once(finished):
    began = time.process_time()  # other tests may run beside this one
    path = write_report(finished.paths)
    assert time.process_time() - began < 5
    assert path == finished.paths.root / "report.html"
    assert path.stat().st_size < 3_000_000
    assert not list(finished.paths.root.glob(".report*"))


def test_an_unknown_run_is_refused_with_the_newest_there_are(finished):
    with pytest.raises(LineageError, match=rf"no run 'nobody' in .*fares; the newest: {finished.run}"):
        write_report(finished.paths, "nobody")


def test_a_place_that_cannot_be_written_is_refused(finished, tmp_path):
    with pytest.raises(DataError, match=r"cannot write .*no-such-folder/page.html: No such file or directory; give"):
        write_report(finished.paths, output=tmp_path / "no-such-folder" / "page.html")


def test_a_pipeline_that_never_ran_has_no_page(tmp_path):
    from pipeline.paths import RunPaths

    with pytest.raises(MetadataError, match=r"no metadata store .*; `farelite run` makes it"):
        write_report(RunPaths(tmp_path))


def test_making_the_page_does_not_load_tensorflow(finished):
    import subprocess
    import sys

    told = (
        "import sys; from pathlib import Path; from pipeline.paths import RunPaths\n"
        "from pipeline.report.page import write_report\n"
        f"write_report(RunPaths(Path({str(finished.paths.root)!r})))\n"
        "print([name for name in ('tensorflow', 'tfx', 'apache_beam') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert Path(finished.paths.report).exists()


def test_a_refused_model_has_its_figures_warnings_and_what_it_was_held_against(finished):
    material = gather(finished.paths)
    errors = {"rmse": 0.018, "mae": 0.0136, "bias": -0.0004}
    small = {"rmse": 8.8e-5, "mae": 7e-5, "bias": -1e-6}
    metrics = {"rows": 40, "file": errors, "float": errors, "baselines": {"linear": small, "mean": errors}}
    gate = {"rule": "the mean and the linear model; no version is live", "champion": None}
    figures = {"metrics": metrics, "gate": gate, "warnings": ["all errors are of 40 test rows only"]}
    record = dataclasses.replace(material.record, verdict="refused", reasons=["model.tflite: RMSE 0.018 is too much"])
    page = Page(render(dataclasses.replace(material, record=record, figures=figures, evaluation={})))
    for sentence in (*record.reasons, *figures["warnings"], gate["rule"]):
        assert sentence in page.texts["verdict"]
    assert "0.0180000" in page.texts["errors"]
    assert "0.0000880" in page.texts["errors"], "and not 0.000"


def test_the_slices_are_those_of_the_file_where_it_was_judged(finished):
    told = json.loads((finished.uris["evaluation"] / "slices.json").read_text())
    told["slices"][0]["name"] = "hour 4 of the file"
    (finished.uris["pushed_model"] / "slices.json").write_text(json.dumps(told))
    assert "hour 4 of the file" in Page(render(gather(finished.paths))).texts["slices"]
