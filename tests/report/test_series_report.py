"""The report of a series: text, Markdown, page and notebook cell say what happened, and what is left out."""

from base64 import b64decode
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
from command import run
from series_cases import months, series_of, with_score

from riskmodel.analysis.results.series import SkippedUnit
from riskmodel.report.analyses import series as report
from riskmodel.report.html.analysis_page import analysis_document

TIMES = months(6)
VALUES = [41.0, 44.0, 47.0, 58.0, 70.0, 67.0]
SERIES = series_of({"USA-RUS": dict(zip(TIMES, VALUES, strict=True))})


def rows_below(text, heading):
    """Return the lines of the section with a heading."""
    lines = text.splitlines()
    start = lines.index(heading) + 1
    end = next((number for number in range(start, len(lines)) if not lines[number].strip()), len(lines))
    return [line.split("  ") for line in lines[start:end]]


def cells(line):
    return [cell.strip() for cell in line if cell.strip()]


def test_text_says_the_course_the_last_time_the_new_bands_and_the_drivers():
    text = str(SERIES)
    assert text.splitlines()[0] == "Series of USA-RUS, 6 rows"
    assert "month: 6 times from 2019-01 to 2019-06, step 1 month" in text
    assert "90 % intervals of 1,024 draws of what is missing, seed 0" in text
    course, headings, last, earlier = rows_below(text, "Escalation")
    assert cells(course) == ["USA-RUS: Escalation rose from 41.0 to 67.0 since 2019-01, high since 2019-05"]
    assert cells(last)[:7] == ["2019-06", "67.0", "high", "63.0 to 71.0", "55.0 to 79.0", "90%", "-3.0"]
    assert cells(headings)[:7] == ["month", "score", "band", "90 % interval", "bounds", "coverage", "change"]
    assert cells(earlier) == ["5 earlier rows not shown; --format csv or -o FILE has all"]
    _, crossing = rows_below(text, "Escalation: changes of band")
    assert cells(crossing) == [
        *("2019-05", "elevated to high", "58.0", "70.0", "+12.0"),
        *("Military moves are misread when nobody is talking +7.2", "Military activity +3.0"),
    ]
    _, *moves = rows_below(text, "Escalation: largest moves")
    assert [cells(move)[4] for move in moves] == ["+12.0", "+11.0", "+3.0", "+3.0", "-3.0"]


def test_markdown_names_the_crossing_and_the_driver():
    text = SERIES.to_markdown()
    assert text.startswith("# Series of USA-RUS, 6 rows")
    crossing = "| 2019-05 | elevated to high | 58.0 | 70.0 | +12.0 |"
    assert f"{crossing} Military moves are misread when nobody is talking +7.2 |" in text


def test_the_main_driver_is_one_that_went_the_way_of_the_score():
    series = series_of({"a": {TIMES[0]: 40.0, TIMES[1]: 50.0}}, shares=(-1.5, 0.5, 2.0))
    _, move = rows_below(str(series), "Escalation: largest moves")
    assert cells(move)[-2:] == ["Military moves are misread when nobody is talking +20.0", "Military activity -15.0"]


def test_an_indicator_that_became_known_or_missing_is_marked():
    values = {"military_activity": np.array([1.0, 1.0, np.nan, 1.0, 1.0, 1.0])}
    series = replace(SERIES, values=values)
    text = str(series)
    assert "Military activity +0.8 (now missing)" in text
    assert "Military activity +2.8 (now known)" in text


def test_many_units_are_a_table_of_the_last_time_with_ranks():
    units = {f"u{number:02}": {TIMES[0]: 50.0, TIMES[1]: float(number)} for number in range(70)}
    text = str(series_of(units))
    lines = rows_below(text, "Escalation")
    assert cells(lines[0])[:4] == ["unit", "month", "score", "band"]
    assert cells(lines[1])[:5] == ["u69", "2019-02", "69.0", "high", "65.0 to 73.0"]
    ranks = [cells(line)[7] for line in lines[1 : 1 + report.MAX_ROWS]]
    assert ranks == [str(number) for number in range(1, report.MAX_ROWS + 1)]
    assert ["and 10 more units; --format csv or -o FILE has all"] in [cells(line) for line in lines]
    assert len(text.splitlines()) < 120


def test_the_change_in_a_year_is_that_against_the_row_a_year_before():
    monthly = series_of({"a": {time: 40.0 + number for number, time in enumerate(months(14))}})
    headings, line = rows_below(str(monthly), "Escalation")[1:3]
    assert cells(line)[cells(headings).index("in a year")] == "+12.0"
    quarters = [f"{2000 + number // 4}-Q{number % 4 + 1}" for number in range(6)]
    quarterly = series_of({"a": {time: 40.0 - number for number, time in enumerate(quarters)}})
    headings, line = rows_below(str(quarterly), "Escalation")[1:3]
    assert cells(line)[cells(headings).index("in a year")] == "-4.0"
    lacking = {time: 40.0 for time in months(14) if time != "2019-02"}
    assert "in a year" not in str(series_of({"a": lacking}))
    assert "in a year" not in str(series_of({"a": {str(year): 40.0 for year in range(1990, 1995)}}))


def test_what_is_left_out_stands_first_and_gaps_and_irregular_times_are_told():
    units = {"a": {TIMES[0]: 40.0, TIMES[1]: 41.0, TIMES[4]: 42.0, TIMES[5]: 43.0}}
    series = replace(series_of(units, TIMES), skipped=(SkippedUnit("b", "two rows for 2019-01", 3),))
    lines = str(series).splitlines()
    assert lines[1] == "left out: b (3 rows): two rows for 2019-01"
    assert "gaps, after which there is no change: a between 2019-02 and 2019-05" in lines
    irregular = series_of({"a": {"1962-10-22": 90.0, "1963-06-20": 60.0, "1985-11-19": 70.0, "1985-11-20": 71.0}})
    assert "irregular: a change is against the unit's row before" in str(irregular)


def test_a_score_that_is_missing_throughout_is_told():
    other = series_of({"USA-RUS": dict.fromkeys(TIMES)}, title="Stability", name="t")
    text = str(with_score(SERIES, other))
    assert "USA-RUS: Stability has no score at any time: insufficient data" in text
    assert "Stability: largest moves" not in text


def test_without_draws_there_is_no_interval():
    score = SERIES["s"]
    nothing = np.full(len(VALUES), np.nan)
    series = replace(SERIES, draws=0, scores={"s": replace(score, interval_low=nothing, interval_high=nothing)})
    assert "no intervals: nothing was drawn" in str(series)
    assert "90 %" not in str(series)


class Images(HTMLParser):
    """The attributes of the images of a page, and the addresses that it names."""

    def __init__(self, text):
        super().__init__()
        self.images, self.addresses = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "img":
            self.images.append(values)
        self.addresses += [values[key] for key in ("src", "href") if key in values]


def test_a_notebook_shows_the_chart_and_the_report():
    html = SERIES._repr_html_()
    (image,) = Images(html).images
    kind, _, data = image["src"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    drawing = ET.fromstring(b64decode(data))  # noqa: S314  (made by this package)
    words = " ".join(filter(None, (part.text for part in drawing.iter())))
    assert "misread military moves" in words
    assert image["alt"] == "USA-RUS: Escalation rose from 41.0 to 67.0 since 2019-01, high since 2019-05"
    assert "Series of USA-RUS, 6 rows" in html


def test_a_notebook_without_matplotlib_shows_the_report(monkeypatch):
    monkeypatch.setattr(report, "find_spec", lambda name: None)
    html = SERIES._repr_html_()
    assert not Images(html).images
    assert "Military moves are misread when nobody is talking +7.2" in html


def test_a_page_has_the_chart_and_asks_for_nothing():
    page = analysis_document(SERIES)
    parsed = Images(page)
    assert len(parsed.images) == 1
    assert all(address.startswith("data:") for address in parsed.addresses)
    assert page.startswith("<!doctype html>")
    assert "default-src 'none'" in unescape(page)
    assert "Escalation: changes of band" in page
    assert "by-hand" in page


def test_the_command_writes_the_page_and_the_plot(tmp_path):
    table = tmp_path / "table.csv"
    rows = [f"{pair},{time},{number}" for pair in ("a", "b") for number, time in enumerate(TIMES)]
    table.write_text("\n".join(["pair,month,military_activity", *rows]), encoding="utf-8")
    page, plot = tmp_path / "page.html", tmp_path / "plot.svg"
    words = ("series", table, "--by", "pair", "--time", "month", "--draws", "0")
    done = run(*words, "-o", page, "--plot", plot)
    assert done.returncode == 0, done.stderr
    assert "<svg" in plot.read_text(encoding="utf-8")
    refused = run(*words, "-o", tmp_path / "other.html", "--plot", tmp_path / "other.png", "--score", "escalatio")
    assert refused.returncode == 2
    assert "there is no score 'escalatio'; did you mean 'escalation'?" in refused.stderr
    assert not list(tmp_path.glob("other.*"))
    assert "--score is of the plot" in run(*words, "--score", "escalation").stderr
    printed = run(*words, "--format", "html")
    assert printed.stdout == page.read_text(encoding="utf-8")
    assert len(Images(printed.stdout).images) == 1
