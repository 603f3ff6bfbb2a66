"""Cast columns to the types of a table: exactly, or with an error that names column and value."""

import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.errors import SituationError
from riskmodel.tables.cells import first_line

types = pa.types

ANY = pa.null()
"""The type of a column that takes values of any type."""
WORDS = {
    "bool": "boolean",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "float": "real",
    "double": "double precision",
    "string": "text",
    "binary": "bytea",
    "date32[day]": "date",
    "time64[us]": "time",
}
"""Names of types in SQL."""


def plain_kind(kind: pa.DataType) -> pa.DataType:
    """Return the type in which values are written to a new table: signed integers, one kind of text, microseconds."""
    if types.is_dictionary(kind):
        return plain_kind(kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.list_(plain_kind(kind.value_type))
    if types.is_null(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return pa.string()
    if types.is_large_binary(kind) or types.is_binary_view(kind) or types.is_fixed_size_binary(kind):
        return pa.binary()
    if types.is_date64(kind):
        return pa.date32()
    if types.is_time(kind):
        return pa.time64("us")
    if types.is_timestamp(kind):
        return pa.timestamp("us", None if kind.tz is None else "UTC")
    integers = {"int8": pa.int16(), "uint8": pa.int16(), "uint16": pa.int32(), "uint32": pa.int64()}
    return {**integers, "uint64": pa.int64(), "halffloat": pa.float32()}.get(str(kind), kind)


def check_castable(name: str, kind: pa.DataType, target: pa.DataType) -> None:
    """Check that a column of one type can be written to one of another type.

    Raises
    ------
    SituationError
        It cannot, or only with a loss.
    """
    kind = plain_kind(kind)
    if target in (kind, ANY) or (_is_unlimited(target) and (types.is_decimal(kind) or types.is_integer(kind))):
        return
    times = [each for each in (kind, target) if types.is_timestamp(each)]
    groups = (types.is_boolean, types.is_temporal, types.is_nested, types.is_binary)
    is_text = types.is_string(kind) or types.is_string(target)
    is_possible = (is_text or all(is_kind(kind) == is_kind(target) for is_kind in groups)) and (
        len({each.tz is None for each in times}) < 2
    )
    if not (is_possible and _has_cast(kind, target)):
        remedy = "; numeric(20, 6) or integers can" if _is_unlimited(target) else ""
        message = f"{in_words(kind)} cannot be written to a column of {in_words(target)}{remedy}"
        raise SituationError(f"column {name}: {message}")


def _has_cast(kind: pa.DataType, target: pa.DataType) -> bool:
    if _is_extension(kind) or _is_extension(target):
        return bool(types.is_string(target))
    try:
        pc.cast(pa.nulls(0, kind), target)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return False
    return True


def cast_column(name: str, column: pa.Array, target: pa.DataType) -> pa.Array:
    """Cast values to a type for which `check_castable` passes; NaN becomes null.

    Raises
    ------
    SituationError
        A value has no equal in the other type.
    """
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_floating(column.type):
        # In SQL, NaN would be larger than all numbers.
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    kind = plain_kind(column.type)
    if target == ANY:
        target = kind
    elif _is_unlimited(target):
        target = kind if types.is_decimal(kind) else pa.decimal128(20, 0)
    if _is_extension(kind):
        return column if kind == target else _as_text(column)
    try:
        column = pc.cast(column, kind)
        result = pc.cast(column, target)
        if _may_round(kind, target):
            same = pc.equal(_back(result, kind), column)
            if not pc.all(same).as_py():
                value = column[pc.index(same, False).as_py()]
                raise pa.ArrowInvalid(f"{value} would be rounded")
    except pa.ArrowException as error:
        message = f"column {name}: {first_line(error)}; the table's column is of {in_words(target)}"
        raise SituationError(message) from None
    return result


def _as_text(column: pa.Array) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())


def _back(result: pa.Array, kind: pa.DataType) -> pa.Array:
    if types.is_decimal(result.type):
        # By way of text: Arrow's cast from decimal to float can be off by the last digit.
        result = pc.cast(result, pa.string())
    return pc.cast(result, kind)


def _may_round(kind: pa.DataType, target: pa.DataType) -> bool:
    """Return True if Arrow's cast, which checks integers and decimals, would round silently."""
    if types.is_timestamp(kind):
        return bool(types.is_date(target))
    if types.is_floating(kind):
        return bool(types.is_decimal(target)) or (types.is_floating(target) and target.bit_width < kind.bit_width)
    return bool(types.is_decimal(kind) and types.is_floating(target))


def _is_extension(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.BaseExtensionType)


def _is_unlimited(target: pa.DataType) -> bool:
    """Return True for a `numeric` of any precision."""
    return getattr(target, "type_name", "") == "numeric"


def in_words(kind: pa.DataType) -> str:
    """Return the name of a type in SQL."""
    if hasattr(kind, "type_name"):
        return str(kind.type_name)
    if types.is_decimal(kind):
        return f"numeric({kind.precision}, {kind.scale})"
    if types.is_timestamp(kind):
        return "timestamps without a time zone" if kind.tz is None else "timestamps with a time zone"
    return WORDS.get(str(kind), str(kind).removeprefix("extension<arrow.").removesuffix(">"))
