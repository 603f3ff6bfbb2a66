"""Score one input, or several files one after the other, into one output."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from riskmodel.batch.about import about_text
from riskmodel.batch.result import Progress, RunInfo
from riskmodel.batch.scoring import Options, ScoringRun
from riskmodel.batch.target import Target
from riskmodel.database.reading import QueryContent, QuerySource
from riskmodel.extras import require
from riskmodel.model import Model
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.parallel import cores

if TYPE_CHECKING:
    from riskmodel.tables.spreadsheet.sheet_writer import About

MAX_THREADS = 8


class Series:
    """The inputs of a run.

    Parameters
    ----------
    path : the path or URL as it was given.
    sources : the files, or a query.
    model, target, options, info : as of the run.
    account : the file of accounts; None for none.
    engine : as for `ScoringRun`.

    Attributes
    ----------
    is_last : whether the run of the last input is under way.

    Raises
    ------
    SituationError
        There are several files, and an option takes one.
    RiskmodelError
        The output needs an extra that is not installed.
    """

    def __init__(
        self,
        path: str,
        sources: Sequence[str | QuerySource],
        model: Model,
        target: Target,
        options: Options,
        info: RunInfo,
        account: Target | None,
        engine: Literal["local", "duckdb"],
    ) -> None:
        if target.format in ("xlsx", "ods"):
            require("excel")
        self._path, self._sources, self.model, self.options = path, sources, model, options
        self._target, self._info, self._account, self._engine = target, info, account, engine
        self._has_files = isinstance(sources[0], str) and list(sources) != [path]
        self._parts: list[dict[str, object]] = []
        self._run: ScoringRun | None = None
        self._source: InputFile | QueryContent
        self.is_last = False

    def runs(self) -> Generator[ScoringRun, None, None]:
        """Yield a run for each input, which must be scored before the next."""
        try:
            for number, queried in enumerate(self._sources, 1):
                self.is_last = number == len(self._sources)
                with self._opened(queried) as self._source:
                    self._run = self._next_run()
                    yield self._run
                    self._parts.append(self._source.info)
        except BaseException:
            for file in () if self._run is None else self._run.opened:
                file.abandon()
            raise

    def _next_run(self) -> ScoringRun:
        return ScoringRun(
            self._source,
            self.model,
            self._target,
            self.options,
            threads=min(cores(), MAX_THREADS),
            constants=self._info.constants(self.model.identity, self.options.add),
            account=self._account,
            engine=self._engine,
            after=self._run,
            has_files=self._has_files,
            about=self._about,
        )

    @contextmanager
    def _opened(self, queried: str | QuerySource) -> Iterator[InputFile | QueryContent]:
        written = self._target.table and self._target.table.database
        source = InputFile.open(queried) if isinstance(queried, str) else queried.open(written)
        try:
            yield source
        finally:
            source.close()

    @property
    def info(self) -> dict[str, object]:
        """The input as a manifest describes it, once all rows have been read."""
        return {"path": self._path, "files": self._parts} if self._has_files else self._parts[0]

    def _about(self) -> "About":
        assert self._run is not None  # noqa: S101  (it calls this)
        return about_text(self.model, [*self._parts, self._source.info], self._run, self._info)

    def progress(self, on_progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """Return a callback for the run under way, which counts the files before it as read."""
        done, count = len(self._parts), len(self._sources)
        if count == 1:
            return on_progress
        return lambda progress: on_progress(progress._replace(share=(done + (progress.share or 0.0)) / count))
