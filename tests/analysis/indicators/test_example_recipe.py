"""The example of the United States and Russia: its lists hold what they say, and lead to scores of every month."""

import csv
import os
from pathlib import Path

import pandas as pd
import pytest

import riskmodel
from riskmodel.report.analyses.indicators import summary_lines

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "examples" / "us_russia"
RECIPE = ROOT / "examples" / "recipe_us_russia.yaml"


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def result():
    return riskmodel.indicators(RECIPE)


@pytest.fixture(scope="module")
def months(result):
    return result.to_frame().set_index("period")


def test_the_page_shows_the_summary(result):
    text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert "\n".join(["```text", *summary_lines(result), "```"]) in text


class TestLists:
    def test_contacts_are_as_many_as_the_page_says_in_order_and_each_once(self):
        starts = [row["start"] for row in rows("contacts.csv")]
        assert starts == sorted(set(starts))
        assert f"{len(starts)} official contacts" in (FOLDER / "README.md").read_text(encoding="utf-8")

    def test_disputes_are_as_many_as_the_page_says(self):
        assert f"{len(rows('disputes.csv'))} militarised disputes" in (FOLDER / "README.md").read_text(encoding="utf-8")

    @pytest.mark.skipif("RISKMODEL_REFERENCE_DATA" not in os.environ, reason="needs RISKMODEL_REFERENCE_DATA")
    def test_contacts_begin_on_the_days_of_another_list_of_the_same_meetings(self):
        other = pd.read_csv(
            Path(os.environ["RISKMODEL_REFERENCE_DATA"]) / "us_russia" / "us_russia_highlevel_contacts_1945_2025.csv"
        )
        assert [row["start"] for row in rows("contacts.csv")] == sorted(
            other["date"][other["year"].between(2000, 2014)]
        )

    def test_treaties_have_the_values_of_the_years(self):
        years = pd.read_csv(ROOT / "examples" / "us_russia_years.csv").set_index("year")["arms_control_engagement"]
        assert {int(row["year"]): float(row["engagement"]) for row in rows("treaties.csv")} == dict(
            years.loc[2000:2014].astype(float)
        )


class TestMonths:
    """By hand from the lists."""

    def test_there_is_a_row_for_each_of_fifteen_years(self, months):
        assert len(months) == 180
        assert (months.index[0], months.index[-1]) == ("2000-01", "2014-12")

    def test_contacts_of_a_month_are_counted(self, months):
        talks = months["communication_frequency"]
        assert talks["2014-03"] == 2  # London on the 14th, Paris on the 29th
        assert talks["2003-05"] == 2  # the 13th to the 15th, and the 31st
        assert talks["2014-02"] == 0

    def test_disputes_of_five_years_are_counted(self, months):
        history = months["dispute_history"]
        assert history["2000-12"] == 5  # 1997, 1999 and three in 2000
        assert history["2010-12"] == 0
        assert history["2014-12"] == 4  # 2011, 2013 and two in 2014

    def test_peace_begins_with_the_end_of_the_last_dispute(self, months):
        peace = months["peace_years"]
        assert peace["2000-03"] == 0  # a dispute from February to April
        assert peace["2006-07"] == 5  # since 31 December 2000
        assert peace["2014-05"] == 0

    def test_what_no_list_covers_is_blank(self, months):
        for name in ("military_activity", "espionage", "trade_disruption", "public_hostility"):
            assert months[name].isna().all()

    def test_all_months_are_scored(self, months, default_model):
        scored = default_model.score_frame(months.reset_index())
        assert scored["escalation"].notna().all()
        assert scored["stability"].notna().all()
