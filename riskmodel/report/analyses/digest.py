"""Report of a digest, and lines about alerts."""

from collections.abc import Iterable, Iterator, Sequence

from riskmodel.analysis.results.alerts import Alert
from riskmodel.analysis.results.digest import (
    MAX_UNITS,
    AbsentUnit,
    Digest,
    InputChange,
    Move,
    Revision,
    Revisions,
    RowKey,
)
from riskmodel.errors import counted
from riskmodel.report.document import Report, Section
from riskmodel.report.formatting import apportion, number, plain_value, signed
from riskmodel.report.summary import summary

_MAX_DRIVERS, _MAX_INPUTS, _MAX_REVISED = 3, 3, 3
"""What a line or a list names at most; the rest is counted."""
_ALL = "JSON has all"


def digest_report(result: Digest) -> Report:
    """Return the report of a digest."""
    sections = [
        Section(
            "Alerts", items=[alert_lines(alert) for alert in sorted(result.alerts, key=lambda alert: not alert.units)]
        ),
        *_scores(result),
        Section("Missing and new", items=list(_presence(result))),
    ]
    if result.revisions is not None:
        revised = [[line] for line in _revised(result, result.revisions)]
        sections.append(Section(f"Revised since {result.revisions.source}", items=revised))
    sections = [section for section in sections if section.items or section.lines]
    return Report(f"What changed: {result.at}", list(_about(result)), sections, f"{result.headline}.")


def _about(result: Digest) -> Iterator[str]:
    against = f" against {result.before}" if result.before else ", with no time before it to compare"
    if result.step is None and result.before:
        against = " against the previous row of each unit"
    yield (
        f"{result.time} {result.at}{against}; "
        f"{result.present:,} of {counted(result.units, 'unit has', 'units have')} a row"
    )
    yield f"{result.source} | {result.model.line}"


def alert_lines(alert: Alert) -> list[str]:
    """Return what there is to say of an alert: whether it is met, by which units, and where it cannot be decided."""
    if alert.units:
        by = _listed([_alerted(alert, index) for index in range(len(alert.units))], MAX_UNITS)
        lines = [f"{alert.condition}: met at {alert.time} by {counted(len(alert.units), 'unit')}: {by}"]
    else:
        lines = [f"{alert.condition}: not met at {alert.time}"]
    if alert.undecided:
        reasons = [f"{unit} ({reason})" for unit, reason in alert.undecided.items()]
        lines.append(f"cannot be decided for {counted(len(reasons), 'unit')}: {_listed(reasons, MAX_UNITS)}")
    return lines


def _alerted(alert: Alert, index: int) -> str:
    unit = alert.units[index]
    value = number(unit.value, alert.decimals)
    if unit.earlier is not None:
        change = signed(unit.value - unit.earlier, alert.decimals)
        return f"{unit.unit} {number(unit.earlier, alert.decimals)} in {unit.earlier_time} -> {value} ({change})"
    return f"{unit.unit} {value}{f' ({unit.band})' if unit.band else ''}"


def _listed(texts: Sequence[str], most: int) -> str:
    more = [f"and {len(texts) - most:,} more"] if len(texts) > most else []
    return ", ".join([*texts[:most], *more])


def _scores(result: Digest) -> Iterator[Section]:
    for name, score in result.scores.items():
        crossings = [_move_lines(result, move, name) for move in score.crossings]
        others = [_move_lines(result, move, name) for move in score.movers if not move.crossed]
        rest = score.moved - len(crossings) - len(others)
        remarks = [f"and {counted(rest, 'more unit')} moved, by less"] if rest else []
        if crossings:
            items = _capped(crossings)
            yield Section(f"{score.title}: crossed a band", items=items, remarks=[] if others else remarks)
        if others:
            heading = f"{score.title}: moved {'most beside these' if crossings else 'most'}"
            yield Section(heading, items=others, remarks=remarks)
        elif not score.moved and score.compared:
            yield Section(score.title, [f"no change in {counted(score.compared, 'unit')}"])


def _capped(items: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Return the first items of a list, and how many more there are."""
    more = len(items) - MAX_UNITS
    return [*items[:MAX_UNITS], *([[f"and {counted(more, 'more unit')} ({_ALL})"]] if more > 0 else [])]


def _move_lines(result: Digest, move: Move, score: str) -> list[str]:
    decimals, assessment = result[score].decimals, result.assessments.get(move.unit)
    change = signed(move.change, decimals)
    text = f"{move.unit} {number(move.before, decimals)} -> {number(move.after, decimals)} ({change})"
    if move.crossed:
        text += f", {move.band_before} to {move.band}"
    elif move.band:
        text += f", {move.band}"
    if move.time_before != result.before:
        text += f", since {move.time_before}"
    inputs = [_input_text(item) for item in move.inputs]
    more = [f"and {counted(len(inputs) - _MAX_INPUTS, 'more input')}"] if len(inputs) > _MAX_INPUTS else []
    meaning = summary(assessment, assessment[score]) if assessment else ""
    return [text, *filter(None, [_drivers(move, decimals), "; ".join([*inputs[:_MAX_INPUTS], *more]), meaning])]


def _drivers(move: Move, decimals: int) -> str:
    """Format the points of a change: the largest by name and the rest together; they sum to the change shown."""
    points = apportion([entry.points for entry in move.account], move.change, decimals)
    named = [
        f"{entry.title} {signed(rounded, decimals)}"
        for entry, rounded in zip(move.account[:_MAX_DRIVERS], points, strict=False)
        if rounded
    ]
    rest = number(sum(points[_MAX_DRIVERS:]), decimals)
    if len(points) > _MAX_DRIVERS and float(rest):
        named.append(f"others {signed(float(rest), decimals)}")
    return f"due to {'; '.join(named)}" if named else ""


def _input_text(item: InputChange) -> str:
    unit = f" ({item.unit})" if item.unit else ""
    if item.before is None or item.after is None:
        if item.after is not None:
            return f"{item.title} is known now: {plain_value(item.after)}{unit}"
        assert item.before is not None  # noqa: S101  (it has changed)
        return f"{item.title} is missing, was {plain_value(item.before)}{unit}"
    before, after = plain_value(item.before), plain_value(item.after)
    if isinstance(item.before, str) or isinstance(item.after, str):
        return f"{item.title} changed from {before} to {after}{unit}"
    if before == after:
        before, after = f"{item.before:.15g}", f"{item.after:.15g}"
    return f"{item.title} {'rose' if item.after > item.before else 'fell'} from {before} to {after}{unit}"


def _presence(result: Digest) -> Iterator[Sequence[str]]:
    for changed in (result.missing, result.known):
        yield from _capped([[f"{unit.unit}: {'; '.join(map(_input_text, unit.inputs))}"] for unit in changed])
    for score in result.scores.values():
        if score.lost:
            units = _listed(score.lost, MAX_UNITS)
            yield [f"{score.title} has no score any more, because too little is known: {units}"]
        if score.gained:
            yield [f"{score.title} has a score again: {_listed(score.gained, MAX_UNITS)}"]
    if result.gone:
        yield [f"no row any more: {_last(result.gone)}"]
    if result.absent:
        yield [f"no row, as at the time before: {_last(result.absent)}"]
    if result.new:
        yield [f"first row: {_listed(result.new, MAX_UNITS)}"]
    if result.returned:
        yield [f"a row after a gap, without a change: {_last(result.returned)}"]
    yield from _capped([[f"left out: {skipped.unit}: {skipped.reason}"] for skipped in result.skipped])


def _last(units: Iterable[AbsentUnit]) -> str:
    return _listed([f"{unit.unit} (last {unit.last})" for unit in units], MAX_UNITS)


def _revised(result: Digest, revisions: Revisions) -> Iterator[str]:
    rows = f"{counted(revisions.compared, 'row')} up to {revisions.until}"
    if not revisions.compared:
        yield "no row of it is in the table"
    elif revisions.revised:
        shown = "; ".join(_revision(result, revision) for revision in revisions.revised[:_MAX_REVISED])
        more = len(revisions.revised) - _MAX_REVISED
        rest = f"; and {more:,} more ({_ALL})" if more > 0 else ""
        yield f"{counted(len(revisions.revised), 'score differs', 'scores differ')} in {rows}: {shown}{rest}"
    else:
        yield f"no score differs in {rows}"
    for rows_changed, words in ((revisions.gone, "no longer there"), (revisions.added, "added in the past")):
        if rows_changed:
            yield f"{counted(len(rows_changed), 'row')} {words}: {_keys(rows_changed)}"
    if revisions.without:
        titles = " and ".join(result[name].title for name in revisions.without)
        yield f"without a column, and so not compared: {titles}"
    if revisions.other_models:
        known = (
            f"{column} {', '.join(name[:12] for name in names)}" for column, names in revisions.other_models.items()
        )
        yield f"by another model ({'; '.join(known)}), which may be why scores differ"


def _revision(result: Digest, revision: Revision) -> str:
    score = result[revision.score]
    before, after = (
        "none" if value is None else number(value, score.decimals) for value in (revision.before, revision.after)
    )
    return f"{revision.unit} {revision.time} {score.title} {after}, was {before}"


def _keys(rows: Sequence[RowKey]) -> str:
    return _listed([f"{row.unit} {row.time}" for row in rows], _MAX_REVISED)
