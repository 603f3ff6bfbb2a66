"""Hold outlooks against reference data, and the choice of libraries against made series.

    RISKMODEL_REFERENCE_DATA=FOLDER python benchmarks/outlook.py [--write docs/outlook.md]
    python benchmarks/outlook.py --series 300 [--other PYTHON]

The first makes the figures of docs/outlook.md: the dyad-years of the folder (see benchmarks/evidence), each pair with
24 years or more carried five years ahead from up to twelve earlier years. The second carries made series of 60 months,
gaps included, twelve months ahead: by riskmodel, by maximum likelihood with statsmodels, and, where `--other` names the
Python of an environment that has it, by statsforecast. All three are timed, and their 90 % intervals counted.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

EVIDENCE = Path(__file__).parent / "evidence"
HORIZON = 5
MONTHS, AHEAD = 60, 12
KINDS = ("random walk", "local level", "damped trend")
GAPS = 0.1
Floats = NDArray[np.float64]
Interval = tuple[Floats, Floats]


def main() -> None:
    """Print or write figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the figures between the markers of a page")
    parser.add_argument("--series", type=int, metavar="N", help="compare libraries on so many made series")
    parser.add_argument("--other", metavar="PYTHON", help="an environment with statsforecast")
    parser.add_argument("--only-statsforecast", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_statsforecast:
        print(json.dumps(by_statsforecast(options.series)))
        return
    if options.series:
        compare_libraries(options.series, options.other)
        return
    folder = os.environ.get("RISKMODEL_REFERENCE_DATA")
    if not folder:
        parser.error("name the data: RISKMODEL_REFERENCE_DATA, or made series: --series N")
    figures = {"dyad-years": dyad_years(Path(folder))}
    if options.write:
        from page import filled

        options.write.write_text(filled(options.write.read_text(encoding="utf-8"), figures), encoding="utf-8")
        return
    print("\n".join(figures["dyad-years"]))


# ---- reference data


def dyad_years(folder: Path) -> list[str]:
    """Return the figures of the dyad-years as Markdown."""
    sys.path.insert(0, str(EVIDENCE))
    import dyads

    import riskmodel

    years = dyads.situations(dyads.read(dyads.files(folder)))
    frame = years.drop(columns=[*dyads.OUTCOMES, dyads.PEACE])
    result = riskmodel.outlook(frame, by="dyad", time="year", horizon=HORIZON)
    span = f"{frame['year'].min()}-{frame['year'].max()}"
    pairs = f"{frame['dyad'].nunique()} pairs"
    lines = [
        f"{len(frame):,} dyad-years of {pairs}, {span}; {len(result.units)} pairs have 24 years or more, and "
        f"{len(result.skipped)} are refused. {result.draws:,} draws, {result.model.line}.",
        "",
    ]
    for score in result.scores.values():
        assert score.backtest is not None  # noqa: S101  (62 pairs have a past)
        lines += [
            f"{score.verdict}.",
            "",
            f"| {score.title}, years ahead | forecasts | CRPS | last score | past changes | in 50 % | in 90 % |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        for trial in (*score.backtest.by_step, score.backtest.overall):
            errors = " | ".join(f"{error:.2f}" for error in (trial.crps, trial.crps_last, trial.crps_changes))
            steps = "all" if trial.steps is None else str(trial.steps)
            lines.append(
                f"| {steps} | {trial.forecasts:,} | {errors} | {trial.inside_50:.0%} | {trial.inside_90:.0%} |"
            )
        overall = score.backtest.overall
        width = "narrow" if overall.inside_90 < 0.9 else "wide"
        lines += [
            "",
            f"{score.title}: the 90 % interval held {overall.inside_90:.0%} of the scores that followed, and the 50 % "
            f"interval {overall.inside_50:.0%}: intervals are too {width} for such data.",
            "",
        ]
    return lines


# ---- made series


def made(count: int) -> list[tuple[str, Floats, Floats]]:
    """Return made series: the kind, the past with gaps, and the future."""
    series = []
    for number in range(count):
        generator = np.random.default_rng(number)
        steps, kind = generator.normal(size=MONTHS + AHEAD), KINDS[number % len(KINDS)]
        if kind == "random walk":
            values = np.cumsum(steps)
        elif kind == "local level":
            values = np.cumsum(0.3 * steps) + generator.normal(size=len(steps))
        else:
            slope = np.zeros(len(steps))
            for month in range(1, len(steps)):
                slope[month] = 0.85 * slope[month - 1] + 0.5 * steps[month]
            values = np.cumsum(slope)
        past = values[:MONTHS].copy()
        past[1:-1][generator.random(MONTHS - 2) < GAPS] = np.nan
        series.append((kind, 50 + past, 50 + values[MONTHS:]))
    return series


def figures_of(method: Callable[[Floats], Interval], count: int) -> dict[str, float]:
    """Time a method, and count the futures in its 90 % intervals; their widths are means."""
    inside, widths, seconds = [], [], 0.0
    for _, past, future in made(count):
        start = time.perf_counter()
        low, high = method(past)
        seconds += time.perf_counter() - start
        inside.append((low <= future) & (future <= high))
        widths.append(high - low)
    return {"seconds": seconds / count, "inside": float(np.mean(inside)), "width": float(np.mean(widths))}


def compare_libraries(count: int, other: str | None) -> None:
    """Print the figures of all methods."""
    results = {
        "riskmodel, one origin and all earlier ones": figures_of(by_riskmodel, count),
        "statsmodels SARIMAX, best AICc of three, one origin": figures_of(by_statsmodels, count),
    }
    if other:
        command = [other, __file__, "--series", str(count), "--only-statsforecast"]
        results |= json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(f"{count} series of {MONTHS} months, {GAPS:.0%} of them missing, {AHEAD} months ahead")
    for name, figures in results.items():
        print(
            f"{name:55} {1000 * figures['seconds']:8.1f} ms a series   in 90 %: {figures['inside']:.0%}   "
            f"mean width {figures['width']:.2f}"
        )


def by_riskmodel(past: Floats) -> Interval:
    """Return the interval of drawn paths."""
    from riskmodel.analysis.outlook.forecasts import Past
    from riskmodel.analysis.outlook.paths import Carried, draw_paths

    carried = {"x": Carried(Past(past).forecast(len(past) - 1), -np.inf, np.inf)}
    paths = draw_paths(carried, len(past) - 1, 1024, AHEAD, (0,))["x"]
    low, high = np.quantile(paths, (0.05, 0.95), axis=1)
    return low, high


def by_statsmodels(past: Floats) -> Interval:
    """Return the interval of the best of three models, fitted by maximum likelihood."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits = [SARIMAX(past, order=order).fit(disp=0) for order in ((0, 1, 0), (0, 1, 1), (1, 1, 2))]
        ends = min(fits, key=lambda fit: fit.aicc).get_forecast(AHEAD).conf_int(0.1)
    return ends[:, 0], ends[:, 1]


def by_statsforecast(count: int) -> dict[str, dict[str, float]]:
    """Return the figures of AutoETS, whose gaps are filled because it refuses them, and of AutoARIMA with gaps."""
    from statsforecast.models import AutoARIMA, AutoETS

    def filled(past: Floats) -> Floats:
        known = np.flatnonzero(~np.isnan(past))
        return np.interp(np.arange(len(past)), known, past[known])

    def forecast(model: object, past: Floats) -> Interval:
        ends = model.forecast(past, h=AHEAD, level=[90])  # type: ignore[attr-defined]
        return ends["lo-90"], ends["hi-90"]

    return {
        "statsforecast AutoETS, gaps filled by straight lines": figures_of(
            lambda past: forecast(AutoETS(model="ZZN"), filled(past)), count
        ),
        "statsforecast AutoARIMA, gaps as they are": figures_of(
            lambda past: forecast(AutoARIMA(seasonal=False), past), count
        ),
    }


if __name__ == "__main__":
    main()
