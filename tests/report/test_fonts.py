"""Letters of other scripts in plots: an installed font is used, or one line of the log names the letters."""

import logging
import warnings
from pathlib import Path

import pandas as pd
import pytest

import riskmodel
from riskmodel.report import plotting

EXAMPLES = Path(__file__).parents[2] / "examples"
HAN, PRIVATE = "危機", "\ue123"
"""Letters that the font of matplotlib lacks; the second is for private use."""


@pytest.fixture
def han_font(tmp_path):
    """Make a font file with the two letters of HAN, not known to matplotlib."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    for x, y in ((100, 0), (100, 700), (900, 700), (900, 0)):
        (pen.moveTo if (x, y) == (100, 0) else pen.lineTo)((x, y))
    pen.closePath()
    names = [".notdef", *(f"uni{ord(letter):04X}" for letter in HAN)]
    font = FontBuilder(1000)
    font.setupGlyphOrder(names)
    font.setupCharacterMap({ord(letter): name for letter, name in zip(HAN, names[1:], strict=True)})
    font.setupGlyf(dict.fromkeys(names, pen.glyph()))
    font.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Two Letters", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    path = tmp_path / "two-letters.ttf"
    font.save(path)
    return str(path)


@pytest.fixture
def machine(monkeypatch):
    """Return a function that sets the fonts that are installed beside those of matplotlib."""
    from matplotlib import font_manager

    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(font_manager.fontManager.ttflist))

    def has(*paths):
        monkeypatch.setattr(font_manager, "findSystemFonts", lambda: list(paths))
        known = [entry for entry in font_manager.fontManager.ttflist if "mpl-data" in entry.fname]
        monkeypatch.setattr(font_manager.fontManager, "ttflist", known)

    return has


def figure_with(text):
    figure = plotting.new_figure(3, 2)
    figure.suptitle(text)
    return figure


@pytest.mark.parametrize("extension", plotting.FORMATS)
def test_a_font_with_the_letters_is_used(machine, han_font, tmp_path, caplog, extension):
    machine(han_font)
    figure = figure_with(f"Crisis {HAN}")
    before = dict(plot_settings())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plotting.save(figure, tmp_path / f"picture{extension}")
    assert not caplog.records
    assert dict(plot_settings()) == before
    assert figure.get_suptitle() == f"Crisis {HAN}"
    (title,) = [text for text in figure.texts if text.get_text()]
    assert title.get_fontfamily()[-1] == "Two Letters"


def plot_settings():
    import matplotlib as mpl

    return mpl.rcParams


def test_letters_without_a_font_are_logged_once(machine, han_font, tmp_path, caplog):
    machine(han_font, str(tmp_path / "no font at all.ttf"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plotting.save(figure_with(f"{HAN} {PRIVATE} नमस्ते"), tmp_path / "picture.png")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.name == plotting.__name__
    message = record.getMessage()
    assert "picture.png: no installed font has " in message
    assert "न" in message
    assert not set(message) & set(HAN)


def test_letters_that_matplotlib_has_change_nothing(machine, tmp_path, caplog):
    machine()
    figure = figure_with("Überfall кризис κρίση – …")
    plotting.save(figure, tmp_path / "picture.png")
    assert not caplog.records
    assert figure.texts[0].get_fontfamily() == plot_settings()["font.family"]


@pytest.fixture(scope="module")
def pictures():
    """Return functions that save each kind of plot, with letters of HAN in the titles, by name."""
    (article,) = riskmodel.read_situations(EXAMPLES / "article_case.yaml")
    content = riskmodel.load_model("core-four").spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    content["scores"]["escalation"]["title"] = content["indicators"]["espionage"]["title"] = HAN
    model = riskmodel.load_model(content)
    values = {name: article.spec.values[name] for name in model.spec.indicators}
    years = pd.read_csv(EXAMPLES / "made_up_years.csv")
    options = {"outcome": "dispute_next_year", "group": "pair", "time": "year", "resamples": 10}
    validation = riskmodel.validate(years, model=model, **options)
    return {
        "comparison": riskmodel.compare([values, {**values, "espionage": 1}], model=model).save_plot,
        "levers": riskmodel.levers({**values, "espionage": 30}, "escalation <= 40", model=model).save_plot,
        "ranking": riskmodel.rank([values, {**values, "espionage": 1}], model=model, draws=256).save_plot,
        "sensitivity": riskmodel.sensitivity(values, model=model, draws=64).save_plot,
        "uncertainty": riskmodel.uncertainty(values, model=model, draws=1024).save_plot,
        "validation": validation.save_plot,
    }


def test_every_kind_of_plot_logs_them_once(machine, pictures, tmp_path, caplog):
    machine()
    for name, save_plot in pictures.items():
        caplog.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            save_plot(tmp_path / f"{name}.png")
        assert [HAN in record.getMessage() for record in caplog.records] == [True], name
