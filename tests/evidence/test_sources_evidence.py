"""The figures of docs/sources.md: they are those of the command, and say what is true of made events."""

import os
import re
import sys
from pathlib import Path

import pandas as pd
import pytest
from needs import lacking

import riskmodel

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "benchmarks" / "evidence")]

import page  # noqa: E402
import sources  # noqa: E402

PAGE = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
PUBLISHED = {"ISR": (0.29, 0.71), "EGY": (0.29, 0.69), "JOR": (0.40, 0.71), "SYR": (0.49, 0.84), "LBN": (0.31, 0.75)}
"""r and AUC of the days with talk between state or bare actors, computed with pandas from the same files."""


@pytest.fixture(scope="module")
def folder():
    if "RISKMODEL_REFERENCE_DATA" not in os.environ:
        pytest.skip("needs RISKMODEL_REFERENCE_DATA")
    folder = Path(os.environ["RISKMODEL_REFERENCE_DATA"])
    if not (folder / sources.EVENTS).exists():
        lacking("the events of the reference data", "RISKMODEL_REFERENCE_DATA")
    return folder


@pytest.fixture(scope="module")
def figures(folder):
    return sources.sections(folder)


def events(*rows):
    return pd.DataFrame(rows, columns=["date", "source", "target", "code"])


class TestOnReferenceData:
    def test_the_page_has_the_figures_of_the_command(self, figures):
        assert page.filled(PAGE, figures) == PAGE

    def test_days_of_talk_follow_contacts_as_well_as_was_measured_with_other_means(self, figures):
        for partner, (r, auc) in PUBLISHED.items():
            (line,) = [line for line in figures["talk"] if line.startswith(f"| USA-{partner} ")]
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert float(cells[3]) >= r - 0.02
            assert float(cells[4]) >= auc - 0.01

    def test_weak_is_called_weak(self, figures):
        (verdict,) = [line for line in figures["talk"] if line.startswith("**")]
        assert verdict.startswith("**Weak**")

    def test_actors_of_other_roles_are_left_out_as_counted_by_awk(self, folder):
        # Rows with two states, each bare or with GOV, MIL, SPY, LEG, JUD or COP after the state: 24,869 of 27,460.
        rows = pd.read_csv(folder / sources.EVENTS, dtype=str)
        assert len(rows) == 27_460
        assert len(sources.acts_of(rows)) == 24_869

    def test_a_trade_war_is_taken_for_war(self, folder):
        extract = folder / "events" / "gdelt_rewritten" / "mysql_usa_chn_2018.csv"
        source = {"kind": "gdelt", "path": str(extract), "covers": {"from": "2018-01", "to": "2018-10"}}
        period = {"from": "2018-01", "to": "2018-10"}
        recipe = {"format": 1, "pairs": ["CHN-USA"], "period": period, "sources": {"events": source}}
        months = riskmodel.indicators(recipe).to_frame()
        assert len(months) == 10
        assert set(months["military_activity"]) == {8, 10}


class TestOnMadeEvents:
    def test_an_act_is_between_two_states_by_their_own_actors(self):
        rows = events(
            ("1990-01-01", "USA", "ISRGOV", "042"),
            ("1990-01-01", "USAMIL", "ISRGOVMED", "042"),
            ("1990-01-01", "USABUS", "ISR", "042"),  # a company
            ("1990-01-01", "USA", "USAGOV", "042"),  # one state
            ("1990-01-01", "EUR", "ISR", "042"),  # a region
            ("1990-01-01", "USA", "ISR", "999"),  # no code
        )
        assert sources.acts_of(rows).line.tolist() == [2, 3]

    def test_talk_that_comes_with_every_contact_and_never_else_is_good(self):
        months = pd.period_range(sources.FIRST, sources.LAST, freq="M")
        with_contact = months[::3]
        made = [
            (f"{month}-{day:02}", "USA", partner, "042")
            for partner in sources.PARTNERS
            for month in with_contact
            for day in (3, 7)
        ]
        made += [(f"{month}-05", "USA", partner, "111") for partner in sources.PARTNERS for month in months]
        names = {"ISR": "israel", "EGY": "egypt", "JOR": "jordan", "SYR": "syria", "LBN": "lebanon"}
        contacts = pd.DataFrame(
            [(names[partner], f"{month}-04") for partner in sources.PARTNERS for month in with_contact],
            columns=["country_id", "start"],
        )
        lines = list(sources.talk(sources.by_month(events(*made)), contacts))
        row = f"| USA-ISR | {len(with_contact)} | {len(with_contact)} | 1.00 | 1.00 | 1.00 | 1.00 | 2.0 | 0.0 |"
        assert row in lines
        assert any(line.startswith("**Good**: r is 1.00 on average") for line in lines)

    @pytest.mark.parametrize(("r", "word"), [(0.1, "Hardly any"), (0.36, "Weak"), (0.6, "Fair"), (0.8, "Good")])
    def test_a_correlation_has_its_word(self, r, word):
        assert sources.strength(r) == word


def test_the_page_has_the_ways_of_the_shipped_derivations():
    assert page.filled(PAGE, {"ways": list(sources.ways())}) == PAGE


def test_the_text_around_the_figures_has_none_of_them():
    outside = re.sub(r"<!-- figures: \S+ -->.*?<!-- end -->", "", PAGE, flags=re.S)
    assert not re.search(r"\bAUC\b|\br is\b", outside)
