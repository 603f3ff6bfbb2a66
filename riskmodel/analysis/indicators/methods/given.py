"""The way that takes values from a column as they are."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.facts import pair_of
from riskmodel.analysis.indicators.methods.attempts import Attempt, Context, months_selected
from riskmodel.schema.ways import KINDS, AsGiven
from riskmodel.sources.records import NO_STATE, Levels


def as_given(way: AsGiven, context: Context) -> Iterator[Attempt]:
    """Yield the values of a column, by source that has it: of the pair, else the mean of the two, else of the world.

    A value of several months stands for each of them; where periods overlap, that of the shorter stands.
    """
    column = context.indicator if way.column is None else way.column
    facts = context.facts
    for source in context.sources(KINDS[way.family]):
        levels = source.records
        assert isinstance(levels, Levels)  # noqa: S101
        if column not in levels.columns:
            continue
        levels = levels.take(levels.column == levels.columns.index(column))
        of_pair, pair_rows = _by_month(
            context, levels, pair_of(facts.pairs, levels.state_a, levels.state_b), len(facts.pairs)
        )
        alone = levels.state_b == NO_STATE
        n_states = int(max(facts.pairs.max(initial=0), levels.state_a.max(initial=0))) + 1
        state = np.where(alone & (levels.state_a >= 0), levels.state_a, -1).astype(np.int64)
        of_state, state_rows = _by_month(context, levels, state, n_states)
        world, world_rows = _by_month(context, levels, np.where(alone & (levels.state_a == NO_STATE), 0, -1), 1)
        both = of_state[facts.pairs]
        value, rows = of_pair, pair_rows
        for other, other_rows in (
            (both.mean(axis=1), state_rows[facts.pairs].sum(axis=1)),
            (np.broadcast_to(world, facts.shape), np.broadcast_to(world_rows, facts.shape)),
        ):
            rows = np.where(np.isnan(value), other_rows, rows)
            value = np.where(np.isnan(value), other, value)
        is_blank = np.isnan(value)
        yield Attempt(
            (source.name,),
            value,
            np.where(is_blank, 0, rows),
            ((f"no value of {column}", is_blank),),
            months_selected(context, (source.name,), 1, columns=frozenset([column])),
        )


def _by_month(
    context: Context, levels: Levels, group: NDArray[np.int64], groups: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return (groups, months) the values, and the rows behind each; `group` is -1 for rows that do not count."""
    value = np.full((groups, context.facts.months), np.nan)
    rows = np.zeros(value.shape, np.int64)
    for length in (12, 3, 1):
        chosen = (group >= 0) & (levels.months == length) & ~np.isnan(levels.value)
        for offset in range(length):
            month = levels.month[chosen].astype(np.int64) + offset - context.facts.first
            on_axis = (month >= 0) & (month < context.facts.months)
            position = (group[chosen][on_axis], month[on_axis])
            value[position], rows[position] = levels.value[chosen][on_axis], 1
    return value, rows
