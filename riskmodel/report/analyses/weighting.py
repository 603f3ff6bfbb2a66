"""Report of a weighting, and the comment at the top of the model file with the new weights."""

import textwrap
from collections.abc import Mapping

import riskmodel
from riskmodel.analysis.results.weighting import METHODS, AhpConsistency, Judge, Weighting
from riskmodel.analysis.weighting.judgements import ratio_text
from riskmodel.report.document import Report, Section, Table

_WIDTH = 118
"""Of a comment line in a model file, without the comment character."""


def weighting_report(result: Weighting) -> Report:
    """Return the report of a weighting."""
    about = [result.source, result.before.identity.line, _scope(result)]
    sections = [Section("", (), _weights(result))]
    if consistency := _consistency(result):
        sections.append(Section("Consistency", (), Table(("", "", ""), consistency, "lrl")))
    if isinstance(result.consistency, AhpConsistency) and result.consistency.judges:
        sections.append(Section("Judges", (), _judges(result.consistency.judges)))
    if result.warnings:
        sections.append(Section("Warnings", result.warnings))
    return Report(_heading(result), about, sections)


def weighting_origin(result: Weighting) -> list[str]:
    """Return the comment lines of a model file that state the origin of its weights."""
    model = result.before.identity
    digest = "" if result.sha256 is None else f", SHA-256 {result.sha256}"
    lines = [
        f"The weights of `{result.score}` were derived by {METHODS[result.method]}; their stated reasons are older.",
        f"By `riskmodel weights {result.method}` {riskmodel.__version__}, from {model.id}, fingerprint "
        f"{model.short_fingerprint}.",
        f"{'Judgements' if result.rows is None else 'Data'}: {result.source}{digest}.",
        f"{_scope(result)}.",
        *(f"{label}: {value}{f' ({remark})' if remark else ''}." for label, value, remark in _consistency(result)),
    ]
    if isinstance(result.consistency, AhpConsistency):
        lines += (
            f"Judge {name}: {judge.pairs} pairs, consistency ratio {_ratio(judge)}."
            for name, judge in result.consistency.judges.items()
        )
    for reason in dict.fromkeys(result.kept.values()):
        names = ", ".join(name for name in result.kept if result.kept[name] == reason)
        lines += [f"Kept, {reason}: {names}."]
    lines += [f"Warning: {warning}." for warning in result.warnings]
    return [part for line in lines for part in textwrap.wrap(line, _WIDTH, break_long_words=False)]


def _heading(result: Weighting) -> str:
    return f"{result.title} ({result.score}) weighed by {METHODS[result.method]}"


def _scope(result: Weighting) -> str:
    scope = f"{len(result.shares)} of {len(result.weights)} inputs weighed"
    if result.rows is not None:
        gaps = result.rows.read - result.rows.used
        scope += f", on {result.rows.used:,} of {result.rows.read:,} rows"
        scope += f"; {gaps:,} with missing values left out" if gaps else ""
    return scope


def _weights(result: Weighting) -> Table:
    old, new = result.weights_before, result.weights
    headings = ("", "before", "after", "share", *result.details, "")
    rows = [
        (
            name,
            f"{old[name]:g}",
            f"{new[name]:g}",
            f"{result.shares[name]:.1%}" if name in result.shares else "",
            *(f"{values[name]:.4g}" if name in values else "" for values in result.details.values()),
            f"kept: {result.kept[name]}" if name in result.kept else "",
        )
        for name in old
    ]
    return Table(headings, rows, "l" + "r" * (3 + len(result.details)) + "l")


def _judges(judges: Mapping[str, Judge]) -> Table:
    rows = []
    for name, judge in judges.items():
        least = judge.least_consistent
        furthest = (
            ""
            if least is None
            else f"{least.first} over {least.second}: {ratio_text(least.judged)}, the others imply "
            f"{ratio_text(least.fitting)}"
        )
        pairs = f"{judge.pairs} of {judge.inputs * (judge.inputs - 1) // 2}"
        rows.append((name, str(judge.inputs), pairs, _ratio(judge), furthest))
    return Table(("", "inputs", "pairs", "consistency ratio", "furthest from the others"), rows, "lrrrl")


def _ratio(consistency: AhpConsistency | Judge) -> str:
    return "none" if consistency.consistency_ratio is None else f"{consistency.consistency_ratio:.3f}"


def _reduced(consistency: AhpConsistency) -> str:
    """Return a remark on the random index of incomplete judgements."""
    return f", less for {consistency.missing_pairs} missing" if consistency.missing_pairs else ""


def _consistency(result: Weighting) -> list[tuple[str, str, str]]:
    """Return the measures of consistency: name, value, and reference value."""
    consistency = result.consistency
    if consistency is None:
        return []
    if isinstance(consistency, AhpConsistency):
        index = "none" if consistency.random_index is None else f"{consistency.random_index:.2f}"
        pairs = consistency.inputs * (consistency.inputs - 1) // 2
        incomplete = (
            [("Pairs judged", f"{pairs - consistency.missing_pairs}", f"of {pairs}; the others follow from these")]
            if consistency.missing_pairs
            else []
        )
        return [
            *incomplete,
            ("Lambda max", f"{consistency.lambda_max:.3f}", f"{consistency.inputs} if judgements agree perfectly"),
            ("Consistency index", f"{consistency.consistency_index:.3f}", ""),
            ("Random index", index, f"of {consistency.source}, n={consistency.inputs}{_reduced(consistency)}"),
            ("Consistency ratio", _ratio(consistency), f"up to {consistency.limit:.2f} is consistent enough"),
        ]
    threshold = "no threshold is published"
    if consistency.threshold is not None:
        threshold = f"up to {consistency.threshold:.4f} is consistent enough"
    return [
        ("Xi of the linear model", f"{consistency.xi:.3f}", "0 if judgements agree perfectly"),
        ("Input-based consistency ratio", f"{consistency.consistency_ratio:.3f}", threshold),
    ]
