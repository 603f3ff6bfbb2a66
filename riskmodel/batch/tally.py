"""Counting rows in, out and rejected while a file is scored."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from riskmodel.batch.inputs import Input
from riskmodel.batch.plan import Options, Plan
from riskmodel.batch.reading import doubtful_number
from riskmodel.batch.result import INSUFFICIENT
from riskmodel.batch.rows import Reject, Rows, first_told, too_many_rejected
from riskmodel.engine.compiled import CompiledModel
from riskmodel.engine.table import ScoreColumns
from riskmodel.errors import Problem, SituationError
from riskmodel.table_check import TableCheck, ValueCounts, table_check

_DOUBTED = 100
"""How many of the first rejected rows are looked at for numbers that are written in another way."""


class Progress(NamedTuple):
    """How far a run has come."""

    rows: int
    rejected: int
    share: float | None
    """Of the input, in [0, 1]; None where its size is not known."""


class Counts(NamedTuple):
    """What a run has counted; rows in are rows out and rows rejected."""

    rows_out: int
    rows_rejected: int
    blank_lines: int
    formulas: int
    bands: Mapping[str, Mapping[str, int]]
    check: TableCheck


def counted_bands(model: CompiledModel, found: Mapping[str, ScoreColumns]) -> dict[str, Counter[str]]:
    """The rows of each band, by score; `insufficient data` for those that have no score."""
    counted = {}
    for name, columns in found.items():
        bands = model.scores[name].bands
        counts = np.bincount(columns.band[columns.band >= 0], minlength=len(bands))
        counted[name] = Counter(dict(zip(bands, counts.tolist(), strict=True)))
        counted[name][INSUFFICIENT] = int(np.count_nonzero(np.isnan(columns.value)))
    return counted


class Tally:
    """What has been counted of one file so far."""

    def __init__(self, model: CompiledModel, source: Input, work: Plan, options: Options) -> None:
        self._model, self._source, self._options, self._reading = model, source, options, work.reading
        self._before = work.reading.before
        self._out = self._rejected = self._blank = self._formulas = 0
        self._values = ValueCounts({}, {})
        self._bands = {
            name: Counter(dict.fromkeys((*score.bands, INSUFFICIENT), 0)) for name, score in model.scores.items()
        }

    def add(self, rows: Rows, formulas: int, bands: Mapping[str, Counter[str]], values: ValueCounts) -> list[Reject]:
        """Count a piece; its rejects come back with their lines in the file.

        Raises
        ------
        SituationError
            Where there are more rejects than allowed, or a number in one of the first is written in another way.
        """
        rejected = [reject._replace(line=self._before + reject.line) for reject in rows.rejected]
        doubted = rejected[: max(_DOUBTED - self._rejected, 0)]
        if problem := doubtful_number(self._reading, doubted, self._source.name):
            raise SituationError([problem])
        self._before += rows.lines
        self._out += rows.count
        self._rejected += len(rejected)
        self._blank += rows.blank
        self._formulas += formulas
        self._values = self._values.plus(values)
        for name, counts in bands.items():
            self._bands[name].update(counts)
        self._refuse_too_many(rejected)
        return rejected

    def _refuse_too_many(self, rejected: Sequence[Reject]) -> None:
        most = self._options.max_rejects
        if most is not None and self._rejected > most:
            message = too_many_rejected(most)
            last = Problem(message, file=self._source.name)
            raise SituationError([*first_told(rejected, self._source.name, self._reading.place).problems, last])

    def progress(self, rows: Rows) -> Progress:
        """How far the run has come with these rows."""
        size = self._source.size
        return Progress(self._out + self._rejected, self._rejected, None if not size else min(rows.seen / size, 1.0))

    def counts(self) -> Counts:
        """All that was counted."""
        bands = {name: dict(counts) for name, counts in self._bands.items()}
        check = table_check(self._model, self._reading.names, self._out, self._values)
        return Counts(self._out, self._rejected, self._blank, self._formulas, bands, check)
