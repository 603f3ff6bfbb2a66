#!/usr/bin/env bash
# sdmx1 2.28.0 (with pandas 3.1.1): the reporting months of SDMX, such as 2018-M03, all become January.
#
# Guess: `datetime_axis` with a frequency of months reads 2018-M03, which is a reporting month of the SDMX standard
# (section 6, "Reporting time period"; the months of the IMF's trade by partner country are written so), as March 2018,
# as it reads 2018-03, and as it reads the quarter 2018-Q2 as the second.
# Seen: M03 is taken for three seconds of a minute: 2018-M03 is 2018-01-01 00:00:03, and in months all twelve of a year
# are its January, without a warning (only quarters have one, that pandas will cease to read them). pandas, which parses
# the text, does the same by itself: `PeriodIndex(["2018-M03"], freq="M")` is 2018-01. 2018-Q2 and 2018-03 are read as
# they are meant, so that what works for quarters goes wrong for months: a year of trade falls into one month.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q sdmx1==2.28.0 pandas==3.1.1
"$work/venv/bin/python" - <<'PYTHON'
import warnings
from importlib.metadata import version

import pandas
import sdmx
from sdmx.model import v21 as model

assert version("sdmx1") == "2.28.0"
assert version("pandas") == "3.1.1"


def periods(texts: list[str], frequency: str | None) -> list[str]:
    """Return the periods of a data set with an observation for each, as sdmx1 converts them."""
    structure = model.DataStructureDefinition(id="TRADE")
    structure.dimensions.getdefault("COUNTRY")
    structure.dimensions.append(model.TimeDimension(id="TIME_PERIOD"))
    structure.measures.append(model.PrimaryMeasure(id="OBS_VALUE"))
    data = model.StructureSpecificDataSet(structured_by=structure)
    for text in texts:
        key = structure.make_key(model.Key, {"COUNTRY": "USA", "TIME_PERIOD": text})
        data.obs.append(model.Observation(dimension=key, value=1.0))
    frame = sdmx.to_pandas(data, datetime_axis="index", datetime_freq=frequency)
    return [str(period) for period in frame.index]


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    moments = periods(["2018-M02", "2018-M03", "2018-M12"], None)
    months = periods(["2018-M02", "2018-M03", "2018-M12"], "M")
    plain = periods(["2018-02", "2018-03", "2018-12"], "M")
    quarters = periods(["2018-Q1", "2018-Q2", "2018-Q4"], "Q")
    alone = [str(period) for period in pandas.PeriodIndex(["2018-M03"], freq="M")]
print(f"moments of 2018-M02, -M03, -M12: {moments}")
print(f"months of the same: {months}; of 2018-02, -03, -12: {plain}; quarters: {quarters}; pandas alone: {alone}")
print(f"warnings: {[str(warning.message) for warning in caught]}")
assert moments == ["2018-01-01 00:00:02", "2018-01-01 00:00:03", "2018-01-01 00:00:12"]
assert months == ["2018-01", "2018-01", "2018-01"]
assert plain == ["2018-02", "2018-03", "2018-12"]
assert quarters == ["2018Q1", "2018Q2", "2018Q4"]
assert alone == ["2018-01"]
assert not [warning for warning in caught if "-M" in str(warning.message)]
PYTHON
