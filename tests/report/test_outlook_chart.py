"""The fan chart: the numbers that it draws, and its words."""

import numpy as np
import pytest
from outlook_cases import linear_model, table, walk

import riskmodel
from riskmodel.report.analyses.outlook_chart import draw

MODEL = linear_model(["a", "b"], low=-50, high=50)


def outlook(*names):
    units = {name: {"a": walk(seed, 30), "b": walk(seed + 50, 30)} for seed, name in enumerate(names)}
    return MODEL.outlook(table(units), by="pair", time="month", horizon=3, draws=128)


def line(axes, label):
    (drawn,) = [item for item in axes.lines if item.get_label() == label]
    return drawn.get_ydata()


def test_one_unit_is_drawn_with_its_backtest():
    result = outlook("north-south")
    fan, backtest = result.units[0].scores["tension"], result["tension"].backtest
    left, right = draw(result).axes
    np.testing.assert_allclose(line(left, "score"), fan.past[-24:])
    np.testing.assert_allclose(line(left, "median"), [fan.last, *fan.quantiles[:, 2]])
    np.testing.assert_allclose(line(right, "outlook"), [trial.crps for trial in backtest.by_step])
    np.testing.assert_allclose(line(right, "last score"), [trial.crps_last for trial in backtest.by_step])
    assert f"{backtest.overall.inside_90:.0%} inside" in right.get_title(loc="left")


def test_several_units_have_a_panel_each_and_one_backtest():
    result = outlook("north-south", "east-west", "up-down")
    figure = draw(result)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == 4
    assert {axes.get_title(loc="left") for axes in shown[:3]} == {"north-south", "east-west", "up-down"}


def test_a_chart_says_first_that_outlooks_do_not_beat_naive_forecasts():
    still = {name: np.concatenate((walk(seed, 15), np.full(20, 3.0))) for seed, name in enumerate("ab")}
    result = MODEL.outlook(table({"unit": still}), by="pair", time="month", horizon=3, draws=128)
    assert draw(result).get_label().startswith("On the past such outlooks do not beat naive forecasts.")


def test_a_score_without_bands_is_drawn():
    model = riskmodel.load_model(
        {
            "format": 1,
            "id": "plain",
            "indicators": {"a": {"scale": {"goalposts": [-50, 50]}}},
            "scores": {"tension": {"weights": {"a": 1}}},
        }
    )
    result = model.outlook(table({"unit": {"a": walk(1, 30)}}), by="pair", time="month", horizon=3, draws=128)
    assert "tension ahead" in str(result)
    assert line(draw(result).axes[0], "median").shape == (4,)


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_charts_are_written(tmp_path, ending):
    path = tmp_path / f"fan.{ending}"
    outlook("north-south").save_plot(path)
    assert path.stat().st_size > 5000
