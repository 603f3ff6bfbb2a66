"""Ways that count days with acts of certain codes."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.derivations import expanded
from riskmodel.analysis.indicators.facts import EventCounts, Selection, day_count
from riskmodel.analysis.indicators.methods.attempts import Attempt, Context, Months, months_selected, trailing
from riskmodel.schema.ways import DaysOfActs, FieldsOfActs, Ladder


def days_of_acts(way: DaysOfActs, context: Context) -> Iterator[Attempt]:
    """Yield the days with an act, times a factor, by family of events."""
    codes = expanded(way.codes, context.spec)
    for family in context.facts.events:
        days = day_count(family.days(codes))
        select = months_selected(context, family.sources, 1, codes=codes)
        yield _attempt(context, family, days.astype(float) * way.times, days, family.rows(codes), select)


def ladder(way: Ladder, context: Context) -> Iterator[Attempt]:
    """Yield the highest value whose days of acts are there, by family of events."""
    codes = [expanded(step.codes, context.spec) for step in way.steps]
    along = [None if step.along is None else expanded(step.along, context.spec) for step in way.steps]
    all_codes = frozenset[str]().union(*codes)
    all_along = frozenset[str]().union(*(codes for codes in along if codes is not None))
    for family in context.facts.events:
        days_of, rows_of = (
            (family.third_days, family.third_rows) if way.actors == "third" else (family.days, family.rows)
        )
        value = np.full(context.facts.shape, float(way.otherwise))
        for step, of_step, with_step in zip(way.steps, codes, along, strict=True):
            holds = day_count(days_of(of_step)) >= step.days
            if with_step is not None:
                holds &= family.days(with_step) > 0
            value = np.where(holds, np.maximum(value, step.value), value)
        if way.actors == "third":
            select = months_selected(context, family.sources, 1, codes=all_along, third_codes=all_codes)
        else:
            select = months_selected(context, family.sources, 1, codes=all_codes | all_along)
        yield _attempt(context, family, value, day_count(days_of(all_codes)), rows_of(all_codes), select)


def fields_of_acts(way: FieldsOfActs, context: Context) -> Iterator[Attempt]:
    """Yield the number of fields with an act, which is a floor, by family of events."""
    codes = [expanded(codes, context.spec) for codes in way.fields.values()]
    all_codes = frozenset[str]().union(*codes)
    for family in context.facts.events:
        seen = [trailing(day_count(family.days(of_field)), way.months) > 0 for of_field in codes]
        number = np.sum(seen, axis=0).astype(float)
        yield Attempt(
            family.sources,
            np.where(number > 0, number, np.nan),
            trailing(family.rows(all_codes), way.months).astype(np.int64),
            (("no such act was reported, which does not show that there is none", number == 0),),
            months_selected(context, family.sources, way.months, codes=all_codes),
            trailing(day_count(family.days(all_codes)), way.months).astype(np.int16),
        )


def _attempt(
    context: Context,
    family: EventCounts,
    value: NDArray[np.float64],
    days: NDArray[np.int16],
    rows: NDArray[np.int64],
    select: Callable[[int, int], Selection],
) -> Attempt:
    """Return values that are blank where files lack or the pair is hardly reported."""
    notes = blanks(context, family)
    is_blank = np.any([where for _, where in notes], axis=0)
    usable = family.usable / context.axis.lengths
    return Attempt(family.sources, np.where(is_blank, np.nan, value), rows, notes, select, days, usable)


def blanks(context: Context, family: EventCounts) -> tuple[tuple[str, Months], ...]:
    """Return the reasons why a count of events says nothing, with where they hold, each (pairs, months)."""
    rules = context.spec.events
    hardly = rules.hardly_reported
    has_files = family.usable >= rules.usable_days
    events = trailing(np.where(has_files, family.events, 0), hardly.months)
    # With fewer months of data the pair needs fewer events, in proportion.
    is_hardly_reported = events * hardly.months < hardly.events * trailing(has_files, hardly.months)
    return (
        ("no day with a usable file", family.usable == 0),
        (f"fewer than {rules.usable_days} days with a usable file", ~has_files),
        (
            f"hardly reported, with fewer than {hardly.events:g} events of the pair in {hardly.months} months",
            is_hardly_reported,
        ),
    )
