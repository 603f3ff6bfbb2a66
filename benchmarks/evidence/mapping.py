"""The data: how many dyad-years, which column is which indicator, and what the model does where there is none."""

import dyads
from reference import FIRST_HELD_OUT, HELD_OUT, Data, Section, outcomes
from wording import listed, span

import riskmodel
from riskmodel.report.document import markdown_table

SEEN = f"Years from {FIRST_HELD_OUT} on are held out: no fit saw a row of them, and no weight was chosen by them."
UNSEEN = f"Of years from {FIRST_HELD_OUT} on no row is in these figures."


def rows(data: Data) -> Section:
    """Count dyad-years and onsets by period."""
    cells = []
    for period, chosen in data.periods.items():
        part = data.mapped[chosen]
        onsets = [f"{int(part[outcome].sum()):,} ({part[outcome].mean():.1%})" for outcome in dyads.OUTCOMES]
        cells.append((period, f"{len(part):,}", f"{part['dyad'].nunique():,}", *_known(onsets)))
    headings = ("Years", "Dyad-years", "Pairs of states", *outcomes().values())
    later = any(period.endswith(HELD_OUT) for period in data.periods)
    return Section([*markdown_table(headings, cells, "lrrrr"), "", SEEN if later else UNSEEN])


def mapping(data: Data) -> Section:
    """List the columns behind each indicator, and what the model does where there is none."""
    known = {
        entry.indicator: [f"{data.mapped[entry.indicator][rows].notna().mean():.0%}" for rows in data.periods.values()]
        for entry in dyads.MAPPING
    }
    cells = [(entry.indicator, entry.columns, entry.how, *known[entry.indicator], entry.why) for entry in dyads.MAPPING]
    headings = ("Indicator", "Columns", "How", *(f"Known, {period}" for period in data.periods), "Why")
    lines = [*markdown_table(headings, cells, "lll" + "r" * len(data.periods) + "l"), "", "Missing in every row:", ""]
    assumed = assumptions()
    lines += [f"- `{name}`. {why} {_treatment(assumed, name)}" for name, why in dyads.NOT_MAPPED.items()]
    lines += ["", *_coverage(data)]
    count = len(dyads.NOT_MAPPED) + len(dyads.MAPPING)
    return Section(
        lines,
        [
            f"**Which parts of the article could not be tested?** {len(dyads.NOT_MAPPED)} of {count} indicators have "
            f"no figures in these data: {listed(f'`{name}`' for name in dyads.NOT_MAPPED)}."
        ],
    )


def assumptions() -> dict[str, float | str | None]:
    """Return the default of each missing indicator; None if the others take its weight."""
    model = riskmodel.load_model()
    return {given.name: given.used for given in model.assess({}).inputs}


def _treatment(assumed: dict[str, float | str | None], name: str) -> str:
    value = assumed[name]
    if value is None:
        return "The model assumes nothing for it: the other indicators take its weight."
    return f"The model assumes {value:g} for it." if isinstance(value, float) else f"The model assumes {value} for it."


def _coverage(data: Data) -> list[str]:
    """The mean coverage of both scores, and the mapped indicators that the model assumes where they are unknown."""
    lines = []
    for score in ("escalation", "stability"):
        share = data.scores[f"{score}_coverage"]
        by_period = listed(f"{share[chosen].mean():.0%} in {span(name)}" for name, chosen in data.periods.items())
        lines.append(f"Mean coverage of the {score} score: {by_period}.")
    assumed = assumptions()
    names = [entry.indicator for entry in dyads.MAPPING if assumed[entry.indicator] is not None]
    if names:
        values = listed(f"`{name}` ({assumed[name]})" for name in names)
        lines.append(f"Where one of these is unknown in a row, the model assumes its default: {values}.")
    return [" ".join(lines)]


def _known(cells: list[str]) -> list[str]:
    return ["" if "nan" in cell else cell for cell in cells]
