"""HTML of assessments: figures show the numbers, tables have them too, and text of files is never markup."""

import math
import os
import random
import re
import subprocess
import sys
from base64 import b64decode
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import SVG, drawing, read_drawing, read_page
from random_models import random_model, random_values

import riskmodel
from riskmodel.analysis.near_misses import near_misses
from riskmodel.documents.document import from_python
from riskmodel.documents.situations import Situation, from_values
from riskmodel.report import formatting, plotting
from riskmodel.report.account import account_groups, keeps_points
from riskmodel.report.analyses import uncertainty_chart
from riskmodel.report.html import analysis
from riskmodel.report.html.assessment import fragment
from riskmodel.report.html.full_report import report_document
from riskmodel.report.html.svg import colours
from riskmodel.schema.band_colours import band_colours, contrast
from riskmodel.schema.situation import SituationSpec

ROOT = Path(__file__).parents[2]
VALUES = {"military_activity": 7, "communication_frequency": 0.5, "espionage": 30, "trade_disruption": -5}
HOSTILE = "\"><script>alert('1')</script><b x='&amp;"


@pytest.fixture(scope="module")
def assessed(default_model):
    return default_model.assess(VALUES, title="A tense month")


@pytest.fixture
def few_draws(monkeypatch):
    """Reduce the number of draws, for tests that do not compare the results."""
    monkeypatch.setattr(import_module("riskmodel.analysis.uncertainty.analysis"), "DRAWS", 1024)


def read_fragment(assessment, *args, **kwargs):
    return read_page(fragment(assessment, *args, **kwargs))


def tables_by_score(page, assessment):
    accounts = {node["id"]: next(node.find_all("table")) for node in page.find_all("details", "account")}
    return {name: accounts.get(f"account-{name}") for name in assessment.scores}


def percents(picture, *names, **which):
    """Return positions of the parts of a drawing that are given in percent of its width."""
    return [[float(part[name].rstrip("%")) for name in names] for part in picture.find_all(**which)]


def check_fluid(node):
    """Assert that the drawing for browsers differs from that for others in the width of the whole only."""
    image = node.find("img")
    fluid = read_drawing(b64decode(node.find("source")["srcset"].removeprefix(SVG)).decode())
    fixed = drawing(image)
    assert fluid["width"] == "100%"
    assert fluid["height"] == fixed["height"] == image["height"]
    assert "viewbox" not in fluid.attributes | fixed.attributes
    pairs = zip(fluid.find_all(), fixed.find_all(), strict=True)
    assert all((one.tag, one.attributes, one.text) == (other.tag, other.attributes, other.text) for one, other in pairs)
    # No letter has a size of its own.
    assert fixed.find("g")["font-size"] == "12"
    assert not [label for label in fixed.find_all("text") if "font-size" in label.attributes]
    return fixed


def check_gauge(node, score):
    picture = check_fluid(node.find("picture"))
    ((left, width),) = percents(picture, "x", "width", tag="rect", class_="frame")

    def shares(*names, **which):
        return [[(x - left) / width for x in line] for line in percents(picture, *names, **which)]

    marks = shares("x1", "x2", class_="mark")
    assert marks == ([] if score.value is None else [pytest.approx([score.value / score.out_of] * 2, abs=1e-4)])
    ends = [end for line in shares("x1", "x2", class_="range") for end in line]
    assert min(ends) == pytest.approx(score.low / score.out_of, abs=1e-4)
    assert max(ends) == pytest.approx(score.high / score.out_of, abs=1e-4)
    edges = [*([start / score.out_of for start in score.bands.values()] or [0.0]), 1.0]
    assert [start for (start,) in shares("x", tag="rect", class_="band")] == pytest.approx(edges[:-1], abs=1e-4)
    assert [x for (x,) in shares("x1", class_="tick")] == pytest.approx(edges, abs=1e-4)
    colours = band_colours(len(score.bands), score.better) if score.bands else []
    assert [band["style"] for band in picture.find_all("rect", "band")][: len(colours)] == [
        f"fill:{colour.fill}" for colour in colours
    ]
    for text in (score.title, formatting.headline(score), formatting.bounds_text(score)):
        assert text in node.find("img")["alt"]
    assert formatting.bounds_text(score) in node.text
    check_labels(picture, score, node.text)


def check_labels(picture, score, card):
    """Assert that the names of bands and the numbers of their edges are there, as far as they have room."""
    labels = [(float(label["x"].rstrip("%")), float(label["y"]), label.text) for label in picture.find_all("text")]
    above = min(y for _, y, _ in labels)
    names = [text for _, y, text in labels if y == above and text in score.bands]
    assert names in ([name for name in score.bands if name == score.band], list(score.bands))
    if names != list(score.bands):
        assert formatting.bands_text(score) in card
    current = [label.text for label in picture.find_all("text", "here")]
    assert current == ([score.band] if score.band else [])
    assert [box.tag for box in picture.find_all("rect", "here")] == (["rect"] if score.band else [])
    numbers = [text for _, y, text in labels if y != above or text not in score.bands]
    assert numbers[0] == f"{[*score.bands.values(), 0.0][0]:.5g}"
    assert numbers[-1] == f"{score.out_of:.5g}"


def axis_of(table):
    """Return the function from a share of a track to the value there, by the first and the last tick of the axis."""
    picture = check_fluid(table.find("thead").find("picture"))
    places = [x for (x,) in percents(picture, "x1", class_="tick")]
    ticks = [float(label.text) for label in picture.find_all("text")]
    assert ticks == sorted(ticks)
    low, high = ticks[0], ticks[-1]
    assert places == pytest.approx(
        [places[0] + (places[-1] - places[0]) * (tick - low) / (high - low) for tick in ticks], abs=1e-3
    )

    def value(share):
        return low + (high - low) * (100 * share - places[0]) / (places[-1] - places[0])

    return value, ticks


def bars_of(row, value, **which):
    """Return the ends of the bars, or of other parts, of a row of an account, in points."""
    image = row.find("td", "bar").find("img")
    picture = drawing(image)
    left, _, width, _ = map(float, picture["viewbox"].split())
    share = float(image["width"].rstrip("%")) / 100
    return [
        [value((float(line[end]) - left) / width * share) for end in ("x1", "x2")] for line in picture.find_all(**which)
    ]


def check_account(table, assessment, score):
    """Assert that the rows of an account have its numbers, and bars of their lengths on the axis."""
    value, ticks = axis_of(table)
    groups = account_groups(assessment, score)
    bodies = list(table.find_all("tbody"))
    is_kept = keeps_points(score)
    running, near = 0.0, pytest.approx
    tolerance = {"abs": 2e-4 * (ticks[-1] - ticks[0])}
    for body, group in zip(bodies, groups, strict=True):
        total, *rows = body.find_all("tr")
        assert total.find("span", "points").text == of(group.points, group.possible)
        assert group.title in total.text
        shown = [(line.points, line.possible, line.exact, line.exact_possible, line.kind) for line in group.lines]
        if group.small:
            folded = rows[-1].find("details")
            assert [item.text for item in folded.find_all("li")] == [
                " ".join(filter(None, (line.label, line.given, of(line.points, line.possible)))) for line in group.small
            ]
            numbers = [(line.exact, line.exact_possible or 0.0) for line in group.small]
            exact = [math.fsum(column) for column in zip(*numbers, strict=True)]
            shown.append((group.small_points, group.small_possible, *exact, group.small[0].kind))
        if not is_kept:
            assert bars_of(total, value, tag="line", class_="whole") in (
                [],
                [near(sorted((running, running + group.exact)), **tolerance)],
            )
        for row, (points, possible, exact, exact_possible, kind) in zip(rows, shown, strict=True):
            assert row.find("span", "points").text == of(points, possible)
            assert row.find("img")["alt"] == of(points, possible)
            name = "kept" if is_kept and exact_possible else "step"
            ends = sorted((0.0, exact)) if is_kept else sorted((running, running + exact))
            drawn_bars = bars_of(row, value, tag="line", class_=name)
            assert drawn_bars == ([near(ends, **tolerance)] if abs(exact) > tolerance["abs"] else drawn_bars)
            if is_kept and exact_possible:
                assert bars_of(row, value, tag="line", class_="possible") == [near([0.0, exact_possible], **tolerance)]
            if not is_kept:
                links = [start for start, _ in bars_of(row, value, class_="link")]
                assert links == near([running, running + exact], **tolerance)
            check_look(row, score, kind, exact)
            running += exact
    assert math.fsum(float(group.points) for group in groups) == near(score.reported, abs=1e-6)
    assert running == near(score.value, abs=1e-9 * score.out_of)
    number = formatting.number(score.reported, score.decimals)
    assert table.find("tfoot").find("span", "points").text == number
    if not is_kept:
        bars = bars_of(table.find("tfoot").find("tr"), value, tag="line", class_="sum")
        assert bars in ([], [near([0.0, score.value], **tolerance)])


def check_look(row, score, kind, points):
    """Assert that bars of rules say better or worse by colour and by outline, and others neither."""
    picture = drawing(row.find("img"))
    bars = [part for name in ("step", "kept") for part in picture.find_all("line", name)]
    colours = {name for part in bars for name in part.classes if name.startswith("stroke-")}
    if kind == "rule" and score.better and bars:
        is_better = (points > 0) == (score.better == "high")
        assert colours == {"stroke-better" if is_better else "stroke-worse"}
        assert not (list(picture.find_all("line", "inside")) and not is_better)
    elif kind != "rule":
        assert colours <= {"stroke-base"}


def of(points, possible):
    return f"{points} of {possible}" if possible else points


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
@pytest.mark.slow
def test_pictures_of_any_assessment_show_its_numbers(seed):
    rng = random.Random(seed)
    content = random_model(rng)
    model = riskmodel.load_model(content)
    values = random_values(rng, content)
    assessment = model.assess(values)
    near = near_misses(model, values)
    page = read_fragment(assessment, near)
    gauges = {node["id"]: node for node in page.find_all("div", "gauge")}
    tables = tables_by_score(page, assessment)
    for name, score in assessment.scores.items():
        check_gauge(gauges[f"score-{name}"], score)
        assert ("sub" in gauges[f"score-{name}"].classes) == score.is_sub_score
        if score.value is None:
            assert tables[name] is None
            assert "insufficient data" in gauges[f"score-{name}"].text
        else:
            check_account(tables[name], assessment, score)
    listed = [node["data-key"] for node in page.find_all("details", "rule")]
    rules = {key.partition("-")[2] for key in listed}
    assert rules == {rule.name for rule in assessment.rules}
    near_rules = {near_miss.rule for near_miss in near}
    assert len(listed) == len(rules)
    assert near_rules <= {rule.name for rule in assessment.rules if rule.status == "not fired"}
    check_plain(page)


def check_plain(page):
    """Assert that there are no inline styles, scripts, repeated ids, images without text, or parts hidden by style."""
    ids, keys = [], []
    for node in page.find_all():
        assert "style" not in node.attributes
        assert not [name for name in node.attributes if name.startswith("on")]
        assert node.tag not in ("script", "style", "svg", "a", "link", "iframe", "object", "form")
        assert "unseen" not in node.classes
        assert "aria-hidden" not in node.attributes
        ids += [node["id"]] if "id" in node.attributes else []
        if node.tag == "details":
            keys.append(node["data-key"])
        if node.tag == "img":
            assert node["alt"]
            check_drawing(drawing(node))
    assert len(set(ids)) == len(ids)
    assert len(set(keys)) == len(keys)
    assert page.find("div", "assessment")["data-summary"]


def check_drawing(picture):
    """Assert that a drawing loads and runs nothing, and has colours for light and for dark pages."""
    light, dark = colours()
    rules, *_ = (style.text for style in picture.find_all("style"))
    assert rules.startswith("@media screen and (prefers-color-scheme: dark){")
    assert "url(" not in rules
    for part in picture.find_all():
        assert part.tag not in ("script", "image", "foreignObject", "a")
        assert not [name for name in part.attributes if name.startswith("on")]
        for key, name in re.findall(r"\b(fill|stroke)-([a-z]+)", part.attributes.get("class", "")):
            assert f"{key}:{light[name]}" in part["style"]
            assert f".{key}-{name}{{{key}:{dark[name]} !important}}" in rules


def test_two_fragments_share_a_page(default_model, assessed):
    other = default_model.assess(default_model.scenarios["continued_tensions"])
    page = read_page(fragment(assessed, (), "a-") + fragment(other, (), "b-"))
    ids = [node["id"] for node in page.find_all() if "id" in node.attributes]
    keys = [node["data-key"] for node in page.find_all("details")]
    assert len(set(ids)) == len(ids) > 4
    assert len(set(keys)) == len(keys) > 4


def test_a_fragment_has_scores_rules_and_remarks(default_model, assessed):
    near = near_misses(default_model, VALUES)
    page = read_fragment(assessed, near)
    escalation, stability = assessed["escalation"], assessed["stability"]
    assert page.find("div", "assessment")["data-summary"] == (
        f"Escalation risk {escalation.reported} of 100, {escalation.band}, provisional; could be severe; "
        f"Stability {stability.reported} of 100, {stability.band}, provisional; could be fragile."
    )
    source = assessed.model.sources[0]
    assert page.find("p", "rules-of").text == f"The rules are drawn from {source}"
    for rule, degree, effects in formatting.fired_rules(assessed):
        (item,) = [node for node in page.find_all("details", "rule") if node["data-key"] == f"rule-{rule.name}"]
        summary = item.find("summary").text
        assert rule.title in summary
        assert formatting.degree_text(rule.degree) in degree
        assert f"{degree}, {effects}" in summary
        assert rule.when in item.text
        assert rule.because in item.text
        passages = [citation.removeprefix(f"{source}, ") for citation in rule.citations]
        assert f"Drawn from {'; '.join(passages)}" in item.text
    for rule, reason in formatting.undetermined_rules(assessed):
        (item,) = [node for node in page.find_all("details", "rule") if node["data-key"] == f"rule-{rule.name}"]
        assert reason in item.find("summary").text
    for heading, remark in formatting.remarks(assessed):
        assert heading in page.text
        assert remark in page.text


def test_rules_of_several_sources_cite_them_by_number():
    sources = {"paper": {"title": "A paper"}, "book": {"title": "A book"}}
    rule = {"title": "Relief", "when": "heat > 5", "then": {"whole": {"add": -6}}}
    rule["cites"] = [{"source": "book", "section": "Chapter 2"}, {"source": "paper", "section": "Results"}]
    model = riskmodel.load_model(made(sources=sources, rules={"relief": rule}))
    page = read_fragment(model.assess({"heat": 8, "mood": "tense"}))
    assert page.find("p", "rules-of").text == "The rules are drawn from [1] A paper; [2] A book"
    assert "Drawn from [2] Chapter 2; [1] Results" in page.find("details", "rule").text


def test_near_misses_are_left_out_if_they_are_not_given(assessed):
    assert "Rules that nearly fired" not in fragment(assessed)
    assert "Rules that nearly fired" in fragment(assessed, ())


def test_only_accounts_are_open_unless_all_is_unfolded(assessed):
    folded, unfolded = (read_fragment(assessed, (), unfolded=open_) for open_ in (False, True))
    assert all("open" in node.attributes for node in unfolded.find_all("details"))
    assert {node["data-key"] for node in folded.find_all("details") if "open" in node.attributes} == {
        "account-escalation",
        "account-stability",
    }


def made(**changes):
    """Return a model with an account that can be calculated by hand, and hostile titles."""
    return {
        "format": 1,
        "id": "made",
        "title": HOSTILE,
        "sources": {"source": {"title": HOSTILE}},
        "indicators": {
            "heat": {"title": f"Heat {HOSTILE}", "unit": HOSTILE, "scale": {"goalposts": [0, 10]}},
            "mood": {"title": "Mood", "scale": {"levels": {"calm<br>": 0, "tense": 1}}},
        },
        "scores": {
            "part": {"title": f"Part {HOSTILE}", "weights": {"heat": 1}},
            "whole": {
                "title": f"Whole {HOSTILE}",
                "weights": {"part": 1, "mood": 1},
                "bands": {f"low {HOSTILE}": 0, "high": 50},
            },
        },
        "rules": {
            "relief": {
                "title": f"Relief {HOSTILE}",
                "because": HOSTILE,
                "cites": {"source": "source", "section": HOSTILE},
                "when": "heat > 5",
                "then": {"whole": {"add": -60}},
            }
        },
        **changes,
    }


def test_an_account_that_falls_below_zero_is_calculated_by_hand():
    # Half of 80 and half of 0 are 40; the rule takes 60; the clip gives 20 back. So the axis runs from -20 to 40.
    assessment = riskmodel.load_model(made()).assess({"heat": 8, "mood": "calm<br>"})
    table = tables_by_score(read_fragment(assessment), assessment)["whole"]
    value, ticks = axis_of(table)
    assert ticks == [-20, 0, 20, 40]
    rows = list(table.find_all("tr"))[1:]
    names = ("whole", "step", "step", "whole", "step", "whole", "step", "sum")
    bars = [bars_of(row, value, tag="line", class_=name) for row, name in zip(rows, names, strict=True)]
    assert [[[round(end, 2) for end in bar] for bar in row] for row in bars] == [
        [[0, 40]],
        [[0, 40]],
        [],
        [[-20, 40]],
        [[-20, 40]],
        [[-20, 0]],
        [[-20, 0]],
        [],
    ]
    printed = [node.text for node in table.find_all("span", "points")]
    assert printed == ["40.0", "40.0", "0.0", "-60.0", "-60.0", "+20.0", "+20.0", "0.0"]
    assert "calm<br>" in table.text
    assert "Kept within 0 to 100" in table.text


def test_points_kept_are_calculated_by_hand():
    # Of 100 points heat can keep 75 and mood 25: at 2 of 10, inverted, heat keeps 60 of 75; a calm mood keeps all 25.
    scores = {"whole": {"title": "Calm", "better": "high", "weights": {"heat": -3, "mood": -1}}}
    assessment = riskmodel.load_model(made(scores=scores, rules={})).assess({"heat": 2, "mood": "calm<br>"})
    table = tables_by_score(read_fragment(assessment), assessment)["whole"]
    assert "Points kept of possible" in table.find("thead").text
    printed = [node.text for node in table.find_all("span", "points")]
    assert printed == ["85.0 of 100.0", "60.0 of 75.0", "25.0 of 25.0", "85.0"]
    value, ticks = axis_of(table)
    assert ticks == [0, 20, 40, 60, 80]
    heat = next(row for row in table.find_all("tr") if "Heat" in row.text)
    (kept,), (possible,) = (bars_of(heat, value, tag="line", class_=name) for name in ("kept", "possible"))
    assert kept == pytest.approx([0, 60], abs=0.01)
    assert possible == pytest.approx([0, 75], abs=0.01)


def test_a_sub_score_comes_after_what_is_built_from_it():
    assessment = riskmodel.load_model(made()).assess({"heat": 8, "mood": "tense"})
    page = read_fragment(assessment)
    assert [node["id"] for node in page.find_all("div", "gauge")] == ["score-whole", "score-part"]
    assert page.find("div", "sub").find("h4").text == f"Part {HOSTILE}"
    assert "Part" not in page.find("div", "assessment")["data-summary"]


def test_hostile_text_stays_text(few_draws):
    model = riskmodel.load_model(made())
    values = {"heat": {"low": 5, "high": 10}, "mood": "tense"}
    situation = SituationSpec.model_validate(
        {
            "title": f"{HOSTILE} $\\frac$ \x07 </title></style>",
            "description": HOSTILE,
            "values": values,
            "notes": {"heat": HOSTILE},
            "doubts": [HOSTILE],
            "sources": [f"https://example.org/{HOSTILE}"],
        }
    )
    hostile = Situation(situation, from_python({}))
    check_plain(read_fragment(model.assess(hostile), near_misses(model, hostile)))
    page = read_report([(model, hostile)])
    assert page.find("title").text.endswith("</title></style>")
    assert "$\\frac$" in " ".join(node.text for node in drawing(page.find("img", "plot")).find_all("text"))
    assert page.text.count("alert('1')") > 10
    assert not [node for node in page.find_all("b") if "x" in node.attributes]
    check_alone(page)


def check_alone(page):
    """Assert that a page loads nothing from outside."""
    check_links(page)
    for node in page.find_all():
        assert node.tag not in ("script", "link", "iframe", "object", "base", "form")
        assert "style" not in node.attributes
        if node.tag == "img":
            assert node["alt"]
            check_links(drawing(node))
        else:
            assert "src" not in node.attributes
    style = page.find("style").text
    assert "url(" not in style
    assert "@import" not in style


def check_links(page):
    """Assert that all references are to ids of the page."""
    ids = {node["id"] for node in page.find_all() if "id" in node.attributes}
    for node in page.find_all():
        for name, value in node.attributes.items():
            if name in ("href", "xlink:href"):
                assert value.startswith("#")
                assert value[1:] in ids
            elif match := re.search(r"url\((.*?)\)", value or ""):
                assert match[1].startswith("#")
                assert match[1][1:] in ids


def situations(*names):
    return [situation for name in names for situation in riskmodel.read_situations(ROOT / "examples" / f"{name}.yaml")]


def read_report(pairs):
    start = "<!doctype html>\n"
    text = report_document(pairs)
    assert text.startswith(start)
    return read_page(text.removeprefix(start).rstrip())


def drawn(figure):
    """Return the words and the lines of a figure, as matplotlib writes them."""
    return words_and_lines(read_drawing(plotting.as_svg(figure)))


def words_and_lines(picture):
    return [node.text for node in picture.find_all("text")], [node["d"].split() for node in picture.find_all("path")]


def test_a_report_on_ranges_has_the_picture_of_plot_and_its_numbers(default_model):
    (situation,) = situations("article_case")
    page = read_report([(default_model, situation)])
    check_alone(page)
    result = riskmodel.uncertainty(situation, sample_missing=True)
    words, lines = words_and_lines(drawing(page.find("img", "plot")))
    assert (words, lines) == drawn(uncertainty_chart.draw(result))
    assert " ".join(words).count("circle: their median") == len(result.scores)
    numbers = [cell.text for row in page.find("article", "rm-report").find_all("tr") for cell in row.children]
    for score in result.scores.values():
        for band in score.bands:
            assert band.band in numbers
            assert f"{band.share.value:.1%}" in numbers
    # The bands that the sentence of a score names are those of the 90 % interval.
    for name, score in default_model.assess(situation).scores.items():
        shares = {band.band: band.share.value for band in result[name].bands}
        likely = [band for band, share in shares.items() if share > 0.06]
        names = list(score.bands)
        assert names.index(score.band_low) <= names.index(likely[0])
        assert names.index(likely[-1]) <= names.index(score.band_high)
    for text in (default_model.identity.short_fingerprint, riskmodel.__version__):
        assert text in page.find("footer").text
    assert page.find("h1").text == page.find("title").text == situation.spec.title
    assert situation.spec.date in page.find("p", "identity").text


def test_a_report_is_the_same_every_time(default_model, few_draws):
    pairs = [(default_model, situation) for situation in situations("article_case")]
    assert report_document(pairs) == report_document(pairs)


def test_a_report_on_two_situations_has_their_difference(default_model):
    compared = situations("case_1962_cuba", "case_1983_able_archer")
    page = read_report([(default_model, situation) for situation in compared])
    check_alone(page)
    result = riskmodel.compare(compared)
    sections = page.find_all("section", "change")
    accounts = result.differences[0].accounts.values()
    for section, account in zip(sections, accounts, strict=True):
        assert section.find("strong", "number").text == f"{account.after.reported - account.before.reported:+.1f}"
        assert all(entry.title in section.text for entry in account.entries if abs(entry.points) > 1e-9)
    for row in formatting.comparison_rows([default_model.assess(situation) for situation in compared]):
        assert all(cell in page.text for cell in row)
    gauges = [node["id"] for node in page.find_all("div", "gauge")]
    assert [name for name in gauges if name.startswith("side")] == [
        f"side{number}-score-{name}" for number in (1, 2) for name in ("escalation", "stability")
    ]


def test_situations_of_several_models_stand_side_by_side_without_an_account(default_model):
    other = riskmodel.load_model("core-four")
    page = read_report([(default_model, from_values(VALUES)), (other, from_values(VALUES))])
    assert "What explains the difference" not in page.text
    for model in (default_model, other):
        assert model.identity.short_fingerprint in page.find("footer").text


def test_a_report_without_scores_has_a_note_on_uncertainty(default_model):
    page = read_report([(default_model, from_values({"espionage": {"low": 1, "high": 2}}))])
    assert "insufficient data" in page.find("div", "assessment")["data-summary"]
    assert not list(page.find_all("img", "plot"))
    assert page.find("p", "note").text


def test_without_matplotlib_a_note_replaces_the_plot(default_model, monkeypatch):
    monkeypatch.setattr(analysis, "find_spec", lambda name: None)
    note = "The plot is left out"
    assert note not in report_document([(default_model, from_values(VALUES))])
    ranged = report_document([(default_model, from_values({**VALUES, "espionage": {"low": 1, "high": 2}}))])
    assert note in ranged
    assert "90% interval" in ranged
    several = report_document([(default_model, from_values(each)) for each in (VALUES, {**VALUES, "espionage": 3})])
    assert note not in several
    assert "What explains the difference" in several


def test_the_command_prints_the_report_as_utf8(default_model, tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text("title: Überfall – 危機\nvalues: {espionage: 3, communication_frequency: 4}\n", encoding="utf-8")
    words = [sys.executable, "-m", "riskmodel", "score", str(file), "--set", "military_activity=7", "--format", "html"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(words, capture_output=True, check=True, env=environment)
    (situation,) = riskmodel.read_situations(file)
    changed = replace(situation, changes={"military_activity": 7.0})
    assert done.stdout.decode("utf-8") == report_document([(default_model, changed)])
    assert "Überfall – 危機" in done.stdout.decode("utf-8")


def test_a_notebook_shows_the_fragment_and_its_style_stays_with_it(assessed):
    text = assessed._repr_html_()
    page = read_page(text)
    assert page.find("div", "assessment").text == read_fragment(assessed).text
    style = re.sub(r"/\*.*?\*/", "", page.find("style").text, flags=re.DOTALL)
    for selectors in re.findall(r"([^{}@;]+)\{[^{}]*\}", re.sub(r"@[^{]+\{", "", style)):
        for selector in selectors.split(","):
            # More specific than what hosts have: up to two classes, and two elements.
            assert len(re.findall(r"\.riskmodel(?:-page)?(?![\w-])", selector)) >= 3, selector


def test_contrasts_are_sufficient_in_both_schemes():
    day, night = colours()
    assert day.keys() == night.keys()
    for shades in (day, night):
        for ground in ("paper", "soft"):
            assert contrast(shades["ink"], shades[ground]) >= 4.5
            assert contrast(shades["muted"], shades[ground]) >= 4.5
        for written in ("worse", "better"):
            assert contrast(shades[written], shades["paper"]) >= 4.5, written
        for drawn_in in ("steel", "base", "bound", "plus"):
            assert contrast(shades[drawn_in], shades["paper"]) >= 3.0, drawn_in
