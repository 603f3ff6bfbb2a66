"""The plots of analyses show the numbers of their results, and their titles say what is true of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.analysis.results.ranking import Ranked, ScoreRanking
from riskmodel.analysis.results.uncertainty import BandShare
from riskmodel.report import plotting
from riskmodel.report.analyses import (
    comparison_chart,
    levers_chart,
    ranking_chart,
    sensitivity_chart,
    uncertainty_chart,
    validation_chart,
)
from riskmodel.report.analyses.comparison import rounded_entries
from riskmodel.report.band_zones import fitted
from riskmodel.results import Estimate
from riskmodel.schema.band_colours import band_colours, zone_colours

to_hex = pytest.importorskip("matplotlib.colors").to_hex
Text = pytest.importorskip("matplotlib.text").Text

SMALLEST = 12
"""Pixels of letters, where 96 are an inch."""
BANDS = {"low": 0.0, "middle": 40.0, "high": 80.0}
LONG = "Contacts of leaders, ministers and soldiers, by letter, line, visit and summit, and of their envoys abroad"


def made(better="low", title="Risk", name="Heat"):
    """Return a model whose score is 10 for each point of heat and 1 for each of haste less 5, from 0 to 100."""
    return riskmodel.load_model(
        {
            "format": 1,
            "id": "made",
            "indicators": {
                "heat": {"title": name, "scale": {"goalposts": [0, 10]}, "lever": {}},
                "haste": {"title": "Haste", "scale": {"goalposts": [0, 10]}, "lever": {}},
            },
            "scores": {
                "risk": {"title": title, "weights": {"heat": 9, "haste": 1}, "bands": BANDS}
                | ({"better": better} if better else {})
            },
        }
    )


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def titles(figure):
    return [" ".join(axes.get_title(loc="left").split()) for axes in figure.axes if axes.get_title(loc="left")]


def one_line(text):
    return " ".join(text.split())


@pytest.fixture(scope="module")
def drawn():
    """Every plot of an analysis, with its result."""
    model = made(name=LONG)
    ranges = {"heat": {"low": 3, "high": 9}, "haste": {"low": 1, "likely": 2, "high": 8}}
    uncertain = riskmodel.uncertainty(ranges, model=model, draws=1024)
    sensitive = riskmodel.sensitivity(ranges, model=model, draws=64)
    needed = riskmodel.levers({"heat": 8, "haste": 8}, "risk <= 30", model=model)
    compared = riskmodel.compare([{"heat": 8, "haste": 2}, {"heat": 2, "haste": 3}], model=model)
    ranked = riskmodel.rank([{"heat": heat, "haste": 5} for heat in range(10)], model=model, draws=256)
    return {
        uncertainty_chart: uncertain,
        sensitivity_chart: sensitive,
        levers_chart: needed,
        comparison_chart: compared,
        ranking_chart: ranked,
    }


def test_no_letters_are_smaller_than_twelve_pixels_and_none_is_cut(drawn):
    for chart, result in drawn.items():
        figure = chart.draw(result)
        figure.draw_without_rendering()
        page = figure.bbox
        assert figure.get_figwidth() == plotting.WIDTH
        ticks = {label for axes in figure.axes for label in axes.get_xticklabels()}  # also such as are not shown
        for text in figure.findobj(Text):
            if not text.get_visible() or not text.get_text().strip() or text in ticks:
                continue
            assert text.get_fontsize() * 96 / 72 >= SMALLEST, (chart, text)
            extent = text.get_window_extent()
            assert page.x0 - 1 <= extent.x0, (chart, text)
            assert extent.x1 <= page.x1 + 1, (chart, text)
            assert page.y0 - 1 <= extent.y0, (chart, text)
            assert extent.y1 <= page.y1 + 1, (chart, text)


def test_every_figure_has_a_heading_its_model_and_a_title_for_the_file(drawn):
    for chart, result in drawn.items():
        figure = chart.draw(result)
        model = next(iter(result.differences)).before.model if chart is comparison_chart else result.model
        assert model.line in one_line(figure.get_supxlabel())
        assert figure.get_suptitle()
        assert titles(figure)
        for title in titles(figure):
            assert title in figure.get_label()


def test_long_labels_are_wrapped_and_whole(drawn):
    for chart in (sensitivity_chart, levers_chart, comparison_chart):
        assert LONG in map(one_line, texts(chart.draw(drawn[chart])))


@pytest.mark.parametrize("better", ["low", "high", None])
def test_the_bars_of_a_waterfall_are_the_points_in_the_colours_of_worse_and_better(better):
    # 8 to 2 of heat are 54 of 100 points less, 2 to 3 of haste are 1 more.
    result = riskmodel.compare([{"heat": 8, "haste": 2}, {"heat": 2, "haste": 3}], model=made(better))
    (account,) = result.differences[0].accounts.values()
    (axes,) = comparison_chart.draw(result).axes
    bars = [patch for patch in axes.patches if 0 < patch.get_height() < 1]
    ends = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in bars]
    assert ends == [pytest.approx((74, 20)), pytest.approx((20, 21))]
    fall, rise = (to_hex(bar.get_facecolor()) for bar in bars)
    warm, cool, neutral = plotting.WORSE, plotting.BETTER, plotting.STEEL
    assert (fall, rise) == {"low": (cool, warm), "high": (warm, cool), None: (neutral, neutral)}[better]
    words = {"low": "← better worse →", "high": "← worse better →", None: "← lower higher →"}[better]
    assert one_line(axes.get_xlabel()) == words
    assert [text for _, points in rounded_entries(account) for text in texts(axes.figure) if text == f"{points:+.1f}"]
    assert "Risk falls by 53.0, from 74.0 (middle) to 21.0 (low); mostly Heat (-54.0)" in titles(axes.figure)


def test_zones_of_a_waterfall_are_the_bands_that_its_axis_shows():
    result = riskmodel.compare([{"heat": 6, "haste": 6}, {"heat": 9, "haste": 6}], model=made())
    (axes,) = comparison_chart.draw(result).axes
    low, high = axes.get_xlim()
    assert 40 < low < 60
    assert 87 < high < 120
    zones = [patch for patch in axes.patches if patch.get_height() == 1]
    colours = zone_colours(3, "low")
    assert [to_hex(zone.get_facecolor()) for zone in zones] == [colours[1].fill, colours[2].fill]
    assert zones[1].get_x() == 80
    assert zones[1].get_x() + zones[1].get_width() == pytest.approx(min(high, 100))
    assert {"middle", "high"} <= set(texts(axes.figure))
    assert "low" not in texts(axes.figure)


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=20),
    st.floats(1, 1e6).map(lambda scale: scale / 100),
)
def test_a_fitted_axis_holds_the_values_within_the_scale(values, scale):
    values, out_of = [value * scale for value in values], 100 * scale
    low, high = fitted(values, out_of)
    assert 0 <= low <= min(values)
    assert max(values) <= high <= out_of
    # No empty half: the values fill it, but for the room beside them, unless they are close together.
    assert high - low <= max(1.1 * (max(values) - min(values)), 0.1 * out_of) * (1 + 1e-9)
    assert high > low


def shares(values):
    """Return the uncertainty of a score with some draws."""
    result = riskmodel.uncertainty({"heat": {"low": 1, "high": 9}, "haste": 5}, model=made(), draws=1024)["risk"]
    values = np.array(values, float)
    quantiles = {share: Estimate(float(np.quantile(values, share))) for share in result.quantiles}
    codes = np.searchsorted(list(BANDS.values()), np.round(values, 1), side="right") - 1
    bands = tuple(
        BandShare(name, start, Estimate(float((codes == code).mean())))
        for code, (name, start) in enumerate(BANDS.items())
    )
    return replace(result, values=values, quantiles=quantiles, bands=bands)


@pytest.fixture(scope="module")
def uncertain():
    return shares([10.0] * 100)


@settings(max_examples=60)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=50), st.sampled_from([1, 7, 100]))
def test_the_title_of_an_uncertainty_gives_the_likeliest_band_and_the_interval(uncertain, values, times):
    values = np.repeat(np.array(values), times)
    codes = np.searchsorted(list(BANDS.values()), np.round(values, 1), side="right") - 1
    counts = np.bincount(codes, minlength=3)
    low, high = (float(np.quantile(values, share)) for share in (0.05, 0.95))
    bands = tuple(
        BandShare(name, start, Estimate(counts[code] / len(values))) for code, (name, start) in enumerate(BANDS.items())
    )
    quantiles = {share: Estimate(float(np.quantile(values, share))) for share in uncertain.quantiles}
    text = uncertainty_chart.statement(replace(uncertain, values=values, quantiles=quantiles, bands=bands))
    start, _, spread = text.partition("; ")
    named, of = start.removeprefix("Risk: ").split(" in ", 1)
    most = counts.max() / len(values)
    assert counts[list(BANDS).index(named)] == counts.max()
    if of == "all draws":
        assert most == 1.0
    elif of.startswith("more than 99"):
        assert 0.99 < most < 1.0
    else:
        assert abs(int(of.split()[0]) / 100 - most) <= 0.005 + 1e-12
    numbers = [float(word) for word in spread.replace("90 %", "").split() if word.replace(".", "").isdigit()]
    assert numbers == pytest.approx([low, high] if len(numbers) == 2 else [low], abs=0.0501)


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ([50.0] * 100, "Risk: middle in all draws; 50.0 in at least 90 % of them"),
        ([10.0] * 38 + [90.0] * 62, "Risk: high in 62 of 100 draws; 90 % between 10.0 and 90.0"),
        ([90.0] * 999 + [10.0], "Risk: high in more than 99 of 100 draws; 90.0 in at least 90 % of them"),
        ([12.5], "Risk: low in all draws; 12.5 in at least 90 % of them"),
    ],
)
def test_titles_of_uncertainties_by_hand(values, title):
    assert uncertainty_chart.statement(shares(values)) == title


def test_the_columns_of_an_uncertainty_are_the_draws_and_the_bars_its_intervals():
    result = riskmodel.uncertainty({"heat": {"low": 1, "high": 9}, "haste": 5}, model=made(), draws=1024)
    (axes,) = uncertainty_chart.draw(result).axes
    score = result["risk"]
    (columns,) = (patch for patch in axes.patches if hasattr(patch, "get_data"))
    heights, edges, _ = columns.get_data()
    assert heights.sum() == pytest.approx(1)
    assert edges[0] <= score.values.min()
    assert edges[-1] >= score.values.max()
    spans = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2]
    for low, high in ((0.05, 0.95), (0.25, 0.75)):
        ends = [score.quantiles[share].value for share in (low, high)]
        assert any(list(span) == ends for span in spans)
    assert "middle" in " ".join(texts(axes.figure))


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(0, 2**32))
def test_intervals_of_ranks_are_quantiles_of_the_shares(weights, seed):
    count = len(weights)
    rng = np.random.default_rng(seed)
    draws = np.array([rng.permutation(count) for _ in range(50)])
    acceptability = np.stack([(draws == rank).mean(axis=0) for rank in range(count)], axis=1)
    items = tuple(Ranked(f"s{place}", float(-place), float(-place), None, place + 1) for place in range(count))
    ranking = ScoreRanking("s", "S", 1, (), None, items, (), 0, (), acceptability, np.full((count, count), 0.5))
    for place in range(count):
        quantiles = ranking.quantiles(place, (0.05, 0.25, 0.5, 0.75, 0.95))
        ranks = np.sort(draws[:, place] + 1)
        assert quantiles == [
            int(ranks[max(int(np.ceil(share * 50 - 1e-9)) - 1, 0)]) for share in (0.05, 0.25, 0.5, 0.75, 0.95)
        ]
        assert (quantiles[0], quantiles[-1]) == ranking.interval(place)


def test_a_ranking_of_many_situations_shows_the_first_and_says_how_many_are_left_out():
    situations = [{"heat": heat / 10, "haste": 5} for heat in range(100)]
    result = riskmodel.rank(situations, model=made(), draws=256)
    figure = ranking_chart.draw(result)
    (axes,) = figure.axes
    assert len(axes.get_yticks()) == 30
    assert "70 situations with lower ranks left out" in one_line(figure.get_supxlabel())
    squares = [text.get_bbox_patch() for text in axes.texts if text.get_bbox_patch()]
    fills = [to_hex(square.get_facecolor()) for square in squares]
    colours = dict(zip(BANDS, band_colours(3, "low"), strict=True))
    assert fills == [colours[item.band].fill for item in result["risk"].ranked[:30]]
    assert axes.get_xlim()[1] < 60


def test_titles_of_rankings():
    one = riskmodel.rank([{"heat": 5, "haste": 5}, {"haste": 5}], model=made(), draws=256)["risk"]
    assert ranking_chart.statement(one) == f"Risk: only {one.ranked[0].name} has a score"
    same = riskmodel.rank([{"heat": 5, "haste": 5}] * 3, model=made(), draws=256)["risk"]
    assert ranking_chart.statement(same).startswith("Risk: 3 situations share the first rank; 0 of 3 pairs")
    apart = riskmodel.rank([{"heat": 9, "haste": 5}, {"heat": 1, "haste": 5}], model=made(), draws=256)["risk"]
    name = apart.ranked[0].name
    assert ranking_chart.statement(apart) == (
        f"Risk: {name} is first in all draws; 1 of 1 pair keep their order in at least 95 %"
    )


def test_titles_of_levers():
    model = made()
    reached = riskmodel.levers({"heat": 8, "haste": 0}, "risk <= 36", model=model)
    assert levers_chart.statement(reached) == "Enough for risk <= 36: Heat from 8 to 4"
    met = riskmodel.levers({"heat": 1, "haste": 0}, "risk <= 36", model=model)
    assert levers_chart.statement(met) == "risk <= 36 is already met"


@pytest.mark.parametrize(("better", "colour"), [("low", "BETTER"), ("high", "WORSE"), (None, "STEEL")])
def test_the_moves_of_levers_have_the_colour_of_where_they_lead(better, colour):
    result = riskmodel.levers({"heat": 8, "haste": 0}, "risk <= 36", model=made(better))
    (axes,) = levers_chart.draw(result).axes
    moved = [line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 2]
    assert moved
    for line in moved:
        assert line.get_color() == getattr(plotting, colour)
        assert list(line.get_xdata()) == pytest.approx([0.8, 0.4])
    words = {"low": "Risk better", "high": "Risk worse", None: "Risk lower"}[better]
    assert one_line(axes.get_xlabel()).endswith(f"The moves make {words}")


def test_the_bars_of_a_sensitivity_are_the_scores_at_the_ends():
    result = riskmodel.sensitivity(
        {"heat": {"low": 2, "high": 6}, "haste": {"low": 4, "high": 6}}, model=made(), draws=64
    )
    score = result.scores["risk"]
    left, right = sensitivity_chart.draw(result).axes
    base = score.plain.value
    for row, bar in enumerate(score.tornado):
        drawn = [patch for patch in left.patches if abs(patch.get_y() + patch.get_height() / 2 - row) < 1e-9]
        ends = {round(patch.get_x() + patch.get_width(), 9) for patch in drawn if patch.get_x() == pytest.approx(base)}
        assert {round(bar.at_low, 9), round(bar.at_high, 9)} <= ends
    first = score.tornado[0]
    assert sensitivity_chart.statement(score) == (
        f"Risk: Heat moves it most, {first.least:.1f} to {first.greatest:.1f}; "
        f"then Haste, {score.tornado[1].least:.1f} to {score.tornado[1].greatest:.1f}"
    )
    marks = [line.get_xdata()[0] for line in right.lines if line.get_marker() == "o"]
    for index in score.indices:
        assert index.first.value in marks
        assert index.total.value in marks


def test_a_sensitivity_where_nothing_moves_the_score_says_so():
    flat = riskmodel.sensitivity({"heat": 5, "haste": 5}, model=made(), draws=64).scores["risk"]
    still = replace(flat, tornado=())
    assert sensitivity_chart.statement(still) == "Risk: nothing that varies moves it by itself"


@given(st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_titles_of_validations_follow_the_interval(value, below, above):
    pytest.importorskip("sklearn")
    auc = Estimate(value, max(value - below, 0.0), min(value + above, 1.0))
    text = validation_chart.auc_text(auc)
    if auc.low <= 0.5 <= auc.high:
        assert text.startswith("no sign that it separates")
    else:
        assert text.startswith("higher with the event in" if value > 0.5 else "not higher where there was an event")
    assert f"{value:.2f}" in text
