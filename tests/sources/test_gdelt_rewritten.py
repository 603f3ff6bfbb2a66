import pytest
from gdelt_files import days, in_message, read, reader, row, text

from riskmodel.errors import SituationError
from riskmodel.sources.gdelt_layout import NEEDED, VERSION_1, VERSION_2


def test_a_file_with_a_header_is_read_by_its_names(write):
    acts, _ = read(write("events.csv", text(VERSION_2, row(key=7))))
    assert acts == [(2, 7, "2018-03-01", "USA", "RUS", "042")]


def test_columns_may_be_few_and_in_any_order(write):
    cells = dict(zip(VERSION_1, row(58, key=7), strict=True))
    names = sorted(NEEDED)
    path = write("events.csv", text(names, [cells[name] for name in names], delimiter=","))
    assert read(path)[0] == [(2, 7, "2018-03-01", "USA", "RUS", "042")]


def test_the_recipe_may_name_the_columns(write):
    cells = dict(zip(VERSION_1, row(58, key=7), strict=True))
    names = ["Act" if name == "EventCode" else name for name in NEEDED]
    path = write("events.csv", text(names, [cells[name] for name in NEEDED], delimiter=","))
    with pytest.raises(SituationError, match=in_message("events.csv:1", "no column EventCode", "`columns`")):
        read(path)
    assert len(read(path, columns={"EventCode": "Act"})[0]) == 1
    with pytest.raises(SituationError, match=in_message("no column 'Acts'", "did you mean 'Act'")):
        read(path, columns={"EventCode": "Acts"})
    with pytest.raises(SituationError, match=in_message("'EventCod'", "did you mean 'EventCode'")):
        read(path, columns={"EventCod": "Act"})


def test_excel_loses_zeros_and_the_date_added(write):
    rewritten = row(event="12", DATEADDED="2.02E+13", Actor1Name="A; B")
    cells = [f'"{cell}"' if ";" in cell else cell for cell in rewritten]
    acts, tally = read(write("events.csv", text(VERSION_2, cells, delimiter=";", end="\r\n")))
    assert acts == [(2, 1000, "2018-03-01", "USA", "RUS", "012")]
    assert tally.mended == {"zero of a code restored": 1}
    assert days(tally) == {"2018-03-01": 1}


def test_mysql_quotes_and_writes_null(write):
    cells = [f'"{cell}"' if cell else "NULL" for cell in row(58, event="61", Actor1Name="A, B")]
    acts, tally = read(write("events.csv", text(cells, delimiter=",")))
    assert acts == [(1, 1000, "2018-03-01", "USA", "RUS", "061")]
    assert tally.mended == {"zero of a code restored": 1}


def test_pandas_adds_an_index_and_makes_numbers_of_codes(write):
    rows = [[str(7), *row(event="42.0", key="1000.0", day="20180301.0")]]
    acts, _ = read(write("events.csv", text(["", *VERSION_2], *rows, delimiter=",")))
    assert acts == [(2, 1000, "2018-03-01", "USA", "RUS", "042")]


def test_r_writes_names_of_rows_and_rows_without_values(write):
    quoted = [f'"{name}"' for name in VERSION_1]
    cells = ['"12"', *(cell or "NA" for cell in row(58, event="42", day="2018-03-01"))]
    path = write("events.csv", text(quoted, cells, ['"NA.1"', *["NA"] * 58], delimiter=","))
    acts, tally = read(path)
    assert acts == [(2, 1000, "2018-03-01", "USA", "RUS", "042")]
    assert tally.dropped == {"a row without values": 1}


def test_a_byte_order_mark_and_blank_lines_are_passed_over(write):
    acts, tally = read(write("events.csv", "\ufeff" + text(row(key=7)) + "\n" + text(row(key=8)) + "\n"))
    assert [act[:2] for act in acts] == [(1, 7), (3, 8)]
    assert tally.dropped == {"a row without values": 2}


def test_rows_of_rewritten_files_are_shown_by_the_published_names(write):
    cells = [f'"{cell}"' if cell else "NULL" for cell in row(58, event="61", Actor1Name="A, B", SOURCEURL="http://x")]
    events = reader(write("events.csv", text(cells, delimiter=",")))
    (piece,) = events.pieces()
    (shown,) = events.show(piece, {1})
    assert (shown["Actor1Name"], shown["EventCode"], shown["SOURCEURL"]) == ("A, B", "61", "http://x")


def test_the_file_of_mysql_has_lost_its_zeros(reference_data):
    # 3,340 lines, all USA-CHN with bare countries; 2,454 codes (column 27) below 100 or from 205 on.
    acts, tally = read(reference_data / "events/gdelt_rewritten/mysql_usa_chn_2018.csv")
    assert len(acts) == tally.rows == 3340
    assert tally.mended == {"zero of a code restored": 2454}


def test_the_file_of_excel_has_lost_zeros_and_dates(reference_data):
    # By awk: of the 286 acts 189 have a code below 100 or from 205 to 999.
    acts, tally = read(reference_data / "events/gdelt_rewritten/excel_20190121220000.export2.CSV")
    assert len(acts) == 286
    assert tally.mended == {"zero of a code restored": 189}
    assert days(tally) == {"2019-01-21": 1629}


def test_the_file_of_pandas_has_other_names(reference_data):
    # Columns 61 (Date_Added) by their first eight digits; 137 of 1,353 rows have a role that is not of a state.
    acts, tally = read(reference_data / "events/gdelt_rewritten/pandas_20201113_to_15_pairs.csv")
    assert (tally.rows, len(acts)) == (1353, 1216)
    assert tally.dropped == {"an actor acts for no state": 137}
    assert days(tally) == {"2020-11-13": 345, "2020-11-14": 391, "2020-11-15": 617}
    assert not tally.mended


def test_the_file_of_r_has_rows_without_values(reference_data):
    acts, tally = read(reference_data / "events/gdelt_rewritten/r_20130402_with_NA_rows.csv")
    assert (tally.rows, len(acts)) == (44, 22)
    assert tally.dropped["a row without values"] == 1
    assert tally.mended == {"zero of a code restored": 17}
