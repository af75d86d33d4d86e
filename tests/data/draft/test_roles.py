import pytest

from data.draft.roles import role_of
from data.draft.seen import look


def role(tmp_path, name, values):
    file = tmp_path / "t.csv"
    file.write_text("\n".join([f"{name},z", *(f"{value},1" for value in values)]) + "\n")
    return role_of(look(str(file)).columns[name])


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("", range(1, 101), ("left out", "the number of the row")),
        ("order_id", range(500, 900, 4), ("left out", "an id: another number in each row")),
        ("time", range(100), ("numeric", "0 to 99")),
        ("hours", range(0, 1000, 7), ("numeric", "0 to 994")),
        ("zip code", [3000, 7000] * 50, ("categorical", "2 codes: more of it means nothing")),
        ("flag", ["true", "false"] * 50, ("numeric", "true and false, as 1 and 0")),
        ("part", [0, 1] * 50, ("numeric", "0 or 1")),
        ("empty", ["NA"] * 50, ("left out", "no value in any row")),
        ("same", ["a"] * 50, ("left out", "'a' in every row")),
        ("uuid", [f"{i:x}" for i in range(2571, 2700)], ("left out", "an id or free text")),
        ("town", ["Bern", "Chur", "Bern"] * 50, ("categorical", "2 texts, mostly 'Bern' (67%)")),
        ("user", [f"u{i % 120}" for i in range(600)], ("key", "120 of them with 5.0 rows each")),
        ("amount", [f"$ {i}.50" for i in range(100)], ("left out", "'$ 0.50' has a sign of a currency")),
        ("share", [f"{i % 50} %" for i in range(100)], ("left out", "'0 %' has a percent sign")),
        ("weight", [f"{i % 50}.5 kg" for i in range(100)], ("left out", "'0.5 kg' is a number with a unit")),
        ("drive", [f"{2 + 2 * (i % 2)}WD" for i in range(100)], ("categorical", "2 texts")),
        ("sample number", [*range(1, 60), *range(1, 31)], ("left out", "counts the rows of a group from 1 to 59")),
        ("visit no", [1, 2, 3] * 40, ("left out", "counts the rows of a group from 1 to 3")),
        ("hour", [*range(24)] * 4, ("numeric", "0 to 23")),
        ("wave", [1, 2, 3] * 40, ("numeric", "1 to 3")),
        ("dom", [*range(1, 32), *range(1, 29), *range(1, 32)], ("numeric", "1 to 31")),
        ("Comments", ["", "", "wet"] * 50 + ["", "dry"], ("left out", "remarks on few rows, such as 'wet', missing")),
        ("seen", ["", "", "no egg was seen"] * 9 + ["", "a nest full of eggs"] * 9, ("left out", "remarks on few")),
        ("colour", ["", "", "dark red"] * 50, ("left out", "'dark red' in every row that has a value")),
        ("shade", ["", "", "dark red", "", "", "light blue"] * 30, ("categorical", "2 texts")),
        ("flat", [f"{i % 20}{'abc'[i % 3]}" for i in range(1200)], ("categorical", "60 texts")),
    ],
)  # fmt: skip
def test_a_column_has_a_role_for_a_reason(tmp_path, name, values, expected):
    found = role(tmp_path, name, values)
    assert found.name == expected[0]
    assert found.why.startswith(expected[1])


def test_what_is_missing_and_what_is_odd_is_said(tmp_path):
    found = role(tmp_path, "km", [*range(0, 100, 2), "", "", "far"])
    assert found == ("numeric", "0 to 98, missing in 3.8%; 1 row holds no number, such as 'far'")
