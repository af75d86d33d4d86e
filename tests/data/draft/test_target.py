import pytest

from data.draft.seen import look
from data.draft.target import block, label_named
from data.errors import DataError


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "t.csv"
    header = "id,price,sold,kind,grade,rare,note,same,age,money"
    rows = [
        f"{i},{1000 + i * 7 % 130}.5,{'yes' if i % 5 == 0 else 'no'},{'ABC'[i % 3]},{i % 4},{'KL'[i % 3 > 1]},n{i},x,"
        f"{i % 80 if i else -1},'$1,{100 + i}'".replace("'", '"')
        for i in range(300)
    ]
    file.write_text("\n".join([header, *rows]) + "\n")
    return look(str(file))


def label(table, name):
    return block(table, *label_named(table, name))


def test_the_label_is_guessed_by_its_name(table):
    column, why = label_named(table, None)
    assert column.name == "price"
    assert why == "guessed by its name; --label names another"


def test_the_kind_follows_from_the_values(table):
    assert label(table, "price")[0] == {"column": "price", "kind": "number"}
    assert label(table, "kind")[0] == {"column": "kind", "kind": "classes"}
    assert label(table, "grade")[0] == {"column": "grade", "kind": "classes"}


def test_of_two_values_the_yes_is_named(table):
    assert label(table, "sold") == (
        {"column": "sold", "kind": "binary", "positive": "yes"},
        "as asked: 'yes' in 20.0% of the rows",
    )
    found, why = label(table, "rare")
    assert found["kind"] == "binary"
    assert "taken for the yes as the rarer of two, else write" in why


def test_spaces_around_a_name_in_the_header_need_not_be_given(tmp_path):
    (tmp_path / "t.csv").write_text("a, price\n" + "".join(f"{i},{i * 7 % 90}\n" for i in range(300)))
    assert label_named(look(str(tmp_path / "t.csv")), "price")[0].name == " price"


def test_a_few_negative_ages_are_kept_out(table):
    found, why = label(table, "age")
    assert found == {"column": "age", "kind": "number", "range": {"low": 0, "high": 800}}
    assert "1 rows below 0, such as -1, cannot be" in why


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("prise", "no such column. Did you mean price? There are: id, price"),
        ("note", "300 different texts in 300 rows"),
        ("money", "--label money: '$1,100' has a sign of a currency; write plain numbers to use it"),
        ("same", "every row holds x, so there is nothing to predict"),
    ],
)
def test_what_cannot_be_predicted_is_told(table, name, said):
    with pytest.raises(DataError, match="--label") as error:
        label(table, name)
    assert said in str(error.value)
