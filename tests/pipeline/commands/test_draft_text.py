import pytest

from data.draft.propose import propose
from pipeline.commands.draft_text import draft_text
from pipeline.config import load

ROWS = [
    f"{41.5 + i % 50 / 100},{-87.5 - i % 40 / 100},2020-01-{1 + i % 28:02d} 10:00,{i % 9},{i % 7 + i % 3}.5,x{i % 3}"
    for i in range(300)
]


@pytest.fixture
def proposal(tmp_path):
    file = tmp_path / "no.csv"
    file.write_text("\n".join(["lat,lon,start,2019,fare,a: b", *ROWS]) + "\n")
    return propose(str(file), "fare")[0]


def test_the_text_is_read_as_it_was_meant(proposal, tmp_path):
    target = tmp_path / "no.yaml"
    target.write_text(draft_text(proposal, "no", "no.csv", "Next: farelite run"))
    config = load(target)
    assert config.name == "no"
    assert config.data.source == str(tmp_path / "no.csv")
    assert config.data.numeric == ("2019",)
    assert config.data.categorical == ("a: b",)
    assert config.data.time.time_zone == "America/Chicago"
    assert config.data.points["place"].latitude == "lat"
    assert config.data == proposal.dataset()


def test_each_choice_has_its_reason_beside_it(proposal):
    text = draft_text(proposal, "no", "no.csv", "Next: farelite run --config no.yaml")
    assert text.startswith(
        "# Proposed by `farelite init` after a look at all 300 rows. Next: farelite run --config no.yaml"
    )
    assert "    - '2019'                       # 0 to 8" in text
    assert "# 3 texts, mostly 'x0' (33%)" in text
    assert "the zone of the nearest city" in text


def test_many_columns_stand_side_by_side(tmp_path):
    file = tmp_path / "wide.csv"
    names = [f"column_{place}" for place in range(40)]
    rows = []
    for i in range(300):
        rows.append(",".join([str(i * 7 % 13 + i % 5), *(str(i * place % 11 + i % 3) for place in range(1, 41))]))
    file.write_text("\n".join([",".join(["y", *names]), *rows]) + "\n")
    text = draft_text(propose(str(file), "y")[0], "wide", "wide.csv", "")
    assert len(text.splitlines()) < 25
    assert "column_39" in text
