"""Contacts, trade and levels become indicators as worked out by hand: from the text of a file to a value of a month."""

import numpy as np
import pytest

from riskmodel.analysis.indicators.derivations import load_derivations
from riskmodel.analysis.indicators.facts import LOOK_BACK, Facts, SourceRecords
from riskmodel.analysis.indicators.methods.derive import derive
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import contacts, countries, gpr, table, trade
from riskmodel.sources.files import SourceFile

READERS = {"contacts": contacts.read, "trade": trade.read, "table": table.read, "gpr": gpr.read}
ALWAYS = (-10_000, 10_000)
PLAIN = "reporter,partner,flow,period,value\n"
COW = "ccode1,ccode2,year,flow1,flow2\n"


def month(text):
    """Return the months since January 1970 of a month such as 1988-03."""
    return (int(text[:4]) - 1970) * 12 + int(text[5:]) - 1


class Sources:
    """Sources of the pair USA-RUS, or of others, over a period of months."""

    def __init__(self, write, start, end, pairs=("USA-RUS",)):
        self.write, self.first, self.last = write, month(start), month(end)
        self.pairs = np.array([countries.pair(pair) for pair in pairs], np.int16)
        self.records = []

    def add(self, kind, content, covers=ALWAYS, **spec):
        """Add a source: the text of its file, or the path."""
        name = f"{kind}_{len(self.records)}"
        path = str(self.write(f"{name}.csv", content) if isinstance(content, str) else content)
        records, _ = READERS[kind](SourceFile(path), SourceSpec(kind=kind, path=(path,), **spec))
        months = tuple(month(end) if isinstance(end, str) else end for end in covers)
        self.records.append(SourceRecords(name, kind, records, np.ones(len(self.pairs), bool), *months))
        return self

    def derived(self, indicator):
        """Return the derived values of an indicator."""
        first = self.first - LOOK_BACK
        facts = Facts(self.pairs, first, self.last - first + 1, (), tuple(self.records))
        return next(d for d in derive(facts, load_derivations().spec) if d.indicator == indicator)

    def values(self, indicator):
        """Return (pairs, months of the period) the values as lists, None where they are blank."""
        rows = self.derived(indicator).value[:, LOOK_BACK:].tolist()
        return [[None if value != value else value for value in row] for row in rows]  # noqa: PLR0124

    def only(self, indicator):
        """Return the months of the period that have a value, of the first pair."""
        values = self.values(indicator)[0]
        return {number: value for number, value in enumerate(values) if value is not None}


@pytest.fixture
def sources(write):
    """Return a function that begins sources for a period."""
    return lambda *args, **kwargs: Sources(write, *args, **kwargs)


def test_contacts_of_the_united_states_and_the_soviet_union_in_1988(sources, reference_data):
    # The five rows of `russia` in 1988: Shultz 21-23 February and 21-24 April, Reagan and Shultz 29 May to 2 June (one
    # contact, of both months), Gorbachev 7 December.
    path = reference_data / "events/contacts/us_trips_and_visits_converted.csv"
    spec = {"columns": {"state_a": "=USA", "state_b": "country_id"}, "codes": "historyatstate"}
    year = sources("1988-01", "1988-12").add("contacts", path, **spec)
    assert year.values("communication_frequency") == [[0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1]]
    assert year.derived("communication_frequency").rows[0, LOOK_BACK:].tolist() == [0, 1, 0, 1, 2, 2, 0, 0, 0, 0, 0, 1]


def test_months_outside_a_list_of_contacts_are_blank(sources):
    text = "pair,start,end\nUSA-RUS,2018-03-30,2018-04-02\nCHN-RUS,2018-03-01,\n"
    period = sources("2018-01", "2018-06").add("contacts", text, covers=("2018-02", "2018-05"))
    assert period.values("communication_frequency") == [[None, 0, 1, 1, 0, None]]


def test_a_contact_in_two_lists_is_one(sources):
    one = "pair,start,end\nUSA-RUS,2018-03-30,2018-04-02\nUSA-RUS,2018-04-02,2018-04-02\n"
    other = "state_a,state_b,start,end\nRUS,USA,2018-03-30,2018-04-02\nRUS,USA,2018-03-31,2018-03-31\n"
    period = sources("2018-03", "2018-05").add("contacts", one).add("contacts", other)
    assert period.values("communication_frequency") == [[2, 2, 0]]


def test_yearly_trade_gives_the_percent_below_the_mean_of_three_years_in_december(sources):
    # Both ways 300, 330, 270 million: a mean of 300. Then 150, half of it; then 375, of which the mean is 250.
    rows = "2,365,1990,100,200\n2,365,1991,130,200\n2,365,1992,90,180\n2,365,1993,50,100\n2,365,1994,175,200\n"
    period = sources("1993-01", "1994-12").add("trade", COW + rows)
    assert period.only("trade_disruption") == {11: pytest.approx(50), 23: pytest.approx(-50)}


def test_trade_with_a_missing_flow_in_the_four_years_is_blank(sources):
    rows = "2,365,1990,100,200\n2,365,1991,130,-9\n2,365,1992,90,180\n2,365,1993,50,100\n"
    period = sources("1993-01", "1993-12").add("trade", COW + rows)
    assert period.only("trade_disruption") == {}


def test_trade_after_years_without_any_is_blank_with_the_reason(sources):
    rows = "2,365,1990,0,0\n2,365,1991,0,0\n2,365,1992,0,0\n2,365,1993,5,1\n"
    derived = sources("1993-12", "1993-12").add("trade", COW + rows).derived("trade_disruption")
    assert np.isnan(derived.value[0, -1])
    assert "no trade in the 3 years before, to compare with" in derived.reasons[derived.reason[0, -1]]


def test_monthly_trade_gives_the_percent_in_each_month(sources):
    # 48 months of 10 + 5 each way; then months of 4 + 2. After n of these, twelve months have 180 - 9 n, and the 36
    # before them 540, a mean of 180: n / 20 below.
    rows = [
        f"USA,RUS,{flow},{2000 + number // 12}-{number % 12 + 1:02},{value if number < 48 else value * 0.4}\n"
        for number in range(60)
        for flow, value in (("imports", 10), ("exports", 5))
    ]
    period = sources("2003-11", "2004-12").add("trade", PLAIN + "".join(rows))
    expected = [None, *(5.0 * number for number in range(13))]
    assert period.values("trade_disruption")[0] == [
        None if value is None else pytest.approx(value, abs=1e-9) for value in expected
    ]


def test_trade_by_quarters_gives_the_percent_at_the_end_of_quarters(sources):
    rows = [
        f"{reporter},{partner},imports,{year}-Q{quarter},{20 if year < 2003 else 15}\n"
        for year in range(2000, 2004)
        for quarter in (1, 2, 3, 4)
        for reporter, partner in (("USA", "RUS"), ("RUS", "USA"))
    ]
    period = sources("2003-01", "2003-12").add("trade", PLAIN + "".join(rows))
    # Of the quarters of 2003 only the last has 36 months before its twelve.
    assert period.only("trade_disruption") == {11: pytest.approx(25)}


def test_imports_of_both_come_before_exports_and_reports_are_not_mixed(sources):
    def reports(flow, *values, start=2000):
        return "".join(
            f"{reporter},{partner},{flow},{year},{value}\n"
            for year, value in enumerate(values, start)
            for reporter, partner in (("USA", "RUS"), ("RUS", "USA"))
        )

    exports = reports("exports", 100, 100, 100, 80)
    period = sources("2003-12", "2003-12").add("trade", PLAIN + exports)
    assert period.values("trade_disruption") == [[pytest.approx(20)]]
    period = sources("2003-12", "2003-12").add("trade", PLAIN + exports + reports("imports", 100, 100, 100, 40))
    assert period.values("trade_disruption") == [[pytest.approx(60)]]
    # Imports of three years and exports of the fourth are no series.
    mixed = reports("imports", 100, 100, 100) + reports("exports", 80, start=2003)
    period = sources("2003-12", "2003-12").add("trade", PLAIN + mixed)
    assert period.values("trade_disruption") == [[None]]


def test_trade_of_the_imf_by_series(sources):
    header = "SERIES_CODE,COUNTRY,INDICATOR,COUNTERPART_COUNTRY,FREQUENCY,SCALE,2000,2001,2002,2003\n"
    rows = "USA.MG_CIF_USD.RUS.A,a,b,c,Annual,Units,10,20,30,10\nUSA.XG_FOB_USD.RUS.A,a,b,c,Annual,Units,40,40,40,50\n"
    period = sources("2003-12", "2003-12").add("trade", header + rows)
    assert period.values("trade_disruption") == [[pytest.approx(0, abs=1e-9)]]  # 60 after 50, 60, 70


def test_a_value_of_a_table_comes_before_what_is_derived(sources):
    text = "pair,period,communication_frequency,public_hostility\nRUS-USA,2018-02,7,\nUSA-RUS,2018,,6\n"
    period = sources("2018-01", "2018-03").add("contacts", "pair,start\nUSA-RUS,2018-01-05\n").add("table", text)
    assert period.values("public_hostility") == [[6, 6, 6]]
    assert period.values("communication_frequency") == [[None, 7, None]]  # a series is of one way


def test_a_value_of_states_is_the_mean_of_the_two(sources):
    text = "state,period,public_hostility\nUSA,2018-Q1,6\nRUS,2018-Q1,8\nUSA,2018-04,6\n"
    period = sources("2018-01", "2018-04").add("table", text)
    assert period.values("public_hostility") == [[7, 7, 7, None]]
