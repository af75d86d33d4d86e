import pytest

from data.draft.moments import in_zone, moments, settings
from data.draft.seen import look


def found(tmp_path, header, *rows):
    file = tmp_path / "t.csv"
    file.write_text("\n".join([header, *rows]) + "\n")
    return moments(look(str(file)).columns)


def test_the_beginning_is_the_likeliest_time(tmp_path):
    rows = [f"2020-01-{day:02d} 10:00,2020-01-{day:02d} 09:00,{day}" for day in range(1, 31)]
    times, unfit = found(tmp_path, "end_time,start_time,n", *rows)
    assert [one.name for one in times] == ["start_time", "end_time"]
    assert unfit == {}


@pytest.mark.parametrize(
    ("value", "form", "is_moment"),
    [
        ("1400000000", "unix", True),
        ("20140513", "%Y%m%d", False),
        ("2014-05-13T10:00:00Z", "%Y-%m-%dT%H:%M:%SZ", True),
        ("13.05.2014", "%d.%m.%Y", False),
    ],
)
def test_the_format_and_whether_it_names_its_zone(tmp_path, value, form, is_moment):
    other = value.replace("13", "14", 1) if "13" in value else value[:-1] + "1"
    (time,), _ = found(tmp_path, "timestamp,n", f"{value},1", f"{other},2")
    assert (time.format, time.is_moment) == (form, is_moment)


def test_times_that_cannot_be_used_are_told_why(tmp_path):
    assert found(tmp_path, "ts,n", "1400000000000,1", "1400000001000,2")[1] == {
        "ts": "milliseconds since 1970; divide by 1,000 to use it as the time"
    }
    assert "outside 1970 to 2037" in found(tmp_path, "born,n", "1931-05-01,1", "1950-06-02,2")[1]["born"]
    lacking = found(tmp_path, "date,n", "2020-01-01,1", "2020-01-02,2", ",3")[1]["date"]
    assert lacking == "a time that 33% of the rows lack"
    assert found(tmp_path, "year,n", "1999,1", "2005,2") == ([], {}), "a year is a number"


def test_the_zone_of_the_places_is_the_clock_that_texts_show(tmp_path):
    (time,), _ = found(tmp_path, "start,n", "2014-05-13 10:00,1", "2014-05-14 11:00,2")
    block, why = settings(time, ("America/Chicago", 5.0))
    assert block == {
        "column": "start",
        "format": "%Y-%m-%d %H:%M",
        "time_zone": "America/Chicago",
        "source_time_zone": "wall-clock",
    }
    assert "nearest city, 5 km" in why
    assert settings(time, None)[0] == {"column": "start", "format": "%Y-%m-%d %H:%M"}
    assert in_zone({"column": "t", "format": "unix"}, "Asia/Tokyo") == {
        "column": "t",
        "format": "unix",
        "time_zone": "Asia/Tokyo",
    }


def test_days_and_months_that_could_be_either_are_asked_about(tmp_path):
    (time,), _ = found(tmp_path, "date,n", "01/02/2020,1", "03/04/2020,2")
    assert (time.format, time.other_format) == ("%m/%d/%Y", "%d/%m/%Y")
    assert "%d/%m/%Y would read too: which is the day?" in settings(time, None)[1]
