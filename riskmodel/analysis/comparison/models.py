"""One situation under two models: which part of the models makes how much of the difference.

Players are the parts in which the models differ, as far as they can matter to a score of this situation. A set of
players is worth the score of the hybrid that has them from the second model and all else from the first.
"""

from typing import Literal

import numpy as np

from riskmodel.analysis.cases import OnProgress
from riskmodel.analysis.comparison.hybrids import STRUCTURE, hybrid_block, hybrid_values, versions
from riskmodel.analysis.comparison.parts import Part, Views, differing_parts
from riskmodel.analysis.comparison.result import Account, Entry
from riskmodel.analysis.comparison.shapley import allocate
from riskmodel.analysis.comparison.situations import by_size, obstacle_to
from riskmodel.arrays import Mask
from riskmodel.assessment import ScoreResult
from riskmodel.kernels.scales import Floats

_MOST_TRIED = 12
"""Whether a rule can hold at all is found out where it depends on so many parts at most."""


def model_account(views: Views, before: ScoreResult, after: ScoreResult, on_progress: OnProgress | None) -> Account:
    """The account of one score."""
    score, decimals = before.name, max(before.decimals, after.decimals)
    parts = _that_can_matter(views, score)
    obstacle = obstacle_to(before, after, _can_be_empty(views, score, parts))
    if obstacle or not parts:
        return Account(before, after, decimals, (), obstacle)

    def worth(member: Mask) -> Floats:
        return hybrid_values(views, score, parts, member)[:, None]

    allocation = allocate(worth, len(parts), on_progress)
    errors = [None] * len(parts) if allocation.errors is None else [float(error[0]) for error in allocation.errors]
    entries = [
        Entry(
            part.kind,
            part.name,
            part.score or None,
            _title(views, part, score),
            part.before,
            part.after,
            None,
            float(share[0]),
            error,
        )
        for part, share, error in zip(parts, allocation.shares, errors, strict=True)
    ]
    return Account(before, after, decimals, by_size(entries), None)


def _that_can_matter(views: Views, score: str) -> list[Part]:
    """The parts that differ, without the rules that hold in no hybrid."""
    parts = differing_parts(views, score)
    others = [part for part in parts if part.kind != "rule"]
    return [part for part in parts if part.kind != "rule" or _can_hold(views, score, part, others)]


def _can_hold(views: Views, score: str, rule: Part, others: list[Part]) -> bool:
    """Whether a rule holds to any degree in any hybrid; True where that cannot be tried out."""
    found = [view.rules_on(score).get(rule.name) for view in views]
    names = {name for version in found if version for name in version.names}
    reads_scores = any(name in view.compiled.scores for name in names for view in views)
    needed = [part for part in others if reads_scores or (part.kind in ("scale", "terms") and part.name in names)]
    if len(needed) > _MOST_TRIED or any(part.kind in STRUCTURE for part in needed):
        return True
    sets = np.arange(2 << len(needed))
    member = (sets[:, None] >> np.arange(len(needed) + 1)) & 1 == 1
    degrees = hybrid_block(views, score, [*needed, rule], member).rules
    return any(np.any(degrees[version][0] > 0.0) for version in versions(rule.name) if version in degrees)


def _can_be_empty(views: Views, score: str, parts: list[Part]) -> bool:
    """Whether there is a hybrid without any value that has a weight.

    Inputs only ever add to what a mean is taken of, so it is enough to look at the hybrids that have each of them from
    the model that lacks it.
    """
    after = views[1]
    poorest = [
        (part.kind == "weight" and part.name not in after.shares(part.score))
        or (part.kind == "scale" and part.name not in after.filled)
        for part in parts
    ]
    hierarchies = [
        [second if part.kind == "sub-scores" else poor for part, poor in zip(parts, poorest, strict=True)]
        for second in (False, True)
    ]
    return bool(np.isnan(hybrid_values(views, score, parts, np.array(hierarchies, dtype=bool))).any())


def _title(views: Views, part: Part, score: str) -> str:
    """What a part is called in the account of a score."""
    match part.kind:
        case "rule":
            return f"Rule: {_named(views, 'rules', part.name)}"
        case "weight":
            is_score = any(part.name in view.spec.scores for view in views)
            weighed = _named(views, "scores" if is_score else "indicators", part.name)
            inside = "" if part.score == score else f" in {_named(views, 'scores', part.score)}"
            return f"Weight of {weighed}{inside}"
        case "mean":
            return f"Mean of {_named(views, 'scores', part.name)}"
        case "out of":
            return f"Top of {_named(views, 'scores', part.name)}"
        case "sub-scores":
            return "Which scores are built from which"
    return f"{part.kind.capitalize()} of {_named(views, 'indicators', part.name)}"


def _named(views: Views, section: Literal["indicators", "scores", "rules"], name: str) -> str:
    """What the models call something, the second one's word first."""
    found = [getattr(view.spec, section).get(name) for view in reversed(views)]
    return next((each.title for each in found if each is not None and each.title), name)
