"""The page's view of a table over time shows the series of the engine, and opens and compares its months."""

import re

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import expected_readings

import riskmodel
from riskmodel.report import formatting
from riskmodel.report.analyses.series_facts import drivers
from riskmodel.schema.band_colours import zone_colours

HOSTILE = '<img src=x onerror=alert(1)> & "co"'
MONTHS = ["2024-01", "2024-02", "2024-03", "2024-04", "2024-06", "2024-07"]


def values(shift):
    """Six months of indicators; in April too few for a score."""
    frame = pd.DataFrame(
        {
            "military_activity": [2.0, 3, 5, 8, 9, 6],
            "communication_frequency": [9.0, 8, 6, 2, 0, 3],
            "espionage": [10.0, 20, 30, None, 60, 30],
            "trade_disruption": [10.0, 20, 30, 55, 60, 40],
        }
    )
    frame["military_activity"] += shift
    frame.insert(0, "month", MONTHS)
    return frame


@pytest.fixture
def panel():
    """Two units, the second with a hostile name."""
    first, second = values(0.0).assign(pair="amber-basin"), values(0.5).assign(pair=HOSTILE)
    return pd.concat([first, second.iloc[:5]], ignore_index=True)


@pytest.fixture
def shown(visit, panel, tmp_path, default_model):
    """A page with the series of the panel, and that of the function."""
    path = tmp_path / "panel.csv"
    panel.to_csv(path, index=False)
    page = visit()
    choose(page, path)
    return page, riskmodel.series(panel, model=default_model, by="pair", time="month", draws=256)


def choose(page, path):
    page.page.set_input_files("#file", path)
    page.show("Series")
    page.page.wait_for_selector(".series-chart, #series-state.fault")


def chart(page, unit):
    """The chart of the escalation of a unit."""
    captions = page.page.locator("figcaption", has_text=unit)
    return page.page.locator(".series-chart[data-score=escalation]").filter(has=captions)


def row_of(result, unit, month):
    rows = result.rows_of(unit)
    return next(row for row in range(rows.start, rows.stop) if result.time_label(row) == month)


def test_the_columns_are_proposed_and_the_series_appears(shown):
    page, result = shown
    assert page.page.input_value("#series-time") == "month"
    assert page.page.locator("#series-by input:checked").evaluate_all("boxes => boxes.map(box => box.value)") == [
        "pair"
    ]
    assert page.page.inner_text("#series-state") == "2 units, 6 times: 2024-01 to 2024-07, each month."
    units = page.page.locator(".series-chart").evaluate_all("charts => charts.map(chart => chart.dataset.unit)")
    assert units == list(result.unit_names)
    # The month without a row breaks the line, and clears the zones.
    assert chart(page, "amber-basin").locator(".gap").count() == 1
    assert chart(page, "amber-basin").locator("path.line").count() == 2


def test_zones_and_changes_of_band_have_the_colours_of_worse_and_better(shown):
    page, result = shown
    score, part = result["escalation"], chart(page, "amber-basin")
    zones = zone_colours(len(score.band_starts), "low")
    for scheme, index in (("light", 0), ("dark", 2)):
        page.page.emulate_media(color_scheme=scheme)
        fills = part.locator(".zone").evaluate_all("zones => zones.map(zone => getComputedStyle(zone).fill)")
        codes = [bytes(map(int, re.findall(r"\d+", fill))).hex() for fill in fills]
        assert [f"#{code}" for code in codes] == [zone[index] for zone in zones]
    rows = result.rows_of("amber-basin")
    crossed, change = result.crossed(score)[rows], score.change[rows]
    assert part.locator(".crossing.worse").count() == (crossed & (change > 0)).sum() > 0
    assert part.locator(".crossing.better").count() == (crossed & (change < 0)).sum() > 0


def test_focus_and_hover_show_the_values_of_the_engine(shown):
    page, result = shown
    score = result["escalation"]
    plot = chart(page, "amber-basin").get_by_role("slider")
    plot.focus()
    page.page.keyboard.press("Home")
    for index, month in enumerate(MONTHS):
        row = row_of(result, "amber-basin", month)
        text = plot.get_attribute("aria-valuetext")
        assert plot.get_attribute("aria-valuenow") == str(index + 1)
        assert "; ".join(chart(page, "amber-basin").locator(".series-values p").all_inner_texts()) == text
        number = formatting.number(score.reported[row], score.decimals)
        has_score = score.band(row) is not None
        assert has_score == (month != "2024-04")
        reading = (
            f"{number} {score.band(row)}, rank {score.rank[row]} of " if has_score else "insufficient data; bounds "
        )
        assert text.startswith(f"{month}: {reading}")
        bounds = sorted({score.low[row], score.high[row]})
        assert (
            f"bounds {' to '.join(formatting.number(end, 1) for end in bounds)}; coverage {score.coverage[row]:.0%}"
            in text
        )
        if has_score:
            ends = [formatting.score_number(end[row], 1) for end in (score.interval_low, score.interval_high)]
            assert f"90% interval {' to '.join(dict.fromkeys(ends))};" in text
        before = int(result.before[row])
        if before < 0:
            assert text.endswith("no row at the time before")
        elif not has_score:
            assert text.endswith("no score at one of the two times")
        else:
            origin = "" if score.band(before) == score.band(row) else f", from {score.band(before)}"
            word = "worse" if score.change[row] > 0 else "better"  # of escalation
            change = f"{formatting.signed(score.change[row], 1)}, {word}, since {result.time_label(before)}{origin}"
            causes = [f"{entry.title} {formatting.signed(entry.points, 1)}" for entry in drivers(score, row)[:2]]
            assert text.endswith(f"{change}: {'; '.join(causes)}")
        page.page.keyboard.press("ArrowRight")
    box = plot.bounding_box()
    page.page.mouse.move(box["x"] + 40, box["y"] + 60)
    assert plot.get_attribute("aria-valuetext").startswith("2024-01: ")
    # One pointer for all charts.
    texts = "[...document.querySelectorAll('.series-plot')].map(plot => plot.getAttribute('aria-valuetext'))"
    page.until(f"{texts}.every(text => text.startsWith('2024-01: '))")
    page.page.mouse.move(box["x"] + box["width"] - 80, box["y"] + 60)
    assert plot.get_attribute("aria-valuetext").startswith("2024-07: ")
    page.until(f"{texts}.includes('2024-07: no row')")


@pytest.mark.parametrize("way", ["click", "key", "button"])
def test_a_month_opens_as_the_situation(shown, panel, default_model, way):
    page, _ = shown
    part = chart(page, "onerror")
    plot = part.get_by_role("slider")
    if way == "click":
        plot.click(position={"x": 40, "y": 60})
    else:
        plot.focus()
        page.page.keyboard.press("Home")
        if way == "key":
            page.page.keyboard.press("Enter")
        else:
            part.get_by_role("button", name="Open 2024-01").click()
    page.settle()
    row = panel[(panel.pair == HOSTILE) & (panel.month == "2024-01")].iloc[0]
    situation = {name: float(row[name]) for name in default_model.spec.indicators if name in row}
    assert page.page.input_value("#title") == f"{HOSTILE}, 2024-01"
    assert page.readings() == expected_readings(default_model.assess(situation))
    page.page.locator("#undo").click()
    page.settle()
    assert page.page.input_value("#title") != f"{HOSTILE}, 2024-01"


def test_two_months_side_by_side_with_their_exact_difference(shown, panel, default_model):
    page, _ = shown
    chart(page, "amber-basin").get_by_role("slider").focus()
    page.page.keyboard.press("Home")
    page.page.keyboard.press("Shift+Enter")
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("ArrowRight")
    chart(page, "amber-basin").get_by_role("button", name="Compare with amber-basin, 2024-01").click()
    page.settle()
    rows = [panel[(panel.pair == "amber-basin") & (panel.month == month)].iloc[0] for month in ("2024-01", "2024-03")]
    names = [name for name in default_model.spec.indicators if name in panel]
    situations = [{name: float(row[name]) for name in names if pd.notna(row[name])} for row in rows]
    for side, situation in zip("ab", situations, strict=True):
        assert page.readings(side) == expected_readings(default_model.assess(situation))
    assert page.page.inner_text("#heading-b") == "B: amber-basin, 2024-03"
    account = riskmodel.compare(situations).differences[0].accounts["escalation"]
    points = account.after.reported - account.before.reported
    assert page.page.locator("#comparison .number").first.inner_text() == formatting.signed(points, 1)


def test_alerts_mark_exactly_the_months_that_meet_them(shown, panel, default_model):
    page, _ = shown
    page.page.locator("#series-options > summary").click()
    page.page.fill("#series-alert", "escalation >= 50; escalation rises 8 in 1; stability < 20")
    page.page.press("#series-alert", "Enter")
    page.page.wait_for_selector(".series-alert")
    scored = default_model.score_frame(panel).assign(month=panel.month, pair=panel.pair)
    for pair, rows in scored.groupby("pair"):
        scores = rows.set_index("month").escalation.reindex([f"2024-0{number}" for number in range(1, 8)])
        met = (scores >= 50) | (scores.diff().round(1) >= 8)
        name = "onerror" if pair == HOSTILE else pair
        marks = chart(page, name).locator("path.alert")
        assert marks.evaluate_all("marks => marks.map(mark => mark.dataset.time)") == list(scores.index[met])
        assert met.any()
    lines = page.page.locator(".series-alert").all_inner_texts()
    assert [line.split(":")[0] for line in lines] == ["escalation >= 50", "escalation rises 8 in 1", "stability < 20"]
    assert f"by {(scored.escalation >= 50).sum()} rows in all" in lines[0]
    page.page.fill("#series-alert", "escalaton >= 50")
    page.page.press("#series-alert", "Enter")
    assert "did you mean 'escalation'?" in page.page.wait_for_selector("#series-state.fault").text_content()


def test_the_outlook_comes_with_how_it_did_in_the_past_first(visit):
    pytest.importorskip("statsmodels")
    page = visit()
    choose(page, "examples/us_russia_years.csv")
    part = chart(page, "us-russia")
    with page.page.expect_response("**/page/outlook?*") as answer:
        part.get_by_role("button", name="Outlook").click()
    data = answer.value.json()
    page.page.wait_for_selector(".series-outlook figure")
    assert data["verdict"].startswith("Escalation risk: on the past the outlook ")
    assert part.locator(".series-outlook > *").first.inner_text() == data["verdict"]
    slider = part.locator(".series-outlook").get_by_role("slider")
    slider.focus()
    page.page.keyboard.press("Home")
    for time, text in zip([str(2024 + step) for step in range(1, 13)], data["texts"], strict=True):
        assert slider.get_attribute("aria-valuetext") == f"{time}: {text}"
        page.page.keyboard.press("ArrowRight")
    assert part.locator(".series-outlook path.ribbon").count() == 2
    part.get_by_label("with the influences").check()
    page.until("document.querySelector('.series-outlook > p').textContent.includes('the influences, which are theory')")
    assert part.get_by_label("with the influences").is_checked()


def test_units_are_searched_and_several_are_shown_on_one_scale(shown):
    page, _ = shown
    page.page.get_by_role("button", name="None", exact=True).click()
    assert page.page.locator(".series-chart").count() == 0
    assert "Choose a unit" in page.page.inner_text("#series-answer")
    page.page.get_by_label("Search units").fill("ONERROR")
    page.until("document.querySelectorAll('.series-units input').length === 1")
    page.page.locator(".series-units input").check()
    assert chart(page, "onerror").count() == 1
    page.page.get_by_label("Search units").fill("")
    page.until("document.querySelectorAll('.series-units input').length === 2")
    page.page.get_by_role("button", name="All", exact=True).click()
    page.page.get_by_role("checkbox", name="Stability").check()
    assert page.page.locator(".series-chart").count() == 4
    scales = page.page.locator("[data-score=escalation]").evaluate_all(
        "charts => charts.map(chart => [...chart.querySelectorAll('.tick')].map(tick => tick.textContent).join())"
    )
    assert len(set(scales)) == 1
    assert "60,40,20,0" in scales[0]


def test_other_columns_can_be_chosen_and_a_bad_choice_gets_one_sentence(shown):
    page, _ = shown
    page.page.locator("#series-options > summary").click()
    page.page.select_option("#series-time", "pair")
    page.page.get_by_role("button", name="Show", exact=True).click()
    fault = page.page.wait_for_selector("#series-state.fault")
    assert fault.text_content() == "by and time are both 'pair'; a column names units or times"
    assert page.page.locator(".series-chart").count() == 0
    page.page.select_option("#series-time", "month")
    page.page.locator("#series-by input").first.uncheck()
    page.page.locator("#series-by").get_by_label("pair").check()
    page.page.get_by_role("button", name="Show", exact=True).click()
    page.page.wait_for_selector(".series-chart")


def test_a_table_without_times_says_so_and_its_rows_are_scored(visit, write):
    page = visit()
    rows = "id,military_activity,communication_frequency,espionage,trade_disruption\nx,7,1,30,45\ny,2,9,3,4\n"
    page.page.set_input_files("#file", write("plain.csv", rows))
    page.until("document.querySelector('#series-state').textContent.startsWith('No column has several dates or years')")
    assert page.page.locator(".grid-row").count() == 2
    assert page.page.locator(".series-chart").count() == 0


def test_a_table_with_an_invalid_row_has_no_series_and_says_why(visit, panel, tmp_path):
    path = tmp_path / "invalid.csv"
    panel.assign(espionage=[-3, *panel.espionage[1:]]).to_csv(path, index=False)
    page = visit()
    choose(page, path)
    text = page.page.inner_text("#series-state")
    assert text.startswith("No view over time: line 2: column espionage: -3 is outside the valid range")
    assert page.page.locator(".grid").get_attribute("aria-rowcount") == f"{len(panel)}"  # the head is a row


def test_a_long_table_is_not_sent_twice(visit, write):
    page = visit()
    sent = []
    page.page.on("request", lambda request: sent.append(request.url))
    rows = "".join(f"{1000 + number % 2000},1\n" for number in range(20_001))
    page.page.set_input_files("#file", write("long.csv", "year,espionage\n" + rows))
    page.until(
        "document.querySelector('#series-state').textContent.startsWith('No view over time: it takes at most 20,000')"
    )
    assert not any("page/series" in url for url in sent)


def test_a_unit_without_a_series_is_named_and_the_others_are_shown(visit, panel, tmp_path):
    path = tmp_path / "twice.csv"
    pd.concat([panel, panel.iloc[:1]]).to_csv(path, index=False)
    page = visit()
    choose(page, path)
    assert "amber-basin has no series: 2024-01 in several rows: line 2, line 13" in page.page.inner_text(
        "#series-answer"
    )
    units = page.page.locator(".series-chart").evaluate_all("charts => charts.map(chart => chart.dataset.unit)")
    assert set(units) == {HOSTILE}


@pytest.mark.slow
def test_the_view_is_accessible_in_both_schemes_and_fits_narrow_windows(shown):
    page, _ = shown
    page.page.locator("#series-options > summary").click()
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.page.emulate_media(color_scheme=scheme)
        page.page.set_viewport_size({"width": width, "height": 900})
        violations = Axe().run(page.page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [item["id"] for item in violations if item["impact"] in ("serious", "critical")] == []
        assert page.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        sizes = page.page.locator(".series-plot text").evaluate_all(
            "texts => texts.map(text => text.getBoundingClientRect().height)"
        )
        assert min(sizes) >= 12
