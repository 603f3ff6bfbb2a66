"""The text of a workbook that says what its scores are."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import riskmodel
from riskmodel.batch.result import RunInfo
from riskmodel.errors import counted
from riskmodel.model import Model

if TYPE_CHECKING:
    from riskmodel.batch.scoring import ScoringRun
    from riskmodel.tables.spreadsheet.sheet_writer import About

_NAMES = {"path": "Input", "bytes": "Bytes", "sha256": "SHA-256 of the input"}
_MAX_FILES = 100


def about_text(model: Model, inputs: Sequence[Mapping[str, object]], run: "ScoringRun", info: RunInfo) -> "About":
    """Return what a workbook of scores is.

    Parameters
    ----------
    model : the model.
    inputs : the descriptions of the inputs, as in a manifest.
    run : the last of the run's tables, whose rows are all written.
    info : the identity of the run.
    """
    # Slow to import, and needed for workbooks only.
    from riskmodel.tables.spreadsheet.sheet_writer import About, BandCounts

    identity, counts = model.identity, run.counts
    rows = f"{counted(counts.rows_in, 'row')} in, {counts.rows_out:,} scored, {counts.rows_rejected:,} rejected"
    facts = [
        ("Model", f"{identity.id}, version {identity.version}" if identity.version else identity.id),
        ("Fingerprint", f"{identity.fingerprint} (SHA-256 of the model's content)"),
        ("Scored", f"{info.started:%Y-%m-%d %H:%M} UTC by riskmodel {riskmodel.__version__}, run {info.id}"),
        *_inputs(inputs),
        ("Rows", rows + (f"; {counted(counts.blank_lines, 'blank row')} left out" if counts.blank_lines else "")),
        *(("Remark", remark) for remark in (*run.remarks, *run.check.remarks)),
    ]
    bands = {}
    for name, rows_of in counts.bands.items():
        score = model.spec.scores[name]
        if len(rows_of) > 1:
            bands[score.title or name] = BandCounts(rows_of, score.better)
    return About(identity.title, facts, bands)


def _inputs(inputs: Sequence[Mapping[str, object]]) -> list[tuple[str, str]]:
    if len(inputs) == 1:
        return [
            (_NAMES.get(name, name.capitalize()), f"{value:,}" if isinstance(value, int) else str(value))
            for name, value in inputs[0].items()
        ]
    listed = [("Input", f"{part['path']}, SHA-256 {part['sha256']}") for part in inputs[:_MAX_FILES]]
    more = len(inputs) - _MAX_FILES
    return [*listed, *([("", f"and {counted(more, 'more file')}")] if more > 0 else [])]
