"""Trade is read from the forms of the Correlates of War, the IMF and plain tables."""

import pytest

from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import trade
from riskmodel.sources.countries import STATES
from riskmodel.sources.files import SourceFile

COW = "ccode1,ccode2,year,importer1,importer2,flow1,flow2,smoothflow1,smoothflow2\n"
DOTS = (
    '"Country Name","Country Code","Indicator Name","Indicator Code","Counterpart Country Name",'
    '"Counterpart Country Code","Attribute","2018","2018Q1","2018M1","2018M12",\n'
)
DOTS_PANEL = (
    "Country Name,Country Code,Counterpart Country Name,Counterpart Country Code,Time Period,"
    '"Goods, Value of Exports, Free on board (FOB), US Dollars (TXG_FOB_USD)",'
    '"Goods, Value of Imports, Cost, Insurance, Freight (CIF), US Dollars (TMG_CIF_USD)"\n'
)
IMTS_WIDE = (
    "DATASET,SERIES_CODE,OBS_MEASURE,COUNTRY,INDICATOR,COUNTERPART_COUNTRY,FREQUENCY,SCALE,2018,2018-Q1,2018-M01\n"
)
IMTS_LONG = "DATAFLOW,COUNTRY,INDICATOR,COUNTERPART_COUNTRY,FREQUENCY,TIME_PERIOD,OBS_VALUE\n"
IMTS_IDS = "COUNTRY.ID,COUNTRY,INDICATOR.ID,INDICATOR,COUNTERPART_COUNTRY.ID,SCALE.ID,TIME_PERIOD,OBS_VALUE\n"
PLAIN = "reporter,partner,flow,period,value\n"


def month(year, number):
    return (year - 1970) * 12 + number - 1


@pytest.fixture
def read(write):
    """Return a function that reads flows from a text, as tuples, and their tally."""

    def from_text(text, **spec):
        path = str(write("trade.csv", text))
        flows, tally = trade.read(SourceFile(path), SourceSpec(kind="trade", path=(path,), **spec))
        rows = zip(
            *(getattr(flows, name).tolist() for name in ("line", "reporter", "partner", "direction", "month")),
            flows.months.tolist(),
            flows.value.tolist(),
            strict=True,
        )
        return [(line, STATES[a].iso3, STATES[b].iso3, *rest) for line, a, b, *rest in rows], tally

    return from_text


def test_correlates_of_war_have_imports_of_both_in_a_row(read):
    # flow1: imports of state 1 from state 2; flow2: imports of state 2 from state 1 (codebook of Trade 4.0).
    rows = "2,365,1990,United States of America,Russia,1065.5,3087,1065,3087\n2,365,1991,a,b,-9,3,-9,3\n"
    flows, tally = read(COW + rows + "2,365,1992,a,b,-9,-9,-9,-9\n2,1001,1992,a,b,1,1,1,1\n")
    assert flows == [
        (2, "USA", "RUS", trade.IMPORTS, month(1990, 1), 12, 1065.5),
        (2, "RUS", "USA", trade.IMPORTS, month(1990, 1), 12, 3087.0),
        (3, "RUS", "USA", trade.IMPORTS, month(1991, 1), 12, 3.0),
    ]
    assert tally.rows == 4
    assert tally.dropped == {"no value": 1, "a country that is in no list": 1}
    assert tally.unknown == {("cow", "1001"): 1}


def test_dots_has_a_column_for_each_period(read):
    rows = (
        '"Russia","922","Exports","TXG_FOB_USD","United States","111","Value","12","","1.5","2",\n'
        '"Russia","922","Exports","TXG_FOB_USD","United States","111","Status","E","","A","A",\n'
        '"Russia","922","Imports","TMG_CIF_USD","United States","111","Value","","4","","",\n'
        '"Russia","922","Imports FOB","TMG_FOB_USD","United States","111","Value","","3","","",\n'
        '"Russia","922","Balance","TBG_USD","United States","111","Value","12","3","1","1",\n'
        '"Russia","922","Exports","TXG_FOB_USD","World","001","Value","12","3","1","1",\n'
    )
    flows, tally = read("\ufeff" + DOTS + rows)
    assert flows == [
        (2, "RUS", "USA", trade.EXPORTS, month(2018, 1), 12, 12.0),
        (2, "RUS", "USA", trade.EXPORTS, month(2018, 1), 1, 1.5),
        (2, "RUS", "USA", trade.EXPORTS, month(2018, 12), 1, 2.0),
        (4, "RUS", "USA", trade.IMPORTS, month(2018, 1), 3, 4.0),
    ]
    assert tally.rows == 6
    assert tally.dropped == {
        "a status, not a value": 1,
        "imports again, without freight": 1,
        "an indicator that is no flow": 1,
        "a side is no state": 1,
    }


def test_dots_has_a_column_for_each_indicator(read):
    flows, _ = read(DOTS_PANEL + "Russia,922,United States,111,2018M03,5,6\nRussia,922,United States,111,2018,7,\n")
    assert flows == [
        (2, "RUS", "USA", trade.EXPORTS, month(2018, 3), 1, 5.0),
        (2, "RUS", "USA", trade.IMPORTS, month(2018, 3), 1, 6.0),
        (3, "RUS", "USA", trade.EXPORTS, month(2018, 1), 12, 7.0),
    ]


def test_imts_has_series_with_a_column_for_each_period(read):
    rows = (
        "IMF.STA:IMTS(1.0.0),USA.XG_FOB_USD.RUS.A,OBS_VALUE,United States,Exports,Russian Federation,Annual,Units,7,,\n"
        "IMF.STA:IMTS(1.0.0),USA.MG_FOB_USD.RUS.M,OBS_VALUE,United States,Imports,Russia,Monthly,Units,,,8\n"
        "IMF.STA:IMTS(1.0.0),USA.XG_FOB_USD.G001.A,OBS_VALUE,United States,Exports,World,Annual,Units,9,,\n"
    )
    flows, tally = read(IMTS_WIDE + rows)
    assert flows == [
        (2, "USA", "RUS", trade.EXPORTS, month(2018, 1), 12, 7.0),
        (3, "USA", "RUS", trade.IMPORTS, month(2018, 1), 1, 8.0),
    ]
    assert tally.rows == 3
    assert tally.dropped.total() == 1


def test_imts_has_a_row_for_each_value(read):
    expected = [(2, "USA", "RUS", trade.IMPORTS, month(2018, 4), 3, 7.5)]
    assert read(IMTS_LONG + "IMF.STA:IMTS(1.0.0),USA,MG_CIF_USD,RUS,Q,2018-Q2,7.5\n")[0] == expected
    assert read(IMTS_IDS + "USA,United States,MG_CIF_USD,Imports of goods,RUS,0,2018-Q2,7.5\n")[0] == expected


def test_a_plain_table(read):
    rows = "USA,RUS,imports,2018-03,1.5\nUSA,RUS,Exports,2018-Q1,..\nRUS,USA,X,2018,0\n"
    flows, tally = read(PLAIN + rows)
    assert flows == [
        (2, "USA", "RUS", trade.IMPORTS, month(2018, 3), 1, 1.5),
        (4, "RUS", "USA", trade.EXPORTS, month(2018, 1), 12, 0.0),
    ]
    assert tally.dropped == {"no value": 1}


def test_a_plain_table_of_importers_and_exporters(read):
    flows, _ = read(
        "origin,importer,year,value\n2,365,2018,3\n", columns={"exporter": "origin", "period": "year"}, codes="cow"
    )
    assert flows == [(2, "RUS", "USA", trade.IMPORTS, month(2018, 1), 12, 3.0)]


def test_a_plain_table_of_one_flow_names_it_in_the_recipe(read):
    flows, _ = read("reporter,partner,period,value\nUSA,RUS,2018,3\n", columns={"flow": "=both"})
    assert flows == [(2, "USA", "RUS", trade.BOTH, month(2018, 1), 12, 3.0)]


def test_rows_are_shown_by_their_lines(write):
    path = str(write("trade.csv", PLAIN + "USA,RUS,imports,2018-03,1.5\n"))
    shown = trade.show(SourceFile(path), SourceSpec(kind="trade", path=(path,)), {2})
    assert shown == [{"reporter": "USA", "partner": "RUS", "flow": "imports", "period": "2018-03", "value": "1.5"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (COW + "2,365,1990,a,b,10,-5,0,0\n", ":2: column 'flow2': '-5' is below 0"),
        (COW + "2,365,1990,a,b,ten,5,0,0\n", ":2: column 'flow1': 'ten' is no number such as 1234.5"),
        (COW + "2,365,90,a,b,1,5,0,0\n", ":2: column 'year': '90' is no year, quarter, month or day"),
        (COW + "2,365,1990,a,b,1\n", ":2: the line has 6 cells, and the header 9"),
        (IMTS_LONG + "d,United States,Exports of goods,Russia,M,2018-M02,7\n", "'Exports of goods' is no flow"),
        (IMTS_IDS + "USA,a,MG_CIF_USD,b,RUS,0,2018,7\nUSA,a,MG_CIF_USD,b,RUS,6,2019,7\n", ":3: column 'SCALE.ID': '6'"),
        (DOTS.replace("2018", "value"), "has neither the columns 'Time Period' and 'Value', nor a column for each"),
        (PLAIN + "USA,RUX,imports,2018-03,1.5\n", ":2: column 'partner': 'RUX' is no state or place"),
        (PLAIN + "USA,RUS,impots,2018-03,1.5\n", ":2: column 'flow': 'impots' is no flow; did you mean 'imports'?"),
        (PLAIN + "USA,RUS,imports,2018-03,1 500\n", ":2: column 'value': '1 500' is no number such as 1234.5"),
        ("a,b\n1,2\n", ":1: has the header 'a', 'b', which is of no known form of trade"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_error_with_its_line(read, text, message):
    with pytest.raises(SituationError) as caught:
        read(text)
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1
