"""Results as data frames: the main table first."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskmodel.analysis.results.alerts import Alert
from riskmodel.analysis.results.comparison import Comparison
from riskmodel.analysis.results.movers import RowComparison
from riskmodel.analysis.results.panels import Aggregation, RankedRows, TableRanking
from riskmodel.analysis.results.ranking import Ranking
from riskmodel.analysis.results.series import TimeSeries
from riskmodel.analysis.results.validation import Validation
from riskmodel.assessment import Assessment, ModelIdentity
from riskmodel.errors import SituationError, counted
from riskmodel.report.band_frames import band_frame, colours_by_name
from riskmodel.report.presenters import as_report
from riskmodel.results import Result
from riskmodel.tables.frames.files import BANDS
from riskmodel.tables.labels import Labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,14}")

Frames = Mapping[str, pd.DataFrame]
"""Frames by the name of their sheet; the first is the main one."""


class _OnDemand(Mapping[str, pd.DataFrame]):
    """Frames that are made each time when they are looked up, since one of them may be much larger than the other."""

    def __init__(self, **makers: Callable[[], pd.DataFrame]) -> None:
        self.makers = makers

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self.makers)

    def __len__(self) -> int:
        return len(self.makers)


def assessment_frames(result: Assessment) -> Frames:
    """Return the scores of an assessment, its accounts, its rules and its inputs."""
    return assessments_frames([result])


def assessments_frames(assessments: Sequence[Assessment]) -> Frames:
    """Return the scores of several assessments, their accounts, rules and inputs, with a row for each."""
    scores, accounts, rules, inputs = [], [], [], []
    for assessment in assessments:
        key = {"situation": assessment.heading, "date": assessment.date}
        for score in assessment.scores.values():
            start = {**key, "score": score.name, "title": score.title}
            scores.append(
                start
                | {"reported": score.reported, "band": score.band, "status": score.status, "coverage": score.coverage}
                | {"low": score.reported_low, "high": score.reported_high, "value": score.value}
            )
            accounts += [
                {**start, "kind": part.kind, "name": part.name, "points": part.points} for part in score.account
            ]
        rules += [
            {**key, "rule": rule.name, "title": rule.title, "status": rule.status, "degree": rule.degree}
            for rule in assessment.rules
        ]
        inputs += [
            {**key, "indicator": item.name, "title": item.title, "unit": item.unit, "value": item.value}
            | {"used": item.used, "intensity": item.intensity}
            for item in assessment.inputs
        ]
    bands = list(dict.fromkeys(band for item in assessments for score in item.scores.values() for band in score.bands))
    frames = {
        "Scores": pd.DataFrame(scores),
        "Account": pd.DataFrame(accounts, columns=["situation", "date", "score", "title", "kind", "name", "points"]),
        "Rules": pd.DataFrame(rules, columns=["situation", "date", "rule", "title", "status", "degree"]),
        "Inputs": pd.DataFrame(inputs),
    }
    frames["Scores"]["band"] = _one_scale(assessments, frames["Scores"], bands)
    frames = {name: _without_empty(frame, ("date",)) for name, frame in frames.items()}
    every = [score for item in assessments for score in item.scores.values()]
    frames["Scores"].attrs[BANDS] = {"band": colours_by_name((tuple(score.bands), score.better) for score in every)}
    return frames


def _one_scale(assessments: Sequence[Assessment], frame: pd.DataFrame, bands: list[str]) -> "pd.Series[Any]":
    """Return the bands as ordered categories where all scores have the same, else as text."""
    scales = {tuple(score.bands) for item in assessments for score in item.scores.values() if score.bands}
    return frame["band"].astype(pd.CategoricalDtype(bands, ordered=True)) if len(scales) == 1 else frame["band"]


def _without_empty(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Leave out those of the named columns that have no value."""
    return frame.drop(columns=[name for name in names if frame[name].isna().all()])


def table_ranking_frames(result: TableRanking) -> Frames:
    """Return a row for each row of the table, in its order."""
    time = result.keys.time
    columns = _key_columns(result.keys.columns, result.rows)
    has_before = time is not None and bool((result.since >= 0).any())
    for score in result.scores.values():
        _add(columns, _ranked_columns(score, has_before))
    return {"Ranking": band_frame(columns)}


def _ranked_columns(score: RankedRows, has_before: bool) -> dict[str, Any]:
    name = score.name
    columns: dict[str, Any] = {
        name: score.reported,
        f"{name}_band": score.bands,
        f"{name}_rank": _whole(score.rank, score.rank > 0),
    }
    if has_before:
        columns |= {
            f"{name}_change": score.change,
            f"{name}_rank_before": _whole(score.rank_before, score.rank_before > 0),
            f"{name}_rank_change": _whole(score.rank_change, ~np.isnan(score.rank_change)),
        }
    return columns | {f"{name}_exact": score.value}


def row_comparison_frames(result: RowComparison) -> Frames:
    """Return a row for each row of the table, in its order, and the largest movers with what moves them."""
    columns = _key_columns(result.keys.columns, result.rows)
    movers = []
    for name, score in result.scores.items():
        both = {
            f"{name}_before": score.before.reported,
            f"{name}_after": score.after.reported,
            f"{name}_change": score.change,
            f"{name}_band_before": score.before.bands,
            f"{name}_band_after": score.after.bands,
            f"{name}_rank_before": _whole(score.before.rank, score.before.rank > 0),
            f"{name}_rank_after": _whole(score.after.rank, score.after.rank > 0),
            f"{name}_rank_change": _whole(score.rank_change, ~np.isnan(score.rank_change)),
        }
        _add(columns, both)
        movers += [
            {"score": name, "row": mover.name, "before": mover.before, "after": mover.after, "change": mover.change}
            | {"rank_before": mover.rank_before, "rank_after": mover.rank_after}
            | {"driver": driver.title, "points": driver.points}
            for mover in score.movers
            for driver in mover.drivers
        ]
    names = ["score", "row", "before", "after", "change", "rank_before", "rank_after", "driver", "points"]
    return {"Rows": band_frame(columns), "Movers": pd.DataFrame(movers, columns=names)}


def time_series_frames(result: TimeSeries) -> Frames:
    """Return a row for each unit and time, the entries of the changes as a long table, and the alerts, if any."""
    alerts = {"Alerts": lambda: _alerts(result.alerts)} if result.alerts else {}
    return _OnDemand(Series=lambda: _series_rows(result), Changes=lambda: _series_changes(result), **alerts)


def _series_rows(result: TimeSeries) -> pd.DataFrame:
    """Return a row for each unit and time."""
    columns = _series_keys(result)
    for name, score in result.scores.items():
        scored = {
            name: score.reported,
            f"{name}_band": score.bands,
            f"{name}_coverage": score.coverage,
            f"{name}_low": score.low,
            f"{name}_high": score.high,
        }
        if result.draws:
            scored |= {f"{name}_interval_low": score.interval_low, f"{name}_interval_high": score.interval_high}
        before = np.where(result.crossed(score), score.bands.codes[result.before], -1).astype(np.int8)
        scored |= {
            f"{name}_change": score.change,
            f"{name}_band_before": score.bands._replace(codes=before),
            f"{name}_rank": _whole(score.rank, score.rank > 0),
            f"{name}_exact": score.value,
        }
        _add(columns, scored)
    return band_frame(columns)


def _alerts(alerts: Sequence[Alert]) -> pd.DataFrame:
    """Return a row for each unit that meets a condition, or for which it cannot be decided; one if no unit meets it."""
    rows: list[tuple[Any, ...]] = []
    for alert in alerts:
        key = (alert.condition, alert.time)
        rows += [
            (*key, "met", unit.unit, unit.value, unit.band, unit.earlier, unit.earlier_time) for unit in alert.units
        ] or [(*key, "not met", *[None] * 5)]
        rows += [(*key, f"undecided: {why}", unit, *[None] * 4) for unit, why in alert.undecided.items()]
    columns = ("condition", "time", "answer", "unit", "score", "band", "earlier score", "earlier time")
    return pd.DataFrame(rows, columns=columns)


def _series_keys(result: TimeSeries) -> dict[str, Any]:
    """Return the columns of the unit and the time, as the frame has them, so that the result can be joined with it."""
    return _key_columns(result.labels, result.rows) | dict(result.cells)


def _series_changes(result: TimeSeries) -> pd.DataFrame:
    """Return the entries of all changes that are not 0, by unit, time and score."""
    rows, entries, points = [], [], []
    for position, score in enumerate(result.scores.values()):
        by_row = score.points.T
        row, entry = np.nonzero(~np.isnan(by_row) & (by_row != 0.0))
        rows.append(row)
        entries.append(np.stack([np.full(len(row), position), entry]))
        points.append(by_row[row, entry])
    all_rows, (scores, codes) = np.concatenate(rows), np.concatenate(entries, axis=1)
    order = np.lexsort((codes, scores, all_rows))
    all_rows, scores, codes = all_rows[order], scores[order], codes[order]
    columns = {name: column[all_rows] for name, column in _series_keys(result).items()}
    starts = np.cumsum([0, *(len(score.entries) for score in result.scores.values())])
    listed = [(name, entry) for name, score in result.scores.items() for entry in score.entries]
    words = {
        "score": np.array([name for name, _ in listed], object),
        "kind": np.array([entry.kind for _, entry in listed], object),
        "name": np.array([entry.name for _, entry in listed], object),
    }
    own = {name: word[starts[scores] + codes] for name, word in words.items()}
    own["points"] = np.concatenate(points)[order]
    for name, column in own.items():
        while name in columns:  # units are often named by a column `name`
            name = f"entry_{name}"  # noqa: PLW2901
        columns[name] = column
    return pd.DataFrame(columns)


def aggregation_frames(result: Aggregation) -> Frames:
    """Return a row for each group."""
    columns = _key_columns(result.keys, len(result.counts))
    _add(columns, {"rows": result.counts})
    if result.weight is not None:
        _add(columns, {"weight": result.weights})
    for name, score in result.scores.items():
        means = {name: score.reported, f"{name}_band": score.bands}
        _add(columns, means | {f"{name}_coverage": score.coverage, f"{name}_exact": score.value})
    return {"Groups": band_frame(columns)}


def ranking_frames(result: Ranking) -> Frames:
    """Return a row for each situation and score, with the certainty of its rank."""
    rows = []
    for name, score in result.scores.items():
        above = [*score.above_the_next, None]
        columns = zip(score.ranked, score.expected.tolist(), score.rank_stability.tolist(), above, strict=False)
        for index, (item, mean_rank, stability, above_next) in enumerate(columns):
            low, high = score.interval(index)
            rows.append(
                {"score": name, "situation": item.name, "rank": item.rank, "reported": item.reported, "band": item.band}
                | {"mean_rank": mean_rank, "rank_low_90": low, "rank_high_90": high, "rank_stability": stability}
                | {"above_the_next": above_next, "value": item.value}
            )
        rows += [{"score": name, "situation": item.name} for item in score.unranked]
    frame = pd.DataFrame(rows)
    if "rank" in frame:
        counts = ["rank", "rank_low_90", "rank_high_90"]
        frame[counts] = frame[counts].astype("Int64")
    frame.attrs[BANDS] = {"band": colours_by_name((score.bands, score.better) for score in result.scores.values())}
    return {"Ranking": frame}


def comparison_frames(result: Comparison) -> Frames:
    """Return a row for each part of each account, and a row for each account."""
    entries, ends = [], []
    for difference in result.differences:
        sides = {"before": difference.before.name, "after": difference.after.name}
        if result.between == "models":
            sides = {"before": difference.before.model.id, "after": difference.after.model.id}
        for name, account in difference.accounts.items():
            key = {**sides, "score": name}
            before, after = account.before, account.after
            ends.append(
                {**key, "reported_before": before.reported, "reported_after": after.reported}
                | {"band_before": before.band, "band_after": after.band, "difference": account.difference}
            )
            entries += [
                {**key, "kind": entry.kind, "name": entry.name, "title": entry.title, "value_before": entry.before}
                | {"value_after": entry.after, "unit": entry.unit, "points": entry.points, "error": entry.error}
                for entry in account.entries
            ]
    names = ["before", "after", "score", "kind", "name", "title", "value_before", "value_after", "unit", "points"]
    scores = pd.DataFrame(ends)
    accounts = [account for difference in result.differences for account in difference.accounts.values()]
    every = [side for account in accounts for side in (account.before, account.after)]
    colours = colours_by_name((tuple(score.bands), score.better) for score in every)
    scores.attrs[BANDS] = {"band_before": colours, "band_after": colours}
    return {
        "Points": _without_empty(pd.DataFrame(entries, columns=[*names, "error"]), ("unit", "error")),
        "Scores": scores,
    }


def validation_frames(result: Validation) -> Frames:
    """Return the figures of a validation, the reliability of bands, the comparisons, and the effects of rules."""
    figures: list[tuple[str, float | None, float | None, float | None]] = [
        ("auc", result.auc.value, result.auc.low, result.auc.high),
        ("average_precision", result.average_precision, None, None),
        ("coverage", result.coverage, None, None),
    ]
    if result.auc_before is not None:
        figures.insert(1, ("auc_before", result.auc_before.value, result.auc_before.low, result.auc_before.high))
    figures += [(f"rows_{name}", value, None, None) for name, value in _flat(result.to_dict()["counts"]).items()]
    for method, quality in result.to_dict()["recalibrated"].items():
        figures += [(f"{method}_{name}", value, None, None) for name, value in _flat(quality).items()]
    plain = result.to_dict()
    tables = {"Bands": plain["bands"], "Comparisons": plain["comparisons"], "Rules": plain["rules"]}
    return {
        "Figures": pd.DataFrame(figures, columns=["figure", "value", "low", "high"]),
        **{name: pd.DataFrame(list(map(_flat, rows))) for name, rows in tables.items()},
    }


def _flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested plain data with joined names; lists are left out."""
    flat: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}_")
        elif not isinstance(value, list):
            flat[f"{prefix}{name}"] = value
    return flat


def _key_columns(columns: Mapping[str, Labels], rows: int) -> dict[str, Any]:
    """Return columns of labels; the number of each row, from 1, if there is none."""
    labels = {name: _label_values(item.names)[item.codes] for name, item in columns.items()}
    return labels or {"row": np.arange(1, rows + 1)}


def _label_values(names: Sequence[str]) -> "NDArray[Any]":
    """Return labels as whole numbers, if all of them are written like one, so that 007 stays a text."""
    if all(_WHOLE.fullmatch(name) for name in names):
        return np.array(names).astype(np.int64)
    return np.array(names, object)


def _add(columns: dict[str, Any], added: Mapping[str, Any]) -> None:
    """Add columns.

    Raises
    ------
    SituationError
        Two columns would have the same name.
    """
    if clash := sorted(columns.keys() & added.keys()):
        raise SituationError(f"the result has two columns {clash[0]!r}; rename that of the table")
    columns.update(added)


def _whole(values: "NDArray[Any]", known: "NDArray[np.bool_]") -> "pd.Series[Any]":
    """Return whole numbers, NA where they are not known."""
    return pd.Series(pd.arrays.IntegerArray(np.where(known, values, 0).astype(np.int64), ~known))


def identities(results: Result | Sequence[Result]) -> list[ModelIdentity]:
    """Return the models of results, each once, in their order."""
    models: list[ModelIdentity] = []
    for result in [results] if isinstance(results, Result) else results:
        if isinstance(result, Comparison):
            models += [side.model for item in result.differences for side in (item.before, item.after)]
        elif isinstance(result, RowComparison):
            models += [result.before, result.after]
        else:
            models.append(result.model)  # type: ignore[attr-defined]
    return list(dict.fromkeys(models))


def description(results: Result | Sequence[Result]) -> tuple[str, Sequence[str]]:
    """Return the title of results, and the lines of their report on data and options that name no model."""
    if isinstance(results, Result) and not isinstance(results, Assessment):
        report = as_report(results)
        models = [identity.line for identity in identities(results)]
        return report.title, [line for line in report.about if not any(model in line for model in models)]
    assessments = [results] if isinstance(results, Result) else results
    return f"Assessment of {counted(len(assessments), 'situation')}", ()
