"""Counts, progress and result of a batch run, and its manifest."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import riskmodel
from riskmodel.assessment import ModelIdentity
from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import SituationError, suggest
from riskmodel.tables.check import TableCheck, ValueCounts
from riskmodel.tables.writer import Constant

INSUFFICIENT = "insufficient data"


class Progress(NamedTuple):
    """The progress of a run."""

    rows: int
    rejected: int
    share: float | None
    """The share of the input, in [0, 1], that has been read; None if its size is unknown."""


class RunInfo(NamedTuple):
    """The identity of a run, which its manifest and its rows share."""

    id: str
    """A UUID."""
    started: datetime
    """In UTC, to the second."""

    @classmethod
    def new(cls) -> "RunInfo":
        """Return the identity of a run that starts now."""
        return cls(str(uuid4()), datetime.now(UTC).replace(microsecond=0))

    def constants(self, model: ModelIdentity, names: Sequence[str]) -> dict[str, Constant]:
        """Return the values of columns that are the same in every row, by name.

        Raises
        ------
        SituationError
            There is no such column, or one is duplicate.
        """
        known: dict[str, Constant] = {
            "model_id": model.id,
            "model_version": model.version,
            "fingerprint": model.fingerprint,
            "run_id": self.id,
            "scored_at": self.started,
        }
        for position, name in enumerate(names):
            if name not in known:
                raise SituationError(f"--add: there is no column {name!r} to add{suggest(name, known)}")
            if name in names[:position]:
                raise SituationError(f"--add: duplicate {name!r}")
        return {name: known[name] for name in names}


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
    remarks: Sequence[str]
    """On the input: of a workbook, the sheet that was read, hidden rows, merged cells."""
    seconds: float
    run_id: str
    """The UUID of the run, as in its manifest and in a column that `add` may write."""
    output: str
    rejects: str | None
    """None if the output is a pipe and no file for rejects was named."""
    account: str | None
    """The file of the accounts; None if there is none."""
    manifest: str | None
    """None if the output is a pipe."""
    _content: Mapping[str, Any] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the manifest as plain data, ready for JSON."""
        return dict(self._content)


class Paths(NamedTuple):
    """The files that a run writes."""

    output: str
    rejects: str | None
    account: str | None
    manifest: str | None


def batch_result(
    counts: Counts,
    check: TableCheck,
    run: RunInfo,
    seconds: float,
    model: ModelIdentity,
    options: Mapping[str, Any],
    paths: Paths,
    remarks: Sequence[str] = (),
    **files: object,
) -> BatchResult:
    """Create the result of a run.

    Parameters
    ----------
    counts, check, run, seconds : the run.
    model, options : its model and its options.
    paths : its files.
    remarks : on its inputs.
    files : the description of its input and its output, for the manifest.
    """
    content = {
        "riskmodel": riskmodel.__version__,
        "run_id": run.id,
        "model": {"id": model.id, "version": model.version, "sha256": model.fingerprint},
        **files,
        "rejects": paths.rejects,
        "account": paths.account,
        "rows": {"in": counts.rows_in, "out": counts.rows_out, "rejected": counts.rows_rejected},
        "blank_lines": counts.blank_lines,
        "formulas_escaped": counts.formulas,
        "bands": counts.bands,
        "remarks": list(remarks),
        "check": check.to_dict(),
        "options": options,
        "started": run.started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
    }
    return BatchResult(
        counts.rows_in,
        counts.rows_out,
        counts.rows_rejected,
        counts.blank_lines,
        counts.bands,
        counts.formulas,
        check,
        tuple(remarks),
        seconds,
        run.id,
        *paths,
        content,
    )


def manifest_text(result: BatchResult) -> str:
    """Format the manifest of a run as JSON."""
    return json.dumps(result.to_dict(), indent=2, ensure_ascii=False) + "\n"
