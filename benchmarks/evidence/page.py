"""The page of figures: every section by its name."""

import re
from collections.abc import Callable, Mapping, Sequence

import bands
import mapping
import onsets
import pair
import peace
import quality
import rules
import weights
import within
from reference import Data, Section
from threadpoolctl import threadpool_limits

HEAD = "in-short"
SECTIONS: dict[str, Callable[[Data], Section]] = {
    "rows": mapping.rows,
    "discrimination": onsets.discrimination,
    "within": within.within,
    "meetings": pair.meetings,
    "indicators": onsets.indicators,
    "columns": onsets.others,
    "mapping": mapping.mapping,
    "rules": rules.rules,
    "reliability": quality.reliability,
    "bands": bands.bands,
    "stability": peace.stability,
    "weights": weights.weights,
    "cases": pair.cases,
    "year-before": pair.year_before,
}
"""In the order of the headlines."""


def sections(data: Data) -> dict[str, list[str]]:
    """The figures of every section, by its name, as lines of Markdown; first the head of the page."""
    with threadpool_limits(limits=1):  # the tables are small: threads would wait for each other
        made = {name: make(data) for name, make in SECTIONS.items()}
    head = [f"- {headline}" for section in made.values() for headline in section.headlines]
    return {HEAD: head, **{name: list(section.lines) for name, section in made.items()}}


def filled(page: str, figures: Mapping[str, Sequence[str]]) -> str:
    """A page with the lines of each section between its markers, `<!-- figures: NAME -->` and `<!-- end -->`."""
    for name, lines in figures.items():
        pattern = rf"(<!-- figures: {name} -->\n).*?(<!-- end -->)"
        text = "\n".join(lines).strip()
        page, count = re.subn(pattern, lambda marks, text=text: f"{marks[1]}\n{text}\n\n{marks[2]}", page, flags=re.S)
        if count != 1:
            raise SystemExit(f"the page has {count} places for the figures {name!r}")
    return page
