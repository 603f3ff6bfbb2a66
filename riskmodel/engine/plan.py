"""The plan of a model: the steps of its scores, named after what they stand for.

The plan is built for a table in which every value may be missing, and specialised to what a table has
(`Plan.specialise`). A missing value gives a degree the bounds 0 and 1, and a mean the bounds of all possible values;
where nothing is missing both bounds become the same step.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from riskmodel.engine.compile import CompiledModel, CompiledScore, ScoreEffect, ScoreInput
from riskmodel.plan import conditions, steps
from riskmodel.plan.conditions import Bounds
from riskmodel.plan.simplify import Simplifier
from riskmodel.plan.steps import Constant, FillDegree, Input, Step

COVERAGE_TOLERANCE = 1e-9
"""Allowed shortfall of a coverage below `min_coverage`: shares are rarely exact in binary."""

EntryKind = Literal["indicator", "rule", "clip"]
Function: TypeAlias = Callable[[Step], Step]
"""A scale or a term."""


class Label(NamedTuple):
    """The name of a step, and what it stands for."""

    name: str
    """A lower-case identifier, unique within its plan."""
    title: str
    citations: tuple[str, ...] = ()


class MeanInputSteps(NamedTuple):
    """One input of a mean, oriented so that 1 always raises the score."""

    value: Step
    """In [0, 1]; unknown where missing."""
    coverage: Step
    """Share of the input's own weight that is present, in [0, 1]."""
    weight: Step
    low: Step
    """Lower bound over all possible values of unknown inputs."""
    high: Step
    default: float = np.nan
    """The value where the input is missing; NaN without a default, and where `low` and `high` are not 0 and 1 then."""

    def inverted(self) -> "MeanInputSteps":
        """Return the input for a weight of the opposite sign."""
        value, low, high = steps.Complement(self.value), steps.Complement(self.high), steps.Complement(self.low)
        return MeanInputSteps(value, self.coverage, self.weight, low, high)


class MeanSteps(NamedTuple):
    """The mean of a score, in [0, 1]."""

    value: Step
    """Unknown where no input is present."""
    coverage: Step
    low: Step
    high: Step
    present: Step
    """The sum of the weights that are present."""
    total: Step | None
    """The sum of weight times value over the inputs that are present; of an arithmetic mean only."""


class EntrySteps(NamedTuple):
    """The points of one entry of an account."""

    kind: EntryKind
    name: str
    points: Step


class ScoreSteps(NamedTuple):
    """The steps of one score."""

    base: Step
    stages: tuple[Step, ...]
    """After the effects of each kind, in the order of application."""
    clipped: Step
    """After all effects, in [0, out_of], whatever the coverage; unknown where no input is present."""
    value: Step
    """Unknown where the data are insufficient."""
    reported: Step
    band: Step
    coverage: Step
    low: Step
    high: Step
    reported_low: Step
    reported_high: Step
    mean_inputs: tuple[MeanInputSteps, ...]
    """In the order of the score's inputs."""
    account: tuple[EntrySteps, ...]
    """Indicators by name, then rules by name, then the clip; the points sum to `clipped`."""


class RuleSteps(NamedTuple):
    """The degrees of one rule."""

    certain: Bounds
    """With defaults for missing values; the rule takes effect to the lower degree."""
    possible: Bounds
    """Over all values that missing and assumed inputs can have."""


class Plan(NamedTuple):
    """The steps of a model."""

    intensities: Mapping[str, Step]
    """By indicator with a scale; with its default where it is missing."""
    scores: Mapping[str, ScoreSteps]
    rules: Mapping[str, RuleSteps]
    labels: Mapping[Step, Label]
    """Of the steps with a name."""

    def specialise(self, complete: Set[str] = frozenset(), absent: Set[str] = frozenset()) -> "Plan":
        """Return the plan for tables in which some columns have no missing values and others do not exist.

        Parameters
        ----------
        complete : inputs without missing values.
        absent : inputs without a column.
        """
        simplify = Simplifier(complete, absent)
        labels: dict[Step, Label] = {}
        for step, label in self.labels.items():
            simple = simplify(step)
            if not isinstance(simple, Constant):
                labels.setdefault(simple, label)
        return Plan(
            _mapped(self.intensities, simplify), _mapped(self.scores, simplify), _mapped(self.rules, simplify), labels
        )


def _mapped(content: Any, function: Function) -> Any:
    """Return a nested structure with a function applied to its steps."""
    if isinstance(content, Step):
        return function(content)
    if isinstance(content, dict):
        return {name: _mapped(item, function) for name, item in content.items()}
    if isinstance(content, tuple):
        items = [_mapped(item, function) for item in content]
        return type(content)(*items) if hasattr(content, "_fields") else tuple(items)
    return content


def build_plan(model: CompiledModel, weighted: Set[str] = frozenset(), ranges: Set[str] = frozenset()) -> Plan:
    """Build the plan of a model.

    Parameters
    ----------
    model : the compiled model.
    weighted : scores whose weights differ from row to row: inputs named as by `weight_input`.
    ranges : indicators whose column stands for all values between two others: inputs named as by `range_inputs`. Such a
        column has no missing values.
    """
    return _Builder(model, weighted, ranges).plan()


def weight_input(score: str, position: int) -> str:
    """Return the name of the input with the weights of one input of a score."""
    return f"weight {position} of {score}"


def range_inputs(indicator: str) -> tuple[str, str]:
    """Return the names of the inputs with the lower and the upper ends of the range of an indicator."""
    return f"lowest {indicator}", f"highest {indicator}"


_ENDS = {"": "", "_low": " at its lowest", "_high": " at its highest"}
"""Words for the suffix of the steps of a bound."""


class _Builder:
    def __init__(self, model: CompiledModel, weighted: Set[str], ranges: Set[str]) -> None:
        self._model, self._weighted, self._ranges = model, weighted, ranges
        self._inputs = {name: Input(name, name not in ranges) for name in model.indicators}
        self._means: dict[str, MeanSteps] = {}
        self._bases: dict[str, tuple[Step, Step, Step]] = {}
        """By score, its base and the bounds of its base."""
        self._mean_inputs: dict[str, tuple[MeanInputSteps, ...]] = {}
        self._intensities: dict[str, Step] = {}
        self._memberships: dict[tuple[str, str], Step] = {}
        self._probes: dict[str, tuple[Step, ...]] = {}
        self._shares_of: dict[tuple[str, bool], Mapping[str, Step]] = {}
        self._labels: dict[Step, Label] = {}
        self._names: set[str] = {*model.indicators}

    def plan(self) -> Plan:
        """Build all steps, in the order in which they are read."""
        for score in self._model.scores.values():
            self._add_mean(score)
        rules = {name: self._rule(name) for name in self._model.rules}
        scores = {name: self._score(score, rules) for name, score in self._model.scores.items()}
        intensities = {
            name: FillDegree(self._intensity(name), self._default_of(indicator.intensity, name))
            for name, indicator in self._model.indicators.items()
            if indicator.intensity is not None
        }
        return Plan(intensities, scores, rules, self._labels)

    def _label(self, step: Step, name: str, title: str, citations: tuple[str, ...] = ()) -> Step:
        """Name a step, unless it has a name; the name becomes unique."""
        if step not in self._labels:
            unique, number = name, 2
            while unique in self._names:
                unique, number = f"{name}_{number}", number + 1
            self._names.add(unique)
            self._labels[step] = Label(unique, title, citations)
        return step

    def _intensity(self, name: str) -> Step:
        """Return the intensity of an indicator, unknown where it is missing."""
        if name not in self._intensities:
            indicator = self._model.indicators[name]
            assert indicator.intensity is not None  # noqa: S101  (a weight is not valid without a scale)
            step = indicator.intensity(self._inputs[name])
            self._intensities[name] = self._label(step, f"{name}_intensity", f"{indicator.title}: intensity")
        return self._intensities[name]

    def _default_of(self, function: Function | None, name: str) -> float:
        """Return the intensity or degree of the default of an indicator; NaN without a default."""
        default = self._model.indicators[name].default
        if default is None or function is None:
            return np.nan
        constant = Simplifier()(function(Constant(default)))
        assert isinstance(constant, Constant)  # noqa: S101
        return constant.value

    def _range(self, function: Function, name: str) -> Bounds:
        """Return the lowest and the highest value of a scale or term over the range of an indicator."""
        if name not in self._probes:
            # A step belongs to neither of its sides, so the values next to a breakpoint count too.
            bends = np.array(self._model.indicators[name].breakpoints)
            beside = np.concatenate((np.nextafter(bends, -np.inf), bends, np.nextafter(bends, np.inf)))
            low, high = (Input(end, may_be_missing=False) for end in range_inputs(name))
            inside = [steps.Minimum((steps.Maximum((Constant(value), low)), high)) for value in sorted(beside.tolist())]
            self._probes[name] = (low, *inside, high)
        values = tuple(map(function, self._probes[name]))
        return steps.Minimum(values), steps.Maximum(values)

    def _input(self, part: ScoreInput, weight: Step) -> MeanInputSteps:
        if part.is_score:
            mean = self._means[part.name]
            oriented = MeanInputSteps(mean.value, mean.coverage, weight, mean.low, mean.high)
        elif part.name in self._ranges:
            function = self._model.indicators[part.name].intensity
            assert function is not None  # noqa: S101
            oriented = MeanInputSteps(
                self._intensity(part.name), Constant(1.0), weight, *self._range(function, part.name)
            )
        else:
            intensity, known = self._intensity(part.name), steps.Known(self._inputs[part.name])
            default = self._default_of(self._model.indicators[part.name].intensity, part.name)
            if part.inverted:
                # Turned round before gaps are filled, so that both bounds of a gap stay 0 and 1.
                intensity, default = steps.Complement(intensity), 1.0 - default
            low, high = FillDegree(intensity, 0.0), FillDegree(intensity, 1.0)
            return MeanInputSteps(FillDegree(intensity, default), known, weight, low, high, default)
        return oriented.inverted() if part.inverted else oriented

    def _add_mean(self, score: CompiledScore) -> None:
        weights: list[Step] = [
            Input(weight_input(score.name, position), may_be_missing=False)
            if score.name in self._weighted
            else Constant(part.weight)
            for position, part in enumerate(score.inputs)
        ]
        inputs = tuple(map(self._input, score.inputs, weights))
        self._mean_inputs[score.name] = inputs
        self._means[score.name] = mean = _mean(inputs, score.power, self._only_indicators(score))
        name, title = score.name, score.title
        self._label(mean.coverage, f"{name}_coverage", f"{title}: share of the weights that is known")
        self._label(mean.present, f"{name}_present", f"{title}: sum of the weights that count")
        if mean.total is not None:
            self._label(mean.total, f"{name}_total", f"{title}: sum of weight times intensity")
        self._label(mean.value, f"{name}_mean", f"{title}: weighted mean of what is known, in [0, 1]")
        self._label(mean.low, f"{name}_mean_low", f"{title}: lowest possible mean")
        self._label(mean.high, f"{name}_mean_high", f"{title}: highest possible mean")
        base, low, high = (steps.Product(step, Constant(score.out_of)) for step in (mean.value, mean.low, mean.high))
        self._bases[name] = base, low, high
        self._label(base, f"{name}_base", f"{title}: base, out of {score.out_of:.10g}")
        self._label(low, f"{name}_base_low", f"{title}: lowest possible base, out of {score.out_of:.10g}")
        self._label(high, f"{name}_base_high", f"{title}: highest possible base, out of {score.out_of:.10g}")

    def _only_indicators(self, score: CompiledScore) -> bool:
        return not any(part.is_score or part.name in self._ranges for part in score.inputs)

    def _number(self, name: str, known: bool) -> Step:
        """Return the raw values of an indicator or the base of a score; `known`: unknown where they are assumed."""
        if name in self._model.scores:
            base, mean = self._bases[name][0], self._means[name]
            return steps.Agreed(base, mean.low, mean.high) if known else base
        if known and name in self._ranges:
            return Constant(np.nan)
        default = self._model.indicators[name].default
        raw = self._inputs[name]
        return raw if known or default is None else steps.Fill(raw, default)

    def _membership(self, name: str, term: str, known: bool) -> Bounds:
        indicator = self._model.indicators[name]
        function = indicator.terms[term]
        if known and name in self._ranges:
            return self._range(function, name)
        if (name, term) not in self._memberships:
            degree = function(self._inputs[name])
            self._memberships[name, term] = self._label(degree, f"{name}_is_{term}", f"{indicator.title} is {term}")
        degree = self._memberships[name, term]
        default = self._default_of(function, name)
        if not known and not np.isnan(default):
            filled = FillDegree(degree, default)
            return filled, filled
        return FillDegree(degree, 0.0), FillDegree(degree, 1.0)

    def _rule(self, name: str) -> RuleSteps:
        rule = self._model.rules[name]
        certain, possible = (
            conditions.degrees(
                rule.condition, partial(self._number, known=known), partial(self._membership, known=known)
            )
            for known in (False, True)
        )
        self._label(certain[0], f"{name}_degree", rule.title, rule.citations)
        self._label(certain[1], f"{name}_degree_high", f"{rule.title}: highest degree that missing values allow")
        self._label(possible[0], f"{name}_possible_low", f"{rule.title}: lowest degree that unknown values allow")
        self._label(possible[1], f"{name}_possible_high", f"{rule.title}: highest degree that unknown values allow")
        return RuleSteps(certain, possible)

    def _score(self, score: CompiledScore, rules: Mapping[str, RuleSteps]) -> ScoreSteps:
        name, title, mean = score.name, score.title, self._means[score.name]
        base, lowest, highest = self._bases[name]
        stages = self._stages(score, base, "", lambda effect: rules[effect.rule].certain[0])
        # A bound takes each rule at the end of its degrees that moves the score towards that bound.
        lows = self._stages(score, lowest, "_low", lambda effect: rules[effect.rule].possible[not effect.raising])
        highs = self._stages(score, highest, "_high", lambda effect: rules[effect.rule].possible[effect.raising])
        clipped, low, high = (steps.Clip(last[-1], 0.0, score.out_of) for last in (stages, lows, highs))
        value = steps.Withhold(clipped, mean.coverage, score.min_coverage - COVERAGE_TOLERANCE)
        reported, rounded_low, rounded_high = (steps.Round(step, score.decimals) for step in (value, low, high))
        self._label(value, f"{name}_exact", f"{title}: exact value")
        self._label(reported, f"{name}_score", f"{title}: reported score")
        band = self._label(steps.Band(reported, score.band_starts), f"{name}_band", f"{title}: position of the band")
        self._label(rounded_low, f"{name}_low", f"{title}: lowest possible score")
        self._label(rounded_high, f"{name}_high", f"{title}: highest possible score")
        account = (*self._shares_of_base(score), *self._moves(score, stages, clipped, rules))
        inputs = self._mean_inputs[name]
        return ScoreSteps(
            stages[0], stages[1:], clipped, value, reported, band, mean.coverage, low, high, rounded_low, rounded_high,
            inputs, account,
        )  # fmt: skip

    def _stages(
        self, score: CompiledScore, base: Step, suffix: str, degree: Callable[[ScoreEffect], Step]
    ) -> tuple[Step, ...]:
        """Return a base and the score after the effects of each kind."""
        after = [base]
        for kind, effects in self._model.stages[score.name]:
            step = kind.apply(after[-1], [(degree(effect), effect.amount) for effect in effects])
            if step is not after[-1]:
                title = f"{score.title}{_ENDS[suffix]}, after {kind.plural}"
                self._label(step, f"{score.name}_{kind.kind}{suffix}", title)
            after.append(step)
        return tuple(after)

    def _shares_of_base(self, score: CompiledScore) -> list[EntrySteps]:
        shares = self._shares(score, complement=False)
        base = steps.Fill(self._bases[score.name][0], 0.0)
        return [EntrySteps("indicator", name, steps.Product(shares[name], base)) for name in sorted(shares)]

    def _shares(self, score: CompiledScore, complement: bool) -> Mapping[str, Step]:
        """Return what `_compute_shares` does, computed once."""
        key = score.name, complement
        if key not in self._shares_of:
            self._shares_of[key] = self._compute_shares(score, complement)
        return self._shares_of[key]

    def _compute_shares(self, score: CompiledScore, complement: bool) -> Mapping[str, Step]:
        """Return the shares of the indicators in a mean or its complement; they sum to 1, or to 0 where that is 0.

        The Euler allocation: a power mean M is homogeneous of degree one, so M = sum v dM/dv, and each term over M is
        w v^p / sum w v^p (D. Tasche, *Capital allocation to business units and sub-portfolios: the Euler principle*,
        2008, section 2).
        """
        inputs, power = self._mean_inputs[score.name], self._model.scores[score.name].power
        if complement:
            terms: list[Step] = [FillDegree(steps.Complement(item.value), 0.0) for item in inputs]
        elif power == 1.0:
            terms = [FillDegree(item.value, 0.0) for item in inputs]
        else:
            pivot = _pivot([item.value for item in inputs], power)
            terms = [steps.PowerTerm(item.value, pivot, power) for item in inputs]
        weighted = [_times(term, item.weight) for term, item in zip(terms, inputs, strict=True)]
        total = _sum(terms, [item.weight for item in inputs])
        by_leaf: dict[str, list[Step]] = {}
        for part, term in zip(score.inputs, weighted, strict=True):
            share = steps.Fill(steps.Quotient(term, total), 0.0)
            if part.is_score:
                inner = self._shares(self._model.scores[part.name], complement=part.inverted != complement)
                for name, inner_share in inner.items():
                    by_leaf.setdefault(name, []).append(steps.Product(share, inner_share))
            else:
                by_leaf.setdefault(part.name, []).append(share)
        return {name: steps.WeightedSum(tuple(parts), (1.0,) * len(parts)) for name, parts in by_leaf.items()}

    def _moves(
        self, score: CompiledScore, stages: Sequence[Step], clipped: Step, rules: Mapping[str, RuleSteps]
    ) -> list[EntrySteps]:
        """Return the points of each rule, and of the clip."""
        points: dict[str, Step] = {}
        for (kind, effects), before, after in zip(self._model.stages[score.name], stages, stages[1:], strict=False):
            applied = [(rules[effect.rule].certain[0], effect.amount) for effect in effects]
            moved = kind.contributions(before, after, applied)
            points |= zip((effect.rule for effect in effects), moved, strict=True)
        clip = steps.WeightedSum((clipped, stages[-1]), (1.0, -1.0))
        moves = [EntrySteps("rule", name, points[name]) for name in self._model.rules if name in points]
        return [*moves, EntrySteps("clip", "clip", clip)]


def _mean(inputs: Sequence[MeanInputSteps], power: float, only_indicators: bool) -> MeanSteps:
    """Return the mean of oriented inputs, and its bounds over all possible values of missing and assumed inputs."""
    weights = [item.weight for item in inputs]
    values = [item.value for item in inputs]
    sum_of_weights = _sum([Constant(1.0)] * len(inputs), weights)
    present = _sum([steps.Known(value) for value in values], weights)
    coverage = steps.Quotient(_sum([item.coverage for item in inputs], weights), sum_of_weights)
    lows, highs = [item.low for item in inputs], [item.high for item in inputs]
    if power != 1.0:
        means = [_power_mean(items, weights, power) for items in (values, lows, highs)]
        return MeanSteps(means[0], coverage, means[1], means[2], present, None)
    # Missing values are 0 in one sum, to which another adds their defaults.
    assumed = [item for item in inputs if not np.isnan(item.default)]
    at_zero = [FillDegree(item.value, 0.0) if np.isnan(item.default) else item.low for item in inputs]
    total = _sum(at_zero, weights)
    if assumed:
        missing = [steps.Complement(item.coverage) for item in assumed]
        defaults = _sum(missing, [_times(item.weight, Constant(item.default)) for item in assumed])
        total = steps.WeightedSum((total, defaults), (1.0, 1.0))
    # Rounding may leave the last bit above 1.
    low = steps.Clip(steps.Quotient(_sum(lows, weights), sum_of_weights), 0.0, 1.0)
    if only_indicators:
        # What is unknown is 0 in the lower bound and 1 in the upper.
        high: Step = steps.WeightedSum((low, steps.Complement(coverage)), (1.0, 1.0))
    else:
        high = steps.Clip(steps.Quotient(_sum(highs, weights), sum_of_weights), 0.0, 1.0)
    value = steps.Clip(steps.Quotient(total, present), 0.0, 1.0)
    return MeanSteps(value, coverage, low, steps.HighestKnown((high, value)), present, total)


def _power_mean(values: Sequence[Step], weights: Sequence[Step], power: float) -> Step:
    pivot = _pivot(values, power)
    return pivot if np.isinf(power) else steps.PowerMean(tuple(values), tuple(weights), pivot, power)


def _pivot(values: Sequence[Step], power: float) -> Step:
    return steps.HighestKnown(tuple(values)) if power > 0 else steps.LowestKnown(tuple(values))


def _sum(items: Sequence[Step], weights: Sequence[Step]) -> Step:
    """Return the sum of weight times item, whether the weights are numbers or columns."""
    if all(isinstance(weight, Constant) for weight in weights):
        return steps.WeightedSum(
            tuple(items), tuple(weight.value for weight in weights if isinstance(weight, Constant))
        )
    return steps.WeightedSum(tuple(map(_times, items, weights)), (1.0,) * len(items))


def _times(item: Step, weight: Step) -> Step:
    if isinstance(item, Constant) and isinstance(weight, Constant):
        return Constant(item.value * weight.value)
    return steps.WeightedSum((item,), (weight.value,)) if isinstance(weight, Constant) else steps.Product(item, weight)
