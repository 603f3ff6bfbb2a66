"""The example of a series: each value has a source, and agrees with the cases and with the data behind it."""

import csv
import re
import sys
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import riskmodel

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks" / "evidence"))

from cases import DIRECTIONS  # noqa: E402

EXAMPLES = ROOT / "examples"
PAGE = (ROOT / "docs" / "series.md").read_text(encoding="utf-8")
YEARS = pd.read_csv(EXAMPLES / "us_russia_years.csv").set_index("year")
CASES = {int(case.spec.date): case for path in EXAMPLES.glob("case_*.yaml") for case in riskmodel.read_situations(path)}
OTHER = {"pair", "meetings", "sources", "notes"}
INDICATORS = [name for name in YEARS.columns if name not in OTHER]
WITHOUT_ESCALATION = {2000, 2001, 2019}


def named(sources):
    """Return the columns that a text of sources names, with the source of each."""
    return {
        column: source
        for part in sources.split("; ")
        for columns, source in [part.split(": ", 1)]
        for column in columns.split(", ")
    }


def test_every_year_from_1961_to_2024_has_one_row(default_model):
    assert list(YEARS.index) == list(range(1961, 2025))
    assert set(INDICATORS) <= set(default_model.spec.indicators)


def test_every_value_has_a_source_and_every_source_a_value():
    for year, row in YEARS.iterrows():
        sources = named(row["sources"])
        assert set(sources) == {name for name in ["meetings", *INDICATORS] if pd.notna(row[name])}, year
        assert all(len(source) > 10 for source in sources.values()), year
        words = {word.strip(",)") for source in sources.values() for word in source.split()}
        assert all((ROOT / word).is_file() for word in words if word.startswith("examples/")), year


def test_contacts_are_the_counted_meetings_and_one_a_month():
    assert (YEARS["communication_frequency"] == YEARS["meetings"] + 1).all()


@pytest.mark.parametrize("year", sorted(CASES))
def test_a_value_lies_within_what_the_case_of_the_year_allows(year):
    # The cases count the disputes of the years that were collected for them; the table counts all, and is held against
    # the data below.
    for name, allowed in CASES[year].values.items():
        value = YEARS.loc[year, name]
        if name != "dispute_history" and pd.notna(value):
            low, high = (allowed, allowed) if isinstance(allowed, int | float) else (allowed.low, allowed.high)
            assert low <= value <= high, name


def test_the_default_model_scores_escalation_in_all_years_but_three(default_model):
    scored = default_model.score_frame(YEARS)
    assert set(YEARS.index[scored["escalation"].isna()]) == WITHOUT_ESCALATION
    assert all("too little is known for a score" in YEARS.loc[year, "notes"] for year in WITHOUT_ESCALATION)


def test_the_meetings_are_those_of_the_lists_that_were_counted(reference_data):
    counted = pd.read_csv(reference_data / "us_russia" / "us_russia_contacts_per_year.csv").set_index("year")["total"]
    with (reference_data / "us_russia" / "us_russia_highlevel_contacts_1945_2025.csv").open(encoding="utf-8") as file:
        listed = pd.Series([int(row["year"]) for row in csv.DictReader(file)]).value_counts()
    for year, meetings in YEARS["meetings"].items():
        assert meetings == counted[year] == listed.get(year, 0), year


def test_the_disputes_and_the_years_of_peace_are_those_of_the_data_that_were_counted(reference_data):
    dyads = pd.read_csv(reference_data / "dyads" / "dyad_year_1946_1989.csv")
    pair = dyads[(dyads["ccode1"] == 2) & (dyads["ccode2"] == 365)].set_index("year")
    ours = YEARS.loc[1961:1989]
    theirs = pair.loc[1961:1989]
    assert (ours["dispute_history"] == theirs["mid_onsets_5y"] + theirs["icb_onsets_5y"]).all()
    assert (ours["peace_years"] == theirs["peace_years"]).all()
    assert (ours["standing_rivalry"] == 10 * theirs["rivalry"]).all()


@cache
def series():
    return riskmodel.series(YEARS.reset_index(), by="pair", time="year", draws=0)


def expert_lines():
    """Return a line for each case: what experts say, and what the score does against the year before."""
    frame = series().to_frame().set_index("year")
    lines = ["| Year | Experts | Escalation | Change | Agrees |", "| --- | --- | ---: | ---: | --- |"]
    for year, direction in DIRECTIONS.items():
        score, change = frame.loc[year, ["escalation", "escalation_change"]]
        agrees = "yes" if (change > 0) == (direction == "up") else "no"
        lines.append(f"| {year} | {direction} | {score:.1f} | {change:+.1f} | {agrees} |")
    return lines


def test_the_page_says_what_the_series_does_in_the_years_of_the_cases():
    lines = expert_lines()
    assert "\n".join(lines) in PAGE
    assert sum(line.endswith("no |") for line in lines) == 3
    assert "Three do not agree" in PAGE
    contacts = [(case.values["communication_frequency"], YEARS.loc[year, "meetings"]) for year, case in CASES.items()]
    distances = [abs(likely.likely - (meetings + 1)) for likely, meetings in contacts]
    assert f"put contacts at {sum(distances) / len(distances):.1f} a month from this line on average" in PAGE


def test_the_page_gives_the_part_of_rivalry_in_the_largest_moves():
    changes = series().changes().query("score == 'escalation'")
    for year, start in ((1990, "("), (2014, ", ")):
        of_year = changes[changes["year"] == year].set_index("name")["points"].abs()
        change = abs(series().to_frame().set_index("year").loc[year, "escalation_change"])
        assert re.search(
            rf"{re.escape(start)}{of_year['standing_rivalry']:.1f} of {change:.1f}( points)? in {year}", PAGE
        )


def test_the_page_names_the_years_without_a_score(default_model):
    scored = default_model.score_frame(YEARS)
    (named_years,) = re.findall(r"Stability has none in ([^;.]*?), mostly", PAGE)
    years = set()
    for part in re.split(r", | and\s+|\s+and ", named_years):
        first, last = (part.split("-") * 2)[:2]
        years |= set(range(int(first), int(last) + 1))
    assert years == set(YEARS.index[scored["stability"].isna()])
    assert "Escalation has no score in 2000, 2001 and 2019" in PAGE


def test_the_page_names_the_years_whose_score_lies_outside_its_interval():
    frame = riskmodel.series(YEARS.reset_index(), by="pair", time="year").to_frame()
    score, low, high = (frame[f"escalation_{part}"] for part in ("exact", "interval_low", "interval_high"))
    outside = frame["year"][(score < low - 1e-9) | (score > high + 1e-9)].tolist()
    assert f"as in {outside[0]}-{outside[-1]} of the example" in PAGE
    assert outside == list(range(outside[0], outside[-1] + 1))
