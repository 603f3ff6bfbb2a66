"""A weighting as a report, and as the lines at the top of the model file that it gives."""

import textwrap

import riskmodel
from riskmodel.analysis.results.weighting import METHODS, AhpConsistency, Weighting
from riskmodel.report.document import Report, Section, Table

_WIDTH = 118
"""Of a line of a comment in a model file, without its mark."""


def weighting_report(found: Weighting) -> Report:
    """A weighting as a report."""
    about = [found.source, found.before.identity.line, _scope(found)]
    sections = [Section("", (), _weights(found))]
    if figures := _consistency(found):
        sections.append(Section("Consistency", (), Table(("", "", ""), figures, "lrl")))
    if found.warnings:
        sections.append(Section("Warnings", found.warnings))
    return Report(_heading(found), about, sections)


def weighting_origin(found: Weighting) -> list[str]:
    """The lines that tell, at the top of a model file, where its weights come from."""
    model = found.before.identity
    digest = "" if found.sha256 is None else f", SHA-256 {found.sha256}"
    lines = [
        f"The weights of `{found.score}` were derived by {METHODS[found.method]}; the reasons beside them are older.",
        f"By `riskmodel weights {found.method}` {riskmodel.__version__}, from {model.id}, fingerprint "
        f"{model.short_fingerprint}.",
        f"{'Judgements' if found.rows is None else 'Data'}: {found.source}{digest}.",
        f"{_scope(found)}.",
        *(f"{label}: {value}{f' ({told})' if told else ''}." for label, value, told in _consistency(found)),
    ]
    for why in dict.fromkeys(found.kept.values()):
        names = ", ".join(name for name in found.kept if found.kept[name] == why)
        lines += [f"Kept, {why}: {names}."]
    lines += [f"Warning: {warning}." for warning in found.warnings]
    return [part for line in lines for part in textwrap.wrap(line, _WIDTH, break_long_words=False)]


def _heading(found: Weighting) -> str:
    return f"{found.title} ({found.score}) weighed by {METHODS[found.method]}"


def _scope(found: Weighting) -> str:
    told = f"{len(found.shares)} of {len(found.weights)} inputs weighed"
    if found.rows is not None:
        gaps = found.rows.read - found.rows.used
        told += f", on {found.rows.used:,} of {found.rows.read:,} rows"
        told += f"; {gaps:,} with a gap among them left out" if gaps else ""
    return told


def _weights(found: Weighting) -> Table:
    old, new = found.weights_before, found.weights
    headings = ("", "before", "after", "share", *found.details, "")
    rows = [
        (
            name,
            f"{old[name]:g}",
            f"{new[name]:g}",
            f"{found.shares[name]:.1%}" if name in found.shares else "",
            *(f"{values[name]:.4g}" if name in values else "" for values in found.details.values()),
            f"kept: {found.kept[name]}" if name in found.kept else "",
        )
        for name in old
    ]
    return Table(headings, rows, "l" + "r" * (3 + len(found.details)) + "l")


def _consistency(found: Weighting) -> list[tuple[str, str, str]]:
    """What is told of consistency: a figure, its value, and what to hold it against."""
    told = found.consistency
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
