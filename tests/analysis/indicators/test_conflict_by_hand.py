"""Indicators of conflict from small files, with values worked out by hand from the rules in the derivations file."""

import math
from types import MappingProxyType

import pytest

from riskmodel.analysis.indicators.analysis import indicators

GED = "id,date_start,date_end,country_id,best,low,high,gwnoa,gwnob"


@pytest.fixture
def derived(tmp_path):
    """Return a function that derives one indicator of a pair, and returns its values by month, None where blank.

    Files are lines by name; the numbers of states are those of Gleditsch and Ward: 155 Chile, 160 Argentina, 145
    Bolivia, 135 Peru, 140 Brazil.
    """

    def result(indicator, pair, start, end, kind, lines, covers, borders=None):
        (tmp_path / "data.csv").write_text("\n".join(lines) + "\n")
        recipe = {
            "format": 1,
            "pairs": [pair],
            "period": {"from": start, "to": end},
            "sources": {"data": {"kind": kind, "path": str(tmp_path / "data.csv"), "covers": dict(covers)}},
        }
        if borders is not None:
            (tmp_path / "borders.csv").write_text("\n".join(("state_a,state_b,from,to", *borders)) + "\n")
            recipe["borders"] = str(tmp_path / "borders.csv")
        frame = indicators(recipe).to_frame()
        values = frame[indicator].astype(float)
        return {
            period: None if math.isnan(value) else value for period, value in zip(frame["period"], values, strict=True)
        }

    return result


class TestDisputeHistory:
    LIST = (
        "pair,start,end",
        "USA-RUS,2010-03-15,2010-04-01",
        "RUS-USA,2012-01-01,2012-01-01",
        "USA-RUS,2014-12-31,2015-02-01",
        "USA-RUS,2015-01-01,2015-03-01",
        "USA-CHN,2014-06-01,2014-06-02",
    )

    def test_disputes_that_began_in_the_five_years_up_to_the_end_of_the_month_count(self, derived):
        """The window of 2015-03 begins in 2010-04, so that the dispute of 2010-03 counts up to 2015-02."""
        covers = {"from": "2010-01", "to": "2016-12", "pairs": "all"}
        values = derived("dispute_history", "USA-RUS", "2014-11", "2015-04", "disputes", self.LIST, covers)
        assert values == {
            "2014-11": None,  # the window begins in 2009-12, before the list
            "2014-12": 3,
            "2015-01": 4,
            "2015-02": 4,
            "2015-03": 3,
            "2015-04": 3,
        }

    def test_a_pair_that_a_list_does_not_cover_is_blank_and_one_that_it_covers_is_0(self, derived):
        covers = {"from": "2000", "to": "2016", "pairs": "listed"}
        assert derived("dispute_history", "FRA-DEU", "2010-01", "2010-01", "disputes", self.LIST, covers) == {
            "2010-01": None
        }
        covers["pairs"] = "all"
        assert derived("dispute_history", "FRA-DEU", "2010-01", "2010-01", "disputes", self.LIST, covers) == {
            "2010-01": 0
        }

    def test_years_of_one_dispute_in_a_dyadic_file_count_once(self, derived):
        header = "disno,dyindex,statea,namea,stateb,nameb,strtday,strtmnth,strtyr,endday,endmnth,endyear,year,hihost"
        rows = [f"9,1,2,USA,365,RUS,-9,5,2010,3,1,2012,{year},4" for year in (2010, 2011, 2012)]
        covers = {"from": "2000", "to": "2014"}
        values = derived("dispute_history", "USA-RUS", "2010-04", "2010-05", "disputes", (header, *rows), covers)
        assert values == {"2010-04": 0, "2010-05": 1}

    def test_deaths_with_less_than_a_year_between_are_one_dispute(self, derived):
        rows = [
            f"{number},{day},{day},160,5,5,5,160,155"
            for number, day in enumerate(("2005-01-10", "2005-12-20", "2006-11-01", "2008-02-01"))
        ]
        covers = {"from": "2000", "to": "2014", "pairs": "all"}
        values = derived("dispute_history", "ARG-CHL", "2008-01", "2010-02", "ucdp_ged", (GED, *rows), covers)
        assert values["2008-01"] == 1
        assert values["2008-02"] == 2
        assert values["2009-12"] == 2
        assert values["2010-01"] == 1  # the window begins in 2005-02, after the first episode has begun
        assert values["2010-02"] == 1


class TestPeaceYears:
    COVERS = MappingProxyType({"from": "1985", "to": "2016", "pairs": "all"})

    def test_full_years_count_from_the_last_day_of_the_last_dispute(self, derived):
        lines = ("pair,start,end", "USA-RUS,2012-06-01,2012-06-30")
        values = derived("peace_years", "USA-RUS", "2012-05", "2014-06", "disputes", lines, self.COVERS)
        assert values["2012-06"] == 0
        assert values["2013-05"] == 0
        assert values["2013-06"] == 1
        assert values["2014-05"] == 1
        assert values["2014-06"] == 2

    def test_a_long_dispute_is_not_ended_by_a_short_one_within(self, derived):
        lines = ("pair,start,end", "USA-RUS,2000-01-01,2014-01-01", "USA-RUS,2010-01-01,2010-02-01")
        values = derived("peace_years", "USA-RUS", "2013-12", "2015-01", "disputes", lines, self.COVERS)
        assert values["2013-12"] == 0
        assert values["2014-12"] == 0
        assert values["2015-01"] == 1

    def test_without_a_dispute_they_count_from_when_both_states_exist(self, derived):
        """Ukraine is a state from 1991 on; from 1991-01-01 to 2001-12-31 are ten full years."""
        lines = ("pair,start,end", "USA-RUS,2012-06-01,2012-06-30")
        values = derived("peace_years", "POL-UKR", "2001-11", "2002-01", "disputes", lines, self.COVERS)
        assert values == {"2001-11": 10, "2001-12": 10, "2002-01": 11}

    def test_they_are_blank_where_the_last_dispute_may_be_older_than_the_list(self, derived):
        lines = ("pair,start,end", "USA-RUS,2012-06-01,2012-06-30")
        values = derived("peace_years", "USA-CHN", "2001-12", "2001-12", "disputes", lines, self.COVERS)
        assert values == {"2001-12": None}

    def test_an_ongoing_dispute_is_no_peace(self, derived):
        lines = ("pair,start,end", "USA-RUS,2012-06,ongoing")
        values = derived("peace_years", "USA-RUS", "2016-11", "2016-12", "disputes", lines, self.COVERS)
        assert values == {"2016-11": 0, "2016-12": 0}


class TestRegionalInstability:
    """Chile adjoins Argentina, and Peru adjoins Bolivia; Chile and Peru do not adjoin in this table of borders."""

    BORDERS = ("CHL,ARG,,", "PER,BOL,,", "ARG,BRA,,")
    COVERS = MappingProxyType({"from": "2009", "to": "2012", "pairs": "all"})

    def value(self, derived, deaths_by_place, month="2010-12", pair="CHL-PER"):
        rows = [
            f"{number},2010-05-10,2010-05-10,{place},{deaths},0,99999,,"
            for number, (place, deaths) in enumerate(deaths_by_place)
        ]
        values = derived(
            "regional_instability", pair, month, month, "ucdp_ged", (GED, *rows), self.COVERS, self.BORDERS
        )
        return values[month]

    @pytest.mark.parametrize(("deaths", "value"), [(0, 0), (25, 3), (100, 5), (1000, 7), (10000, 10), (50000, 10)])
    def test_the_points_of_the_scale(self, derived, deaths, value):
        assert self.value(derived, [(160, deaths)]) == pytest.approx(value)

    def test_between_them_it_is_straight_in_the_logarithm(self, derived):
        """60 in Argentina and 39 in Bolivia: log10(100) = 2 lies between log10(26) = 1.41497 and log10(101) = 2.00432.

        3 + (5 - 3) * (2 - 1.41497) / (2.00432 - 1.41497) = 4.98534.
        """
        assert self.value(derived, [(160, 60), (145, 39)]) == pytest.approx(4.98534, abs=2e-5)

    def test_deaths_in_the_two_and_beyond_the_neighbours_do_not_count(self, derived):
        assert self.value(derived, [(155, 500), (135, 500), (140, 500)]) == 0

    def test_the_two_count_where_they_adjoin_each_other(self, derived):
        assert self.value(derived, [(155, 100)], pair="ARG-CHL") == pytest.approx(5)

    def test_deaths_count_for_the_twelve_months_from_theirs(self, derived):
        assert self.value(derived, [(160, 100)], month="2010-04") == 0
        assert self.value(derived, [(160, 100)], month="2010-05") == pytest.approx(5)
        assert self.value(derived, [(160, 100)], month="2011-04") == pytest.approx(5)
        assert self.value(derived, [(160, 100)], month="2011-05") == 0

    def test_deaths_of_a_row_are_spread_over_its_days(self, derived):
        """Ten days from 2010-04-28: three in April, seven in May, so that 70 of 100 deaths are left in 2011-04.

        3 + 2 * (log10(71) - log10(26)) / (log10(101) - log10(26)) = 3 + 2 * 0.436285 / 0.589348 = 4.48057.
        """
        rows = (GED, "1,2010-04-28,2010-05-07,160,100,0,999,,")
        values = derived(
            "regional_instability", "CHL-PER", "2010-04", "2011-05", "ucdp_ged", rows, self.COVERS, self.BORDERS
        )
        assert values["2010-05"] == pytest.approx(5)
        assert values["2011-03"] == pytest.approx(5)
        assert values["2011-04"] == pytest.approx(4.48057, abs=2e-5)
        assert values["2011-05"] == 0
        # 30 in April: 3 + 2 * (log10(31) - log10(26)) / 0.589348 = 3 + 2 * 0.076388 / 0.589348 = 3.25923
        assert values["2010-04"] == pytest.approx(3.25923, abs=2e-5)

    def test_it_is_blank_where_the_twelve_months_are_not_covered(self, derived):
        assert self.value(derived, [(160, 100)], month="2009-11") is None
        assert self.value(derived, [(160, 100)], month="2009-12") == 0
        assert self.value(derived, [(160, 100)], month="2013-01") is None


def test_a_death_in_fighting_between_the_two_is_military_activity_of_10(derived):
    rows = (
        GED,
        "1,2010-05-10,2010-05-10,160,1,1,1,155,160",
        "2,2010-07-10,2010-07-10,160,0,0,9,160,155",
        "3,2010-08-10,2010-08-10,160,9,9,9,160,",
    )
    covers = {"from": "2009", "to": "2012", "pairs": "all"}
    values = derived("military_activity", "ARG-CHL", "2010-05", "2010-08", "ucdp_ged", rows, covers)
    assert values == {"2010-05": 10, "2010-06": None, "2010-07": None, "2010-08": None}


class TestSeveralSources:
    """Sources of one kind together, by whole recipes."""

    @pytest.fixture
    def frame(self, tmp_path):
        """Return a function that derives a table from sources: name, kind, lines, and more of the recipe."""

        def result(pairs, period, **sources):
            content = {}
            for name, (kind, lines, more) in sources.items():
                (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
                content[name] = {"kind": kind, "path": str(tmp_path / f"{name}.csv"), **more}
            return indicators({"format": 1, "pairs": pairs, "period": period, "sources": content}).to_frame()

        return result

    ALL = MappingProxyType({"covers": {"from": "2000", "to": "2015", "pairs": "all"}})

    def test_a_dispute_that_two_lists_have_counts_once(self, frame):
        mine = ("pair,start,end", "USA-RUS,2010-05-01,2010-05-20", "USA-RUS,2011-01-01,2011-01-05")
        theirs = ("pair,start,end", "RUS-USA,2010-05-18,2010-06-20", "USA-RUS,2012-01-01,2012-01-05")
        table = frame(
            ["USA-RUS"],
            {"from": "2012-12", "to": "2012-12"},
            mine=("disputes", mine, self.ALL),
            theirs=("disputes", theirs, self.ALL),
        )
        assert table["dispute_history"].tolist() == [3]

    def test_an_event_that_two_files_of_ged_have_counts_once(self, frame):
        """Without the repeat 100 deaths in the state next door, 5 on the scale; with it 200, which would be 5.6."""
        first = (GED, "1,2010-05-10,2010-05-10,70,60,0,99,,", "2,2010-06-10,2010-06-10,70,40,0,99,,")
        second = (GED, "1,2010-05-10,2010-05-10,70,60,0,99,,", "2,2010-06-10,2010-06-10,70,40,0,99,,")
        table = frame(
            ["USA-RUS"],
            {"from": "2010-12", "to": "2010-12"},
            release=("ucdp_ged", first, self.ALL),
            candidate=("ucdp_ged", second, self.ALL),
        )
        assert table["regional_instability"].tolist() == pytest.approx([5])

    def test_the_value_of_a_year_is_that_of_its_last_month(self, frame):
        lines = ("pair,start,end", "USA-RUS,2010-05-01,2010-05-20", "USA-RUS,2011-12-01,2011-12-05")
        table = frame(["USA-RUS"], {"from": "2010", "to": "2012", "step": "year"}, mine=("disputes", lines, self.ALL))
        assert table["period"].tolist() == ["2010", "2011", "2012"]
        assert table["dispute_history"].tolist() == [1, 2, 2]
        assert table["peace_years"].tolist() == [0, 0, 1]

    def test_an_export_of_acled_covers_what_the_recipe_says(self, frame):
        lines = (
            "event_id_cnty,event_date,actor1,actor2,country,fatalities",
            "MEX1,2010-05-10,A,B,Mexico,100",
            "MEX2,2012-05-10,A,B,Mexico,0",
        )
        period = {"from": "2011-04", "to": "2011-05"}
        stated = frame(["USA-RUS"], period, acled=("acled", lines, self.ALL))
        assert stated["regional_instability"].tolist() == pytest.approx([5, 0])
        silent = frame(["USA-RUS"], period, acled=("acled", lines, {}))
        assert silent["regional_instability"].isna().all()
