"""Assessing situations: each is a row of a block, told in the words of its model."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from riskmodel.assessment import Assessment, Entry, ModelIdentity, ScoreResult
from riskmodel.distributions import parameters, support
from riskmodel.engine.account import Entry as EntryBlock
from riskmodel.engine.account import account
from riskmodel.engine.block import COVERAGE_TOLERANCE, Block, score_block
from riskmodel.engine.compiled import CompiledModel, Ends
from riskmodel.engine.imputation import Imputation
from riskmodel.kernels.rounding import reported
from riskmodel.load.situations import Situation
from riskmodel.results import (
    InputWords,
    input_result,
    intensities_of,
    known,
    rule_degrees,
    rule_result,
    rule_words,
)
from riskmodel.spec.base import Strict
from riskmodel.spec.model import ModelSpec

Values: TypeAlias = Mapping[str, float | str | None]
"""One valid value per indicator; None or absent for missing."""

Case: TypeAlias = tuple[Situation, Values]
"""A situation, with its values."""

Row: TypeAlias = Mapping[str, float]
"""The values of one situation as they stand in columns, by indicator, without what is missing."""


class Assessor:
    """A model made ready to assess situations; what it says in every assessment alike is put together once.

    Parameters
    ----------
    spec, compiled, identity : the model.
    """

    def __init__(self, spec: ModelSpec, compiled: CompiledModel, identity: ModelIdentity) -> None:
        self._spec, self._compiled, self._identity = spec, compiled, identity
        self._scores = sorted(spec.scores, key=lambda name: name in spec.sub_scores)
        self._rules = [rule_words(spec, compiled, compiled.rules[name]) for name in spec.rules]
        self._inputs = [
            InputWords(
                compiled.indicators[name],
                name,
                said.title or name,
                said.unit,
                said.assumed,
                parameters(said.default) if isinstance(said.default, Strict) else {},
                said.group,
            )
            for name, said in spec.indicators.items()
        ]
        self._imputation = Imputation(spec, compiled)
        self._groups = {name: group.title for name, group in spec.groups.items()}

    def assess(self, situation: Situation, values: Values) -> Assessment:
        """Assess a situation, given with its values."""
        return self.assess_all([(situation, values)])[0]

    def assess_all(self, cases: Sequence[Case]) -> list[Assessment]:
        """Assess one situation or more, which takes hardly longer; each comes out as it does alone, to the last bit."""
        indicators = self._compiled.indicators
        blocks: dict[tuple[frozenset[str], frozenset[str]], dict[int, Row]] = {}
        for at, (situation, values) in enumerate(cases):
            row = {name: indicators[name].encode(value) for name, value in values.items() if value is not None}
            # Where other values are missing, sums are taken another way, and the last bit of a bound may differ.
            blocks.setdefault((frozenset(row), frozenset(situation.distributions)), {})[at] = row
        found: dict[int, Assessment] = {}
        for rows in blocks.values():
            assessed = self._block([cases[at] for at in rows], list(rows.values()))
            found.update(zip(rows, assessed, strict=True))
        return [found[at] for at in range(len(cases))]

    def _block(self, cases: Sequence[Case], rows: Sequence[Row]) -> Iterator[Assessment]:
        """Assess situations that lack the same values, and have the same as ranges, as one block."""
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        ranges = {name: self._ends(name, cases) for name in cases[0][0].distributions}
        block = score_block(self._compiled, columns, len(rows), ranges=ranges)
        defaults = self._compiled.defaults
        absent = [words.name for words in self._inputs if words.name not in columns]
        missing = tuple(name for name in absent if name not in defaults)
        assumed = tuple(name for name in absent if name in defaults)
        scores = {name: self._score(name, block, missing) for name in self._scores}
        degrees = [rule_degrees(words.rule, block, len(rows)) for words in self._rules]
        intensities = [intensities_of(words.indicator, block, columns, len(rows)) for words in self._inputs]
        clamped = {name: self._compiled.indicators[name].is_beyond(column) for name, column in columns.items()}
        for at, (case, row) in enumerate(zip(cases, rows, strict=True)):
            touched = self._imputation.bands(row, case[0].distributions)
            yield self._assessment(
                *case,
                {name: _could_be(found[at], touched.get(name)) for name, found in scores.items()},
                [found[at] for found in degrees],
                [found[at] for found in intensities],
                missing,
                assumed,
                tuple(name for name in self._spec.indicators if name in clamped and clamped[name][at]),
            )

    def _assessment(
        self,
        situation: Situation,
        values: Values,
        scores: Mapping[str, ScoreResult],
        degrees: Sequence[tuple[float, float]],
        intensities: Sequence[float],
        missing: tuple[str, ...],
        assumed: tuple[str, ...],
        clamped: tuple[str, ...],
    ) -> Assessment:
        """Put together what one row of a block comes to."""
        points = {
            (score.name, entry.name): entry.points
            for score in scores.values()
            for entry in score.account
            if entry.kind == "rule"
        }
        about, stated = situation.spec, situation.distributions
        return Assessment(
            about.id,
            about.title,
            about.date,
            about.description,
            self._identity,
            scores,
            tuple(
                rule_result(words, *found, points, missing, assumed)
                for words, found in zip(self._rules, degrees, strict=True)
            ),
            tuple(
                input_result(words, values.get(words.name), found, stated.get(words.name), situation)
                for words, found in zip(self._inputs, intensities, strict=True)
            ),
            missing,
            assumed,
            clamped,
            about.doubts,
            about.sources,
            self._groups,
        )

    def _ends(self, name: str, cases: Sequence[Case]) -> Ends:
        """The lowest and highest values that situations can have of an indicator that each gives as a distribution."""
        bounds = self._spec.indicators[name].bounds
        low, high = np.array([support(situation.distributions[name], bounds) for situation, _ in cases]).T
        return low, high

    def _score(self, name: str, block: Block, missing: Collection[str]) -> list[ScoreResult]:
        """One score of every row, given what is missing in all of them."""
        said, score, found = self._spec.scores[name], self._compiled.scores[name], block.scores[name]
        title, bands, provisional_below = said.title or name, said.bands, score.provisional_below - COVERAGE_TOLERANCE
        bounds = np.array([found.low, found.high])
        columns = (found.value, found.reported, found.steps.base, found.coverage, *bounds)
        # Adding zero makes 0.0 of -0.0; which of the two the least of several zeros is, numpy leaves to chance.
        numbers = (np.array([*columns, *reported(bounds, score.decimals)]) + 0.0).T.tolist()
        accounts = _accounts(account(self._compiled, block, score), missing)
        return [
            ScoreResult(
                name,
                title,
                known(value),
                known(shown),
                score.bands[code] if code >= 0 else None,
                "insufficient data" if math.isnan(value) else "ok",
                known(base),
                coverage,
                low,
                high,
                low_shown,
                high_shown,
                () if math.isnan(value) else entries,
                score.out_of,
                score.decimals,
                score.min_coverage,
                score.is_sub,
                bands,
                not math.isnan(value) and coverage < provisional_below,
                score.bands[code] if code >= 0 else None,
                score.bands[code] if code >= 0 else None,
            )
            for (value, shown, base, coverage, low, high, low_shown, high_shown), code, entries in zip(
                numbers, found.band.tolist(), accounts, strict=True
            )
        ]


def _could_be(score: ScoreResult, touched: tuple[int, int] | None) -> ScoreResult:
    """The score with the bands that it could be in, given the positions of those that its interval touches."""
    if touched is None or score.band is None:
        return score
    names = list(score.bands)
    own = names.index(score.band)
    return score._replace(band_low=names[min(own, touched[0])], band_high=names[max(own, touched[1])])


def _accounts(entries: Sequence[EntryBlock], missing: Collection[str]) -> Iterator[tuple[Entry, ...]]:
    """The account of every row, without what does not concern it."""
    for points in zip(*(entry.points.tolist() for entry in entries), strict=True):
        yield tuple(
            Entry(kind, name, number + 0.0)
            for (kind, name, _), number in zip(entries, points, strict=True)
            if number != 0.0 or (kind == "indicator" and name not in missing)
        )
