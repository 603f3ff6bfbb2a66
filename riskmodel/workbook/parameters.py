"""The numbers of a model as tables of a workbook, and the model that reads them from there."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from riskmodel.engine.compile import CompiledIndicator, CompiledModel, CompiledRule, CompiledScore, Effect
from riskmodel.engine.plan import COVERAGE_TOLERANCE, weight_input
from riskmodel.model import Model
from riskmodel.plan import program, steps
from riskmodel.plan.steps import Constant, Input, Step
from riskmodel.schema import scales, terms
from riskmodel.schema.base import Cites, Strict, citations
from riskmodel.schema.distributions import parameters
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator, Weight
from riskmodel.workbook.numbers import CellNumber, number_text, range_text
from riskmodel.workbook.steps import formula
from riskmodel.workbook.tables import LARGEST, Change, Content, Live, Table

SCALES = "Scales"
WEIGHTS = "Weights"
RULES = "Rules"
LOWEST_WEIGHT = 1e-9

Function: TypeAlias = Callable[[Step], Step]


class Valid(NamedTuple):
    """References of what is valid for an indicator."""

    low: str | None = None
    high: str | None = None
    labels: str | None = None
    """The range of the labels."""


class Parameters(NamedTuple):
    """The tables, and what refers to them."""

    scales: Table
    weights: Table
    rules: Table
    model: CompiledModel
    """The model with numbers that stand in cells."""
    weight_cells: Mapping[str, CellNumber]
    """By the input of the plan."""
    valid: Mapping[str, Valid]
    """By indicator."""
    bands: Mapping[str, Sequence[str]]
    """The cells of the names of the bands, by score that has bands."""


def parameters_of(model: Model) -> Parameters:
    """Lay out the tables of a model."""
    spec, compiled = model.spec, _with_own_titles(model.compiled)
    scale_table = Table(SCALES, ("Indicator", "Part", "Raw value", "Intensity or degree", "Remarks"))
    valid, indicators = {}, {}
    for name, indicator in spec.indicators.items():
        layout = _IndicatorRows(scale_table, indicator, compiled.indicators[name])
        valid[name], indicators[name] = layout.valid, layout.compiled
    weight_table = Table(WEIGHTS, ("Score", "Input", "Kind", "Number", "Remarks"))
    weight_cells, scores, bands = _weights(spec, compiled, weight_table)
    rule_table = Table(RULES, ("Rule", "When", "Score", "Effect", "Amount", "Because", "Sources"))
    changed = replace(
        compiled,
        indicators={name: indicators[name] for name in compiled.indicators},
        scores=scores,
        rules=_rules(spec, compiled, rule_table),
    )
    return Parameters(scale_table, weight_table, rule_table, changed, weight_cells, valid, bands)


def _with_own_titles(compiled: CompiledModel) -> CompiledModel:
    """Return a model in which no two indicators, scores or rules have the same title."""
    parts: dict[str, Any] = {}
    for kind in ("indicators", "scores", "rules"):
        by_name = getattr(compiled, kind)
        counts = Counter(part.title for part in by_name.values())
        parts[kind] = {
            name: part._replace(title=f"{part.title} ({name})") if counts[part.title] > 1 else part
            for name, part in by_name.items()
        }
    return replace(compiled, **parts)


class _IndicatorRows:
    """The rows of an indicator on the sheet of scales."""

    def __init__(self, table: Table, indicator: Indicator, compiled: CompiledIndicator) -> None:
        self._table, self._indicator, self._title = table, indicator, compiled.title
        first = table.next_row
        scale = None if indicator.scale is None else self._scale(indicator.scale)
        if indicator.labels is None:
            low, high = indicator.bounds
            self.valid = Valid(self._end(low, "lowest"), self._end(high, "highest"))
        else:
            self.valid = Valid(labels=range_text(table.cell(2, first), table.cell(2, table.next_row - 1)))
        functions = {name: self._term(name, term) for name, term in indicator.terms.items()} or compiled.terms
        default = None if compiled.default is None else self._default(compiled.default)
        self.compiled = compiled._replace(
            intensity=scale and self._assumed(scale, default, "intensity"),
            terms={name: self._assumed(function, default, f"is {name}") for name, function in functions.items()},
            default=default,
        )

    def _row(self, part: str, raw: Content = None, value: Content = None, remark: str = "") -> None:
        self._table.add(self._title, part, raw, value, remark)

    def _number(self, part: str, number: float, value: Content = None, remark: str = "") -> CellNumber:
        """Add a row with a number to change among the raw values."""
        cell = CellNumber(number, self._table.cell(2))
        self._row(part, Change(number), value, remark)
        return cell

    def _end(self, end: float, word: str) -> str | None:
        return None if math.isinf(end) else self._number(f"{word} valid value", end).reference

    def _scale(self, scale: scales.Scale) -> Function:
        """Add the rows of a scale, and return it with its numbers in cells."""
        remark = f"in the model: {scale.describe()}"
        match scale:
            case scales.Goalposts(goalposts=(start, end)):
                posts = self._number("scale", start, 0.0, remark), self._number("scale", end, 1.0)
                if scale.is_logarithmic:
                    return lambda x: _logarithmic(x, *posts)
                return scales.Goalposts.model_construct(goalposts=posts).expression
            case scales.Points(points=points):
                pairs = []
                for raw, value in points:
                    height = CellNumber(value, self._table.cell(3))
                    pairs.append((self._number("scale", raw, Change(value, 0, 1), remark), height))
                    remark = "" if len(pairs) > 1 else "raw values must ascend"
                return scales.Points.model_construct(points=tuple(pairs)).expression
            case scales.Logistic(logistic=curve):
                midpoint = self._number("scale: midpoint", curve.midpoint, 0.5, remark)
                slope = self._number("scale: slope", curve.slope)
                moved = scales.LogisticCurve.model_construct(midpoint=midpoint, slope=slope)
                return scales.Logistic.model_construct(logistic=moved).expression
            case scales.Levels(levels=levels):
                cells = {}
                for label, value in levels.items():
                    cells[label] = CellNumber(value, self._table.cell(3))
                    self._row("scale", Change(label), Change(value, 0, 1))
                return scales.Levels.model_construct(levels=cells).expression
        for listed in scale.labels or (None,):
            self._row("scale", listed, None, remark)
        return scale.expression

    def _term(self, name: str, term: terms.Term) -> Function:
        """Add the rows of a term, and return it with its bounds in cells; equal bounds have one cell.

        A kind of term or scale that is not known here is described, and has its numbers in the formulas.
        """
        remark = f"in the model: {term.describe()}"
        if not isinstance(term, terms.Below | terms.Above | terms.Between):
            self._row(f"is {name}", None, None, remark)
            return term.expression
        ((key, bounds),) = term.model_dump().items()
        degrees = {"below": (1.0, 0.0), "above": (0.0, 1.0), "between": (0.0, 1.0, 1.0, 0.0)}[key]
        numbers = bounds if key == "between" else terms.flank(bounds)
        by_number: dict[float, set[float]] = {}
        for number, degree in zip(numbers, degrees, strict=True):
            by_number.setdefault(number, set()).add(degree)
        cells: dict[float, CellNumber] = {}
        for number, at in by_number.items():
            cells[number] = self._number(f"is {name}", number, at.pop() if len(at) == 1 else None, remark)
            remark = ""
        moved: dict[str, Any] = {key: tuple(cells[number] for number in numbers)}
        return type(term).model_construct(**moved).expression

    def _default(self, default: float) -> CellNumber:
        """Add the row of the value that is assumed where the indicator is missing."""
        given, remark = self._indicator.default, "assumed where the value is missing"
        if isinstance(given, Strict):
            parts = ", ".join(f"{key} {number:g}" for key, number in parameters(given).items())
            remark += f"; in the model the median of {parts}"
        if self._indicator.labels is None or self.valid.labels is None:
            return self._number("default", default, remark=remark)
        cell = CellNumber(default, self._table.cell(3))
        position = position_text(self.valid.labels, self._table.cell(2))
        label = self._indicator.labels[int(default)]
        self._row("default", Change(label), Live(position, default), f"{remark}; and its position among the labels")
        return cell

    def _assumed(self, function: Function, default: CellNumber | None, part: str) -> Function:
        """Return a function that gives a cell for the default, and add the row of this cell."""
        if default is None:
            return function
        step = function(Input("default", may_be_missing=False))
        value = float(program.evaluate(step, {"default": np.array([float(default)])}, 1)[0])
        cell = CellNumber(value, self._table.cell(3))
        self._row(f"{part} at the default", None, Live(_inline(step, default.reference), value))
        return lambda x: Constant(cell) if isinstance(x, Constant) else function(x)


def _logarithmic(x: Step, start: CellNumber, end: CellNumber) -> Step:
    lowest = CellNumber(min(float(start), float(end)), f"MIN({start.reference},{end.reference})")
    ends = (CellNumber(math.log(post), f"LN({post.reference})") for post in (start, end))
    return steps.Ramp(steps.Log(x, lowest), *ends)


def position_text(labels: str, cell: str) -> str:
    """Return the formula of the position of a label in a range, from 0; it is exact, unlike MATCH."""
    return f"SUMPRODUCT(EXACT({labels},{cell})*(ROW({labels})-ROW({labels.partition(':')[0]})))"


def _inline(step: Step, x: str) -> str:
    """Return the whole formula of a step of one input, which is known."""
    if isinstance(step, Input):
        return x
    if isinstance(step, Constant):
        return number_text(step.value)
    texts = [_inline(arg, x) for arg in step.args]
    wrapped = [text if isinstance(arg, Input) else f"({text})" for arg, text in zip(step.args, texts, strict=True)]
    return formula(step, wrapped)


def _weights(
    spec: ModelSpec, compiled: CompiledModel, table: Table
) -> tuple[dict[str, CellNumber], dict[str, CompiledScore], dict[str, Sequence[str]]]:
    """Add the rows of the scores; return the cells of the weights, the scores, and the names of the bands."""
    cells: dict[str, CellNumber] = {}
    bands: dict[str, Sequence[str]] = {}
    scores = dict(compiled.scores)
    for name, score in spec.scores.items():
        of_score = compiled.scores[name]
        positions = {part.name: position for position, part in enumerate(of_score.inputs)}
        for part, entry in score.weights.items():
            position = positions[part]
            weight = of_score.inputs[position].weight
            cells[weight_input(name, position)] = CellNumber(weight, table.cell(3))
            title = (compiled.indicators.get(part) or compiled.scores[part]).title
            kind = "weight: lowers the score" if of_score.inputs[position].inverted else "weight: raises the score"
            because = entry.because if isinstance(entry, Weight) else ""
            table.add(of_score.title, title, kind, Change(weight, LOWEST_WEIGHT, LARGEST), because)
        remark = "share of the weights below which there is no score"
        lowest: float = score.min_coverage
        if lowest > COVERAGE_TOLERANCE:
            lowest = CellNumber(lowest, table.cell(3))
        change = Change(score.min_coverage, LOWEST_WEIGHT, 1.0) if isinstance(lowest, CellNumber) else 0.0
        table.add(of_score.title, "", "least coverage", change, remark)
        starts, first = [], table.next_row
        for band, start in score.bands.items():
            starts.append(CellNumber(start, table.cell(3)))
            remark = "" if starts[1:] else "bands must ascend from 0"
            table.add(of_score.title, band, "band starts at", Change(start, 0.0, score.out_of), remark)
        if starts:
            bands[name] = [table.cell(1, row) for row in range(first, table.next_row)]
        scores[name] = of_score._replace(min_coverage=lowest, band_starts=tuple(starts))
    return cells, scores, bands


def _rules(spec: ModelSpec, compiled: CompiledModel, table: Table) -> dict[str, CompiledRule]:
    """Add a row for each effect of a rule, and return the rules with their amounts in cells."""
    rules = dict(compiled.rules)
    for name, rule in spec.rules.items():
        about: tuple[Content, Content] = (rules[name].title, rule.when)
        reasons: tuple[Content, Content] = (rule.because, _sources(spec, rule.cites))
        moved = []
        for effect in rules[name].effects:
            moved.append(effect._replace(amount=CellNumber(effect.amount, table.cell(4))))
            score = compiled.scores[effect.score]
            table.add(*about, score.title, effect.kind.replace("_", " "), _amount(effect, score.out_of), *reasons)
            about, reasons = ("", ""), ("", "")
        rules[name] = rules[name]._replace(effects=tuple(moved))
    return rules


def _amount(effect: Effect, out_of: float) -> Change:
    """Return the cell of an amount; one of points keeps its sign, on which the bounds of the score depend."""
    if effect.kind in ("at_least", "at_most"):
        return Change(effect.amount, 0.0, out_of)
    return Change(effect.amount, 0.0, LARGEST) if effect.amount > 0 else Change(effect.amount, -LARGEST, 0.0)


def _sources(spec: ModelSpec, cites: Cites | None) -> str:
    """Return the cited passages, and the claims in them."""
    lines = []
    for cite in citations(cites):
        source = spec.sources[cite.source]
        claims = [f"{claim}: {source.claims[claim].says}" for claim in cite.claims]
        lines.append(f"{source.title}, {cite.section}" + "".join(f"\n{claim}" for claim in claims))
    return "\n".join(lines)
