"""Recipes over invented files, from rows to the table, its basis, its summary and its rows, counted by hand."""

import json
from calendar import monthrange

import numpy as np
import pytest
from gdelt_files import row, text

import riskmodel
from riskmodel.errors import SituationError
from riskmodel.report.analyses.indicators import summary_lines

JANUARY_FORCE = {3: "190", 4: "193", 5: "1951"}
"""Days of January 2018 on which the two fight."""


def recipe(tmp_path, period="from: 2018-01, to: 2018-03", pairs="[USA-RUS]", **sources):
    lines = [f"  {name}: {source}" for name, source in sources.items()]
    path = tmp_path / "recipe.yaml"
    path.write_text("\n".join(["format: 1", f"pairs: {pairs}", f"period: {{{period}}}", "sources:", *lines]))
    return path


def daily_files(tmp_path, months=(1, 2, 3), without=()):
    """Write a GDELT file for each day: two events of talk a day, and force on some days of January."""
    folder = tmp_path / "events"
    folder.mkdir()
    key = 1
    for month in months:
        for day in range(1, monthrange(2018, month)[1] + 1):
            date = f"2018{month:02d}{day:02d}"
            rows = [row(58, key=key, day=date, event="042"), row(58, key=key + 1, day=date, source="CHN", target="RUS")]
            if month == 1 and day in JANUARY_FORCE:
                rows.append(row(58, key=key + 2, day=date, source="RUSMIL", target="USA", event=JANUARY_FORCE[day]))
            key += 3
            if date not in without:
                (folder / f"{date}.export.CSV").write_text(text(*rows))
    return "{kind: gdelt, path: events/*.CSV}"


def values(table, name):
    return [None if np.isnan(value) else value for value in table.to_frame()[name]]


def test_days_of_force_and_of_talk(tmp_path):
    table = riskmodel.indicators(recipe(tmp_path, events=daily_files(tmp_path)))
    assert list(table.to_frame()["period"]) == ["2018-01", "2018-02", "2018-03"]
    assert values(table, "military_activity") == [10, 2, 2]
    assert values(table, "communication_frequency") == [31 / 4, 28 / 4, 31 / 4]
    basis = table.basis.set_index(["indicator", "period"]).loc[("military_activity", "2018-01")]
    assert (basis["days"], basis["rows"], basis["usable_share"], basis["sources"]) == (3, 3, 1.0, "events")


def test_a_month_with_missing_files_is_blank_and_named(tmp_path):
    holes = [f"201802{day:02d}" for day in range(1, 5)]
    table = riskmodel.indicators(recipe(tmp_path, events=daily_files(tmp_path, without=holes)))
    assert values(table, "military_activity") == [10, None, 2]
    assert table.families["gdelt"].missing == ("2018-02",)
    assert table.families["gdelt"].usable_days == 31 + 24 + 31


def test_months_outside_the_data_are_blank(tmp_path):
    table = riskmodel.indicators(recipe(tmp_path, events=daily_files(tmp_path, months=(1, 2))))
    assert values(table, "military_activity") == [10, 2, None]


def test_a_pair_that_is_hardly_reported_is_blank(tmp_path):
    source = daily_files(tmp_path)
    table = riskmodel.indicators(recipe(tmp_path, pairs="[USA-RUS, USA-FRA]", events=source))
    frame = table.to_frame().set_index(["pair", "period"])
    assert np.isnan(frame.loc[("USA-FRA", "2018-01"), "military_activity"])
    assert frame.loc[("USA-RUS", "2018-01"), "military_activity"] == 10


def test_the_same_files_twice_change_nothing_but_the_count(tmp_path):
    source = daily_files(tmp_path)
    once = riskmodel.indicators(recipe(tmp_path, events=source))
    twice = riskmodel.indicators(recipe(tmp_path, events=source, again=source))
    assert once.to_frame().equals(twice.to_frame())
    assert twice.families["gdelt"].again == once.families["gdelt"].events


def test_all_pairs_are_those_that_any_source_has(tmp_path):
    table = riskmodel.indicators(recipe(tmp_path, pairs="all", events=daily_files(tmp_path)))
    assert sorted(set(table.pairs)) == ["CHN-RUS", "RUS-USA"]


def test_quarters_and_years_are_made_of_months(tmp_path):
    table = riskmodel.indicators(
        recipe(tmp_path, "from: 2018-01, to: 2018-03, step: quarter", events=daily_files(tmp_path))
    )
    assert table.periods == ("2018-Q1",)
    assert values(table, "military_activity") == [10]
    assert values(table, "communication_frequency") == [pytest.approx((31 + 28 + 31) / 4 / 3)]


def lists(tmp_path):
    (tmp_path / "contacts.csv").write_text(
        "pair,start,end,title\n"
        "USA-RUS,2018-01-15,2018-01-16,ministers meet\n"
        "RUS-USA,2018-01-15,2018-01-16,presidents meet\n"  # of the same days: one contact
        "USA-RUS,2018-01-31,2018-02-01,summit\n"  # in both months
        "USA-RUS,2018-03-31,2018-03-31,call\n"
    )
    (tmp_path / "disputes.csv").write_text(
        "pair,start,end,title\nUSA-RUS,2001-05-01,2003-06-30,one\nUSA-RUS,2014-03-01,2017-02-15,two\n"
    )
    return {
        "contacts": "{kind: contacts, path: contacts.csv}",
        "disputes": "{kind: disputes, path: disputes.csv, covers: {from: 1950-01, to: 2018-12}}",
    }


def test_lists_give_contacts_disputes_and_peace_years(tmp_path):
    table = riskmodel.indicators(recipe(tmp_path, **lists(tmp_path)))
    assert values(table, "communication_frequency") == [2, 1, 1]
    assert values(table, "dispute_history") == [1, 1, 1]
    assert values(table, "peace_years") == [0, 1, 1]  # a full year since the middle of February 2017
    assert values(table, "military_activity") == [None, None, None]


def test_contacts_come_before_days_of_talk_in_all_months_of_a_pair(tmp_path):
    sources = {"events": daily_files(tmp_path), **lists(tmp_path)}
    (tmp_path / "contacts.csv").write_text("pair,start,end,title\nUSA-RUS,2018-01-15,2018-02-16,talks\n")
    table = riskmodel.indicators(recipe(tmp_path, **sources))
    assert values(table, "communication_frequency") == [1, 1, None]
    trust = table.basis.query("indicator == 'communication_frequency'")["trust"]
    assert trust.iloc[0] == trust.iloc[1] != "weak"


def test_the_rows_behind_a_value_are_those_of_the_file(tmp_path):
    path = recipe(tmp_path, events=daily_files(tmp_path))
    rows = riskmodel.explain_indicator(path, pair="RUS-USA", period="2018-01", indicator="military_activity")
    assert rows.derived.value == 10
    assert [row.file.rpartition("/")[2] for row in rows.rows] == [
        f"201801{day:02d}.export.CSV" for day in JANUARY_FORCE
    ]
    assert {row.line for row in rows.rows} == {3}
    assert rows.pair == "USA-RUS"


def test_contacts_behind_a_value_are_listed_with_their_lines(tmp_path):
    path = recipe(tmp_path, **lists(tmp_path))
    rows = riskmodel.explain_indicator(path, pair="USA-RUS", period="2018-02", indicator="communication_frequency")
    assert [row.line for row in rows.rows] == [4]


def test_the_rows_behind_a_quarter_are_those_of_its_months(tmp_path):
    path = recipe(tmp_path, "from: 2018-01, to: 2018-03, step: quarter", **lists(tmp_path))
    wanted = {"pair": "USA-RUS", "period": "2018-Q1"}
    contacts = riskmodel.explain_indicator(path, **wanted, indicator="communication_frequency")
    assert [row.line for row in contacts.rows] == [2, 3, 4, 5]
    assert contacts.derived.value == pytest.approx(4 / 3)  # two in January, one in each other month
    disputes = riskmodel.explain_indicator(path, **wanted, indicator="dispute_history")
    assert [row.line for row in disputes.rows] == [3]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pair": "USA-FRA"}, "the recipe has no pair 'USA-FRA'"),
        ({"period": "2019-01"}, "no period '2019-01'; the table has 2018-01 to 2018-03"),
        ({"indicator": "military_activty"}, "did you mean 'military_activity'"),
    ],
)
def test_a_value_that_is_not_in_the_table_is_an_error(tmp_path, changes, message):
    path = recipe(tmp_path, **lists(tmp_path))
    wanted = {"pair": "USA-RUS", "period": "2018-01", "indicator": "military_activity", **changes}
    with pytest.raises(SituationError, match=message):
        riskmodel.explain_indicator(path, **wanted)


def test_strict_refuses_what_is_otherwise_counted(tmp_path):
    source = daily_files(tmp_path, without=["20180205"])
    riskmodel.indicators(recipe(tmp_path, events=source), strict=True)
    with pytest.raises(SituationError, match="met again by id"):
        riskmodel.indicators(recipe(tmp_path, events=source, again=source), strict=True)
    (tmp_path / "events" / "20180205.export.CSV").write_text(text(row(58, key=9999, event="13y")))
    with pytest.raises(SituationError, match="13y"):
        riskmodel.indicators(recipe(tmp_path, events=source), strict=True)


def test_a_bad_file_can_be_left_out_and_is_named(tmp_path):
    path = recipe(tmp_path, events=daily_files(tmp_path))
    (tmp_path / "events" / "20180105.export.CSV").write_text("no such layout\n")
    with pytest.raises(SituationError, match="20180105"):
        riskmodel.indicators(path)
    table = riskmodel.indicators(path, skip_bad_files=True)
    assert [file.path.rpartition("/")[2] for file in table.files if file.skipped] == ["20180105.export.CSV"]
    assert [file.skipped.partition(":")[0] for file in table.files if file.skipped] == ["line 1"]
    assert values(table, "military_activity") == [8, 2, 2]


def test_an_archive_that_is_cut_off_can_be_left_out(tmp_path):
    source = daily_files(tmp_path)
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04" + bytes(60))
    path = recipe(tmp_path, events=source, cut="{kind: gdelt, path: cut.zip}")
    with pytest.raises(SituationError, match=r"cut\.zip: the zip archive is damaged, or cut off"):
        riskmodel.indicators(path)
    table = riskmodel.indicators(path, skip_bad_files=True)
    assert [file.source for file in table.files if file.skipped] == ["cut"]
    wanted = {"pair": "USA-RUS", "period": "2018-01", "indicator": "military_activity"}
    assert len(riskmodel.explain_indicator(path, **wanted, skip_bad_files=True).rows) == 3
    assert values(table, "military_activity") == [10, 2, 2]


def test_a_source_without_any_good_file_is_an_error_with_the_reason(tmp_path):
    (tmp_path / "contacts.csv").write_text("pair,start\nUSA-RUS,2018-13-01\n")
    path = recipe(tmp_path, talks="{kind: contacts, path: contacts.csv}")
    with pytest.raises(SituationError, match="all of its files are left out") as caught:
        riskmodel.indicators(path, skip_bad_files=True)
    assert "2018-13-01" in str(caught.value)


def test_a_source_cannot_cover_a_time_that_ends_before_it_begins(tmp_path):
    contacts = "{kind: contacts, path: contacts.csv, covers: {from: 2018-06, to: 2017}}"
    with pytest.raises(SituationError, match=r"covers\.to: 2017 is before 2018-06"):
        riskmodel.indicators(recipe(tmp_path, contacts=contacts))


def test_the_rows_behind_a_year_that_is_its_last_month_are_those_of_that_month(tmp_path):
    (tmp_path / "polls.csv").write_text("pair,period,public_hostility\nUSA-RUS,2018-01,60\nUSA-RUS,2018-12,70\n")
    path = recipe(tmp_path, "from: 2018, to: 2018, step: year", polls="{kind: table, path: polls.csv}")
    rows = riskmodel.explain_indicator(path, pair="USA-RUS", period="2018", indicator="public_hostility")
    assert rows.derived.value == 70
    assert [row.line for row in rows.rows] == [3]


def test_the_summary_says_what_a_score_needs(tmp_path):
    events = riskmodel.indicators(recipe(tmp_path, events=daily_files(tmp_path)))
    assert {need.scored for need in events.scores} == {0}
    assert "dispute_history" in events.scores[0].blank
    assert all(need.coverage < need.needed for need in events.scores)
    with_disputes = recipe(tmp_path, events="{kind: gdelt, path: events/*.CSV}", **lists(tmp_path))
    assert {need.scored for need in riskmodel.indicators(with_disputes).scores} == {3}


def test_the_table_scores_as_it_is(tmp_path):
    path = recipe(tmp_path, **lists(tmp_path), events=daily_files(tmp_path))
    frame = riskmodel.load_model().score_frame(riskmodel.indicators(path).to_frame())
    assert frame["escalation"].notna().all()


def test_rows_read_are_rows_kept_and_dropped(tmp_path):
    table = riskmodel.indicators(recipe(tmp_path, events=daily_files(tmp_path), **lists(tmp_path)))
    for source in table.sources.values():
        assert source.rows == source.kept + sum(source.dropped.values())
    assert table.sources["events"].dropped == {"of other pairs": 90}


def test_a_mapping_is_a_recipe_and_the_result_is_json(tmp_path, monkeypatch):
    lists(tmp_path)
    monkeypatch.chdir(tmp_path)
    content = {
        "format": 1,
        "pairs": ["USA-RUS"],
        "period": {"from": "2018-01", "to": "2018-02"},
        "sources": {"contacts": {"kind": "contacts", "path": "contacts.csv"}},
    }
    data = json.loads(riskmodel.indicators(content).to_json())
    assert data["rows"][0]["values"]["communication_frequency"]["value"] == 2


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ("[USA-RUX]", "RUX"),
        ("[USA-RUS, RUS-USA]", "there twice"),
        ("[RS-US]", "two-letter codes"),
        ("[USA-USA]", "twice"),
    ],
)
def test_an_unknown_pair_is_an_error_with_its_line(tmp_path, pairs, message):
    path = recipe(tmp_path, pairs=pairs, **lists(tmp_path))
    with pytest.raises(SituationError, match=f"recipe.yaml:2:[0-9]+: .*{message}"):
        riskmodel.indicators(path)


def polls(tmp_path, **columns):
    """Write a table of polls, and return a recipe that maps its columns."""
    (tmp_path / "polls.csv").write_text("dyad,month,unfavourable,n\nUSA-RUS,2018-02,60,1000\n")
    mapping = ", ".join(f"{name}: {own}" for name, own in {"pair": "dyad", **columns}.items())
    return recipe(tmp_path, polls=f"{{kind: table, path: polls.csv, columns: {{{mapping}}}}}")


def test_a_column_mapped_to_an_unknown_indicator_is_an_error_with_its_line(tmp_path):
    message = r"recipe\.yaml:5:.*no indicator 'public_hostilty'; did you mean 'public_hostility'"
    with pytest.raises(SituationError, match=message):
        riskmodel.indicators(polls(tmp_path, public_hostilty="unfavourable"))


def test_columns_that_no_indicator_takes_are_named(tmp_path):
    table = riskmodel.indicators(polls(tmp_path))
    assert table.sources["polls"].unused == ("unfavourable", "n")
    assert "    columns that no indicator of the derivations takes: unfavourable, n" in summary_lines(table)
    assert riskmodel.indicators(polls(tmp_path, public_hostility="unfavourable")).sources["polls"].unused == ()


def test_a_file_that_is_not_there_is_an_error_with_the_nearest(tmp_path):
    path = polls(tmp_path)
    path.write_text(path.read_text().replace("polls.csv", "poll.csv"))
    with pytest.raises(SituationError, match=r"poll\.csv: there is no such file; did you mean 'polls\.csv'"):
        riskmodel.indicators(path)


def test_each_reason_of_blanks_has_a_line(tmp_path):
    holes = [f"201802{day:02d}" for day in range(1, 5)]
    source = daily_files(tmp_path, months=(1, 2), without=holes)
    lines = summary_lines(riskmodel.indicators(recipe(tmp_path, events=source)))
    assert "    1 blank: events: fewer than 25 days with a usable file" in lines
    assert "    1 blank: events: no day with a usable file" in lines


def test_a_list_of_which_no_country_is_known_is_refused(tmp_path):
    (tmp_path / "contacts.csv").write_text("state_a,state_b,start\nUSA,RUS,2018-01-05\nUSA,RUS,2018-02-05\n")
    path = recipe(tmp_path, contacts="{kind: contacts, path: contacts.csv, codes: cow}")
    with pytest.raises(SituationError, match=r"contacts\.csv: none of its 2 rows has two known countries: .* `codes:`"):
        riskmodel.indicators(path)
