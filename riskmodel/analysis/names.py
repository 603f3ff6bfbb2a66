"""What to call situations that stand side by side."""

from collections.abc import Sequence

from riskmodel.analysis.cases import Case


def names_of(cases: Sequence[Case]) -> list[str]:
    """Title, else id, else a number; with the date where there is one: `START I and the Moscow summit (1991)`."""
    found = []
    for number, case in enumerate(cases, start=1):
        about = case.situation.spec
        name = about.title or about.id or f"Situation {number}"
        found.append(f"{name} ({about.date})" if about.date else name)
    return found
