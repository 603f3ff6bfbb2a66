"""Bands, probabilities and rules: what validation finds, with fits on the years up to 1980."""

from collections.abc import Iterator

import dyads
from reference import NOT_COMPUTED, Data, signed, with_interval

from riskmodel.report.markdown import table


def reliability(data: Data) -> Iterator[str]:
    """What happened in each band, the score as a probability, and what else one could go by."""
    if not data.validations:
        yield NOT_COMPUTED
    for (outcome, _), found in data.validations.items():
        yield f"{dyads.OUTCOMES[outcome].capitalize()}, {found.split}:"
        yield ""
        bands = [
            (
                band.band,
                f"{band.rows:,}",
                f"{band.events:,}",
                with_interval(band.rate),
                *(f"{each:.3f}" for each in band.expected.values()),
            )
            for band in found.bands
            if band.rate is not None
        ]
        methods = [f"{one.method}, expected" for one in found.recalibrated]
        yield from table(("Band", "Rows", "Events", "Share of events", *methods), bands, "lrrrrr")
        yield ""
        quality = [
            (one.method, *(f"{part:.4f}" for part in one.quality[:5]), f"{one.quality.skill:.1%}")
            for one in found.recalibrated
        ]
        headings = ("", "Brier", "reliability", "resolution", "uncertainty", "within", "better than a constant by")
        yield from table(headings, quality, "lrrrrrr")
        yield ""
        others = [
            (
                other.name,
                f"{other.auc.value:.3f}",
                "" if other.brier is None else f"{other.brier:.4f}",
                signed(other.score_gain),
            )
            for other in found.comparisons
            if not other.is_indicator and other.auc is not None and other.score_gain is not None
        ]
        yield from table(("Beside the score", "AUC", "Brier", "The score's AUC less this one's"), others, "lrrr")
        yield ""


def rules(data: Data) -> Iterator[str]:
    """What each rule adds."""
    if not data.validations:
        yield NOT_COMPUTED
        return
    rows = []
    for (outcome, period), found in data.validations.items():
        for effect in found.rules:
            if effect.rows and effect.rate is not None and effect.other_rate is not None:
                shares = f"{effect.rate:.1%}", f"{effect.other_rate:.1%}"
                moved = f"{effect.rows:,}", f"{effect.points:+.1f}"
                told = f"{dyads.OUTCOMES[outcome]}, {period}"
                rows.append((effect.rule, told, *moved, *shares, signed(effect.gain)))
    headings = ("Rule", "Outcome", "Rows moved", "Points", "Events there", "Elsewhere", "AUC with it less AUC without")
    yield from table(headings, rows, "llrrrrr")
    acting = {effect.rule for found in data.validations.values() for effect in found.rules}
    idle = sorted(acting - {row[0] for row in rows})
    yield ""
    yield f"Never moved a score here, for want of data: {', '.join(f'`{name}`' for name in idle)}."
