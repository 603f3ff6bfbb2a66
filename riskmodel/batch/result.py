"""Counts, progress and result of a batch run, and its manifest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import riskmodel
from riskmodel.assessment import ModelIdentity
from riskmodel.engine.compile import CompiledModel
from riskmodel.tables.check import TableCheck, ValueCounts

INSUFFICIENT = "insufficient data"


class Progress(NamedTuple):
    """The progress of a run."""

    rows: int
    rejected: int
    share: float | None
    """The share of the input, in [0, 1], that has been read; None if its size is unknown."""


class Counts(NamedTuple):
    """Additive counts of rows."""

    rows_out: int
    rows_rejected: int
    blank_lines: int
    formulas: int
    """Cells escaped with a `'`."""
    bands: Mapping[str, Mapping[str, int]]
    """Rows out by score and band; a missing score has none in any band."""
    values: ValueCounts

    @classmethod
    def none(cls, model: CompiledModel) -> "Counts":
        """Return counts of zero for all bands of a model."""
        bands = {name: dict.fromkeys((*score.bands, INSUFFICIENT), 0) for name, score in model.scores.items()}
        return cls(0, 0, 0, 0, bands, ValueCounts({}, {}))

    @property
    def rows_in(self) -> int:
        """Rows out and rows rejected."""
        return self.rows_out + self.rows_rejected

    def plus(self, other: "Counts") -> "Counts":
        """Return the sum of these counts, which must have all bands, and others."""
        bands = {
            name: {band: count + other.bands.get(name, {}).get(band, 0) for band, count in counts.items()}
            for name, counts in self.bands.items()
        }
        return Counts(
            self.rows_out + other.rows_out,
            self.rows_rejected + other.rows_rejected,
            self.blank_lines + other.blank_lines,
            self.formulas + other.formulas,
            bands,
            self.values.plus(other.values),
        )


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
    """Cells escaped with a `'` because a spreadsheet would have run them."""
    check: TableCheck
    """The indicators without a column, and the values beyond their scale, in the rows out."""
    seconds: float
    output: str
    rejects: str | None
    """None if the output is a pipe and no file for rejects was named."""
    manifest: str | None
    """None if the output is a pipe."""


def batch_result(
    counts: Counts, check: TableCheck, seconds: float, output: str, rejects: str | None, manifest: str | None
) -> BatchResult:
    """Create the result of a run from its counts and the paths of its files."""
    return BatchResult(
        counts.rows_in,
        counts.rows_out,
        counts.rows_rejected,
        counts.blank_lines,
        counts.bands,
        counts.formulas,
        check,
        seconds,
        output,
        rejects,
        manifest,
    )


def manifest_text(
    result: BatchResult, model: ModelIdentity, started: datetime, options: Mapping[str, Any], **files: object
) -> str:
    """Format the manifest of a run as JSON; `files` describe its input and output."""
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
