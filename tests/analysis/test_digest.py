"""The digest of a month: what has changed for all units, and why."""

import pandas as pd
import pytest
from by_hand_panel import PANEL_MODEL, VALUES, panel, series_of_panel
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.analysis.results.digest import AbsentUnit, Revision, RowKey
from riskmodel.tables.frames.files import frame_csv


def digest(frame=None, since=None, at=None, **options):
    return riskmodel.digest(series_of_panel(frame, **options), since=since, at=at)


def earlier(frame=None):
    """Return the scores of an earlier run."""
    return series_of_panel(frame).to_frame()


def test_who_crossed_a_band_and_why():
    result = digest()
    alpha, beta = result["risk"].crossings
    assert (alpha.unit, alpha.before, alpha.after, alpha.change) == ("alpha", 40.0, 60.0, 20.0)
    assert (alpha.crossed, alpha.band_before, alpha.band, alpha.time_before) == ("up", "mid", "high", "2026-03")
    assert [entry.title for entry in alpha.account] == ["Exercises", "Yields"]
    assert [entry.points for entry in alpha.account] == pytest.approx([15.0, 5.0])
    assert [(item.name, item.before, item.after) for item in alpha.inputs] == [("x", 60.0, 90.0), ("y", 20.0, 30.0)]
    assert (beta.unit, beta.crossed, beta.band_before, beta.band, beta.change) == ("beta", "down", "mid", "low", -20.0)
    assert result["risk"].movers == (alpha, beta)
    assert (result["risk"].compared, result["risk"].moved) == (2, 2)
    assert result.headline == "Risk: 1 of 3 units crossed a band upward, 1 downward"


def test_the_report_is_in_words_that_can_be_pasted():
    text = str(digest(alerts=["risk >= 60", "risk rises 30 in 2"]))
    assert text.splitlines() == [
        "What changed: 2026-04",
        "risk >= 60 is met by 1 unit; risk rises 30 in 2 is met by 1 unit; "
        "Risk: 1 of 3 units crossed a band upward, 1 downward.",
        "month 2026-04 against 2026-03; 3 of 3 units have a row",
        text.splitlines()[3],
        "",
        "Alerts",
        "  - risk >= 60: met at 2026-04 by 1 unit: alpha 60.0 (high)",
        "  - risk rises 30 in 2: met at 2026-04 by 1 unit: alpha 30.0 in 2026-02 -> 60.0 (+30.0)",
        "",
        "Risk: crossed a band",
        "  - alpha 40.0 -> 60.0 (+20.0), mid to high",
        "    due to Exercises +15.0; Yields +5.0",
        "    Exercises rose from 60 to 90 (per month); Yields rose from 20 to 30",
        # Of the 60 points 45 are of exercises; of the 70 that beta keeps from the score, 40.
        "    High. Mostly high exercises.",
        "  - beta 50.0 -> 30.0 (-20.0), mid to low",
        "    due to Exercises -15.0; Yields -5.0",
        "    Exercises fell from 50 to 20 (per month); Yields fell from 50 to 40",
        "    Low. Held down mostly by low exercises.",
        "",
        "Peace",
        "  no change in 2 units",
        "",
        "Missing and new",
        "  - a row after a gap, without a change: gamma (last 2026-02)",
    ]


def test_markdown_has_the_same_as_a_list():
    markdown = digest().to_markdown()
    assert markdown.startswith("# What changed: 2026-04\n\n**Risk: 1 of 3 units crossed a band upward, 1 downward.**\n")
    assert (
        "\n- alpha 40.0 -> 60.0 (+20.0), mid to high  \n  due to Exercises +15.0; Yields +5.0  \n  Exercises rose"
    ) in markdown


def test_another_month():
    result = digest(at="2026-03", alerts="risk >= 50")
    assert (result.at, result.before, result.present, result.units) == ("2026-03", "2026-02", 2, 3)
    assert [move.unit for move in result["risk"].crossings] == ["alpha"]
    assert result.gone == (AbsentUnit("gamma", "2026-02"),)
    assert [unit.unit for unit in result.alerts[0].units] == ["beta"]
    assert result.alerts[0].time == "2026-03"
    assert "1 unit has no row any more" in result.headline


def test_a_unit_that_moves_without_crossing_is_among_the_movers():
    result = digest(panel({("beta", 4): (52, 50)}))
    assert [move.unit for move in result["risk"].crossings] == ["alpha"]
    assert [(move.unit, move.change, move.crossed) for move in result["risk"].movers] == [
        ("alpha", 20.0, "up"),
        ("beta", 1.0, None),
    ]
    text = str(result)
    assert "Risk: moved most beside these\n  - beta 50.0 -> 51.0 (+1.0), mid\n    due to Exercises +1.0\n" in text
    assert text.count("alpha 40.0") == 1


def test_at_most_five_movers_are_named():
    frame = pd.DataFrame(
        [
            {"pair": unit, "month": f"2026-0{month}", "x": 10.0 + month * size, "y": 0.0, "mood": "calm"}
            for size, unit in enumerate("abcdefg")
            for month in (1, 2)
        ]
    )
    result = digest(frame)["risk"]
    assert (result.compared, result.moved) == (7, 6)
    assert [move.unit for move in result.movers] == list("gfedc")
    assert "and 1 more unit moved, by less" in str(digest(frame))


def test_long_lists_are_counted_in_the_report_and_complete_in_json():
    frame = pd.DataFrame(
        [
            {"pair": f"unit {unit:02}", "month": f"2026-0{month}", "x": 30.0 * month, "y": 30.0 * month, "mood": mood}
            for unit in range(23)
            for month, mood in ((1, "calm"), (2, None))
        ]
    )
    result = digest(frame)
    assert len(result["risk"].crossings) == len(result.missing) == 23
    assert str(result).count("and 3 more units (JSON has all)") == 2


def test_values_that_have_gone_missing_and_values_that_are_new():
    frame = panel({("alpha", 4): (80, None), ("beta", 3): (50, None), ("beta", 4): (50, 50)})
    result = digest(frame)
    ((lost,), (known,)) = result.missing, result.known
    assert (lost.unit, [(item.name, item.before, item.after) for item in lost.inputs]) == ("alpha", [("y", 20.0, None)])
    assert (known.unit, [(item.name, item.before, item.after) for item in known.inputs]) == (
        "beta",
        [("y", None, 50.0)],
    )
    assert "1 value has gone missing" in result.headline
    text = str(result)
    assert "alpha: Yields is missing, was 20" in text
    assert "beta: Yields is known now: 50" in text


def test_labels_are_told_as_they_were_given():
    frame = panel()
    frame.loc[(frame["pair"] == "beta") & (frame["month"] == "2026-04"), "mood"] = "tense"
    result = digest(frame)
    (move,) = result["peace"].movers
    assert [(item.name, item.before, item.after) for item in move.inputs if item.name == "mood"] == [
        ("mood", "calm", "tense")
    ]
    assert "Mood changed from calm to tense" in str(result)


def test_a_score_that_is_lacking_now_is_told():
    result = digest(panel({("beta", 4): (None, None), ("gamma", 3): (None, None)}))
    assert result["risk"].lost == ("beta",)
    assert result["risk"].gained == ("gamma",)
    assert "Risk: 1 unit has no score any more" in result.headline
    assert "Risk has no score any more, because too little is known: beta" in str(result)


def test_units_without_a_row_and_units_that_are_new():
    frame = panel({("beta", 4): None, ("gamma", 4): None, ("delta", 4): (1, 1)})
    result = digest(frame)
    assert result.gone == (AbsentUnit("beta", "2026-03"),)
    assert result.absent == (AbsentUnit("gamma", "2026-02"),)
    assert result.new == ("delta",)
    assert (result.present, result.units) == (2, 4)
    assert digest(frame, at="2026-03").units == 3  # delta begins later


def test_units_that_are_left_out_are_told():
    frame = pd.concat([panel(), panel().query("pair == 'beta'").tail(1)])
    assert "left out: beta: 2026-04 in several rows" in str(digest(frame))


def test_nothing_has_changed():
    frame = panel({("alpha", 4): VALUES["alpha"][3], ("beta", 4): (50, 50), ("gamma", 4): None, ("gamma", 2): None})
    frame = frame[frame["pair"] != "gamma"]
    result = digest(frame)
    assert result.headline == "no score of 2 units has changed"
    assert [line for line in str(result).splitlines() if line.startswith("  ")] == [
        "  no change in 2 units",
        "  no change in 2 units",
    ]


def test_the_first_month_has_nothing_to_compare_with():
    result = digest(at="2026-01")
    assert result.before is None
    assert result.headline == "nothing to compare with at the time before"
    assert result.new == ()
    assert "with no time before it to compare; 3 of 3 units have a row" in str(result)


def test_a_month_after_a_gap_of_the_whole_table_has_nothing_to_compare_with():
    result = digest(panel({("alpha", 5): (90, 90)}, without=(4,)), at="2026-05")
    assert result.before is None
    assert result.headline.startswith("nothing to compare with")
    assert result.returned == (AbsentUnit("alpha", "2026-03"),)


def test_irregular_times_are_compared_with_the_previous_row_of_each_unit():
    frame = panel().replace({"month": {"2026-02": "2026-07", "2026-03": "2027-09", "2026-04": "2031-01"}})
    result = digest(frame)
    assert "against the previous row of each unit" in str(result)
    assert "beta 50.0 -> 30.0 (-20.0), mid to low" in str(result)
    frame = frame[(frame["pair"] != "alpha") | (frame["month"] != "2027-09")]
    assert "alpha 30.0 -> 60.0 (+30.0), low to high, since 2026-07" in str(digest(frame))


def test_one_old_value_that_was_revised_is_told_alone():
    old = panel({("beta", 2): (50, 40)}, without=(4,))
    result = digest(since=earlier(old))
    assert result.revisions.revised == (Revision("beta", "2026-02", "risk", 45.0, 50.0),)
    assert (result.revisions.compared, result.revisions.until) == (8, "2026-03")
    assert (result.revisions.gone, result.revisions.added, result.revisions.without) == ((), (), ())
    assert "1 score differs in 8 rows up to 2026-03: beta 2026-02 Risk 50.0, was 45.0" in str(result)
    assert "1 earlier score was revised" in result.headline


def test_a_revision_below_the_reported_decimals_is_none():
    result = digest(since=earlier(panel({("beta", 2): (50, 50.02)})))
    assert not result.revisions.revised
    assert "no score differs in 11 rows up to 2026-04" in str(result)


def test_a_score_that_only_one_run_has_is_a_revision():
    result = digest(since=earlier(panel({("beta", 2): (None, None)})))
    assert result.revisions.revised == (Revision("beta", "2026-02", "risk", None, 50.0),)
    assert "beta 2026-02 Risk 50.0, was none" in str(result)


def test_rows_that_are_gone_and_rows_added_in_the_past():
    old = panel({("alpha", 1): None, ("delta", 2): (3, 3), ("gamma", 3): (10, 10)}, without=(4,))
    result = digest(since=earlier(old)).revisions
    assert result.gone == (RowKey("delta", "2026-02"), RowKey("gamma", "2026-03"))
    assert result.added == (RowKey("alpha", "2026-01"),)
    before = digest(since=earlier(old), at="2026-02").revisions
    assert (before.gone, before.until, before.compared) == ((RowKey("delta", "2026-02"),), "2026-02", 5)


def test_the_largest_three_revisions_are_named_and_the_rest_counted():
    old = panel({("alpha", month): (100, 100 - month) for month in (1, 2, 3)} | {("beta", 1): (49, 50)})
    result = digest(since=earlier(old))
    assert [(item.unit, item.time) for item in result.revisions.revised] == [
        ("alpha", "2026-01"),
        ("alpha", "2026-02"),
        ("alpha", "2026-03"),
        ("beta", "2026-01"),
    ]
    assert "and 1 more (JSON has all)" in str(result)


def test_an_earlier_run_may_write_its_times_in_another_way():
    old = earlier(panel({("beta", 2): (50, 40)}))
    old["month"] = pd.to_datetime(old["month"])
    assert [item.time for item in digest(since=old).revisions.revised] == ["2026-02"]


def test_a_unit_whose_name_a_spreadsheet_would_run_is_matched(tmp_path):
    old = tmp_path / "old.csv"
    frame = panel().replace({"pair": {"alpha": "=A1+1", "beta": "'quoted'"}})
    old.write_bytes(frame_csv(series_of_panel(frame).to_frame()))
    assert "'=A1+1" in old.read_text()
    revisions = digest(frame, since=old).revisions
    assert (revisions.compared, revisions.gone, revisions.revised) == (11, (), ())


def test_a_file_that_batch_wrote_is_an_earlier_run(tmp_path):
    table, scores = tmp_path / "table.csv", tmp_path / "scores.csv"
    panel({("beta", 2): (50, 40)}).to_csv(table, index=False)
    model = riskmodel.load_model(PANEL_MODEL)
    riskmodel.score_file(table, scores, model=model, add=["fingerprint"])
    revisions = digest(since=scores).revisions
    assert [item.time for item in revisions.revised] == ["2026-02"]
    assert (revisions.source, revisions.other_models) == (str(scores), {})
    other = riskmodel.load_model({**PANEL_MODEL, "version": "2.0.0"})
    riskmodel.score_file(table, tmp_path / "other.csv", model=other, add=["fingerprint"])
    result = digest(since=tmp_path / "other.csv")
    assert result.revisions.other_models == {"fingerprint": (other.identity.fingerprint,)}
    assert f"by another model (fingerprint {other.identity.fingerprint[:12]})" in str(result)


def test_an_earlier_run_may_name_its_model_by_id_and_version():
    old = earlier().assign(model_id="panel", model_version="0.9")
    assert digest(since=old).revisions.other_models == {"model_version": ("0.9",)}
    assert digest(since=old.assign(model_version=None)).revisions.other_models == {}
    assert "by another model (model_version 0.9)" in str(digest(since=old))


def test_scores_that_the_earlier_run_has_not_are_named():
    result = digest(since=earlier()[["pair", "month", "risk"]])
    assert (result.revisions.scores, result.revisions.without) == (("risk",), ("peace",))
    assert "without a column, and so not compared: Peace" in str(result)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda old: old.rename(columns={"pair": "pairs"}), "there is no column 'pair', by which rows are matched"),
        (lambda old: old.drop(columns="month"), "there is no column 'month', by which rows are matched"),
        (lambda old: old[["pair", "month"]], "there is no column risk or peace"),
        (lambda old: old.assign(month=range(1990, 1990 + len(old))), "are of another kind than those of the frame"),
        (lambda old: pd.concat([old, old.head(1)]), "have the same unit and time"),
        (lambda old: old.head(0), "has no rows"),
        (lambda old: old.assign(risk="many"), "should be a number"),
        (lambda old: old.assign(month="soon"), "'soon' is not a time"),
    ],
)
def test_an_earlier_run_that_cannot_be_used_is_an_error(change, message):
    with pytest.raises(riskmodel.SituationError) as error:
        digest(since=change(earlier()))
    assert message in str(error.value)


def test_units_of_several_columns_are_matched_by_all_of_them():
    def scores(x):
        rows = [
            {"first": first, "second": second, "year": year, "x": value, "y": value}
            for (first, second, year), value in x.items()
        ]
        model = riskmodel.load_model(PANEL_MODEL)
        return riskmodel.series(pd.DataFrame(rows), model=model, by=["first", "second"], time="year", draws=0)

    values = {(1, "b", 2001): 10, (1, "b", 2002): 20, (2, "b", 2001): 30, (2, "b", 2002): 30}
    old = scores(values | {(2, "b", 2001): 31}).to_frame()
    result = riskmodel.digest(scores(values), since=old, at=2002)
    assert result.revisions.revised == (Revision("2, b", "2001", "risk", 31.0, 30.0),)
    assert [move.unit for move in result["risk"].movers] == ["1, b"]


def test_an_earlier_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(riskmodel.SituationError, match="there is no such file"):
        digest(since=tmp_path / "old.csv")


def test_nothing_of_an_earlier_run_may_be_left():
    old = earlier(panel())
    old["pair"] = old["pair"] + " (old)"
    result = digest(since=old)
    assert "no row of it is in the table" in str(result)
    assert len(result.revisions.gone) == len(result.revisions.added) == 11


PAIRS = st.tuples(*[st.integers(0, 1000).map(lambda tenths: tenths / 10)] * 2)


@settings(max_examples=30, deadline=None)
@given(PAIRS, PAIRS)
def test_the_points_shown_sum_to_the_change_shown(before, after):
    result = digest(panel({("alpha", 3): before, ("alpha", 4): after}))
    for move in result["risk"].movers:
        lines = str(result).splitlines()
        place = next(number for number, line in enumerate(lines) if line.startswith(f"  - {move.unit} "))
        points = [float(part.split()[-1]) for part in lines[place + 1].partition("due to ")[2].split("; ")]
        assert sum(points) == pytest.approx(move.change, abs=1e-9)
        assert sum(entry.points for entry in move.account) == pytest.approx(move.change, abs=0.1 + 1e-9)


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(st.tuples(st.sampled_from(list(VALUES)), st.integers(2, 4)), PAIRS, max_size=6))
def test_crossings_are_where_the_frame_has_another_band(changes):
    series = series_of_panel(panel(changes))
    table = series.to_frame()
    expected = table[
        (table["month"] == "2026-04")
        & table["risk_band_before"].notna()
        & (table["risk_band"].astype(str) != table["risk_band_before"].astype(str))
    ]
    result = riskmodel.digest(series)["risk"]
    assert {(move.unit, move.band_before, move.band) for move in result.crossings} == set(
        expected[["pair", "risk_band_before", "risk_band"]].itertuples(index=False, name=None)
    )
    upward = [move.crossed == "up" for move in result.crossings]
    assert upward == sorted(upward, reverse=True)
    assert all((move.change > 0) == (move.crossed == "up") for move in result.crossings)


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(st.tuples(st.sampled_from(list(VALUES)), st.integers(1, 4)), PAIRS, max_size=6))
def test_revisions_are_where_the_frames_differ(changes):
    old = earlier(panel(changes))
    new = series_of_panel(panel()).to_frame()
    both = new.merge(old, on=["pair", "month"], suffixes=("", "_old"))
    expected = set(both[both["risk"] != both["risk_old"]][["pair", "month"]].itertuples(index=False, name=None))
    result = digest(since=old).revisions
    assert {(item.unit, item.time) for item in result.revised} == expected
    gamma_in_march = ("gamma", 3) in changes  # the only row that the panel has not
    assert result.gone == ((RowKey("gamma", "2026-03"),) if gamma_in_march else ())


def test_a_digest_of_something_else_than_a_series_is_an_error():
    with pytest.raises(TypeError, match=r"digest takes what riskmodel\.series\(data\) returns; got DataFrame"):
        riskmodel.digest(panel())
