import pytest

from data.errors import DataError
from data.label_kind import settle
from data.sources import locate
from data.spec import Dataset, Label, Split


def settled(tmp_path, values, split=None, numeric=("km",), header="km,y", **label):
    """The label of a table whose rows are written by turns from `values`."""
    file = tmp_path / "t.csv"
    count = max(300, len(values))
    file.write_text(header + "\n" + "".join(f"{row},{values[row % len(values)]}\n" for row in range(count)))
    dataset = Dataset(
        source=str(file), label=Label(**{"column": "y", **label}), numeric=numeric, split=split or Split()
    )
    found, said = settle(dataset, locate(dataset))
    return found.label, said


def question(tmp_path, values, **label):
    with pytest.raises(DataError) as error:
        settled(tmp_path, values, **label)
    return str(error.value)


def test_numbers_are_a_number_and_nothing_else_is_read_into_them(tmp_path):
    for values in (
        [1.5, 2, 3],
        range(300),
        ["1,5", "2.5"],
        ["7", "NA", "8.5"],
        [5],
        ["ten dollars"],
        map("${}".format, range(300)),
    ):
        values = [f'"{one}"' for one in values]
        label, said = settled(tmp_path, values)
        assert (label.kind, label.classes, said) == ("number", None, "label y: a number")


def test_texts_and_few_whole_numbers_are_classes_in_a_stated_order(tmp_path):
    label, said = settled(tmp_path, ["wren", "gull", "Owl"])
    assert (label.kind, label.classes) == ("classes", ("Owl", "gull", "wren"))
    assert said == "label y: 3 classes (Owl, gull, wren); set data.label.kind to have it otherwise"
    assert settled(tmp_path, [10, 9, 1])[0].classes == ("1", "9", "10"), "numbers in the order of numbers"


def test_two_values_are_asked_about(tmp_path):
    asked = question(tmp_path, [0, 1])
    assert "holds '0' and '1' only. Is it yes or no? Then write data.label.kind: binary, or data.label.kind" in asked
    assert "data.label.kind: number" in question(tmp_path, ["true", "FALSE"])
    asked = question(tmp_path, ["on time", "late"])
    assert "data.label.kind: binary and data.label.positive: on time (or late)" in asked


@pytest.mark.parametrize(
    ("values", "label", "classes"),
    [
        ([0, 1], {}, ("0", "1")),
        (["1.0", "0"], {}, ("0", "1")),
        (["True", "false"], {}, ("false", "true")),
        (["late", "on time"], {"positive": "late"}, ("on time", "late")),
        (["No", "Yes"], {}, ("No", "Yes")),
        (["Y", "N"], {}, ("N", "Y")),
        ([1, 2], {"positive": 1}, ("2", "1")),
    ],
)
def test_yes_and_no_are_found(tmp_path, values, label, classes):
    found, said = settled(tmp_path, values, kind="binary", **label)
    assert found.classes == classes
    assert said == f"label y: no and yes ({', '.join(classes)})"


def test_a_comparison_says_itself_what_it_is(tmp_path):
    found, _ = settled(tmp_path, ["3,10", "1,10"], header="km,tips,fare", expression="tips / fare > 0.2")
    assert (found.kind, found.classes) == ("binary", ("false", "true"))
    found, _ = settled(tmp_path, ["3,10", "1,10"], header="km,tips,fare", expression="tips / fare")
    assert found.kind == "number"


def test_what_cannot_be_learned_is_refused_with_what_to_do(tmp_path):
    assert "all training rows are of one class, 'a'" in question(tmp_path, ["a"], kind="classes")
    assert "1,001 different values in the training rows, at most 1,000" in question(
        tmp_path, [f"c{row}" for row in range(1001)] * 9, kind="classes"
    )
    assert "data.label.positive 'sure' never occurs" in question(tmp_path, ["a", "b"], kind="binary", positive="sure")
    assert "name the yes: data.label.positive: red" in question(tmp_path, ["red", "blue"], kind="binary")
    assert "3 values, a, b, c; a binary label has two" in question(tmp_path, ["a", "b", "c"], kind="binary")
    assert "'Yes' and 'yes', which differ in case or spaces only" in question(
        tmp_path, ["yes", "Yes", "no"], kind="binary", positive="yes"
    )
    assert "no training row is accepted: y: missing" in question(tmp_path, [""], kind="classes")


def test_classes_are_those_of_the_training_rows_alone(tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("km,y\n1,a\n2,novel\n")
    label, _ = settled(tmp_path, ["a", "b"], kind="classes", split=Split(test_source=str(other)))
    assert label.classes == ("a", "b")


def test_given_classes_need_no_look(tmp_path):
    label, _ = settled(tmp_path, [""], kind="classes", classes=["b", "a"])
    assert label.classes == ("b", "a")
