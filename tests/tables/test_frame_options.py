"""Columns under other names, kept columns, values that are not valid, and accounts, in frames of each library."""

import math
import random

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from frame_cases import LABELS
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values

import riskmodel
from riskmodel import ModelError, SituationError

COLUMNS = {"x": "speed", "mood": "state"}
DATA = {"id": ["a", "b", "c"], "speed": [1.0, 99.0, 5.0], "state": ["tense", "calm", "angry"], "n": [7, 8, 9]}


@pytest.fixture(scope="module")
def labels():
    return riskmodel.load_model(LABELS)


FRAMES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "table": pa.table,
    "batch": pa.record_batch,
    "lazy": pl.LazyFrame,
    "stream": lambda data: pa.table(data).to_reader(),
}
every_library = pytest.mark.parametrize("library", FRAMES)


def plain(frame):
    """Return any frame as lists by column."""
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, pa.RecordBatchReader):
        frame = frame.read_all()
    if isinstance(frame, pd.DataFrame):
        return frame.astype(object).where(frame.notna(), None).to_dict("list")
    return frame.to_pydict() if hasattr(frame, "to_pydict") else frame.to_dict(as_series=False)


@every_library
def test_invalid_values_are_missing_or_leave_their_rows_out(labels, library):
    missing = plain(labels.score_frame(FRAMES[library](DATA), columns=COLUMNS, keep=["n", "id"], invalid="missing"))
    assert list(missing)[:3] == ["n", "id", "s"]
    # By hand: mood and x weigh the same; a: (0.6 + 0.1) / 2. The others have half of the weight, which is too little.
    assert (missing["s"], missing["s_coverage"]) == ([35.0, None, None], [1.0, 0.5, 0.5])
    frame = FRAMES[library](DATA)
    scored = labels.score_frame(frame, columns=COLUMNS, keep=["id"], invalid="reject")
    assert type(scored) is type(frame)
    scored = plain(scored)
    assert (scored["id"], scored["s"]) == (["a"], [35.0])


@every_library
def test_invalid_cells_are_listed_row_by_row(labels, library):
    listed = plain(labels.invalid_cells(FRAMES[library](DATA), columns=COLUMNS, keep=["id"]))
    rows = {} if library == "pandas" else {"row": [1, 2]}
    assert {name: listed[name] for name in listed if name != "reason"} == {
        "id": ["b", "c"],
        **rows,
        "column": ["speed", "state"],
        "value": ["99.0", "angry"],
    }
    assert "outside the valid range" in listed["reason"][0]
    assert "not one of the labels" in listed["reason"][1]


@every_library
def test_accounts_are_long_tables(labels, library):
    account = plain(labels.account_frame(FRAMES[library](DATA), columns=COLUMNS, keep=["id"], invalid="reject"))
    rows = {} if library == "pandas" else {"row": [0, 0]}
    assert account.pop("points") == pytest.approx([30, 5])
    assert account == {
        "id": ["a", "a"],
        **rows,
        "score": ["s", "s"],
        "kind": ["indicator"] * 2,
        "name": ["mood", "x"],
    }


def test_pandas_keeps_labels_types_and_duplicate_labels(labels):
    index = pd.MultiIndex.from_tuples([("p", 1), ("p", 1), ("q", 2)], names=["dyad", "year"])
    frame = pd.DataFrame(DATA, index=index).astype({"n": "Int16", "id": "category"})
    scored = labels.score_frame(frame, columns=COLUMNS, keep="all", invalid="missing")
    pd.testing.assert_frame_equal(scored[list(frame)], frame)
    account = labels.account_frame(frame, columns=COLUMNS, invalid="missing")
    assert account.index.tolist() == [("p", 1)] * 2
    assert account.index.names == ["dyad", "year"]
    assert labels.invalid_cells(frame, columns=COLUMNS).index.tolist() == [("p", 1), ("q", 2)]
    assert labels.score_frame(frame, columns=COLUMNS, invalid="reject").index.tolist() == [("p", 1)]


def test_polars_and_arrow_keep_the_types_of_kept_columns(labels):
    kind = pl.Enum(["c", "b", "a"])
    frame = pl.DataFrame(DATA, schema_overrides={"id": kind, "n": pl.Int8})
    for given_frame in (frame, frame.lazy()):
        scored = labels.score_frame(given_frame, columns=COLUMNS, keep=["id", "n"], invalid="reject")
        schema = scored.collect_schema()
        assert (schema["id"], schema["n"]) == (kind, pl.Int8)
    table = pa.table({**DATA, "n": pa.array(DATA["n"], pa.int16())})
    scored = labels.score_frame(table, columns=COLUMNS, keep=["n"], invalid="reject")
    assert scored.schema.field("n").type == pa.int16()


def test_columns_of_any_type_of_arrow_are_kept(labels):
    kinds = {
        "view": pa.array(["a", None, "b" * 40], pa.string_view()),
        "views": pa.array([["a"], None, ["b"]], pa.list_(pa.string_view())),
        "words": pa.array(["a", None, "b"]).dictionary_encode(),
        "struct": pa.array([{"x": 1}, None, {"x": 2}]),
    }
    table = pa.table({"x": [1.0, 99.0, 5.0], **kinds})
    scored = labels.score_frame(table, keep=list(kinds), invalid="reject")
    for name, column in kinds.items():
        assert scored.schema.field(name).type == column.type
        assert scored[name].to_pylist() == [column[0].as_py(), column[2].as_py()]


def test_a_frame_without_rows_has_the_columns_of_one_with_rows(labels):
    for frame in (pd.DataFrame(DATA), pl.DataFrame(DATA), pa.table(DATA)):
        for operation in (labels.score_frame, labels.account_frame):
            full = operation(frame[:1], columns=COLUMNS, keep=["id"])
            empty = operation(frame[:0], columns=COLUMNS, keep=["id"])
            assert list(plain(empty)) == list(plain(full))
            assert len(empty) == 0
        assert len(labels.invalid_cells(frame[:1], columns=COLUMNS)) == 0


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_points_sum_to_the_exact_scores_of_any_model(seed):
    rng = random.Random(seed)
    source = random_model(rng)
    model = riskmodel.load_model(source)
    rows = [random_values(rng, source) for _ in range(10)]
    frame = pd.DataFrame([{name: values.get(name) for name in model.spec.indicators} for values in rows])
    account = model.account_frame(frame)
    scored = model.score_frame(frame)
    for name in model.spec.scores:
        lines = account[account["score"] == name]
        assert sorted(set(lines.index)) == scored.index[scored[f"{name}_exact"].notna()].tolist()
        for row, part in lines.groupby(level=0):
            assert math.fsum(part["points"]) == pytest.approx(scored[f"{name}_exact"][row], rel=0, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"columns": {"x": "sped"}}, SituationError, "no column 'sped' for 'x'; did you mean 'speed'?"),
        ({"columns": {"z": "speed"}}, SituationError, "no indicator 'z' in model 'labels'; known: mood, x"),
        ({"columns": {"x": "speed", "mood": "speed"}}, SituationError, "'speed' cannot be x and mood at once"),
        ({"columns": "speed"}, TypeError, "columns takes the names of columns by indicator; got 'speed'"),
        ({"columns": {"x": 3}}, TypeError, "columns takes the names of columns by indicator"),
        ({"columns": COLUMNS, "keep": "id"}, TypeError, "keep takes a list of names, or 'all'; got 'id'"),
        ({"columns": COLUMNS, "keep": ["i"], "invalid": "missing"}, SituationError, "keep: there is no column 'i'"),
        ({"columns": COLUMNS, "keep": ["id", "id"], "invalid": "missing"}, SituationError, "keep: duplicate column"),
        ({"columns": COLUMNS, "invalid": "drop"}, SituationError, "invalid should be 'raise', 'missing' or 'reject'"),
        ({"columns": COLUMNS}, SituationError, "column speed, row 1: 99 is outside the valid range"),
    ],
)
def test_wrong_arguments_are_refused(labels, options, error, message):
    for frame in (pd.DataFrame(DATA), pl.DataFrame(DATA)):
        with pytest.raises(error) as caught:
            labels.score_frame(frame, **options)
        assert message in str(caught.value)


def test_a_kept_column_does_not_hide_a_score(labels):
    for frame in (pd.DataFrame({"x": [1], "s_low": [0]}), pl.DataFrame({"x": [1], "s_low": [0]})):
        with pytest.raises(SituationError, match="keep: the column 's_low' has the name of one that is added"):
            labels.score_frame(frame, keep="all")


def test_duplicate_columns_that_are_not_read_are_an_error_only_if_they_are_kept(labels):
    frame = pd.DataFrame([[1, 2, 3]], columns=["x", "z", "z"])
    assert labels.score_frame(frame)["s_coverage"].tolist() == [0.5]
    with pytest.raises(SituationError, match="keep: duplicate column 'z'"):
        labels.score_frame(frame, keep="all")


def test_a_lazy_frame_checks_columns_at_once_and_names_rows_of_the_whole_frame(labels):
    with pytest.raises(SituationError, match="no column is an indicator"):
        labels.score_frame(pl.LazyFrame({"z": [1]}))
    values = [1.0] * 300_000
    values[234_567] = 11.0
    scored = labels.score_frame(pl.LazyFrame({"x": values}))
    for engine in ("in-memory", "streaming"):
        with pytest.raises(SituationError, match="column x, row 234567: 11 is outside"):
            scored.collect(engine=engine)


def test_a_lazy_frame_of_many_batches_has_the_rows_of_a_frame(labels):
    values = np.random.default_rng(5).uniform(0, 11, 250_000).round(2)
    lazy = pl.LazyFrame({"n": np.arange(250_000), "x": values})
    for operation in (labels.score_frame, labels.account_frame):
        expected = operation(lazy.collect(), keep=["n"], invalid="reject")
        got = operation(lazy, keep=["n"], invalid="reject")
        assert got.collect(engine="streaming").equals(expected)
        assert got.filter(pl.col("n") >= 100_000).collect().equals(expected.filter(pl.col("n") >= 100_000))
    listed = labels.invalid_cells(lazy).collect(engine="streaming")
    assert listed["row"].to_list() == np.flatnonzero(values > 10).tolist()


def test_a_stream_is_read_batch_by_batch(labels):
    read = []

    def batches():
        for number in range(5):
            read.append(number)
            yield pa.record_batch({"x": [float(number)], "id": [number]})

    schema = pa.schema([("x", pa.float64()), ("id", pa.int64())])
    scored = labels.score_frame(pa.RecordBatchReader.from_batches(schema, batches()), keep=["id"])
    assert read == []
    assert scored.read_next_batch().to_pydict()["id"] == [0]
    assert len(read) <= 2
    assert scored.read_all().to_pydict()["id"] == [1, 2, 3, 4]
    stream = pa.RecordBatchReader.from_batches(schema, [*batches(), pa.record_batch({"x": [50.0], "id": [5]})])
    with pytest.raises(SituationError, match="column x, row 5: 50 is outside"):
        labels.score_frame(stream).read_all()


def test_a_relation_of_duckdb_gives_a_stream(labels):
    duckdb = pytest.importorskip("duckdb")
    relation = duckdb.connect().sql("select range % 10 as speed, 'calm' as state, range as n from range(300000)")
    scored = labels.score_frame(relation, columns=COLUMNS, keep=["n"])
    assert isinstance(scored, pa.RecordBatchReader)
    rows = duckdb.connect().sql("select count(*), sum(n), avg(s) from scored").fetchall()
    assert rows == [(300_000, 299_999 * 150_000, 22.5)]


def test_columns_of_a_relation_that_are_not_needed_are_not_computed(labels):
    duckdb = pytest.importorskip("duckdb")
    relation = duckdb.connect().sql("""select 5 as x, error('never') as other, 'a' as "a ""b" from range(3)""")
    assert labels.score_frame(relation, keep=['a "b']).read_all()['a "b'].to_pylist() == ["a"] * 3
    with pytest.raises(SituationError, match="no column is an indicator of model 'labels': 'xx', 'other'"):
        labels.score_frame(duckdb.connect().sql("select 5 as xx, 6 as other"))


def test_the_check_takes_the_same_columns(labels):
    check = labels.check_frame(pd.DataFrame(DATA), columns=COLUMNS, invalid="missing")
    assert (check.without_column, check.present) == ((), {"mood": 2, "x": 2})
    with pytest.raises(TypeError, match="a polars LazyFrame has no rows yet; collect it first"):
        labels.check_frame(pl.LazyFrame(DATA))


def test_new_weights_give_a_new_model(labels):
    model = labels.with_weights({"s": {"x": 3}})
    assert (model.identity.id, model.spec.scores["s"].weight("x"), labels.spec.scores["s"].weight("x")) == (
        "labels-reweighted",
        3,
        1,
    )
    assert model.identity.version.startswith("0+reweighted.")
    assert model.assess({"mood": "tense", "x": 1})["s"].value == pytest.approx(100 * (0.6 + 3 * 0.1) / 4)
    again = model.with_weights({"s": {"x": np.float64(2.5)}})
    assert again.identity.id == "labels-reweighted"
    assert again.identity.version.split(".")[0] == "0+reweighted"
    assert labels.with_weights({}).spec.scores == labels.spec.scores


def test_new_weights_keep_reasons_and_may_name_other_inputs():
    model = riskmodel.load_model()
    (score, name), *_ = [
        (score, name)
        for score, spec in model.spec.scores.items()
        for name, entry in spec.weights.items()
        if not isinstance(entry, float)
    ]
    changed = model.with_weights({score: {name: 7}})
    assert changed.spec.scores[score].weights[name].because == model.spec.scores[score].weights[name].because
    assert changed.spec.scores[score].weight(name) == 7


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"t": {"x": 1}}, "no score 't' in model 'labels'; known: s"),
        ({"s": {"moot": 1}}, "scores.s.weights.moot: neither an indicator nor a score; did you mean 'mood'?"),
        ({"s": {"x": 0}}, "scores.s.weights.x: a weight of 0 has no effect; leave the line out"),
        ({"s": {"x": "much"}}, "scores.s.weights.x: should be a number"),
        ({"s": {"x": math.nan}}, "scores.s.weights.x"),
        ({"s": {"s": 1}}, "a score cannot be built from itself: s -> s"),
    ],
)
def test_weights_that_a_file_could_not_have_are_refused(labels, weights, message):
    with pytest.raises(ModelError) as caught:
        labels.with_weights(weights)
    assert message in str(caught.value)
    with pytest.raises(TypeError, match="with_weights takes weights by score and input"):
        labels.with_weights({"s": 3})
