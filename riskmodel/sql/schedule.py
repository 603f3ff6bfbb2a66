"""The columns of a query: which steps become one, how they are called, and in which order they are computed.

A step becomes a column if it has a name in the plan, or if the text of its expression would be repeated; the others
are written where they are used. A column is read by later selections only: not every dialect can read it in its own.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp

from riskmodel.engine.plan import Label, Plan
from riskmodel.errors import single_line
from riskmodel.plan import steps
from riskmodel.plan.program import order
from riskmodel.plan.steps import Constant, Input, Step
from riskmodel.sql import expressions as sql
from riskmodel.sql.expressions import Sql
from riskmodel.sql.powers import LogRatio, lowered
from riskmodel.sql.steps import expression

STAGES = {
    "intensities": "Raw values through their scales, and the degrees to which they are a term: 0 to 1",
    "means": "Weighted means of what is known, their lowest and highest possible values, and the share that is known",
    "degrees": "Rules: the degree to which each holds for certain, and at most, where values are unknown",
    "effects": "Scores after the effects of rules: points, then floors, then caps",
    "rounded": "Scores as they are reported",
}
"""The stages of a query, in their order, with what they hold."""
_OF_ONE_VALUE = (
    steps.Ramp, steps.Beyond, steps.Line, steps.Log, steps.Logistic, steps.Lookup, steps.IsLabel,
)  # fmt: skip
"""Kinds of scales and terms."""
_SHORT = (steps.Fill, steps.Complement)
"""Kinds that are written again rather than named."""

_KINDS = {
    steps.Clip: "clipped",
    steps.Product: "scaled",
    steps.Quotient: "ratio",
    steps.WeightedSum: "sum",
    LogRatio: "log_ratio",
}
"""Words for kinds in names, where not that of the class."""


class Column(NamedTuple):
    """A column that a selection adds."""

    name: str
    sql: Sql
    comment: str


class Selection(NamedTuple):
    """A selection that adds columns to those of the one before."""

    name: str
    comment: str
    columns: Sequence[Column]


class Names:
    """Names that differ from each other, whatever the case of their letters.

    Parameters
    ----------
    taken : names that are not given.
    max_bytes : the length of names.
    """

    def __init__(self, taken: Iterable[str], max_bytes: int) -> None:
        self._taken, self._max = {name.lower() for name in taken}, max_bytes

    def __call__(self, name: str) -> str:
        """Return a name that was not given yet; one of ASCII stays ASCII."""
        unique, number = name[: self._max], 2
        while unique.lower() in self._taken:
            suffix = f"_{number}"
            unique, number = name[: self._max - len(suffix)] + suffix, number + 1
        self._taken.add(unique.lower())
        return unique


def schedule(
    plan: Plan,
    outputs: Sequence[Step],
    inputs: Mapping[str, Sql],
    name: Callable[[str], str],
    column: Callable[[str], Sql],
) -> tuple[list[Selection], list[Sql]]:
    """Return the selections of some steps, and the expressions that read the steps after the last.

    Parameters
    ----------
    plan, outputs : the plan, and the steps that are wanted.
    inputs : the columns of the inputs.
    name : return a unique name like a given one.
    column : return the expression of a column.
    """
    rewritten = _rewritten(outputs)
    wanted = [rewritten[step] for step in outputs]
    labels = {rewritten[step]: label for step, label in plan.labels.items() if step in rewritten}
    ordered = order(wanted)
    names = _names(ordered, {**dict.fromkeys(wanted), **labels}, name)
    stages = _stages(plan, rewritten, ordered)
    written: dict[Step, Sql] = {}
    places: dict[Step, tuple[int, int]] = {}
    selections: dict[tuple[int, int], list[Column]] = defaultdict(list)
    for step in ordered:
        if isinstance(step, Input):
            written[step], places[step] = inputs[step.name], (-1, 0)
            continue
        content = expression(step, [written[arg] for arg in step.args])
        latest = max((places[arg] for arg in step.args), default=(-1, 0))
        if step not in names:
            written[step], places[step] = content, latest
            continue
        stage = stages[step]
        place = places[step] = (stage, latest[1] + 1 if latest[0] == stage else 0)
        label = labels.get(step)
        comment = "" if label is None else single_line("; ".join((label.title, *label.citations)))
        selections[place].append(Column(names[step], content, comment))
        written[step] = column(names[step])
    titles = list(STAGES.items())
    result = []
    for stage, level in sorted(selections):
        title, comment = titles[stage]
        result.append(Selection(name(title), "" if level else comment, selections[stage, level]))
    return result, [written[step] for step in wanted]


def _rewritten(outputs: Sequence[Step]) -> dict[Step, Step]:
    """Return each step in a form that is short in SQL: power means in small steps, and equal steps as one."""
    small: dict[Step, Step] = {}
    for step in order(outputs):
        same = _with_args(step, [small[arg] for arg in step.args])
        small[step] = lowered(same) if isinstance(same, steps.PowerMean) else same
    unique: dict[Step, Step] = {}
    shared: dict[tuple[object, ...], Step] = {}
    for step in order([small[output] for output in outputs]):
        same = _with_args(step, [unique[arg] for arg in step.args])
        key = (type(step), *map(id, same.args), *map(repr, step.parameters)) if step.args else (id(step),)
        unique[step] = shared.setdefault(key, same)
    return {step: unique[other] for step, other in small.items() if other in unique}


def _with_args(step: Step, args: list[Step]) -> Step:
    return step if args == list(step.args) else step.with_args(args)


def _names(ordered: Sequence[Step], wanted: Mapping[Step, Label | None], name: Callable[[str], str]) -> dict[Step, str]:
    """Return the names of the steps that become columns."""
    copies: dict[Step, int] = defaultdict(int)
    owner: dict[Step, str] = {}
    names: dict[Step, str] = {}
    for step in reversed(ordered):
        label = wanted.get(step)
        is_short = isinstance(step, _SHORT)
        if isinstance(step, Input | Constant):
            continue
        if step in wanted or (copies[step] > 1 and not is_short):
            names[step] = name(_name(step, label, owner.get(step, "output")))
            owner[step] = names[step] if label else owner.get(step, "output")
            copies[step] = 1
        for arg, count in zip(step.args, _counts(step), strict=True):
            copies[arg] += count * copies[step]
            owner[arg] = owner[step]
    return names


def _name(step: Step, label: Label | None, owner: str) -> str:
    """Return the name of a step; without a label, after the first step that it is for."""
    if label is not None:
        return label.name
    if isinstance(step, steps.Known) and isinstance(step.x, Input):
        return f"{step.x.name}_known"
    return f"{owner}_{_KINDS.get(type(step), type(step).__name__.lower())}"


def _counts(step: Step) -> list[int]:
    """Return how often the expression of a step has each of its arguments."""
    args = [sql.column(str(position)) for position in range(len(step.args))]
    content = expression(step, args)
    uses = [int(node.name) for node in content.find_all(exp.Column)]
    return [uses.count(position) for position in range(len(step.args))]


def _stages(plan: Plan, rewritten: Mapping[Step, Step], ordered: Sequence[Step]) -> dict[Step, int]:
    """Return the stage of each step, which is no earlier than those of its arguments."""
    ends = tuple(f"{name}{end}" for name in plan.scores for end in ("_base", "_base_low", "_base_high", "_present"))
    means = [step for step, label in plan.labels.items() if label.name in ends]
    means += [score.coverage for score in plan.scores.values()]
    rules = [degree for rule in plan.rules.values() for degree in (*rule.certain, *rule.possible)]
    rounded = [
        step for score in plan.scores.values() for step in (score.reported, score.reported_low, score.reported_high)
    ]
    result: dict[Step, int] = {}
    for step in ordered:
        of_one_value = isinstance(step, _OF_ONE_VALUE)
        joins_such = isinstance(step, steps.Minimum) and all(result.get(arg) == 0 for arg in step.args)
        is_presence = isinstance(step, steps.Known) and isinstance(step.x, Input)
        if of_one_value or joins_such or is_presence:
            result[step] = 0
    for stage, group in ((1, means), (2, rules)):
        for step in order([rewritten[step] for step in group if step in rewritten]):
            result.setdefault(step, stage)
    last = {rewritten[step] for step in rounded if step in rewritten}
    return {step: result.get(step, 4 if step in last else 3) for step in ordered}
