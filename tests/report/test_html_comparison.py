"""HTML of the difference between two situations: both scores on one scale, and bars that add up to the difference."""

import math

import pytest
from pages import drawing, read_page
from test_html import HOSTILE, axis_of, bars_of, check_fluid, made, percents

import riskmodel
from riskmodel.report import formatting
from riskmodel.report.html.comparison import comparison_fragment

CALM = {"military_activity": 2, "communication_frequency": 12, "espionage": 5, "trade_disruption": 5}
TENSE = {"military_activity": 8, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}


@pytest.fixture(scope="module")
def compared():
    return riskmodel.compare([CALM, TENSE])


def changes(result, **options):
    page = read_page(comparison_fragment(result, **options))
    accounts = [account for difference in result.differences for account in difference.accounts.values()]
    return list(zip(page.find_all("section", "change"), accounts, strict=True))


def test_the_difference_is_worded_by_better_and_worse(compared):
    for section, account in changes(compared):
        rises = account.difference > 0
        assert rises == (account.after.name == "escalation")
        number, word = section.find("strong", "number"), section.find("strong", "word")
        assert float(number.text) == pytest.approx(account.after.reported - account.before.reported, abs=1e-9)
        assert number.text.startswith("+" if rises else "-")
        assert word.text == "worse"
        assert "worse" in number.classes
    for section, _ in changes(riskmodel.compare([TENSE, CALM])):
        assert section.find("strong", "word").text == "better"


def test_both_scores_are_marked_on_one_scale(compared):
    for section, account in changes(compared):
        picture = check_fluid(next(section.find_all("picture")))
        ((left, width),) = percents(picture, "x", "width", tag="rect", class_="frame")
        for mark, score in (("mark-a", account.before), ("mark-b", account.after)):
            ((place, _),) = percents(picture, "x1", "x2", class_=mark)
            assert (place - left) / width == pytest.approx(score.value / score.out_of, abs=1e-4)
        words = [label.text for label in picture.find_all("text")]
        assert {f"A {account.before.reported:.1f}", f"B {account.after.reported:.1f}", *account.after.bands} <= {*words}
        (ends,) = percents(picture, "x1", "x2", class_="change")
        scores = account.before, account.after
        assert [(end - left) / width for end in ends] == pytest.approx(
            [score.value / score.out_of for score in scores], abs=1e-4
        )


def test_the_bars_of_an_account_add_up_to_the_difference(compared):
    for section, account in changes(compared):
        value, ticks = axis_of(section)
        tolerance = 2e-4 * (ticks[-1] - ticks[0])
        points = {entry.title: entry.points for entry in account.entries}
        totals, seen = [], set()
        for body in section.find_all("tbody"):
            total, *rows = body.find_all("tr")
            members = {title: amount for title, amount in points.items() if title in body.text}
            seen |= members.keys()
            totals.append(float(total.find("span", "points").text))
            assert sum(bars_of(total, value, class_="change")[0]) == pytest.approx(
                math.fsum(members.values()), abs=tolerance
            )
            for row in rows:
                title = next((title for title in members if title in row.find("th").text), None)
                if title and not list(row.find_all("details")):
                    (bar,) = bars_of(row, value, class_="change")
                    assert bar == pytest.approx(sorted((0.0, members[title])), abs=tolerance)
                    is_better = (members[title] > 0) == (account.after.better == "high")
                    colour = "stroke-better" if is_better else "stroke-worse"
                    assert colour in drawing(row.find("img")).find("line", "change").classes
        assert seen == points.keys()
        assert math.fsum(totals) == pytest.approx(account.after.reported - account.before.reported, abs=1e-9)
        assert section.find("tfoot").find("span", "points").text == section.find("strong", "number").text


def test_a_situation_without_a_score_has_no_difference():
    result = riskmodel.compare([CALM, {"espionage": 5}])
    for section, account in changes(result):
        assert section.find("strong", "number").text == "No difference"
        assert "there is no score after" in section.text
        picture = drawing(next(section.find_all("img")))
        assert len(list(picture.find_all("line", "mark-a"))) == 1
        assert not list(picture.find_all("line", "mark-b"))
        assert formatting.score_text(account.after) in section.text


def test_equal_situations_say_so():
    for section, _ in changes(riskmodel.compare([CALM, CALM])):
        assert section.find("strong", "number").text == "0.0"
        assert section.find("strong", "word").text == "no change"
        assert "Nothing differs" in section.text


def test_a_score_without_a_better_end_is_higher_or_lower():
    model = riskmodel.load_model(made(rules={}))
    low, high = {"heat": 2, "mood": "calm<br>"}, {"heat": 8, "mood": "tense"}
    # Both inputs have half of the weight: heat rises by 0.6 of its scale, mood by all of it, so 30 and 50 points.
    ((section, _),) = changes(riskmodel.compare([low, high], model=model))
    assert section.find("strong", "number").text == "+80.0"
    assert section.find("strong", "word").text == "higher"
    printed = [node.text for node in section.find_all("span", "points")]
    assert printed == ["+50.0", "+30.0", "+80.0"]
    ((section, _),) = changes(riskmodel.compare([high, low], model=model))
    assert section.find("strong", "word").text == "lower"
    assert HOSTILE in section.text
