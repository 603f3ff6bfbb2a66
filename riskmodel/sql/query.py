"""The plan of a model as one SELECT."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from riskmodel.engine.block import prepared_plan
from riskmodel.engine.plan import ScoreSteps
from riskmodel.errors import RiskmodelError, single_line
from riskmodel.model import Model, ensure_model
from riskmodel.plan.steps import Step
from riskmodel.sql import expressions as sql
from riskmodel.sql import inputs
from riskmodel.sql.dialects import Dialect, dialect_of
from riskmodel.sql.expressions import Sql
from riskmodel.sql.schedule import Column, Names, Selection, schedule
from riskmodel.sql.steps import band
from riskmodel.tables.columns import duplicate_names, match_columns
from riskmodel.tables.writer import ScoreColumn, layout

REJECTED = "rejected"
"""The column with the reason why a row is not valid."""
MAX_NAME = 63
"""Bytes of a name of ours, at most."""
_SOURCE = "source"


def to_sql(
    model: Model | str | Path | Mapping[str, Any],
    *,
    dialect: str,
    table: str,
    keep: Sequence[str] = (),
    columns: Sequence[str] | None = None,
) -> str:
    """Write the query that scores every row of a table.

    Parameters
    ----------
    model
        A model, the path of a model file, the id of a shipped model, or the content of a file as a mapping.
    dialect
        The dialect of SQL, such as `duckdb`, `postgres` or `sqlite`; see `riskmodel.sql.dialects`.
    table
        The name of the table, perhaps with a schema. Each indicator is a column of its name: numbers, or the labels as
        text. NULL and NaN are missing.
    keep
        Columns of the table that are kept, in this order.
    columns
        The columns of the table, if some indicators have none: these are missing in every row.

    Returns
    -------
    str
        One SELECT. Its columns are those kept, then for each score S the columns S (rounded), S_band (text),
        S_coverage (0 to 1), S_low and S_high (bounds, rounded), S_exact, and last `rejected`: the reason why a row is
        not valid. The scores of such a row are NULL.

    Raises
    ------
    RiskmodelError
        For an unknown dialect, a table that is no name, names that clash, or columns none of which is an indicator.
    ModelError
        If the model cannot be used.
    """
    return _Query(ensure_model(model), dialect_of(dialect), table, keep, columns).text()


class _Query:
    def __init__(
        self, model: Model, dialect: Dialect, table: str, keep: Sequence[str], columns: Sequence[str] | None
    ) -> None:
        spec = model.spec
        self._model, self._dialect, self._keep = model, dialect, list(keep)
        own = {name: (*indicator.columns, name)[0] for name, indicator in spec.indicators.items()}
        self._read = own if columns is None else match_columns(spec, columns)
        self._table = _table(table, dialect)
        added = layout((), spec.scores, None, explain=False, exact=True)
        self._added = [column for column in added if isinstance(column, ScoreColumn)]
        self._check_names()
        absent = frozenset(spec.indicators.keys() - set(self._read))
        self._plan = prepared_plan(model.compiled, absent=absent).plan
        self._unique = Names([*self._keep, REJECTED, self._table.name, _SOURCE], MAX_NAME)

    def _check_names(self) -> None:
        """Check that the columns of the output differ, and fit."""
        scores = [column.name for column in self._added]
        if not all(self._keep):
            raise RiskmodelError(f"a column without a name: {', '.join(map(repr, self._keep))}")
        if clashes := duplicate_names([name.lower() for name in (*self._keep, *scores, REJECTED)]):
            raise RiskmodelError(f"two columns of the output have the name {clashes[0]!r}; keep another, or none")
        longest = max((*self._keep, *scores), key=lambda name: len(name.encode()))
        if len(longest.encode()) > self._dialect.max_name:
            limit = f"{self._dialect.name} cuts names at {self._dialect.max_name} bytes"
            raise RiskmodelError(f"the column {longest!r} has too long a name: {limit}")

    def text(self) -> str:
        """Return the query."""
        tree = completed(self._tree(), self._dialect)
        identity = self._model.identity
        about = " ".join(filter(None, (identity.id, identity.version)))
        header = f"-- {identity.title} ({about}, fingerprint {identity.fingerprint[:12]}), in {self._dialect.name}"
        return f"{single_line(header)}\n{tree.sql(self._dialect.name, pretty=True)}\n"

    def _column(self, name: str, table: str | None = None) -> Sql:
        return sql.column(name, table, quoted=self._is_quoted(name))

    def _is_quoted(self, name: str) -> bool:
        is_plain = name.isascii() and name.isidentifier() and name == name.lower()
        return not (self._dialect.plain_unquoted and is_plain)

    def _named(self, content: Sql, name: str, comment: str = "") -> Sql:
        """Return an expression as a column of a selection."""
        named = exp.alias_(content, exp.to_identifier(name, quoted=self._is_quoted(name)), copy=False)
        if comment:
            named.add_comments([single_line(comment)])
        return named

    def _tree(self) -> exp.Select:
        indicators = self._model.spec.indicators
        cleaned = {name: self._unique(f"{name}_given") for name in self._read}
        values = {name: self._unique(f"{name}_value") for name in self._read}
        faults = {name: self._unique(f"{name}_fault") for name in self._read}
        first, checks = [], []
        for name in self._read:
            indicator = indicators[name]
            first.append(Column(cleaned[name], inputs.cleaned(indicator, self._raw(name), self._dialect), ""))
            check = inputs.checked(name, indicator, self._column(cleaned[name]), self._dialect)
            checks += [Column(values[name], check.value, check.comment), Column(faults[name], check.fault, "")]
        rejected = Column(REJECTED, inputs.rejected([self._column(faults[name]) for name in self._read]), "")
        steps = [step for score in self._plan.scores.values() for step in _shown(score)]
        columns = {name: self._column(value) for name, value in values.items()}
        computed, results = schedule(self._plan, steps, columns, self._unique, self._column)
        selections = [
            Selection(self._unique("given"), "Columns read once; NULL and NaN are missing", first),
            Selection(self._unique("checked"), "Valid values, labels as positions; what is wrong with others", checks),
            Selection(self._unique("rows_rejected"), "Rows with a value that is not valid", [rejected]),
            *computed,
        ]
        return self._joined(selections, dict(zip(steps, results, strict=True)))

    def _raw(self, name: str) -> Sql:
        """Return the column of an indicator."""
        return self._column(self._read[name], _SOURCE)

    def _joined(self, selections: Sequence[Selection], results: Mapping[Step, Sql]) -> exp.Select:
        """Return selections as common table expressions, each of the one before, and the output from the last."""
        kept = [self._column(name, _SOURCE) for name in self._keep]
        source: Sql = exp.alias_(self._table.copy(), _SOURCE, table=True)
        expressions: list[Sql] = []
        with_ = []
        for selection in selections:
            columns = [self._named(column.sql, column.name, column.comment) for column in selection.columns]
            select = exp.Select(expressions=[*(expressions or kept), *columns]).from_(source, copy=False)
            name = exp.to_identifier(selection.name, quoted=self._is_quoted(selection.name))
            cte = exp.CTE(
                this=select, alias=exp.TableAlias(this=name), materialized=self._dialect.is_materialised or None
            )
            if selection.comment:
                cte.add_comments([selection.comment])
            with_.append(cte)
            source, expressions = exp.Table(this=name.copy()), [exp.Star()]
        added = [self._output(column, results, selections[-1].name) for column in self._added]
        output = [*map(self._column, self._keep), *added, self._column(REJECTED)]
        select = exp.Select(expressions=output).from_(source, copy=False)
        select.set("with_", exp.With(expressions=with_))
        return select

    def _output(self, column: ScoreColumn, results: Mapping[Step, Sql], table: str) -> Sql:
        """Return one column of a score, NULL in rows that are not valid; `table`: the last selection."""
        score, compiled = self._plan.scores[column.score], self._model.compiled.scores[column.score]
        if column.kind == "band":
            content = band(results[score.reported], compiled.band_starts, compiled.bands)
        else:
            content = results[_shown(score)[_KINDS.index(column.kind)]]
        shown = sql.case((sql.is_null(self._column(REJECTED)), content)).copy()
        for node in shown.find_all(exp.Column):
            # Without a table, some dialects would take the name of an output for that output.
            node.set("table", exp.to_identifier(table, quoted=self._is_quoted(table)))
        return self._named(shown, column.name)


def completed(tree: Sql, dialect: Dialect) -> Sql:
    """Return a tree for a dialect: divisions, LEAST and GREATEST as it has them, without casts and guards."""
    copy = tree.copy()
    for node in copy.walk():
        if isinstance(node, exp.Div):
            node.set("typed", dialect.typed_division)
            node.set("safe", dialect.safe_division)
        elif isinstance(node, exp.Least | exp.Greatest):
            node.set("ignore_nulls", dialect.least_skips_null)
    return copy


_KINDS = ("value", "exact", "coverage", "low", "high")


def _shown(score: ScoreSteps) -> tuple[Step, ...]:
    return score.reported, score.value, score.coverage, score.reported_low, score.reported_high


def _table(name: str, dialect: Dialect) -> exp.Table:
    """Parse the name of a table."""
    try:
        table = exp.to_table(name, dialect=dialect.name)
    except SqlglotError:
        table = exp.Table()
    parts = [part for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part]
    if not parts or not all(isinstance(part, exp.Identifier) for part in parts) or table.alias:
        raise RiskmodelError(f"not the name of a table: {name!r}; it should be like risks or archive.risks")
    return table
