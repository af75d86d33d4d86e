import operator

import pytest
from pydantic import ValidationError

from data.label import Label, no_and_yes, parsed


def test_an_expression_of_two_columns_is_read_in_its_parts():
    found = parsed("tips / fare > 0.2")
    assert (found.columns, found.operation, found.limit) == (("tips", "fare"), "/", 0.2)
    assert found.comparison is operator.gt


@pytest.mark.parametrize(
    ("text", "columns", "limit"),
    [
        ("`tip paid`/`fare $`>=.2", ("tip paid", "fare $"), 0.2),
        ("a-b", ("a", "b"), 0.0),
        ("delay > -1.5e1", ("delay",), -15.0),
        ("straße * größe != 3", ("straße", "größe"), 3.0),
    ],
)
def test_names_may_be_odd_and_parts_may_be_left_out(text, columns, limit):
    assert (parsed(text).columns, parsed(text).limit) == (columns, limit)


@pytest.mark.parametrize(
    "text", ["", "tips", "tips / fare / 2", "tips > fare", "tips = 2", "__import__('os')", "0.2 < a"]
)
def test_what_is_no_expression_is_answered_by_an_example(text):
    with pytest.raises(ValueError, match=r"such as `tips / fare > 0\.2`"):
        parsed(text)


def refused(**choices):
    with pytest.raises(ValidationError) as error:
        Label(column="y", **choices)
    return str(error.value)


def test_settings_that_contradict_each_other_are_refused():
    assert "gives yes or no, but kind is number" in refused(expression="a > 1", kind="number")
    assert "gives a number, but kind is classes" in refused(expression="a + b", kind="classes")
    assert "range and unit are for numbers" in refused(kind="binary", unit="usd")
    assert "positive is for kind binary" in refused(kind="classes", positive="a")
    assert "two, no and yes; 3 are given" in refused(kind="binary", classes=["a", "b", "c"])
    assert "positive is 'a', but the last of classes" in refused(kind="binary", classes=["a", "b"], positive="a")
    assert "'a' more than once" in refused(kind="classes", classes=["a", "a"])
    assert "leave them out, or set kind" in refused(kind="number", positive="a")
    assert "at most 1000" in refused(kind="classes", classes=list(map(str, range(1001))))


def test_classes_that_yaml_reads_as_something_else_are_the_texts_of_the_table():
    assert Label(column="y", kind="classes", classes=[0, 1.0, 2.5, True]).classes == ("0", "1", "2.5", "true")
    assert Label(column="y", kind="binary", positive=True).positive == "true"


def test_which_value_is_the_yes():
    assert no_and_yes({"true", "false"}, None) == ("false", "true")
    assert no_and_yes({"0", "1"}, None) == ("0", "1")
    assert no_and_yes({"0", "1"}, "0") == ("1", "0")
    assert no_and_yes({"No", "Yes"}, None) == ("No", "Yes")
    assert no_and_yes({"red", "blue"}, None) is None
    assert no_and_yes({"no", "yes"}, "yes") == ("no", "yes")
    assert no_and_yes({"a", "b", "c"}, "a") is None
