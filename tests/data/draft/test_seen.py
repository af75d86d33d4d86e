import pyarrow as pa
import pyarrow.parquet
import pytest

from data.draft.seen import look
from data.errors import DataError
from data.notation import MISSING


def seen(tmp_path, text):
    file = tmp_path / "t.csv"
    file.write_text(text)
    return look(str(file))


def test_columns_are_numbers_truth_values_texts_or_nothing(tmp_path):
    table = seen(tmp_path, "n,t,x,e\n1.5,True,a,\n,false,b,NA\n3,TRUE,a,\n")
    assert {name: one.kind for name, one in table.columns.items()} == {
        "n": "number",
        "t": "truth",
        "x": "text",
        "e": "nothing",
    }
    number = table.columns["n"]
    assert (number.missing, number.known, number.distinct, number.whole) == (1, 2, 2, False)
    assert table.columns["x"].counts.most_common(1) == [("a", 2)]
    assert table.all_rows


def test_decimal_commas_are_told_from_thousands(tmp_path):
    assert seen(tmp_path, "a;b\n1,5;x\n2,25;y\n").settings == {"delimiter": ";", "decimal": ","}
    table = seen(tmp_path, 'a,b\n"1,500",1.5\n"2,250",2.5\n')
    assert "decimal" not in table.settings
    assert table.columns["a"].kind == "text"
    assert table.columns["a"].why == "'1,500' has separators between thousands; write plain numbers to use it"


def test_a_mark_among_numbers_stands_for_a_missing_one(tmp_path):
    table = seen(tmp_path, "a,b\n1,?\n?,x\n3,y\n4,z\n")
    assert table.settings == {"missing": [*MISSING, "?"]}
    assert (table.columns["a"].kind, table.columns["a"].missing) == ("number", 1)
    assert "missing" not in seen(tmp_path, "a,b\n1,x\n2,?\n3,y\n").settings, "among texts it is one"


def test_a_word_that_repeats_among_many_numbers_stands_for_a_missing_one(tmp_path):
    rain = ["T", "T", "T", "T", "T", "n. d.", *(f"{day % 25}.5" for day in range(60))]
    table = seen(tmp_path, "rain\n" + "\n".join(rain * 5) + "\n")
    assert table.settings == {"missing": [*MISSING, "T", "n. d."]}
    assert (table.columns["rain"].kind, table.columns["rain"].missing) == ("number", 30)
    assert table.why["missing"] == "the usual texts, and T in rain, n. d. in rain"


@pytest.mark.parametrize(
    ("values", "also"),
    [
        ([*range(60), "none"], "a"),  # once: it may be a mistake
        ([*range(10)] * 6 + ["K"] * 5, "a"),  # of so few numbers it may be a class
        ([*range(60), *["under 5"] * 5], "a"),  # says how much
        ([*range(60), *["a"] * 5, *["b"] * 5, *["c"] * 5], "z"),  # says several things
        ([*range(30), *["none"] * 30], "a"),  # as much a text as a number
        ([*range(60), *["none"] * 5], "none"),  # a category of another column
    ],
)
def test_a_word_among_numbers_that_may_mean_something_stays(tmp_path, values, also):
    table = seen(tmp_path, "a,b\n" + "".join(f"{value},{also}\n" for value in values))
    assert "missing" not in table.settings


def test_a_few_texts_among_numbers_are_odd_and_many_make_texts(tmp_path):
    few = seen(tmp_path, "a\n" + "1\n" * 30 + "oops\n").columns["a"]
    assert (few.kind, few.odd) == ("number", {"oops": 1})
    assert seen(tmp_path, "a\n1\n2\noops\n").columns["a"].kind == "text"


def test_stored_types_of_parquet_count(tmp_path):
    file = tmp_path / "t.parquet"
    moments = pa.array([0, 1], pa.timestamp("s"))
    table = pa.table({"at": moments, "l": [[1], [2]], "d": pa.array([True, False]), "n": pa.nulls(2)})
    pa.parquet.write_table(table, file)
    columns = look(str(file)).columns
    assert {name: one.kind for name, one in columns.items()} == {
        "at": "moment",
        "l": "unusable",
        "d": "truth",
        "n": "nothing",
    }
    assert "a single value a row is needed" in columns["l"].why


def test_a_table_without_rows_is_an_error(tmp_path):
    with pytest.raises(DataError, match="it holds no rows"):
        seen(tmp_path, "a,b\n")


def test_files_of_other_columns_are_an_error(tmp_path):
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2.csv").write_text("a,c\n1,2\n")
    with pytest.raises(DataError, match="has other columns than"):
        look(str(tmp_path / "*.csv"))


def test_tfrecords_are_looked_at_too(tmp_path):
    tf = pytest.importorskip("tensorflow")
    file = tmp_path / "rows.tfrecord"
    with tf.io.TFRecordWriter(str(file)) as writer:
        for row in range(3):
            km = tf.train.Feature(float_list=tf.train.FloatList(value=[row + 0.5]))
            kind = tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"ab"[row % 2 :][:1]]))
            features = tf.train.Features(feature={"km": km, "kind": kind})
            writer.write(tf.train.Example(features=features).SerializeToString())
    found = {name: (one.kind, one.distinct) for name, one in look(str(file)).columns.items()}
    assert found == {"km": ("number", 3), "kind": ("text", 2)}
