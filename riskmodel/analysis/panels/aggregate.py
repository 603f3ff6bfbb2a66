"""Means of scores over groups of rows, such as a region's, weighted by a column."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

from riskmodel.analysis.panels.ranking import ranked_scores
from riskmodel.analysis.panels.rows import combined
from riskmodel.analysis.results.panels import Aggregation, GroupMeans
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.engine.plan import COVERAGE_TOLERANCE
from riskmodel.engine.table import score_table
from riskmodel.errors import RiskmodelError, SituationError, counted
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.plan.numpy_steps import band_codes, reported
from riskmodel.tables.frames.output import Bands
from riskmodel.tables.labelled import LabelledTable, read_labelled
from riskmodel.tables.labels import Codes, Labels
from riskmodel.tables.options import TableKeywords, TableOptions

if TYPE_CHECKING:
    import pandas as pd


MIN_COVERAGE = 0.5


@call_as("aggregate(data, by, model=model)", "model.aggregate(data, by)")
def aggregate(
    data: "str | Path | pd.DataFrame",
    by: str | Sequence[str],
    *,
    model: Model | str | Path = DEFAULT,
    weight: str | None = None,
    min_coverage: float = MIN_COVERAGE,
    **table: Unpack[TableKeywords],
) -> Aggregation:
    """Compute the mean of each score over the rows of each group, weighted by a column.

    The mean is that of the exact scores of the rows, sum(w s) / sum(w) over the rows that have a score; it is rounded
    and has a band like a score. It is not the score of the group's mean values.

    Parameters
    ----------
    data
        A file or frame.
    by
        A column or several whose labels make the groups; with a column of times (`time=`), each time is apart.
    model
        A model, its path, or its id.
    weight
        A column of weights of 0 or more, such as population; by default all rows count the same.
    min_coverage
        The share of a group's weight that must be in rows with a score, in [0, 1]; below it the group has no mean.
    **table
        How the data are read; see `riskmodel.TableKeywords`.

    Raises
    ------
    SituationError
        If the table cannot be read, or a row has no label, or a weight that is missing or negative.
    RiskmodelError
        If an option is out of range.
    """
    if not 0.0 <= min_coverage <= 1.0:
        raise RiskmodelError(f"min_coverage should be from 0 to 1; got {min_coverage!r}")
    loaded = ensure_model(model)
    options = TableOptions.of(table)
    names = (by,) if isinstance(by, str) else tuple(dict.fromkeys(by))
    if options.time is not None and options.time not in names:
        names = (*names, options.time)
    if not names:
        raise RiskmodelError("name the column whose labels make the groups")
    read = read_labelled(loaded.spec, data, options, names, [] if weight is None else [weight])
    weights = np.ones(read.rows) if weight is None else _checked_weights(read, weight)
    columns: dict[str, Labels] = {name: read.times(name) if name == read.time else read.labels(name) for name in names}
    groups = combined(list(columns.values()), read.rows)
    _, first = np.unique(groups, return_index=True)
    arrays = score_table(loaded.compiled, read.columns, read.rows)
    return Aggregation(
        model=loaded.identity,
        source=read.source,
        rows=read.rows,
        check=read.check(loaded.compiled),
        by=names,
        weight=weight,
        min_coverage=min_coverage,
        keys={name: Labels(labels.codes[first], labels.names) for name, labels in columns.items()},
        counts=np.bincount(groups),
        weights=np.bincount(groups, weights).astype(np.float64),
        scores={
            name: _means(loaded, name, arrays[name].value, weights, groups, min_coverage)
            for name in ranked_scores(loaded.spec, ())
        },
    )


def _checked_weights(table: LabelledTable, name: str) -> Floats:
    weights = table.numbers[name]
    for faulty, message in (
        (np.isnan(weights), "has no value; every row needs a weight"),
        (weights < 0.0, "should be a weight of 0 or more"),
    ):
        if faulty.any():
            row, count = int(np.argmax(faulty)), int(faulty.sum())
            also = f" (and so {counted(count - 1, 'row')} after it)" if count > 1 else ""
            got = "" if np.isnan(weights[row]) else f"; got {weights[row]:g}"
            raise SituationError([table.problem(row, name, f"{message}{got}{also}")])
    return weights


def _means(model: Model, name: str, values: Floats, weights: Floats, groups: Codes, min_coverage: float) -> GroupMeans:
    compiled = model.compiled.scores[name]
    has_score = ~np.isnan(values)
    count = int(groups.max()) + 1
    # Relative to the largest of the group, so that products and sums keep their digits whatever the unit of weights.
    largest = np.zeros(count)
    np.maximum.at(largest, groups, weights)
    weights = np.divide(weights, largest[groups], out=np.zeros(len(weights)), where=weights > 0.0)
    known = np.bincount(groups[has_score], weights[has_score], count)
    total = np.bincount(groups, weights, count)
    sums = np.bincount(groups[has_score], weights[has_score] * values[has_score], count)
    coverage = np.divide(known, total, out=np.zeros(count), where=total > 0.0)
    enough = (known > 0.0) & (coverage >= min_coverage - COVERAGE_TOLERANCE)
    mean = np.clip(np.divide(sums, known, out=np.full(count, np.nan), where=enough), 0.0, compiled.out_of)
    rounded = reported(mean, compiled.decimals)
    return GroupMeans(
        name,
        model.spec.scores[name].title or name,
        compiled.decimals,
        mean,
        rounded,
        Bands(band_codes(rounded, compiled.band_starts), compiled.bands, compiled.better),
        np.minimum(coverage, 1.0),
    )
