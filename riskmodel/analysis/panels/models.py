"""Compare two models over the rows of a table: who moves, by how much, and why."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import numpy as np

from riskmodel.analysis.comparison.analysis import difference_of_models, without_foreign
from riskmodel.analysis.panels.ranking import Panel, panel_of_cases, ranked_rows, read_panel
from riskmodel.analysis.panels.rows import ranks_within
from riskmodel.analysis.results.movers import Driver, MovedScore, Mover, RowComparison
from riskmodel.analysis.results.panels import RankedRows
from riskmodel.analysis.situations import (
    Case,
    OnProgress,
    SituationsLike,
    load_situations,
    part_of,
    prepare,
    row_situation,
)
from riskmodel.calls import call_as
from riskmodel.documents.document import is_table
from riskmodel.engine.table import score_table
from riskmodel.errors import RiskmodelError, SituationError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.plan.numpy_steps import reported
from riskmodel.tables.arrays import Mask
from riskmodel.tables.labels import Codes
from riskmodel.tables.options import TableKeywords, TableOptions

MOVERS = 10
_DRIVERS = 3
_TOLERANCE = 1e-9
"""Points below this are rounding error."""


@call_as("compare_models_by_row(data, model, another_model)")
def compare_models_by_row(
    data: SituationsLike,
    first: Model | str | Path,
    second: Model | str | Path,
    *,
    within: str | Sequence[str] = (),
    movers: int = MOVERS,
    on_progress: OnProgress | None = None,
    **table: Unpack[TableKeywords],
) -> RowComparison:
    """Compare two models over the rows of a table of any size: who moves, by how much, and why.

    Parameters
    ----------
    data
        A table (a file, but not standard input, since each model reads it, or a frame) or several situations, of which
        ranges count as their medians. Each model reads its own indicators.
    first, second
        Models, their paths, or their ids.
    within
        Columns within whose groups rows are ranked, as for `riskmodel.rank_table`.
    movers
        How many rows, of those whose score differs most, get an account of their difference, as by
        `riskmodel.compare_models`; 0 or more.
    on_progress
        Called with the share that is done, in [0, 1], and what is being done.
    **table
        How the data are read; see `riskmodel.TableKeywords`.

    Raises
    ------
    SituationError
        As by `riskmodel.rank_table`.
    RiskmodelError
        If the models have no score in common, or `movers` is negative.
    """
    if movers < 0:
        raise RiskmodelError(f"movers should be 0 or more; got {movers}")
    if str(data) == "-":
        raise SituationError("two models cannot read standard input one after the other; name a file")
    models = ensure_model(first), ensure_model(second)
    names = [
        name
        for name in models[0].spec.scores
        if name in models[1].spec.scores and not all(name in model.spec.sub_scores for model in models)
    ]
    if not names:
        raise RiskmodelError(f"models {models[0].spec.id!r} and {models[1].spec.id!r} have no score in common")
    options = TableOptions.of(table)
    panels = [_panel(own, other, data, within, options) for own, other in (models, models[::-1])]
    arrays = [
        score_table(model.compiled, panel.table.columns, panel.table.rows)
        for model, panel in zip(models, panels, strict=True)
    ]
    scores = {}
    for index, name in enumerate(names):
        before, after = (
            ranked_rows(model, name, scored[name], panel, ascending=False)
            for model, scored, panel in zip(models, arrays, panels, strict=True)
        )
        progress = part_of(on_progress, index, len(names))
        scores[name] = _moved(models, panels, before, after, movers, progress)
    return RowComparison(
        before=models[0].identity,
        after=models[1].identity,
        source=panels[0].table.source,
        rows=panels[0].table.rows,
        keys=panels[0].keys,
        scores=scores,
    )


def _panel(own: Model, other: Model, data: SituationsLike, within: str | Sequence[str], options: TableOptions) -> Panel:
    """Return the rows as one of the models reads them."""
    if not isinstance(data, list | tuple) and (not isinstance(data, str | Path) or is_table(data)):
        return read_panel(own.spec, data, within, options.for_part(other.spec, own.spec))  # type: ignore[arg-type]
    if within:
        raise SituationError("situations have no columns to rank within; a table has")
    situations = load_situations(own.spec, data)
    cases = [prepare(own, without_foreign(situation, own.spec, other.spec)) for situation in situations]
    return panel_of_cases(own.compiled, cases, str(data) if isinstance(data, str | Path) else "situations")


def _moved(
    models: tuple[Model, Model],
    panels: Sequence[Panel],
    before: RankedRows,
    after: RankedRows,
    movers: int,
    on_progress: OnProgress | None,
) -> MovedScore:
    decimals = max(before.decimals, after.decimals)
    both = ~np.isnan(before.value) & ~np.isnan(after.value)
    rank_change = np.abs(after.rank - before.rank)[both]
    has_bands = before.bands.names and after.bands.names
    tops = [model.compiled.scores[before.name].out_of for model in models]
    return MovedScore(
        name=before.name,
        title=after.title,
        before=_with_decimals(before, decimals),
        after=_with_decimals(after, decimals),
        compared=int(both.sum()),
        rank_correlation=rank_correlation(before.value, after.value, panels[0].groups, tops),
        moved=int(np.count_nonzero(rank_change)),
        other_band=int(np.count_nonzero(_band_names(before)[both] != _band_names(after)[both])) if has_bands else None,
        mean_rank_change=float(rank_change.mean()) if both.any() else None,
        movers=_movers(models, panels, before, after, movers, on_progress),
    )


def _with_decimals(ranked: RankedRows, decimals: int) -> RankedRows:
    """Return a score with as many decimals as that of the other model."""
    if ranked.decimals == decimals:
        return ranked
    return replace(ranked, decimals=decimals, reported=reported(ranked.value, decimals))


def _band_names(ranked: RankedRows) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    return np.array([*ranked.bands.names, None], object)[ranked.bands.codes]


def _movers(
    models: tuple[Model, Model],
    panels: Sequence[Panel],
    before: RankedRows,
    after: RankedRows,
    count: int,
    on_progress: OnProgress | None,
) -> tuple[Mover, ...]:
    change = np.nan_to_num(after.value - before.value)
    largest = np.argsort(-np.abs(change), kind="stable")[:count]
    chosen = [int(row) for row in largest if abs(change[row]) > _TOLERANCE]
    keys, movers = panels[0].keys, []
    for index, row in enumerate(chosen):
        name = keys.name(row) if keys.time is None else f"{keys.name(row)}, {keys.columns[keys.time].label(row)}"
        cases = [_case(model, panel, row, name) for model, panel in zip(models, panels, strict=True)]
        progress = part_of(on_progress, index, len(chosen))
        account = difference_of_models(models, cases, progress, only=before.name).accounts[before.name]
        drivers = [Driver(entry.title, entry.points) for entry in account.entries if abs(entry.points) > _TOLERANCE]
        movers.append(
            Mover(
                row,
                name,
                float(before.reported[row]),
                float(after.reported[row]),
                float(change[row]),
                int(before.rank[row]),
                int(after.rank[row]),
                tuple(drivers[:_DRIVERS]),
            )
        )
    return tuple(movers)


def _case(model: Model, panel: Panel, row: int, name: str) -> Case:
    columns = panel.table.columns
    values = {indicator: column[row] for indicator, column in columns.items() if not np.isnan(column[row])}
    return prepare(model, row_situation(model.spec, name, None, values))


def rank_correlation(before: Floats, after: Floats, groups: Codes, tops: Sequence[float]) -> float | None:
    """Compute Spearman's rank correlation of two scores, ties having their mean rank.

    Parameters
    ----------
    before, after : (n,) scores; rows in which one is NaN are left out.
    groups : (n,) the group within which each row is ranked.
    tops : of the two scores.

    Returns
    -------
    The mean of the correlations within groups; None where no group has two ranks by both scores.
    """
    both: Mask = ~np.isnan(before) & ~np.isnan(after)
    parts = np.unique(groups[both], return_inverse=True)[1]
    count = int(parts.max()) + 1 if len(parts) else 0
    sizes = np.bincount(parts, minlength=count)
    deviations = []
    for values, top in zip((before[both], after[both]), tops, strict=True):
        # The mean of the ranks from above and from below is the mean rank of those that tie, but for a constant.
        ranks = (ranks_within(values, parts, top) - ranks_within(values, parts, top, ascending=True)) / 2.0
        deviations.append(ranks - (np.bincount(parts, ranks, count) / np.maximum(sizes, 1))[parts])
    first, second = deviations
    spread = np.bincount(parts, first**2, count) * np.bincount(parts, second**2, count)
    varied = spread > 0.0
    if not varied.any():
        return None
    covariance = np.bincount(parts, first * second, count)
    return float(np.clip(covariance[varied] / np.sqrt(spread[varied]), -1.0, 1.0).mean())
