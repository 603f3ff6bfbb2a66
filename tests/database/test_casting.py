"""Casts to the types of a table are exact, or errors."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel import SituationError
from riskmodel.database.casting import ANY, cast_column, check_castable, plain_kind

UNLIMITED = pa.opaque(pa.string(), "numeric", "PostgreSQL")
DAY = date(2020, 2, 29)
CASTS = [
    ([7, None], pa.int64(), pa.float64(), [7.0, None]),
    ([7], pa.int64(), pa.int16(), [7]),
    ([7], pa.uint64(), pa.int64(), [7]),
    ([2.0], pa.float64(), pa.int64(), [2]),
    ([1.5, math.nan], pa.float64(), pa.float64(), [1.5, None]),
    ([0.1, math.nan], pa.float64(), pa.string(), ["0.1", None]),
    ([0.5], pa.float64(), pa.float32(), [0.5]),
    ([40.3], pa.float64(), pa.decimal128(5, 1), [Decimal("40.3")]),
    ([Decimal("7.50")], pa.decimal128(9, 2), pa.decimal128(9, 1), [Decimal("7.5")]),
    ([Decimal("7.555")], pa.decimal128(9, 3), UNLIMITED, [Decimal("7.555")]),
    ([7], pa.int32(), UNLIMITED, [Decimal(7)]),
    (["7", "0.25"], pa.string(), pa.float64(), [7.0, 0.25]),
    (["a"], pa.dictionary(pa.int8(), pa.string()), pa.string(), ["a"]),
    ([DAY], pa.date32(), pa.string(), ["2020-02-29"]),
    ([DAY], pa.date64(), pa.date32(), [DAY]),
    ([datetime(2020, 2, 29)], pa.timestamp("ns"), pa.date32(), [DAY]),
    ([None], pa.null(), pa.int64(), [None]),
    ([True], pa.bool_(), ANY, [True]),
]
LOSSES = [
    ([40.5], pa.float64(), pa.int64()),
    ([2**53 + 1], pa.int64(), pa.float64()),
    ([300], pa.int64(), pa.int8()),
    ([2**63], pa.uint64(), pa.int64()),
    ([0.1], pa.float64(), pa.float32()),
    ([40.35], pa.float64(), pa.decimal128(5, 1)),
    ([Decimal("7.555")], pa.decimal128(9, 3), pa.decimal128(9, 2)),
    ([Decimal("0.1234567890123456789")], pa.decimal128(20, 19), pa.float64()),
    (["x"], pa.string(), pa.float64()),
    ([datetime(2020, 1, 1, 12)], pa.timestamp("us"), pa.date32()),
    ([1], pa.timestamp("ns"), pa.timestamp("us")),
]
IMPOSSIBLE = [
    (pa.bool_(), pa.int64()),
    (pa.int64(), pa.bool_()),
    (pa.int32(), pa.date32()),
    (pa.date32(), pa.int32()),
    (pa.timestamp("us"), pa.timestamp("us", "UTC")),
    (pa.timestamp("us", "UTC"), pa.timestamp("us")),
    (pa.float64(), UNLIMITED),
    (pa.float64(), pa.opaque(pa.binary(), "inet", "PostgreSQL")),
    (pa.string(), pa.uuid()),
    (pa.struct([("a", pa.int64())]), pa.string()),
]


@pytest.mark.parametrize(("values", "kind", "target", "expected"), CASTS)
def test_values_that_have_an_equal_are_cast(values, kind, target, expected):
    check_castable("c", kind, target)
    assert cast_column("c", pa.array(values, kind), target).to_pylist() == expected


@pytest.mark.parametrize(("values", "kind", "target"), LOSSES)
def test_values_that_would_change_are_errors(values, kind, target):
    check_castable("c", kind, target)
    with pytest.raises(SituationError, match=r"^column c: .*the table's column is of "):
        cast_column("c", pa.array(values, kind), target)


@pytest.mark.parametrize(("kind", "target"), IMPOSSIBLE)
def test_types_with_another_meaning_are_errors_before_any_row(kind, target):
    with pytest.raises(SituationError, match=r"^column c: .* cannot be written to a column of "):
        check_castable("c", kind, target)


@given(st.lists(st.floats(width=64) | st.none(), min_size=1))
def test_numbers_of_double_precision_keep_all_bits_and_nan_is_null(values):
    result = cast_column("c", pa.array(values, pa.float64()), pa.float64()).to_pylist()
    assert result == [None if value is None or math.isnan(value) else value for value in values]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_are_cast_to_double_precision_without_loss_or_not_at_all(values):
    try:
        result = cast_column("c", pa.array(values, pa.int64()), pa.float64())
    except SituationError:
        assert any(abs(value) > 2**53 for value in values)
    else:
        assert result.to_pylist() == values


def test_new_tables_have_plain_types():
    moment = pa.array([datetime(2020, 1, 1, tzinfo=UTC)], pa.timestamp("ms", "Europe/Paris"))
    assert plain_kind(moment.type) == pa.timestamp("us", "UTC")
    assert plain_kind(pa.dictionary(pa.int8(), pa.large_string())) == pa.string()
    assert plain_kind(pa.list_(pa.uint32())) == pa.list_(pa.int64())
