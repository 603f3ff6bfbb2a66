"""Analyses as methods of `Model`; each calls the function of the same name with this model."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack, cast, overload

import riskmodel

if TYPE_CHECKING:
    import pandas as pd

    from riskmodel.analysis.results.levers import LeversOfSeveral
    from riskmodel.analysis.results.sensitivity import EffectiveWeights, Over, Sensitivities
    from riskmodel.analysis.results.uncertainty import Uncertainties
    from riskmodel.analysis.series.alerts import Moment
    from riskmodel.analysis.situations import OnProgress, SituationLike, SituationsLike
    from riskmodel.batch.result import Progress
    from riskmodel.database.writing import IfExists
    from riskmodel.tables.columns import Require
    from riskmodel.tables.options import FormatKeywords, TableKeywords
    from riskmodel.tables.rejects import Reject


class ModelAnalyses:
    """Base class of `Model` with the analyses."""

    @property
    def _model(self) -> "riskmodel.Model":
        return cast("riskmodel.Model", self)

    @overload
    def uncertainty(
        self,
        situation: "SituationLike",
        *,
        weight_uncertainty: float | None = ...,
        sample_missing: bool = ...,
        draws: int | None = ...,
        seed: int = ...,
        on_progress: "OnProgress | None" = ...,
    ) -> "riskmodel.Uncertainty": ...

    @overload
    def uncertainty(
        self,
        situation: "SituationsLike",
        *,
        weight_uncertainty: float | None = ...,
        sample_missing: bool = ...,
        draws: int | None = ...,
        seed: int = ...,
        on_progress: "OnProgress | None" = ...,
    ) -> "Uncertainties": ...

    def uncertainty(
        self,
        situation: "SituationLike | SituationsLike",
        *,
        weight_uncertainty: float | None = None,
        sample_missing: bool = False,
        draws: int | None = None,
        seed: int = 0,
        on_progress: "OnProgress | None" = None,
    ) -> "riskmodel.Uncertainty | Uncertainties":
        """Propagate the uncertainty of inputs and weights to the scores; see `riskmodel.uncertainty`."""
        return riskmodel.uncertainty(
            situation,
            model=self._model,
            weight_uncertainty=weight_uncertainty,
            sample_missing=sample_missing,
            draws=draws,
            seed=seed,
            on_progress=on_progress,
        )

    @overload
    def sensitivity(
        self,
        situation: "SituationLike",
        *,
        over: "Over | None" = ...,
        weight_uncertainty: float | None = ...,
        sample_missing: bool = ...,
        draws: int | None = ...,
        seed: int = ...,
        on_progress: "OnProgress | None" = ...,
    ) -> "riskmodel.Sensitivity": ...

    @overload
    def sensitivity(
        self,
        situation: "SituationsLike",
        *,
        over: "Over | None" = ...,
        weight_uncertainty: float | None = ...,
        sample_missing: bool = ...,
        draws: int | None = ...,
        seed: int = ...,
        on_progress: "OnProgress | None" = ...,
    ) -> "Sensitivities": ...

    def sensitivity(
        self,
        situation: "SituationLike | SituationsLike",
        *,
        over: "Over | None" = None,
        weight_uncertainty: float | None = None,
        sample_missing: bool = False,
        draws: int | None = None,
        seed: int = 0,
        on_progress: "OnProgress | None" = None,
    ) -> "riskmodel.Sensitivity | Sensitivities":
        """Find the inputs to which the scores are most sensitive; see `riskmodel.sensitivity`."""
        return riskmodel.sensitivity(
            situation,
            model=self._model,
            over=over,
            weight_uncertainty=weight_uncertainty,
            sample_missing=sample_missing,
            draws=draws,
            seed=seed,
            on_progress=on_progress,
        )

    @overload
    def levers(
        self, situation: "SituationLike", target: str, *, on_progress: "OnProgress | None" = ...
    ) -> "riskmodel.Levers": ...

    @overload
    def levers(
        self, situation: "SituationsLike", target: str, *, on_progress: "OnProgress | None" = ...
    ) -> "LeversOfSeveral": ...

    def levers(
        self, situation: "SituationLike | SituationsLike", target: str, *, on_progress: "OnProgress | None" = None
    ) -> "riskmodel.Levers | LeversOfSeveral":
        """Find the cheapest changes that reach a target score; see `riskmodel.levers`."""
        return riskmodel.levers(situation, target, model=self._model, on_progress=on_progress)

    def compare(
        self, situations: "SituationsLike", *, on_progress: "OnProgress | None" = None
    ) -> "riskmodel.Comparison":
        """Attribute the differences between the first situation and each of the others; see `riskmodel.compare`."""
        return riskmodel.compare(situations, model=self._model, on_progress=on_progress)

    def rank(
        self,
        source: "SituationsLike",
        *,
        weight_uncertainty: float = 0.2,
        draws: int = 4096,
        seed: int = 0,
        on_progress: "OnProgress | None" = None,
    ) -> "riskmodel.Ranking":
        """Rank situations by each score, with the uncertainty of the ranks; see `riskmodel.rank`."""
        return riskmodel.rank(
            source,
            model=self._model,
            weight_uncertainty=weight_uncertainty,
            draws=draws,
            seed=seed,
            on_progress=on_progress,
        )

    def rank_table(
        self,
        data: "str | Path | pd.DataFrame",
        *,
        rank_by: str | Sequence[str] = (),
        within: str | Sequence[str] = (),
        ascending: bool = False,
        **table: "Unpack[TableKeywords]",
    ) -> "riskmodel.TableRanking":
        """Rank the rows of a table of any size, within times and groups; see `riskmodel.rank_table`."""
        return riskmodel.rank_table(
            data, model=self._model, rank_by=rank_by, within=within, ascending=ascending, **table
        )

    def series(
        self,
        data: "str | Path | pd.DataFrame",
        *,
        by: str | Sequence[str] = (),
        time: str | None = None,
        draws: int = 1024,
        weight_uncertainty: float | None = None,
        seed: int = 0,
        alerts: str | Sequence[str] = (),
        at: "Moment | None" = None,
        on_progress: "OnProgress | None" = None,
        **table: "Unpack[FormatKeywords]",
    ) -> "riskmodel.TimeSeries":
        """Score units over time, and account for what changed their scores; see `riskmodel.series`."""
        return riskmodel.series(
            data,
            model=self._model,
            by=by,
            time=time,
            draws=draws,
            weight_uncertainty=weight_uncertainty,
            seed=seed,
            alerts=alerts,
            at=at,
            on_progress=on_progress,
            **table,
        )

    def outlook(
        self,
        data: "str | Path | pd.DataFrame",
        *,
        by: str | Sequence[str] = (),
        time: str | None = None,
        horizon: int = 12,
        draws: int = 1024,
        seed: int = 0,
        influences: bool = False,
        on_progress: "OnProgress | None" = None,
        **table: "Unpack[FormatKeywords]",
    ) -> "riskmodel.Outlook":
        """Carry the scores of units ahead, and hold such outlooks against the past; see `riskmodel.outlook`."""
        return riskmodel.outlook(
            data,
            model=self._model,
            by=by,
            time=time,
            horizon=horizon,
            draws=draws,
            seed=seed,
            influences=influences,
            on_progress=on_progress,
            **table,
        )

    def simulate_influences(
        self,
        situation: "SituationLike",
        *,
        steps: str | Sequence[str] = (),
        horizon: int = 12,
        start: str | None = None,
        draws: int = 1024,
        seed: int = 0,
    ) -> "riskmodel.InfluencePaths":
        """Follow what a step leads to by the influences of the model; see `riskmodel.simulate_influences`."""
        return riskmodel.simulate_influences(
            situation, model=self._model, steps=steps, horizon=horizon, start=start, draws=draws, seed=seed
        )

    def aggregate(
        self,
        data: "str | Path | pd.DataFrame",
        by: str | Sequence[str],
        *,
        weight: str | None = None,
        min_coverage: float = 0.5,
        **table: "Unpack[TableKeywords]",
    ) -> "riskmodel.Aggregation":
        """Compute the means of scores over groups of rows; see `riskmodel.aggregate`."""
        return riskmodel.aggregate(data, by, model=self._model, weight=weight, min_coverage=min_coverage, **table)

    def effective_weights(self, source: "SituationsLike") -> "EffectiveWeights":
        """Compute the share of each indicator and rule in the variance of scores; see `riskmodel.effective_weights`."""
        return riskmodel.effective_weights(source, model=self._model)

    def profile(self, data: "str | Path | pd.DataFrame", **table: "Unpack[FormatKeywords]") -> "riskmodel.Profile":
        """Profile a table for those who build an index from it; see `riskmodel.profile`."""
        return riskmodel.profile(data, model=self._model, **table)

    def validate(
        self,
        data: "str | Path | pd.DataFrame",
        outcome: str,
        *,
        score: str = "escalation",
        event_from: float | None = None,
        group: str | None = None,
        time: str | None = None,
        test_from: str | float | None = None,
        resamples: int = 1000,
        confidence: float = 0.95,
        seed: int = 0,
        require: "Require" = (),
        **table: "Unpack[FormatKeywords]",
    ) -> "riskmodel.Validation":
        """Validate a score against observed outcomes; see `riskmodel.validate`."""
        return riskmodel.validate(
            data,
            outcome,
            self._model,
            score=score,
            event_from=event_from,
            group=group,
            time=time,
            test_from=test_from,
            resamples=resamples,
            confidence=confidence,
            seed=seed,
            require=require,
            **table,
        )

    def calibrate(
        self,
        data: "str | Path | pd.DataFrame",
        outcome: str,
        *,
        score: str = "escalation",
        event_from: float | None = None,
        group: str | None = None,
        time: str | None = None,
        test_from: str | float | None = None,
        resamples: int = 1000,
        confidence: float = 0.95,
        seed: int = 0,
        require: "Require" = (),
        model_id: str | None = None,
        **table: "Unpack[FormatKeywords]",
    ) -> "riskmodel.Calibration":
        """Fit the weights of a score to observed outcomes; see `riskmodel.calibrate`."""
        return riskmodel.calibrate(
            data,
            outcome,
            self._model,
            score=score,
            event_from=event_from,
            group=group,
            time=time,
            test_from=test_from,
            resamples=resamples,
            confidence=confidence,
            seed=seed,
            require=require,
            model_id=model_id,
            **table,
        )

    def score_file(
        self,
        input: str | Path,  # noqa: A002  (the usual word)
        output: str | Path,
        *,
        explain: bool = False,
        columns: Sequence[str] | None = None,
        query: str | None = None,
        table: str | None = None,
        if_exists: "IfExists" = "fail",
        rejects: str | Path | None = None,
        manifest: str | Path | None = None,
        max_rejects: int | None = None,
        require: "Require" = (),
        formulas: Literal["escape", "keep"] = "escape",
        rejects_rows: bool = False,
        intensities: bool = False,
        account: bool | str | Path = False,
        add: Sequence[str] = (),
        engine: Literal["local", "duckdb", "dask"] = "local",
        scheduler: str | None = None,
        on_progress: "Callable[[Progress], None] | None" = None,
        on_rejects: "Callable[[Sequence[Reject]], None] | None" = None,
        **reading: "Unpack[TableKeywords]",
    ) -> "riskmodel.BatchResult":
        """Score every row of a table of any size; see `riskmodel.score_file`."""
        return riskmodel.score_file(
            input,
            output,
            self._model,
            explain=explain,
            columns=columns,
            query=query,
            table=table,
            if_exists=if_exists,
            rejects=rejects,
            manifest=manifest,
            max_rejects=max_rejects,
            require=require,
            formulas=formulas,
            rejects_rows=rejects_rows,
            intensities=intensities,
            account=account,
            add=add,
            engine=engine,
            scheduler=scheduler,
            on_progress=on_progress,
            on_rejects=on_rejects,
            **reading,
        )
