"""Make the picture of a series for README and docs: `python tests/series_picture.py`."""

from console_blocks import ROOT

import riskmodel

PICTURE = ROOT / "docs" / "images" / "us_russia_years.png"


def main() -> None:
    """Draw the escalation of the example."""
    series = riskmodel.series(ROOT / "examples" / "us_russia_years.csv", by="pair", time="year")
    axes = series.plot(score="escalation")
    axes.figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
