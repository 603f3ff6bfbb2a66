"""Classes of the bands of scores in HTML, and the rules of a style sheet that give them their colours."""

import re

from riskmodel.assessment import ScoreResult
from riskmodel.kernels.types import Better
from riskmodel.schema.band_colours import BandColour, band_colours
from riskmodel.schema.parts import Score

_CLASS = re.compile(r"\bband-(low|high|neutral)-(\d+)-(\d+)\b")


def band_class(better: Better | None, index: int, count: int) -> str:
    """Return the class of a band, such as `band-low-2-5`: the third of five bands of a score whose low end is better.

    Parameters
    ----------
    better : the better end of the score; a score without one has `neutral` in its classes.
    index : position of the band, 0 for the lowest.
    count : number of bands of the score.
    """
    return f"band-{better or 'neutral'}-{index}-{count}"


def classes_of(score: ScoreResult | Score) -> dict[str, str]:
    """Return the class of each band of a score, by the name of the band."""
    return {name: band_class(score.better, index, len(score.bands)) for index, name in enumerate(score.bands)}


def used_bands(content: str) -> dict[str, BandColour]:
    """Return the colours of the bands whose classes stand in a text, by class; sorted."""
    bands = sorted(set(_CLASS.findall(content)))
    meanings: dict[str, Better | None] = {"low": "low", "high": "high", "neutral": None}
    return {
        f"band-{meaning}-{index}-{count}": band_colours(int(count), meanings[meaning])[int(index)]
        for meaning, index, count in bands
    }


def band_styles(content: str) -> str:
    """Return the rules that set `--band` and `--band-text` for the classes of bands that stand in a text.

    The class `band` beside them, of `assessment.css`, paints a part with the two colours.
    """
    colours = used_bands(content).items()
    light = "".join(_rule(name, colour.fill, colour.text) for name, colour in colours)
    dark = "".join(_rule(name, colour.dark_fill, colour.dark_text) for name, colour in colours)
    return f"{light}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n" if light else ""


def _rule(name: str, fill: str, text: str) -> str:
    return f":is(.riskmodel, .riskmodel-page) .{name} {{ --band: {fill}; --band-text: {text}; }}\n"
