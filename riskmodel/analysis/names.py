"""What to call situations that stand side by side."""

from collections import Counter
from collections.abc import Sequence

from riskmodel.analysis.cases import Case


def names_of(cases: Sequence[Case]) -> list[str]:
    """Title, else id, else a number; with the date where there is one: `START I and the Moscow summit (1991)`.

    A name that several have is followed by the number of the situation, from 1.
    """
    found = []
    for number, case in enumerate(cases, start=1):
        about = case.situation.spec
        name = about.title or about.id or f"Situation {number}"
        found.append(f"{name} ({about.date})" if about.date else name)
    counts = Counter(found)
    return [f"{name}, number {place}" if counts[name] > 1 else name for place, name in enumerate(found, start=1)]
