"""The chart of a series holds the numbers of the series, and says what they show."""

import sys
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import series_cases
from hypothesis import given
from hypothesis import strategies as st
from series_cases import BANDS, months, series_of, with_score

from riskmodel.errors import RiskmodelError
from riskmodel.report import plotting, time_axis
from riskmodel.report.analyses import series_panels
from riskmodel.report.analyses.series_chart import draw
from riskmodel.schema.band_colours import zone_colours

to_hex = pytest.importorskip("matplotlib.colors").to_hex
Text = pytest.importorskip("matplotlib.text").Text
Figure = pytest.importorskip("matplotlib.figure").Figure
TIMES = months(12)
VALUES = [41.0, 42.0, 45.0, 44.0, 47.0, 50.0, 49.0, 52.0, 58.0, 70.0, 69.0, 67.0]
SERIES = series_of({"USA-RUS": dict(zip(TIMES, VALUES, strict=True))})


@pytest.fixture(autouse=True)
def closed_figures():
    """Close what pyplot keeps open, if another test has loaded it."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


def line(axes):
    return next(item for item in axes.lines if item.get_label() == "score")


def ribbon(axes):
    return next(item for item in axes.collections if item.get_label() == "90 % interval")


def texts(axes):
    return [text.get_text() for text in axes.texts]


def runs(values):
    """Return the stretches of numbers between NaNs."""
    parts = np.split(values, np.flatnonzero(np.isnan(values)))
    return [kept.tolist() for part in parts if len(kept := part[~np.isnan(part)])]


def test_the_line_is_the_score_at_the_times_of_the_rows():
    axes = SERIES.plot()
    assert line(axes).get_ydata().tolist() == VALUES
    days = np.array(TIMES, "datetime64[M]").astype("datetime64[D]")
    x = line(axes).get_xdata()
    assert np.diff(x).tolist() == np.diff(days).astype(int).tolist()
    assert axes.get_xlim()[0] <= x[0]
    assert x[-1] <= axes.get_xlim()[1]


def test_the_ribbon_has_the_ends_of_the_intervals_as_vertices():
    axes = SERIES.plot()
    (path,) = ribbon(axes).get_paths()
    score = SERIES["s"]
    for x, low, high in zip(line(axes).get_xdata(), score.interval_low, score.interval_high, strict=True):
        at = path.vertices[path.vertices[:, 0] == x][:, 1]
        assert {low, high} <= set(at.tolist())
    assert path.vertices[:, 1].min() == score.interval_low.min()
    assert path.vertices[:, 1].max() == score.interval_high.max()


def test_bounds_are_lines_fainter_than_the_score():
    axes = SERIES.plot()
    score = SERIES["s"]
    bounds = [item for item in axes.lines if item.get_linestyle() not in ("-", "None")]
    assert [item.get_ydata().tolist() for item in bounds] == [score.low.tolist(), score.high.tolist()]
    assert all(item.get_linewidth() < line(axes).get_linewidth() / 2 for item in bounds)


def test_the_line_breaks_at_a_gap_and_where_there_is_no_score():
    values = dict(zip(TIMES, VALUES, strict=True))
    del values[TIMES[3]], values[TIMES[4]]
    values[TIMES[8]] = None
    series = series_of({"USA-RUS": values}, TIMES)
    axes = series.plot()
    assert runs(line(axes).get_ydata()) == [VALUES[:3], VALUES[5:8], VALUES[9:]]
    assert len(ribbon(axes).get_paths()) == 3
    (cross,) = [item for item in axes.lines if item.get_label() == "no score"]
    x = time_axis.places(TIMES)
    assert cross.get_xdata().tolist() == [x[8]]


@given(st.lists(st.sampled_from(["row", "no score", "gap"]), min_size=1, max_size=30))
def test_what_is_drawn_is_what_is_known_whatever_lacks(kinds):
    times = months(len(kinds))
    values = {
        time: None if kind == "no score" else 50.0 for time, kind in zip(times, kinds, strict=True) if kind != "gap"
    }
    if not values:
        return
    curves = series_panels.curves_of(series := series_of({"a": values}, times), series["s"], slice(0, len(values)))
    drawn = curves.x[~np.isnan(curves.score)]
    x = time_axis.places(series.times)
    known = [time for time, value in values.items() if value is not None]
    assert drawn.tolist() == [x[series.times.index(time)] for time in known]
    # Neighbouring points are joined if and only if both times have a score and are one step apart.
    if series.step == "1 month":
        for left, right in zip(curves.rows[:-1], curves.rows[1:], strict=True):
            if left >= 0 and right >= 0:
                assert series.position[right] == series.position[left] + 1


def test_a_lone_score_between_gaps_has_a_mark_and_its_interval():
    series = series_of({"a": {TIMES[0]: 40.0, TIMES[1]: 41.0, TIMES[5]: 60.0}}, TIMES)
    axes = series.plot()
    marks = [item for item in axes.lines if item.get_marker() == "o"]
    assert any(60.0 in item.get_ydata() for item in marks)
    bars = [
        segment[:, 1].tolist()
        for item in axes.collections
        if hasattr(item, "get_segments")
        for segment in item.get_segments()
    ]
    assert [56.0, 64.0] in bars


def test_zones_begin_where_the_bands_of_the_model_begin_in_the_colours_of_the_better_end():
    axes = SERIES.plot()
    zones = [(patch.get_y(), patch.get_y() + patch.get_height()) for patch in axes.patches]
    assert zones == list(zip(BANDS.values(), [*list(BANDS.values())[1:], 100.0], strict=True))
    for better in ("low", "high", None):
        bands = SERIES["s"].bands._replace(better=better)
        axes = replace(SERIES, scores={"s": replace(SERIES["s"], bands=bands)}).plot()
        fills = [to_hex(patch.get_facecolor()) for patch in axes.patches]
        assert fills == [colour.fill for colour in zone_colours(len(BANDS), better)]
    assert set(BANDS) <= set(texts(axes))
    assert axes.get_ylim() == (0, 100)


def test_the_title_says_the_facts():
    assert SERIES.plot().get_title(loc="left") == (
        "USA-RUS: Escalation rose from 41.0 to 67.0 since 2019-01, high since 2019-10"
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([41, 42, 41], "is 41.0, as at 2019-01, elevated throughout"),
        ([41, 30, 22], "fell from 41.0 to 22.0 since 2019-01, guarded since 2019-02"),
        ([41, 42, None], "rose from 41.0 to 42.0 between 2019-01 and 2019-02, no score since 2019-03"),
        ([None, None, None], "has no score at any time: insufficient data"),
        ([None, None, 30], "is 30.0 at 2019-03, guarded"),
        ([70, 30, 65], "fell from 70.0 (2019-01) to 30.0 (2019-02) and rose to 65.0, high since 2019-03"),
        ([70, 95, 65], "rose from 70.0 (2019-01) to 95.0 (2019-02) and fell to 65.0, high since 2019-03"),
    ],
)
def test_the_title_tells_rise_fall_turn_and_lack(values, words):
    series = series_of({"a": dict(zip(TIMES, values, strict=False))})
    assert series.plot().get_title(loc="left").replace("\n", " ") == f"a: Escalation {words}"


def test_a_band_is_not_said_to_last_through_a_gap():
    series = series_of({"a": {TIMES[0]: 65.0, TIMES[1]: 66.0, TIMES[4]: 67.0, TIMES[5]: 68.0}}, TIMES[:6])
    assert series.plot().get_title(loc="left").endswith("high since 2019-05")


def test_the_largest_move_is_named_with_its_main_driver_and_a_new_band_with_its_time():
    axes = SERIES.plot()
    (move,) = [text for text in texts(axes) if "+12.0" in text]
    assert move.splitlines() == ["high, 2019-10", "+12.0, mainly", "misread military moves"]
    rings = next(item for item in axes.lines if item.get_label() == "new band")
    assert rings.get_ydata().tolist() == [70.0]
    segments = [item.get_ydata().tolist() for item in axes.lines if item.get_color() == plotting.WORSE]
    assert [58.0, 70.0] in segments


def test_a_driver_that_was_missing_before_is_marked():
    series = series_of({"a": {TIMES[0]: 40.0, TIMES[1]: 52.0}}, shares=(1.0, 0.0, 0.0))
    known = replace(series, values={"military_activity": np.array([np.nan, 5.0])})
    assert any(text.endswith("+12.0, mainly\nmilitary activity\n(now known)") for text in texts(known.plot()))
    assert any(text.endswith("+12.0, mainly\nmilitary activity") for text in texts(series.plot()))


def test_bounds_of_a_crowded_line_are_a_pale_zone():
    times = months(360)
    series = series_of({"a": {time: 50.0 + number % 7 for number, time in enumerate(times)}})
    axes = series.plot()
    bounds = next(item for item in axes.collections if item.get_label() == "bounds")
    (path,) = bounds.get_paths()
    score = series["s"]
    assert (path.vertices[:, 1].min(), path.vertices[:, 1].max()) == (score.low.min(), score.high.max())
    assert bounds.get_alpha() < ribbon(axes).get_alpha()


def check_labels(axes):
    """Assert that the labels of a chart cover neither each other nor a point of the line."""
    labels = [text for text in axes.texts if "mainly" in text.get_text() or ", 20" in text.get_text()]
    boxes = [Text.get_window_extent(text) for text in labels]
    points = axes.transData.transform(np.column_stack(line(axes).get_data()))
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])
        assert not any(box.contains(*point) for point in points)
    return len(labels)


@pytest.mark.parametrize("count", [12, 40, 200])
def test_labels_cover_neither_each_other_nor_the_line(count):
    rng = np.random.default_rng(count)
    walks = np.clip(50 + np.cumsum(rng.normal(0, 7, (2, count)), 1), 1, 99)
    one, other = (
        series_of({"a": dict(zip(months(count), walk.tolist(), strict=True))}, title=name.title(), name=name)
        for name, walk in zip(("first", "second"), walks, strict=True)
    )
    figure = draw(with_score(one, other))
    figure.draw_without_rendering()
    assert all(check_labels(axes) for axes in figure.axes)


def test_letters_have_at_least_twelve_pixels():
    many = series_of({f"u{number}": {TIMES[0]: 10.0, TIMES[1]: 11.0} for number in range(21)})
    for figure in (draw(SERIES), draw(many)):
        assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) * 96 / 72 >= 12


def test_one_unit_has_its_scores_below_each_other_with_one_axis_of_times():
    other = series_of({"USA-RUS": dict.fromkeys(TIMES)}, TIMES, title="Stability", name="t")
    upper, lower = draw(with_score(SERIES, other)).axes
    assert upper.get_title(loc="left").startswith("USA-RUS: Escalation")
    assert lower.get_title(loc="left") == "USA-RUS: Stability has no score at any time: insufficient data"
    assert upper.get_xlim() == lower.get_xlim()


def test_units_stand_side_by_side_on_one_scale_the_highest_last_score_first():
    values = {"a": 20.0, "b": 80.0, "c": 50.0}
    series = series_of(
        {name: {TIMES[0]: 40.0, TIMES[1]: value} for name, value in values.items()} | {"d": {TIMES[1]: None}}
    )
    panels = draw(series).axes
    assert [axes.get_title(loc="left") for axes in panels] == ["b", "c", "a", "d"]
    assert [axes.get_title(loc="right") for axes in panels] == [
        "80.0 (+40.0)",
        "50.0 (+10.0)",
        "20.0 (-20.0)",
        "no score",
    ]
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in panels}) == 1
    assert line(panels[0]).get_ydata().tolist() == [40.0, 80.0]
    label = draw(series).get_label()
    assert label == "Escalation rose in 2 and fell in 1 of 4 units, 2019-01 to 2019-02; highest last: b, 80.0 (severe)"


def test_times_below_neighbouring_panels_do_not_run_into_each_other():
    times = [f"{year}-{month:02}" for year in range(2015, 2026) for month in (1, 7)]
    figure = draw(series_of({f"pair {number:02}": dict.fromkeys(times, 40.0) for number in range(24)}))
    figure.draw_without_rendering()
    lowest = sorted(figure.axes, key=lambda axes: (axes.get_position().y0, axes.get_position().x0))[:4]
    extents = []
    for axes in lowest:
        low, high = axes.get_xlim()
        labels = zip(axes.get_xticklabels(), axes.get_xticks(), strict=True)
        extents += [label.get_window_extent() for label, x in labels if low <= x <= high]
    assert len(extents) == 12
    assert all(left.x1 + 1 < right.x0 for left, right in pairwise(extents))


def test_long_names_have_a_line_of_their_own_and_keep_both_ends():
    names = ["Democratic Republic of the Congo - Rwanda", "b"]
    panels = draw(series_of({name: {TIMES[0]: 40.0, TIMES[1]: 50.0} for name in [*names, *map(str, range(30))]})).axes
    headings = [axes.get_title(loc="left") for axes in panels]
    (long,) = [heading for heading in headings if heading.startswith("Democr")]
    assert long.endswith("- Rwanda\n")
    assert "b\n" in headings


@pytest.mark.parametrize("count", [2, 14, 23, 24, 40, 359])
def test_ticks_of_panels_are_round_dates_without_a_warning(count, recwarn):
    figure = draw(series_of({name: dict.fromkeys(months(count), 50.0) for name in "abcdefghijklmnopqrstuvw"}))
    figure.draw_without_rendering()
    assert not recwarn.list
    for axes in figure.axes:
        low, high = axes.get_xlim()
        assert 1 <= sum(low <= tick <= high for tick in axes.get_xticks()) <= 6


def test_the_score_of_a_plot_can_be_chosen():
    units = {name: {TIMES[0]: 40.0, TIMES[1]: 50.0} for name in ("a", "b")}
    other = series_of({name: {TIMES[0]: 40.0, TIMES[1]: 30.0} for name in units}, title="Stability", name="t")
    series = with_score(series_of(units), other)
    assert draw(series).get_label().startswith("Escalation rose in 2 and fell in 0 of 2 units")
    assert draw(series, "t").get_label().startswith("Stability rose in 0 and fell in 2 of 2 units")
    one = with_score(SERIES, series_of({"USA-RUS": dict.fromkeys(TIMES, 1.0)}, title="Stability", name="t"))
    assert [axes.get_title(loc="left") for axes in draw(one, "t").axes] == [
        "USA-RUS: Stability is 1.0, as at 2019-01, low throughout"
    ]


def test_units_that_are_left_out_are_counted(monkeypatch):
    monkeypatch.setattr(series_panels, "MAX_PANELS", 3)
    series = series_of({f"u{number}": {TIMES[0]: 10.0 + number} for number in range(5)})
    figure = draw(series)
    drawn = [axes.get_title(loc="left") for axes in figure.axes]
    assert drawn == ["u4", "u3", "u2"]
    assert "2 units with lower last scores are left out" in figure.get_supxlabel()


@pytest.mark.parametrize("count", [1, 2, 7, 25])
def test_any_number_of_units_is_drawn(count, tmp_path):
    series = series_of({f"u{number}": {TIMES[0]: 10.0, TIMES[1]: None, TIMES[2]: 12.0} for number in range(count)})
    series.save_plot(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 1000


@pytest.mark.parametrize("time", ["1962", "1962-Q4", "1962-10", "1962-10-22", "1962-10-22 14:30", "3.5"])
def test_a_single_row_is_drawn_at_its_time(time):
    axes = series_of({"a": {time: 57.0}}).plot()
    assert [label.get_text() for label in axes.get_xticklabels()] == [time]
    assert axes.get_title(loc="left") == f"a: Escalation is 57.0 at {time}, elevated"


def test_irregular_times_stand_at_their_real_distance():
    series = series_of({"a": {"1962-10-22": 90.0, "1963-06-20": 60.0, "1985-11-19": 70.0, "1985-11-20": 71.0}})
    x = line(series.plot()).get_xdata()
    assert np.diff(x).tolist() == [241.0, 8188.0, 1.0]


@pytest.mark.parametrize(
    ("times", "distances"),
    [
        (("1999", "2000", "2002"), [1, 2]),
        (("1.5", "2", "4"), [0.5, 2]),
        (("1999-Q4", "2000-Q1", "2000-Q2"), [92, 91]),
        (("2000-02", "2000-03"), [29]),
        (("2000-01-01 00:00", "2000-01-01 06:00"), [0.25]),
        (("2000-01-01T00:00+01:00", "2000-01-01T00:00Z"), [1 / 24]),
    ],
)
def test_places_of_times_are_years_numbers_and_days(times, distances):
    assert np.diff(time_axis.places(times)).tolist() == pytest.approx(distances)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("most", range(3, 10))
@pytest.mark.parametrize("minutes", [10, 59, 61, 110, 179, 181, 23 * 60, 47 * 60, 71 * 60, 80 * 1440, 1_000 * 1440])
def test_a_chart_of_instants_has_a_few_ticks_whatever_their_span(minutes, most):
    start = datetime(2020, 1, 2, 3, 4)
    times = [f"{start + timedelta(minutes=minutes * number / 30):%Y-%m-%d %H:%M:%S}" for number in range(31)]
    figure = Figure()
    axes = figure.subplots()
    time_axis.set_time_axis(axes, times, most)
    low, high = axes.get_xlim()
    assert 1 <= sum(low <= tick <= high for tick in axes.get_xticks()) <= most + 1


def test_plot_asks_for_a_unit_if_there_are_several_and_names_some():
    series = series_of({name: {TIMES[0]: 40.0} for name in ("USA-RUS", "USA-CHN")})
    with pytest.raises(RiskmodelError, match=r"choose one of the 2 units: plot\(unit\) with 'USA-CHN', 'USA-RUS'"):
        series.plot()
    with pytest.raises(RiskmodelError, match=r"there is no unit 'USA-RUS2' in made_up\.csv; did you mean 'USA-RUS'"):
        series.plot("USA-RUS2")
    for draw_it in (lambda: series.plot("USA-RUS", "escalation"), lambda: draw(series, "escalation")):
        with pytest.raises(RiskmodelError, match="there is no score 'escalation'; known: s"):
            draw_it()


def test_plot_draws_into_given_axes():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = figure.subplots()
    assert SERIES.plot(axes=axes) is axes
    assert SERIES.plot("USA-RUS", "s") is not axes


def test_a_notebook_shows_the_axes_that_plot_returns(monkeypatch):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    axes = SERIES.plot()
    assert axes.figure.number in pyplot.get_fignums()


def test_a_score_without_bands_and_without_intervals_is_drawn():
    score = SERIES["s"]
    nothing = np.full(len(VALUES), np.nan)
    bare = replace(
        score,
        band_starts=(),
        bands=score.bands._replace(codes=np.full(len(VALUES), -1, np.int8), names=()),
        interval_low=nothing,
        interval_high=nothing,
        low=score.reported,
        high=score.reported,
    )
    axes = replace(SERIES, draws=0, scores={"s": bare}).plot()
    assert axes.get_title(loc="left") == "USA-RUS: Escalation rose from 41.0 to 67.0 since 2019-01"
    assert not axes.patches
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["score", "largest moves: worse"]
    assert "no draws" in axes.get_xlabel()


def test_a_source_and_a_model_are_named_below():
    words = SERIES.plot().get_xlabel()
    for part in ("made_up.csv", series_cases.IDENTITY.line, "1,024 draws"):
        assert part in words


def test_svg_has_the_title_for_those_who_do_not_see_it(tmp_path):
    SERIES.save_plot(tmp_path / "plot.svg")
    root = ET.parse(tmp_path / "plot.svg").getroot()  # noqa: S314  (made by this package)
    assert root.find("{http://www.w3.org/2000/svg}title").text == draw(SERIES).get_label()


def test_text_of_units_is_taken_as_it_is(tmp_path):
    name = "$a_b$\x1b[2J"
    series = series_of({name: {TIMES[0]: 40.0, TIMES[1]: 41.0}, "b": {TIMES[0]: 1.0}})
    series.save_plot(tmp_path / "plot.svg")
    series.plot(name)
    content = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert "\x1b" not in content
    ET.fromstring(content)  # noqa: S314
