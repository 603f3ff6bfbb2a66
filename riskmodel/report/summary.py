"""The sentences below a score: its band, the bands it could be in, what drives it, and what is unknown."""

from collections.abc import Sequence

from riskmodel.assessment import Assessment, Contribution, ScoreResult
from riskmodel.report import formatting

_MAX_DRIVERS, _MAX_UNKNOWN = 2, 3


def summary(assessment: Assessment, score: ScoreResult) -> str:
    """Return what a score means in two or three sentences.

    Such as `High; could be elevated. Mostly few contacts and standing rivalry. Dispute history is unknown.`
    A score in the lower half of its scale is explained by what holds it down.
    """
    return " ".join(filter(None, (_band(score), _drivers(assessment, score), _unknown(assessment, score))))


def _band(score: ScoreResult) -> str:
    if score.reported is None:
        return f"No score: {score.coverage:.0%} of the weight is known, at least {score.min_coverage:.0%} is needed."
    text = "; ".join(filter(None, (formatting.band_text(score), formatting.caveat(score))))
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _drivers(assessment: Assessment, score: ScoreResult) -> str:
    if score.value is None:
        return ""
    is_high = score.value >= score.out_of / 2 or any(
        entry.possible is None for entry in score.account if entry.kind == "indicator"
    )
    sizes = [(_raised(entry) if is_high else _lowered(entry), entry) for entry in score.account if entry.kind != "clip"]
    # Sorting keeps the order of ties.
    largest = sorted((item for item in sizes if item[0] > 0), key=lambda item: -item[0])[:_MAX_DRIVERS]
    names = [_driver(assessment, entry, raises=is_high) for _, entry in largest]
    return f"{'Mostly' if is_high else 'Held down mostly by'} {listed(names)}." if names else ""


def _raised(entry: Contribution) -> float:
    """Return the points by which an entry raises a score."""
    return entry.points


def _lowered(entry: Contribution) -> float:
    """Return the points that an entry keeps from a score: of an indicator those it could give and does not."""
    return -entry.points if entry.possible is None else entry.possible - entry.points


def _driver(assessment: Assessment, entry: Contribution, *, raises: bool) -> str:
    if entry.kind == "rule":
        title = next(rule.title for rule in assessment.rules if rule.name == entry.name)
        return f"the rule “{title}”"
    given = assessment.input(entry.name)
    assumed = " (assumed)" if entry.name in assessment.assumed else ""
    if entry.inverted is None:
        return f"{inner_case(given.title)}{assumed}"
    is_low = entry.inverted == raises
    low, high = given.phrases or (f"low {inner_case(given.title)}", f"high {inner_case(given.title)}")
    return f"{low if is_low else high}{assumed}"


def _unknown(assessment: Assessment, score: ScoreResult) -> str:
    """Name the indicators of a score that are missing or assumed, those with most weight first."""
    absent = {*assessment.missing, *assessment.assumed}
    weights = {entry.name: entry.possible or 0.0 for entry in score.account if entry.kind == "indicator"}
    names = [item.name for item in assessment.inputs if item.name in absent]
    if weights:
        names = [name for name in names if name in weights or name in assessment.missing]
        names.sort(key=lambda name: -weights.get(name, 0.0))
    titles = [assessment.input(name).title for name in names]
    if not titles:
        return ""
    if len(titles) > _MAX_UNKNOWN:
        rest = len(titles) - _MAX_UNKNOWN + 1
        titles = [*titles[: _MAX_UNKNOWN - 1], f"{rest} other values"]
    first, *others = titles
    text = listed([first, *map(inner_case, others)])
    return f"{text} {'are' if others else 'is'} unknown."


def listed(texts: Sequence[str]) -> str:
    """Join texts: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def inner_case(title: str) -> str:
    """Return a title as it stands inside a sentence: with a small first letter, but for abbreviations."""
    return title if title[1:2].isupper() else f"{title[:1].lower()}{title[1:]}"
