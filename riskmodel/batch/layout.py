"""Which columns the output has: those of the input, and what is added for each score."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, get_args

from riskmodel.errors import SituationError, nearest

Kind = Literal["value", "band", "coverage", "low", "high", "exact", "drivers"]
_SUFFIXES: dict[str, str] = {
    "value": "",
    "band": "_band",
    "coverage": "_coverage",
    "low": "_low",
    "high": "_high",
    "exact": "_exact",
    "drivers": "_drivers",
}


class Passed(NamedTuple):
    """A column of the input."""

    name: str
    place: int


class Added(NamedTuple):
    """A column about a score."""

    name: str
    score: str
    kind: Kind


def layout(
    names: Sequence[str], scores: Iterable[str], wanted: Sequence[str] | None, *, explain: bool, exact: bool
) -> list[Passed | Added]:
    """The columns of the output, in order.

    Parameters
    ----------
    names : the columns of the input.
    scores : the model's scores.
    wanted : the columns asked for; None for all. A name that both have is the score's.
    explain, exact : whether there are columns of drivers, and of exact values.

    Raises
    ------
    SituationError
        Where a wanted column does not exist or is named twice, or names clash.
    """
    kinds = [kind for kind in get_args(Kind) if {"drivers": explain, "exact": exact}.get(kind, True)]
    added: dict[str, Passed | Added] = {}
    for score in scores:
        for kind in kinds:
            name = score + _SUFFIXES[kind]
            if name in added:
                raise SituationError(f"two scores of the model give the column {name!r}; rename one of them")
            added[name] = Added(name, score, kind)
    passed: dict[str, Passed | Added] = {name: Passed(name, place) for place, name in enumerate(names)}
    if wanted is None:
        clashes = [name for name in passed if name in added]
        if clashes:
            raise SituationError(
                f"has a column {clashes[0]!r} already, which the output would add; rename it, or choose with --columns"
            )
        return [*passed.values(), *added.values()]
    known = passed | added
    for place, name in enumerate(wanted):
        if name not in known:
            hint = nearest(name, known)
            for kind, option in (("drivers", "with --explain"), ("exact", "in Parquet only")):
                if name.endswith(_SUFFIXES[kind]) and name.removesuffix(_SUFFIXES[kind]) in known:
                    hint = f"; it comes {option}"
            raise SituationError(f"--columns: there is no column {name!r}{hint}")
        if name in wanted[:place]:
            raise SituationError(f"--columns: {name!r} is named twice")
    if not wanted:
        raise SituationError("--columns names no column")
    return [known[name] for name in wanted]
