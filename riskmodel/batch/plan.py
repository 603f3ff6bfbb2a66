"""How a given input becomes a given output: what reads the one, and what writes the other."""

from collections.abc import Callable, Sequence
from typing import BinaryIO, NamedTuple

from riskmodel.batch.csv_sink import CsvSink
from riskmodel.batch.csv_source import CsvMarks
from riskmodel.batch.inputs import PARQUET, Input
from riskmodel.batch.layout import Passed, layout
from riskmodel.batch.reading import Reading, reading
from riskmodel.batch.sink import Layout, Sink
from riskmodel.batch.targets import Target
from riskmodel.columns import Require, indicator_columns
from riskmodel.errors import SituationError
from riskmodel.model import Model


class Options(NamedTuple):
    """What a caller may choose about a run."""

    explain: bool = False
    columns: Sequence[str] | None = None
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    formulas: str = "escape"
    max_rejects: int | None = None
    require: Require = ()

    @property
    def escapes(self) -> bool:
        """Whether formulas get a `'`."""
        return self.formulas == "escape"


class Plan(NamedTuple):
    """How the file is read and written."""

    reading: Reading
    sink: Callable[[BinaryIO], Sink]
    columns: Sequence[str]
    """The names of the output's columns."""


def plan(
    source: Input,
    model: Model,
    target: Target,
    options: Options,
    groups: range | None = None,
    *,
    as_text: bool = False,
) -> Plan:
    """Plan a run.

    Parameters
    ----------
    source, model, target, options : what is read, what scores it, what is written, and what the caller chose.
    groups : the row groups of a Parquet file that are read; all without it.
    as_text : whether cells must be UTF-8 even where CSV is written, because the output is to be text.

    Raises
    ------
    SituationError
        Where the input's header or schema, or the columns asked for, cannot be used.
    """
    marks = CsvMarks(options.delimiter, options.decimal, options.thousands)
    if source.kind == PARQUET and marks.delimiter is None:
        marks = marks._replace(delimiter=target.delimiter)
    try:
        found = reading(source, model.spec, marks, as_text=as_text or target.is_parquet, groups=groups)
        indicator_columns(model.spec, found.names, options.require)
        columns = layout(
            found.names, model.spec.scores, options.columns, explain=options.explain, exact=target.is_parquet
        )
        if source.kind == PARQUET and not target.is_parquet:
            from riskmodel.batch.parquet_source import check_holdable

            check_holdable(found.schema, [column.name for column in columns if isinstance(column, Passed)])
    except SituationError as error:
        raise SituationError(error.told_of(source.name)) from None
    return Plan(
        found, lambda file: _sink(file, found, columns, model, target, options), [column.name for column in columns]
    )


def _sink(file: BinaryIO, found: Reading, columns: Layout, model: Model, target: Target, options: Options) -> Sink:
    if not target.is_parquet:
        return CsvSink(file, found.form, columns, model.compiled, target.compression, options.escapes)
    from riskmodel.batch.parquet_sink import ParquetSink

    return ParquetSink(file, columns, found.schema, model.compiled)
