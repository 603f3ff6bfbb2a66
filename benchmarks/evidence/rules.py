"""Rules: the effect of each rule on the escalation score, by taking it out."""

import dyads
import numpy as np
from onsets import GAIN
from reference import Data, Section, events, scored
from wording import grouped, signed, span

import riskmodel
from riskmodel.analysis.outcomes import study
from riskmodel.report.document import markdown_table
from riskmodel.results import Estimate

MOVED = 1e-9
"""Points by which a rule must move a score to count: without it, the sums of the others differ in the last places."""


def rules(data: Data) -> Section:
    """Show where each rule moved the score, what happened there, and how well the score does without it."""
    spec = riskmodel.load_model().spec
    acting = [name for name, rule in spec.rules.items() if "escalation" in rule.then]
    rows = []
    gains: dict[str, dict[str, Estimate | None]] = {}
    for name in acting:
        without = scored(data, study.without_rule(spec, name))
        moved = np.abs(data.escalation - without) > MOVED
        for outcome, title in dyads.OUTCOMES.items():
            happened, known = events(data, outcome)
            for heading, period in data.periods.items():
                chosen = known & period & ~np.isnan(data.escalation)
                affected, others = chosen & moved, chosen & ~moved
                if not affected.any():
                    continue
                gain = data.gain(happened, data.escalation, without, chosen)
                gains.setdefault(name, {})[f"{title} {span(heading)}"] = gain
                shares = (f"{happened[rows].mean():.1%}" if rows.any() else "" for rows in (affected, others))
                points = f"{(data.escalation - without)[affected].mean():+.1f}"
                rows.append((name, f"{title}, {heading}", f"{int(affected.sum()):,}", points, *shares, signed(gain)))
    headings = ("Rule", "Outcome", "Rows moved", "Points", "Events there", "Elsewhere", "AUC with it less AUC without")
    idle = [name for name in acting if name not in gains]
    moved_none = f"{len(idle)} of the {len(acting)} rules that act on escalation never moved a score in these data"
    verdicts = list(grouped(gains, 0.0, GAIN))
    listing = f"{moved_none}: {', '.join(f'`{name}`' for name in idle)}." if idle else ""
    lines = [*markdown_table(headings, rows, "llrrrrr"), "", *verdicts, "", listing]
    effects = " ".join(verdict.removeprefix("- ") for verdict in verdicts if not verdict.endswith(": none."))
    return Section(lines, [f"**What do the rules add?** {moved_none}. {effects}"])
