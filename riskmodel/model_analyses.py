"""The analyses of a model, as its methods: each is the function of the same name, of this model."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, overload

import riskmodel

if TYPE_CHECKING:
    import pandas as pd

    from riskmodel.analysis.results.calibration import Calibration
    from riskmodel.analysis.results.comparison import Comparison
    from riskmodel.analysis.results.levers import Levers, LeversOfSeveral
    from riskmodel.analysis.results.ranking import Ranking
    from riskmodel.analysis.results.sensitivity import EffectiveWeights, Over, Sensitivities, Sensitivity
    from riskmodel.analysis.results.uncertainty import Uncertainties, Uncertainty
    from riskmodel.analysis.results.validation import Validation
    from riskmodel.analysis.situations import OnProgress, SituationLike, SituationsLike
    from riskmodel.batch.result import BatchResult, Progress
    from riskmodel.model import Model
    from riskmodel.tables.columns import Require
    from riskmodel.tables.rejects import Reject


class ModelAnalyses:
    """What can be asked of a model, beside the assessment of a situation."""

    @property
    def _model(self) -> "Model":
        return cast("Model", self)

    @overload
    def uncertainty(
        self,
        situation: "SituationLike",
        *,
        weight_uncertainty: float | None = ...,
        missing: bool = ...,
        draws: int | None = ...,
        seed: int = ...,
        on_progress: "OnProgress | None" = ...,
    ) -> "Uncertainty": ...

    @overload
    def uncertainty(
        self,
        situation: "SituationsLike",
        *,
        weight_uncertainty: float | None = ...,
        missing: bool = ...,
        draws: int | None = ...,
        seed: int = ...,
        on_progress: "OnProgress | None" = ...,
    ) -> "Uncertainties": ...

    def uncertainty(
        self,
        situation: "SituationLike | SituationsLike",
        *,
        weight_uncertainty: float | None = None,
        missing: bool = False,
        draws: int | None = None,
        seed: int = 0,
        on_progress: "OnProgress | None" = None,
    ) -> "Uncertainty | Uncertainties":
        """How sure the scores of a situation are, or of each of several; see `riskmodel.uncertainty`."""
        return riskmodel.uncertainty(
            situation,
            model=self._model,
            weight_uncertainty=weight_uncertainty,
            missing=missing,
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
        missing: bool = ...,
        draws: int | None = ...,
        seed: int = ...,
        on_progress: "OnProgress | None" = ...,
    ) -> "Sensitivity": ...

    @overload
    def sensitivity(
        self,
        situation: "SituationsLike",
        *,
        over: "Over | None" = ...,
        weight_uncertainty: float | None = ...,
        missing: bool = ...,
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
        missing: bool = False,
        draws: int | None = None,
        seed: int = 0,
        on_progress: "OnProgress | None" = None,
    ) -> "Sensitivity | Sensitivities":
        """What moves the scores of a situation, or of each of several; see `riskmodel.sensitivity`."""
        return riskmodel.sensitivity(
            situation,
            model=self._model,
            over=over,
            weight_uncertainty=weight_uncertainty,
            missing=missing,
            draws=draws,
            seed=seed,
            on_progress=on_progress,
        )

    @overload
    def levers(
        self, situation: "SituationLike", target: str, *, on_progress: "OnProgress | None" = ...
    ) -> "Levers": ...

    @overload
    def levers(
        self, situation: "SituationsLike", target: str, *, on_progress: "OnProgress | None" = ...
    ) -> "LeversOfSeveral": ...

    def levers(
        self, situation: "SituationLike | SituationsLike", target: str, *, on_progress: "OnProgress | None" = None
    ) -> "Levers | LeversOfSeveral":
        """What it would take for a situation, or for each of several, to reach a target; see `riskmodel.levers`."""
        return riskmodel.levers(situation, target, model=self._model, on_progress=on_progress)

    def compare(self, situations: "SituationsLike", *, on_progress: "OnProgress | None" = None) -> "Comparison":
        """What explains the difference between the first situation and each of the others; see `riskmodel.compare`."""
        return riskmodel.compare(situations, model=self._model, on_progress=on_progress)

    def rank(
        self,
        source: "SituationsLike",
        *,
        weight_uncertainty: float = 0.2,
        draws: int = 4096,
        seed: int = 0,
        on_progress: "OnProgress | None" = None,
    ) -> "Ranking":
        """Rank situations by each score, and tell how sure the ranks are; see `riskmodel.rank`."""
        return riskmodel.rank(
            source,
            model=self._model,
            weight_uncertainty=weight_uncertainty,
            draws=draws,
            seed=seed,
            on_progress=on_progress,
        )

    def effective_weights(self, source: "SituationsLike") -> "EffectiveWeights":
        """How much each indicator and rule really separates several situations; see `riskmodel.effective_weights`."""
        return riskmodel.effective_weights(source, model=self._model)

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
        delimiter: str | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        require: "Require" = (),
    ) -> "Validation":
        """Hold a score against what happened; see `riskmodel.validate`."""
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
            delimiter=delimiter,
            decimal=decimal,
            thousands=thousands,
            require=require,
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
        delimiter: str | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        require: "Require" = (),
        model_id: str | None = None,
    ) -> "Calibration":
        """Find the weights of a score in outcomes, near the model's own; see `riskmodel.calibrate`."""
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
            delimiter=delimiter,
            decimal=decimal,
            thousands=thousands,
            require=require,
            model_id=model_id,
        )

    def score_file(
        self,
        input: str | Path,  # noqa: A002  (what everybody calls it)
        output: str | Path,
        *,
        explain: bool = False,
        columns: Sequence[str] | None = None,
        rejects: str | Path | None = None,
        max_rejects: int | None = None,
        require: "Require" = (),
        delimiter: str | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        formulas: Literal["escape", "keep"] = "escape",
        engine: Literal["local", "dask"] = "local",
        scheduler: str | None = None,
        on_progress: "Callable[[Progress], None] | None" = None,
        on_rejects: "Callable[[Sequence[Reject]], None] | None" = None,
    ) -> "BatchResult":
        """Score every row of a CSV or Parquet file of any size; see `riskmodel.score_file`."""
        return riskmodel.score_file(
            input,
            output,
            self._model,
            explain=explain,
            columns=columns,
            rejects=rejects,
            max_rejects=max_rejects,
            delimiter=delimiter,
            decimal=decimal,
            thousands=thousands,
            require=require,
            formulas=formulas,
            engine=engine,
            scheduler=scheduler,
            on_progress=on_progress,
            on_rejects=on_rejects,
        )
