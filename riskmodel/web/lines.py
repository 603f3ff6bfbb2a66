"""A table as the lines that answer it, each of which says one thing; `riskmodel.web.table_answers` has all of them."""

import io
import time
from collections.abc import Generator, Iterator, Sequence
from typing import BinaryIO

from pydantic_core import to_json

from riskmodel.batch.scoring import Options, ScoringRun, Target
from riskmodel.errors import SituationError
from riskmodel.model import Model
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.rejects import Reject
from riskmodel.web.problems import BODY, HTTPProblem, problem_bytes
from riskmodel.web.schemas import BatchQuery
from riskmodel.web.settings import Limits
from riskmodel.web.upload_limits import check_size

_THREADS = 2
_REJECTS = 1_000
"""Rejected rows in a line."""
_PROGRESS_SECONDS = 0.2
_CSV = Target(BODY, is_stream=True, is_parquet=False, compression="", delimiter=",", ending=".csv")


class Table:
    """A table that was sent.

    Parameters
    ----------
    model : what scores it.
    file : its bytes, at their beginning.
    query : how it is read and written.
    limits : how large it may be.
    """

    def __init__(self, model: Model, file: BinaryIO, query: BatchQuery, limits: Limits) -> None:
        self._model, self._file, self._query, self._limits = model, file, query, limits

    def lines(self) -> Generator[bytes, None, None]:
        """Score it; each piece is one or more whole lines.

        Raises
        ------
        HTTPProblem
            Before the first piece: where it is too large.
        SituationError
            Before the first piece: where its header cannot be used. Later: where what follows cannot be read.
        """
        size = check_size(self._file, self._limits)
        self._file.seek(0)
        source = InputFile(self._file, BODY, size)
        query = self._query
        options = Options(query.explain, None, query.delimiter, query.decimal, query.thousands, query.formulas)
        run = ScoringRun(source, self._model, _CSV, options, threads=_THREADS, as_text=True)
        written = _Written()
        rejects: list[Reject] = []
        last_progress = time.monotonic()
        for progress in run.steps(written, rejects.extend):
            lines = [*_scored(written), *_rejected(rejects)]
            rejects.clear()
            if time.monotonic() - last_progress >= _PROGRESS_SECONDS:
                last_progress = time.monotonic()
                lines.append(_line({"progress": progress._asdict()}))
            if lines:
                yield b"".join(lines)
        counts, csv_format = run.counts, run.reader.csv_format
        done = {
            "rows_in": counts.rows_in,
            "rows_out": counts.rows_out,
            "rows_rejected": counts.rows_rejected,
            "blank_lines": counts.blank_lines,
            "formulas": counts.formulas,
            "bands": counts.bands,
            "check": run.check.to_dict(),
            "place": run.reader.row_unit,
            "delimiter": csv_format.delimiter,
            "decimal": csv_format.decimal,
            "thousands": run.reader.numbers.thousands,
        }
        yield b"".join([*_scored(written), _line({"done": done})])


class _Written(io.BytesIO):
    """What has been written and not yet taken."""

    def take(self) -> bytes:
        """All of it."""
        data = self.getvalue()
        self.seek(0)
        self.truncate()
        return data


def _scored(written: _Written) -> list[bytes]:
    data = written.take()
    try:
        return [_line({"scored": data.decode()})] if data else []
    except UnicodeDecodeError:
        # Cells of CSV that are none have been rejected; of Parquet nobody has checked them.
        raise SituationError("has text that is not UTF-8") from None


def _rejected(rejects: Sequence[Reject]) -> Iterator[bytes]:
    for start in range(0, len(rejects), _REJECTS):
        yield _line({"rejected": [_readable(reject) for reject in rejects[start : start + _REJECTS]]})


def _readable(reject: Reject) -> dict[str, int | str]:
    """A rejected row; bytes in it that are no text show as escapes."""
    return {
        key: value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value
        for key, value in reject._asdict().items()
    }


def problem_line(refused: HTTPProblem) -> bytes:
    """The last line, where there is no more because something is wrong."""
    return b'{"problem":' + problem_bytes(refused) + b"}\n"


def _line(content: dict[str, object]) -> bytes:
    return to_json(content) + b"\n"
