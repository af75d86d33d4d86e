import numpy as np
import pytest

from data.draft import seen
from data.draft.propose import first_look, propose
from data.errors import DataError

DRAWN = np.random.default_rng(1)


def written(tmp_path, columns, name="houses.csv"):
    file = tmp_path / name
    rows = zip(*columns.values(), strict=True)
    file.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(file)


@pytest.fixture
def houses():
    size = DRAWN.integers(40, 200, 400)
    price = size * 3000 + DRAWN.normal(0, 20000, 400).round()
    return {
        "id": range(1, 401),
        "size": size,
        "price": price,
        "price_eur": (price * 0.9).round(1),
        "town": DRAWN.choice(["Bern", "Chur"], 400),
        "zip": DRAWN.choice([3000, 7000, 7001], 400),
        "country": ["CH"] * 400,
        "ref": [f"r{row}" for row in range(400)],
        "garden": DRAWN.choice(["True", "False"], 400),
    }


def test_each_column_gets_a_role_and_a_reason(tmp_path, houses):
    proposal, dataset, loaded = propose(written(tmp_path, houses))
    assert proposal.label["column"] == "price"
    assert set(proposal.numeric) == {"size", "garden"}
    assert proposal.numeric["garden"] == "true and false, as 1 and 0"
    assert set(proposal.categorical) == {"town", "zip"}
    assert proposal.left_out["id"] == "the number of the row"
    assert proposal.left_out["country"] == "'CH' in every row"
    assert proposal.left_out["price_eur"].startswith("tells the label: correlation 1.0000 with price")
    assert proposal.left_out["ref"].startswith("an id or free text")
    assert dataset.label.kind == "number"
    assert loaded.table.num_rows == 400
    assert proposal.name == "houses"


def test_many_rejects_are_let_through_with_their_reason(tmp_path, houses):
    houses["price"] = [price if row % 8 else "" for row, price in enumerate(houses["price"])]
    proposal, *_ = propose(written(tmp_path, houses))
    assert proposal.rejected == 0.16
    assert proposal.rejected_why == "12.5% of the rows are rejected: price: missing 50"


def test_what_several_rows_are_of_stays_in_one_part(tmp_path, houses):
    houses["customer_id"] = DRAWN.integers(10**6, 10**6 + 150, 400)
    proposal = first_look(written(tmp_path, houses))
    assert proposal.data()["split"] == {"key": ["customer_id"]}
    assert proposal.left_out["customer_id"] == "named in data.split.key"


def test_a_number_that_goes_along_with_the_label_is_asked_about(tmp_path, houses):
    houses["tax"] = houses["price"] * 0.01 + DRAWN.normal(0, 500, 400)
    proposal, *_ = propose(written(tmp_path, houses))
    assert "goes along with price" in proposal.numeric["tax"]


def test_few_rows_are_halved_or_said(tmp_path, houses):
    few = {name: list(column)[:100] for name, column in houses.items()}
    assert propose(written(tmp_path, few))[0].split["test_fraction"] == 0.5
    fewer = {name: list(column)[:50] for name, column in houses.items()}
    assert "below" not in (remark := propose(written(tmp_path, fewer))[0].remarks[0])
    assert "gate.min_rows (30) it is refused: bring more rows" in remark


def test_a_table_with_nothing_to_predict_from_says_why(tmp_path):
    columns = {"id": range(200), "y": DRAWN.normal(0, 1, 200)}
    with pytest.raises(DataError, match=r"no column is left to predict y from \(id: the number of the row\)"):
        propose(written(tmp_path, columns))


@pytest.mark.parametrize(("further", "kind"), [("maybe", "classes"), ("no", "binary")])
def test_values_behind_the_first_rows_are_of_the_label_too(tmp_path, monkeypatch, further, kind):
    monkeypatch.setattr(seen, "LOOK_ROWS", 100)  # so the second file is not looked at
    for name, other in (("1.csv", "no"), ("2.csv", further)):
        sizes = DRAWN.normal(size=200).round(3)
        written(tmp_path, {"size": sizes, "answer": ["yes", other] * 100}, name)
    proposal, dataset, loaded = propose(f"{tmp_path}/*.csv")
    assert not proposal.table.all_rows
    assert (dataset.label.kind, loaded.table.num_rows) == (kind, 400)
    assert ("3 classes further down" in proposal.label_why) == (kind == "classes")


def test_a_sole_column_is_told_to_be_one(tmp_path):
    with pytest.raises(DataError, match=r"no column is left to predict y from \(it is the only one\)"):
        propose(written(tmp_path, {"y": DRAWN.normal(size=200)}), "y")
