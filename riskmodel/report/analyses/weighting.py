"""A weighting as a report, as plain data, and as the lines at the top of the model file that it gives."""

import textwrap
from typing import Any

import riskmodel
from riskmodel.analysis.results.weighting import METHODS, AhpConsistency, Weighting
from riskmodel.report.data import identity_data
from riskmodel.report.document import Report, Section, Table

_WIDTH = 118
"""Of a line of a comment in a model file, without its mark."""


def weighting_report(result: Weighting) -> Report:
    """A weighting as a report."""
    about = [result.source, result.before.identity.line, _scope(result)]
    sections = [Section("", (), _weights(result))]
    if figures := _consistency(result):
        sections.append(Section("Consistency", (), Table(("", "", ""), figures, "lrl")))
    if result.warnings:
        sections.append(Section("Warnings", result.warnings))
    return Report(_heading(result), about, sections)


def weighting_data(found: Weighting) -> dict[str, Any]:
    """What `riskmodel weights ... --format json` prints: everything that the text tells, at full precision."""
    consistency = None
    if found.consistency is not None:
        consistency = found.consistency._asdict()
        if isinstance(found.consistency, AhpConsistency) and found.consistency.least_consistent is not None:
            consistency["least_consistent"] = found.consistency.least_consistent._asdict()
    return {
        **{key: getattr(found, key) for key in ("method", "score", "source", "sha256")},
        "model": identity_data(found.before.identity),
        "weighted": identity_data(found.model.identity),
        "weights": {
            name: {
                "before": old,
                "after": found.weights[name],
                "share": found.shares.get(name),
                "details": {told: values[name] for told, values in found.details.items() if name in values},
                "kept": found.kept.get(name),
            }
            for name, old in found.weights_before.items()
        },
        "consistency": consistency,
        "warnings": list(found.warnings),
        "rows": None if found.rows is None else found.rows._asdict(),
    }


def weighting_origin(result: Weighting) -> list[str]:
    """The lines that tell, at the top of a model file, where its weights come from."""
    model = result.before.identity
    digest = "" if result.sha256 is None else f", SHA-256 {result.sha256}"
    lines = [
        f"The weights of `{result.score}` were derived by {METHODS[result.method]}; the reasons beside them are older.",
        f"By `riskmodel weights {result.method}` {riskmodel.__version__}, from {model.id}, fingerprint "
        f"{model.short_fingerprint}.",
        f"{'Judgements' if result.rows is None else 'Data'}: {result.source}{digest}.",
        f"{_scope(result)}.",
        *(f"{label}: {value}{f' ({told})' if told else ''}." for label, value, told in _consistency(result)),
    ]
    for why in dict.fromkeys(result.kept.values()):
        names = ", ".join(name for name in result.kept if result.kept[name] == why)
        lines += [f"Kept, {why}: {names}."]
    lines += [f"Warning: {warning}." for warning in result.warnings]
    return [part for line in lines for part in textwrap.wrap(line, _WIDTH, break_long_words=False)]


def _heading(result: Weighting) -> str:
    return f"{result.title} ({result.score}) weighed by {METHODS[result.method]}"


def _scope(result: Weighting) -> str:
    told = f"{len(result.shares)} of {len(result.weights)} inputs weighed"
    if result.rows is not None:
        gaps = result.rows.read - result.rows.used
        told += f", on {result.rows.used:,} of {result.rows.read:,} rows"
        told += f"; {gaps:,} with a gap among them left out" if gaps else ""
    return told


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


def _consistency(result: Weighting) -> list[tuple[str, str, str]]:
    """What is told of consistency: a figure, its value, and what to hold it against."""
    told = result.consistency
    if told is None:
        return []
    if isinstance(told, AhpConsistency):
        index = "none" if told.random_index is None else f"{told.random_index:.2f}"
        ratio = "none" if told.consistency_ratio is None else f"{told.consistency_ratio:.3f}"
        return [
            ("Lambda max", f"{told.lambda_max:.3f}", f"{told.inputs} where judgements agree perfectly"),
            ("Consistency index", f"{told.consistency_index:.3f}", ""),
            ("Random index", index, f"of {told.source}, n={told.inputs}"),
            ("Consistency ratio", ratio, f"up to {told.limit:.2f} is consistent enough"),
        ]
    threshold = "no threshold is published"
    if told.threshold is not None:
        threshold = f"up to {told.threshold:.4f} is consistent enough"
    return [
        ("Xi of the linear model", f"{told.xi:.3f}", "0 where judgements agree perfectly"),
        ("Input-based consistency ratio", f"{told.consistency_ratio:.3f}", threshold),
    ]
