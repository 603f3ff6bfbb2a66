"""The figures of a report, before anybody decides how they look: labels, rounded numbers, lines in reading order."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from riskmodel.assessment import Assessment, GroupPoints, InputResult, RuleResult, ScoreResult, clip_title
from riskmodel.kernels.rounding import reported
from riskmodel.schema.effects import effect_of

_NOISE = 1e-9
"""In units of the last place that is shown: what sums of floats may be off by."""


class AccountLine(NamedTuple):
    """One printed line of an account. The printed points of an account sum to the reported score."""

    label: str
    given: str
    """The value and unit behind it, or the degree of the rule."""
    points: str
    size: float
    """Signed length of its bar, in [-1, 1], relative to the largest entry."""
    exact: float
    """The points before they are rounded."""


def number(value: float, decimals: int) -> str:
    """A number with a fixed number of decimals, and no minus before a zero."""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def score_number(value: float, decimals: int) -> str:
    """A value of a score, rounded as scores are reported: half up."""
    return number(float(reported(np.array([value]), decimals)[0]), decimals)


def signed(value: float, decimals: int) -> str:
    """A number with its sign, as points are shown."""
    text = number(value, decimals)
    return text if text.startswith("-") or float(text) == 0 else f"+{text}"


def apportion(parts: Sequence[float], total: float, decimals: int) -> list[float]:
    """Round parts so that they still sum to their rounded total (largest remainder, the method of A. Hamilton).

    Parameters
    ----------
    parts : exact numbers.
    total : their sum, rounded to `decimals` places.
    decimals : places that the parts are rounded to.
    """
    scale = 10**decimals
    floors = [math.floor(part * scale + _NOISE) for part in parts]
    remainders = [part * scale - floor for part, floor in zip(parts, floors, strict=True)]
    spare = round(total * scale) - sum(floors)
    for index in sorted(range(len(parts)), key=lambda index: -remainders[index])[: max(spare, 0)]:
        floors[index] += 1
    return [floor / scale for floor in floors]


def rounded_parts(assessment: Assessment, score: ScoreResult) -> list[tuple[GroupPoints, float]]:
    """The parts of a score, and their points rounded so that they sum to the reported score."""
    parts = assessment.by_group(score.name)
    if score.reported is None or not parts:
        return []
    shown = apportion([part.points for part in parts], score.reported, score.decimals)
    return list(zip(parts, shown, strict=True))


def rounded_points(assessment: Assessment, score: ScoreResult) -> dict[tuple[str, str], float]:
    """The points of an account, by kind and name, rounded so that they sum to the reported score.

    In a model with groups the entries of a group sum to what is shown for the group, too.
    """
    if score.reported is None:
        return {}
    together = [
        ([entry for entry in score.account if assessment.part_of(entry) == (part.kind, part.name)], total)
        for part, total in rounded_parts(assessment, score)
    ] or [(list(score.account), score.reported)]
    shown: dict[tuple[str, str], float] = {}
    for entries, total in together:
        points = apportion([entry.points for entry in entries], total, score.decimals)
        shown |= {(entry.kind, entry.name): rounded for entry, rounded in zip(entries, points, strict=True)}
    return shown


def parts_text(assessment: Assessment, score: ScoreResult) -> str:
    """What the parts of a score come to: `History 21.4 (27%), Present situation 45.6 (58%), Rules 12.0 (15%)`.

    A group of which nothing is given is said to be so: its 0 points are no finding. So is one in which every value is
    assumed. Shares of a score of 0, or beside a
    part that takes points away, would mean nothing and are left out. The text is empty where the model has no groups.
    """
    parts = rounded_parts(assessment, score)
    inputs = [entry for entry in score.account if entry.kind == "indicator"]
    present = {assessment.part_of(entry) for entry in inputs}
    given = {assessment.part_of(entry) for entry in inputs if entry.name not in assessment.assumed}
    shares = [100 * part.points / score.value for part, _ in parts] if score.value and score.reported else []
    meant = bool(shares) and min(shares) >= -_NOISE
    percent = [f"{share:.0f}%" for share in apportion(shares, 100, 0)] if meant else [""] * len(parts)

    def text(part: GroupPoints, points: float, share: str) -> str:
        key = (part.kind, part.name)
        if part.kind == "group" and key not in present:
            return f"{part.title} not given"
        assumed = "all assumed" if key in present - given else ""
        remark = ", ".join(filter(None, (share, assumed)))
        return f"{part.title} {number(points, score.decimals)}{f' ({remark})' if remark else ''}"

    return ", ".join(text(part, points, share) for (part, points), share in zip(parts, percent, strict=True))


def account_lines(assessment: Assessment, score: ScoreResult) -> list[AccountLine]:
    """The account of a score: the indicators by size, then the rules by size, then the clip."""
    shown = rounded_points(assessment, score)
    largest = max((abs(entry.points) for entry in score.account), default=0.0) or 1.0
    inputs = {found.name: found for found in assessment.inputs}
    rules = {rule.name: rule for rule in assessment.rules}
    order = {"indicator": 0, "rule": 1, "clip": 2}
    lines = []
    for entry in sorted(score.account, key=lambda entry: (order[entry.kind], -abs(entry.points))):
        points = shown[entry.kind, entry.name]
        if entry.kind == "indicator":
            label, given = inputs[entry.name].title, value_text(assessment, entry.name)
            text = number(points, score.decimals)
        elif entry.kind == "rule":
            label, given = rules[entry.name].title, f"degree {rules[entry.name].degree:.2f}"
            text = signed(points, score.decimals)
        else:
            label, given, text = clip_title(score.out_of), "", signed(points, score.decimals)
        lines.append(AccountLine(label, given, text, entry.points / largest, entry.points))
    return lines


def value_text(assessment: Assessment, name: str) -> str:
    """The value of an indicator with its unit; where the model's default stands in for it, that it is assumed."""
    entry = assessment.input(name)
    if entry.used is None:
        return "missing"
    value = entry.used if isinstance(entry.used, str) else plain_number(entry.used)
    text = f"{value} ({entry.unit})" if entry.unit else value
    return f"assumed {text}" if entry.value is None else text


def plain_number(value: float) -> str:
    """A number as people write it: whole numbers whole, others to four digits."""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"


def headline(score: ScoreResult) -> str:
    """The score in words, with the bands that it could be in: `76.6 of 100, high; could be severe`."""
    return "; ".join(filter(None, (score_text(score), caveat(score))))


def score_text(score: ScoreResult) -> str:
    """The score in words: `76.6 of 100, high`, or why there is none."""
    if score.reported is None:
        return f"insufficient data (coverage {score.coverage:.0%}, at least {score.min_coverage:.0%} needed)"
    text = f"{number(score.reported, score.decimals)} of {score.out_of:g}"
    return ", ".join(filter(None, (text, band_text(score))))


def band_text(score: ScoreResult) -> str:
    """The band, and whether too little is known for more than a provisional score: `high, provisional`."""
    return ", ".join(filter(None, (score.band, "provisional" if score.provisional else "")))


def caveat(score: ScoreResult) -> str:
    """The other bands that a score could well be in: `could be elevated to severe`; empty where there are none.

    Where its 90 % interval touches one other band, that one is named; where it touches more, all from the lowest on.
    """
    if score.band_low is None or score.band_high is None or score.band_low == score.band_high:
        return ""
    names = list(score.bands)
    touched = names[names.index(score.band_low) : names.index(score.band_high) + 1]
    if len(touched) == 2:
        return f"could be {next(name for name in touched if name != score.band)}"
    return f"could be {score.band_low} to {score.band_high}"


def comparison_rows(assessments: Sequence[Assessment]) -> list[tuple[str, ...]]:
    """Situation (named once), score, reported value, band, bounds and coverage: a row for each score of each situation.

    The date is told where there is one, and the model where there is more than one.
    """
    models = {assessment.model.fingerprint: assessment.model for assessment in assessments}
    several, shared = len(models) > 1, Counter(model.id for model in models.values())
    rows: list[tuple[str, ...]] = []
    for assessment in assessments:
        model = assessment.model
        label = model.line if shared[model.id] > 1 else f"model {model.id}"
        about = (assessment.date, label if several else None)
        told = ", ".join(filter(None, about))
        name = f"{assessment.heading} ({told})" if told else assessment.heading
        for score in assessment.top_scores:
            value = "no score" if score.reported is None else number(score.reported, score.decimals)
            band = "; ".join(filter(None, (band_text(score), caveat(score))))
            band = "insufficient data" if score.reported is None else band
            rows.append((name, score.title, value, band, range_text(score), f"{score.coverage:.0%}"))
            name = ""
    return rows


def range_text(score: ScoreResult) -> str:
    """The bounds in figures: `51.2 to 100.0`, or one number where they meet."""
    low, high = number(score.reported_low, score.decimals), number(score.reported_high, score.decimals)
    return f"{low} to {high}" if low != high else low


def bounds_text(score: ScoreResult) -> str:
    """Bounds and coverage in words."""
    return f"bounds {range_text(score)}, coverage {score.coverage:.0%}"


def fired_rules(assessment: Assessment) -> list[RuleResult]:
    """The rules that took effect, the strongest first."""
    return sorted((rule for rule in assessment.rules if rule.degree > 0), key=lambda rule: -rule.degree)


def undetermined_rules(assessment: Assessment) -> list[RuleResult]:
    """The rules that could not be judged for certain."""
    return [rule for rule in assessment.rules if rule.status == "undetermined"]


def effects_text(assessment: Assessment, rule: RuleResult) -> str:
    """What a rule did: `Escalation risk +3.0, Stability -2.0`; a floor or cap that does not bind says so."""
    told = []
    for effect in rule.effects:
        score = assessment.scores[effect.score]
        note = effect_of(effect.kind, effect.amount).note
        if score.value is None:
            did = "no score to act on"
        elif note and effect.points == 0:
            did = f"{note} does not bind"
        else:
            did = signed(rounded_points(assessment, score).get(("rule", rule.name), 0.0), score.decimals)
            did += f" ({note})" if note else ""
        told.append(f"{score.title} {did}")
    return ", ".join(told)


def degree_text(assessment: Assessment, rule: RuleResult) -> str:
    """The degree of a rule, and what of it rests on assumed values: `degree 0.33, assumed: Joint initiatives`."""
    titles = ", ".join(assessment.input(name).title for name in rule.assumed)
    return f"degree {rule.degree:.2f}{f', assumed: {titles}' if titles else ''}"


def undetermined_text(assessment: Assessment, rule: RuleResult) -> str:
    """Why a rule could not be judged, and how far it could go."""
    titles = ", ".join(assessment.input(name).title for name in rule.missing)
    reason = f"missing: {titles}" if titles else "it divides by zero here"
    return f"degree {rule.degree:.2f} to {rule.degree_high:.2f}; {reason}"


def remarks(assessment: Assessment) -> list[tuple[str, str]]:
    """What to know about the inputs: headings, and the inputs that they are about."""

    def listed(names: Iterable[str]) -> str:
        return "; ".join(f"{assessment.input(name).title} {value_text(assessment, name)}" for name in names)

    def usual(name: str) -> str:
        entry = assessment.input(name)
        assert entry.used is not None  # noqa: S101  (an assumed value is used)
        value = entry.used if isinstance(entry.used, str) else plain_number(entry.used)
        details = " ".join(filter(None, (_numbers(entry), entry.unit)))
        return f"{entry.title} {value}{f' ({details})' if details else ''}"

    ranges = (
        f"{found.title} {plain_number(found.value)} of {_numbers(found)}"
        for found in assessment.inputs
        if found.distribution and isinstance(found.value, float)
    )
    told = (
        ("Changed for this assessment", listed(found.name for found in assessment.inputs if found.changed)),
        (
            "Missing, and counted as if like what is known (the model has no default)",
            "; ".join(assessment.input(name).title for name in assessment.missing),
        ),
        ("Missing, and assumed to be what is usual (the model's default)", "; ".join(map(usual, assessment.assumed))),
        ("Beyond the scale, counted as its end", listed(assessment.clamped)),
        ("Given as a range, scored by its median (the bounds hold all of it)", "; ".join(ranges)),
    )
    return [(heading, text) for heading, text in told if text]


def _numbers(entry: InputResult) -> str:
    """The distribution behind a value: `low 2, high 5`; empty where there is none."""
    return ", ".join(f"{key} {plain_number(number)}" for key, number in entry.distribution.items())


def notes(assessment: Assessment) -> list[tuple[str, str]]:
    """Why values are what they are: titles and notes."""
    return [(found.title, found.note) for found in assessment.inputs if found.note]
