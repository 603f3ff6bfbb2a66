"""Indicators are read from a table of one's own as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import table
from riskmodel.sources.countries import STATES
from riskmodel.sources.files import SourceFile


def read_file(path, **spec):
    """Return the levels of a file as tuples, and the tally."""
    levels, tally = table.read(SourceFile(str(path)), SourceSpec(kind="table", path=(str(path),), **spec))
    sides = [
        "-".join(STATES[state].iso3 for state in both if state >= 0)
        for both in zip(levels.state_a.tolist(), levels.state_b.tolist(), strict=True)
    ]
    columns = [levels.columns[column] for column in levels.column.tolist()]
    times = zip(levels.month.tolist(), levels.months.tolist(), strict=True)
    rows = zip(levels.line.tolist(), sides, times, columns, levels.value.tolist(), strict=True)
    return list(rows), tally


@pytest.fixture
def read(write):
    """Return a function that reads levels from a text."""
    return lambda text, **spec: read_file(write("table.csv", text), **spec)


def test_values_of_pairs_by_month_quarter_and_year(read):
    text = "pair,period,public_hostility,note_score\nUSA-RUS,2018-03,5,1\nRUS-USA,2018,6,\nCHN-USA,2018-Q2,,\n"
    rows, tally = read(text)
    assert rows == [
        (2, "USA-RUS", (578, 1), "public_hostility", 5.0),  # 48 x 12 + 2 months after January 1970
        (2, "USA-RUS", (578, 1), "note_score", 1.0),
        (3, "RUS-USA", (576, 12), "public_hostility", 6.0),
    ]
    assert (tally.rows, tally.dropped) == (3, {"no value": 1})


def test_a_recipe_chooses_the_indicators_and_names_their_columns(read):
    text = "a;b;date;disapproval;pollster\n2;365;2018-03-31;61.5;X\n2;9999;2018-03-31;50;Y\n2;1001;2018-03;;Z\n"
    columns = {"state_a": "a", "state_b": "b", "period": "date", "public_hostility": "disapproval"}
    rows, tally = read(text, columns=columns, codes="cow")
    assert rows == [(2, "USA-RUS", (578, 1), "public_hostility", 61.5)]
    assert tally.dropped == {"a country that is in no list": 2}
    assert tally.unknown == {("cow", "9999"): 1, ("cow", "1001"): 1}


def test_values_of_states_of_the_world_and_of_one_pair(read):
    assert read("state,period,x\nUSA,2018,1\nHKG,2018,2\n")[0] == [(2, "USA", (576, 12), "x", 1.0)]
    assert read("state,period,x\nUSA,2018,1\nHKG,2018,2\n")[1].dropped == {"a side is no state": 1}
    assert read("period,x\n2018,1\n")[0] == [(2, "", (576, 12), "x", 1.0)]
    assert read("period,x\n2018,1\n", columns={"pair": "=USA-RUS"})[0] == [(2, "USA-RUS", (576, 12), "x", 1.0)]


@pytest.mark.parametrize(
    "text",
    [
        "date,x\n2018-03-31,5\n",
        "month,x\nMarch 2018,5\n",
        "year,month,x\n2018,3,5\n",
        "year,month,x\n2018,03,5\n",
        "year,month,x\n2018,2018-03,5\n",
    ],
)
def test_the_period_may_have_several_names_and_two_columns(read, text):
    assert read(text)[0] == [(2, "", (578, 1), "x", 5.0)]


def test_year_and_quarter_are_a_period(read):
    assert read("year,quarter,x\n2018,2,5\n")[0] == [(2, "", (579, 3), "x", 5.0)]


def test_columns_without_numbers_are_left_out_and_named(read):
    rows, tally = read("year,x,fact\n2018,5,in force\n2019,6,\n")
    assert [(column, value) for *_, column, value in rows] == [("x", 5.0), ("x", 6.0)]
    assert tally.mended == {"column 'fact' left out, which has no number": 1}


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=24))
def test_all_values_are_read_as_they_are(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("levels") / "table.csv"
    rows = "".join(f"{2000 + number // 12}-{number % 12 + 1:02},{value!r}\n" for number, value in enumerate(values))
    path.write_text("period,x\n" + rows, encoding="utf-8")
    read, _ = read_file(path)
    assert [value for *_, value in read] == values
    assert [month for _, _, (month, _), *_ in read] == list(range(360, 360 + len(values)))


@pytest.mark.parametrize(
    ("text", "spec", "message"),
    [
        ("pair,period,x\nUSA-RUS,2018-03,5\nRUS-USA,2018-03-31,6\n", {}, ":3: column 'x': '6' is a second value"),
        ("pair,period,x\nUSA-RUS,2018-03,5\nRUS-USA,2018-03-31,6\n", {}, "the first is in line 2"),
        (
            "pair,period,x\nUSA-RUS,2018-02,1\nUSA-RUS,2018-03,high\n",
            {},
            ":3: column 'x': 'high' is no number such as 1234.5",
        ),
        ("pair,period\nUSA-RUS,2018-03\n", {}, ":1: has no column of numbers beside those of states and period"),
        ("pair,time,x\nUSA-RUS,2018-03,1\n", {}, "there is no column 'period'; the file has 'pair', 'time', 'x'"),
        ("year,month,x\n2018,13,1\n", {}, ":2: column 'month': '2018-13' is not a time"),
        ("period,x\n2018,1\n", {"columns": {"pair": "=USA-RUX"}}, "the constant of 'pair': 'USA-RUX': 'RUX' is no"),
        ("period,x\n2018,1\n", {"columns": {"y": "xx"}}, "there is no column 'xx'"),
        ("state_a,state_b,period,x\n2,365,2018,1\n", {}, ":2: column 'state_a': '2' is a number; `codes: cow`"),
        ("state,period,x\nRussia,2018,1\n", {}, "'Russia' is no state or place by ISO 3166-1 alpha-3; it is Russia"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_error_with_its_line(read, text, spec, message):
    with pytest.raises(SituationError) as caught:
        read(text, **spec)
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1
