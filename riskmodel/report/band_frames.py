"""Bands in data frames: ordered categories, and their colours for workbooks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from riskmodel.kernels.types import Better
from riskmodel.schema.band_colours import BandColour, band_colours
from riskmodel.tables.frames.files import BANDS
from riskmodel.tables.frames.output import Bands


def band_frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return columns as a frame; bands become ordered categories, with their colours in `attrs`."""
    bands = {name: column for name, column in columns.items() if isinstance(column, Bands)}
    categories = {
        name: pd.Categorical.from_codes(column.codes, pd.Index(column.names, dtype=str), ordered=True)
        for name, column in bands.items()
    }
    frame = pd.DataFrame({**columns, **categories})
    frame.attrs[BANDS] = {name: colours_by_name([(column.names, column.better)]) for name, column in bands.items()}
    return frame


def colours_by_name(scores: Iterable[tuple[Sequence[str], Better | None]]) -> dict[str, BandColour]:
    """Return the colours of the bands of scores that share a column, by name.

    A name that has another colour in another score is left out.

    Parameters
    ----------
    scores : the bands of each, the lowest first, and its better end.
    """
    colours: dict[str, set[BandColour]] = {}
    for names, better in scores:
        for name, colour in zip(names, band_colours(len(names), better), strict=True):
            colours.setdefault(name, set()).add(colour)
    return {name: next(iter(several)) for name, several in colours.items() if len(several) == 1}
