"""The columns of the sheets that have a row for each situation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.plan import EntryKind, Plan
from riskmodel.plan.steps import Step

SCORES = "Scores"
POINTS = "Points"
DEGREES = "Degrees"
STEPS = "Steps"

SHARE = "0%"
DEGREE = "0.000"
POINT = "+0.00;-0.00;0.00"
EXACT = "0.000000"
ENTRIES: Mapping[EntryKind, str] = {"indicator": "indicator", "rule": "rule", "clip": "limits of the score"}


class Slot(NamedTuple):
    """A column of a sheet."""

    sheet: str
    section: str
    title: str
    detail: str
    step: Step
    """The step that it shows, or from which it is computed."""
    number_format: str = EXACT
    score: str = ""
    shows: Literal["step", "band", "status", "sum"] = "step"
    """The step itself; the name of the band of which it is the position; whether it is a score, and a provisional one;
    the sum of the points of the score in the columns before."""


def slots_of(plan: Plan, model: CompiledModel, order: Sequence[str]) -> list[Slot]:
    """List the columns that a reader looks for, by sheet from left to right.

    Parameters
    ----------
    plan : the plan.
    model : its model.
    order : the scores, in the order of display.
    """
    return [
        *(slot for name in order for slot in _score(name, plan, model)),
        *(slot for name in order for slot in _points(name, plan, model)),
        *_degrees(plan, model),
        *_intensities(plan, model),
    ]


def _score(name: str, plan: Plan, model: CompiledModel) -> Iterator[Slot]:
    score, steps = model.scores[name], plan.scores[name]
    places = f"0.{'0' * score.decimals}" if score.decimals else "0"
    section = f"{score.title} (0 to {score.out_of:g})"

    def slot(title: str, detail: str, step: Step, number_format: str, **more: str) -> Slot:
        return Slot(SCORES, section, title, detail, step, number_format, name, **more)  # type: ignore[arg-type]

    yield slot("Score", "rounded", steps.reported, places)
    if score.bands:
        yield slot("Band", "", steps.band, "@", shows="band")
    yield slot("Status", "", steps.reported, "@", shows="status")
    yield slot("Coverage", "share of the weights", steps.coverage, SHARE)
    yield slot("Lowest", "that gaps allow", steps.reported_low, places)
    yield slot("Highest", "that gaps allow", steps.reported_high, places)
    yield slot("Exact", "before rounding", steps.value, EXACT)


def _points(name: str, plan: Plan, model: CompiledModel) -> Iterator[Slot]:
    score, steps = model.scores[name], plan.scores[name]
    titles = {
        "indicator": {other: part.title for other, part in model.indicators.items()},
        "rule": {other: rule.title for other, rule in model.rules.items()},
        "clip": {"clip": "kept within 0 and " + f"{score.out_of:g}"},
    }
    for entry in steps.account:
        title = titles[entry.kind][entry.name]
        yield Slot(POINTS, score.title, title, ENTRIES[entry.kind], entry.points, POINT, name)
    yield Slot(POINTS, score.title, "Sum of the points", "the exact score", steps.clipped, EXACT, name, "sum")


def _degrees(plan: Plan, model: CompiledModel) -> Iterator[Slot]:
    terms = {f"{name}_is_{term}" for name, part in model.indicators.items() for term in part.terms}
    for step, label in plan.labels.items():
        if label.name in terms:
            yield Slot(DEGREES, "Terms", label.title, "unknown if missing", step, DEGREE)
    for name, rule in plan.rules.items():
        title = model.rules[name].title
        yield Slot(DEGREES, "Rules", title, "degree to which it applies", rule.certain[0], DEGREE)
        yield Slot(DEGREES, "Rules", title, "highest that gaps allow", rule.certain[1], DEGREE)


def _intensities(plan: Plan, model: CompiledModel) -> Iterator[Slot]:
    for name, step in plan.intensities.items():
        title = model.indicators[name].title
        yield Slot(STEPS, "Intensities", title, "of its default if missing", step, DEGREE)
