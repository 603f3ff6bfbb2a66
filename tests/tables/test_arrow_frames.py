"""Scoring of frames of polars, pyarrow, and other libraries with Arrow's C stream interface."""

import datetime
import math
import random
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from command import loaded_after
from frame_cases import LABELS, rows_of
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values

import riskmodel


class Stream:
    """A frame of an unknown library."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


KINDS = {
    "polars": pl.from_arrow,
    "table": lambda table: table,
    "batch": lambda table: table.combine_chunks().to_batches()[0],
    "stream": Stream,
}
MADE = {"polars": pl.DataFrame, "table": pa.Table, "batch": pa.RecordBatch, "stream": pa.Table}


@pytest.fixture(scope="module")
def labels():
    return riskmodel.load_model(LABELS)


def plain(scored):
    """Return the columns of a scored frame as lists, None where missing."""
    if isinstance(scored, pd.DataFrame):
        return {name: [None if pd.isna(cell) else cell for cell in column.tolist()] for name, column in scored.items()}
    return scored.to_dict(as_series=False) if isinstance(scored, pl.DataFrame) else scored.to_pydict()


def error_of(model, frame):
    with pytest.raises(riskmodel.SituationError) as caught:
        model.score_frame(frame)
    return str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_comes_back_as_it_went_in_and_as_pandas_has_it(default_model, kind):
    frame = rows_of(default_model, 300)
    scored = default_model.score_frame(KINDS[kind](pa.Table.from_pandas(frame)))
    assert isinstance(scored, MADE[kind])
    assert plain(scored) == plain(default_model.score_frame(frame))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 12))
def test_any_model_gives_the_same_in_every_library(seed, rows):
    rng = random.Random(seed)
    content = random_model(rng)
    model = riskmodel.load_model(content)
    frame = pd.DataFrame([random_values(rng, content) for _ in range(rows)], columns=list(content["indicators"]))
    # A column of labels may have a label that is a number; a file would have it as text.
    frame = frame.apply(lambda column: column if column.dtype.kind == "f" else column.map(str, na_action="ignore"))
    expected = plain(model.score_frame(frame))
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for kind, made in KINDS.items():
        assert plain(model.score_frame(made(table))) == expected, kind


def test_bands_are_in_order(labels):
    table = pa.table({"mood": ["calm", "crisis", None], "x": [0.0, 9.0, 1.0]})
    band = labels.score_frame(table)["s_band"]
    assert band.type == pa.dictionary(pa.int8(), pa.string(), ordered=True)
    assert band.to_pylist() == ["low", "high", None]
    band = labels.score_frame(pl.from_arrow(table))["s_band"]
    assert band.dtype == pl.Enum(["low", "high"])
    assert band.to_list() == ["low", "high", None]
    assert labels.score_frame(pl.from_arrow(table)).filter(pl.col("s_band") > "low").height == 1


def test_a_missing_score_is_null_and_not_nan(labels):
    scored = labels.score_frame(pl.DataFrame({"mood": ["calm", None], "x": [1.0, math.nan]}))
    assert scored["s"].to_list() == [5.0, None]
    assert scored["s_exact"].null_count() == 1
    assert scored["s_high"].to_list() == [5.0, 100.0]


@pytest.mark.parametrize(
    "kind",
    [pa.int8(), pa.uint64(), pa.float16(), pa.float32(), pa.decimal128(9, 2), pa.string(), pa.large_string()],
    ids=str,
)
def test_numbers_of_any_type(labels, kind):
    numbers = pa.array([1, 5, 10, None], pa.float64() if pa.types.is_floating(kind) else pa.int64())
    column = pa.array([Decimal(1), Decimal(5), Decimal(10), None], kind) if kind == pa.decimal128(9, 2) else None
    for x in (column or numbers.cast(kind), (column or numbers.cast(kind)).dictionary_encode()):
        frame = pa.table({"mood": ["tense"] * 4, "x": x})
        assert labels.score_frame(frame)["s"].to_pylist() == [35.0, 55.0, 80.0, None]


@given(st.lists(st.decimals(-1000, 1000, places=6, allow_nan=False), min_size=1))
def test_a_decimal_is_the_number_that_its_text_is(numbers):
    model = riskmodel.load_model(
        {
            "format": 1,
            "id": "wide",
            "indicators": {"x": {"scale": {"goalposts": [-1000, 1000]}}},
            "scores": {"s": {"weights": {"x": 1}}},
        }
    )
    expected = plain(model.score_frame(pd.DataFrame({"x": [float(number) for number in numbers]})))
    for frame in (
        pd.DataFrame({"x": pd.Series(numbers, dtype=object)}),
        pa.table({"x": pa.array(numbers, pa.decimal128(38, 12))}),
        pa.table({"x": [str(number) for number in numbers]}),
        pl.DataFrame({"x": numbers}),
    ):
        assert plain(model.score_frame(frame)) == expected


def test_labels_as_text_categories_and_numbers(labels):
    moods = ["calm", "crisis", "3", None]
    for column in (
        pl.Series(moods),
        pl.Series(moods, dtype=pl.Categorical),
        pl.Series(moods, dtype=pl.Enum(["crisis", "3", "calm"])),
    ):
        scored = labels.score_frame(pl.DataFrame({"mood": column, "x": [0, 0, 0, 0]}))
        assert scored["s"].to_list() == [0.0, 50.0, 15.0, None]
    for column in (pa.array([3, None]), pa.array([3.0, math.nan]), pa.array([Decimal("3.0"), None])):
        scored = labels.score_frame(pa.table({"mood": column, "x": [0, 0]}))
        assert scored["s"].to_pylist() == [15.0, None]


def test_pieces_and_slices_are_read_as_one_column(labels):
    table = pa.table({"mood": ["tense", "calm", None, "crisis", "calm"], "x": [1.0, None, 3.0, 4.0, 5.0]})
    parts = pa.concat_tables([table.slice(0, 2), table.slice(2, 0), table.slice(2)])
    assert parts["x"].num_chunks == 3
    assert plain(labels.score_frame(parts)) == plain(labels.score_frame(table))
    shifted = labels.score_frame(table.slice(3))
    assert plain(shifted) == {name: cells[3:] for name, cells in plain(labels.score_frame(table)).items()}


@pytest.mark.parametrize(
    "empty",
    [
        pl.DataFrame(schema={"mood": pl.String, "x": pl.Float64}),
        pa.table({"mood": pa.chunked_array([], pa.string()), "x": pa.chunked_array([], pa.float64())}),
        pa.RecordBatch.from_pydict({"mood": pa.array([], pa.string()), "x": pa.array([], pa.int64())}),
    ],
    ids=["polars", "table", "batch"],
)
def test_an_empty_table_gives_an_empty_table(labels, empty):
    scored = labels.score_frame(empty)
    assert isinstance(scored, type(empty))
    assert list(plain(scored)) == ["s", "s_band", "s_coverage", "s_low", "s_high", "s_exact"]
    assert not any(plain(scored).values())


@pytest.mark.parametrize("kind", KINDS)
def test_bad_values_are_named_by_column_and_row_as_pandas_names_them(labels, kind):
    frame = pd.DataFrame({"mood": ["tens", "calm", "calm"], "x": ["11", "3", "much"]})
    message = error_of(labels, KINDS[kind](pa.Table.from_pandas(frame)))
    assert "column mood, row 0: not one of the labels: 'tens'; did you mean 'tense'?" in message
    assert "column x, row 2: should be a number; got 'much'" in message
    assert message == error_of(labels, frame)


def test_rows_are_counted_through_all_pieces(labels):
    good, bad = pa.table({"x": [1.0, 2.0]}), pa.table({"x": [3.0, 99.0]})
    assert "column x, row 3: 99 is outside" in error_of(labels, pa.concat_tables([good, bad]))
    assert "row 1: should be a finite number; got inf" in error_of(labels, pl.DataFrame({"x": [1.0, math.inf]}))


def test_many_bad_values_are_counted(labels):
    message = error_of(labels, pl.DataFrame({"x": [99] * 100}))
    assert message.startswith("column x, row 0: 99 is outside")
    assert message.endswith("(also in row 1, row 2, row 3 and 96 more)")
    assert error_of(labels, pl.DataFrame({"x": range(11, 111)})).endswith("column x: and 95 more rows not valid")


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([True]),
        pl.Series([datetime.date(2022, 2, 24)]),
        pl.Series([[1.0]]),
        pl.Series([b"1"]),
        pl.Series([object()], dtype=pl.Object),
    ],
    ids=lambda column: str(column.dtype),
)
def test_columns_that_can_hold_no_numbers_are_named(labels, column):
    message = error_of(labels, pl.DataFrame({"mood": ["tens"], "x": column}))
    assert "column x: should be a number; the column holds" in message
    assert "column mood, row 0" in message


def test_a_type_without_rows_is_judged_too(labels):
    assert "column x: should be a number" in error_of(labels, pa.table({"x": pa.chunked_array([], pa.bool_())}))


def test_a_type_that_arrow_does_not_have_is_named(labels):
    message = error_of(labels, pl.DataFrame({"x": pl.Series([1], dtype=pl.Int128)}))
    assert message.startswith("column x: cannot be read by way of Arrow")


def test_columns_are_checked_as_in_pandas(labels):
    assert "did you mean 'mood'" in error_of(labels, pl.DataFrame({"moood": ["calm"]}))
    assert "nearly the indicator 'x'" in error_of(labels, pl.DataFrame({"mood": ["calm"], "X": [1]}))
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["x", "x"])
    assert "duplicate column 'x'" in error_of(labels, twice)


def test_other_columns_may_be_anything_even_twice(labels):
    columns = [pa.array([True]), pa.array(["calm"]), pa.array([[1]]), pa.array([5.0])]
    scored = labels.score_frame(pa.Table.from_arrays(columns, ["note", "mood", "note", "x"]))
    assert scored["s"].to_pylist() == [25.0]


def test_in_pandas_too_other_columns_may_be_anything_even_twice(labels):
    frame = pd.DataFrame([[1, "calm", 2, 5.0, None]], columns=["note", "mood", "note", "x", 7])
    assert labels.score_frame(frame)["s"].tolist() == [25.0]


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(5, 9, 2, name="row"),
        pd.Index(["a", "a"], name="who"),
        pd.Index([("a", 1), ("b", 2)], tupleize_cols=False, name=("pair", 1)),
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["side", None]),
        pd.date_range("2022-02-24", periods=2, tz="UTC"),
        pd.CategoricalIndex(["a", "b"]),
        pd.Index([None, 1.5]),
    ],
    ids=lambda index: type(index).__name__,
)
def test_an_index_of_any_kind_comes_back(labels, index):
    scored = labels.score_frame(pd.DataFrame({"mood": ["calm", "tense"], "x": [1, None]}, index=index))
    pd.testing.assert_index_equal(scored.index, index, exact=True)
    assert scored["s_band"].dtype == pd.CategoricalDtype(["low", "high"], ordered=True)
    assert set(scored.drop(columns="s_band").dtypes) == {np.dtype(float)}


@pytest.mark.parametrize(
    "thing",
    [pl.Series([1.0]), pa.chunked_array([[1.0]]), pd.Series([1.0]), [{"x": 1}], None, SimpleNamespace(columns=["x"])],
    ids=lambda thing: type(thing).__name__,
)
def test_an_error_for_other_objects_lists_the_accepted_frames(labels, thing):
    with pytest.raises(TypeError, match=f"polars DataFrame.*__arrow_c_stream__; got {type(thing).__name__}"):
        labels.score_frame(thing)


def test_floats_are_not_copied_on_the_way_in(labels):
    from riskmodel.tables.frames.scoring import read_frame

    values = np.arange(8.0)
    for frame in (pd.DataFrame({"x": values}, copy=False), pa.table({"x": values}), pl.DataFrame({"x": values})):
        read = read_frame(labels.spec, frame).columns["x"]
        assert np.shares_memory(read, read_frame(labels.spec, frame).columns["x"])


@pytest.mark.parametrize(
    ("own", "other", "frame"),
    [
        ("pandas", "polars", "pandas.DataFrame({'espionage': [1.0]})"),
        ("polars", "pandas", "polars.DataFrame({'espionage': [1.0]})"),
    ],
)
def test_one_library_does_not_need_the_other(own, other, frame):
    loaded = loaded_after(f"import {own}, riskmodel\nriskmodel.load_model().score_frame({frame})")
    assert own in loaded
    assert other not in loaded


def test_a_stream_of_another_library_is_scored(labels):
    duckdb = pytest.importorskip("duckdb")
    scored = labels.score_frame(duckdb.sql("select 'tense' as mood, 5 as x union all select 'calm', null order by 2"))
    assert scored.read_all().to_pydict()["s"] == [55.0, None]
