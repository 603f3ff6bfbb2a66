"""One situation in cells copied from a spreadsheet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import riskmodel
from riskmodel.errors import SituationError
from riskmodel.tables.options import TableOptions
from riskmodel.tables.pasted import LeftOut, read_pasted

MODEL = """
format: 1
id: small
indicators:
  talks: {title: Talks, scale: {levels: {none: 0, some: 1}}}
  troops:
    title: Troops, in thousands
    column: [TRP, trp_cnt]
    valid: [0, null]
    missing: [-999]
    scale: {goalposts: [0, 10]}
  mood: {title: Mood, valid: [-5, 5], scale: {goalposts: [-5, 5]}}
scores:
  risk: {weights: {talks: -1, troops: 1, mood: -1}}
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    path = tmp_path_factory.mktemp("pasted") / "small.yaml"
    path.write_text(MODEL)
    return riskmodel.load_model(path).spec


def cells(*rows):
    return "".join("\t".join(row) + "\r\n" for row in rows)


@pytest.mark.parametrize("name", ["troops", "Troops", "TROOPS", "trp", "TRP_CNT", "trp cnt", "Troops, in thousands"])
def test_a_row_below_its_header_is_matched_by_id_title_and_stated_columns(spec, name):
    pasted = read_pasted(spec, cells(["id", name, "Mood (points)", "remark"], ["x", " 7.5 ", "-2", "odd"]))
    assert pasted.values == {"troops": 7.5, "mood": -2.0}
    assert pasted.about == {"id": "x"}
    assert pasted.left_out == [LeftOut("remark", "odd", "not an indicator")]
    assert pasted.has_names


@pytest.mark.parametrize(
    "text",
    [
        cells(["talks", "some"], ["TRP", "3"], ["date", "March 2026"]),
        cells(["talks", "TRP", "date"], ["some", "3", "2026-03"]),
        "talks\tTRP\tdate\nsome\t3\t2026M03",
    ],
)
def test_names_stand_above_the_cells_or_before_them(spec, text):
    pasted = read_pasted(spec, text)
    assert (pasted.values, pasted.about) == ({"talks": "some", "troops": 3.0}, {"date": "2026-03"})


def test_a_single_name_with_its_value(spec):
    assert read_pasted(spec, "Mood\t3").values == {"mood": 3.0}


def test_two_columns_of_two_names_are_told_apart_from_two_rows(spec):
    assert read_pasted(spec, cells(["mood", "1"], ["troops", "2"])).values == {"mood": 1.0, "troops": 2.0}
    assert read_pasted(spec, cells(["mood", "troops"], ["1", "2"])).values == {"mood": 1.0, "troops": 2.0}


@pytest.mark.parametrize("lead", [[], ["a_1", "A title", "2026"]])
def test_a_row_without_names_is_read_in_the_order_of_the_model(spec, lead):
    pasted = read_pasted(spec, cells([*lead, "none", "", "-1"]))
    assert pasted.values == {"talks": "none", "mood": -1.0}
    assert pasted.about == (dict(zip(("id", "title", "date"), lead, strict=True)) if lead else {})
    assert not pasted.has_names


@pytest.mark.parametrize("code", ["", "NA", "NaN", "null", "-999"])
def test_cells_for_what_is_missing_are_unknown_and_not_left_out(spec, code):
    pasted = read_pasted(spec, cells(["troops", "mood"], [code, "1"]))
    assert (pasted.values, pasted.left_out) == ({"mood": 1.0}, [])


def test_a_decimal_comma_is_read_only_where_it_was_chosen(spec):
    text = cells(["troops", "mood"], ["1,5", "2"])
    pasted = read_pasted(spec, text)
    assert pasted.values == {"mood": 2.0}
    assert "decimal comma" in pasted.left_out[0].reason
    assert read_pasted(spec, text, TableOptions(decimal=",")).values == {"troops": 1.5, "mood": 2.0}
    both = TableOptions(decimal=",", thousands=".")
    assert read_pasted(spec, cells(["troops"], ["1.234,5"]), both).values == {"troops": 1234.5}


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("mood", "6", "6 is outside the valid range (-5 to 5); the nearest valid value is 5"),
        ("talks", "often", "not one of the labels: 'often'; known: none, some"),
        ("date", "2026-Q1", "a quarter"),
        ("date", "01/02/2026", "01/02/2026"),
        ("troop", "1", "did you mean 'troops'?"),
    ],
)
def test_a_cell_that_is_left_out_has_its_reason(spec, column, cell, reason):
    names, values = (["TRP", column], ["1", cell])
    (left_out,) = read_pasted(spec, cells(names, values)).left_out
    assert (left_out.column, left_out.value) == (column, cell)
    assert reason in left_out.reason


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there are no cells"),
        (" \t \n", "there are no cells"),
        ("7", "'7' is one cell"),
        ("1\t2", "2 cells without names, and the model has 3 indicators"),
        ("1\t2\t3\n1\t2\t3", "2 rows, and the first has no name"),
        ("mood\ttroops\n1\t2\n3\t4", "2 rows below the names"),
        ("mood\ttroops\tremark", "0 rows below the names"),
        ("mood\tMOOD\n1\t2", "'mood' and 'MOOD' are both 'mood'"),
        ("date\tperiod\tmood\n2026\t2026\t1", "'date' and 'period' are both the date"),
        ("mood\ttroops\n1\t2\t3", "3 cells below 2 names"),
        ("mood\t1\t2\ntroops\t3\t4", "mood has 2 values: 1, 2"),
        ("id\tmood\nx\t99", "no cell is a value of an indicator: mood: 99 is outside"),
    ],
)
def test_cells_that_are_no_single_situation_are_refused(spec, text, message):
    with pytest.raises(SituationError) as error:
        read_pasted(spec, text)
    assert message in str(error.value)


def test_cells_with_line_ends_and_quotes_are_read_as_spreadsheets_copy_them(spec):
    pasted = read_pasted(spec, 'title\tmood\n"A ""tense""\nmonth"\t2\n')
    assert pasted.about == {"title": 'A "tense"\nmonth'}


@given(
    values=st.fixed_dictionaries(
        {},
        optional={
            "talks": st.sampled_from(["none", "some"]),
            "troops": st.floats(0, 1e9),
            "mood": st.floats(-5, 5).map(lambda number: number + 0.0),
        },
    ).filter(bool),
    order=st.randoms(),
    is_down=st.booleans(),
)
def test_values_are_read_as_they_were_written_in_any_order(spec, values, order, is_down):
    pairs = [(name, str(value)) for name, value in values.items()]
    order.shuffle(pairs)
    rows = pairs if is_down else zip(*pairs, strict=True)
    pasted = read_pasted(spec, cells(*rows))
    assert pasted.values == values
    assert pasted.left_out == []
