"""The evidence page says what its command finds, whatever the years, and the cases come out as the page lists them."""

import csv
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import command
import numpy as np
import pandas as pd
import pytest

from riskmodel.analysis.outcomes.metrics import auc

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "benchmarks" / "evidence"
sys.path.insert(0, str(EVIDENCE))

import cases  # noqa: E402
import dyads  # noqa: E402
import mapping  # noqa: E402
import onsets  # noqa: E402
import page  # noqa: E402
import pair  # noqa: E402
import reference  # noqa: E402
import within  # noqa: E402

FOLDER = os.environ.get("RISKMODEL_REFERENCE_DATA")
with_data = pytest.mark.skipif(not FOLDER, reason="RISKMODEL_REFERENCE_DATA names no folder of reference data")
PAGE = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
NUMBER = r"[+-]?\d+(?:\.\d+)?%?"
CLAUSE = re.compile(
    r"(points the right way|points the wrong way|is indistinguishable from chance) in "
    rf"((?:\d{{4}}-\d{{4}} \({NUMBER}, {NUMBER}(?:-| to ){NUMBER}\)(?:, | and )?)+)"
)
FIGURES = re.compile(rf"({NUMBER}), ({NUMBER})(?:-| to )({NUMBER})\)")


def made_up(first, last, seed, *, alliances=1, disorder=False):
    """Dyad-years of thirty pairs that are not equally quarrelsome.

    Alliances shift more where an onset follows (1) or less (-1); with disorder, pairs with many disputes are at peace.
    """
    random = np.random.default_rng(seed)
    rows = []
    for number in range(30):
        rate = 0.02 + 0.5 * (number / 30) ** 2
        happened = random.random(last - first + 120) < rate
        crises = happened & (random.random(len(happened)) < 0.4)
        for year in range(first, last + 1):
            at = year - first + 110
            since = next((years for years in range(100) if happened[at - years]), 100)
            follows = bool(happened[at + 1])
            dispute = float(random.integers(2, 5)) if happened[at] else 0.0
            peace = 1.0 - rate if not disorder else min(1.0, rate + 0.3 * (since < 2))
            rows.append({
                "ccode1": 2, "ccode2": 365 if number == 29 else 400 + number, "year": year,
                "dyad": pair.PAIR if number == 29 else f"USA-P{number:02}", "pop_primary": 1,
                "mid_host_t": dispute, "icb_crisis_t": float(crises[at]), "peace_years": float(since),
                "mid_onsets_5y": float(happened[at - 4 : at + 1].sum()),
                "icb_onsets_5y": float(crises[at - 4 : at + 1].sum()),
                "rivalry": float(number > 8), "rivalry_last10": 0.0, "other_mids_t": float(random.poisson(2)),
                "alliance_shift_max": float(np.clip(0.5 + 0.3 * alliances * follows + random.normal(0, 0.1), 0, 1)),
                "trade_drop": min(1.0, random.normal(0, 0.3)) if random.random() < 0.7 else np.nan,
                "us_contacts_drop": random.normal(0, 2),
                "y_mid_any": float(follows or random.random() < 0.5 * (dispute > 0)),
                "y_mid_onset": float(follows), "y_icb_onset": float(crises[at + 1]), dyads.PEACE: peace,
            })  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module", name="listing")
def listing_of_cases():
    return cases.cases()


@pytest.fixture(scope="module")
def data():
    return reference.read(Path(FOLDER), until=1989)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The sections of made-up years to 1989, with later ones in a file of their own in which alliances turn round."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "dyads").mkdir()
    (folder / "us_russia").mkdir()
    made_up(1946, 1989, 1).to_csv(folder / "dyads" / "dyad_year_1946_1989.csv", index=False)
    later = made_up(1991, 2014, 2, alliances=-1, disorder=True)
    later.loc[later["year"] >= 2013, "y_mid_onset"] = np.nan
    later.to_csv(folder / "later.csv", index=False)
    meetings = pd.DataFrame({"year": range(1945, 2020), "total": np.random.default_rng(3).poisson(3, 75)})
    meetings.to_csv(folder / "us_russia" / "us_russia_contacts_per_year.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKMODEL_REFERENCE_DATA", str(folder))
        patch.setattr(within, "WORLDS", 5)
        both = reference.read(folder / "later.csv", resamples=60)
        return both, page.sections(both)


def outside(text):
    """The prose of the page: what stands between the sections of figures."""
    return re.sub(r"<!-- figures: .*?<!-- end -->", "", text, flags=re.S)


def check_clauses(text):
    """Hold every clause with an interval against what it says; return how many there are."""
    checked = 0
    for phrase, periods in CLAUSE.findall(text):
        for figures in FIGURES.findall(periods):
            value, low, high = map(float, figures)
            assert low - 0.01 <= value <= high + 0.01
            # Ends are written to two decimals.
            right = {
                "points the right way": low >= 0.495,
                "points the wrong way": high <= 0.505,
                "is indistinguishable from chance": low <= 0.505 and high >= 0.495,
            }
            assert right[phrase], (phrase, periods)
            checked += 1
    return checked


class TestAnyYears:
    """What is written of years that nobody has seen follows from their figures."""

    def test_every_section_has_the_later_years_or_says_why_not(self, made):
        _, sections = made
        assert sections[page.HEAD]
        for name, lines in sections.items():
            text = "\n".join(lines)
            assert (
                "1991-2014, held out" in text
                or (name, "1991-2014" in text) == (page.HEAD, True)
                or pair.BY_HAND in text
            ), name

    def test_the_names_of_the_sections_are_those_of_the_page(self, made):
        assert set(re.findall(r"<!-- figures: (\S+) -->", PAGE)) == set(made[1])

    def test_no_figure_is_missing_or_not_a_number(self, made):
        for lines in made[1].values():
            assert not re.search(r"\bnan\b|\bNone\b|\binf\b", "\n".join(lines))

    def test_sentences_say_what_their_intervals_say(self, made):
        assert sum(check_clauses("\n".join(lines)) for lines in made[1].values()) > 20

    def test_every_figure_of_a_sentence_stands_in_a_table_of_its_section(self, made):
        for name in ("discrimination", "within", "meetings", "stability"):
            text = "\n".join(made[1][name])
            tables = "\n".join(line for line in text.splitlines() if line.startswith("|"))
            for _, periods in CLAUSE.findall(text):
                for value, low, high in FIGURES.findall(periods):
                    assert f"{value} ({low}-{high})" in tables

    def test_a_change_of_sign_is_reported(self, made):
        (alliances,) = [line for line in made[1][page.HEAD] if "A shift of alliances" in line]
        for_disputes = alliances.split("; for crisis onsets")[0]
        assert re.search(r"points the right way in 1946-1980 \(0\.\d+\) and 1981-1989", for_disputes)
        assert re.search(r"points the wrong way in 1991-2014 \(0\.[0-4]\d\)", for_disputes)
        right, wrong = made[1]["indicators"][-4:-2]
        assert "`alliance_realignment` (dispute onset 1946-1980, dispute onset 1981-1989" in right
        assert re.search(r"`alliance_realignment` \(dispute onset 1991-2014", wrong)

    def test_bands_in_the_wrong_order_are_reported(self, made):
        (sentence,) = [line for line in made[1]["stability"] if "Bands of stability" in line]
        early, late = sentence.split("in 1991-2014 ")
        assert "wrong order" not in early
        assert "wrong order" in late

    def test_it_says_whether_later_years_are_in_it(self, made):
        assert made[1]["rows"][-1] == mapping.SEEN
        assert mapping.UNSEEN in PAGE

    def test_both_constants_are_there(self, made):
        both, sections = made
        text = "\n".join(sections["reliability"])
        happened, known = reference.events(both, "y_mid_onset")
        (tuned, _, later) = (rows & known for rows in both.periods.values())
        assert f"better than the rate before ({happened[tuned].mean():.1%}) by" in text
        assert f"better than the rate itself ({happened[later].mean():.1%}), known only afterwards, by" in text

    def test_a_pair_is_never_pooled_over_periods(self, made):
        years = [line.split("|")[3].strip() for line in made[1]["meetings"] if line.startswith("|")][2:]
        assert {span.split(", ")[1] for span in years} == {"tuned on", "tested on", "held out"}
        for span in years:
            first, last = span.split(",")[0].split("-")
            assert (first < "1981") == (last < "1981")
            assert (first < "1990") == (last < "1990")

    def test_later_years_change_nothing_of_the_years_before(self, made, monkeypatch):
        monkeypatch.setattr(within, "WORLDS", 5)
        both, sections = made
        early = both.table[both.table["year"] <= 1989].reset_index(drop=True)
        before = replace(both, table=early, mapped=dyads.situations(early), _validations={})
        numbers = re.compile(r"\d\.\d{3} \(\d\.\d\d-\d\.\d\d\)")
        for name in ("discrimination", "within", "meetings", "indicators", "stability", "bands"):
            new = "\n".join(sections[name])
            lines = page.SECTIONS[name](before).lines
            old = numbers.findall("\n".join(line for line in lines if line.startswith("|")))
            assert len(old) > 9
            assert [figure for figure in old if figure not in new] == [], name

    def test_a_file_alone_gives_a_page_that_says_what_it_lacks(self, tmp_path, monkeypatch):
        monkeypatch.delenv("RISKMODEL_REFERENCE_DATA", raising=False)
        monkeypatch.setattr(within, "WORLDS", 3)
        later = made_up(1991, 2005, 4)
        blank = ["mid_host_t", "mid_onsets_5y", "peace_years", "trade_drop", "y_mid_onset", dyads.PEACE]
        later.loc[later["year"] >= 2000, blank] = np.nan
        later.to_csv(tmp_path / "later.csv", index=False)
        alone = reference.read(tmp_path / "later.csv", resamples=20)
        sections = page.sections(alone)
        happened, known = reference.events(alone, "y_mid_onset")
        rows = known & alone.mapped["peace_years"].notna().to_numpy()
        (score,) = [line for line in sections["discrimination"][:4] if line.startswith(f"| {onsets.SCORE} ")]
        assert f"{auc(happened[rows], alone.escalation[rows]):.3f}" in score
        assert sections["reliability"] == sections["weights"] == [reference.NOT_COMPUTED]
        assert "is not in the data" in sections["meetings"][0]
        assert not any("nan" in line for lines in sections.values() for line in lines)

    def test_a_file_that_is_none_of_dyad_years_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.delenv("RISKMODEL_REFERENCE_DATA", raising=False)
        (tmp_path / "other.csv").write_text("dyad,year\nA-B,1991\n")
        with pytest.raises(SystemExit, match=r"other\.csv: these are no dyad-years; there is no column 'ccode1'"):
            reference.read(tmp_path / "other.csv")
        with pytest.raises(SystemExit, match="no dyads/dyad_year"):
            reference.read(tmp_path)

    def test_the_mapping_says_what_the_model_does_for_want_of_figures(self, made):
        text = "\n".join(made[1]["mapping"])
        for name, value in mapping.assumptions().items():
            if name in dyads.NOT_MAPPED:
                (line,) = [line for line in text.splitlines() if line.startswith(f"- `{name}`")]
                assert ("The model assumes nothing" in line) == (value is None)
        coverage = made[0].scores["escalation_coverage"][made[0].mapped["year"] <= 1980].mean()
        assert f"Mean coverage of the escalation score: {coverage:.0%} in 1946-1980" in text


class TestProse:
    """What the page says outside its sections holds whatever the figures are."""

    def test_it_has_no_figure_and_no_verdict(self):
        prose = outside(PAGE)
        assert not re.search(r"\d\.\d{3}|\(\d\.\d+-\d\.\d+\)", prose)
        assert set(re.findall(r"\d+(?:\.\d+)? ?%", prose)) == {"95 %"}
        assert not re.search(r"1981-1989 (?:the|it)|in about \d+ of 100|tells? nothing\b", prose)

    def test_its_sentences_say_what_their_intervals_say(self):
        assert check_clauses(PAGE) > 20

    @pytest.mark.parametrize("name", ["trade\\_disruption", "alliance\\_realignment", "us\\_contacts\\_drop (high)"])
    def test_the_readme_is_right_that_little_of_such_claims_was_borne_out(self, name):
        (line,) = [line for line in PAGE.splitlines() if re.match(rf"\| {re.escape(name)} \| [\d,]+ \(", line)]
        areas = [float(area) for area in re.findall(r"(\d\.\d{3}) \(", line)]
        assert len(areas) == 4
        assert max(areas) < 0.62


class TestCases:
    def test_there_are_thirteen_and_each_has_its_example(self, listing):
        assert len(listing) == 13
        years = {int(path.stem.split("_")[1]) for path in cases.EXAMPLES.glob("case_*")}
        assert {case.year for case in listing} == years

    def test_the_opposite_went_the_other_way_and_no_such_case_is_nearer(self, listing):
        for case in listing:
            others = [other for other, way in cases.DIRECTIONS.items() if way != case.direction]
            assert case.opposite_year in others
            assert min(abs(other - case.year) for other in others) == abs(case.opposite_year - case.year)

    def test_at_least_eleven_agree_by_direction(self, listing):
        assert sum(case.agrees("escalation") for case in listing) >= 11

    def test_the_page_lists_each_of_them_and_those_that_are_wrong_as_wrong(self, listing):
        for case in listing:
            (line,) = [
                line for line in PAGE.splitlines() if line.startswith(f"| {case.year} | {case.assessment.title}")
            ]
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            own, other = case.assessment["escalation"], case.opposite["escalation"]
            assert cells[4:6] == [f"{own.reported} {own.band}", str(other.reported)]
            assert cells[6] == ("yes" if (own.value > other.value) == (case.direction == "up") else "no")

    def test_the_page_names_the_cases_that_went_down_and_lie_high(self, listing):
        down = [case for case in listing if case.direction == "down"]
        high = [str(case.year) for case in down if case.assessment["escalation"].band in ("high", "severe")]
        sentence = f"Of the {len(down)} cases that went down, {len(high)} still lie in *high* or *severe*"
        (line,) = [line for line in PAGE.splitlines() if line.startswith(f"- {sentence}")]
        assert re.findall(r"\d{4}", line) == high

    @with_data
    def test_the_directions_are_those_of_the_experts(self):
        with (Path(FOLDER) / "us_russia" / "reference_cases.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {int(row["year"]) for row in rows} == set(cases.DIRECTIONS)
        for row in rows:
            direction = row["expert_direction"].lower()
            assert direction.startswith(cases.DIRECTIONS[int(row["year"])]) or (
                direction.startswith("mixed (down") and row["year"] == "1986"
            )


@with_data
class TestPage:
    @pytest.mark.slow
    def test_its_figures_are_those_of_the_command(self, data):
        assert page.filled(PAGE, page.sections(data)) == PAGE

    def test_nothing_of_what_is_mapped_comes_from_the_year_after(self, data):
        blind = data.table.copy()
        for column in blind.columns:
            if column.startswith("y_") or column == dyads.PEACE:
                blind[column] = 0.0
        mapped, kept = dyads.situations(blind), data.mapped
        for entry in dyads.MAPPING:
            assert mapped[entry.indicator].equals(kept[entry.indicator])

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
            for rows in data.periods.values():
                chosen = rows & known
                score, history, now = (
                    auc(happened[chosen], reference.scored(data, spec, without)[chosen])
                    for without in ((), onsets.PRESENT, onsets.HISTORY)
                )
                assert score > 0.7
                assert history > now

    def test_the_readme_is_right_that_it_tells_pairs_apart_rather_than_years_of_one(self, data):
        for outcome in dyads.OUTCOMES:
            happened, known = reference.events(data, outcome)
            for rows in data.periods.values():
                wins = data.wins(happened, data.escalation, rows & known)
                assert wins.within(0).value < 0.6
                assert wins.area(0).value > 0.7


@with_data
@pytest.mark.parametrize("name", ["validation", "calibration"])
def test_the_examples_of_the_docs_print_what_they_show(name, data, tmp_path):
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    (block,) = [block for block in re.findall(r"```console\n\$ (.*?)```", text, re.DOTALL) if "mapped.csv" in block]
    words, shown = block.split("\n", 1)
    data.mapped.to_csv(tmp_path / "mapped.csv", index=False)
    done = command.run(*words.split()[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == shown
