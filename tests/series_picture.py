"""Make the picture of a series for README and docs: `python tests/series_picture.py`."""

from contextlib import chdir

from console_blocks import ROOT

import riskmodel

PICTURE = ROOT / "docs" / "images" / "us_russia_years.png"


def main() -> None:
    """Draw the escalation of the example."""
    with chdir(ROOT):  # the picture names the file as the reader does
        axes = riskmodel.series("examples/us_russia_years.csv", by="pair", time="year").plot(score="escalation")
    axes.figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
