"""Compare the names of columns with the names, titles and units of indicators, to propose which column is which.

Columns of warehouses are abbreviations (`mil`, `esp_cnt`), those of spreadsheets are titles with units (`Espionage
(cases per year)`). Names are compared word by word: a word agrees with another of which it is the beginning.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from riskmodel.schema.parts import Indicator

PROPOSED = 0.6
"""The similarity from which a column is proposed."""
CLEAR = 0.1
"""The difference of similarity to the next column or indicator from which a proposal is clear."""
_SHORTEST_STEM = 3
_SHORTEST_INITIALS = 2
_STEM, _INITIALS, _UNIT = 0.9, 0.7, 0.8
"""The similarity of a word and its beginning, of a name and its initials, and of a name that is a unit."""
_FEWER_WORDS = 0.5
"""How much it counts that a name lacks words of the title."""
_TYPO = 0.8
_EMPTY_WORDS = frozenset(("of", "the", "and", "in", "per", "to", "by", "for"))
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|\d+")


class Proposal(NamedTuple):
    """A column that may hold an indicator."""

    indicator: str
    column: str
    similarity: float
    """In [0, 1]."""


class Proposals(NamedTuple):
    """The columns that are proposed, and for other indicators those that are as likely as another."""

    clear: list[Proposal]
    doubtful: dict[str, list[str]]


def proposals(indicators: dict[str, Indicator], columns: Sequence[str]) -> Proposals:
    """Propose a column for each indicator, where one is clearly the most similar in name.

    Parameters
    ----------
    indicators : the indicators without a column.
    columns : the columns that are not read.
    """
    pairs = [
        Proposal(name, column, similarity)
        for name, indicator in indicators.items()
        for column in columns
        if (similarity := name_similarity(name, indicator, column)) >= PROPOSED
    ]
    clear: list[Proposal] = []
    doubtful: dict[str, list[str]] = {}
    for pair in sorted(pairs, key=lambda pair: -pair.similarity):
        if any(pair.indicator == other.indicator or pair.column == other.column for other in clear):
            continue
        rivals = [
            other
            for other in pairs
            if other != pair
            and other.similarity > pair.similarity - CLEAR
            and (other.indicator == pair.indicator or other.column == pair.column)
            and not any(other.indicator == chosen.indicator or other.column == chosen.column for chosen in clear)
        ]
        if rivals or pair.indicator in doubtful:
            doubtful.setdefault(pair.indicator, []).append(pair.column)
        else:
            clear.append(pair)
    return Proposals(clear, doubtful)


def name_similarity(name: str, indicator: Indicator, column: str) -> float:
    """Return the similarity, in [0, 1], of a column's name with an indicator's id, title or other names, and unit."""
    plain, unit = _without_unit(column)
    names = (name, indicator.title, *indicator.columns)
    own_unit = _words(indicator.unit or "")
    similarity = max(_similarity(_words(plain), _words(other), own_unit) for other in names if other)
    if unit and own_unit and _similarity(_words(unit), own_unit) > _TYPO:
        return (1.0 + similarity) / 2.0 if similarity else 0.0
    if own_unit and len(own_unit) > 1:
        return max(similarity, _UNIT * _similarity(_words(column), own_unit))
    return similarity


def _without_unit(column: str) -> tuple[str, str]:
    """Split a name such as `Espionage (cases per year)` or `Trade [%]`."""
    match = re.fullmatch(r"(.+?)\s*[(\[,]([^)\]]+)[)\]]?\s*", column)
    return (match.group(1), match.group(2)) if match else (column, "")


def _words(text: str) -> list[str]:
    words = [word.lower() for word in _WORDS.findall(text)]
    return [word for word in words if word not in _EMPTY_WORDS] or words


def _similarity(words: Sequence[str], others: Sequence[str], unit: Sequence[str] = ()) -> float:
    """Return how far the words of a column's name agree with those of another name or its unit, and hold all of them.

    Only words of the name count as held.
    """
    if not words or not others:
        return 0.0
    if len(words) == 1 and len(others) >= _SHORTEST_INITIALS and words[0] == _initials(others):
        return _INITIALS
    agreements = [max(_agreement(word, other) for other in (*others, *unit)) for word in words]
    covered = sum(any(_agreement(word, other) > _TYPO for word in words) for other in others) / len(others)
    if not covered:
        return 0.0
    share = sum(agreements) / len(agreements)
    return share * (1.0 - _FEWER_WORDS * (1.0 - covered))


def _initials(words: Iterable[str]) -> str:
    return "".join(word[0] for word in words)


def _agreement(word: str, other: str) -> float:
    if word == other:
        return 1.0
    short, long = sorted((word, other), key=len)
    if len(short) >= _SHORTEST_STEM and long.startswith(short):
        return _STEM
    ratio = difflib.SequenceMatcher(None, word, other).ratio()
    return ratio if ratio > _TYPO else 0.0
