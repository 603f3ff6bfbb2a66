"""Facts made by hand for the tests of derivations: a pair, an axis of months, and few records."""

import numpy as np

from riskmodel.analysis.indicators.counts import ActCounter, Axis, PairCounts
from riskmodel.analysis.indicators.derivations import load_derivations
from riskmodel.analysis.indicators.facts import Facts, SourceRecords
from riskmodel.analysis.indicators.methods.derive import derive
from riskmodel.sources import countries
from riskmodel.sources.records import Acts, Contacts, Disputes, Flows, Levels, Violence

POSITION = {state.iso3: number for number, state in enumerate(countries.STATES)}
PAIRS = (("USA", "RUS"), ("IND", "PAK"))


def day(text):
    return int(np.datetime64(text, "D").astype(np.int64))


def month(text):
    return int(np.datetime64(text, "M").astype(np.int64))


def states(names):
    return np.array([POSITION.get(name, -2) for name in names], np.int16)


def days(texts):
    return np.array([day(text) for text in texts], np.int32)


def contacts(*rows):
    """Rows of two states, first day, last day."""
    a, b, start, end = zip(*rows, strict=True)
    return Contacts(np.arange(len(rows)), states(a), states(b), days(start), days(end), np.array(["visit"] * len(rows)))


def disputes(*rows):
    """Rows of two states, first day, last day."""
    a, b, start, end = zip(*rows, strict=True)
    numbers = np.arange(len(rows))
    return Disputes(
        numbers, numbers.astype(str), states(a), states(b), days(start), days(end), np.full(len(rows), np.nan)
    )


def violence(*rows):
    """Rows of place, two sides, first day, last day, deaths."""
    place, a, b, start, end, deaths = zip(*rows, strict=True)
    line = np.arange(len(rows))
    return Violence(
        line, line, days(start), days(end), states(place), states(a), states(b), np.array(deaths, np.float64)
    )


def flows(*rows):
    """Rows of reporter, partner, direction, first month, number of months, value."""
    a, b, direction, start, length, value = zip(*rows, strict=True)
    return Flows(
        np.arange(len(rows)),
        states(a),
        states(b),
        np.array(direction, np.int8),
        np.array([month(text) for text in start], np.int32),
        np.array(length, np.int8),
        np.array(value, np.float64),
    )


def levels(columns, *rows):
    """Rows of state or "", state or "", first month, number of months, column, value."""
    a, b, start, length, column, value = zip(*rows, strict=True)
    return Levels(
        np.arange(len(rows)),
        states(a),
        states(b),
        np.array([month(text) for text in start], np.int32),
        np.array(length, np.int8),
        np.array([columns.index(name) for name in column], np.int16),
        np.array(value, np.float64),
        tuple(columns),
    )


def source(name, kind, records, first, last, covered=(True, True)):
    return SourceRecords(name, kind, records, np.array(covered, bool), month(first), month(last))


def facts(first, last, *sources, acts=None, usable=None, family="gdelt"):
    """Facts of PAIRS from a month to another; `acts` are rows of day, source, target, code; `usable` by month."""
    axis = Axis(month(first), month(last) - month(first) + 1)
    pairs = np.array([states(pair) for pair in PAIRS])
    events = ()
    if acts is not None:
        rows = [(day(text), *states((a, b)), code) for text, a, b, code in acts]
        events = (counts(rows, axis, pairs, usable, family),)
    return Facts(pairs, axis.first, axis.months, events, sources)


def counts(rows, axis, pairs, usable, family):
    codes = tuple(sorted({code for *_, code in rows}))
    counter = ActCounter(axis, len(countries.STATES))
    counter.add(
        Acts(
            np.arange(len(rows)),
            np.arange(len(rows)),
            np.array([row[0] for row in rows], np.int32),
            np.array([row[1] for row in rows], np.int16),
            np.array([row[2] for row in rows], np.int16),
            np.array([codes.index(row[3]) for row in rows], np.int16),
            codes,
        ),
        family,
    )
    lengths = np.tile(axis.lengths, (len(pairs), 1))
    for text, number in (usable or {}).items():
        lengths[:, month(text) - axis.first] = number
    return PairCounts(family, (family,), counter.entries(), pairs, axis, lengths, len(countries.STATES))


def reports(first, last, a="USA", b="RUS", code="042", on=15):
    """An act of the pair in each month, so that it is not hardly reported."""
    months = np.arange(np.datetime64(first), np.datetime64(last) + np.timedelta64(1, "M"))
    return [(f"{text}-{on:02d}", a, b, code) for text in months.astype(str)]


def derived(of, indicator, spec=None):
    """The derived values of one indicator by the shipped file, or by the ways of another."""
    spec = load_derivations().spec if spec is None else spec
    return next(result for result in derive(of, spec) if result.indicator == indicator)


def at(result, of, text, pair=0):
    """The value of a pair in a month."""
    return float(result.value[pair, month(text) - of.first])


def reason(result, of, text, pair=0):
    return result.reasons[result.reason[pair, month(text) - of.first]]
