"""A calibration as a report, and as the comment at the top of the model file that it gives."""

import math
from collections.abc import Iterator

import riskmodel
from riskmodel.analysis.results.calibration import Calibration, Performance
from riskmodel.errors import counted
from riskmodel.report.analyses.validation import CONSTANTS, intervals_line, left_out
from riskmodel.report.document import Report, Section, Table, estimate_text


def calibration_report(found: Calibration) -> Report:
    """A calibration, to be pasted into a brief."""
    title = f"{found.title} ({found.score}) calibrated on {found.outcome}; an event is {found.event}"
    sections = [part(found) for part in (_verdict, _weights, _later, _strengths, _chances)]
    return Report(title, list(_about(found)), sections)


def _about(found: Calibration) -> Iterator[str]:
    counts = found.counts
    yield f"{found.source} | {found.before.identity.line}"
    fitted = _rows(counts.fitted, counts.fitted_events, found.fitted_times)
    yield f"fitted on {fitted}; tested on {_rows(counts.tested, counts.events, found.tested_times)}"
    yield from left_out(found, found.n_dropped)
    yield from found.check.remarks
    yield intervals_line(found)


def _verdict(found: Calibration) -> Section:
    lines = []
    if found.map.slope == 0.0:
        lines.append("The score is no higher where there was an event: was the outcome meant the other way round?")
    if math.isinf(found.strength):
        return Section("The data give no reason to change the weights: the new model has the old ones.", lines)
    if found.gain.low is None:
        lines.append("The later rows are of too few groups to tell whether that gains anything.")
    elif found.gain.low > 0.0:
        lines.append("On later rows, which no fit saw, the new weights tell events apart better.")
    else:
        worse = found.gain.high is not None and found.gain.high < 0.0
        told = "tell events apart worse" if worse else "cannot be told from the old ones"
        lines.append(f"On later rows, which no fit saw, the new weights {told}: that is no reason to take them.")
    return Section(f"Weights change, at strength {found.strength:g}.", lines)


def _weights(found: Calibration) -> Section:
    old, new = found.weights_before, found.weights_after
    rows = [
        (
            name,
            f"{old[name]:g}",
            f"{new[name]:g}",
            *(f"{shares[name]:.1%}" for shares in (found.shares_before, found.shares_after)),
            "kept: missing, or the same, in every row fitted" if name in found.uninformative else "",
        )
        for name in old
    ]
    table = Table(("", "old", "new", "share", "new share", ""), rows, "lrrrrl")
    return Section("Weights, and their shares of all weights", table=table)


def _later(found: Calibration) -> Section:
    rows = [
        _performance("old weights", found.performance_before),
        _performance("new weights", found.performance_after),
    ]
    return Section(
        "On the later rows (probabilities by a logistic curve fitted on the earlier ones)",
        table=Table(("", "AUC", "Brier", *CONSTANTS), rows, "llrrr"),
        remarks=[f"gain in AUC: {estimate_text(found.gain, signed=True)}"],
    )


def _performance(name: str, found: Performance) -> tuple[str, ...]:
    skills = f"{found.skill_before:.1%}", f"{found.probabilities.skill:.1%}"
    return name, estimate_text(found.auc), f"{found.probabilities.brier:.4f}", *skills


def _strengths(found: Calibration) -> Section:
    forecast = f"{found.forecast.rows:,} of the earlier rows ({counted(found.forecast.events, 'event')})"
    rows = [
        (
            _strength(trial.strength),
            f"{trial.loss:.5f}",
            f"{trial.excess:.5f}",
            f"{trial.error:.5f}",
            "chosen" if trial.strength == found.strength else "",
        )
        for trial in found.trials
    ]
    return Section(
        f"Strengths tried, by the mean log loss of {forecast}, each forecast from what was before it",
        table=Table(("", "loss", "above the best", "standard error of that", ""), rows, "lrrrl"),
    )


def _chances(found: Calibration) -> Section:
    curve = found.map
    heading = f"Probability of an event: 1 / (1 + exp(-({curve.intercept:.4f} + {curve.slope:.5f} x score)))"
    return Section(heading, curve.meaning.split("; "))


def _rows(count: int, events: int, times: tuple[str, str]) -> str:
    return f"{counted(count, 'row')} from {times[0]} to {times[1]} ({counted(events, 'event')}, {events / count:.1%})"


def _strength(strength: float) -> str:
    return "infinite" if math.isinf(strength) else f"{strength:g}"


def calibration_origin(found: Calibration) -> list[str]:
    """The lines that tell, at the top of a model file, where its weights come from."""
    counts, model = found.counts, found.before.identity
    digest = f"SHA-256 {found.sha256}" if found.sha256 else "not a file that could be fingerprinted"
    if math.isinf(found.strength):
        told = f"The weights of `{found.score}` were held against outcomes, which gave no reason to change them."
    else:
        told = f"The weights of `{found.score}` were fitted to outcomes; the reasons beside them are older than they."
    before, after = found.performance_before.auc.value, found.performance_after.auc.value
    return [
        told,
        f"By `riskmodel calibrate` {riskmodel.__version__}, from {model.id}, fingerprint {model.short_fingerprint}.",
        f"Data: {found.source}, {digest}.",
        f"Event: {found.event}; fitted on {_rows(counts.fitted, counts.fitted_events, found.fitted_times)}.",
        f"Strength: {_strength(found.strength)}, chosen on these rows.",
        f"Tested on {_rows(counts.tested, counts.events, found.tested_times)}, which no fit saw:",
        f"AUC {before:.3f} before, {after:.3f} after, gain {estimate_text(found.gain, signed=True)}.",
    ]
