"""Report of the uncertainty of scores."""

from collections.abc import Iterator, Mapping, Sequence

from riskmodel.analysis.results.uncertainty import ScoreUncertainty, Uncertainty
from riskmodel.errors import counted
from riskmodel.report.document import Report, Section, Table
from riskmodel.report.formatting import plain_value, score_number, score_text
from riskmodel.results import Estimate

_HOW_TO_VARY = (
    "give values as ranges, or ask for uncertain weights (--weight-uncertainty 20%) or for what is missing "
    "(--sample-missing)."
)


def uncertainty_report(result: Uncertainty) -> Report:
    """Return the report for one situation."""
    sections = [_varied(result), *(_score(score) for score in result.scores.values()), *_rules(result)]
    return Report(result.heading, list(_about(result)), sections)


def _about(result: Uncertainty) -> Iterator[str]:
    yield from _settings(result)
    for title in result.without_score:
        yield f"{title}: insufficient data"


def _settings(result: Uncertainty) -> Iterator[str]:
    yield result.model.line
    yield f"{result.draws:,} draws in {result.scrambles} scrambles, seed {result.seed}"
    if result.weight_uncertainty is not None:
        yield weights_line(result.weight_uncertainty, result.concentrations)


def weights_line(relative_sd: float, concentrations: Mapping[str, float]) -> str:
    """Describe the uncertainty of weights, with the concentration of the Dirichlet distribution of each score."""
    by_score = ", ".join(f"{score} {value:,.0f}" for score, value in concentrations.items())
    return (
        f"weights uncertain: one of average size by {relative_sd:.0%} "
        f"(Dirichlet distributions, concentration {by_score})"
    )


def _varied(result: Uncertainty) -> Section:
    rows = [
        (
            value.title,
            *map(plain_value, (value.low, value.median, value.high)),
            value.unit or "",
            "missing: what is usual" if value.usual else "missing: anything in its range" if value.missing else "",
        )
        for value in result.varied
    ]
    table = Table(("", "5%", "median", "95%", "", ""), rows, "lrrrll") if rows else None
    lines = [] if rows else ["No value; only weights." if result.weight_uncertainty is not None else "Nothing."]
    missing = ", ".join(result.missing)
    remarks = [f"Without a value, and not drawn (--sample-missing draws them): {missing}"] if missing else []
    return Section("What is uncertain", lines, table, remarks)


def _score(result: ScoreUncertainty) -> Section:
    score = result.plain
    ends = {share: score_number(estimate.value, score.decimals) for share, estimate in result.quantiles.items()}
    error = max(_half_width(estimate) for estimate in result.quantiles.values())
    lines = [
        f"median {ends[0.5]}; 50% interval {ends[0.25]} to {ends[0.75]}; 90% interval {ends[0.05]} to {ends[0.95]}",
        f"of the medians alone: {score_text(score)}",
        f"error of these figures, from repeated scrambles: at most {error:.1g} (90% confidence)",
    ]
    rows = [(band.band, _percent(band.share.value), _error(band.share)) for band in result.bands]
    table = Table(("band", "probability", "error"), rows, "lrr") if rows else None
    return Section(score.title, lines, table)


def _rules(result: Uncertainty) -> Iterator[Section]:
    if not result.rules:
        return
    fired = sorted((rule for rule in result.rules if rule.fired.value > 0), key=lambda rule: -rule.fired.value)
    rows = [(rule.title, _percent(rule.fired.value), f"{rule.degree:.2f}") for rule in fired]
    never = len(result.rules) - len(fired)
    remarks = [f"in no draw: {never} of {counted(len(result.rules), 'rule')}"] if never else []
    table = Table(("rule", "fired in", "mean degree"), rows, "lrr") if rows else None
    yield Section("How often each rule fired", (), table, remarks)


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _error(estimate: Estimate) -> str:
    return "" if estimate.value in (0.0, 1.0) else f"{100 * _half_width(estimate):.1g}%"


def _half_width(estimate: Estimate) -> float:
    """Return half the width of the confidence interval; of one that is cut off at 0 or 1, the longer side."""
    assert estimate.low is not None  # noqa: S101  (there are always several replicates)
    assert estimate.high is not None  # noqa: S101
    return max(estimate.value - estimate.low, estimate.high - estimate.value)


def uncertainties_report(results: Sequence[Uncertainty]) -> Report:
    """Return a report with a line for each score of each situation; for a single situation its full report."""
    if len(results) == 1:
        return uncertainty_report(results[0])
    rows = []
    for result in results:
        name = result.heading
        for score in result.scores.values():
            ends = {
                share: score_number(estimate.value, score.plain.decimals) for share, estimate in score.quantiles.items()
            }
            likeliest = max(score.bands, key=lambda band: band.share.value, default=None)
            band = f"{likeliest.band} {likeliest.share.value:.0%}" if likeliest else ""
            rows.append((name, score.plain.title, ends[0.5], f"{ends[0.05]} to {ends[0.95]}", band))
            name = ""
        for title in result.without_score:
            rows.append((name, title, "no score", "", "insufficient data"))
            name = ""
    table = Table(("situation", "score", "median", "90% interval", "likeliest band"), rows, "llrrl")
    certain = sum(not result.varied and result.weight_uncertainty is None for result in results)
    remarks = [f"Nothing is uncertain about {certain:,} of {len(results):,}: {_HOW_TO_VARY}"] if certain else []
    return Report(f"{len(results):,} situations", list(_settings(results[0])), [Section("", (), table, remarks)])
