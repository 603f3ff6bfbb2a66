"""What a batch run has to tell when it is over."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import riskmodel
from riskmodel.assessment import ModelIdentity
from riskmodel.table_check import TableCheck

INSUFFICIENT = "insufficient data"


@dataclass(frozen=True)
class BatchResult:
    """The counts of a run; `rows_in == rows_out + rows_rejected`."""

    rows_in: int
    rows_out: int
    rows_rejected: int
    blank_lines: int
    bands: Mapping[str, Mapping[str, int]]
    """Rows out by score and band; `insufficient data` counts those without that score."""
    formulas: int
    """Cells that got a `'` because a spreadsheet would have run them."""
    check: TableCheck
    """The indicators without a column, and the values beyond their scale, in the rows out."""
    seconds: float
    output: str
    rejects: str | None
    """None where the output goes to a pipe and no file for rejects was named."""
    manifest: str | None
    """None where the output goes to a pipe."""


def manifest_text(
    result: BatchResult, model: ModelIdentity, started: datetime, options: Mapping[str, Any], **files: object
) -> str:
    """The manifest of a run, as JSON; `files` are what is told of its input and output."""
    content = {
        "riskmodel": riskmodel.__version__,
        "model": {"id": model.id, "version": model.version, "sha256": model.fingerprint},
        **files,
        "rejects": result.rejects,
        "rows": {"in": result.rows_in, "out": result.rows_out, "rejected": result.rows_rejected},
        "blank_lines": result.blank_lines,
        "formulas_escaped": result.formulas,
        "bands": result.bands,
        "check": result.check.to_dict(),
        "options": options,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(result.seconds, 3),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
