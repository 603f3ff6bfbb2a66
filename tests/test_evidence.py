"""The evidence page says what its command finds, and the reference cases come out as the page lists them."""

import csv
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import command
import pandas as pd
import pytest

from riskmodel.analysis.discrimination import auc

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks" / "evidence"))

import cases  # noqa: E402
import dyads  # noqa: E402
import onsets  # noqa: E402
import page  # noqa: E402
import reference  # noqa: E402

FOLDER = os.environ.get("RISKMODEL_REFERENCE_DATA")
with_data = pytest.mark.skipif(not FOLDER, reason="RISKMODEL_REFERENCE_DATA names no folder of reference data")
PAGE = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module", name="found")
def found_cases():
    return cases.cases()


@pytest.fixture(scope="module")
def data():
    return reference.read(Path(FOLDER), until=1989)


class TestCases:
    def test_there_are_thirteen_and_each_has_its_example(self, found):
        assert len(found) == 13
        assert {case.year for case in found} == {int(path.stem.split("_")[1]) for path in cases.EXAMPLES.glob("case_*")}

    def test_the_opposite_went_the_other_way_and_no_such_case_is_nearer(self, found):
        for case in found:
            others = [other for other, way in cases.DIRECTIONS.items() if way != case.direction]
            assert case.opposite_year in others
            assert min(abs(other - case.year) for other in others) == abs(case.opposite_year - case.year)

    def test_at_least_eleven_agree_by_direction(self, found):
        assert sum(case.agrees("escalation") for case in found) >= 11

    def test_the_page_lists_each_of_them_and_those_that_are_wrong_as_wrong(self, found):
        for case in found:
            (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {case.year} | {case.found.title}")]
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            own, other = case.found["escalation"], case.opposite["escalation"]
            assert cells[4:6] == [f"{own.reported} {own.band}", str(other.reported)]
            assert cells[6] == ("yes" if (own.value > other.value) == (case.direction == "up") else "no")

    @with_data
    def test_the_directions_are_those_of_the_experts(self):
        with (Path(FOLDER) / "us_russia" / "reference_cases.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {int(row["year"]) for row in rows} == set(cases.DIRECTIONS)
        for row in rows:
            told = row["expert_direction"].lower()
            assert told.startswith(cases.DIRECTIONS[int(row["year"])]) or (
                told.startswith("mixed (down") and row["year"] == "1986"
            )


@with_data
class TestPage:
    def test_its_figures_are_those_of_the_command(self):
        assert page.filled(PAGE, page.sections(Path(FOLDER), until=1989)) == PAGE

    def test_later_years_stand_apart_and_change_nothing_else(self, data, monkeypatch):
        monkeypatch.setattr(reference, "RESAMPLES", 20)
        later = data.table[data.table["year"] >= 1985].assign(year=lambda rows: rows["year"] + 20)
        table = pd.concat([data.table, later], ignore_index=True)
        both = replace(data, table=table, mapped=dyads.situations(table))
        assert list(both.periods)[:2] == list(data.periods)
        assert list(both.periods)[2] == "2005-2009, held out"
        before, after = list(onsets.discrimination(data)), list(onsets.discrimination(both))
        compared = 0
        for old, new in zip(before, after, strict=True):
            kept, cells = old.split("|")[1:-1], new.split("|")[1:-1]
            assert [*cells[:3], *cells[4:6]] == kept
            compared += bool(kept)
        assert compared > 15

    def test_years_held_out_alone_give_a_page_whatever_is_blank_in_them(self, data, tmp_path, monkeypatch):
        monkeypatch.setattr(reference, "RESAMPLES", 20)
        later = data.table[data.table["year"] >= 1970].assign(year=lambda rows: rows["year"] + 25)
        blank = ["mid_host_t", "mid_onsets_5y", "peace_years", "trade_drop", "y_mid_onset", dyads.PEACE]
        later.loc[later["year"] >= 2011, blank] = float("nan")
        (tmp_path / "dyads").mkdir()
        later.to_csv(tmp_path / "dyads" / "dyad_year_1995_2014.csv", index=False)
        found = page.sections(tmp_path)
        (score,) = [line for line in found["discrimination"][:4] if line.startswith(f"| {onsets.SCORE} ")]
        shipped = reference.read(tmp_path)
        happened, known = reference.events(shipped, "y_mid_onset")
        there = known & shipped.mapped["peace_years"].notna().to_numpy()
        assert f"{auc(happened[there], shipped.escalation[there]):.3f}" in score
        assert found["reliability"] == found["rules"] == [reference.NOT_COMPUTED]
        assert not any("nan" in line for lines in found.values() for line in lines)

    def test_nothing_of_what_is_mapped_comes_from_the_year_after(self, data):
        blind = data.table.copy()
        for column in blind.columns:
            if column.startswith("y_") or column == dyads.PEACE:
                blind[column] = 0.0
        told, kept = dyads.situations(blind), data.mapped
        for one in dyads.MAPPING:
            assert told[one.indicator].equals(kept[one.indicator])

    def test_what_is_not_known_stays_missing(self, data):
        pairs = {"rivalry": "standing_rivalry", "mid_host_t": "military_activity", "trade_drop": "trade_disruption"}
        for column, name in pairs.items():
            unknown = dyads.situations(data.table.assign(**{column: float("nan")}))
            assert unknown[name].isna().all(), name
        assert set(dyads.NOT_MAPPED).isdisjoint(unknown.columns)

    def test_history_tells_more_than_the_present_and_the_score_more_than_chance(self, data):
        spec = reference.spec_without_least_coverage()
        for outcome in ("y_mid_onset", "y_icb_onset"):
            happened, known = reference.events(data, outcome)
            present = [one.indicator for one in dyads.MAPPING if one.indicator not in onsets.HISTORY]
            for rows in data.periods.values():
                chosen = rows & known
                score, history, now = (
                    auc(
                        happened[chosen],
                        reference.scored(data, spec, without)[chosen],
                    )
                    for without in ((), present, onsets.HISTORY)
                )
                assert score > 0.7
                assert history > now


@with_data
@pytest.mark.parametrize("name", ["validation", "calibration"])
def test_the_examples_of_the_docs_print_what_they_show(name, data, tmp_path):
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    (block,) = [found for found in re.findall(r"```console\n\$ (.*?)```", text, re.DOTALL) if "mapped.csv" in found]
    text, shown = block.split("\n", 1)
    data.mapped.to_csv(tmp_path / "mapped.csv", index=False)
    done = command.run(*text.split()[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == shown


def test_what_the_page_says_of_the_bands_of_the_cases(found):
    down = {case.year: case.found["escalation"].band for case in found if case.direction == "down"}
    assert [year for year, band in down.items() if band == "high"] == [1972, 1986, 1987, 2021]
    assert "1972, 1986, 1987 and 2021" in PAGE
    assert len(down) == 6
