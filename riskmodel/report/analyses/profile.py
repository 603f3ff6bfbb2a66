"""Report of a profile of a table."""

from collections.abc import Iterator

from riskmodel.analysis.results.profile import OPPOSES, REPEATS, IndicatorProfile, Profile, ScoreProfile
from riskmodel.errors import counted
from riskmodel.report.document import Report, Section, Table

_HEADINGS = ("", "values", "missing", "beyond scale", "lowest", "median", "highest", "skewness", "kurtosis", "")


def profile_report(result: Profile) -> Report:
    """Return the report of a profile: the indicators, and a section for each score."""
    rows = [(name, *_cells(result, values)) for name, values in result.indicators.items() if values.count]
    absent = [name for name, values in result.indicators.items() if not values.count]
    remarks = [f"without a value in any row: {', '.join(absent)}"] if absent else []
    sections = [Section("Indicators", (), Table(_HEADINGS, rows, "lrrrrrrrrl") if rows else None, remarks)]
    sections += (section for section in map(_section, result.scores.values()) if section.lines or section.table)
    if result.warnings:
        sections.append(Section("Warnings", result.warnings))
    return Report(f"Profile of {result.rows:,} rows", list(_about(result)), sections)


def _about(result: Profile) -> Iterator[str]:
    yield result.source
    yield result.model.line
    if result.fitted:
        yield f"scales that the model leaves open were fitted to these rows: {', '.join(result.fitted)}"


def _cells(result: Profile, values: IndicatorProfile) -> Iterator[str]:
    yield f"{values.count:,}"
    yield f"{values.missing / result.rows:.1%}" if values.missing else ""
    yield "" if not values.beyond_scale else f"{values.beyond_scale:.1%}"
    for value in (values.low, values.median, values.high):
        yield "" if value is None else f"{value:.6g}"
    for moment in (values.skewness, values.kurtosis):
        yield "" if moment is None else f"{moment:.2f}"
    if values.labels is not None:
        yield ", ".join(f"{label}: {count:,}" for label, count in values.labels.items() if count)
    else:
        yield {0: "", None: "skewed as a whole"}.get(values.outlying, f"{values.outlying} outlying")


def _section(score: ScoreProfile) -> Section:
    known = sorted((pair.spearman, pair.first, pair.second) for pair in score.correlations if pair.spearman is not None)
    lines = []
    if known:
        (low, *lowest), (high, *highest) = known[0], known[-1]
        flagged = sum(not OPPOSES <= correlation <= REPEATS for correlation, *_ in known)
        reach = f"{low:.2f} ({', '.join(lowest)})"
        if len(known) > 1:
            reach = f"from {reach} to {high:.2f} ({', '.join(highest)})"
        lines = [
            f"rank correlations of {counted(len(known), 'pair')} of inputs, each in the direction of its weight",
            f"{reach}; {flagged:,} above {REPEATS:g} or below {OPPOSES:g}",
        ]
    rows = [
        (
            name,
            f"{change.rows:,}",
            f"{change.mean_shift:.2f}",
            f"{change.max_shift:g}",
            "" if change.spearman is None else f"{change.spearman:.3f}",
        )
        for name, change in score.left_out.items()
    ]
    headings = ("left out", "rows", "mean shift of rank", "largest", "correlation of ranks")
    return Section(score.title, lines, Table(headings, rows, "lrrrr") if rows else None)
