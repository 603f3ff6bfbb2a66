"""Score a block of rows: whatever is read of a block is computed then, and kept."""

from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.compile import CompiledModel, Ends
from riskmodel.engine.plan import EntryKind, Plan, ScoreSteps, build_plan, range_inputs, weight_input
from riskmodel.kernels.types import Floats
from riskmodel.plan.program import Program
from riskmodel.plan.steps import Step

SMALL = 512
"""Rows up to which a plan for all tables is faster than making one for the columns that a block has."""
CACHE_ROWS = 8_192
"""Rows whose intermediate results stay in the processor's cache."""
SHARED_ROWS = 32_768
"""Rows that are scored at once beside other threads: a wait for the interpreter lock costs more than a slower cache."""
MAX_PLANS = 64
"""Plans that a model keeps."""

Weights = Sequence[float | Floats]
"""k weights above zero: one each, or (n,) arrays if they differ from row to row."""


class MeanInput(NamedTuple):
    """One input of a mean, oriented so that 1 always raises the score; (n,) arrays."""

    value: Floats
    """In [0, 1]; NaN where missing."""
    coverage: Floats
    """Share of the input's own weight that is present, in [0, 1]."""
    weight: Floats


class EntryPoints(NamedTuple):
    """One entry of an account over a block: (n,) points, 0 in rows to which it does not apply."""

    kind: EntryKind
    name: str
    points: Floats


class ScoreSeries(NamedTuple):
    """A score from its base to its value, step by step; (n,) arrays."""

    base: Floats
    stages: tuple[Floats, ...]
    """After the effects of each kind, in the order of application."""
    value: Floats
    """Clipped to [0, out_of], whatever the coverage."""

    @property
    def unclipped(self) -> Floats:
        """After all effects."""
        return self.stages[-1]


class ScoreBlock:
    """One score of a block; (n,) arrays, computed when they are read."""

    def __init__(self, block: "_Numbers", steps: ScoreSteps) -> None:
        self._block, self._steps = block, steps

    @property
    def value(self) -> Floats:
        """Exact, in [0, out_of]; NaN where the data are insufficient."""
        return self._block[self._steps.value]

    @property
    def reported(self) -> Floats:
        """The rounded value."""
        return self._block[self._steps.reported]

    @property
    def band(self) -> NDArray[np.int8]:
        """Position in the model's bands; -1 without a value or without bands."""
        return self._block[self._steps.band].astype(np.int8, copy=False)

    @property
    def coverage(self) -> Floats:
        """Share of the weights that is known, in [0, 1]."""
        return self._block[self._steps.coverage]

    @property
    def low(self) -> Floats:
        """The lowest value that is possible whatever the unknown values are."""
        return self._block[self._steps.low]

    @property
    def high(self) -> Floats:
        """The highest value that is possible."""
        return self._block[self._steps.high]

    @cached_property
    def steps(self) -> ScoreSeries:
        """The score from its base to its value."""
        block, steps = self._block, self._steps
        return ScoreSeries(block[steps.base], tuple(map(block.__getitem__, steps.stages)), block[steps.clipped])

    @cached_property
    def mean_inputs(self) -> tuple[MeanInput, ...]:
        """The inputs of the mean, in the order of the score's inputs."""
        block = self._block
        return tuple(
            MeanInput(block[item.value], block[item.coverage], block[item.weight]) for item in self._steps.mean_inputs
        )

    @cached_property
    def account(self) -> tuple[EntryPoints, ...]:
        """The account: indicators by name, then rules by name, then the clip.

        The points of a row sum to the last of its `steps`, its value wherever there is one.
        """
        return tuple(EntryPoints(entry.kind, entry.name, self._block[entry.points]) for entry in self._steps.account)


class _Numbers:
    """The numbers of the steps of a block, apart from it, so that none of its parts refers back to it.

    In a cycle of references, the arrays of each request would stay until Python collects garbage.
    """

    def __init__(self, plan: "PreparedPlan", columns: Mapping[str, Floats], rows: int, at_once: bool) -> None:
        self._plan, self._columns, self._rows, self._at_once = plan, columns, rows, at_once
        self._arrays: dict[Step, Floats] = {}

    def __getitem__(self, step: Step) -> Floats:
        """Return the (n,) numbers of a step of the plan."""
        if step not in self._arrays:
            outputs = self._plan.everything if self._at_once else self._plan.group_of(step)
            self._arrays |= zip(outputs, self._plan.compute(outputs, self._columns, self._rows), strict=True)
        return self._arrays[step]


class Block:
    """A scored block of n rows.

    Parameters
    ----------
    plan : the plan for the columns.
    columns : (rows,) inputs by name.
    rows : the number of rows.
    at_once : compute everything as soon as anything is read; otherwise what is usually read together.

    Attributes
    ----------
    scores : the scores by name.
    """

    def __init__(self, plan: "PreparedPlan", columns: Mapping[str, Floats], rows: int, at_once: bool) -> None:
        self._plan, self._numbers = plan.plan, _Numbers(plan, columns, rows, at_once)
        self.scores: Mapping[str, ScoreBlock] = {
            name: ScoreBlock(self._numbers, steps) for name, steps in plan.plan.scores.items()
        }

    def __getitem__(self, step: Step) -> Floats:
        """Return the (n,) numbers of a step of the plan."""
        return self._numbers[step]

    @cached_property
    def rules(self) -> Mapping[str, tuple[Floats, Floats]]:
        """The lower and the upper degree of each rule: with defaults, unknown only where a value is missing."""
        return {name: (self[rule.certain[0]], self[rule.certain[1]]) for name, rule in self._plan.rules.items()}

    @cached_property
    def degrees(self) -> Mapping[str, Floats]:
        """The degree to which each rule takes effect."""
        return {name: self[rule.certain[0]] for name, rule in self._plan.rules.items()}

    @cached_property
    def intensities(self) -> Mapping[str, Floats]:
        """The intensities by indicator with a scale; of the default where it is missing, NaN without one."""
        return {name: self[step] for name, step in self._plan.intensities.items()}


class PreparedPlan:
    """A plan with its programs, each prepared once.

    Parameters
    ----------
    plan : the plan.

    Attributes
    ----------
    plan : the plan.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._programs: dict[tuple[Step, ...], Program] = {}

    @cached_property
    def _groups(self) -> Mapping[Step, tuple[Step, ...]]:
        """The steps that are computed together with each step."""
        scores, rules = self.plan.scores.values(), self.plan.rules.values()
        values = [
            (step.base, *step.stages, step.clipped, step.value, step.reported, step.band, step.coverage)
            for step in scores
        ]
        groups = [
            (*chain(*values), *(rule.certain[0] for rule in rules)),
            tuple(chain(*((step.low, step.high, step.reported_low, step.reported_high) for step in scores))),
            tuple(rule.certain[1] for rule in rules),
            tuple(self.plan.intensities.values()),
            *(tuple(entry.points for entry in step.account) for step in scores),
            *(
                tuple(chain(*((item.value, item.coverage, item.weight) for item in step.mean_inputs)))
                for step in scores
            ),
        ]
        by_step: dict[Step, tuple[Step, ...]] = {}
        for group in groups:
            for step in group:
                by_step.setdefault(step, tuple(dict.fromkeys(group)))
        return by_step

    @cached_property
    def everything(self) -> tuple[Step, ...]:
        """All steps that can be read of a block."""
        return tuple(self._groups)

    def group_of(self, step: Step) -> tuple[Step, ...]:
        """Return the steps that are computed together with a step."""
        return self._groups[step]

    def program(self, outputs: tuple[Step, ...]) -> Program:
        """Return the program of some steps."""
        if outputs not in self._programs:
            self._programs[outputs] = Program(outputs)
        return self._programs[outputs]

    def compute(self, outputs: tuple[Step, ...], columns: Mapping[str, Floats], rows: int) -> list[Floats]:
        """Compute some steps for a block of any length; `columns` as for `Program`."""
        program = self.program(outputs)
        if rows <= SHARED_ROWS:
            return [np.asarray(array, dtype=float) for array in program(columns, rows)]
        results = [np.empty(rows) for _ in outputs]
        for start in range(0, rows, SHARED_ROWS):
            part = slice(start, min(start + SHARED_ROWS, rows))
            pieces = program({name: column[part] for name, column in columns.items()}, part.stop - start)
            for result, piece in zip(results, pieces, strict=True):
                result[part] = piece
        return results


def score_block(
    model: CompiledModel,
    columns: Mapping[str, Floats],
    rows: int,
    weights: Mapping[str, Weights] = MappingProxyType({}),
    ranges: Mapping[str, Ends] = MappingProxyType({}),
    at_once: bool = False,
) -> Block:
    """Score a block.

    Parameters
    ----------
    model : the compiled model.
    columns : (rows,) float64 raw values by indicator: valid, labels as positions, NaN missing. An indicator without a
        column is missing in every row; other columns are ignored.
    rows : the number of rows, 1 or more.
    weights : by score, one (rows,) array of unsigned weights for each of its inputs, in their order, where the weights
        differ from row to row; other scores keep the weights of the model.
    ranges : by indicator, (rows,) lower and upper raw values where its column stands for all values between them; the
        bounds contain the score of each of these. Such a column has no missing values.
    at_once : compute everything as soon as anything is read, which is faster if everything is read.
    """
    inputs = dict(columns)
    for score, by_input in weights.items():
        inputs |= {
            weight_input(score, position): np.broadcast_to(weight, rows) for position, weight in enumerate(by_input)
        }
    for name, ends in ranges.items():
        inputs |= zip(range_inputs(name), ends, strict=True)
    absent = frozenset(model.indicators.keys() - columns.keys())
    complete = frozenset(name for name in model.indicators if name in columns and not np.isnan(columns[name]).any())
    if rows <= SMALL and len(complete) < len(model.indicators):
        inputs |= dict.fromkeys(absent, np.full(rows, np.nan))
        absent = complete = frozenset()
    plan = prepared_plan(model, complete, absent, frozenset(weights), frozenset(ranges))
    return Block(plan, inputs, rows, at_once)


def prepared_plan(
    model: CompiledModel,
    complete: Set[str] = frozenset(),
    absent: Set[str] = frozenset(),
    weighted: Set[str] = frozenset(),
    ranges: Set[str] = frozenset(),
) -> PreparedPlan:
    """Return the plan of a model for columns of one kind, made once; see `build_plan` and `Plan.specialise`."""
    key = (frozenset(complete), frozenset(absent), frozenset(weighted), frozenset(ranges))
    plan = model.plans.get(key)
    if plan is None:
        general = model.plans.get((weighted, ranges))
        if general is None:
            general = build_plan(model, weighted, ranges).specialise()
        if len(model.plans) >= MAX_PLANS:
            model.plans.clear()
        model.plans[weighted, ranges] = general
        model.plans[key] = plan = PreparedPlan(general.specialise(complete, absent) if complete or absent else general)
    return plan
