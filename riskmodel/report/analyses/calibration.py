"""Report of a calibration, and the comment at the top of the model file with the calibrated weights."""

import math
from collections.abc import Iterator

import riskmodel
from riskmodel.analysis.results.calibration import Calibration, Performance
from riskmodel.errors import counted
from riskmodel.report.analyses.validation import CONSTANTS, intervals_line, left_out
from riskmodel.report.document import Report, Section, Table, estimate_text


def calibration_report(result: Calibration) -> Report:
    """Return the report of a calibration."""
    title = f"{result.title} ({result.score}) calibrated on {result.outcome}; an event is {result.event}"
    sections = [section(result) for section in (_verdict, _weights, _test, _strengths, _probability_map)]
    return Report(title, list(_about(result)), sections)


def _about(result: Calibration) -> Iterator[str]:
    counts = result.counts
    yield f"{result.source} | {result.before.identity.line}"
    fitted = _rows(counts.fitted, counts.fitted_events, result.fitted_times)
    yield f"fitted on {fitted}; tested on {_rows(counts.tested, counts.events, result.tested_times)}"
    yield from left_out(result, result.n_dropped)
    yield from result.check.remarks
    yield intervals_line(result)


def _verdict(result: Calibration) -> Section:
    lines = []
    if result.map.slope == 0.0:
        lines.append("The score is not higher where there was an event: is the outcome reversed?")
    if math.isinf(result.strength):
        return Section("The data give no reason to change the weights: the new model has the old ones.", lines)
    if result.gain.low is None:
        lines.append("The later rows have too few groups to determine whether that is a gain.")
    elif result.gain.low > 0.0:
        lines.append("On later rows, not used for fitting, the new weights separate events better.")
    else:
        worse = result.gain.high is not None and result.gain.high < 0.0
        comparison = "separate events worse than the old ones" if worse else "are not significantly better"
        lines.append(
            f"On later rows, not used for fitting, the new weights {comparison}: this gives no reason to use them."
        )
    return Section(f"Weights change, at strength {result.strength:g}.", lines)


def _weights(result: Calibration) -> Section:
    old, new = result.weights_before, result.weights_after
    rows = [
        (
            name,
            f"{old[name]:g}",
            f"{new[name]:g}",
            *(f"{shares[name]:.1%}" for shares in (result.shares_before, result.shares_after)),
            "kept: missing, or the same, in every row fitted" if name in result.uninformative else "",
        )
        for name in old
    ]
    table = Table(("", "old", "new", "share", "new share", ""), rows, "lrrrrl")
    return Section("Weights, and their shares of all weights", table=table)


def _test(result: Calibration) -> Section:
    rows = [
        _performance("old weights", result.performance_before),
        _performance("new weights", result.performance_after),
    ]
    return Section(
        "On the later rows (probabilities by a logistic curve fitted on the earlier ones)",
        table=Table(("", "AUC", "Brier", *CONSTANTS), rows, "llrrr"),
        remarks=[f"gain in AUC: {estimate_text(result.gain, signed=True)}"],
    )


def _performance(name: str, performance: Performance) -> tuple[str, ...]:
    skills = f"{performance.skill_before:.1%}", f"{performance.probabilities.skill:.1%}"
    return name, estimate_text(performance.auc), f"{performance.probabilities.brier:.4f}", *skills


def _strengths(result: Calibration) -> Section:
    forecast = f"{result.forecast.rows:,} of the earlier rows ({counted(result.forecast.events, 'event')})"
    rows = [
        (
            _strength(trial.strength),
            f"{trial.loss:.5f}",
            f"{trial.excess:.5f}",
            f"{trial.error:.5f}",
            "chosen" if trial.strength == result.strength else "",
        )
        for trial in result.trials
    ]
    return Section(
        f"Strengths tried, by the mean log loss of {forecast}, each forecast from what was before it",
        table=Table(("", "loss", "above the best", "standard error of that", ""), rows, "lrrrl"),
    )


def _probability_map(result: Calibration) -> Section:
    curve = result.map
    heading = f"Probability of an event: 1 / (1 + exp(-({curve.intercept:.4f} + {curve.slope:.5f} x score)))"
    return Section(heading, curve.meaning.split("; "))


def _rows(count: int, events: int, times: tuple[str, str]) -> str:
    return f"{counted(count, 'row')} from {times[0]} to {times[1]} ({counted(events, 'event')}, {events / count:.1%})"


def _strength(strength: float) -> str:
    return "infinite" if math.isinf(strength) else f"{strength:g}"


def calibration_origin(result: Calibration) -> list[str]:
    """Return the comment lines of a model file that state the origin of its weights."""
    counts, model = result.counts, result.before.identity
    digest = f"SHA-256 {result.sha256}" if result.sha256 else "not a file that could be fingerprinted"
    if math.isinf(result.strength):
        origin = f"The weights of `{result.score}` were compared with outcomes, which gave no reason to change them."
    else:
        origin = f"The weights of `{result.score}` were fitted to outcomes; their stated reasons are older."
    before, after = result.performance_before.auc.value, result.performance_after.auc.value
    return [
        origin,
        f"By `riskmodel calibrate` {riskmodel.__version__}, from {model.id}, fingerprint {model.short_fingerprint}.",
        f"Data: {result.source}, {digest}.",
        f"Event: {result.event}; fitted on {_rows(counts.fitted, counts.fitted_events, result.fitted_times)}.",
        f"Strength: {_strength(result.strength)}, chosen on these rows.",
        f"Tested on {_rows(counts.tested, counts.events, result.tested_times)}, not used for fitting:",
        f"AUC {before:.3f} before, {after:.3f} after, gain {estimate_text(result.gain, signed=True)}.",
    ]
