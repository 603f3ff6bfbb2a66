"""How sure scores are, as a report and as plain data."""

from collections.abc import Iterator, Sequence

from riskmodel.analysis.uncertainty.result import ScoreUncertainty, Uncertainty
from riskmodel.errors import counted
from riskmodel.report.figures import plain_number, score_number, score_text
from riskmodel.report.sections import Report, Section, Table
from riskmodel.results import Estimate


def uncertainty_report(found: Uncertainty) -> Report:
    """How sure the scores of one situation are."""
    sections = [_varied(found), *(_score(score) for score in found.scores.values()), *_rules(found)]
    return Report(found.heading, list(_about(found)), sections)


def _about(found: Uncertainty) -> Iterator[str]:
    yield from _how(found)
    for title in found.without_score:
        yield f"{title}: insufficient data"


def _how(found: Uncertainty) -> Iterator[str]:
    """What the draws are of."""
    yield found.model.line
    yield f"{found.draws:,} draws in {found.scrambles} scrambles, seed {found.seed}"
    if found.spread is not None:
        told = ", ".join(f"{score} {value:,.0f}" for score, value in found.concentrations.items())
        yield (
            f"weights uncertain: one of average size by {found.spread:.0%} "
            f"(Dirichlet distributions, concentration {told})"
        )


def _varied(found: Uncertainty) -> Section:
    rows = [
        (
            one.title,
            *(value if isinstance(value, str) else plain_number(value) for value in (one.low, one.median, one.high)),
            one.unit or "",
            "missing: what is usual" if one.usual else "missing: anything in its range" if one.missing else "",
        )
        for one in found.varied
    ]
    table = Table(("", "5%", "median", "95%", "", ""), rows, "lrrrll") if rows else None
    held = [] if rows else ["No value; only weights." if found.spread is not None else "Nothing."]
    kept = ", ".join(found.still_missing)
    remarks = [f"Without a value, and not drawn (--missing draws them): {kept}"] if kept else []
    return Section("What is uncertain", held, table, remarks)


def _score(found: ScoreUncertainty) -> Section:
    score = found.plain
    ends = {share: score_number(estimate.value, score.decimals) for share, estimate in found.quantiles.items()}
    error = max(_reach(estimate) for estimate in found.quantiles.values())
    lines = [
        f"median {ends[0.5]}; 50% interval {ends[0.25]} to {ends[0.75]}; 90% interval {ends[0.05]} to {ends[0.95]}",
        f"of the medians alone: {score_text(score)}",
        f"error of these figures, from repeated scrambles: at most {error:.1g} (90% confidence)",
    ]
    rows = [(band.band, _percent(band.share.value), _error(band.share)) for band in found.bands]
    table = Table(("band", "probability", "error"), rows, "lrr") if rows else None
    return Section(score.title, lines, table)


def _rules(found: Uncertainty) -> Iterator[Section]:
    if not found.rules:
        return
    fired = sorted((rule for rule in found.rules if rule.fired.value > 0), key=lambda rule: -rule.fired.value)
    rows = [(rule.title, _percent(rule.fired.value), f"{rule.degree:.2f}") for rule in fired]
    never = len(found.rules) - len(fired)
    remarks = [f"in no draw: {never} of {counted(len(found.rules), 'rule')}"] if never else []
    table = Table(("rule", "fired in", "mean degree"), rows, "lrr") if rows else None
    yield Section("How often each rule fired", (), table, remarks)


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _error(estimate: Estimate) -> str:
    return "" if estimate.value in (0.0, 1.0) else f"{100 * _reach(estimate):.1g}%"


def _reach(estimate: Estimate) -> float:
    """Half the width of the confidence interval; where it is cut off at an end, the side that is not."""
    assert estimate.low is not None  # noqa: S101  (there are always several scrambles)
    assert estimate.high is not None  # noqa: S101
    return max(estimate.value - estimate.low, estimate.high - estimate.value)


def uncertainties_report(found: Sequence[Uncertainty]) -> Report:
    """How sure the scores of several situations are: a line for each score of each; of one, all of it."""
    if len(found) == 1:
        return uncertainty_report(found[0])
    rows = []
    for one in found:
        name = one.heading
        for score in one.scores.values():
            ends = {
                share: score_number(estimate.value, score.plain.decimals) for share, estimate in score.quantiles.items()
            }
            likeliest = max(score.bands, key=lambda band: band.share.value, default=None)
            band = f"{likeliest.band} {likeliest.share.value:.0%}" if likeliest else ""
            rows.append((name, score.plain.title, ends[0.5], f"{ends[0.05]} to {ends[0.95]}", band))
            name = ""
        for title in one.without_score:
            rows.append((name, title, "no score", "", "insufficient data"))
            name = ""
    table = Table(("situation", "score", "median", "90% interval", "likeliest band"), rows, "llrrl")
    certain = sum(not one.varied and one.spread is None for one in found)
    remarks = [_CERTAIN.format(of=f"{certain:,} of {len(found):,}")] if certain else []
    return Report(f"{len(found):,} situations", list(_how(found[0])), [Section("", (), table, remarks)])


_CERTAIN = (
    "Nothing is uncertain about {of}: give values as ranges, or ask for uncertain weights (--weights 20%) or for what "
    "is missing (--missing)."
)
