"""A configuration that is not what its writer meant is answered with file, line and remedy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import ConfigError, load
from pipeline.yaml_text import YamlError, parse

HEAD = "name: test\ndata:\n  source: trips.csv\n  label: {column: fare}\n  numeric: [distance]\n"


def said(folder: Path, content: bytes | str, *overrides: str) -> str:
    path = folder / "my.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        load(path, overrides)
    text = str(caught.value)
    assert str(path) in text or overrides
    return text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HEAD + "  numeric: [km]\n", "data.numeric is given twice, in line 5 and in line 6; keep one of them"),
        (HEAD + "name: other\n", "name is given twice, in line 1 and in line 6"),
        (HEAD + "gate: {limits: {mae: 1,\n mae: 2}}\n", "gate.limits.mae is given twice, in line 6 and in"),
        (HEAD + '  "numeric": [km]\n', "data.numeric is given twice"),
        (HEAD + "features:\n  buckets:\n    on: {feature: distance, quantiles: 4}\n", "line 8: the key on of features"),
        (HEAD + "  filters: {2019: {low: 0, high: 1}}\n", "line 6: the key 2019 of data.filters is read as a number"),
        (HEAD + "  filters: {2019-01-01: {low: 0, high: 1}}\n", "is read as a date; a key is a text"),
        (HEAD + "~: 1\n", "the key ~ is read as nothing"),
        (HEAD + "? \n: 1\n", "the key (empty) is read as nothing"),
        (HEAD + "? [a, b]\n: 1\n", "line 6: a key is a list or a mapping"),
        (HEAD + "\ttraining: {}\n", "indent with spaces, not with tabs"),
        ("", "holds no keys but nothing"),
        ("# only a comment\n", "holds no keys but nothing"),
        ("- name: test\n", "holds no keys but a list"),
        ("just a text\n", "holds no keys but one value"),
        (HEAD + "---\n" + HEAD, "is not readable as YAML: expected a single document"),
        ("name: [test\n", "is not readable as YAML"),
        (HEAD + "  filters: {}\n numeric: []\n", "but found '<block mapping start>'\n  in line 7, column 2:"),
        (HEAD.encode() + "# F\xe4hre\n".encode("latin-1"), "line 6 holds the byte 0xe4, which is no UTF-8"),
        (HEAD.encode("utf-16"), "line 1 holds the byte 0xff, which is no UTF-8"),
        (b"name: \x00\n", "is not readable as YAML"),
        ("[" * 5000, "is nested too deep"),
        ("name: &again [*again]\n", "name: Input should be a valid string"),
        ("name: *nowhere\n", "found undefined alias"),
        (HEAD.replace("[distance]", "[2019]"), "write it in quotes"),
        (HEAD.replace("fare", "no"), "data.label.column: Input should be a valid string (got False); YAML reads it as"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, content: bytes | str, expected: str) -> None:
    assert expected in said(tmp_path, content)


def test_columns_in_quotes_may_be_called_anything(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(HEAD + '  categorical: ["2019", "no", "null", "a: b", "Fahrgäste"]\n', encoding="utf-8-sig")
    assert load(path).data.categorical == ("2019", "no", "null", "a: b", "Fahrgäste")


def test_anchors_and_merges_are_resolved_and_a_merged_key_may_be_given_anew(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    buckets = "near: &near {feature: distance, quantiles: 4}, far: {<<: *near, quantiles: 8}, same: *near"
    path.write_text(f"{HEAD}features: {{buckets: {{{buckets}}}}}\n")
    found = load(path).features.buckets
    assert [found[name].quantiles for name in ("near", "far", "same")] == [4, 8, 4]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("data.numeric.0=km", "numeric is a list; give the whole of it, such as numeric=[a, b]"),
        ("data.label.column.name=x", "column is a value, not a group of keys"),
        ("data..numeric=[km]", "write key=value"),
        (".=1", "write key=value"),
        ("data.filters={distance: {low: 0, low: 1, high: 2}}", "distance.low is given twice"),
        ("data.filters={2019: {low: 0, high: 2}}", "the key 2019 is read as a number"),
        ("name=[", "the value: is not readable as YAML"),
    ],
)
def test_an_override_that_cannot_be_meant_is_told(tmp_path: Path, override: str, expected: str) -> None:
    assert expected in said(tmp_path, HEAD, override)


def test_a_place_that_is_no_readable_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder; name a file in it"):
        load(tmp_path)
    with pytest.raises(ConfigError, match=r"no configuration file .*nowhere.yaml"):
        load(tmp_path / "nowhere.yaml")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be read: Not a directory"):
        load(tmp_path / "file" / "my.yaml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(HEAD)
    path.chmod(0)
    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        load(path)


KEYS = st.text(alphabet="ab", min_size=1, max_size=2)
TREES = st.recursive(st.integers(), lambda below: st.dictionaries(KEYS, below) | st.lists(below), max_leaves=12)


@given(tree=TREES)
def test_what_has_no_twins_reads_as_yaml_reads_it(tree: object) -> None:
    text = yaml.safe_dump(tree)
    assert parse(text) == yaml.safe_load(text)


@given(tree=st.dictionaries(KEYS, TREES, min_size=1), data=st.data())
def test_a_key_written_again_is_always_found(tree: dict[str, object], data: st.DataObject) -> None:
    twin = data.draw(st.sampled_from(sorted(tree)))
    with pytest.raises(YamlError, match=f"(?s){twin} is given twice"):
        parse(yaml.safe_dump(tree) + f'"{twin}": 1\n')
