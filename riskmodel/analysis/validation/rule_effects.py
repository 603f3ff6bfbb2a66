"""What each rule adds: where it moved the score, what happened there, and how well the score does without it."""

from typing import NamedTuple

import numpy as np

from riskmodel.analysis import variants
from riskmodel.analysis.discrimination import auc_draws, gain_estimate
from riskmodel.analysis.setting import Setting
from riskmodel.results import Estimate


class RuleEffect(NamedTuple):
    """What one rule did to the score in the rows that were tested on.

    Attributes
    ----------
    rule, title : its id and title.
    rows : how many rows it moved the score of.
    points : mean points by which it moved these.
    rate, other_rate : shares of these rows, and of all others, that had an event; None where there are none.
    gain : the score's area under the ROC curve less that of the score without the rule.
    """

    rule: str
    title: str
    rows: int
    points: float
    rate: float | None
    other_rate: float | None
    gain: Estimate


def rule_effects(setting: Setting) -> list[RuleEffect]:
    """The effect of every rule that acts on the score, by taking it out."""
    rules = setting.model.spec.rules
    return [_effect(setting, name) for name, rule in rules.items() if setting.asked.score in rule.then]


def _effect(setting: Setting, name: str) -> RuleEffect:
    tested = setting.splits.test
    values, events = setting.values[tested], setting.events[tested]
    others = variants.scored(variants.without_rule(setting.model.spec, name), setting.asked.score, setting.seen)[tested]
    # A rule that is out of the way changes the sums of the others in the last binary places.
    moved = np.abs(values - others) > 1e-9
    gain = Estimate(0.0, 0.0, 0.0)
    if moved.any():
        drawn = setting.drawn.of(tested)
        draws = (setting.tested_draws, auc_draws(events, others, drawn))
        gain = gain_estimate(events, values, others, drawn, draws)
    return RuleEffect(
        name,
        setting.model.spec.rules[name].title or name,
        int(moved.sum()),
        float(np.mean((values - others)[moved])) if moved.any() else 0.0,
        float(np.mean(events[moved])) if moved.any() else None,
        float(np.mean(events[~moved])) if not moved.all() else None,
        gain,
    )
