import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from data.reader import read
from data.rows import to_rows
from data.spec import Dataset, Label


def rows_of(tmp_path, label, lines, **more):
    file = tmp_path / "trips.csv"
    file.write_text("\n".join(lines) + "\n")
    dataset = Dataset(source="-", label=Label(**label), numeric=("km",), **more)
    (batch,) = read(dataset, str(file))
    return to_rows(dataset, batch)


def reasons(rows):
    return dict(zip(rows.rejects.lines, rows.rejects.reasons, strict=True))


TIPPED = {"column": "generous", "expression": "tips / fare > 0.2", "kind": "binary", "classes": ["false", "true"]}


def test_an_expression_is_computed_of_each_row(tmp_path):
    lines = ["km,tips,fare", "1,3,10", "2,2,10", "3,1,0", "4,,10", "5,x,10", "6,0,0"]
    rows = rows_of(tmp_path, TIPPED, lines)
    np.testing.assert_array_equal(rows.columns["generous"], [1, 0])
    assert rows.columns["generous"].type == pa.float32()
    assert reasons(rows) == {
        4: "generous: tips / fare > 0.2 divides by zero",
        5: "tips: missing",
        6: "tips: not a finite number",
        7: "generous: tips / fare > 0.2 divides by zero",
    }


def test_an_expression_without_comparison_is_a_number(tmp_path):
    rows = rows_of(tmp_path, {"column": "late", "expression": "a - b"}, ["km,a,b", "1,7,5", "2,1e308,-1e308"])
    np.testing.assert_array_equal(rows.columns["late"], [2])
    assert reasons(rows) == {3: "a: not a finite number"}


def test_columns_of_the_label_can_be_no_inputs():
    for column in ("tips", "generous"):
        with pytest.raises(ValidationError, match=f"{column} has more than one role.*data.numeric and data.label"):
            Dataset(source="-", label=Label(**TIPPED), numeric=(column, "km"))


def test_classes_are_places_in_their_vocabulary_and_others_rejects_with_a_hint(tmp_path):
    label = {"column": "answer", "kind": "binary", "classes": ["no", "yes"]}
    rows = rows_of(tmp_path, label, ["km,answer", "1,yes", "2, no ", "3,Yes", "4,", "5,maybe"])
    np.testing.assert_array_equal(rows.columns["answer"], [1, 0])
    assert reasons(rows) == {
        4: "answer: 'Yes' is none of the 2 classes; did you mean 'yes'?",
        5: "answer: missing",
        6: "answer: 'maybe' is none of the 2 classes",
    }


@pytest.mark.parametrize("name", ['a,b "c"', "Żółw", "2:4", "x" * 300])
def test_a_class_may_be_called_anything(tmp_path, name):
    quoted = '"' + name.replace('"', '""') + '"'
    label = {"column": "kind", "kind": "classes", "classes": ["other", name]}
    rows = rows_of(tmp_path, label, ["km,kind", f"1,{quoted}", "2,other"])
    np.testing.assert_array_equal(rows.columns["kind"], [1, 0])


def test_a_class_stored_as_truth_value_number_or_text_is_the_same_class(tmp_path):
    dataset = Dataset(source="-", label=Label(column="y", kind="binary", classes=["0", "1"]), numeric=("km",))
    for values in (["1", "0.0"], [1, 0], [1.0, 0.0]):
        file = str(tmp_path / "t.parquet")
        pa.parquet.write_table(pa.table({"km": [1.0, 2.0], "y": values}), file)
        (batch,) = read(dataset, file)
        np.testing.assert_array_equal(to_rows(dataset, batch).columns["y"], [1, 0])


def test_where_a_row_falls_does_not_depend_on_which_classes_are_known(tmp_path):
    lines = ["km,y", *(f"{row},{'ab'[row % 2]}" for row in range(200))]
    seen, known = (
        rows_of(tmp_path, {"column": "y", "kind": "classes", "classes": classes}, lines)
        for classes in (None, ["a", "b"])
    )
    np.testing.assert_array_equal(seen.split, known.split)
    assert seen.columns["y"].to_pylist()[:2] == [b"a", b"b"]
