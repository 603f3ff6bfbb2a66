"""Weights: the default model calibrated on outcomes up to 1980, and its gain afterwards."""

import math

import dyads
import numpy as np
from reference import NOT_COMPUTED, Data, Section, events, outcomes
from wording import Phrases, brief_signed, by_period, signed

import riskmodel
from riskmodel.analysis.results.calibration import Calibration
from riskmodel.report.document import markdown_table
from riskmodel.results import Estimate

BETTER = Phrases("rank better", "rank worse", "rank neither better nor worse than chance allows")


def weights(data: Data) -> Section:
    """Show what `riskmodel calibrate` makes of the weights, and what that gains in every later period."""
    calibrations = {outcome: _calibrated(data, outcome) for outcome in dyads.OUTCOMES}
    if any(calibration is None for calibration in calibrations.values()):
        return Section([NOT_COMPUTED])
    fitted = {outcome: calibration for outcome, calibration in calibrations.items() if calibration is not None}
    first = next(iter(fitted.values()))
    rows = [
        (name, f"{share:.1%}", *(_share(entry, name) for entry in fitted.values()))
        for name, share in first.shares_before.items()
    ]
    gains = {outcome: _gains(data, outcome, calibration) for outcome, calibration in fitted.items()}
    results = [
        (
            "strength chosen",
            *("infinite: no change" if _unchanged(entry) else f"{entry.strength:g}" for entry in fitted.values()),
        ),
        *(
            (f"gain in AUC, {heading}", *(signed(by_heading[heading]) for by_heading in gains.values()))
            for heading in data.later
        ),
    ]
    sentences, short = (
        [
            f"{dyads.OUTCOMES[outcome].capitalize()}: "
            + (
                "calibration leaves the weights as they are."
                if _unchanged(fitted[outcome])
                else f"the fitted weights {by_period(by_heading, 0.0, BETTER, figure)}."
            )
            for outcome, by_heading in gains.items()
        ]
        for figure in (signed, brief_signed)
    )
    lines = [
        *markdown_table(("Share of weight", "default model", *outcomes().values()), rows, "lrrr"),
        "",
        *markdown_table(("", *outcomes().values()), results, "lrr"),
        "",
        *(f"- {sentence}" for sentence in sentences),
    ]
    return Section(lines, [f"**Would weights fitted to the years tuned on do better?** {' '.join(short)}"])


def _calibrated(data: Data, outcome: str) -> Calibration | None:
    """The calibration on the years tuned on; it is the same whichever later period it is then tested on."""
    for period in data.later.values():
        options = data.options(period, outcome)
        if options is not None:
            return riskmodel.calibrate(**options, resamples=data.resamples)
    return None


def _gains(data: Data, outcome: str, calibration: Calibration) -> dict[str, Estimate | None]:
    """Describe the gain of the calibrated weights in each later period."""
    happened, known = events(data, outcome)
    after = calibration.after.score_frame(data.mapped)["escalation_exact"].to_numpy(float)
    rows = known & ~np.isnan(data.escalation)
    return {
        heading: data.gain(happened, after, data.escalation, rows & data.periods[heading]) for heading in data.later
    }


def _share(calibration: Calibration, name: str) -> str:
    return "kept" if name in calibration.uninformative else f"{calibration.shares_after[name]:.1%}"


def _unchanged(calibration: Calibration) -> bool:
    return math.isinf(calibration.strength)
