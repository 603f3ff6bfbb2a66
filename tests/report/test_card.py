"""The card as a picture: its texts and lengths are the numbers of the assessment, and no text is cut."""

import random
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from command import run
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.patches import Polygon, Rectangle
from random_models import random_model, random_values

import riskmodel
from riskmodel.report import formatting
from riskmodel.report.account import account_groups
from riskmodel.report.card import draw, draw_account, draw_cards, draw_gauges
from riskmodel.report.plotting import figure_bytes
from riskmodel.report.summary import summary
from riskmodel.schema.band_colours import band_colours

VALUES = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}


@pytest.fixture(scope="module")
def assessed(default_model):
    sources = ("A cable of the embassy", "A paper of record")
    return replace(default_model.assess(VALUES, title="A tense month"), date="2026-10", sources=sources)


def words_of(figure):
    """The words of a picture in the order in which they were written."""
    (axes,) = figure.axes
    return " ".join(" ".join(text.get_text() for text in axes.texts).split())


def patches(figure, kind):
    (axes,) = figure.axes
    return [patch for patch in axes.patches if type(patch) is kind]


def extents(figure):
    """The text of a picture with its ends in points from the left and the top."""
    with rc_context({"text.hinting": "no_hinting"}):
        figure.set_dpi(72)
        renderer = FigureCanvasAgg(figure).get_renderer()
        height = figure.get_figheight() * 72
        for text in figure.axes[0].texts:
            if text.get_text():
                box = text.get_window_extent(renderer)
                yield text.get_text(), box.x0, box.x1, height - box.y1, height - box.y0


def test_the_card_has_the_words_of_all_other_views(assessed):
    words = words_of(draw(assessed))
    expected = ["A tense month", "2026-10", assessed.model.short_fingerprint, *assessed.model.sources]
    expected += ["Sources of the facts: A cable of the embassy; A paper of record", "Sources of the model: "]
    for score in assessed.top_scores:
        expected += [formatting.number(score.reported, score.decimals), score.band, summary(assessed, score)]
        expected += [formatting.bounds_text(score), *score.bands]
        for group in account_groups(assessed, score):
            expected += [group.title, group.points, *(line.label for line in group.lines), group.small_title]
    expected += [text for remark in formatting.missing_remarks(assessed) for text in remark]
    for text in expected:
        assert text in words, text


def test_the_triangle_stands_at_the_score_and_the_line_on_its_bounds(assessed):
    figure = draw(assessed)
    tips = [patch.get_xy()[0][0] for patch in patches(figure, Polygon)][::2]
    lines = [line.get_xdata() for line in figure.axes[0].lines if line.get_linewidth() == 1.6]
    bands = [patch for patch in patches(figure, Rectangle) if patch.get_height() == 19]
    for index, score in enumerate(assessed.top_scores):
        own = bands[index * len(score.bands) : (index + 1) * len(score.bands)]
        left, width = own[0].get_x(), sum(band.get_width() for band in own)
        assert (tips[index] - left) / width * score.out_of == pytest.approx(score.value)
        low, high = ((end - left) / width * score.out_of for end in lines[3 * index])
        assert (low, high) == pytest.approx((score.low, score.high))
        starts = [*score.bands.values(), score.out_of]
        assert [band.get_width() / width * score.out_of for band in own] == pytest.approx(
            [end - start for start, end in pairwise(starts)]
        )
        colours = band_colours(len(score.bands), score.better)
        assert [to_hex(band.get_facecolor()) for band in own] == [colour.fill for colour in colours]


def test_bars_of_an_account_are_as_long_as_their_points(assessed):
    score = assessed["escalation"]
    bars = [patch for patch in patches(draw_account(assessed, "escalation"), Rectangle) if patch.get_height() == 7]
    groups = account_groups(assessed, score)
    points = [
        value
        for group in groups
        for value in (
            group.exact,
            *(line.exact for line in group.lines),
            *([sum(line.exact for line in group.small)] if group.small else []),
        )
    ]
    drawn = [value for value in points if abs(value) > 0.5]
    scale = max(bar.get_width() for bar in bars) / max(map(abs, drawn))
    assert [bar.get_width() for bar in bars if bar.get_width() > 0.5 * scale] == pytest.approx(
        [abs(value) * scale for value in drawn]
    )


@pytest.mark.parametrize("seed", range(12))
def test_no_text_is_cut_and_none_runs_into_another_column(seed):
    rng = random.Random(seed)
    content = random_model(rng)
    assessment = riskmodel.load_model(content).assess(
        random_values(rng, content), title="A title of many words " * rng.randint(0, 9) or "Short"
    )
    figure = draw(assessment)
    width, height = (72 * side for side in figure.get_size_inches())
    columns = [(0, width)] if len(assessment.top_scores) == 1 else [(0, width / 2 - 10), (width / 2 + 10, width)]
    whole = [(0, width)]
    for text, left, right, top, bottom in extents(figure):
        assert top >= 0
        assert bottom <= height, text
        assert any(start <= left and right <= end for start, end in (*columns, *whole)), text
        assert not (left < width / 2 - 20 and width / 2 + 20 < right) or len(text) > 40 or len(columns) == 1, text


def large_numbers():
    """A model whose scores have sixteen digits and long numbers of their ends."""
    score = {"title": "S", "weights": {"a": 2, "b": 1}, "out_of": 1_000_000, "decimals": 9}
    indicators = {name: {"title": name.upper(), "scale": {"goalposts": [0, 7]}} for name in "ab"}
    content = {"format": 1, "id": "large", "version": "1.0.0", "title": "Large", "indicators": indicators}
    return riskmodel.load_model({**content, "scores": {"s": score, "t": {**score, "title": "T"}}})


def test_a_long_number_stays_in_its_column():
    figure = draw(large_numbers().assess({"a": 3, "b": 1}))
    # (2 x 3/7 + 1/7) / 3 of a million
    assert words_of(figure).count("333333.333333333 of 1000000") == 2
    middle = 72 * figure.get_figwidth() / 2
    ends = sorted((right for text, _, right, _, _ in extents(figure) if text == "of 1000000"))
    assert ends[0] < middle
    assert ends[1] < 2 * middle


def test_a_long_word_is_divided_and_not_cut(default_model):
    figure = draw(default_model.assess(VALUES, title="x" * 200))
    width = 72 * figure.get_figwidth()
    assert max(right for _, _, right, _, _ in extents(figure)) <= width
    assert words_of(figure).replace(" ", "").startswith("x" * 200)


def test_letters_are_readable_at_a_width_of_1000_pixels(assessed):
    figure = draw(assessed)
    sizes = [text.get_fontsize() for text in figure.axes[0].texts]
    assert min(sizes) * 1000 / (72 * figure.get_figwidth()) >= 12


def test_without_a_score_the_card_says_why(default_model):
    assessment = default_model.assess({"military_activity": 7})
    words = words_of(draw(assessment))
    assert "No score" in words
    assert summary(assessment, assessment["escalation"]) in words
    assert not patches(draw(assessment), Polygon)
    with pytest.raises(riskmodel.RiskmodelError, match="has no account: insufficient data"):
        draw_account(assessment, "escalation")
    with pytest.raises(riskmodel.RiskmodelError, match="did you mean 'escalation'"):
        draw_account(assessment, "escalaton")


def test_several_cards_stand_below_each_other_with_the_model_once(default_model, assessed, monkeypatch):
    calm = default_model.assess(default_model.scenarios["increased_cooperation"])
    figure = draw_cards([assessed, calm], ["https://example.org/"])
    words = words_of(figure)
    assert words.index(assessed.heading) < words.index(calm.heading)
    assert words.count(assessed.model.short_fingerprint) == 1
    assert words.endswith("https://example.org/")
    assert figure.get_figheight() > draw(assessed).get_figheight() + draw(calm).get_figheight() - 2
    monkeypatch.setattr("riskmodel.report.sheet.MAX_HEIGHT", 1500)
    with pytest.raises(riskmodel.RiskmodelError, match="draw fewer situations at once"):
        draw_cards([assessed, calm])


def test_gauges_alone_have_no_sentences(assessed):
    words = words_of(draw_gauges(assessed))
    assert "severe" in words
    assert summary(assessed, assessed["escalation"]) not in words


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_equal_cards_are_equal_files(assessed, suffix):
    assert figure_bytes(draw(assessed), suffix) == figure_bytes(draw(assessed), suffix)


def test_control_characters_and_dollars_are_shown_as_they_are(default_model):
    assessment = default_model.assess(VALUES, title="cost $5 and $6\x1b[31m")
    assert r"cost $5 and $6\x1b[31m" in words_of(draw(assessment))
    figure_bytes(draw(assessment), ".svg")


def test_the_command_draws_the_card_beside_its_output(tmp_path, assessed):
    values = [word for name, value in VALUES.items() for word in ("--set", f"{name}={value}")]
    done = run("score", *values, "--plot", tmp_path / "card.svg", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert '"escalation"' in done.stdout
    assert (tmp_path / "card.svg").read_bytes().startswith(b"<?xml")
    again = tmp_path / "again.svg"
    riskmodel.load_model().assess(VALUES).save_plot(again)
    same = re.compile(rb"<dc:title>.*?</dc:title>")
    assert same.sub(b"", again.read_bytes()) == same.sub(b"", (tmp_path / "card.svg").read_bytes())
    both = run("score", *values, "--plot", tmp_path / "a.pdf", "-o", tmp_path / "a.pdf")
    assert both.returncode == 2
    assert "is the output and the plot at once; name another" in both.stderr
    assert not (tmp_path / "a.pdf").exists()
    wrong = run("score", *values, "--plot", tmp_path / "card.gif")
    assert wrong.returncode == 2
    assert "a plot ends in .png, .svg, .pdf" in wrong.stderr
