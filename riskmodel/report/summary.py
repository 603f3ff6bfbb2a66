"""The sentences below a score: its band, the bands it could be in, what drives it, and what is unknown."""

from collections.abc import Sequence

from riskmodel.assessment import Assessment, Contribution, InputResult, ScoreResult
from riskmodel.report import formatting

_MAX_DRIVERS, _MAX_UNKNOWN = 3, 3
_TOLERANCE = 1e-9


def summary(assessment: Assessment, score: ScoreResult) -> str:
    """Return what a score means in two or three sentences.

    Such as `High; could be elevated. Mostly few contacts and standing rivalry. Unknown: dispute history.` The largest
    contributions are named until they make half of the points, at most three: `Mostly` if they do, otherwise `Most of
    all`. A score in the lower half of its scale is explained by what holds it down.
    """
    return " ".join(filter(None, (_band(score), _drivers(assessment, score), _unknown(assessment, score))))


def _band(score: ScoreResult) -> str:
    if score.reported is None:
        known = (
            f"{formatting.known_share(score)} of the weight" if score.coverage > 0 else "nothing that it is built from"
        )
        needed = f", at least {formatting.needed_share(score)} is needed" if score.min_coverage > 0 else ""
        return f"No score: {known} is known{needed}."
    text = "; ".join(filter(None, (formatting.band_text(score), formatting.caveat(score))))
    return f"{outer_case(text)}." if text else ""


def _drivers(assessment: Assessment, score: ScoreResult) -> str:
    entries = [entry for entry in score.account if entry.kind != "clip"]
    if score.value is None or not entries:
        return ""
    raises = score.value >= score.out_of / 2 or any(
        entry.possible is None for entry in entries if entry.kind == "indicator"
    )
    # Sorting keeps the order of ties.
    sizes = sorted(((_size(entry, raises=raises), entry) for entry in entries), key=lambda item: -item[0])
    sizes = [(size, entry) for size, entry in sizes if size > _TOLERANCE * score.out_of]
    half = sum(size for size, _ in sizes) / 2 - _TOLERANCE * score.out_of
    names, points = [], 0.0
    for size, entry in sizes[:_MAX_DRIVERS]:
        names.append(_driver(assessment, entry, raises=raises))
        points += size
        if points >= half:
            break
    if not names:
        return ""
    share = "mostly" if points >= half else "most of all"
    return f"{outer_case(share) if raises else f'Held down {share} by'} {listed(names)}."


def _size(entry: Contribution, *, raises: bool) -> float:
    """Return the points by which an entry raises a score, or those that it keeps from it."""
    if raises:
        return entry.points
    return -entry.points if entry.possible is None else entry.possible - entry.points


def _driver(assessment: Assessment, entry: Contribution, *, raises: bool) -> str:
    if entry.kind == "rule":
        title = next(rule.title for rule in assessment.rules if rule.name == entry.name)
        return f"the rule “{title}”"
    given = assessment.input(entry.name)
    label = given.used if isinstance(given.used, str) else ""
    about = ", ".join(filter(None, (label, "assumed" if entry.name in assessment.assumed else "")))
    return f"{_value_words(given, entry, raises=raises)}{f' ({about})' if about else ''}"


def _value_words(given: InputResult, entry: Contribution, *, raises: bool) -> str:
    """Name an indicator by its low or high value, if that is how it drives the score; otherwise by its title.

    An indicator of much weight may have the most points with a value in the other half of its scale.
    """
    title = inner_case(given.title)
    if entry.inverted is None or not entry.possible or (2 * entry.points < entry.possible) == raises:
        return title
    low, high = given.phrases or (f"low {title}", f"high {title}")
    return low if entry.inverted == raises else high


def _unknown(assessment: Assessment, score: ScoreResult) -> str:
    titles = [assessment.input(name).title for name in score.unknown]
    if len(titles) > _MAX_UNKNOWN:
        rest = len(titles) - _MAX_UNKNOWN + 1
        titles = [*titles[: _MAX_UNKNOWN - 1], f"{rest} other values"]
    if len(titles) < 2:
        # A title may be in the plural.
        return "".join(f"Unknown: {inner_case(title)}." for title in titles)
    return f"{listed([outer_case(titles[0]), *map(inner_case, titles[1:])])} are unknown."


def listed(texts: Sequence[str]) -> str:
    """Join texts: `a, b and c`; with a comma before the last if one of them has an `and` itself."""
    last = ", and " if any(" and " in text for text in texts) else " and "
    return last.join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def inner_case(title: str) -> str:
    """Return a title as it stands inside a sentence: with a small first letter, but for abbreviations and names.

    A title with other capitals, such as `Cold War legacy` or `GDP`, stays as it is.
    """
    rest = title[1:]
    is_word = title.startswith("A ") or title.split(" ", maxsplit=1)[0][1:].replace("-", "").isalpha()
    is_plain = is_word and rest == rest.lower()
    return f"{title[:1].lower()}{rest}" if is_plain else title


def outer_case(text: str) -> str:
    """Return a text as it begins a sentence: with a capital, but for words such as `pH`."""
    return text if text[1:2].isupper() else f"{text[:1].upper()}{text[1:]}"
