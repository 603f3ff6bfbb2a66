"""Check a table before it is scored: propose the column of each indicator, and count what its cells are."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, Unpack

import numpy as np

from riskmodel.analysis.results.data_check import DataCheck, IndicatorColumn
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.errors import SituationError, counted, single_line
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables.arrays import Mask
from riskmodel.tables.columns import find_columns
from riskmodel.tables.input_file import ZIP, open_input
from riskmodel.tables.name_similarity import Proposal, proposals
from riskmodel.tables.options import TableKeywords, TableOptions
from riskmodel.tables.reader import open_reader

_TOP_OF_PERCENT, _TOP_OF_SHARES = 50.0, 1.0
"""A scale that reaches 50 is not one of shares; values of at most 1 may be shares."""


@call_as("check_data(path, model=model)")
def check_data(path: str | Path, *, model: Model | str | Path = DEFAULT, **table: Unpack[TableKeywords]) -> DataCheck:
    """Match the columns of a table to a model, propose columns for indicators without one, and count the cells.

    A column is proposed where its name is clearly the most similar to the id, the title or the unit of an indicator,
    and most of its cells are values of that indicator.

    Parameters
    ----------
    path
        The path of a table in a format of docs/batch.md.
    model
        A model, its path, or its id.
    **table
        How the table is read; see `riskmodel.TableKeywords`.

    Raises
    ------
    SituationError
        The table cannot be read, or an option names what does not exist.
    """
    if str(path) == "-":
        raise SituationError("-: the table is read more than once; name a file")
    loaded, options = ensure_model(model), TableOptions.of(table)
    names = _names(path, loaded.spec, options)
    given = find_columns(loaded.spec, names, options)
    absent = {name: item for name, item in loaded.spec.indicators.items() if name not in given}
    proposed = proposals(absent, [name for name in names if name not in given.values()])
    fitting, unfit = _fitting(path, loaded, options, {proposal.indicator: proposal for proposal in proposed.clear})
    chosen = {name: proposal.column for name, proposal in fitting.items()}
    candidates = {name: tuple(columns) for name, columns in proposed.doubtful.items()}
    candidates |= {name: (fault.column,) for name, fault in unfit.items()}
    counts = _count(path, loaded, replace(options, map={**options.map, **chosen}))
    matched = {**given, **chosen}
    columns = []
    for name, indicator in loaded.spec.indicators.items():
        column, values = matched.get(name), counts.values.get(name)
        fault = counts.first.get(column) if column else None
        columns.append(
            IndicatorColumn(
                indicator=name,
                title=indicator.title or name,
                unit=indicator.unit,
                column=column,
                by=_source(loaded.spec, options, name, column, is_proposed=name in fitting),
                similarity=fitting[name].similarity if name in fitting else None,
                candidates=candidates.get(name, ()),
                values=values.present if values else 0,
                missing=counts.scored - values.present if values else 0,
                beyond_scale=values.beyond_scale if values else 0,
                low=values.low if values and indicator.labels is None else None,
                high=values.high if values and indicator.labels is None else None,
                rejected=counts.rejected.get(column, 0) if column else 0,
                rejected_at=fault.place if fault else None,
                reason=fault.message if fault else None,
                remark=_remark(indicator, values) if values else unfit[name].message if name in unfit else None,
            )
        )
    return DataCheck(
        source=str(path),
        model=loaded.identity,
        rows=counts.scored + sum(counts.rejected.values()),
        rejected=sum(counts.rejected.values()),
        columns=tuple(columns),
        rejected_whole=_whole(counts),
        unread=tuple(name for name in names if name not in matched.values()),
        map={name: column for name, column in matched.items() if name in options.map or name in fitting},
    )


def _whole(counts: "_Counts") -> str | None:
    """Tell how many rows are invalid as a whole, and why the first is."""
    if "" not in counts.first:
        return None
    place, message = counts.first[""]
    return f"{counted(counts.rejected[''], 'row')} rejected as a whole, the first ({place}) because {message}"


def _source(
    spec: ModelSpec, options: TableOptions, name: str, column: str | None, *, is_proposed: bool
) -> Literal["map", "model", "id", "proposal", ""]:
    if column is None:
        return ""
    if is_proposed:
        return "proposal"
    if name in options.map:
        return "map"
    return "id" if column == name else "model"


class _Values(NamedTuple):
    present: int
    beyond_scale: int
    low: float | None
    high: float | None

    def plus(self, other: "_Values") -> "_Values":
        lows = [value for value in (self.low, other.low) if value is not None]
        highs = [value for value in (self.high, other.high) if value is not None]
        return _Values(
            self.present + other.present,
            self.beyond_scale + other.beyond_scale,
            min(lows, default=None),
            max(highs, default=None),
        )


class _Counts(NamedTuple):
    scored: int = 0
    values: Mapping[str, _Values] = MappingProxyType({})
    rejected: Mapping[str, int] = MappingProxyType({})
    """The number of rejected rows by the first column at fault."""
    first: Mapping[str, "_Fault"] = MappingProxyType({})


class _Fault(NamedTuple):
    place: str
    message: str


def _names(path: str | Path, spec: ModelSpec, options: TableOptions) -> list[str]:
    """Return the names of a table's columns: in a workbook, those of the sheet and row most similar to the model."""
    with open_input(path) as source:
        if source.kind == ZIP:
            from riskmodel.tables.spreadsheet.sheets import Workbook

            similar = proposals(dict(spec.indicators), sorted(Workbook(source).first_texts())).clear
            indicators = {
                pair.indicator: spec.indicators[pair.indicator].model_copy(
                    update={"column": (*spec.indicators[pair.indicator].columns, pair.column)}
                )
                for pair in similar
            }
            spec = spec.model_copy(update={"indicators": {**spec.indicators, **indicators}})
        return list(open_reader(source, spec, options, as_text=True).names)


def _fitting(
    path: str | Path, model: Model, options: TableOptions, proposed: Mapping[str, Proposal]
) -> tuple[dict[str, Proposal], dict[str, "_Unfit"]]:
    """Return the proposals whose cells, at the beginning of the table, are mostly values on the scale; and the others.

    The worst is left out first, since a row that it rejects is none for the others.
    """
    fitting, left_out = dict(proposed), dict[str, _Unfit]()
    while fitting:
        columns = {name: proposal.column for name, proposal in fitting.items()}
        counts = _count(path, model, replace(options, map={**options.map, **columns}), pieces=1)
        unfit = {}
        for name, column in columns.items():
            values, rejected = counts.values[name], counts.rejected.get(column, 0)
            valid = values.present - values.beyond_scale
            if 2 * valid <= values.present + rejected:
                unfit[name] = rejected - valid
        if not unfit:
            break
        worst = max(unfit, key=lambda name: unfit[name])
        column = fitting.pop(worst).column
        if fault := counts.first.get(column):
            message = f"most of its cells are no values on the scale; {fault.place}: {fault.message}"
            left_out[worst] = _Unfit(column, message)
    return fitting, left_out


class _Unfit(NamedTuple):
    """A column with a similar name but other content."""

    column: str
    message: str


def _count(path: str | Path, model: Model, options: TableOptions, pieces: int | None = None) -> _Counts:
    """Count the cells of a table, or of its first pieces."""
    indicators = model.compiled.indicators
    scored, present = 0, dict[str, _Values]()
    rejected, first = Counter[str](), dict[str, _Fault]()
    with open_input(path) as source:
        reader = open_reader(source, model.spec, options, as_text=True)
        before = reader.lines_before
        for piece in islice(reader.pieces(), pieces):
            rows = reader.read(piece)
            scored += rows.count
            for name, column in rows.columns.items():
                values = _values_of(column, indicators[name].is_beyond(column))
                present[name] = present[name].plus(values) if name in present else values
            for reject in rows.rejected:
                rejected[reject.column] += 1
                if reject.column not in first:
                    line = f"{before + reject.line:,}"
                    place = (
                        f"cell {reject.letters}{before + reject.line}"
                        if reject.letters
                        else f"{reader.row_unit} {line}"
                    )
                    first[reject.column] = _Fault(place, reject.reason)
            before += rows.lines
    return _Counts(scored, present, rejected, first)


def _values_of(column: Floats, beyond: Mask) -> _Values:
    known = column[~np.isnan(column)]
    ends = (float(known.min()), float(known.max())) if len(known) else (None, None)
    return _Values(len(known), int(np.count_nonzero(beyond)), *ends)


def _remark(indicator: Indicator, values: _Values) -> str | None:
    """Tell that values look like shares of 1 where the scale is one of percent, or the reverse."""
    if indicator.labels is not None or values.low is None or values.high is None:
        return None
    ends = indicator.breakpoints()
    top = max(ends, default=0.0)
    if values.low >= 0.0 and 0.0 < values.high <= _TOP_OF_SHARES and top >= _TOP_OF_PERCENT:
        return f"no value is above 1, and the scale ends at {top:g}: are they shares of 1, and not in its unit?"
    if 2 * values.beyond_scale > values.present:
        return f"most values lie beyond the scale, which ends at {top:g}: are they in its unit?"
    return None


def map_text(check: DataCheck) -> str:
    """Return the content of a map file with the columns of a check, and what is known about each as a comment."""
    lines = [f"# The columns of {single_line(check.source)} for {check.model.id}, as `--map` reads them."]
    for item in check.columns:
        if item.indicator in check.map:
            by = f"proposed, similarity {item.similarity:.2f}" if item.similarity is not None else "as given"
            lines.append(f"{item.indicator}: {json.dumps(check.map[item.indicator], ensure_ascii=False)}  # {by}")
    return "\n".join(lines) + "\n"
