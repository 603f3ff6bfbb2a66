"""Letters of other scripts in pictures: a font of the machine that has them, or a line that says that there is none."""

import logging
import warnings
from pathlib import Path

import pandas as pd
import pytest

import riskmodel
from riskmodel.report import plotting

EXAMPLES = Path(__file__).parents[2] / "examples"
HAN, PRIVATE = "危機", "\ue123"
"""Letters that matplotlib's own font lacks; the second is nobody's letter."""


@pytest.fixture
def han_font(tmp_path):
    """A font file of the two letters, which matplotlib has not seen."""
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
    """Set which fonts the machine has beside matplotlib's own."""
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


@pytest.mark.parametrize("ending", plotting.FORMATS)
def test_a_font_that_has_the_letters_is_taken(machine, han_font, tmp_path, caplog, ending):
    machine(han_font)
    figure = figure_with(f"Crisis {HAN}")
    before = dict(plots_settings())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plotting.save(figure, tmp_path / f"picture{ending}")
    assert not caplog.records
    assert dict(plots_settings()) == before
    assert figure.get_suptitle() == f"Crisis {HAN}"
    (title,) = [text for text in figure.texts if text.get_text()]
    assert title.get_fontfamily()[-1] == "Two Letters"


def plots_settings():
    import matplotlib as mpl

    return mpl.rcParams


def test_what_no_font_has_is_said_once_and_is_no_warning(machine, han_font, tmp_path, caplog):
    machine(han_font, str(tmp_path / "no font at all.ttf"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plotting.save(figure_with(f"{HAN} {PRIVATE} नमस्ते"), tmp_path / "picture.png")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.name == plotting.__name__
    said = record.getMessage()
    assert "picture.png: no installed font has " in said
    assert "न" in said
    assert not set(said) & set(HAN)


def test_letters_that_matplotlib_has_change_nothing(machine, tmp_path, caplog):
    machine()
    figure = figure_with("Überfall кризис κρίση – …")
    plotting.save(figure, tmp_path / "picture.png")
    assert not caplog.records
    assert figure.texts[0].get_fontfamily() == plots_settings()["font.family"]


@pytest.fixture(scope="module")
def pictures():
    """What draws each kind of picture, with letters in its titles, by name."""
    (article,) = riskmodel.read_situations(EXAMPLES / "article_case.yaml")
    content = riskmodel.load_model("core-four").spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    content["scores"]["escalation"]["title"] = content["indicators"]["espionage"]["title"] = HAN
    model = riskmodel.load_model(content)
    values = {name: article.spec.values[name] for name in model.spec.indicators}
    years = pd.read_csv(EXAMPLES / "made_up_years.csv")
    known = {"outcome": "dispute_next_year", "group": "pair", "time": "year", "resamples": 10}
    validation = riskmodel.validate(years, model=model, **known)
    return {
        "comparison": riskmodel.compare([values, {**values, "espionage": 1}], model=model).save_plot,
        "levers": riskmodel.levers({**values, "espionage": 30}, "escalation <= 40", model=model).save_plot,
        "ranking": riskmodel.rank([values, {**values, "espionage": 1}], model=model, draws=256).save_plot,
        "sensitivity": riskmodel.sensitivity(values, model=model, draws=64).save_plot,
        "uncertainty": riskmodel.uncertainty(values, model=model, draws=1024).save_plot,
        "validation": validation.save_plot,
    }


def test_every_kind_of_picture_says_it_once(machine, pictures, tmp_path, caplog):
    machine()
    for name, save_plot in pictures.items():
        caplog.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            save_plot(tmp_path / f"{name}.png")
        assert [HAN in record.getMessage() for record in caplog.records] == [True], name
