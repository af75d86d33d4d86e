import pytest

from data.time_formats import formats_of, reads


@pytest.mark.parametrize(
    ("texts", "forms"),
    [
        (["2014-05-13", "2014-05-14"], ["%Y-%m-%d"]),
        (["2014-05-13 17:00:00 UTC"], ["%Y-%m-%d %H:%M:%S UTC"]),
        (["2014-05-13T17:00:00Z", "2014-05-13T18:30:00Z"], ["%Y-%m-%dT%H:%M:%SZ"]),
        (["2014-05-13T17:00:00.123+02:00"], ["%Y-%m-%dT%H:%M:%S.%f%z"]),
        (["31.12.2019 7:05"], ["%d.%m.%Y %H:%M"]),
        (["12/31/2019 11:59 PM"], ["%m/%d/%Y %I:%M %p"]),
        (["31/12/19"], ["%d/%m/%y"]),
        (["20140513", "20141231"], ["%Y%m%d"]),
        (["Tue, 13 May 2014 10:00", "Thu, 15 May 2014 11:30"], ["%a, %d %b %Y %H:%M", "%a, %d %B %Y %H:%M"]),
        (["5-Jan-2020"], ["%d-%b-%Y"]),
        (["January 5, 2020"], ["%B %d, %Y"]),
    ],
)
def test_the_format_is_found_from_how_the_texts_look(texts, forms):
    assert formats_of(texts) == forms


def test_day_and_month_that_cannot_be_told_apart_give_both_formats():
    assert formats_of(["01/02/2020", "03/04/2020"]) == ["%m/%d/%Y", "%d/%m/%Y"]
    assert formats_of(["01/02/2020", "13/04/2020"]) == ["%d/%m/%Y"], "one thirteenth tells"


def test_texts_that_are_no_times_have_no_format():
    for texts in ([], ["blue"], ["12345678"], ["1.5"], ["2014-13-45"], ["10:30"]):
        assert formats_of(texts) == []


def test_a_share_of_odd_texts_may_be_allowed():
    texts = ["2020-01-01"] * 19 + ["unknown"]
    assert formats_of(texts, 0.95) == ["%Y-%m-%d"]
    assert formats_of(texts) == []
    assert not reads("unknown", "%Y-%m-%d")
