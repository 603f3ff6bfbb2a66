"""The page of figures: every section by its name."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import bands
import onsets
import pair
import peace
import reference
import weights

SECTIONS: dict[str, Callable[[reference.Data], Iterator[str]]] = {
    "rows": onsets.rows,
    "mapping": onsets.mapping,
    "discrimination": onsets.discrimination,
    "indicators": onsets.indicators,
    "columns": onsets.columns,
    "reliability": bands.reliability,
    "rules": bands.rules,
    "weights": weights.weights,
    "stability": peace.stability,
    "meetings": pair.meetings,
    "cases": pair.cases,
    "year-before": pair.year_before,
}


def sections(folder: Path, until: int | None = None) -> dict[str, list[str]]:
    """The figures of every section, by its name, as lines of Markdown; from the years up to `until`, or all."""
    data = reference.read(folder, until)
    return {name: list(lines(data)) for name, lines in SECTIONS.items()}


def filled(page: str, found: Mapping[str, Sequence[str]]) -> str:
    """A page with the lines of each section between its markers, `<!-- figures: NAME -->` and `<!-- end -->`."""
    for name, lines in found.items():
        pattern = rf"(<!-- figures: {name} -->\n).*?(<!-- end -->)"
        text = "\n".join(lines).strip()
        page, count = re.subn(pattern, lambda marks, text=text: f"{marks[1]}\n{text}\n\n{marks[2]}", page, flags=re.S)
        if count != 1:
            raise SystemExit(f"the page has {count} places for the figures {name!r}")
    return page
