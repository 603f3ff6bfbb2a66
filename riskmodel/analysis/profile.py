"""Profile a table for those who build an index: distributions, correlations within scores, leave-one-out ranks."""

import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np
from scipy import stats

from riskmodel.analysis.normalise import fit_columns, remedy, with_scales
from riskmodel.analysis.panels.rows import comparable
from riskmodel.analysis.results.profile import (
    OPPOSES,
    REPEATS,
    Correlation,
    IndicatorProfile,
    LeftOut,
    Profile,
    ScoreProfile,
)
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel, compile_model
from riskmodel.errors import SituationError
from riskmodel.kernels.moments import MAX_KURTOSIS, MAX_SKEWNESS, moments_of, outlying
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.schema.scales import Fit, Points
from riskmodel.tables.columns import match_columns
from riskmodel.tables.input_file import open_input
from riskmodel.tables.options import FormatKeywords, TableOptions
from riskmodel.tables.reader import open_reader, read_all_or_raise

if TYPE_CHECKING:
    import pandas as pd

_MIN_ROWS = 3
"""Rows that a correlation needs."""


@call_as("profile(data, model=model)", "model.profile(data)")
def profile(
    data: "str | Path | pd.DataFrame",
    *,
    model: Model | str | Path | Mapping[str, Any] = DEFAULT,
    **table: Unpack[FormatKeywords],
) -> Profile:
    """Profile a table: each indicator, the correlations within each score, and the ranks without each indicator.

    - Skewness and kurtosis above 2 and 3.5, together, are a warning of outliers, which would stretch a min-max scale.
    - Correlations are Spearman's, of the directed intensities: of s for a positive weight, of 1 - s for a negative one.
      Above 0.9 two inputs repeat each other, below -0.4 they oppose each other.
    - Left out, an indicator counts as missing in every row, without its default: the weights of the others are
      renormalised, whatever coverage remains. Ranks are over all rows; 1 is the highest score, and ties share it.

    Parameters
    ----------
    data
        The path of a table (`-` is standard input), or a pandas frame. All rows are held in memory.
    model
        A loaded model, or an argument of `riskmodel.load_model`. Open scales (`fit:`) are fitted to these rows.
    **table
        How the data are read; see `riskmodel.FormatKeywords`.

    Raises
    ------
    ModelError
        If the model is invalid.
    SituationError
        If the data cannot be read, have no rows, or a row is invalid.
    """
    loaded = ensure_model(model)
    rows = _read(loaded.spec, data, TableOptions.of(table))
    if not rows.number:
        raise SituationError(f"{rows.source}: has no rows")
    spec, fitted = _with_scales(loaded.spec, rows.columns)
    compiled = compile_model(spec)
    indicators = {
        name: _indicator(indicator, compiled, name, rows, name in fitted) for name, indicator in spec.indicators.items()
    }
    scores = {name: _score(spec, compiled, name, rows) for name in spec.scores}
    return Profile(
        loaded.identity,
        rows.source,
        rows.sha256,
        rows.number,
        fitted,
        indicators,
        scores,
        (*_doubtful_values(loaded.spec, indicators), *_doubtful_pairs(scores)),
    )


class _Rows(NamedTuple):
    source: str
    sha256: str | None
    columns: Mapping[str, Floats]
    number: int


def _read(spec: ModelSpec, data: "str | Path | pd.DataFrame", options: TableOptions) -> _Rows:
    if not isinstance(data, str | Path):
        from riskmodel.tables.frames.scoring import read_columns

        return _Rows("the frame", None, read_columns(spec, data, options), len(data))
    with open_input(data) as source:
        reader = open_reader(source, spec, options)
        names = match_columns(spec, reader.names, options)
        parts = list(read_all_or_raise(reader, lambda rows: (rows.count, {name: rows.columns[name] for name in names})))
        digest = source.sha256()
    columns = {name: np.concatenate([np.empty(0), *(part[name] for _, part in parts)]) for name in names}
    return _Rows(source.name, digest, columns, sum(count for count, _ in parts))


def _with_scales(spec: ModelSpec, columns: Mapping[str, Floats]) -> tuple[ModelSpec, tuple[str, ...]]:
    """Return the model with open scales fitted to these rows, and the names of these indicators.

    An open scale without a value in any row gets one that is never used.
    """
    fitted = tuple(name for name in spec.unfitted if name in columns and not np.isnan(columns[name]).all())
    part = spec.model_copy(update={"indicators": {name: spec.indicators[name] for name in fitted}})
    if fitted:
        spec = with_scales(spec, fit_columns(part, columns))
    unused = {
        name: spec.indicators[name].model_copy(update={"scale": Points(points=((0.0, 0.5),))}) for name in spec.unfitted
    }
    return spec.model_copy(update={"indicators": {**spec.indicators, **unused}}), fitted


def _indicator(
    indicator: Indicator, compiled: CompiledModel, name: str, rows: _Rows, is_fitted_here: bool
) -> IndicatorProfile:
    column = rows.columns.get(name, np.full(rows.number, np.nan))
    values = column[~np.isnan(column)]
    missing = rows.number - len(values)
    labels = indicator.labels
    if labels is not None:
        counts = np.bincount(values.astype(np.intp), minlength=len(labels)).tolist()
        by_label = dict(zip(labels, counts, strict=True))
        return IndicatorProfile(len(values), missing, 0.0, None, None, None, None, None, 0, by_label)
    if not len(values):
        return IndicatorProfile(0, missing, None, None, None, None, None, None, 0, None)
    beyond = None if is_fitted_here else float(compiled.indicators[name].is_beyond(values).mean())
    moments = moments_of(values)
    low, median, high = np.quantile(values, (0.0, 0.5, 1.0)).tolist()
    skewness, kurtosis = (None if math.isnan(number) else number for number in (moments.skewness, moments.kurtosis))
    return IndicatorProfile(len(values), missing, beyond, low, median, high, skewness, kurtosis, outlying(values), None)


def _score(spec: ModelSpec, compiled: CompiledModel, score: str, rows: _Rows) -> ScoreProfile:
    nominal = score_block(compiled, rows.columns, rows.number).scores[score]
    directed = {
        part.name: np.where(known.coverage > 0.0, known.value, np.nan)
        for part, known in zip(compiled.scores[score].inputs, nominal.mean_inputs, strict=True)
    }
    known = {name: comparable(values, 1.0) for name, values in directed.items() if not np.isnan(values).all()}
    left_out: dict[str, LeftOut] = {}
    if score not in spec.sub_scores:
        before = comparable(nominal.value, compiled.scores[score].out_of)
        for name in spec.indicators:
            if name in rows.columns and name in compiled.scores[score].leaf_indicators:
                after = _without(spec, compiled, score, name, rows)
                if np.count_nonzero(~np.isnan(before + after)) > 1:
                    left_out[name] = _left_out(before, after)
    return ScoreProfile(spec.scores[score].title or score, tuple(_correlations(known)), left_out)


def _correlations(columns: Mapping[str, Floats]) -> Iterator[Correlation]:
    """Yield the rank correlation of each pair of columns; complete columns are ranked once."""
    ranks = {name: stats.rankdata(values) for name, values in columns.items() if not np.isnan(values).any()}
    for first, second in combinations(columns, 2):
        if first in ranks and second in ranks:
            x, y = ranks[first], ranks[second]
        else:
            both = ~np.isnan(columns[first] + columns[second])
            x, y = (stats.rankdata(columns[name][both]) for name in (first, second))
        yield Correlation(first, second, len(x), _correlation(x, y) if len(x) >= _MIN_ROWS else None)


def _correlation(x: Floats, y: Floats) -> float | None:
    """Compute Pearson's correlation, of ranks Spearman's; None if one does not vary."""
    return float(np.corrcoef(x, y)[0, 1]) if np.ptp(x) > 0.0 and np.ptp(y) > 0.0 else None


def _without(spec: ModelSpec, compiled: CompiledModel, score: str, indicator: str, rows: _Rows) -> Floats:
    """Return (n,) scores without an indicator, whatever the coverage; NaN where nothing is left."""
    if spec.indicators[indicator].default is not None:
        without = spec.indicators[indicator].model_copy(update={"default": None})
        compiled = compile_model(spec.model_copy(update={"indicators": {**spec.indicators, indicator: without}}))
    columns = {name: column for name, column in rows.columns.items() if name != indicator}
    value = score_block(compiled, columns, rows.number).scores[score].steps.value
    return comparable(value, compiled.scores[score].out_of)


def _left_out(before: Floats, after: Floats) -> LeftOut:
    """Compare the ranks of two scores over the rows that have both; 1 is the highest, and ties share the better."""
    both = ~np.isnan(before + after)
    first, second = -before[both], -after[both]
    shift = np.abs(stats.rankdata(first, method="min") - stats.rankdata(second, method="min"))
    correlation = _correlation(stats.rankdata(first), stats.rankdata(second))
    return LeftOut(len(shift), float(shift.mean()), float(shift.max()), correlation)


def _doubtful_values(spec: ModelSpec, indicators: Mapping[str, IndicatorProfile]) -> Iterator[str]:
    for name, values in indicators.items():
        if values.count > 1 and values.low is not None and values.low == values.high:
            yield f"{name} is {values.low:g} in every row that has it"
        if values.outlying == 0 or values.skewness is None or values.kurtosis is None:
            continue
        end = "highest" if values.skewness > 0.0 else "lowest"
        number = "" if values.outlying == 1 else f"{values.outlying} "
        cause = "as a whole" if values.outlying is None else f"by its {number}{end} value{'s' if number else ''}"
        scale = spec.indicators[name].scale
        is_open = isinstance(scale, Fit) and scale.fit == "minmax"
        advice = f"; {remedy(values.skewness, values.count, values.outlying)}" if is_open else ""
        yield (
            f"{name} is skewed {cause}: skewness {values.skewness:.2f} (bound {MAX_SKEWNESS:g}) and kurtosis "
            f"{values.kurtosis:.2f} (bound {MAX_KURTOSIS:g}){advice}"
        )


def _doubtful_pairs(scores: Mapping[str, ScoreProfile]) -> Iterator[str]:
    for name, score in scores.items():
        for pair in score.correlations:
            if pair.spearman is not None and not OPPOSES <= pair.spearman <= REPEATS:
                doing = "repeat" if pair.spearman > 0.0 else "oppose"
                yield (
                    f"{name}: {pair.first} and {pair.second} {doing} each other, with a correlation of "
                    f"{pair.spearman:.2f}"
                )
